"""How a run came to its answers: running means, means of samples, and what tracked defects contribute."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array, Index
from tlsmc.populations.sampling.streams import Source
from tlsmc.results.convergence import convergence
from tlsmc.results.curve import Curve
from tlsmc.results.defects import block_contributions, numbered_columns
from tlsmc.results.run import Record, Run
from tlsmc.spec.spec import GriddedObservable, Spec
from tlsmc.spec.trajectories import TrackedDefects
from tlsmc.statistics.largest import defect_numbers, sample_batch_position

#: Spawn key of the choice of random defects, the bytes "TRAC".
_CHOICE = 0x54524143


def tracked_bytes(spec: Spec, tracked: TrackedDefects) -> int:
    """Bytes that the record of tracked defects takes, at most."""
    parts = [len(gridded.observable.COMPONENTS) for gridded in spec.observables]
    grids = [gridded.grid[0] * gridded.grid[1] for gridded in spec.observables]
    defects = tracked.random + len(tracked.chosen) + tracked.largest * sum(parts)
    columns = len(spec.population.COLUMNS) + 4
    return 8 * defects * (columns + sum(n * grid for n, grid in zip(parts, grids, strict=True)))


def record_defects(run: Run, tracked: TrackedDefects) -> dict[str, Record]:
    """The record "defects", and "defects/NAME" with the contributions to each observable.

    The defects are in ascending order of sample, batch and position, each of them once; ``why`` has bit 0 for chosen
    ones, bit 1 for random ones and bit 2 for the largest contributors.
    """
    chosen = first_numbers(run.spec, np.array(tracked.chosen, np.int64))
    wanted = (chosen, _random(run.spec, tracked), _largest(run, tracked))
    numbers = np.unique(np.concatenate(wanted))
    why = sum((np.isin(numbers, part).astype(np.int64) << bit) for bit, part in enumerate(wanted))
    columns = numbered_columns(run.spec, numbers)
    sample, batch, position = sample_batch_position(numbers)
    about = {"sample": sample, "batch": batch, "position": position, "why": np.asarray(why)}
    arrays = about | columns
    records = {"defects": Record(arrays, dict.fromkeys(arrays, ("defect",)))}
    for gridded in run.spec.observables:
        values = np.moveaxis(block_contributions(gridded, run.spec.population, columns), -1, 0)
        scales = {"defect": np.arange(len(numbers))} | grid_scales(gridded)
        records[f"defects/{gridded.name}"] = record_on(scales, contributions=values)
    return records


def first_numbers(spec: Spec, positions: Index) -> Index:
    """Numbers of the defects at some positions in the first sample."""
    ends = np.cumsum(Source(spec.layout).sizes(0))
    batch = np.searchsorted(ends, positions, side="right")
    first = np.concatenate([[0], ends])[batch]
    return defect_numbers(np.zeros_like(batch), batch, positions - first)


def _random(spec: Spec, tracked: TrackedDefects) -> Index:
    """Different defects of the first sample, each as likely as any other."""
    layout = spec.layout
    seed, sample = layout.origin(0)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(sample, 0, _CHOICE)))
    count = int(Source(layout).sizes(0).sum()) if layout.count == "poisson" else layout.defects
    return first_numbers(spec, np.sort(rng.choice(count, min(tracked.random, count), replace=False, shuffle=False)))


def _largest(run: Run, tracked: TrackedDefects) -> Index:
    """For each component of each observable, the defects with the largest share of the sum at any place."""
    found = [np.empty(0, np.int64)]
    for gridded in run.spec.observables:
        sums = run.sums.observables[gridded.name]
        totals = np.abs(sums.totals.sum(axis=(0, 1))).reshape(len(gridded.observable.COMPONENTS), -1)
        values = sums.largest.values.reshape(*totals.shape, -1)[..., : tracked.largest]
        numbers = sums.largest.defects.reshape(*totals.shape, -1)[..., : tracked.largest]
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(values > 0.0, values / totals[..., None], 0.0)
        for share, number in zip(shares, numbers, strict=True):
            order = np.lexsort((number.ravel(), -share.ravel()))
            order = order[share.ravel()[order] > 0.0]
            _, first = np.unique(number.ravel()[order], return_index=True)
            found.append(number.ravel()[order][np.sort(first)[: tracked.largest]])
    return np.unique(np.concatenate(found))


def record_convergence(run: Run, points: int) -> dict[str, Record]:
    """Running mean and error over the first ``count`` defects, for each observable: "convergence/NAME"."""
    records = {}
    for gridded in run.spec.observables:
        parts = [
            convergence(Curve(run.spec, run.sums, gridded, name), points) for name in gridded.observable.COMPONENTS
        ]
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
