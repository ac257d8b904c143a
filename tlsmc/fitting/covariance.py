"""The sample is finite: covariance of the measured points from one piece of metal to another.

A piece of volume V has a Poisson number of defects, N = n_T V L on average.  What is measured is a sum over them of a
contribution c_a at each point a, so that Cov(y_a, y_b) = s_a s_b <c_a c_b>/N with y = s <c>.  (With exactly N defects
it would be <c_a c_b> - <c_a><c_b>.)  The moments are exact, by quadrature over the population.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from tlsmc.fitting.curves import Medium, component_of, observable_for, second_axis
from tlsmc.fitting.data import DataSet
from tlsmc.fitting.model import Model
from tlsmc.kernels import contributions
from tlsmc.observables.base import Observable
from tlsmc.populations import Population
from tlsmc.populations.nodes import (
    law_edges,
    law_span,
    merge_edges,
    nearest_origin,
    off_resonance,
    panel_nodes,
    spectral_edges,
)
from tlsmc.populations.tunnelling import Tunnelling, _depth_nodes, _polar_table

Array = NDArray[np.float64]

#: Points of a panel: products of two contributions vary no faster than each, and three digits are plenty.
_ORDER = 6
_TILE = 8192
#: Defects drawn where the population has no nodes for several frequencies.
_DRAWN_POWER = 17


def sample_covariance(model: Model, u: Array, volume: float) -> Array:
    """Covariance of all points, shape (points, points), in the units of the data, of a sample of ``volume`` in cm^3."""
    values = model.values(u)
    medium = model.medium_at(values)
    number = medium.material["defect_density"] * volume * medium.population.defects_per_n_T
    moments = second_moments(model.sets, medium)
    # Each point is a function of its mean contribution; sharing of the error is linear in it.
    slopes = np.concatenate([_slope(model, data, medium, values) for data in model.sets])
    return np.asarray(slopes[:, None] * slopes[None, :] * moments / number)


def _slope(model: Model, data: DataSet, medium: Medium, values: dict[str, float]) -> Array:
    """Derivative of the prediction by the mean contribution, times the mean: ``second_moments`` are relative to it."""
    plain = model.predict_set(data, medium, values)
    own = {key.partition(".")[2]: v for key, v in values.items() if key.startswith(f"{data.name}.")}
    step = 1e-4
    more = model.of_defects(data, medium, own.get("amplitude", 1.0) * (1.0 + step))
    less = model.of_defects(data, medium, own.get("amplitude", 1.0) * (1.0 - step))
    part = (more - less) / (2.0 * step)
    if data.quantity.per_T:
        part = part / data.temperature
    return np.asarray(-part * plain**2 if data.quantity.inverse else part)


def second_moments(sets: tuple[DataSet, ...], medium: Medium) -> Array:
    """<c_a c_b>/(<c_a><c_b>) of the contributions of one defect at all pairs of points."""
    observables = [observable_for(data, medium) for data in sets]
    columns, weights = _nodes(sets, observables, medium)
    points = sum(map(len, sets))
    products, means = np.zeros((points, points)), np.zeros(points)
    for first in range(0, len(weights), _TILE):
        part = slice(first, first + _TILE)
        some = {name: column[part] for name, column in columns.items()}
        c = np.concatenate([_contributions(d, o, medium, some) for d, o in zip(sets, observables, strict=True)], axis=0)
        products += (c * weights[part]) @ c.T
        means += c @ weights[part]
    return np.asarray(products / np.outer(means, means))


def _contributions(data: DataSet, observable: Observable, medium: Medium, columns: dict[str, Array]) -> Array:
    """What each defect contributes to each point of a data set, shape (points, defects)."""
    program, component = observable.program(medium.population), component_of(data, observable)
    chosen = [observable.COMPONENTS.index(part) for part in observable.SUMS.get(component, (component,))]
    second = second_axis(data, medium)
    rows = observable.points(np.unique(second))
    index = np.searchsorted(np.unique(second), second)
    found = np.empty((len(data), len(next(iter(columns.values())))))
    for i, T in enumerate(data.temperature.tolist()):
        parts = contributions(program, columns, T, rows[index[i]])
        found[i] = sum(parts[k] for k in chosen)
    return found


def _nodes(sets: tuple[DataSet, ...], observables: list[Observable], medium: Medium) -> tuple[dict[str, Array], Array]:
    """Defects and weights for all temperatures and frequencies at once."""
    T = np.unique(np.concatenate([data.temperature for data in sets]))
    frequencies = [
        second_axis(data, medium) for data, o in zip(sets, observables, strict=True) if "frequency" in o.AXES
    ]
    omega = np.unique(np.concatenate(frequencies)) if frequencies else np.zeros(0)
    population = medium.population
    if isinstance(population, Tunnelling) and "p" in population.laws:
        return _resonant_nodes(population, T, omega)
    if "T_K" in population.COLUMNS or len(omega) < 2:
        scales = np.array([T[0], T[-1]]) if "T_K" in population.COLUMNS else T
        return population.nodes(scales, float(omega[0]) if len(omega) else None, _ORDER)
    return _drawn(population)


def _resonant_nodes(population: Population, T: Array, omega: Array) -> tuple[dict[str, Array], Array]:
    """Nodes of laws of E and p with a resonance at every frequency."""
    law, other = population.laws["E"], population.laws["p"]
    top = law_span(law)[1]
    marks = [spectral_edges(top, T, float(w)) for w in omega] or [spectral_edges(top, T, None)]
    edges = law_edges(law, _ORDER, merge_edges(0.0, top, *marks), omega)
    low, high = edges[:-1], edges[1:]
    E, weight_E = panel_nodes(low, high, nearest_origin(low, high, np.append(0.0, omega)), _ORDER)
    for w in omega.tolist():
        E = off_resonance(E, w)
    weight_E = weight_E * law.pdf(E)
    depth, weight_u = _depth_nodes(other, _ORDER)
    columns = _polar_table(E.ravel()[:, None], depth[None, :])
    return columns, np.outer(weight_E.ravel(), weight_u).ravel()


def _drawn(population: Population) -> tuple[dict[str, Array], Array]:
    """Defects drawn from the laws, by scrambled Sobol points."""
    points = qmc.Sobol(population.dimensions, rng=np.random.default_rng(1)).random_base2(_DRAWN_POWER).T
    inside = np.clip(points, 2.0**-53, 1.0 - 2.0**-53)
    return population.columns(inside), np.full(points.shape[1], 1.0 / points.shape[1])
