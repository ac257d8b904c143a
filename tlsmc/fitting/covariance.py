"""The sample is finite: covariance of the measured points from one piece of metal to another.

A piece of volume V has a Poisson number of defects, N = n_T V L on average.  What is measured is a sum over them of a
contribution c_a at each point a, so that Cov(y_a, y_b) = s_a s_b <c_a c_b>/N with y = s <c>.  (With exactly N defects
it would be <c_a c_b> - <c_a><c_b>.)  The moments are exact, by quadrature over the population.
"""

from __future__ import annotations

import numpy as np

from tlsmc.arrays import Array
from tlsmc.fitting.curves import Medium, component_of, observable_for, second_axis
from tlsmc.fitting.model import Model
from tlsmc.measurements.dataset import DataSet
from tlsmc.observables.averages import Points, relative_moments


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
    return relative_moments([points_of(data, medium) for data in sets], medium.population)[1]


def points_of(data: DataSet, medium: Medium) -> Points:
    """The points of a data set as those of its observable."""
    observable = observable_for(data, medium)
    parts = observable.parts(component_of(data, observable))
    return Points(observable, parts, data.temperature, second_axis(data, medium))
