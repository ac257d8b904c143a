"""Whether a run file says what its spec says: checksums, sums that can be, and a few blocks computed anew."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlsmc.arrays import Array, Index
from tlsmc.errors import StoreError
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results import store
from tlsmc.results.run import Run
from tlsmc.simulation.blocks import BlockSums, Task, simulate_blocks
from tlsmc.statistics.largest import BATCH_STRIDE, SAMPLE_STRIDE, Largest, sample_batch_position
from tlsmc.statistics.sums import ObservableSums

#: What other versions or processors may differ by, relative to the scale of a sum.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Verified:
    """What has been checked of a run file: blocks recomputed (sample, block), shards read, and whether bits agree."""

    run: Run
    recomputed: tuple[tuple[int, int], ...]
    shards: int
    same_bits: bool


def verify(path: str | Path, *, blocks: int = 3, rng: np.random.Generator | None = None) -> Verified:
    """Check all sums of a run file and what it has stored, and compute some of its blocks anew.

    Parameters
    ----------
    path
        The run file.
    blocks
        How many blocks are computed anew.
    rng
        What draws them, a fresh generator by default.

    Returns
    -------
    Verified
        What was checked, and whether the new blocks have the same bits.

    Raises
    ------
    StoreError
        Something is damaged, cannot be, or is not what the spec gives; the message says what.

    Examples
    --------
    >>> tlsmc.verify("small.h5", blocks=1).same_bits
    True
    """
    run = store.open_run(path)
    try:
        _check_counts(run)
        for name, sums in run.sums.observables.items():
            _check_sums(run, name, sums)
            _check_largest(run, name, sums.largest)
    except StoreError as error:
        raise StoreError(f"{path}: {error}; do not use it, run the spec again") from None
    shards = _check_shards(run)
    rng = np.random.default_rng() if rng is None else rng
    done = np.argwhere(run.sums.done)
    drawn = done[np.sort(rng.choice(len(done), min(blocks, len(done)), replace=False))]
    same = True
    for row in drawn:
        same &= _recompute(run, row, f"{path}: ")
    return Verified(run, tuple((s, b) for s, b in drawn.tolist()), shards, same)


def _check_counts(run: Run) -> None:
    counts, done, layout = run.sums.counts, run.sums.done, run.spec.layout
    wrong = counts < 0 if layout.count == "poisson" else counts != layout.block_sizes * done
    wrong |= (counts != 0) & ~done
    if wrong.any():
        sample, block = np.argwhere(wrong)[0].tolist()
        raise StoreError(f"block {block} of sample {sample} counts {counts[sample, block]} defects, which cannot be")


def _check_sums(run: Run, name: str, sums: ObservableSums) -> None:
    """Finite, zero where nothing is done, and within Cauchy's inequality (sum x)^2 <= n sum x^2."""
    done, components = run.sums.done, sums.totals.shape[2]
    diagonal = np.cumsum([0, *range(components, 1, -1)])
    squares = sums.products[:, :, diagonal]
    counts = run.sums.counts[:, :, None, None, None]
    with np.errstate(all="ignore"):
        beyond = sums.totals**2 > counts * squares * (1.0 + _ROUNDING)
    faults = {
        "a sum that is not finite": ~np.isfinite(sums.totals).all(axis=(2, 3, 4)),
        "a product that is not finite": ~np.isfinite(sums.products).all(axis=(2, 3, 4)),
        "sums without being done": ~done & (sums.totals.any(axis=(2, 3, 4)) | sums.products.any(axis=(2, 3, 4))),
        "a sum too large for its sum of squares": beyond.any(axis=(2, 3, 4)) | (squares < 0.0).any(axis=(2, 3, 4)),
    }
    for fault, where in faults.items():
        if where.any():
            sample, block = np.argwhere(where)[0].tolist()
            raise StoreError(f"{name}: block {block} of sample {sample} has {fault}")


