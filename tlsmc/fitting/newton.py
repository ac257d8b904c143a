"""Steps of Levenberg and Marquardt within bounds.

They are exact for a coefficient that belongs at its bound, where the interior steps of scipy's trust region only creep.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import lsq_linear

from tlsmc.arrays import Array
from tlsmc.fitting.objective import Objective

#: Longest step, in the size of a coordinate.
_LONGEST = 2.0
#: Damping of the first step and the largest: over the square of the slopes of the residuals.
_DAMPING, _MOST_DAMPING = 1e-6, 1e8
#: Shares of the expected fall of chi2 below and above which the damping changes.
_BAD, _GOOD = 0.25, 0.75


def newton(objective: Objective, u: Array, most: int, gain: float, without: int | None = None) -> tuple[Array, bool]:
    """Coordinates after at most ``most`` steps from ``u``, all but one of them varied, and whether they have arrived.

    They have where a step is expected to lower chi2, and does, by less than ``gain``.
    """
    low, high = objective.model.bounds
    others = np.arange(len(u)) != without
    longest = _LONGEST * objective.scales
    r, damping = objective.residuals(u), _DAMPING
    jacobian = objective.jacobian(u, without=without)
    for _ in range(most):
        room = (np.maximum(low - u, -longest)[others], np.minimum(high - u, longest)[others])
        step = _step(jacobian, r, room, damping)
        new = u.copy()
        new[others] = np.clip(u[others] + step, low[others], high[others])
        expected = float(r @ r - ((r + jacobian @ (new - u)[others]) ** 2).sum())
        r_new = objective.residuals(new)
        won = float(r @ r - r_new @ r_new)
        if abs(won) < gain and expected < gain:
            return (new if won > 0.0 else u), True
        damping *= 0.1 if won > _GOOD * expected else 10.0 if won < _BAD * expected else 1.0
        if won > 0.0:
            u, r, jacobian = new, r_new, objective.jacobian(new, without=without)
        elif damping > _MOST_DAMPING:
            break
    return u, False


def _step(jacobian: Array, r: Array, room: tuple[Array, Array], damping: float) -> Array:
    """The best step for straight residuals, within the room that there is."""
    size = np.linalg.norm(jacobian, axis=0)
    size = np.where(size > 0.0, size, 1.0)
    damped = np.vstack([jacobian / size, np.sqrt(damping) * np.eye(len(size))])
    # The solver wants some room, which there is none of at a bound.
    bounds = (np.minimum(room[0] * size, -1e-12), np.maximum(room[1] * size, 1e-12))
    found = lsq_linear(damped, np.concatenate([-r, np.zeros(len(size))]), bounds, method="bvls").x
    return np.asarray(found / size)
