"""Means, standard errors, covariances and ratios from block sums.

Shapes: ``totals`` (samples, blocks, ...) are sums over the defects of a block; a mean divides by a nominal number of
defects, so that a Poisson number of defects contributes its own fluctuation.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import fdtrc

from tlsmc.arrays import Array

#: A difference is called one if chance would give a larger statistic less often than this.
FALSE_ALARM = 1e-3


class Estimate(NamedTuple):
    """A mean and its standard error."""

    mean: Array
    error: Array


def moment_estimate(total: Array, square: Array, count: int, poisson: bool) -> Estimate:
    """Mean of ``count`` independent contributions with its standard error, from their sum and sum of squares.

    With a Poisson number of contributions of expectation ``count`` the variance of the sum is the expected sum of
    squares itself (Campbell's theorem).
    """
    mean = total / count
    if poisson:
        return Estimate(mean, np.sqrt(square) / count)
    if count < 2:
        return Estimate(mean, np.full_like(mean, np.nan))
    variance = np.maximum(square / count - mean * mean, 0.0) / (count - 1)
    return Estimate(mean, np.sqrt(variance))


def block_estimate(totals: Array, sizes: Array) -> Estimate:
    """Mean and standard error from the scatter of independent blocks (axis 0) of nominal ``sizes``.

    The error is the jackknife's for a ratio of sums, exact for equal blocks.
    """
    blocks = len(sizes)
    mean = totals.sum(axis=0) / sizes.sum()
    if blocks < 2:
        return Estimate(mean, np.full_like(mean, np.nan))
    shape = (blocks,) + (1,) * (totals.ndim - 1)
    residual = totals - mean * sizes.reshape(shape)
    variance = blocks / (blocks - 1) * (residual**2).sum(axis=0) / sizes.sum() ** 2
    return Estimate(mean, np.sqrt(variance))


def jackknife(values: Array, sizes: Array, function: Callable[[Array], float]) -> tuple[float, float]:
    """Value and standard error of ``function(means)`` by deleting one block at a time.

    ``values`` has shape (blocks, k), sums over each block; ``function`` maps k means to one number.
    """
    total, size = values.sum(axis=0), sizes.sum()
    whole = float(function(total / size))
    blocks = len(sizes)
    if blocks < 2:
        return whole, float("nan")
    parts = np.array([function((total - v) / (size - s)) for v, s in zip(values, sizes, strict=True)])
    return whole, float(np.sqrt((blocks - 1) / blocks * ((parts - parts.mean()) ** 2).sum()))


class JointTest(NamedTuple):
    """Hotelling's statistic, the number of combinations tested, and the probability of a larger value."""

    chi2: float
    dof: int
    p_value: float


def hotelling(deviations: Array) -> JointTest:
    """Test whether the mean of correlated quantities vanishes, from independent replicates of all of them.

    ``deviations`` has shape (replicates, k) with k well below the number of replicates, the most telling quantity
    first.  Those that are all but a combination of earlier ones are left out.  The statistic takes the covariance
    from the same replicates; for Gaussian means it follows an F law exactly.
    Source: H. Hotelling, Ann. Math. Statist. 2, 360 (1931).
    """
    count = len(deviations)
    covariance = np.atleast_2d(np.cov(deviations, rowvar=False))
    scale = np.sqrt(np.diag(covariance))
    kept = _independent(covariance / np.outer(scale, scale))
    k = len(kept)
    mean, covariance = deviations.mean(axis=0)[kept] / scale[kept], covariance[np.ix_(kept, kept)]
    solved = np.linalg.solve(covariance / np.outer(scale[kept], scale[kept]), mean)
    statistic = float(count * mean @ solved)
    p_value = float(fdtrc(k, count - k, statistic * (count - k) / (k * (count - 1))))
    return JointTest(statistic, k, p_value)


def _independent(correlation: Array) -> list[int]:
    """Positions of the quantities of which earlier ones leave more than a millionth of the variance open."""
    kept: list[int] = []
    for i in range(len(correlation)):
        if kept:
            inner = correlation[np.ix_(kept, kept)]
            cross = correlation[kept, i]
            open_variance = 1.0 - cross @ np.linalg.solve(inner, cross)
        else:
            open_variance = correlation[i, i]
        if open_variance > 1e-6:
            kept.append(i)
    return kept
