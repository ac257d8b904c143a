"""How a run came to its answers: running means, and the mean of every sample by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.results.convergence import convergence
from tlsmc.results.curve import Curve
from tlsmc.results.run import Record, Run
from tlsmc.spec.spec import GriddedObservable


def record_convergence(run: Run, points: int) -> dict[str, Record]:
    """Running mean and error over the first ``count`` defects, for each observable: "convergence/NAME"."""
    records = {}
    for gridded in run.spec.observables:
        parts = [convergence(Curve(run, gridded, name), points) for name in gridded.observable.COMPONENTS]
        scales = grid_scales(gridded) | {"count": parts[0].counts}
        arrays = {name: np.stack([getattr(part, name) for part in parts]) for name in ("mean", "error")}
        arrays = {name: np.moveaxis(array, 1, -1) for name, array in arrays.items()}
        records[f"convergence/{gridded.name}"] = record_on(scales, **arrays)
    return records


def record_samples(run: Run) -> dict[str, Record]:
    """Mean over the defects of each sample, for each observable: "samples/NAME"."""
    records = {}
    for gridded in run.spec.observables:
        scales = {"sample": np.arange(run.spec.layout.samples)} | grid_scales(gridded)
        values = run.sums.observables[gridded.name].totals.sum(axis=1) / run.spec.layout.defects
        records[f"samples/{gridded.name}"] = record_on(scales, mean=values)
    return records


def grid_scales(gridded: GriddedObservable) -> dict[str, NDArray[Any]]:
    """Names of the components and values of the axes of the grid, by the name of the axis."""
    return {"component": np.array(gridded.observable.COMPONENTS, dtype="S")} | gridded.stored_axes


def record_on(scales: dict[str, NDArray[Any]], **arrays: Array) -> Record:
    """A record of arrays over the axes ``scales``, whose values it has too."""
    shape, axes = tuple(map(len, scales.values())), {axis: (axis,) for axis in scales}
    on_grid = {name: values.reshape(shape) for name, values in arrays.items()}
    return Record(on_grid | scales, dict.fromkeys(arrays, tuple(scales)) | axes)
