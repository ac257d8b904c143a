"""The asymptotic forms as the paper prints them.

They give the scaling, not the numbers: they are to be shown beside the exact functions, with the ratio. Where the paper
gives two limits and nothing between them, the text of each function says where one is taken to end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import positive, sound_arguments, unpacked


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
