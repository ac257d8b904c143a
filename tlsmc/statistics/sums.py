"""Block sums: the whole content of a run, from which every number is derived."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.statistics.largest import Largest


@dataclass(slots=True)
class ObservableSums:
    """Sums of one observable over each block.

    ``totals`` has shape (samples, blocks, components, temperatures, points), where the points are all combinations of
    values of the other axes, one if there are none, and ``products`` the same with
    one entry per pair of components, (0, 0), (0, 1), ..., (1, 1), ...: the diagonal pairs are sums of squares.
    """

    totals: Array
    products: Array
    largest: Largest

    @classmethod
    def empty(cls, samples: int, blocks: int, components: int, grid: tuple[int, int], keep: int) -> ObservableSums:
        pairs = components * (components + 1) // 2
        return cls(
            totals=np.zeros((samples, blocks, components, *grid)),
            products=np.zeros((samples, blocks, pairs, *grid)),
            largest=Largest.empty(components * grid[0] * grid[1], keep),
        )


@dataclass(slots=True)
class RunSums:
    """Block sums of all observables of a run, complete or not.

    ``done`` and ``counts`` (defects actually drawn) have shape (samples, blocks).
    """

    done: NDArray[np.bool_]
    counts: NDArray[np.int64]
    observables: dict[str, ObservableSums]

    @classmethod
    def empty(cls, samples: int, blocks: int) -> RunSums:
        return cls(np.zeros((samples, blocks), bool), np.zeros((samples, blocks), np.int64), {})

    def digest(self) -> str:
        """SHA-256 of the block sums, in a fixed order and byte order."""
        hasher = hashlib.sha256()
        for name, array in self.arrays():
            ordered = array.astype(array.dtype.newbyteorder("<"), copy=False)
            hasher.update(f"{name} {ordered.dtype.str} {ordered.shape}\n".encode())
            hasher.update(np.ascontiguousarray(ordered).data)
        return hasher.hexdigest()

    def arrays(self) -> Iterable[tuple[str, NDArray[np.generic]]]:
        """Every array with its name, in the order of the digest."""
        yield "done", self.done
        yield "counts", self.counts
        for name in sorted(self.observables):
            sums = self.observables[name]
            yield f"{name}/totals", sums.totals
            yield f"{name}/products", sums.products
            yield f"{name}/largest_values", sums.largest.values
            yield f"{name}/largest_defects", sums.largest.defects


class PairwiseSum:
    """Sum of equal-shaped arrays over the binary tree of their positions, so that sums of halves add up exactly.

    The error grows with the logarithm of the number of terms, and a block of 2^k batches has the same bits as the
    sum of the two blocks of 2^(k-1) batches that it consists of.
    """

    def __init__(self) -> None:
        self._partial: list[tuple[Array, ...]] = []
        self._count = 0

    def add(self, terms: tuple[Array, ...]) -> None:
        """Add the next arrays."""
        self._count += 1
        height = self._count
        while height % 2 == 0:
            terms = _added(self._partial.pop(), terms)
            height //= 2
        self._partial.append(terms)

    def result(self) -> tuple[Array, ...]:
        """The sums of all arrays added so far."""
        rest = list(self._partial)
        total = rest.pop()
        while rest:
            total = _added(rest.pop(), total)
        return total


def _added(left: tuple[Array, ...], right: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))
