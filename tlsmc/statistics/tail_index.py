"""Tail index of positive contributions, from the largest of them.

The excesses over a high threshold follow a generalised Pareto law of index k and scale sigma,
P(excess > y) = (1 + k y / sigma)^(-1/k).  The variance is finite for k < 1/2 only and the mean for
k < 1 only; k < 0 is a bounded law; the Hill exponent is alpha = 1/k.

The scale is integrated out with the measure d sigma / sigma, which leaves the likelihood of the ratios of the m
excesses, a function of k alone; the prior of k is 1 / (1 + max(k, 0)), inverse to the standard error
(1 + k) / sqrt(m).  In theta = k / sigma and kappa(theta) = mean log(1 + theta y), the best k at given theta
(Grimshaw, Technometrics 35, 185, 1993), the likelihood (theta / k)^m exp(-(1 + 1/k) m kappa) separates: k = kappa r,
where theta has the density |theta / kappa|^(m - 1) exp(-m kappa) and r, independent of it, is m over a gamma
variate of shape m - 1.  Nothing is singular at k = 0, nor for k <= -1/2 where greatest likelihood fails.
"""

import functools
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicSpline
from scipy.special import gammainccinv

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError

FEWEST_VALUES = 20
"""Fewest values from which an index is estimated: the smallest is the threshold, the others exceed it."""
LOWEST = -5.0
"""Lowest index reported: a law so steep at its upper end is a point mass for every purpose here."""

_DEEPEST = -36.0  # log of the smallest 1 + theta y_max that a double tells from zero
_DROP = 11.0  # the density of t is followed down to exp(-11) of its peak
_ZOOMS, _ZOOM_NODES, _NODES, _FINE, _LATTICE = 5, 13, 33, 257, 2048
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
_TIED = 5  # so many equal largest values are a point mass at the upper end, not an accident
_CACHED = 4096  # excesses handled at once, so that the work arrays stay in the cache


@dataclass(frozen=True, slots=True)
class TailIndex:
    """Index k of the generalised Pareto tail, one entry per leading index of the input.

    ``index`` is the median and ``error`` the standard deviation of k given the data; ``low`` and ``high`` bound the
    central 95 %.  ``exceedances`` values lay above ``threshold``.  Where fewer than 19 did, index and error are NaN
    and the bounds infinite.  Where the largest value occurs five times or more the law is a point mass at its upper
    end: index and bounds are :data:`LOWEST` and the error is 0.
    """

    index: Array
    error: Array
    low: Array
    high: Array
    exceedances: NDArray[np.int64]
    threshold: Array


