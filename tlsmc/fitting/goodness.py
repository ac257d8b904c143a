"""How good a fit is: chi2 with its p-value, and whether the signs of the residuals are random."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_law
from scipy.stats import norm

from tlsmc.fitting.model import Model
from tlsmc.fitting.objective import Objective

Array = NDArray[np.float64]

#: Residuals of either sign that the test of runs, a normal approximation, needs.
_FEWEST = 5


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
    runs, expected, variance = _runs(objective.model, residuals)
    variance = variance if _fewer_signs(objective.model, residuals) >= _FEWEST else 0.0
    runs_p = 2.0 * float(norm.sf(abs(runs - expected) / math.sqrt(variance))) if variance > 0.0 else math.nan
    p_value = float(chi2_law.sf(total, dof)) if dof > 0 else math.nan
    return Goodness(total, dof, p_value, runs, expected, runs_p)


def _fewer_signs(model: Model, residuals: Array) -> int:
    """Number of residuals of the rarer sign."""
    up = int((residuals[: model.points] > 0.0).sum())
    return min(up, model.points - up)


def _runs(model: Model, residuals: Array) -> tuple[int, float, float]:
    """Runs of one sign, expected number and variance (Wald and Wolfowitz), along T within each data set."""
    first, total, expected, variance = 0, 0, 0.0, 0.0
    for data in model.sets:
        order = np.lexsort((data.temperature, np.nan_to_num(data.second)))
        signs = residuals[first : first + len(data)][order] > 0.0
        first += len(data)
        n, up = len(signs), int(signs.sum())
        product = 2.0 * up * (n - up)
        mean = product / n + 1.0
        total += int((signs[1:] != signs[:-1]).sum()) + 1
        expected += mean
        variance += (mean - 1.0) * (mean - 2.0) / (n - 1.0) if n > 1 else 0.0
    return total, expected, variance
