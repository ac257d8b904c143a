"""The defects of a run block by block, and what each of them contributes: made anew from the seed when asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.observables.program import contributions
from tlsmc.populations.base import Population
from tlsmc.populations.sampling.streams import BATCH, Source
from tlsmc.spec.spec import GriddedObservable, Spec
from tlsmc.statistics.largest import sample_batch_position

Columns = dict[str, Array]


#: Defects that a kernel is given at once, in whole batches: enough to make up for the cost of a call,
#: and for what threads lose whenever they meet at the interpreter.
PACK = 32768


@dataclass(frozen=True, slots=True)
class Pack:
    """Some whole batches, one after the other.

    Batch k has the defects from ``offsets[k]`` on; ``rows[k]`` is the place of its block in the group of blocks, and
    ``origins[k]`` its sample and its number in the sample.
    """

    rows: NDArray[np.int64]
    origins: NDArray[np.int64]
    offsets: NDArray[np.int64]
    columns: Columns

    def part(self, k: int) -> Columns:
        """Columns of batch k."""
        return {name: column[self.offsets[k] : self.offsets[k + 1]] for name, column in self.columns.items()}


def packs(spec: Spec, group: NDArray[np.int64]) -> Iterator[Pack]:
    """All defects of a group of blocks, given as rows (sample, block), in packs of about :data:`PACK`.

    The first pack is a small one, from which it can be seen what a large contribution is.
    """
    waiting: list[tuple[int, int, int, Array]] = []
    size, most = 0, BATCH
    source, dimensions = Source(spec.layout), spec.sampler.dimensions
    for row, (sample, block) in enumerate(group.tolist()):
        for batch, points in source.batches(sample, block, dimensions):
            if waiting and size + points.shape[1] > most:
                yield _packed(spec, waiting)
                waiting, size, most = [], 0, PACK
            waiting.append((row, sample, batch, points))
            size += points.shape[1]
    if waiting:
        yield _packed(spec, waiting)


def _packed(spec: Spec, batches: list[tuple[int, int, int, Array]]) -> Pack:
    places = np.array([place for *place, _ in batches])
    points = [part for *_, part in batches]
    offsets = np.concatenate([[0], np.cumsum([part.shape[1] for part in points])])
    columns = spec.sampler.columns(np.concatenate(points, axis=1))
    return Pack(places[:, 0], places[:, 1:], offsets, columns)


def block_batches(spec: Spec, sample: int, block: int) -> Iterator[tuple[int, Columns]]:
    """Number and population columns of every batch of a block."""
    for batch, points in spec.layout.batches(sample, block, spec.sampler.dimensions):
        yield batch, spec.sampler.columns(points)


def numbered_columns(spec: Spec, numbers: NDArray[np.int64]) -> Columns:
    """Columns of defects given by their numbers in the run, in that order, drawn again from their streams."""
    sample, batch, position = sample_batch_position(numbers)
    source, dimensions = Source(spec.layout), spec.sampler.dimensions
    points = np.empty((dimensions, len(numbers)))
    order = np.lexsort((batch, sample))
    ends = np.flatnonzero(np.diff(sample[order]) | np.diff(batch[order])) + 1
    for chosen in np.split(order, ends):
        if chosen.size:
            drawn = source.batch(int(sample[chosen[0]]), int(batch[chosen[0]]), dimensions)
            points[:, chosen] = drawn[:, position[chosen]]
    return spec.sampler.columns(points)


def first_points(spec: Spec, most: float = np.inf) -> Iterator[Array]:
    """Points of the first batches of the first samples, at least ``most`` of them if the run has as many."""
    drawn = 0
    for sample, block in np.ndindex(spec.layout.samples, spec.layout.blocks):
        for _, points in spec.layout.batches(sample, block, spec.population.dimensions):
            yield points
            drawn += points.shape[1]
            if drawn >= most:
                return


def block_columns(spec: Spec, sample: int, block: int) -> Columns:
    """Population columns of a block, each of shape (defects,)."""
    return joined([columns for _, columns in block_batches(spec, sample, block)])


def joined(parts: list[Columns]) -> Columns:
    """Columns, or any arrays that have the defect as their last axis, one after the other."""
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def block_contributions(gridded: GriddedObservable, population: Population, columns: Mapping[str, Array]) -> Array:
    """What each defect contributes, shape (components, temperatures, points, defects).

    One defect is in reach of memory at any grid, a whole block of many grid points may not be.
    """
    program, rows = gridded.observable.program(population), gridded.points
    count = len(next(iter(columns.values())))
    values = np.empty((program.components, *gridded.grid, count))
    # A contribution that is not finite is an error where it is summed up, with the name of the defect.
    with np.errstate(all="ignore"):
        for i, T in enumerate(gridded.T):
            for k, part in enumerate(contributions(program, columns, float(T), rows.T[:, :, None])):
                values[k, i] = part
    return values