def tail_index(largest: ArrayLike, total_count: int) -> TailIndex:
    """Estimate the tail index from the largest of ``total_count`` contributions.

    ``largest`` has shape (..., K), K >= 20, in any order along the last axis, all finite and not negative.  The
    threshold is the smallest positive one of them, or of the largest ``total_count``/10 (but no fewer than 20) if
    that is higher: further down a law need not look like its tail.  A change of unit changes nothing but the threshold.
    Raises :class:`ValidityError` for NaN, infinite, negative or too few values.
    """
    values = np.asarray(largest, dtype=np.float64)
    _check(values, total_count)
    kept = min(values.shape[-1], max(FEWEST_VALUES, total_count // 10))
    rows = -np.sort(-values.reshape(-1, values.shape[-1]), axis=-1)[:, :kept]
    threshold = np.min(rows, axis=-1, initial=np.inf, where=rows > 0)
    threshold = np.where(np.isfinite(threshold), threshold, 0.0)
    count = np.sum(rows > threshold[:, None], axis=-1)
    with np.errstate(divide="ignore"):
        log_excess = np.log(np.maximum(rows - threshold[:, None], 0.0))
    summary = np.tile([np.nan, np.nan, -np.inf, np.inf], (len(rows), 1))
    point_mass = (rows[:, _TIED - 1] == rows[:, 0]) & (rows[:, FEWEST_VALUES - 1] > 0)
    summary[point_mass] = [LOWEST, 0.0, LOWEST, LOWEST]
    usable = (count >= FEWEST_VALUES - 1) & ~point_mass
    for m in np.unique(count[usable]).tolist():
        ratio = _ratio(m)
        same = np.flatnonzero(usable & (count == m))
        size = min(32, max(1, _CACHED // m))
        for start in range(0, same.size, size):
            chosen = same[start : start + size]
            summary[chosen] = _summary(log_excess[chosen, :m] - log_excess[chosen, :1], ratio)
    shape = values.shape[:-1]
    index, error, low, high = (summary[:, i].reshape(shape) for i in range(4))
    return TailIndex(index, error, low, high, count.reshape(shape), threshold.reshape(shape))


def settled_tail_index(largest: ArrayLike, total_count: int) -> TailIndex:
    """Tail index from as many of the largest contributions as tell the same story.

    Beginning with :data:`FEWEST_VALUES` of them, their number is doubled as long as the index stays inside the
    intervals of all smaller numbers, widened by half for their number: a bounded contribution that few defects make
    looks heavy-tailed once the list reaches down into the body of its law.  Arguments and errors as of
    :func:`tail_index`.
    Source of the rule: O. V. Lepskii, Theory Probab. Appl. 35, 454 (1991).
    """
    values = -np.sort(-np.asarray(largest, dtype=np.float64), axis=-1)
    sizes = [FEWEST_VALUES]
    while sizes[-1] < values.shape[-1]:
        sizes.append(min(2 * sizes[-1], values.shape[-1]))
    settled = tail_index(values[..., : sizes[0]], total_count)
    low, high = _widened(settled)
    going = np.ones(values.shape[:-1], bool)
    for size in sizes[1:]:
        longer = tail_index(values[..., :size], total_count)
        # A row without an index yet (NaN) has learnt nothing that the next could contradict.
        going = going & ~((longer.index < low) | (longer.index > high))
        next_low, next_high = _widened(longer)
        low, high = np.maximum(low, next_low), np.minimum(high, next_high)
        pairs = ((getattr(longer, f.name), getattr(settled, f.name)) for f in fields(TailIndex))
        settled = TailIndex(*(np.where(going, new, old) for new, old in pairs))
    return settled


def listed_tail_index(listed: Array, total_count: int) -> TailIndex:
    """:func:`settled_tail_index` of what was kept of ``total_count`` contributions, of which some may be missing.

    Zeros fill up lists of too few: nothing is known of them, as so few values exceed none.
    """
    values = np.where(np.isfinite(listed), np.maximum(listed, 0.0), 0.0)
    missing = max(0, FEWEST_VALUES - values.shape[-1])
    values = np.concatenate([values, np.zeros((*values.shape[:-1], missing))], axis=-1)
    return settled_tail_index(values, max(total_count, values.shape[-1]))


def _widened(fitted: TailIndex) -> tuple[Array, Array]:
    """Interval of 1.5 times the width on either side of the index; without bounds where there is no index."""
    known = np.isfinite(fitted.index)
    index = np.where(known, fitted.index, 0.0)
    low = np.where(known, index - 1.5 * (index - fitted.low), -np.inf)
    return low, np.where(known, index + 1.5 * (fitted.high - index), np.inf)


def meaning(low: float, high: float) -> str:
    """Say which moments exist, as far as the interval ``low`` to ``high`` of the index decides it.

    A known index is its own interval: ``meaning(k, k)``.  Raises :class:`ValidityError` for NaN.
    """
    if np.isnan(low) or np.isnan(high):
        raise ValidityError(f"interval of the tail index {low} to {high}: not a number; give both bounds")
    if high < 0.5:
        return "finite variance"
    if low >= 1.0:
        return "infinite mean"
    if low >= 0.5:
        return "infinite variance" if high < 1.0 else "infinite variance, mean undecided"
    return "finite mean, variance undecided" if high < 1.0 else "undecided"


def _check(values: Array, total_count: int) -> None:
    """Refuse what no index can be estimated from."""
    kept = values.shape[-1] if values.ndim else 0
    if kept < FEWEST_VALUES:
        raise ValidityError(f"{kept} largest values: a tail index needs {FEWEST_VALUES} or more; keep more of them")
    if total_count < kept:
        raise ValidityError(f"total_count {total_count} is below the {kept} largest values given; count every value")
    bad = ~(np.isfinite(values) & (values >= 0.0))
    if np.any(bad):
        raise ValidityError(f"contribution {values[bad][0]}: must be finite and >= 0; remove it or find its cause")


@functools.lru_cache(maxsize=64)
def _ratio(m: int) -> Array:
    """The factor k / kappa on the lattice: its quantiles at the multiples of the golden ratio."""
    u = (np.arange(1, _LATTICE + 1) * _GOLDEN) % 1.0
    return np.asarray(m / gammainccinv(m - 1.0, u), dtype=np.float64)


def _kappa(t: Array, log_excess: Array) -> Array:
    """Mean of log(1 + theta y), with t = log(1 + theta y_max) of shape (rows, n) and log(y / y_max) of (rows, m)."""
    theta = np.expm1(np.minimum(t, 600.0))
    terms = np.log1p(theta[:, :, None] * np.exp(log_excess)[:, None, :])
    row, node = np.nonzero(t > 600.0)  # where theta overflows, or y / y_max below 1e-300 matters
    terms[row, node] = np.logaddexp(0.0, t[row, node][:, None] + log_excess[row])
    return np.asarray(terms.mean(axis=-1), dtype=np.float64)


def _log_density(t: Array, kappa: Array, m: int) -> Array:
    """Logarithm of the density of t, |theta / kappa|^(m - 1) exp(-m kappa) d theta / d t, up to a constant."""
    log_theta = np.maximum(t, 0.0) + np.log(-np.expm1(-np.abs(t)))
    return (m - 1) * (log_theta - np.log(np.abs(kappa))) - m * kappa + t


def _evaluate(lower: Array, upper: Array, nodes: int, log_excess: Array) -> tuple[Array, Array, Array]:
    """``t``, kappa and log density on ``nodes`` equal steps from ``lower`` to ``upper``."""
    t = lower[:, None] + np.linspace(0.0, 1.0, nodes) * (upper - lower)[:, None]
    t = np.where(np.abs(t) < 1e-9, 1e-9, t)  # theta / kappa is 0/0 at the exponential law, and smooth there
    kappa = _kappa(t, log_excess)
    return t, kappa, _log_density(t, kappa, log_excess.shape[-1])


def _range(log_excess: Array) -> tuple[Array, Array]:
    """Bounds of t that hold all but exp(-_DROP) of the density: repeated zoom on the nodes within _DROP of the top."""
    lower = np.full(len(log_excess), _DEEPEST)
    upper = 5.0 - log_excess[:, -1]
    rows = np.arange(len(log_excess))
    for _ in range(_ZOOMS):
        t, _, log_density = _evaluate(lower, upper, _ZOOM_NODES, log_excess)
        inside = log_density > log_density.max(axis=1, keepdims=True) - _DROP
        first, last = inside.argmax(axis=1), _ZOOM_NODES - 1 - inside[:, ::-1].argmax(axis=1)
        lower = t[rows, np.maximum(first - 1, 0)]
        upper = t[rows, np.minimum(last + 1, _ZOOM_NODES - 1)]
    return lower, upper


def _summary(log_excess: Array, ratio: Array) -> Array:
    """Median, standard deviation and central 95 % of k for each row of log(y / y_max), shape (rows, m)."""
    lower, upper = _range(log_excess)
    _, kappa, log_density = _evaluate(lower, upper, _NODES, log_excess)
    coarse, fine = np.linspace(0.0, 1.0, _NODES), np.linspace(0.0, 1.0, _FINE)
    density = np.exp(CubicSpline(coarse, log_density - log_density.max(axis=1, keepdims=True), axis=1)(fine))
    below = cumulative_simpson(density, axis=1, initial=0.0)
    below /= below[:, -1:]
    # The lattice (i + 1/2, frac(i g)) with the golden ratio g fills the square of both probabilities evenly.
    u = (np.arange(_LATTICE) + 0.5) / _LATTICE
    quantiles = CubicSpline(coarse, kappa, axis=1)(fine)
    k = np.array([np.interp(u, b, q) for b, q in zip(below, quantiles, strict=True)]) * ratio
    k = np.maximum(k, LOWEST)
    weight = 1.0 / (1.0 + np.maximum(k, 0.0))
    weight /= weight.sum(axis=1, keepdims=True)
    mean = np.sum(weight * k, axis=1, keepdims=True)
    error = np.sqrt(np.sum(weight * (k - mean) ** 2, axis=1))
    order = np.argsort(k, axis=1)
    k, weight = np.take_along_axis(k, order, axis=1), np.take_along_axis(weight, order, axis=1)
    below = np.cumsum(weight, axis=1) - 0.5 * weight
    low, median, high = np.array([np.interp([0.025, 0.5, 0.975], b, q) for b, q in zip(below, k, strict=True)]).T
    return np.stack([median, error, low, high], axis=1)
