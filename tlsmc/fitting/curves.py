"""What the defects contribute to each point of a data set, before amplitudes, backgrounds and units.

For the paper's population by the closed forms, else by quadrature over the population's nodes, where there are many
temperatures at some of them only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.fitting.chebyshev import interpolated
from tlsmc.measurements.dataset import DataSet
from tlsmc.observables.attenuation import Attenuation
from tlsmc.observables.base import Observable
from tlsmc.observables.loss_tangent import LossTangent
from tlsmc.observables.program import contributions
from tlsmc.observables.timed_heat_capacity import TimedHeatCapacity
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction
from tlsmc.populations.quadrature.nodes import energy_nodes
from tlsmc.spec.registry import OBSERVABLES, of_material

#: Relative error of the closed forms of the attenuation, in half of the time of the default.
ACCURACY = 1e-7

#: Gauss-Legendre points of a panel: relative errors of 1e-6, mostly far less, in a fifth of the time of the default.
ORDER = 6


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The defects and their material at one set of parameters; ``L`` and ``t_exp`` are None where the laws decide."""

    model: str
    population: Population
    material: dict[str, float]
    L: float | None = None
    t_exp: float | None = None


@cache
def _class(name: str) -> type[Observable]:
    """The observable of a given name; looking through the folder takes longer than a curve."""
    return OBSERVABLES.find(name)


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


def curve(data: DataSet, ensemble: Ensemble) -> Array:
    """Values of the observable at the points of a data set, shape (points,)."""
    observable = observable_for(data, ensemble)
    component = component_of(data, observable)
    second = second_axis(data, ensemble)
    if ensemble.population.is_paper and isinstance(observable, Attenuation):
        return _attenuation(observable, component, ensemble.population, data.temperature, second)
    if ensemble.population.is_paper and isinstance(observable, TimedHeatCapacity):
        x = ensemble.population.E_star / data.temperature
        s = 2.0 * observable.chi * data.temperature * second
        return np.asarray(closed_forms.timed_heat(x, s, ensemble.population.p_min) / x)
    if ensemble.population.is_paper and len(observable.AXES) == 1:
        exact = observable.exact(ensemble.population, data.temperature)
        return np.asarray(exact[list(observable.parts(component))].sum(axis=0))
    return _scattered(observable, ensemble.population, component, data.temperature, second)


def second_axis(data: DataSet, ensemble: Ensemble) -> Array:
    """Frequency or time of each point, 0 where the curve has neither."""
    second = np.nan_to_num(data.other_axis)
    if ensemble.t_exp is not None and data.quantity.timed:
        return np.full_like(second, ensemble.t_exp)
    return second


def _attenuation(observable: Attenuation, component: str, population: Population, T: Array, omega: Array) -> Array:
    """F_res, F_rel or their sum of the paper's population."""
    chi, Omega, theta = observable.chi, omega / population.E_star, 2.0 * T / population.E_star
    total, p_min = np.zeros_like(T), population.p_min
    if component != "relaxation":
        total += closed_forms.F_res(chi, Omega, theta, observable.lineshape, observable.drive, p_min, ACCURACY)
    if component != "resonant":
        total += closed_forms.F_rel(chi, Omega, theta, observable.drive, p_min, ACCURACY)
    return total


def _scattered(observable: Observable, population: Population, component: str, T: Array, second: Array) -> Array:
    """Averages at scattered points, interpolated between some of the temperatures."""
    result = np.empty_like(T)
    for group in _together(observable, T, second):
        here = np.isin(second, group)
        grid, row = np.unique(T[here], return_inverse=True)
        make = _band if _is_band(observable, population, component) else _quadrature
        average = make(observable, population, component, grid, group)
        column = np.searchsorted(group, second[here])
        result[here] = interpolated(average, grid, population.landmarks)[row, column]
    return result


def _together(observable: Observable, T: Array, second: Array) -> list[Array]:
    """Frequencies or times that are computed together at all of their temperatures, each group sorted."""
    distinct = np.unique(second)
    # A resonance needs nodes of its own, and points that form no grid would be too few of it.
    if observable.RESONANT_AXIS:
        return list(distinct[:, None])
    return [distinct] if len(distinct) * len(np.unique(T)) <= 2 * len(T) else list(distinct[:, None])


def _quadrature(
    observable: Observable, population: Population, component: str, T: Array, second: Array
) -> Callable[[Array], Array]:
    """Averages at temperatures in the range of ``T``, shape (temperatures, frequencies or times of ``second``)."""
    program, points = observable.program(population), observable.points(*[second] * (len(observable.AXES) - 1))
    chosen = observable.parts(component)
    shared = None if observable.has_seams(component) else _nodes(observable, population, T, second)

    def average(temperatures: Array) -> Array:
        values = np.empty((len(temperatures), len(second)))
        for i, temperature in enumerate(temperatures.tolist()):
            columns, weights = shared or population.grouped_nodes(temperature, order=ORDER)
            for k, point in enumerate(points):
                parts = contributions(program, columns, temperature, point)
                values[i, k] = sum(float((weights * parts[part]).sum()) for part in chosen)
        return values

    return average


def _nodes(observable: Observable, population: Population, T: Array, second: Array) -> tuple[dict[str, Array], Array]:
    """Nodes for all temperatures."""
    if "T_K" in observable.COLUMNS:
        # What has no seams in T_K and Delta is resolved by wide panels at any temperature.
        return population.grouped_nodes(order=ORDER + 2)
    omega = float(second[0]) if observable.RESONANT_AXIS else None
    return population.grouped_nodes(observable.scales(T), omega, ORDER)


def _is_band(observable: Observable, population: Population, component: str) -> bool:
    """Whether the integrals over p close at each splitting."""
    laws = population.laws
    known = isinstance(observable, Attenuation) or (isinstance(observable, LossTangent) and component == "loss")
    return known and "E" in laws and isinstance(laws["p"], TunnellingFraction)


def _band(
    observable: Observable, population: Population, component: str, T: Array, second: Array
) -> Callable[[Array], Array]:
    """What :func:`_quadrature` gives, with sums over splittings only."""
    omega, E_star, p_min = float(second[0]), population.E_star, population.p_min
    E, weight = energy_nodes(population.laws["E"], T, omega, ORDER)

    def average(temperatures: Array) -> Array:
        nodes, T = (E, weight, E_star), temperatures[:, None]
        if isinstance(observable, LossTangent):
            return closed_forms.band_loss(*nodes, observable.chi, T, omega, observable.intensity, p_min)[:, None]
        assert isinstance(observable, Attenuation)
        chi, drive, total = observable.chi, observable.drive, np.zeros(len(temperatures))
        if component != "relaxation":
            total += closed_forms.band_resonant(*nodes, chi, T, omega, observable.lineshape, drive, p_min)
        if component != "resonant":
            total += closed_forms.band_relaxation(*nodes, chi, T, omega, drive, p_min)
        return total[:, None]

    return average
