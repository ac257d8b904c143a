"""Kernel in numpy: defects in tiles small enough that the intermediate arrays stay in the cache."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tlsmc.kernels.program import WEIGHT, Array, BatchSums, Program

#: Elements of one (frequency, defect) intermediate array: 128 KiB, a handful of which fit a second-level cache.
TILE_ELEMENTS = 16_384


def accumulate(
    program: Program, columns: Mapping[str, Array], temperature: Array, points: Array, floor: Array
) -> BatchSums:
    """Sum contributions and their products over a batch of defects at every grid point.

    Parameters
    ----------
    program
        The formula.
    columns
        Population columns, each of shape (n,), and their weights if they have any.
    temperature, points
        Grid: shape (n_T,), and (n_w, k) with one row per frequency.
    floor
        Contributions strictly above it are listed, shape (components, n_T, n_w).
    """
    n_T, n_w = len(temperature), len(points)
    totals = np.zeros((program.components, n_T, n_w))
    products = np.zeros((len(program.pairs), n_T, n_w))
    used = tuple(columns[name] for name in program.columns)
    count = len(used[0])
    weight = columns.get(WEIGHT)
    tile = max(64, TILE_ELEMENTS // n_w)
    point = tuple(points.T[:, :, None])
    hits: list[tuple[int, int, np.ndarray, Array]] = []
    # Overflow and invalid operations show up as non-finite sums, which the caller traces to the defect.
    with np.errstate(all="ignore"):
        for i, T in enumerate(temperature):
            state = program.at_temperature(used, float(T), program.constants)
            for start in range(0, count, tile):
                part = tuple(np.asarray(s)[start : start + tile] for s in state)
                values = [np.atleast_2d(v) for v in program.at_frequency(part, point, program.constants)]
                if weight is not None:
                    values = [value * weight[start : start + tile] for value in values]
                for k, value in enumerate(values):
                    totals[k, i] += value.sum(axis=1)
                    above = np.flatnonzero(value > floor[k, i][:, None])
                    if above.size:
                        hits.append(((k * n_T + i) * n_w, start, above, value.ravel()[above]))
                for m, (a, b) in enumerate(program.pairs):
                    products[m, i] += np.vecdot(values[a], values[b])
    return BatchSums(totals, products, *_listed(hits, count, tile))


def _listed(hits: list[tuple[int, int, np.ndarray, Array]], count: int, tile: int) -> tuple[np.ndarray, ...]:
    """Flat places, values and defect positions of the contributions above the floor."""
    if not hits:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    places, defects = [], []
    for base, start, above, _ in hits:
        row, column = np.divmod(above, min(tile, count - start))
        places.append(base + row)
        defects.append(start + column)
    return np.concatenate(places), np.concatenate([h[3] for h in hits]), np.concatenate(defects)
