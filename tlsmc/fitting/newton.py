"""Steps of Gauss and Newton within bounds.

They are exact for a coefficient that belongs at its bound, where the interior steps of a trust region only creep.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from tlsmc.fitting.objective import Objective

Array = NDArray[np.float64]

#: Longest step, in the size of a coordinate, and the damping of directions that do not matter.
_LONGEST, _DAMPING = 2.0, 1e-6
_SHORTER = (1.0, 0.5, 0.25, 0.125, 0.03)


def newton(objective: Objective, u: Array, most: int, gain: float, without: int | None = None) -> tuple[Array, bool]:
    """Coordinates after at most ``most`` steps from ``u``, all but one of them varied, and whether they have arrived.

    They have where a whole step lowers chi2 by less than ``gain``, and have not where no step lowers it.
    """
    low, high = objective.model.bounds
    others = np.arange(len(u)) != without
    r = objective.residuals(u)
    for _ in range(most):
        step = _step(objective, u, r, low, high, others, without)
        for share in _SHORTER:
            new = u.copy()
            new[others] = np.clip(u[others] + share * step, low[others], high[others])
            r_new = objective.residuals(new)
            won = float(r @ r - r_new @ r_new)
            if won >= 0.0:
                break
        else:
            return u, won > -gain
        u, r = new, r_new
        if won < gain and share == 1.0:
            return u, True
    return u, False


def _step(
    objective: Objective, u: Array, r: Array, low: Array, high: Array, others: NDArray[np.bool_], without: int | None
) -> Array:
    """The best step for straight residuals, within the bounds and not too long."""
    jacobian = objective.jacobian(u, without=without)
    size = np.linalg.norm(jacobian, axis=0)
    size = np.where(size > 0.0, size, 1.0)
    longest = _LONGEST * objective.scales
    bounds = (np.maximum(low - u, -longest)[others] * size, np.minimum(high - u, longest)[others] * size)
    damped = np.vstack([jacobian / size, np.sqrt(_DAMPING) * np.eye(len(size))])
    # A coordinate at its bound has no room there, and the solver wants some.
    room = (np.minimum(bounds[0], -1e-12), np.maximum(bounds[1], 1e-12))
    found = lsq_linear(damped, np.concatenate([-r, np.zeros(len(size))]), room, method="bvls").x
    return np.asarray(found / size)
