"""The largest contributions at every grid point, the defects that make them, and how much of a sum they carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array, Index
from tlsmc.errors import ValidityError

#: A defect's number in a run is sample * SAMPLE_STRIDE + batch * BATCH_STRIDE + position in the batch.
BATCH_STRIDE = 1 << 14
SAMPLE_STRIDE = 1 << 44

# Contributions kept at each place: enough for a tail index, and so few that listing them costs little of a run.
_MOST, _LEAST, _IN_ALL = 256, 64, 1 << 17


def list_length(places: int, defects: int) -> int:
    """How many of the largest contributions to keep at each of ``places`` in a run of so many defects."""
    return min(defects, _MOST, max(_LEAST, _IN_ALL // places))


# Places whose lists are brought up to date at once: the tables stay in the cache.
_ROWS = 512

_EMPTY = np.iinfo(np.int64).max


class Listed(NamedTuple):
    """Contributions worth listing: flat places on the grid, values, and numbers of the defects."""

    places: Index
    values: Array
    defects: Index

    @classmethod
    def joined(cls, parts: Sequence[Listed]) -> Listed:
        """Several lists, one after the other."""
        return cls(*map(np.concatenate, zip(*parts, strict=True)))


@dataclass(slots=True)
class Largest:
    """The ``keep`` largest contributions of each grid point in descending order, equal ones by defect number.

    ``values`` and ``defects`` have shape (places, keep); empty slots hold -inf and the largest integer.  The content
    depends on the set of defects seen, not on the order in which they came or on how often: a defect that is met again
    (its block is computed anew when a run grows) takes the place of its earlier self.
    """

    values: Array
    defects: Index

    @classmethod
    def empty(cls, places: int, keep: int) -> Largest:
        return cls(np.full((places, keep), -np.inf), np.full((places, keep), _EMPTY))

    @property
    def keep(self) -> int:
        """How many contributions are kept at each place."""
        return int(self.values.shape[1])

    @property
    def listed(self) -> Listed:
        """All entries, place by place."""
        places, rank = np.nonzero(self.values > -np.inf)
        return Listed(places, self.values[places, rank], self.defects[places, rank])

    def threshold(self, first_defect: int) -> Array:
        """Value at each place that a contribution of a defect numbered ``first_defect`` or above must exceed.

        A contribution equal to the last one kept counts only if its defect has the lower number.
        """
        last, number = self.values[:, -1], self.defects[:, -1]
        return np.where(first_defect > number, last, np.nextafter(last, -np.inf))

    def absorb(self, places: Index, values: Array, defects: Index) -> None:
        """Take in contributions listed by place; in one call each defect may come only once."""
        if not places.size:
            return
        counts = np.bincount(places, minlength=len(self.values))
        firsts = np.cumsum(counts) - counts
        # Small integers are sorted many times faster.
        order = np.argsort(places.astype(np.uint16) if len(counts) <= 1 << 16 else places, kind="stable")
        # A few of each place at a time: one that has very many must not make the table large for all.
        width = 2 * self.keep
        for start in range(0, int(counts.max()), width):
            touched = np.flatnonzero(counts > start)
            sizes = np.minimum(counts[touched] - start, width)
            row = np.repeat(np.arange(len(touched)), sizes)
            rank = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            source = order[np.repeat(firsts[touched] + start, sizes) + rank]
            ends = np.searchsorted(row, np.arange(0, len(touched) + _ROWS, _ROWS))
            for k, part in enumerate(np.split(touched, np.arange(_ROWS, len(touched), _ROWS))):
                rows = slice(ends[k], ends[k + 1])
                new_values = np.full((len(part), int(sizes[k * _ROWS : (k + 1) * _ROWS].max())), -np.inf)
                new_defects = np.full(new_values.shape, _EMPTY)
                place = (row[rows] - k * _ROWS, rank[rows])
                new_values[place], new_defects[place] = values[source[rows]], defects[source[rows]]
                self._merge(part, new_values, new_defects)

    def merge(self, other: Largest) -> None:
        """Take in what another list holds."""
        self._merge(np.arange(len(self.values)), other.values, other.defects)

    def widened(self, keep: int) -> Largest:
        """The same entries with room for ``keep`` of them at each place."""
        wider = Largest.empty(len(self.values), keep)
        wider.merge(self)
        return wider

    def _merge(self, rows: Index, values: Array, defects: Index) -> None:
        values = np.concatenate([values, self.values[rows]], axis=1)
        defects = np.concatenate([defects, self.defects[rows]], axis=1)
        order = np.argsort(-values, axis=1)
        best = np.take_along_axis(values, order[:, : self.keep + 1], axis=1)
        # Only where values are equal does the order of the defects matter, or may one of them have come twice.
        equal = ((best[:, 1:] == best[:, :-1]) & (best[:, 1:] > -np.inf)).any(axis=1)
        if equal.any():
            some_values, some_defects = values[equal], defects[equal]
            _blank_repeated(some_values, some_defects)
            order[equal] = np.lexsort((some_defects, -some_values), axis=1)
            values[equal], defects[equal] = some_values, some_defects
        order = order[:, : self.keep]
        self.values[rows] = np.take_along_axis(values, order, axis=1)
        self.defects[rows] = np.take_along_axis(defects, order, axis=1)


def _blank_repeated(values: Array, defects: Index) -> None:
    """Empty the slots of defects that stand further to the left as well, in place."""
    order = np.argsort(defects, axis=1, kind="stable")
    ordered = np.take_along_axis(defects, order, axis=1)
    row, column = np.nonzero((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != _EMPTY))
    repeated = order[row, column + 1]
    values[row, repeated], defects[row, repeated] = -np.inf, _EMPTY


def defect_numbers(sample: Index, batch: Index, positions: Index) -> Index:
    """Numbers in the run of the defects at some positions of batches."""
    return sample * SAMPLE_STRIDE + batch * BATCH_STRIDE + positions


def first_number(sample: int, batch: int) -> int:
    """Number in the run of the first defect of a batch."""
    return sample * SAMPLE_STRIDE + batch * BATCH_STRIDE


def sample_batch_position(numbers: Index) -> tuple[Index, Index, Index]:
    """Split defects' numbers into their samples, batches and positions in the batch."""
    sample, rest = np.divmod(numbers, SAMPLE_STRIDE)
    return sample, *np.divmod(rest, BATCH_STRIDE)


