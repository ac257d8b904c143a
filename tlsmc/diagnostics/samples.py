"""Pieces of metal with defects of their own: how much an answer differs from one to the next, and how it should.

Beyond the paper.  A sample's answer is the sum of its N defects over N.  For a Poisson number of defects of mean N the
variance of the sum is N <c^2> by Campbell's theorem, so var/mean^2 = <c^2>/(N <c>^2); for exactly N defects it is less
by 1/N.  A large piece of metal is an average one unless single defects of the size of N <c> are likely.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.observables.averages import moments
from tlsmc.results.curve import Curve
from tlsmc.statistics.estimates import Estimate

#: Samples from which on there are errors.
FEWEST_SAMPLES = 8
#: Samples over their kurtosis from which on the error of a variance is good for a z-score.
FEWEST_PER_KURTOSIS = 5.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """Exact var/mean^2 and kurtosis (3 for a Gaussian law) over samples of a curve, NaN where ``reason`` says why."""

    ratio: Array
    kurtosis: Array
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SampleStatistics:
    """Statistics of a curve over samples, each a value and an error of the shape of the curve.

    ``means`` has the samples as its first axis.  ``ratio`` is var/mean^2; ``median`` and ``typical``, the geometric
    mean, which is NaN if a sample is not positive, are in units of the mean.
    """

    name: str
    means: Array
    mean: Estimate
    variance: Estimate
    skewness: Estimate
    ratio: Estimate
    median: Estimate
    typical: Estimate
    predicted: Prediction

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.means)

    @property
    def z(self) -> Array:
        """ln(ratio/predicted) over its error, NaN where too few samples make the variance to trust the error."""
        value, error = self.ratio
        predicted = self.predicted
        with np.errstate(invalid="ignore", divide="ignore"):
            enough = self.samples / predicted.kurtosis >= FEWEST_PER_KURTOSIS
            good = enough & (value > 0.0) & (predicted.ratio > 0.0) & (error > 0.0)
        z = np.full(value.shape, np.nan)
        # A variance is log-normal rather than normal: its error is low where it is low itself.
        z[good] = np.log(value[good] / predicted.ratio[good]) * value[good] / error[good]
        return z


def sample_statistics(curve: Curve) -> SampleStatistics:
    """Statistics over the samples of a run, those of which every block is done.

    Errors are the jackknife's, that of the median from the order statistics around it; they are NaN for fewer than
    :data:`FEWEST_SAMPLES` samples.  The jackknife also takes the bias 1/samples out of skewness, ratio and typical
    value.  Its error of a skewness is too small by up to a factor of two where the kurtosis is not far below the number
    of samples.

    Parameters
    ----------
    curve
        A curve of a run, ``run["dephasing"]``.

    Returns
    -------
    SampleStatistics
        Mean, variance, skewness and more with their errors, and the exact spread.

    Examples
    --------
    >>> found = tlsmc.diagnostics.sample_statistics(tlsmc.open_run("small.h5")["dephasing"])
    >>> bool(abs(found.z).max() < 4.0)
    True
    """
    means = sample_means(curve)
    if len(means) >= FEWEST_SAMPLES:
        found = _statistics(means)
    else:
        nothing = np.full(curve.mean.shape, np.nan)
        found = dict.fromkeys(_NAMES, Estimate(nothing, nothing))
    return SampleStatistics(curve.name, means, **found, predicted=predicted_spread(curve))


def sample_means(curve: Curve) -> Array:
    """Sum over the defects of each complete sample, over their nominal number: (samples, *shape of the curve)."""
    sums = curve.sums
    complete = sums.done.all(axis=1)
    totals = sums.observables[curve.gridded.name].totals[complete]
    means = totals[:, :, list(curve.parts)].sum(axis=(1, 2)) / curve.spec.layout.defects
    return np.asarray(means.reshape(len(means), *curve.mean.shape))


def predicted_spread(curve: Curve) -> Prediction:
    """Exact spread over samples of a curve, in its shape.

    var/mean^2 is <c^2>/(N <c>^2) for a Poisson number of defects of mean N, and less by 1/N for a fixed number; the
    kurtosis is 3 + <c^4>/(N <c^2>^2), for a fixed number but for terms of 1/N.
    """
    spec, gridded = curve.spec, curve.gridded
    reason = curve.refusal
    if spec.layout.sampling == "sobol":
        reason = "Sobol points fill a sample more evenly than chance does; its spread is not that of metals"
    elif spec.proposal != "none":
        reason = f'proposal = "{spec.proposal}" gives defects weights; their spread is not that of metals'
    if reason:
        nothing = np.full(curve.mean.shape, np.nan)
        return Prediction(nothing, nothing, reason)
    square, fourth = moments(gridded.observable, spec.population, (2, 4), curve.parts, *gridded.values)
    N = spec.layout.defects
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = square / (N * curve.exact**2) - (0.0 if spec.layout.count == "poisson" else 1.0 / N)
        kurtosis = 3.0 + fourth / (N * square**2)
    ratio = np.where(curve.exact != 0.0, ratio, np.nan)
    lost = int(np.isnan(ratio).sum())
    return Prediction(ratio, kurtosis, f"no exact variance at {lost} of {ratio.size} points" if lost else "")


_NAMES = ("mean", "variance", "skewness", "ratio", "median", "typical")


def _statistics(x: Array) -> dict[str, Estimate]:
    """Everything that :class:`SampleStatistics` has an error for."""
    count, mean = len(x), x.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(x)
    logs = np.where((x > 0.0).all(axis=0), logs, np.nan)
    return {
        "mean": Estimate(mean, x.std(axis=0, ddof=1) / np.sqrt(count)),
        "variance": _jackknife(x, lambda m, m2, m3, n: m2 * n / (n - 1.0)),
        "skewness": _jackknife(x, lambda m, m2, m3, n: m3 / m2**1.5),
        "ratio": _jackknife(x, lambda m, m2, m3, n: m2 * n / (n - 1.0) / m**2),
        "median": _median(x),
        "typical": _typical(x, logs),
    }


def _jackknife(x: Array, function: Callable[[Array, Array, Array, float], Array]) -> Estimate:
    """Function of mean, second and third central moment and number, without its bias of order 1/number."""
    n = float(len(x))
    mean = x.mean(axis=0)
    y = x - mean
    s2, s3 = (y**2).sum(axis=0), (y**3).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = function(mean, s2 / n, s3 / n, n)
        # Moments without one sample, about their own mean, which lies lower by that sample's part.
        shift = -y / (n - 1.0)
        m2, m3 = (s2 - y**2) / (n - 1.0), (s3 - y**3) / (n - 1.0)
        parts = function(mean + shift, m2 - shift**2, m3 - 3.0 * shift * m2 + 2.0 * shift**3, n - 1.0)
    return _without_bias(whole, parts)


def _typical(x: Array, logs: Array) -> Estimate:
    n = len(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.exp(logs.mean(axis=0)) / x.mean(axis=0)
        parts = np.exp((logs.sum(axis=0) - logs) / (n - 1)) * (n - 1) / (x.sum(axis=0) - x)
    return _without_bias(whole, parts)


def _without_bias(whole: Array, parts: Array) -> Estimate:
    n, middle = len(parts), parts.mean(axis=0)
    error = np.sqrt((n - 1) / n * ((parts - middle) ** 2).sum(axis=0))
    return Estimate(np.asarray(n * whole - (n - 1) * middle), np.asarray(error))


def _median(x: Array) -> Estimate:
    """Median over mean; the jackknife fails for a median, the spread of the order statistics about it does not."""
    n, mean, median = len(x), x.mean(axis=0), np.median(x, axis=0)
    ordered = np.sort(x, axis=0)
    half = 0.5 * np.sqrt(n)
    low, high = (min(n - 1, max(0, round(0.5 * (n - 1) + sign * half))) for sign in (-1.0, 1.0))
    # One over the density at the median, from the samples within one standard error of its rank.
    slope = (ordered[high] - ordered[low]) * n / (high - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = median / mean
        influence = (slope * (np.sign(x - median) * 0.5) - ratio * (x - mean)) / mean
    return Estimate(np.asarray(ratio), np.asarray(influence.std(axis=0) / np.sqrt(n)))