def _check_largest(run: Run, name: str, largest: Largest) -> None:
    """In descending order, of defects that the run has, each once, and as many as there can be."""
    values, defects = largest.values, largest.defects
    listed = values > -np.inf
    sample, batch, position = sample_batch_position(np.where(listed, defects, 0))
    layout = run.spec.layout
    inside = (sample >= 0) & (sample < layout.samples) & (batch * BATCH < layout.defects) & (position < BATCH_STRIDE)
    ordered = np.sort(defects, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != np.iinfo(np.int64).max)
    fewest = min(largest.keep, int(run.sums.counts.sum()))
    faults = {
        "is not in descending order": (np.diff(np.where(listed, values, -np.finfo(float).max)) > 0.0).any(),
        "has a value that is not finite": not np.isfinite(values[listed]).all() or np.isnan(values).any(),
        "names a defect that the run has not": not inside.all(),
        "names a defect twice": repeated.any(),
        "lacks entries": (listed.sum(axis=1) < fewest).any(),
    }
    for fault, there in faults.items():
        if there:
            raise StoreError(f"{name}: the list of the largest contributions {fault}")


def _check_shards(run: Run) -> int:
    if run.stored is None:
        return 0
    places = np.argwhere(run.stored.checksums).tolist()
    for sample, block in places:
        columns, _ = run.stored.read(sample, block)
        if len(next(iter(columns.values()))) != run.sums.counts[sample, block]:
            raise StoreError(f"{run.path}: the shard of block {block} of sample {sample} has another number of defects")
    return len(places)


def _recompute(run: Run, row: Index, place: str) -> bool:
    """Compare a block with one computed anew; whether all bits are the same."""
    sample, block = row.tolist()
    thresholds = {name: _lowered(sums.largest) for name, sums in run.sums.observables.items()}
    fresh = simulate_blocks(Task(run.spec, row[None, :], run.provenance.usable_kernel, thresholds))
    if fresh.counts[0] != run.sums.counts[sample, block]:
        raise StoreError(f"{place}block {block} of sample {sample} has other defects when computed anew; run it again")
    same = True
    for name, anew in fresh.observables.items():
        sums = run.sums.observables[name]
        scale = np.abs(anew.products[0]).max(axis=0)
        for computed, stored, unit in (
            (anew.totals[0], sums.totals[sample, block], np.sqrt(fresh.counts[0] * scale)),
            (anew.products[0], sums.products[sample, block], scale),
        ):
            same &= bool(np.array_equal(computed, stored))
            if (np.abs(computed - stored) > _ROUNDING * unit).any():
                raise StoreError(
                    f"{place}{name}: block {block} of sample {sample} has other sums when computed anew; "
                    "do not use it, run the spec again"
                )
        same &= _same_listed(run, name, fresh, place)
    return same


def _lowered(largest: Largest) -> Array:
    """A listing threshold below the last contribution kept that no rounding reaches."""
    last = largest.values[:, -1]
    return np.where(last > -np.inf, last - _ROUNDING * np.abs(last) - np.finfo(float).tiny, last)


def _same_listed(run: Run, name: str, fresh: BlockSums, place: str) -> bool:
    """Whether the lists hold what a block computed anew has to put there."""
    largest = run.sums.observables[name].largest
    computed = _by_place_and_defect(*fresh.observables[name].listed)
    sample, block = fresh.rows[0].tolist()
    first, last = run.spec.layout.block_range(block)
    low = sample * SAMPLE_STRIDE + first // BATCH * BATCH_STRIDE
    high = sample * SAMPLE_STRIDE + -(-last // BATCH) * BATCH_STRIDE
    places, values, defects = largest.listed
    inside = (defects >= low) & (defects < high)
    listed = _by_place_and_defect(places[inside], values[inside], defects[inside])
    least = largest.values[:, -1]
    ends = np.where(least > -np.inf, least + _ROUNDING * np.abs(least), least)
    absent = any(value > ends[key[0]] and key not in listed for key, value in computed.items())
    wrong = any(abs(value - computed.get(key, np.inf)) > _ROUNDING * abs(value) for key, value in listed.items())
    if absent or wrong:
        raise StoreError(
            f"{place}{name}: block {block} of sample {sample} has other largest contributions when "
            "computed anew; do not use it, run the spec again"
        )
    return all(value == computed[key] for key, value in listed.items())


def _by_place_and_defect(places: Index, values: Array, defects: Index) -> dict[tuple[int, int], float]:
    return dict(zip(zip(places.tolist(), defects.tolist(), strict=True), values.tolist(), strict=True))
