"""How much the dephasing rate differs between pieces of metal with defects of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import spence

from tlsmc.closed_forms._arguments import choice, cut_off, positive, unpacked
from tlsmc.closed_forms._gauss import unit_rule
from tlsmc.closed_forms.dephasing import _WEIGHTS, dephasing

_SMALL = 2.0  # below this E*/T the dilogarithm form cancels, and the integrand is smooth on the whole interval


def dephasing_spread(
    T_over_Estar: ArrayLike, n_T_V: ArrayLike, thermal_weight: str = "golden-rule", p_min: float = 0.0
) -> NDArray[np.float64]:
    """var/mean^2 of 1/tau_phi over pieces of metal of volume V: (2/3) <g^2>/(n_T V <g>^2).

    Each piece has a Poisson number of defects of Eq. 2, and a defect contributes p g(E/T); <...> is over a flat
    density of splittings.  The factor 2/3 is <p^2>/<p>^2 per n_T V = N/L.  For T << E* only thermal defects count,
    and with the golden rule it is (16/9 pi^2) E*/(T n_T V).

    Parameters
    ----------
    T_over_Estar
        T/E* > 0, dimensionless; broadcast with ``n_T_V``.
    n_T_V
        n_T V > 0, the number of defects over their L.
    thermal_weight
        As of :func:`tlsmc.closed_forms.dephasing`.
    p_min
        Cut-off of p: 2/3 becomes 1/s - s/3 with s = sqrt(1 - p_min).

    Relative accuracy 1e-12 or better.  Beyond the paper; Campbell's theorem for sums over a Poisson number of defects.

    Raises
    ------
    ValidityError
        An argument is out of its range, or the weight is not known.
    """
    choice("thermal_weight", thermal_weight, _WEIGHTS)
    t = positive("T_over_Estar", T_over_Estar, "give the temperature in units of E*")
    number = positive("n_T_V", n_T_V, "give the number of defects over their L")
    kept = np.sqrt(1.0 - cut_off(p_min))
    square = _mean_square(np.asarray(1.0 / t), thermal_weight)
    return unpacked((1.0 / kept - kept / 3.0) * square / (number * dephasing(t, thermal_weight) ** 2))


def _mean_square(X: NDArray[np.float64], thermal_weight: str) -> NDArray[np.float64]:
    """<g^2> = (1/X) int_0^X g(u)^2 du with X = E*/T."""
    if thermal_weight == "none":
        return np.ones_like(X)
    if thermal_weight == "fermi-level":
        tanh = np.tanh(0.5 * X)
        return np.asarray(2.0 * tanh * (1.0 - tanh * tanh / 3.0) / X)
    result = np.empty_like(X)
    small = X < _SMALL
    nodes, weights = unit_rule(1, 20)
    u = X[small][:, None] * nodes
    result[small] = (u / np.sinh(u)) ** 2 @ weights
    # The integral is X^2 - X^2 coth X + 2 X ln(1 - e^-2X) + pi^2/6 - Li2(e^-2X).
    X = X[~small]
    e = np.exp(-2.0 * X)
    result[~small] = (np.pi**2 / 6.0 - spence(1.0 - e) + 2.0 * X * (np.log1p(-e) - X * e / (1.0 - e))) / X
    return result
