"""Printed asymptotic forms of Kondo defects, and the limits that the paper's own rates give (Eqs. 21, 23 and 24).

The averages over T_K and Delta themselves are :func:`tlsmc.kondo_mean` and :func:`tlsmc.kondo_average`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import positive, unpacked
from tlsmc.errors import ValidityError
from tlsmc.physics.kondo import kondo_linewidth


def kondo_mean_asymptotic(T_K_over_T: ArrayLike, Delta_over_T: ArrayLike) -> Array:
    """tau_0/tau_phi as printed, up to numerical factors, with T_K*/T < 1 and > 1 for << and >> (Eq. 23).

    min(1, T/Delta*)/ln^2 max(T/T_K*, Delta*/T_K*) above T_K*, min(1, sqrt(T T_K*)/Delta*) below.  For Delta* >> T the
    printed upper branch misses one logarithm of Eq. 21, see :func:`kondo_mean_limit`.

    Parameters
    ----------
    T_K_over_T, Delta_over_T
        T_K*/T and Delta*/T, > 0.

    Returns
    -------
    ndarray
        The print of :func:`tlsmc.kondo_mean`.

    Raises
    ------
    ValidityError
        An argument is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.kondo_mean_asymptotic([0.01, 100.0], 20.0).round(4))
    [0.0009 0.5   ]
    """
    x = positive("T_K_over_T", T_K_over_T, "give T_K*/T")
    y = positive("Delta_over_T", Delta_over_T, "give Delta*/T")
    high = x < 1.0
    logarithm = np.log(np.maximum(1.0, y) / np.where(high, x, 1.0 / np.e))
    return unpacked(np.where(high, np.minimum(1.0, 1.0 / y) / logarithm**2, np.minimum(1.0, np.sqrt(x) / y)))


def kondo_mean_limit(T_K_over_T: ArrayLike, Delta_over_T: ArrayLike) -> Array:
    """tau_0/tau_phi that Eq. 21, capped at 1, gives for one T_K and Delta uniform up to a large Delta*, not Eq. 23.

    (T/Delta*) 2/ln^3(T/T_K) for T >> T_K, where Eq. 23 has 1/ln^2; the next term is -2/ln^2 of it.  For T << T_K
    (4/3) sqrt(T T_K)/Delta* as long as Delta* < T_K, and twice that beyond: the defects with Delta close to T_K,
    where the cap holds, add as much again.

    Parameters
    ----------
    T_K_over_T, Delta_over_T
        T_K/T and Delta*/T, > 0.

    Returns
    -------
    ndarray
        tau_0/tau_phi.

    Raises
    ------
    ValidityError
        Delta* <= max(T, sqrt(T T_K)), or T_K = T, or an argument is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.kondo_mean_limit([0.01, 100.0], 20.0).round(4))
    [0.001  0.6667]
    """
    x = positive("T_K_over_T", T_K_over_T, "give T_K/T")
    y = positive("Delta_over_T", Delta_over_T, "give Delta*/T")
    x, y = np.broadcast_arrays(x, y)
    narrow = y <= np.maximum(1.0, np.sqrt(x))
    if narrow.any():
        bound = float(np.maximum(1.0, np.sqrt(x))[narrow][0])
        raise ValidityError(
            f"Delta_over_T = {float(y[narrow][0])!r} does not exceed max(1, sqrt(T_K_over_T)) = {bound!r}: "
            "the limit is that of large Delta*, use kondo_mean"
        )
    if (x == 1.0).any():
        raise ValidityError("T_K_over_T = 1.0 lies between the two limits, < 1 and > 1: use kondo_mean")
    warm = -2.0 / np.log(np.where(x < 1.0, x, 1.0 / np.e)) ** 3
    cold = np.where(y > x, 8.0, 4.0) / 3.0 * np.sqrt(x)
    return unpacked(np.where(x < 1.0, warm, cold) / y)


def kondo_attenuation_asymptotic(omega: ArrayLike, T: ArrayLike, T_K: ArrayLike) -> Array:
    """W/(n_T a^2/2) as printed: 2 (omega/T)(omega/T_K*) {1, or ln^(-2)(T/T_K*) for T > T_K*} (Eq. 24).

    Divided by Omega the absorbed power is comparable with F of Eqs. 13-18.  The upper branch does not follow from the
    rate that the paper states, see :func:`kondo_attenuation_limit`; infinite at T slightly above T_K*, as printed.

    Parameters
    ----------
    omega, T, T_K
        Angular frequency, temperature and T_K* in one unit; omega << T.

    Returns
    -------
    ndarray
        The print of W/(n_T a^2/2).

    Raises
    ------
    ValidityError
        An argument is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.kondo_attenuation_asymptotic(0.1, [1.0, 10.0], 2.0).round(5))
    [0.01    0.00039]
    """
    omega = positive("omega", omega, "give an angular frequency")
    T = positive("T", T, "give a temperature")
    T_K = positive("T_K", T_K, "give the Kondo temperature T_K*")
    logarithm = np.where(T > T_K, np.log(np.maximum(T / T_K, 1.0 + 1e-15)), 1.0)
    return unpacked(2.0 * omega**2 / (T * T_K * logarithm**2))


def kondo_attenuation_limit(omega: ArrayLike, T: ArrayLike, T_K: ArrayLike) -> Array:
    """W/(n_T a^2/2) for one T_K, omega << Gamma and Delta << T: omega^2/(8 T Gamma) (Eq. 12 with p = 0).

    Above T_K this is omega^2 ln^2(T/T_K)/(8 T^2), where printed Eq. 24 has 2 omega^2/(T T_K ln^2); below it is
    omega^2/(8 T T_K).  T_K uniform up to T_K* > T gives omega^2 [ln(T_K*/T) + 1 + 4/e]/(8 T T_K*).

    Parameters
    ----------
    omega, T, T_K
        Angular frequency, temperature and Kondo temperature in one unit.

    Returns
    -------
    ndarray
        W/(n_T a^2/2).

    Raises
    ------
    ValidityError
        An argument is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.kondo_attenuation_limit(1.0, [0.5, 10.0], 2.0).round(5))
    [0.125   0.00324]
    """
    omega = positive("omega", omega, "give an angular frequency")
    T = positive("T", T, "give a temperature")
    T_K = positive("T_K", T_K, "give the Kondo temperature")
    return unpacked(omega**2 / (8.0 * T * kondo_linewidth(T_K, T)))
