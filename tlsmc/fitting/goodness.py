"""How good a fit is: chi2 with its p-value, and whether the signs of the residuals are random."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln
from scipy.stats import chi2 as chi2_law

from tlsmc.arrays import Array
from tlsmc.fitting.model import Model
from tlsmc.fitting.objective import Objective

#: A model is doubted if its chi2 is exceeded by chance less often than this, and called wrong below FALSE_ALARM.
DOUBTED = 0.05
#: A test of runs must be able to find fewer or more of them than chance gives in so many cases.
_RARE = 0.05


@dataclass(frozen=True, slots=True)
class Goodness:
    """``p_value`` is the chance of a larger chi2; ``runs_p`` that of signs as unevenly spread, in either direction.

    ``runs_p`` is NaN where one of the signs is too rare for a test.
    """

    chi2: float
    dof: int
    p_value: float
    runs: int
    runs_expected: float
    runs_p: float


def goodness(objective: Objective, u: Array) -> Goodness:
    """The tests of a fit at coordinates ``u``; a prior counts as a measured point."""
    residuals = objective.residuals(u)
    total = float(residuals @ residuals)
    dof = len(residuals) - len(u)
    runs, law = _runs(objective.model, residuals)
    expected = float(np.arange(len(law)) @ law)
    p_value = float(chi2_law.sf(total, dof)) if dof > 0 else math.nan
    # As far out on either side; where no number of runs would be rare, there is nothing to test.
    p = np.minimum(2.0 * np.minimum(np.cumsum(law), np.cumsum(law[::-1])[::-1]), 1.0)
    runs_p = float(p[runs]) if p[law > 0.0].min() < _RARE else math.nan
    return Goodness(total, dof, p_value, runs, expected, runs_p)


def _runs(model: Model, residuals: Array) -> tuple[int, Array]:
    """Runs of one sign along T within each data set, and the probabilities of 0, 1, 2, ... of them."""
    total, law = 0, np.ones(1)
    for data, own in zip(model.sets, model.parted(residuals[: model.points]), strict=True):
        signs = own[np.lexsort((data.temperature, np.nan_to_num(data.other_axis)))] > 0.0
        total += int((signs[1:] != signs[:-1]).sum()) + 1
        law = np.convolve(law, runs_law(int(signs.sum()), int((~signs).sum())))
    return total, law


def runs_law(up: int, down: int) -> Array:
    """Probabilities of 0, 1, 2, ... runs of ``up`` and ``down`` signs in random order.

    Source: A. Wald, J. Wolfowitz, Ann. Math. Stat. 11, 147 (1940).
    """
    law = np.zeros(up + down + 1)
    if not up or not down:
        law[min(1, up + down)] = 1.0
        return law
    ways, k = _log_binomial(up + down, up), np.arange(1, min(up, down) + 1)
    law[2 * k] = 2.0 * np.exp(_log_binomial(up - 1, k - 1) + _log_binomial(down - 1, k - 1) - ways)
    for more, less in ((up, down), (down, up)):
        k = np.arange(1, min(more - 1, less) + 1)
        law[2 * k + 1] += np.exp(_log_binomial(more - 1, k) + _log_binomial(less - 1, k - 1) - ways)
    return law


def _log_binomial(n: int, k: ArrayLike) -> Array:
    return np.asarray(gammaln(n + 1.0) - gammaln(np.asarray(k) + 1.0) - gammaln(n - np.asarray(k) + 1.0))
