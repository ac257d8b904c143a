"""Inelastic scattering and dephasing of electrons off the defects (Eqs. 4 and 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice
from tlsmc.observables.measurable import ELECTRONS, Derived, Metal, Printed
from tlsmc.observables.program import Constants, Formula, State, identity
from tlsmc.physics.electrons import dephasing_ratio
from tlsmc.physics.thermal import THERMAL_WEIGHTS
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class Dephasing(Observable):
    """Inelastic rate of electrons over its saturated value 4 pi chi v_F n_T/k_F^2 (Eq. 4).

    With chi, n_T, n_e and eps_F also 1/tau_in and tau_phi.  ``thermal_weight`` is the weight of a defect of splitting
    E, with u = E/T: u/sinh u, the thermally averaged golden rule; none, as in Eq. 4; or sech^2(u/2), for an electron
    exactly at the Fermi level.
    """

    thermal_weight: str = choice("golden-rule", THERMAL_WEIGHTS)

    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("dephasing",)
    LABELS: ClassVar[dict[str, str]] = {"dephasing": "rate/saturated"}

    def constants(self, population: Population) -> Constants:
        return (population.defects_per_n_T,)

    def formula(self) -> Formula:
        return _AT_TEMPERATURE[self.thermal_weight], identity

    def closed_form(self, population: Population, temperature: Array) -> dict[str, Array]:
        if not population.is_paper:
            return {}
        # n_T is the p-weighted density without a cut-off; the defects below p_min are missing from the rate.
        kept = np.sqrt(1.0 - population.p_min)
        rate = closed_forms.dephasing(temperature / population.E_star, self.thermal_weight)
        return {"dephasing": np.asarray(kept * rate)}

    def printed(self, population: Population, temperature: Array) -> tuple[Printed, ...]:
        saturated = np.where(temperature >= population.E_star, 1.0, np.nan)
        return (Printed("dephasing", "Eq. 4", saturated, "the saturated rate, for T >= E*"),)

    def derived(self, population: Population, metal: Metal, temperature: Array) -> tuple[Derived, ...]:
        E_star, scale = population.E_star, (metal.inelastic_rate(metal.chi), ("chi", *ELECTRONS))

        def tau_phi(rate: Array) -> Array:
            tau_in = 1.0 / rate
            return np.asarray(tau_in / dephasing_ratio(E_star, tau_in))

        return (
            Derived("1/tau_in", "dephasing", "rate", lambda rate: rate, *scale),
            Derived("tau_phi", "dephasing", "time", tau_phi, *scale),
        )


def _weighted(weight: Callable[..., object]) -> Callable[[State, float, Constants], State]:
    def at_temperature(columns: State, T: float, constants: Constants) -> State:
        E, p = columns
        return (constants[0] * p * weight(E, T),)

    return at_temperature


_AT_TEMPERATURE = {name: _weighted(weight) for name, weight in THERMAL_WEIGHTS.items()}
