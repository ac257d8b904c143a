"""The attenuation for fits: half of the nodes of :mod:`tlsmc.closed_forms.attenuation`, in half of the time.

A panel of half-width h and n nodes has a relative error of about rho^(-2n), rho = a + sqrt(1 + a^2), a = pi/(2h).
Eight nodes in place of sixteen give 5e-8; over the whole range of validity the largest error found is 1.2e-8 of F_res
and 7e-8 of F_rel.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._gauss import Resolution
from tlsmc.closed_forms.attenuation import _RELAXATION, _RESONANT, _relaxation, _resonant

#: Relative error that these functions stay below.
ACCURACY = 1e-7

_COARSE = Resolution(width=2.5, order=8)


def quick_F_res(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, lineshape: str, drive: str, p_min: float) -> Array:
    """:func:`tlsmc.closed_forms.F_res` with a relative error below :data:`ACCURACY` (Eq. 15)."""
    return _RESONANT[drive] * _resonant(chi, Omega, theta, lineshape == "bloch", p_min, _COARSE)


def quick_F_rel(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, drive: str, p_min: float) -> Array:
    """:func:`tlsmc.closed_forms.F_rel` with a relative error below :data:`ACCURACY` (average of Eq. 12)."""
    return _RELAXATION[drive] * _relaxation(chi, Omega, theta, p_min, _COARSE)