def share_of_top(largest: ArrayLike, total_sum: ArrayLike, count: int, fractions: ArrayLike) -> Array:
    """Share of the sum carried by the largest ``fractions`` of ``count`` contributions.

    ``largest`` has shape (..., K) in any order, ``total_sum`` broadcasts with (...), ``fractions`` has shape (F,);
    the result has shape (..., F).  A fraction stands for ceil(fraction * count) contributions.  NaN where the sum is
    zero.  Raises :class:`ValidityError` for a fraction that is not in (0, 1] or reaches beyond the K largest, for
    contributions that are negative or not finite, and for a total below the sum of its largest parts.
    """
    values = np.asarray(largest, dtype=np.float64)
    total = np.asarray(total_sum, dtype=np.float64)
    parts = np.atleast_1d(np.asarray(fractions, dtype=np.float64))
    outside = ~((parts > 0.0) & (parts <= 1.0))
    if np.any(outside):
        raise ValidityError(f"fraction {parts[outside][0]}: must be in (0, 1]; give a part of one")
    # A product such as 0.07 * 100 that rounds to just above a whole number means that number.
    taken = np.maximum(np.ceil(parts * count * (1.0 - 1e-12)), 1.0).astype(np.int64)
    if np.any(taken > values.shape[-1]):
        reach = f"the top {parts.max()} of {count} are {taken.max()} contributions"
        raise ValidityError(f"{reach}: only {values.shape[-1]} are kept; ask for less or keep more")
    bad = ~(np.isfinite(values) & (values >= 0.0))
    if np.any(bad):
        raise ValidityError(f"contribution {values[bad][0]}: must be finite and >= 0; remove it or find its cause")
    carried = np.cumsum(-np.sort(-values, axis=-1), axis=-1)
    below = ~(total >= carried[..., -1] * (1.0 - 1e-9))
    if np.any(below):
        least = np.broadcast_to(carried[..., -1], below.shape)[below][0]
        raise ValidityError(f"total_sum is below {least}, the sum of its largest parts; sum over every contribution")
    with np.errstate(invalid="ignore"):
        return np.minimum(carried[..., taken - 1] / total[..., None], 1.0)


def effective_number(total: ArrayLike, total_squares: ArrayLike) -> Array:
    """Effective number of contributions (sum c)^2 / sum c^2: the count for equal ones, 1 where one carries all.

    ``total`` and ``total_squares`` broadcast; 0 where both sums are zero.  Raises :class:`ValidityError` for a sum of
    squares that is negative, not finite, or zero beside a total that is not.
    """
    sums, squares = np.broadcast_arrays(
        np.asarray(total, dtype=np.float64), np.asarray(total_squares, dtype=np.float64)
    )
    bad = ~(np.isfinite(sums) & np.isfinite(squares) & ((squares > 0.0) | ((squares == 0.0) & (sums == 0.0))))
    if np.any(bad):
        pair = f"sum {sums[bad][0]} with sum of squares {squares[bad][0]}"
        raise ValidityError(f"{pair}: must be finite and positive; rescale the contributions or find the cause")
    # The root first: the square of a sum overflows where the sum of squares need not.
    return (sums / np.sqrt(np.where(squares > 0.0, squares, 1.0))) ** 2
