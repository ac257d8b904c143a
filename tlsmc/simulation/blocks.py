"""Blocks of a run, from their random streams to their sums: the work of a worker, and in which portions it gets it."""

import os
import platform
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array, Index
from tlsmc.errors import TlsmcError, ValidityError, WorkerError
from tlsmc.formatting import grid_point
from tlsmc.observables.kernels import kernel
from tlsmc.observables.program import BatchSums, Program, contributions
from tlsmc.populations.sampling.streams import BATCH, Layout
from tlsmc.populations.user_code import user_fault
from tlsmc.results.defects import Columns, Pack, block_batches, block_contributions, joined, packs
from tlsmc.results.provenance import Provenance, fresh_provenance, other_program
from tlsmc.spec.spec import GriddedObservable, Spec
from tlsmc.statistics.largest import Largest, Listed, defect_numbers, first_number, list_length
from tlsmc.statistics.sums import PairwiseSum, RunSums

#: Called before blocks are begun, with their rows (sample, block).
Begin = Callable[[Index], None]
#: Stores the columns and contributions of a block of a sample; returns a checksum.
StoreBlock = Callable[[int, int, Columns, Columns], int]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Some blocks to simulate, and what a worker has to know for that.

    ``blocks`` are rows (sample, block) in ascending order.  ``thresholds`` are, for each observable and place, what a
    contribution must exceed to be among the largest of the run; without them the first defects set their own.
    ``store`` is given what the spec wants to have stored of every defect.
    """

    spec: Spec
    blocks: Index
    kernel: str = "numpy"
    thresholds: Mapping[str, Array] | None = None
    store: StoreBlock | None = None


class ObservableBlocks(NamedTuple):
    """Sums of one observable over some blocks, one row a block, and the contributions of all worth listing."""

    totals: Array
    products: Array
    listed: Listed


@dataclass(slots=True)
class BlockSums:
    """Sums of some blocks, given by ``rows`` (sample, block).

    ``counts`` are the defects drawn, ``shards`` the checksums of what was stored of every defect, 0 if nothing was.
    """

    rows: Index
    counts: Index
    shards: NDArray[np.uint32]
    observables: dict[str, ObservableBlocks] = field(default_factory=dict)


def simulate_blocks(task: Task, begin: Begin | None = None) -> BlockSums:
    """Simulate the blocks of a task.

    Raises
    ------
    CodeError
        A law or a formula of a user fails, or the kernel cannot compile it.
    ValidityError
        A contribution is not finite.
    """
    try:
        return _simulated(task, begin)
    except TlsmcError:
        raise
    except Exception as error:
        fault = user_fault(error)
        if fault is None:
            raise
        raise fault from None


def _simulated(task: Task, begin: Begin | None) -> BlockSums:
    spec, blocks = task.spec, task.blocks
    accumulate = kernel(task.kernel).accumulate
    result = BlockSums(blocks, np.zeros(len(blocks), np.int64), np.zeros(len(blocks), np.uint32))
    tallies = [_Tally(spec, gridded, blocks, (task.thresholds or {}).get(gridded.name)) for gridded in spec.observables]
    for pack in packs(spec, blocks):
        if begin is not None:
            begin(blocks[pack.rows[0] : pack.rows[-1] + 1])
        np.add.at(result.counts, pack.rows, np.diff(pack.offsets))
        for tally in tallies:
            tally.add(pack, accumulate)
    for tally in tallies:
        result.observables[tally.gridded.name] = tally.result()
    if task.store is not None:
        for row, (sample, block) in enumerate(blocks.tolist()):
            result.shards[row] = _stored(spec, sample, block, task.store)
    return result


def _stored(spec: Spec, sample: int, block: int, store: StoreBlock) -> int:
    """Hand over every defect of a block.  They are made a second time, so that the sums know nothing of it."""
    parts, values = [], []
    for _, columns in block_batches(spec, sample, block):
        parts.append(columns)
        if spec.store == "contributions":
            values.append({s.name: block_contributions(s, spec.population, columns) for s in spec.observables})
    return store(sample, block, joined(parts), joined(values) if values else {})


class _Tally:
    """Sums of one observable over some blocks as their defects come in."""

    def __init__(self, spec: Spec, gridded: GriddedObservable, blocks: Index, threshold: Array | None) -> None:
        self.gridded, self.threshold = gridded, threshold
        self.program = gridded.observable.program(spec.population)
        self.points = gridded.points
        self.shape = (self.program.components, *gridded.grid)
        self.totals = np.zeros((len(blocks), *self.shape))
        self.products = np.zeros((len(blocks), len(self.program.pairs), *gridded.grid))
        places = int(np.prod(self.shape))
        self.largest = Largest.empty(places, list_length(places, spec.layout.samples * spec.layout.defects))
        self.listed: list[Listed] = []
        self.merged = False
        # Blocks of one batch, of which a run may have very many, need no trees.
        self.trees = [PairwiseSum() for _ in blocks] if spec.layout.block_defects > BATCH else []

    def add(self, pack: Pack, accumulate: Callable[..., BatchSums]) -> None:
        """Take in some whole batches."""
        threshold = self.threshold
        if threshold is None:
            self.threshold = _first_threshold(
                self.program, pack.columns, self.gridded.T, self.points, self.largest.keep
            )
            # Later defects have higher numbers and lose ties; these must list their own.
            threshold = np.nextafter(self.threshold, -np.inf)
        sums = accumulate(
            self.program, pack.columns, self.gridded.T, self.points, threshold.reshape(self.shape), pack.offsets
        )
        finite = np.isfinite(sums.products).all(axis=(1, 2, 3))
        if not finite.all():
            segment = int(np.argmin(finite))
            _refuse_not_finite(self.gridded, self.program, pack.part(segment), *pack.origins[segment].tolist())
        if self.trees:
            for segment, row in enumerate(pack.rows.tolist()):
                self.trees[row].add((sums.totals[segment], sums.products[segment]))
        else:
            self.totals[pack.rows], self.products[pack.rows] = sums.totals, sums.products
        origin = np.searchsorted(pack.offsets, sums.defects, side="right") - 1
        sample, batch = pack.origins[origin].T
        defects = defect_numbers(sample, batch, sums.defects - pack.offsets[origin])
        self.listed.append(Listed(sums.places, sums.values, defects))
        if sum(len(listed.values) for listed in self.listed) > self.largest.values.size:
            self._raise_threshold(pack)

    def _raise_threshold(self, pack: Pack) -> None:
        """Keep only the largest of what was listed so far, and list only larger ones from now on."""
        self._absorb()
        # Defects still to come have higher numbers than all of this pack.
        sample, batch = pack.origins[-1].tolist()
        after = self.largest.threshold(first_number(sample, batch + 1))
        self.threshold = np.maximum(after, -np.inf if self.threshold is None else self.threshold)

    def _absorb(self) -> None:
        self.largest.absorb(*Listed.joined(self.listed))
        self.listed, self.merged = [], True

    def result(self) -> ObservableBlocks:
        """Totals, products and what is worth listing of all that came in."""
        for row, tree in enumerate(self.trees):
            self.totals[row], self.products[row] = tree.result()
        if not self.merged:
            return ObservableBlocks(self.totals, self.products, Listed.joined(self.listed))
        if self.listed:
            self._absorb()
        return ObservableBlocks(self.totals, self.products, self.largest.listed)


def _first_threshold(program: Program, columns: dict[str, Array], T: Array, rows: Array, keep: int) -> Array:
    """The last of the ``keep`` largest contributions at each place, flat; -inf where there are fewer."""
    count = len(next(iter(columns.values())))
    shape = (program.components, len(T), len(rows))
    threshold = np.full(shape, -np.inf)
    if count > keep:
        with np.errstate(all="ignore"):
            for i, temperature in enumerate(T):
                parts = contributions(program, columns, float(temperature), rows.T[:, :, None])
                for k, part in enumerate(parts):
                    threshold[k, i] = np.partition(np.atleast_2d(part), count - keep, axis=1)[:, count - keep]
    return threshold.ravel()


def _refuse_not_finite(
    gridded: GriddedObservable, program: Program, columns: dict[str, Array], sample: int, batch: int
) -> None:
    """Raise an error that names the first defect whose contribution is not finite or whose square overflows."""
    rows = gridded.points
    with np.errstate(all="ignore"):
        for row, T in enumerate(gridded.T):
            parts = contributions(program, columns, float(T), rows.T[:, :, None])
            for name, part in zip(gridded.observable.COMPONENTS, parts, strict=True):
                bad = np.argwhere(~np.isfinite(np.atleast_2d(part) ** 2))
                if len(bad):
                    point, defect = (int(i) for i in bad[0])
                    made = ", ".join(f"{key} = {column[defect]:.6g}" for key, column in columns.items())
                    value = np.atleast_2d(part)[point, defect]
                    place = np.unravel_index(row * len(rows) + point, gridded.shape)
                    where = grid_point(gridded.axes, [int(k) for k in place], in_kelvin=False)
                    raise ValidityError(
                        f"{gridded.name}.{name}: contribution {value} at {where} "
                        f"of defect {defect} in batch {batch} of sample {sample} ({made}); "
                        "narrow the laws of [population.parameters] to where the formula holds"
                    )
    raise ValidityError(f"{gridded.name}: the sum over a batch overflows; choose energies closer to 1 in natural units")


def work_here(notes: str, task: Task) -> BlockSums:
    """:func:`simulate_blocks` in a worker of this machine, which leaves a note of the blocks that it is at."""
    note = Path(notes, f"{os.getpid()}-{threading.get_ident()}")

    def begin(rows: Index) -> None:
        (sample, block), (last, _) = rows[0].tolist(), rows[-1].tolist()
        samples = f"samples {sample} to {last}" if last > sample else f"sample {sample}"
        note.write_text(f"block {block} of {samples}", encoding="utf-8")

    results = simulate_blocks(task, begin)
    note.unlink(missing_ok=True)
    return results


def work_there(provenance: Provenance, task: Task) -> BlockSums:
    """:func:`simulate_blocks` in a worker of a cluster, which has to be the program that began the run."""
    differ = other_program(provenance, fresh_provenance("", task.kernel), f"on {platform.node()}")
    if differ:
        raise WorkerError(f"a worker of the cluster differs: {differ}; install the same versions everywhere")
    return simulate_blocks(task)


def blocks_at_work(notes: str) -> str:
    """The blocks that the workers of this machine were at, by their notes."""
    texts = (note.read_text(encoding="utf-8") for note in Path(notes).iterdir())
    # A worker may have died while it was writing its note.
    blocks = sorted(block for block in texts if block)
    return f"at {' or '.join(blocks)}" if blocks else "between two blocks"


def block_groups(missing: Index, jobs: int) -> list[Index]:
    """Blocks in groups that grow with what has been handed out, up to a share that keeps all workers busy."""
    groups, start = [], 0
    most = max(1, len(missing) // (8 * jobs))
    while start < len(missing):
        size = min(most, 1 + start // (8 * jobs))
        groups.append(missing[start : start + size])
        start += size
    return groups


def listing_thresholds(layout: Layout, sums: RunSums, group: Index) -> dict[str, Array] | None:
    """What a contribution in a group of blocks must exceed to be listed, None as long as the lists are not full."""
    if any((o.largest.values[:, -1] == -np.inf).any() for o in sums.observables.values()):
        return None
    sample, block = group[0].tolist()
    first = first_number(sample, block * (layout.block_defects // BATCH))
    return {name: o.largest.threshold(first) for name, o in sums.observables.items()}
