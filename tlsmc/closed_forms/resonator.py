"""Loss and frequency shift of a resonator with sharp, saturable defects of a flat band (the standard tunnelling model).

Both in units of the intrinsic loss tangent tan(delta_0), the one at T = 0 and vanishing intensity.

Sources: beyond the paper. W. A. Phillips, Rep. Prog. Phys. 50, 1657 (1987); D. P. Pappas et al., IEEE Trans. Appl.
Supercond. 21, 871 (2011).
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bernoulli, digamma

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import positive, unpacked
from tlsmc.errors import ValidityError

_SERIES_FROM = 8.0  # y beyond which the series is right to rounding, and the digamma form cancels
# Coefficients of y^(-2k) in Re psi(1/2 + iy) - ln y, k = 1, ..., 10: -|B_2k| (1 - 2^(1-2k))/(2k).
_ORDERS = np.arange(2, 21, 2)
_SERIES = -np.abs(bernoulli(20)[_ORDERS]) * (1.0 - 2.0 ** (1.0 - _ORDERS)) / _ORDERS


def loss_tangent(omega_over_T: ArrayLike, intensity: ArrayLike = 0.0) -> Array:
    """Loss over tan(delta_0), tanh(omega/2T)/sqrt(1 + I/I_c), for omega < E*, chi -> 0 and T << omega/chi.

    Parameters
    ----------
    omega_over_T
        omega/T > 0.
    intensity
        I/I_c >= 0.

    Returns
    -------
    ndarray
        tan(delta)/tan(delta_0), 0 to 1.

    Raises
    ------
    ValidityError
        An argument is out of range or not finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.loss_tangent(1.0, [0.0, 3.0]).round(4))
    [0.4621 0.2311]
    """
    x = positive("omega_over_T", omega_over_T, "give hbar omega/(k_B T)")
    power = np.asarray(intensity, dtype=np.float64)
    for worst in power[~((power >= 0.0) & np.isfinite(power))].tolist():
        raise ValidityError(f"intensity = {worst!r} is below 0 or not finite: give I/I_c")
    return unpacked(np.tanh(0.5 * x) / np.sqrt(1.0 + power))


def frequency_shift(omega_over_T: ArrayLike) -> Array:
    """[f(T) - f(0)]/f over tan(delta_0): (1/pi) [Re psi(1/2 + i y) - ln y], y = omega/(2 pi T).

    For omega, T << E* and narrow lines.  It rises as ln(T)/pi for T >> omega, is negative below T = 0.893 omega, lowest
    at 0.441 omega, and -(pi/6) (T/omega)^2 far below.  An intensity changes nothing.

    Parameters
    ----------
    omega_over_T
        omega/T > 0.

    Returns
    -------
    ndarray
        Relative shift over tan(delta_0), with a relative accuracy of 1e-12 away from its zero.

    Raises
    ------
    ValidityError
        omega/T is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.frequency_shift([0.1, 10.0]).round(4))
    [ 0.6936 -0.0057]
    """
    y = np.asarray(positive("omega_over_T", omega_over_T, "give hbar omega/(k_B T)") / (2.0 * math.pi))
    small = y < _SERIES_FROM
    result = np.empty_like(y)
    result[small] = digamma(0.5 + 1j * y[small]).real - np.log(y[small])
    square = y[~small] ** -2.0
    result[~small] = square * np.polynomial.polynomial.polyval(square, _SERIES)
    return unpacked(result / math.pi)
