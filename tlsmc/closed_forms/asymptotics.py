"""The asymptotic forms as the paper prints them.

They give the scaling, not the numbers: they are to be shown beside the exact functions, with the ratio. Where the paper
gives two limits and nothing between them, the text of each function says where one is taken to end.

Source: Aleiner, Altshuler, Galperin, Shutenko, Phys. Rev. B 63, 201401 (2001).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import coupling, positive, unpacked


def F_res_asymptotic(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike) -> Array:
    """Eq. 18: -chi ln(Om) + Omega/max(Omega, theta) for Om << 1, chi/Om^2 for Om >> 1; Om = max(Omega, chi theta).

    The branches meet at Om = 1, where they do not agree. Exact (`F_res`): the second term of the first is
    pi tanh(Omega/theta), the logarithm has the coefficient chi/3, and the second branch is chi/(6 Omega^2) for
    Omega >> 1. The arguments broadcast; ValidityError as in `F_res`.
    """
    c, w, t = _arguments(chi, Omega, theta)
    Om = np.maximum(w, c * t)
    below = -c * np.log(np.minimum(Om, 1)) + w / np.maximum(w, t)
    return unpacked(np.where(Om < 1, below, c / Om**2))


def F_rel_asymptotic(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike) -> Array:
    """Eq. 17: (chi/Om) min(theta, 1), Om = max(Omega, chi theta).

    The average of Eq. 12 (`F_rel`) is (pi/8) tanh(1/theta) for Omega << chi theta; for Omega >> chi theta it is
    (pi^2/48) chi theta/Omega if theta << 1 and chi/(6 Omega) if theta >> 1. The arguments broadcast; ValidityError
    as in `F_rel`.
    """
    c, w, t = _arguments(chi, Omega, theta)
    return unpacked(c / np.maximum(w, c * t) * np.minimum(t, 1))


def heat_asymptotic(x: ArrayLike) -> Array:
    """The limits of f(x) in Eq. 8: 1 for x >> 1, x^3/12 for x << 1, taken to meet where they agree, x = 12^(1/3).

    The print has x << 1 beside both; the first is x >> 1. Exact (`heat`): pi^2/6 in place of 1. Any shape;
    ValidityError for an x that is not positive and finite.
    """
    low = np.minimum(positive("x", x, "give E*/T"), 12 ** (1 / 3))  # the cube of a large x would overflow
    return unpacked(np.minimum(low**3 / 12, 1))


def _arguments(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike) -> tuple[Array, Array, Array]:
    return coupling(chi), positive("Omega", Omega, "give omega/E*"), positive("theta", theta, "give 2T/E*")
