"""Kernel in numpy: defects in tiles small enough that the intermediate arrays stay in the cache."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.observables.program import BatchSums, Program, concatenated, whole
from tlsmc.populations.base import WEIGHT

#: Elements of one (point, defect) intermediate array: 128 KiB, a handful of which fit a second-level cache.
TILE_ELEMENTS = 16_384


def accumulate(
    program: Program,
    columns: Mapping[str, Array],
    temperature: Array,
    points: Array,
    floor: Array,
    offsets: NDArray[np.int64] | None = None,
) -> BatchSums:
    """Sum contributions and their products over segments of the defects at every grid point.

    The sums of a segment have the same bits whatever stands before and after it.

    Parameters
    ----------
    program
        The formula.
    columns
        Population columns, each of shape (n,), and their weights if they have any.
    temperature, points
        Grid: shape (n_T,), and (n_points, k) with one row per point of the other axes.
    floor
        Contributions strictly above it are listed, shape (components, n_T, n_points).
    offsets
        Where each segment begins, and where the last one ends; by default all defects are one segment.
    """
    n_T, n_points = len(temperature), len(points)
    used = tuple(columns[name] for name in program.columns)
    offsets = whole(used[0]) if offsets is None else offsets
    totals = np.zeros((len(offsets) - 1, program.components, n_T, n_points))
    products = np.zeros((len(offsets) - 1, len(program.pairs), n_T, n_points))
    weight = columns.get(WEIGHT)
    point = tuple(points.T[:, :, None])
    tiles = _tiles(offsets, max(64, TILE_ELEMENTS // n_points))
    listed = []
    # Overflow and invalid operations show up as non-finite sums, which the caller traces to the defect.
    with np.errstate(all="ignore"):
        for i, T in enumerate(temperature):
            state = program.at_temperature(used, float(T), program.constants)
            for tile in tiles:
                part = tuple(np.asarray(s)[tile.start : tile.stop] for s in state)
                values = [np.atleast_2d(v) for v in program.at_point(part, point, program.constants)]
                if weight is not None:
                    values = [value * weight[tile.start : tile.stop] for value in values]
                for k, value in enumerate(values):
                    totals[tile.segments, k, i] += tile.sum(value)
                    above = np.flatnonzero(value > floor[k, i][:, None])
                    if above.size:
                        row, column = np.divmod(above, value.shape[1])
                        listed.append(((k * n_T + i) * n_points + row, value.ravel()[above], tile.start + column))
                for m, (a, b) in enumerate(program.pairs):
                    products[tile.segments, m, i] += tile.dot(values[a], values[b])
    return BatchSums(totals, products, *concatenated(listed))


@dataclass(frozen=True, slots=True)
class _Tile:
    """Defects from ``start`` to ``stop``: a piece of one segment, or some short ones that begin at ``cuts``."""

    start: int
    stop: int
    segments: slice | NDArray[np.int64]
    cuts: NDArray[np.int64] | None = None

    def sum(self, a: Array) -> Array:
        """Sums over the tile's part of each segment, shape (segments, n_points), of a (n_points, defects) array."""
        return a.sum(axis=1) if self.cuts is None else np.add.reduceat(a, self.cuts, axis=1).T

    def dot(self, a: Array, b: Array) -> Array:
        """Sums of products."""
        return np.vecdot(a, b) if self.cuts is None else self.sum(a * b)


def _tiles(offsets: NDArray[np.int64], size: int) -> list[_Tile]:
    """Tiles of at most ``size`` defects.  Whether a segment shares a tile depends on its own length alone."""
    tiles: list[_Tile] = []
    short: list[int] = []

    def finish() -> None:
        if short:
            segments = np.array(short)
            start = int(offsets[short[0]])
            tiles.append(_Tile(start, int(offsets[short[-1] + 1]), segments, offsets[segments] - start))
            short.clear()

    for segment, (start, stop) in enumerate(itertools.pairwise(offsets.tolist())):
        if 2 * (stop - start) > size:
            finish()
            where = slice(segment, segment + 1)
            tiles += [_Tile(low, min(low + size, stop), where) for low in range(start, stop, size)]
        elif stop > start:
            if short and stop - offsets[short[0]] > size:
                finish()
            short.append(segment)
    finish()
    return tiles
