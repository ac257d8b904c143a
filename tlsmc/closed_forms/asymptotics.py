"""The asymptotic forms as the paper prints them.

They give the scaling, not the numbers: they are to be shown beside the exact functions, with the ratio. Where the paper
gives two limits and nothing between them, the text of each function says where one is taken to end.  For Kondo defects
(Eqs. 21, 23 and 24) there are also the limits that the paper's own rates give; the averages themselves are
:func:`tlsmc.kondo_mean` and :func:`tlsmc.kondo_average`.
"""

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import positive, sound_arguments, unpacked
from tlsmc.errors import ValidityError
from tlsmc.physics.kondo import kondo_linewidth


def F_res_asymptotic(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike) -> Array:
    """-chi ln(Om) + Omega/max(Omega, theta) for Om << 1, chi/Om^2 for Om >> 1, Om = max(Omega, chi theta) (Eq. 18).

    The branches meet at Om = 1, where they do not agree. Exact (:func:`F_res`): the second term of the first is
    pi tanh(Omega/theta), the logarithm has the coefficient chi/3, and the second branch is chi/(6 Omega^2) for
    Omega >> 1.

    Parameters
    ----------
    chi, Omega, theta
        Coupling in (0, 1], omega/E* and 2T/E*.

    Returns
    -------
    ndarray
        The print of F_res.

    Raises
    ------
    ValidityError
        An argument is out of range or not finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.F_res_asymptotic(0.03, [0.1, 1.0], 0.2).round(4))
    [0.5691 0.03  ]
    """
    c, w, t = sound_arguments(chi, Omega, theta)
    Om = np.maximum(w, c * t)
    below = -c * np.log(np.minimum(Om, 1)) + w / np.maximum(w, t)
    return unpacked(np.where(Om < 1, below, c / Om**2))


def F_rel_asymptotic(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike) -> Array:
    """(chi/Om) min(theta, 1), Om = max(Omega, chi theta) (Eq. 17).

    The average of Eq. 12 (:func:`F_rel`) is (pi/8) tanh(1/theta) for Omega << chi theta; for Omega >> chi theta it is
    (pi^2/48) chi theta/Omega if theta << 1 and chi/(6 Omega) if theta >> 1.

    Parameters
    ----------
    chi, Omega, theta
        Coupling in (0, 1], omega/E* and 2T/E*.

    Returns
    -------
    ndarray
        The print of F_rel.

    Raises
    ------
    ValidityError
        An argument is out of range or not finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.F_rel_asymptotic(0.03, 0.001, [0.02, 0.2]).round(4))
    [0.6 1. ]
    """
    c, w, t = sound_arguments(chi, Omega, theta)
    return unpacked(c / np.maximum(w, c * t) * np.minimum(t, 1))


def heat_asymptotic(x: ArrayLike) -> Array:
    """The limits of f(x): 1 for x >> 1, x^3/12 for x << 1, taken to meet where they agree, x = 12^(1/3) (Eq. 8).

    The print has x << 1 beside both; the first is x >> 1. Exact (:func:`heat`): pi^2/6 in place of 1.

    Parameters
    ----------
    x
        E*/T > 0.

    Returns
    -------
    ndarray
        The print of f.

    Raises
    ------
    ValidityError
        x is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.heat_asymptotic([1.0, 100.0]).round(4))
    [0.0833 1.    ]
    """
    low = np.minimum(positive("x", x, "give E*/T"), 12 ** (1 / 3))  # the cube of a large x would overflow
    return unpacked(np.minimum(low**3 / 12, 1))


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
