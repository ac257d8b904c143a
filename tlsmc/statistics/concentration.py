"""How much of a sum of positive contributions a few of them carry."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError


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
