"""The specific heat of an ensemble with a flat density of splittings: the function f of Eq. 8."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import spence

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import positive, unpacked
from tlsmc.closed_forms._gauss import unit_rule

_SMALL = 1.0  # below this y the dilogarithm form cancels, and the integrand is smooth on the whole interval


def heat(x: ArrayLike) -> Array:
    """f(x) = 2 int_0^(x/2) y^2 sech^2(y) dy of C_T = (n_T T L/E*) f(E*/T) (Eq. 8).

    f is x^3/12 for x << 1 and pi^2/6 for x >> 1; the paper's own limits are :func:`heat_asymptotic`.

    Parameters
    ----------
    x
        E*/T > 0.

    Returns
    -------
    ndarray
        f, with a relative accuracy of 1e-12.

    Raises
    ------
    ValidityError
        x is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.heat([1.0, 100.0]).round(4))
    [0.0722 1.6449]
    """
    y = np.asarray(positive("x", x, "give E*/T") / 2)
    result = np.empty_like(y)
    small = y < _SMALL
    nodes, weights = unit_rule(1, 20)
    result[small] = 2 * y[small] ** 3 * ((nodes / np.cosh(y[small][:, None] * nodes)) ** 2 @ weights)
    # By parts f = 2 [y^2 tanh y - y^2 - 2 y ln(1 + e^(-2y)) + Li2(-e^(-2y)) + pi^2/12].
    y = y[~small]
    e = np.exp(-2 * y)
    result[~small] = 2 * (np.pi**2 / 12 + spence(1 + e) - 2 * y * np.log1p(e) - 2 * y * y * e / (1 + e))
    return unpacked(result)
