"""Every observable with every value of its options, and populations to try them on."""

from __future__ import annotations

import itertools

import numpy as np

from tlsmc.observables.base import Observable
from tlsmc.observables.measurable import Metal
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.log_uniform import LogUniform
from tlsmc.populations.laws.power import Power
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.spec.registry import MODELS, OBSERVABLES

#: A value for everything that an observable may ask of ``[material]``.
MATERIAL = {
    "chi": 0.3,
    "fermi_energy": 5e4,
    "electron_density": 3e22,
    "defect_density": 1e16,
    "drive_amplitude": 1e-3,
}
METAL = Metal(**MATERIAL)

#: Values to try for options that take a number or a quantity, by name.
NUMBERS = {"bath": (0.4,), "intensity": (0.0, 3.0)}

#: Components that jump as a function of the defect: quadrature nodes see them only so well.
STEPS = {("linewidth", "overdamped"), ("resonant_histogram", "resonant_histogram")}


def variants(name: str, **material: float) -> list[Observable]:
    """The observable with each combination of its options."""
    kind = OBSERVABLES.find(name)
    given = MATERIAL | material
    fixed = {f.name: given[info.material] for f, info in described(kind) if info.material}
    options = {f.name: info.options or NUMBERS[f.name] for f, info in described(kind) if not info.material}
    return [kind(**fixed, **dict(zip(options, values, strict=True))) for values in itertools.product(*options.values())]


def options(observable: Observable) -> dict[str, str | float]:
    """What a spec may choose about an observable."""
    return {f.name: getattr(observable, f.name) for f, info in described(observable) if not info.material}


def paper(p_min: float = 1e-6, E_star: float = 1.0) -> Population:
    """Eq. 2."""
    laws = {"E": Uniform(low=0.0, high=E_star), "p": TunnellingFraction(low=p_min)}
    return MODELS.find("tunnelling")(laws)


#: What stands for the second axis of an observable that has none.


def uniform(T_star: float, width: float) -> Population:
    """Kondo defects with T_K and Delta uniform."""
    return MODELS.find("kondo")({"T_K": Uniform(high=T_star), "Delta": Uniform(high=width)})


def one_T_K(T_K: float, width: float) -> Population:
    """All but one T_K, Delta uniform."""
    laws = {"T_K": Uniform(low=T_K * (1 - 1e-6), high=T_K * (1 + 1e-6)), "Delta": Uniform(high=width)}
    return MODELS.find("kondo")(laws)


TUNNELLING = {
    "paper": paper(),
    "rectangular": MODELS.find("tunnelling")(
        {"Delta": Uniform(low=0.0, high=1.0), "Lambda": LogUniform(low=1e-3, high=1.0)}
    ),
    "exponential E": MODELS.find("tunnelling")({"E": Exponential(mean=1.0), "p": TunnellingFraction(low=1e-6)}),
    "power p": MODELS.find("tunnelling")(
        {"E": Uniform(low=0.2, high=1.0), "p": Power(low=1e-3, high=1.0, exponent=-0.5)}
    ),
}


def populations(observable: Observable) -> dict[str, Population]:
    """Populations of the first model that an observable is for."""
    model = observable.MODELS[0]
    if model == "tunnelling":
        return TUNNELLING
    kind = MODELS.find(model)
    return {"exponential": kind({name: Exponential(mean=1.0) for name in kind.PARAMETERS[0]})}


def scaled(observable: Observable, scale: float) -> Population:
    """A population whose energies are all proportional to ``scale``."""
    kind = MODELS.find(observable.MODELS[0])
    if "tunnelling" in observable.MODELS:
        return paper(E_star=scale)
    return kind({name: Exponential(mean=scale) for name in kind.PARAMETERS[0]})


def label(observable: Observable) -> str:
    """A short name of a variant for the list of tests."""
    chosen = (str(getattr(observable, f.name)) for f, info in described(observable) if not info.material)
    return "-".join((type(observable).__module__.rpartition(".")[2], *chosen))


def other_axes(observable: Observable, values: list[float]) -> tuple[np.ndarray, ...]:
    """The same values on each axis after temperature."""
    return (np.array(values),) * (len(observable.AXES) - 1)


def name_of(observable: Observable) -> str:
    """Name of the observable in a spec."""
    return type(observable).__module__.rpartition(".")[2]


ALL = [observable for name in OBSERVABLES.names() for observable in variants(name)]
#: (variant, name of a population) for parametrised tests, with readable identifiers.
CASES = [(observable, population) for observable in ALL for population in populations(observable)]
CASE_IDS = [f"{label(observable)}-{population}" for observable, population in CASES]
