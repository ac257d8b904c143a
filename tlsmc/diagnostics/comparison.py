"""Sampled against exact: pulls, a joint test that knows the correlations, and the ratio to what the paper prints."""

import functools
import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from tlsmc.arrays import Array
from tlsmc.observables.measurable import Printed
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run
from tlsmc.statistics.estimates import FALSE_ALARM, hotelling, jackknife
from tlsmc.statistics.tail_index import listed_tail_index

#: A tail index at or above this has an infinite variance.
VARIANCE_LIMIT = 0.5
#: Relative error below which the accuracy of the exact value, not the sampling, would decide.
FINEST = 1e-9
#: Effective number of contributions from which on a mean is Gaussian enough for a z-score.
FEWEST_EFFECTIVE = 100
#: Independent blocks needed for each combination that the joint test looks at.
_BLOCKS_PER_MODE = 8
_MOST_MODES = 16


@dataclass(frozen=True, slots=True)
class PrintedRatio:
    """Sampled over printed, averaged over the grid points where the paper makes a claim, with its error."""

    equation: str
    ratio: float
    ratio_error: float
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one curve agrees with its exact value.

    ``z`` is NaN where no z-score can be given; ``points`` of the grid have one.  ``verdict`` is "agrees", "differs"
    or "refused", and ``reason`` says why, or what was left out.
    """

    name: str
    points: int
    chi2: float
    dof: int
    p_value: float
    max_abs_z: float
    verdict: str
    reason: str
    printed: tuple[PrintedRatio, ...]
    z: Array = field(repr=False)


def compare(run: Run) -> dict[str, Comparison]:
    """Compare every curve of a run with its exact value and with the paper's printed forms.

    Parameters
    ----------
    run
        A run, complete or not.

    Returns
    -------
    dict of Comparison
        By the name of the curve: z-scores, a joint test, and ratios to what is printed.

    Examples
    --------
    >>> tlsmc.diagnostics.compare(tlsmc.open_run("small.h5"))["dephasing"].verdict
    'agrees'
    """
    return {name: compare_curve(run[name]) for name in run.names}


def compare_curve(curve: Curve) -> Comparison:
    """Compare one curve; see :class:`Comparison`."""
    # Without the code of a user, exact values would be missing without a word.
    curve.spec.executed()
    good, reason = comparable_points(curve)
    z = _z_scores(curve, good)
    usable = np.isfinite(z)
    printed = tuple(_ratio(curve, form, good) for form in curve.printed)
    points, largest = int(usable.sum()), float(np.abs(z[usable]).max()) if usable.any() else np.nan
    if not points:
        reason = reason or "there is no exact value to compare with"
        return Comparison(curve.name, 0, np.nan, 0, np.nan, largest, "refused", reason, printed, z)
    if _modes(curve):
        chi2, dof, p_value = _joint(curve, usable)
    else:
        chi2, dof, p_value = np.nan, 0, _bonferroni(z, _degrees(curve))
        few = f"{len(curve.block_totals)} blocks give no covariance; p is Bonferroni's bound for the largest |z|"
        reason = f"{reason}; {few}" if reason else few
    verdict = "agrees" if p_value >= FALSE_ALARM else "differs"
    return Comparison(curve.name, points, chi2, dof, p_value, largest, verdict, reason, printed, z)


def z_scores(curve: Curve) -> Array:
    """(mean - exact)/error of the shape of the curve, NaN where :func:`comparable_points` allows no z-score."""
    return _z_scores(curve, comparable_points(curve)[0])


def _z_scores(curve: Curve, good: NDArray[np.bool_]) -> Array:
    mean, error = curve.estimate
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(good & np.isfinite(curve.exact), (mean - curve.exact) / error, np.nan)


def comparable_points(curve: Curve) -> tuple[NDArray[np.bool_], str]:
    """Grid points whose mean may be given a z-score, and why the others may not.

    Refused are points without an error, with an error as small as the exact value's own (smooth averages over Sobol
    points), with too few effective contributions for a Gaussian mean, and with a tail index that leaves the variance
    infinite; and all points of an observable that has no error at all, for which the tail index is given instead.
    """
    mean, error = curve.estimate
    if curve.refusal:
        return np.zeros(mean.shape, bool), f"{curve.refusal}; {_tail_range(curve)}"
    finite = np.isfinite(error) & (error > 0.0)
    coarse = error >= FINEST * np.abs(mean)
    total, squares = curve.block_totals.sum(axis=0), curve.squares
    with np.errstate(all="ignore"):
        effective = np.where(squares > 0.0, total**2 / squares, 0.0)
    heavy = (_tail_indices(curve) >= VARIANCE_LIMIT).any(axis=0)
    enough = effective >= FEWEST_EFFECTIVE
    usable = finite & enough & ~heavy & coarse
    causes = {
        "no error can be given": ~finite,
        f"the error is below {FINEST:g} of the value, more than the exact one is good for": finite & ~coarse,
        f"fewer than {FEWEST_EFFECTIVE} defects effectively contribute": finite & coarse & ~enough,
        f"tail index >= {VARIANCE_LIMIT}, the variance may be infinite": finite & coarse & enough & heavy,
    }
    parts = [f"{int(where.sum())} of {where.size} points: {why}" for why, where in causes.items() if where.any()]
    return usable, "; ".join(parts)


def _tail_indices(curve: Curve) -> Array:
    """Tail index of each component on the grid."""
    return listed_tail_index(curve.largest[0], curve.defects).index


def _tail_range(curve: Curve) -> str:
    """The tail indices of a curve in words."""
    index = _tail_indices(curve)
    if not np.isfinite(index).any():
        return "the tail index is not known"
    return f"tail index {np.nanmedian(index):.2g} (median over the grid), a mean needs one below 1"


def _modes(curve: Curve) -> int:
    return min(_MOST_MODES, len(curve.block_totals) // _BLOCKS_PER_MODE)


def _degrees(curve: Curve) -> float:
    """Degrees of freedom of an error: the scatter of few scrambles is known worse than that of many defects."""
    return len(curve.block_totals) - 1 if curve.spec.layout.sampling == "sobol" else np.inf


def _bonferroni(z: Array, degrees: float) -> float:
    """Probability, at most, that the largest of so many z-scores, Student's with ``degrees``, is larger than here."""
    given = np.abs(z[np.isfinite(z)])
    return float(min(1.0, 2.0 * given.size * stdtr(degrees, -given.max())))


