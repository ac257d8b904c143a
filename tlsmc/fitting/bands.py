"""Curves of a fit with their bands, at the points of the data and on smooth grids for figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tlsmc.arrays import Array
from tlsmc.fitting.objective import Objective, derivatives
from tlsmc.fitting.uncertainty import Curvature
from tlsmc.measurements.dataset import DataSet

#: Temperatures of a smooth curve, and curves of one data set at most.
_SMOOTH, _MOST_CURVES = 60, 5


def set_arrays(objective: Objective, u: Array, bend: Curvature | None) -> dict[str, Array]:
    """Points, curves and bands of all data sets, by ``sets/NAME/...``; no bands where there are no errors."""
    found: dict[str, Array] = {}
    for data, error in zip(objective.model.sets, objective.model.parted(objective.noise.error), strict=True):
        arrays = {"temperature": data.temperature, "second": data.other_axis, "value": data.value, "error": error}
        arrays["model"], arrays["band"] = _banded(objective, u, bend, data)
        smooth = _smooth(data)
        arrays["curve_temperature"], arrays["curve_second"] = smooth.temperature, smooth.other_axis
        arrays["curve"], arrays["curve_band"] = _banded(objective, u, bend, smooth)
        found |= {f"sets/{data.name}/{name}": array for name, array in arrays.items()}
    return found


def _smooth(data: DataSet) -> DataSet:
    """A data set whose points lie on smooth curves at the first few of its frequencies or times."""
    others = np.unique(data.other_axis)
    others = others[np.unique(np.linspace(0, len(others) - 1, min(_MOST_CURVES, len(others))).astype(int))]
    low, high = float(data.temperature.min()), float(data.temperature.max())
    T = np.geomspace(low, high, _SMOOTH if high > low else 1)
    grid = np.tile(T, len(others)), np.repeat(others, len(T))
    blank = np.ones(len(grid[0]))
    return replace(data, temperature=grid[0], other_axis=grid[1], value=blank, error=blank)


def _banded(objective: Objective, u: Array, bend: Curvature | None, data: DataSet) -> tuple[Array, Array]:
    """Curve at the points of a data set and its standard error."""
    # A memory of its own keeps the curves at these points apart from those of the data.
    model = replace(objective.model, sets=(data,))
    curve = model.predict(u)[0]
    if bend is None:
        return curve, np.full_like(curve, np.nan)
    slopes = derivatives(lambda v: model.predict(v)[0], u, bend.scales, model.bounds)
    return curve, np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slopes, bend.covariance, slopes), 0.0))
