"""Blocks of a run, from their random streams to their sums: the work of a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array, Index
from tlsmc.errors import ValidityError
from tlsmc.observables.kernels import kernel
from tlsmc.observables.program import BatchSums, Program, contributions
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results.defects import Columns, Pack, block_batches, block_contributions, joined, packs
from tlsmc.spec.spec import GriddedObservable, Spec
from tlsmc.statistics.largest import Largest, defect_numbers, first_number, kept
from tlsmc.statistics.sums import PairwiseSum

Listed = tuple[Index, Array, Index]
#: Called before blocks are begun, with their rows (sample, block).
Begin = Callable[[Index], None]
#: Stores the columns and contributions of a block of a sample; returns a checksum.
Keep = Callable[[int, int, Columns, Columns], int]


@dataclass(slots=True)
class BlockSums:
    """Sums of some blocks, given by ``rows`` (sample, block).

    ``observables`` has totals and products, one row a block, and the contributions worth listing: flat places on the
    (component, temperature, frequency) grid, values, and numbers of the defects.  ``counts`` are the defects drawn,
    ``shards`` the checksums of what was stored of every defect, 0 if nothing was.
    """

    rows: Index
    counts: Index
    shards: NDArray[np.uint32]
    observables: dict[str, tuple[Array, Array, Listed]] = field(default_factory=dict)


def simulate_blocks(
    spec: Spec,
    group: Index,
    floors: Mapping[str, Array] | None,
    keep: Keep | None = None,
    begin: Begin | None = None,
    kernel_name: str = "numpy",
) -> BlockSums:
    """Simulate blocks given as rows (sample, block), in ascending order.

    ``floors`` are values that a contribution must exceed to be among the largest of the run; without them the first
    defects set their own.  ``keep`` is given what the spec wants to have stored of every defect.
    """
    accumulate = kernel(kernel_name)
    result = BlockSums(group, np.zeros(len(group), np.int64), np.zeros(len(group), np.uint32))
    tallies = [_Tally(spec, gridded, group, (floors or {}).get(gridded.name)) for gridded in spec.observables]
    for pack in packs(spec, group):
        if begin is not None:
            begin(group[pack.rows[0] : pack.rows[-1] + 1])
        np.add.at(result.counts, pack.rows, np.diff(pack.offsets))
        for tally in tallies:
            tally.add(pack, accumulate)
    for tally in tallies:
        result.observables[tally.gridded.name] = tally.result()
    if keep is not None:
        for row, (sample, block) in enumerate(group.tolist()):
            result.shards[row] = _stored(spec, sample, block, keep)
    return result


def _stored(spec: Spec, sample: int, block: int, keep: Keep) -> int:
    """Hand over every defect of a block.  They are made a second time, so that the sums know nothing of it."""
    parts, values = [], []
    for _, columns in block_batches(spec, sample, block):
        parts.append(columns)
        if spec.store == "contributions":
            values.append({s.name: block_contributions(s, spec.population, columns) for s in spec.observables})
    return keep(sample, block, joined(parts), joined(values) if values else {})


class _Tally:
    """Sums of one observable over some blocks as their defects come in."""

    def __init__(self, spec: Spec, gridded: GriddedObservable, group: Index, floor: Array | None) -> None:
        self.gridded, self.group, self.floor = gridded, group, floor
        self.program = gridded.observable.program(spec.population)
        self.points = gridded.observable.points(gridded.second_axis)
        self.shape = (self.program.components, *gridded.grid)
        self.totals = np.zeros((len(group), *self.shape))
        self.products = np.zeros((len(group), len(self.program.pairs), *gridded.grid))
        places = int(np.prod(self.shape))
        self.largest = Largest.empty(places, kept(places, spec.layout.samples * spec.layout.defects))
        self.listed: list[Listed] = []
        self.merged = False
        # Blocks of one batch, of which a run may have very many, need no trees.
        self.trees = [PairwiseSum() for _ in group] if spec.layout.block_defects > BATCH else []

    def add(self, pack: Pack, accumulate: Callable[..., BatchSums]) -> None:
        """Take in some whole batches."""
        floor = self.floor
        if floor is None:
            self.floor = _first_floor(self.program, pack.columns, self.gridded.T, self.points, self.largest.keep)
            # Later defects have higher numbers and lose ties; these must list their own.
            floor = np.nextafter(self.floor, -np.inf)
        sums = accumulate(
            self.program, pack.columns, self.gridded.T, self.points, floor.reshape(self.shape), pack.offsets
        )
        finite = np.isfinite(sums.products).all(axis=(1, 2, 3))
        if not finite.all():
            segment = int(np.argmin(finite))
            _name_culprit(self.gridded, self.program, pack.part(segment), *pack.origins[segment].tolist())
        if self.trees:
            for segment, row in enumerate(pack.rows.tolist()):
                self.trees[row].add((sums.totals[segment], sums.products[segment]))
        else:
            self.totals[pack.rows], self.products[pack.rows] = sums.totals, sums.products
        origin = np.searchsorted(pack.offsets, sums.defects, side="right") - 1
        sample, batch = pack.origins[origin].T
        self.listed.append(
            (sums.places, sums.values, defect_numbers(sample, batch, sums.defects - pack.offsets[origin]))
        )
        if sum(len(values) for _, values, _ in self.listed) > self.largest.values.size:
            self._raise_floor(pack)

    def _raise_floor(self, pack: Pack) -> None:
        """Keep only the largest of what was listed so far, and list only larger ones from now on."""
        self._absorb()
        # Defects still to come have higher numbers than all of this pack.
        sample, batch = pack.origins[-1].tolist()
        after = self.largest.floor(first_number(sample, batch + 1))
        self.floor = np.maximum(after, -np.inf if self.floor is None else self.floor)

    def _absorb(self) -> None:
        self.largest.absorb(*(np.concatenate(part) for part in zip(*self.listed, strict=True)))
        self.listed, self.merged = [], True

    def result(self) -> tuple[Array, Array, Listed]:
        """Totals, products and what is worth listing of all that came in."""
        for row, tree in enumerate(self.trees):
            self.totals[row], self.products[row] = tree.result()
        if self.merged:
            if self.listed:
                self._absorb()
            places, rank = np.nonzero(self.largest.values > -np.inf)
            kept_ones = (places, self.largest.values[places, rank], self.largest.defects[places, rank])
            return self.totals, self.products, kept_ones
        places, values, defects = (np.concatenate(part) for part in zip(*self.listed, strict=True))
        return self.totals, self.products, (places, values, defects)


def _first_floor(program: Program, columns: dict[str, Array], T: Array, rows: Array, keep: int) -> Array:
    """The last of the ``keep`` largest contributions at each place, flat; -inf where there are fewer."""
    count = len(next(iter(columns.values())))
    shape = (program.components, len(T), len(rows))
    floor = np.full(shape, -np.inf)
    if count > keep:
        with np.errstate(all="ignore"):
            for i, temperature in enumerate(T):
                parts = contributions(program, columns, float(temperature), rows.T[:, :, None])
                for k, part in enumerate(parts):
                    floor[k, i] = np.partition(np.atleast_2d(part), count - keep, axis=1)[:, count - keep]
    return floor.ravel()


def _name_culprit(
    gridded: GriddedObservable, program: Program, columns: dict[str, Array], sample: int, batch: int
) -> None:
    """Raise an error that names the first defect whose contribution is not finite or whose square overflows."""
    rows = gridded.observable.points(gridded.second_axis)
    with np.errstate(all="ignore"):
        for T in gridded.T:
            parts = contributions(program, columns, float(T), rows.T[:, :, None])
            for name, part in zip(gridded.observable.COMPONENTS, parts, strict=True):
                bad = np.argwhere(~np.isfinite(np.atleast_2d(part) ** 2))
                if len(bad):
                    frequency, defect = (int(i) for i in bad[0])
                    made = ", ".join(f"{key} = {column[defect]:.6g}" for key, column in columns.items())
                    value = np.atleast_2d(part)[frequency, defect]
                    raise ValidityError(
                        f"{gridded.name}.{name}: contribution {value} at T = {T:.6g}, "
                        f"omega = {gridded.second_axis[frequency]:.6g} "
                        f"of defect {defect} in batch {batch} of sample {sample} ({made}); "
                        "narrow the laws of [population.parameters] to where the formula holds"
                    )
    raise ValidityError(f"{gridded.name}: the sum over a batch overflows; choose energies closer to 1 in natural units")