def _joint(curve: Curve, usable: NDArray[np.bool_]) -> tuple[float, int, float]:
    """Test of all usable points at once, from the scatter of the blocks.

    Neighbouring points share their defects and are all but the same number, so the deviations in units of their
    errors are projected on the smoothest waves over the grid, as many as the blocks can give a covariance for.
    """
    sizes = curve.finished_sizes
    column = sizes.reshape(-1, *[1] * usable.ndim)
    deviation = np.where(usable, curve.block_totals / column - curve.exact, 0.0)
    deviation = deviation / np.where(usable, curve.error, 1.0) * np.sqrt(column / sizes.sum())
    waves = _waves(usable, max(1, _modes(curve)))
    return hotelling(deviation.reshape(len(sizes), -1) @ waves)


def _waves(usable: NDArray[np.bool_], most: int) -> Array:
    """Orthonormal columns that span the lowest cosine waves over the usable points of a grid."""
    orders = itertools.product(*(range(min(n, most)) for n in usable.shape))
    matrix = np.empty((usable.size, min(usable.size, most)))
    for column, order in enumerate(sorted(orders, key=lambda order: (sum(order), order))[:most]):
        waves = (np.cos(np.pi * k * (np.arange(n) + 0.5) / n) for k, n in zip(order, usable.shape, strict=True))
        matrix[:, column] = (functools.reduce(np.multiply.outer, waves) * usable).ravel()
    basis, triangle = np.linalg.qr(matrix)
    independent = np.abs(np.diag(triangle)) > 1e-6 * np.abs(triangle).max()
    return basis[:, independent]


def _ratio(curve: Curve, form: Printed, usable: NDArray[np.bool_]) -> PrintedRatio:
    """Mean over the grid of sampled over printed, with a jackknife error over the blocks."""
    values = form.values
    where = usable & np.isfinite(values) & (values > 0.0)
    if not where.any():
        return PrintedRatio(form.equation, float("nan"), float("nan"), form.remark)
    per_block = (curve.block_totals[:, where] / values[where]).mean(axis=1)
    ratio, error = jackknife(per_block[:, None], curve.finished_sizes, lambda means: means[0])
    return PrintedRatio(form.equation, ratio, error, form.remark)
