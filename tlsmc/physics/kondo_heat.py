"""Heat capacity of one Kondo defect: the paper's estimate and the Emery-Kivelson form."""

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array

_SMALLEST = 1e-300
# psi'(1/2 + w) = 1/w + sum_k _SERIES[k] w^(-2k-3): the Bernoulli polynomials B_2(1/2), B_4(1/2), ..., B_20(1/2).
_SERIES = (
    -1 / 12,
    7 / 240,
    -31 / 1344,
    127 / 3840,
    -2555 / 33792,
    1414477 / 5591040,
    -57337 / 49152,
    118518239 / 16711680,
    -5749691557 / 104595456,
    91546277357 / 173015040,
)
# |w| from which ten terms of the series are good to 5e-12 in the whole half-plane Re w >= 0.
_SHIFT = 8


def heat_paper_applies(T_K: Array, Delta: Array, T: Array) -> Array:
    """1 where the paper's heat capacity is defined, Delta^2/T_K < T < T_K, else 0 (text after Eq. 23)."""
    return ((Delta * Delta < T * T_K) & (T < T_K)) * np.float64(1.0)


def heat_paper(T_K: Array, Delta: Array, T: Array) -> Array:
    """Heat capacity (T/T_K) ln(T_K/T) for Delta^2/T_K < T < T_K, 0 elsewhere (text after Eq. 23).

    The paper has << and is silent elsewhere; :func:`heat_paper_applies` marks the range.
    """
    ratio = T / np.maximum(T, T_K)
    return -ratio * np.log(ratio) * heat_paper_applies(T_K, Delta, T)


def trigamma_defect(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Evaluate z - z^2 psi'(1/2 + z) without the cancellation of its two terms at large and small z.

    The recurrence of the trigamma function psi' is telescoped with 1/z = sum_n 1/[(z + n)(z + n + 1)], which leaves
    z^2 {sum_n 1/[4 (z + n)(z + n + 1)(z + n + 1/2)^2] - R(z + N)} with R the asymptotic series of psi'(1/2 + w)
    without its first term.  Error below 5e-12 of the modulus, and below the larger of 1e-11 of the real part and 5e-17.

    Parameters
    ----------
    z
        Complex, Re z >= 0.
    """
    near = 1.0 * (np.abs(z) < _SHIFT)
    total = z / (4.0 * (z + 1.0) * (z + 0.5) ** 2)
    for n in range(1, _SHIFT):
        total = total + z * z / (4.0 * (z + n) * (z + (n + 1.0)) * (z + (n + 0.5)) ** 2)
    # Far out the series alone is exact, and keeps the real part of a nearly imaginary z that the sum would lose.
    u = 1.0 / (z + _SHIFT * near)
    square = u * u
    series = 0.0 * square
    for coefficient in _SERIES[::-1]:
        series = series * square + coefficient
    return near * total - (z * u) ** 2 * u * series


def heat_emery_kivelson(T_K: Array, Delta: Array, T: Array) -> Array:
    """Heat capacity of the two-channel Kondo model at its solvable point (beyond the paper), finite everywhere.

    C = Re sum_(+-) [z - z^2 psi'(1/2 + z)], z = [T_K +- sqrt(T_K^2 - 4 Delta^2)]/(4 pi T).  T_K -> 0 gives the
    Schottky form with E = Delta; for Delta << T_K the entropy falls from ln 2 to (1/2) ln 2 at T_K and to 0 at
    Delta^2/T_K.
    """
    x, y = T_K / T, Delta / T
    discriminant = (x - 2.0 * y) * (x + 2.0 * y)
    root = np.sqrt(np.abs(discriminant))
    split = 1.0 * (discriminant > 0.0)
    # The smaller real root by the product of the roots: the difference would lose Delta << T_K.
    smaller = split * (4.0 * y * y / np.maximum(x + root, _SMALLEST)) + (1.0 - split) * x
    larger = x + split * root
    width = (1.0 - split) * root
    scale = 0.25 / np.pi + 0.0j
    upper = trigamma_defect((larger + 1j * width) * scale)
    lower = trigamma_defect((smaller - 1j * width) * scale)
    return np.real(upper) + np.real(lower)


#: Heat capacities by their name in a spec; the first is the default.
HEATS = {"paper": heat_paper, "emery-kivelson": heat_emery_kivelson}
