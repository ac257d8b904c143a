"""From parameters to curves: the defects of the spec with changed entries, amplitudes and backgrounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.fitting.curves import Ensemble, curve
from tlsmc.fitting.parameters import Parameter
from tlsmc.measurements.backgrounds import evaluate
from tlsmc.measurements.dataset import DataSet
from tlsmc.observables.quantities import NUMBER, POWER
from tlsmc.physics.electrons import inelastic_rate

_KEPT = 32  # curves that are remembered: those of one Jacobian
#: What the rate of electrons needs to know of the material.
_ELECTRONS = ("chi", "defect_density", "electron_density", "fermi_energy")
#: Entries of the material that change the observables themselves.
_INNER = ("chi",)


@dataclass(frozen=True)
class Model:
    """Data sets, the ensemble that predicts them, and the free parameters; the fixed ones are in ``fixed`` by place.

    ``defects`` is False for the rival without any.
    """

    sets: tuple[DataSet, ...]
    ensemble: Ensemble
    parameters: tuple[Parameter, ...]
    fixed: Mapping[str, float] = field(default_factory=dict)
    defects: bool = True
    _memory: OrderedDict[Any, Array] = field(default_factory=OrderedDict, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters."""
        return tuple(p.name for p in self.parameters)

    @property
    def start(self) -> Array:
        """Coordinates of the starts."""
        return np.array([p.coordinate(p.start) for p in self.parameters])

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Bounds of the coordinates."""
        low, high = zip(*(p.bounds for p in self.parameters), strict=True)
        return np.array(low), np.array(high)

    @property
    def points(self) -> int:
        """Number of measured points."""
        return sum(map(len, self.sets))

    def values(self, u: Array) -> dict[str, float]:
        """All parameters, by place, at coordinates ``u``."""
        free = {p.place: p.value(float(x)) for p, x in zip(self.parameters, u, strict=True)}
        return {**self.fixed, **free}

    def ensemble_at(self, values: Mapping[str, float]) -> Ensemble:
        """The ensemble with the entries of ``values`` that concern it."""
        laws, material = dict(self.ensemble.population.laws), dict(self.ensemble.material)
        changes: dict[str, dict[str, float]] = {}
        L, t_exp = self.ensemble.L, self.ensemble.t_exp
        for place, value in values.items():
            head, _, rest = place.partition(".")
            if head == "population":
                _, name, key = rest.split(".")
                changes.setdefault(name, {})[key] = value
            elif head == "material":
                material[rest] = value
            elif place == "L":
                L = value
            elif place == "t_exp":
                t_exp = value
        # All changes of a law at once: on the way from one pair of bounds to another they may cross.
        for name, fields in changes.items():
            laws[name] = laws[name].with_fields(**fields)
        return Ensemble(self.ensemble.model, self.ensemble.population.with_laws(laws), material, L, t_exp)

    def predict(self, u: Array) -> list[Array]:
        """Curves of all data sets at coordinates ``u``, in the units of the data."""
        values = self.values(u)
        try:
            ensemble = self.ensemble_at(values) if self.defects else self.ensemble
        except (SpecError, ValidityError):
            # Bounds of two parameters of one law may cross.
            return [np.full(len(data), np.nan) for data in self.sets]
        return [self.predict_set(data, ensemble, values) for data in self.sets]

    def predict_set(self, data: DataSet, ensemble: Ensemble, values: Mapping[str, float], key: str = "") -> Array:
        """Curve of one data set in its unit; ``key`` names other points of it in the memory."""
        own = {key.partition(".")[2]: v for key, v in values.items() if key.startswith(f"{data.name}.")}
        additive = evaluate(data.backgrounds, data.temperature, own)
        if self.defects:
            additive = additive + self.of_defects(data, ensemble, own.get("amplitude", 1.0), key)
        if data.quantity.per_T:
            additive = additive / data.temperature
        if data.quantity.inverse:
            with np.errstate(divide="ignore"):
                return np.asarray(1.0 / additive)
        return additive

    def of_defects(self, data: DataSet, ensemble: Ensemble, amplitude: float, key: str = "") -> Array:
        """What the defects add to a data set (for tau_phi to the rate), in its unit."""
        bare = self._remembered(data, ensemble, key or data.name)
        scale = _scale(data, ensemble)
        conversion = data.factor if data.quantity.inverse else 1.0 / data.factor
        if scale is None:
            scale, conversion_of_bare = _shape(data, ensemble), 1.0
        else:
            conversion_of_bare = conversion
        found = amplitude * conversion_of_bare * scale * bare
        if ensemble.model == "tunnelling" and data.quantity.of_rates:
            # Eq. 6, tau_in/tau_phi = min(1, E* tau_in)^(2/3), E* in the unit of the rate.
            found = found * np.minimum(1.0, ensemble.population.E_star * conversion / found) ** (2.0 / 3.0)
        return np.asarray(found)

    def _remembered(self, data: DataSet, ensemble: Ensemble, name: str) -> Array:
        """The curve of the observable, kept while only amplitudes, densities and backgrounds change."""
        inner = tuple(ensemble.material.get(name) for name in _INNER)
        heat = ensemble.t_exp if data.quantity.timed else None
        key = (name, tuple(ensemble.population.laws.items()), inner, heat)
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        found = self._memory[key] = curve(data, ensemble)
        if len(self._memory) > _KEPT * len(self.sets):
            self._memory.popitem(last=False)
        return found


def _scale(data: DataSet, ensemble: Ensemble) -> Array | float | None:
    """What turns the observable into the measured quantity in natural units, None if the material does not tell."""
    material, dimension = ensemble.material, data.quantity.dimension
    n_T = material.get("defect_density")
    if dimension is NUMBER:
        return 1.0
    if dimension is POWER:
        a = material.get("drive_amplitude")
        return None if n_T is None or a is None else 0.5 * n_T * a * a * _shape(data, ensemble)
    if data.quantity.timed:
        return None if n_T is None else n_T * _shape(data, ensemble)
    n_e, fermi_energy = material.get("electron_density"), material.get("fermi_energy")
    chi = 1.0 if ensemble.population.CHI is not None else material.get("chi")
    if n_T is None or n_e is None or fermi_energy is None or chi is None:
        return None
    return float(inelastic_rate(chi, n_T, n_e, fermi_energy))


def _shape(data: DataSet, ensemble: Ensemble) -> Array | float:
    """Factors that do not need the density: Omega of Eq. 14, and a free L."""
    if data.quantity.dimension is POWER:
        return np.asarray(data.other_axis / ensemble.population.E_star)
    if data.quantity.timed and ensemble.L is not None:
        return ensemble.L / ensemble.population.defects_per_n_T
    return 1.0


def needs_amplitude(data: DataSet, ensemble: Ensemble) -> bool:
    """Whether the scale of a data set does not follow from the material."""
    return _scale(data, ensemble) is None


def missing_material(data: DataSet, ensemble: Ensemble) -> tuple[str, ...]:
    """Entries of the material that the scale of a data set lacks."""
    power = ("defect_density", "drive_amplitude")[: 1 + (data.quantity.dimension is POWER)]
    names = _ELECTRONS if data.quantity.of_rates else power
    own = ("chi",) if ensemble.population.CHI is not None else ()
    return tuple(name for name in names if ensemble.material.get(name) is None and name not in own)
