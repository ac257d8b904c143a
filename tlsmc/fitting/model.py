"""From parameters to curves: the defects of the spec with changed entries, amplitudes and backgrounds."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.fitting.curves import Ensemble, curve, derived_of, points_of
from tlsmc.fitting.parameters import Parameter
from tlsmc.measurements.backgrounds import evaluate
from tlsmc.measurements.dataset import DataSet
from tlsmc.observables.averages import Points

_KEPT = 32  # curves that are remembered: those of one Jacobian


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
    _memory: OrderedDict[Any, Array] = field(default_factory=OrderedDict, init=False, repr=False, compare=False)

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

    def parted(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        """Something of all points, by the data sets that they belong to."""
        return np.split(values, np.cumsum([len(data) for data in self.sets])[:-1])

    def values(self, u: Array) -> dict[str, float]:
        """All parameters, by place, at coordinates ``u``."""
        free = {p.place: p.value(float(x)) for p, x in zip(self.parameters, u, strict=True)}
        return {**self.fixed, **free}

    def ensemble_at(self, values: Mapping[str, float]) -> Ensemble:
        """The ensemble with the entries of ``values`` that concern it.

        Raises
        ------
        SpecError, ValidityError
            There is no such law: bounds of two parameters of one may cross.
        """
        if not self.defects:
            return self.ensemble
        laws, material = dict(self.ensemble.population.laws), dict(self.ensemble.material)
        changes: dict[str, dict[str, float]] = {}
        for place, value in values.items():
            head, _, rest = place.partition(".")
            if head == "population":
                _, name, key = rest.split(".")
                changes.setdefault(name, {})[key] = value
            elif head == "material":
                material[rest] = value
        # All changes of a law at once: on the way from one pair of bounds to another they may cross.
        for name, fields in changes.items():
            laws[name] = laws[name].with_fields(**fields)
        L, t_exp = values.get("L", self.ensemble.L), values.get("t_exp", self.ensemble.t_exp)
        return Ensemble(self.ensemble.model, self.ensemble.population.with_laws(laws), material, L, t_exp)

    def own(self, data: DataSet, values: Mapping[str, float]) -> dict[str, float]:
        """Amplitude and coefficients of a data set by their names."""
        return {key.partition(".")[2]: v for key, v in values.items() if key.startswith(f"{data.name}.")}

    def predict(self, u: Array) -> list[Array]:
        """Curves of all data sets at coordinates ``u``, in the units of the data."""
        values = self.values(u)
        try:
            ensemble = self.ensemble_at(values)
        except (SpecError, ValidityError):
            return [np.full(len(data), np.nan) for data in self.sets]
        return [self.predict_set(data, ensemble, values) for data in self.sets]

    def predict_set(self, data: DataSet, ensemble: Ensemble, values: Mapping[str, float]) -> Array:
        """Curve of one data set in its unit."""
        own = self.own(data, values)
        additive = evaluate(data.backgrounds, data.temperature, own)
        if self.defects:
            additive = additive + self.of_defects(data, ensemble, own.get("amplitude", 1.0))
        if data.quantity.per_T:
            additive = additive / data.temperature
        if data.quantity.inverse:
            with np.errstate(divide="ignore"):
                return np.asarray(1.0 / additive)
        return additive

    def of_defects(self, data: DataSet, ensemble: Ensemble, amplitude: float) -> Array:
        """What the defects add to a data set (for tau_phi to the rate), in its unit."""
        quantity, points = data.quantity, points_of(data, ensemble)
        mean = amplitude * self._remembered(data, ensemble, points)
        if quantity.timed and ensemble.L is not None:
            mean = mean * (ensemble.L / ensemble.population.defects_per_n_T)
        unit = 1.0 / data.factor if quantity.inverse else data.factor
        derived = derived_of(data, ensemble, points)
        # Where the material does not tell the scale, it is one unit of the data.
        found = derived.function((unit if derived.scale is None else derived.scale) * mean)
        return np.asarray((1.0 / found if quantity.of_rates else found) / unit)

    def _remembered(self, data: DataSet, ensemble: Ensemble, points: Points) -> Array:
        """The curve of the observable, kept while only amplitudes, densities and backgrounds change."""
        time = ensemble.t_exp if data.quantity.timed else None
        key = (data.name, points.observable, tuple(ensemble.population.laws.items()), time)
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        found = self._memory[key] = curve(points, ensemble.population)
        if len(self._memory) > _KEPT * len(self.sets):
            self._memory.popitem(last=False)
        return found


def missing_material(data: DataSet, ensemble: Ensemble) -> tuple[str, ...]:
    """Entries of the material that the scale of a data set lacks; none if it follows."""
    derived, metal = derived_of(data, ensemble, points_of(data, ensemble)), ensemble.metal
    return tuple(name for name in derived.needs if getattr(metal, name) is None)
