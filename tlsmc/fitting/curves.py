"""What the defects contribute to each point of a data set, before amplitudes, backgrounds and units.

For the paper's population by the closed forms, else by quadrature over the population's nodes, where there are many
temperatures at some of them only, and between these by Chebyshev polynomials: averages are smooth in ln T but for kinks
where a regime of the defects passes an edge of their laws.  A panel in ln T is taken if the last coefficients of its
polynomial are negligible, else halved.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.polynomial.chebyshev import chebfit, chebpts1, chebval
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.measurements.dataset import DataSet
from tlsmc.observables.averages import Points
from tlsmc.observables.base import Observable
from tlsmc.observables.measurable import Derived, Metal
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.spec.registry import OBSERVABLES, of_material

#: Gauss-Legendre points of a panel: relative errors of 1e-6, mostly far less, in a fifth of the time of the default.
ORDER = 6
#: Points of a panel, and its largest length in ln T: thermal factors have their poles pi/2 off the real axis.
POINTS, _LONGEST = 16, 2.0
#: Largest of the last coefficients over the largest of all: quadratures are not smooth below it.
ACCURACY = 2e-7
_LAST = 3


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The defects and their material at one set of parameters; ``L`` and ``t_exp`` are None where the laws decide."""

    model: str
    population: Population
    material: dict[str, float]
    L: float | None = None
    t_exp: float | None = None

    @property
    def metal(self) -> Metal:
        """What of the material makes results measurable."""
        return Metal(**{f.name: self.material.get(f.name) for f in fields(Metal)})


#: The observable of a given name; looking through the folder takes longer than a curve.
_class = cache(OBSERVABLES.find)


def observable_for(data: DataSet, ensemble: Ensemble) -> Observable:
    """The observable that predicts a data set, with the options of the data set."""
    names = data.quantity.observables
    if ensemble.model not in names:
        fault = f"{data.quantity.name} has no curve for {ensemble.model} defects"
        raise SpecError(f"fit.data.{data.name}: {fault}; remove it")
    if data.timed or ensemble.t_exp is not None:
        names = names | data.quantity.timed
    name, _ = names[ensemble.model]
    kind = _class(name)
    unknown = set(data.options) - {field.name for field, _ in described(kind)}
    if unknown:
        raise SpecError(f"fit.data.{data.name}.options: {sorted(unknown)[0]} is no option of {name}; remove it")
    try:
        return of_material(kind, ensemble.material, data.options)
    except SpecError as error:
        raise error.at(f"fit.data.{data.name}") from None


def component_of(data: DataSet, observable: Observable) -> str:
    """The component of an observable, or the sum of components, that a data set is about."""
    known = (*observable.COMPONENTS, *observable.SUMS)
    if data.component in known:
        return data.component
    if data.component in ("", *data.quantity.components):
        return next(name for name in data.quantity.components if name in known)
    raise SpecError(f"fit.data.{data.name}.curve: {data.component!r} is not known; choose one of {', '.join(known)}")


def points_of(data: DataSet, ensemble: Ensemble) -> Points:
    """The points of a data set as those of its observable."""
    observable, other = observable_for(data, ensemble), np.nan_to_num(data.other_axis)
    if ensemble.t_exp is not None and data.quantity.timed:
        other = np.full_like(other, ensemble.t_exp)
    parts = observable.parts(component_of(data, observable))
    return Points(observable, parts, data.temperature, (other,) if len(observable.AXES) > 1 else ())


def derived_of(data: DataSet, ensemble: Ensemble, points: Points) -> Derived:
    """What makes the measured quantity of average contributions at some points; its scale is None if unknown."""
    quantity = data.quantity
    if not quantity.derived:
        return Derived(quantity.name, "", "", lambda mean: mean)
    found = points.observable.derived(ensemble.population, ensemble.metal, points.T, *points.others)
    return next(one for one in found if one.name == quantity.derived)


def curve(points: Points, population: Population) -> Array:
    """Average contributions at some points, shape (points,)."""
    observable, T = points.observable, points.T
    components = tuple(observable.COMPONENTS[part] for part in points.parts)
    found = observable.averages(population, components, T, *points.others)
    if found is not None:
        return found
    found = np.empty_like(T)
    others, place = np.unique(np.stack(points.others or (np.zeros_like(T),)), axis=1, return_inverse=True)
    for group in _together(points, others.shape[1]):
        here = np.isin(place, group)
        grid, row = np.unique(T[here], return_inverse=True)
        axes = (grid, *others[:, group]) if points.others else (grid,)
        average = observable.averaging(population, components, *axes, order=ORDER)
        found[here] = interpolated(average, grid, population.landmarks)[row, np.searchsorted(group, place[here])]
    return found


def _together(points: Points, others: int) -> list[NDArray[np.int_]]:
    """Which of the ``others``, distinct frequencies or times, are computed together at all of their temperatures."""
    every = np.arange(others)
    # A resonance needs nodes of its own, and points that form no grid would be too few of it.
    grid = others * len(np.unique(points.T)) <= 2 * len(points.T)
    return [every] if grid and not points.observable.RESONANT_AXIS else list(every[:, None])


def interpolated(function: Callable[[Array], Array], T: Array, breaks: Iterable[float] = ()) -> Array:
    """Values of ``function`` at sorted temperatures ``T``, to about :data:`ACCURACY` of the largest nearby.

    ``function`` maps temperatures of shape (n,) to values of shape (n, curves), and so does this; ``breaks`` are
    temperatures at which it may have a kink.
    """
    u = np.log(T)
    inner = [x for x in np.log([b for b in breaks if 0.0 < b < np.inf]) if u[0] < x < u[-1]]
    ends = np.unique([u[0], *inner, u[-1]])
    panels = [panel for low, high in pairwise(ends) for panel in _parts(low, high)] or [(u[0], u[0])]
    parts, places = [], []
    while panels:
        low, high = panels.pop()
        # A temperature between two panels belongs to the upper one.
        inside = np.flatnonzero((u >= low) & ((u < high) | (high == u[-1])))
        if inside.size <= POINTS:
            found = function(T[inside]) if inside.size else None
        else:
            found = _polynomial(function, u[inside], 0.5 * (low + high), 0.5 * (high - low))
            if found is None:
                panels += [(low, 0.5 * (low + high)), (0.5 * (low + high), high)]
        if found is not None:
            parts.append(found)
            places.append(inside)
    return np.concatenate(parts)[np.argsort(np.concatenate(places))]


def _polynomial(function: Callable[[Array], Array], u: Array, middle: float, half: float) -> Array | None:
    """Values at ``u`` in a panel by a polynomial, None if it does not resolve every curve."""
    nodes = chebpts1(POINTS)
    c = chebfit(nodes, function(np.exp(middle + half * nodes)), POINTS - 1)
    if (np.abs(c[-_LAST:]).max(axis=0) <= ACCURACY * np.abs(c).max(axis=0)).all():
        return np.asarray(chebval((u - middle) / half, c).T)
    return None


def _parts(low: float, high: float) -> Iterable[tuple[float, float]]:
    return pairwise(np.linspace(low, high, 1 + max(1, int(np.ceil((high - low) / _LONGEST)))).tolist())
