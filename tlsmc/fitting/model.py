"""From parameters to curves: the defects of the spec with changed entries, amplitudes and backgrounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.fitting.curves import Medium, curve
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
    """Data sets, the medium that predicts them, and the free parameters; the fixed ones are in ``fixed`` by place.

    ``defects`` is False for the rival without any.
    """

    sets: tuple[DataSet, ...]
    medium: Medium
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

    def medium_at(self, values: Mapping[str, float]) -> Medium:
        """The medium with the entries of ``values`` that concern it."""
        laws, material = dict(self.medium.population.laws), dict(self.medium.material)
        changes: dict[str, dict[str, float]] = {}
        L, t_exp = self.medium.L, self.medium.t_exp
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
            laws[name] = replace(laws[name], **fields)  # type: ignore[type-var]
        return Medium(self.medium.model, type(self.medium.population)(laws), material, L, t_exp)  # type: ignore[call-arg]

    def predict(self, u: Array) -> list[Array]:
        """Curves of all data sets at coordinates ``u``, in the units of the data."""
        values = self.values(u)
        try:
            medium = self.medium_at(values) if self.defects else self.medium
        except (SpecError, ValidityError):
            # Bounds of two parameters of one law may cross.
            return [np.full(len(data), np.nan) for data in self.sets]
        return [self.predict_set(data, medium, values) for data in self.sets]

    def predict_set(self, data: DataSet, medium: Medium, values: Mapping[str, float], key: str = "") -> Array:
        """Curve of one data set in its unit; ``key`` names other points of it in the memory."""
        own = {key.partition(".")[2]: v for key, v in values.items() if key.startswith(f"{data.name}.")}
        additive = evaluate(data.backgrounds, data.temperature, own)
        if self.defects:
            additive = additive + self.of_defects(data, medium, own.get("amplitude", 1.0), key)
        if data.quantity.per_T:
            additive = additive / data.temperature
        if data.quantity.inverse:
            with np.errstate(divide="ignore"):
                return np.asarray(1.0 / additive)
        return additive

    def of_defects(self, data: DataSet, medium: Medium, amplitude: float, key: str = "") -> Array:
        """What the defects add to a data set (for tau_phi to the rate), in its unit."""
        bare = self._remembered(data, medium, key or data.name)
        scale = _scale(data, medium)
        conversion = data.factor if data.quantity.inverse else 1.0 / data.factor
        if scale is None:
            scale, conversion_of_bare = _shape(data, medium), 1.0
        else:
            conversion_of_bare = conversion
        found = amplitude * conversion_of_bare * scale * bare
        if medium.model == "tunnelling" and data.quantity.of_rates:
            # Eq. 6, tau_in/tau_phi = min(1, E* tau_in)^(2/3), E* in the unit of the rate.
            found = found * np.minimum(1.0, medium.population.E_star * conversion / found) ** (2.0 / 3.0)
        return np.asarray(found)

    def _remembered(self, data: DataSet, medium: Medium, name: str) -> Array:
        """The curve of the observable, kept while only amplitudes, densities and backgrounds change."""
        inner = tuple(medium.material.get(name) for name in _INNER)
        heat = medium.t_exp if data.quantity.timed else None
        key = (name, tuple(medium.population.laws.items()), inner, heat)
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        found = self._memory[key] = curve(data, medium)
        if len(self._memory) > _KEPT * len(self.sets):
            self._memory.popitem(last=False)
        return found


def _scale(data: DataSet, medium: Medium) -> Array | float | None:
    """What turns the observable into the measured quantity in natural units, None if the material does not tell."""
    material, dimension = medium.material, data.quantity.dimension
    n_T = material.get("defect_density")
    if dimension is NUMBER:
        return 1.0
    if dimension is POWER:
        a = material.get("drive_amplitude")
        return None if n_T is None or a is None else 0.5 * n_T * a * a * _shape(data, medium)
    if data.quantity.timed:
        return None if n_T is None else n_T * _shape(data, medium)
    n_e, fermi_energy = material.get("electron_density"), material.get("fermi_energy")
    chi = 1.0 if medium.population.CHI is not None else material.get("chi")
    if n_T is None or n_e is None or fermi_energy is None or chi is None:
        return None
    return float(inelastic_rate(chi, n_T, n_e, fermi_energy))


def _shape(data: DataSet, medium: Medium) -> Array | float:
    """Factors that do not need the density: Omega of Eq. 14, and a free L."""
    if data.quantity.dimension is POWER:
        return np.asarray(data.other_axis / medium.population.E_star)
    if data.quantity.timed and medium.L is not None:
        return medium.L / medium.population.defects_per_n_T
    return 1.0


def needs_amplitude(data: DataSet, medium: Medium) -> bool:
    """Whether the scale of a data set does not follow from the material."""
    return _scale(data, medium) is None


def missing_material(data: DataSet, medium: Medium) -> tuple[str, ...]:
    """Entries of the material that the scale of a data set lacks."""
    power = ("defect_density", "drive_amplitude")[: 1 + (data.quantity.dimension is POWER)]
    names = _ELECTRONS if data.quantity.of_rates else power
    own = ("chi",) if medium.population.CHI is not None else ()
    return tuple(name for name in names if medium.material.get(name) is None and name not in own)
