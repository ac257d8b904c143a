"""What the defects contribute to each point of a data set, before amplitudes, backgrounds and units.

For the paper's population by the closed forms, else by quadrature over the population's nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tlsmc import closed_forms
from tlsmc.closed_forms.quick import quick_F_rel, quick_F_res
from tlsmc.errors import SpecError
from tlsmc.fitting.data import DataSet
from tlsmc.kernels import contributions
from tlsmc.observables import observable_class, of_material
from tlsmc.observables.attenuation import Attenuation
from tlsmc.observables.base import Observable
from tlsmc.observables.timed_heat_capacity import TimedHeatCapacity
from tlsmc.populations import Population

Array = NDArray[np.float64]

#: Gauss-Legendre points of a panel: relative errors below 1e-7, in a third of the time of the default.
ORDER = 8


@dataclass(frozen=True, slots=True)
class Medium:
    """The defects and their material at one set of parameters; ``L`` and ``t_exp`` are None where the laws decide."""

    model: str
    population: Population
    material: dict[str, float]
    L: float | None = None
    t_exp: float | None = None


@cache
def _class(name: str) -> type[Observable]:
    """The observable of a given name; looking through the folder takes longer than a curve."""
    return observable_class(name)


def observable_for(data: DataSet, medium: Medium) -> Observable:
    """The observable that predicts a data set, with the options of the data set."""
    names = data.quantity.observables
    if medium.model not in names:
        fault = f"{data.quantity.name} has no curve for {medium.model} defects"
        raise SpecError(f"fit.data.{data.name}: {fault}; remove it")
    name = names[medium.model]
    if medium.model == "tunnelling" and name == "heat_capacity" and (data.timed or medium.t_exp is not None):
        name = "timed_heat_capacity"
    kind = _class(name)
    unknown = set(data.options) - {f.name for f in fields(kind)}  # type: ignore[arg-type]
    if unknown:
        raise SpecError(f"fit.data.{data.name}.options: {sorted(unknown)[0]} is no option of {name}; remove it")
    try:
        return of_material(kind, medium.material, data.options)
    except SpecError as error:
        raise error.at(f"fit.data.{data.name}") from None


def component_of(data: DataSet, observable: Observable) -> str:
    """The component of an observable, or the sum of components, that a data set is about."""
    known = (*observable.COMPONENTS, *observable.SUMS)
    if data.component in known:
        return data.component
    if data.component == data.quantity.component:
        return observable.COMPONENTS[0]
    raise SpecError(f"fit.data.{data.name}.curve: {data.component!r} is not known; choose one of {', '.join(known)}")


def curve(data: DataSet, medium: Medium) -> Array:
    """Values of the observable at the points of a data set, shape (points,)."""
    observable = observable_for(data, medium)
    component = component_of(data, observable)
    second = second_axis(data, medium)
    if medium.population.is_paper and isinstance(observable, Attenuation):
        return _attenuation(observable, component, medium.population, data.temperature, second)
    if medium.population.is_paper and isinstance(observable, TimedHeatCapacity):
        x = medium.population.E_star / data.temperature
        s = 2.0 * observable.chi * data.temperature * second
        return np.asarray(closed_forms.timed_heat(x, s, medium.population.p_min) / x)
    parts = observable.SUMS.get(component, (component,))
    chosen = [observable.COMPONENTS.index(part) for part in parts]
    if medium.population.is_paper and len(observable.AXES) == 1:
        return np.asarray(observable.exact(medium.population, data.temperature, np.zeros(1))[chosen, :, 0].sum(axis=0))
    return _scattered(observable, medium.population, chosen, data.temperature, second)


def second_axis(data: DataSet, medium: Medium) -> Array:
    """Frequency or time of each point, 0 where the curve has neither."""
    second = np.nan_to_num(data.second)
    if medium.t_exp is not None and data.quantity.dimension.startswith("heat"):
        return np.full_like(second, medium.t_exp)
    return second


def _attenuation(observable: Attenuation, component: str, population: Population, T: Array, omega: Array) -> Array:
    """F_res, F_rel or their sum of the paper's population."""
    chi, Omega, theta = observable.chi, omega / population.E_star, 2.0 * T / population.E_star
    total, p_min = np.zeros_like(T), population.p_min
    if component != "relaxation":
        total += quick_F_res(chi, Omega, theta, observable.lineshape, observable.drive, p_min)
    if component != "resonant":
        total += quick_F_rel(chi, Omega, theta, observable.drive, p_min)
    return total


def _scattered(observable: Observable, population: Population, chosen: list[int], T: Array, second: Array) -> Array:
    """Averages at scattered points: on the temperatures that there are at each frequency or time."""
    result = np.empty_like(T)
    for value in np.unique(second):
        here = second == value
        grid, back = np.unique(T[here], return_inverse=True)
        result[here] = _quadrature(observable, population, chosen, grid, float(value))[back]
    return result


def _quadrature(observable: Observable, population: Population, chosen: list[int], T: Array, second: float) -> Array:
    """Averages at one frequency or time, with nodes of :data:`ORDER` points a panel."""
    program, point = observable.program(population), observable.points(np.array([second]))[0]
    omega = second if "frequency" in observable.AXES else None
    kondo = "T_K" in observable.COLUMNS
    values = np.empty_like(T)
    if not kondo:
        columns, weights = population.nodes(T, omega, ORDER)
    for i, temperature in enumerate(T.tolist()):
        if kondo:
            # The boundaries of Eq. 21 move with the temperature.
            columns, weights = population.nodes(temperature, order=ORDER)
        parts = contributions(program, columns, temperature, point)
        values[i] = sum(float(np.dot(weights, parts[k])) for k in chosen)
    return values
