"""Kondo defects: inelastic cross-section, relaxation rate and sound absorption (Eqs. 20, 21 and 24).

A defect has a Kondo temperature T_K and a splitting Delta; x = T_K/T and y = Delta/T.  The paper gives the
cross-section up to numerical factors, with << and >> between its regimes: here they are read as < and >.
"""

import numpy as np

from tlsmc.physics.absorption import relaxation_power
from tlsmc.physics.defect import Real
from tlsmc.physics.linewidth import relaxation_rate
from tlsmc.physics.thermal import golden_rule_weight, thermal_susceptibility

# Bounds that keep the powers of extreme x and y finite; every chi~ beyond them is below 1e-5 or at its limit.
_SMALLEST = 1e-300
_LARGEST = 1e75
# 3 pi^2/4: the cross-section A/(A + ln^2) of the parquet summation, unitary at T = T_K.
_PARQUET = 0.75 * np.pi**2


def log_ratio(numerator: Real, denominator: Real) -> Real:
    """ln(numerator/denominator), exactly 0 for equal arguments.

    Parameters
    ----------
    numerator, denominator
        Non-negative; a denominator of 0 counts as 1e-300 numerators.
    """
    return np.log(numerator / np.maximum(denominator, _SMALLEST * numerator))


def _weak_argument(x: Real, y: Real) -> Real:
    """Third branch of Eq. 21 to the power -1/2: l max(1, y l) with l = ln max(1/x, y/x) >= 0."""
    logarithm: Real = np.maximum(log_ratio(np.maximum(y, 1.0), x), 0.0)
    return logarithm * np.maximum(1.0, np.minimum(y, _LARGEST) * logarithm)


def _is_developed(x: Real, y: Real) -> Real:
    """Whether x > 1 and y < x, the first two branches of Eq. 21."""
    return (x > 1.0) & (y < x)


def _plateau(x: Real, y: Real) -> Real:
    """First two branches of Eq. 21: the square of x/y^2, or 1 where that is larger."""
    y = np.minimum(y, _LARGEST)
    return (x / np.maximum(y * y, np.maximum(x, 1.0))) ** 2


def cross_section_literal(x: Real, y: Real) -> Real:
    """chi~(x, y) of Eq. 21 as printed, with << and >> read as < and >; infinite at l = 0.

    Its third branch diverges like l^(-2) as x -> 1 or y -> x from outside, so that no average over T_K and Delta
    exists.  It shows that tail: :func:`cross_section_unitary` is what the paper means.
    """
    weak = _weak_argument(x, y)
    tail = np.where(weak > 0.0, np.maximum(weak, 1e-150) ** -2.0, np.inf)
    # At x = 0 the logarithm is infinite and chi~ is 0.
    return np.where(_is_developed(x, y), _plateau(x, y), tail) * np.where(x > 0.0, 1.0, 0.0)


def cross_section_unitary(x: Real, y: Real) -> Real:
    """chi~(x, y) of Eq. 21 capped at 1, the unitary limit that the paper sets for T < T_K (before Eq. 19)."""
    # The branches are added with weights 0 and 1 and not chosen by np.where, which allocates in compiled loops.
    developed = _is_developed(x, y)
    weak: Real = np.maximum(_weak_argument(x, y), 1.0)
    return (_plateau(x, y) * developed + (1.0 - developed) / (weak * weak)) * (x > 0.0)


def _unpolarised(x: Real) -> Real:
    """S0(x) = A/(A + ln^2 x) for x < 1, else 1: cross-section at Delta = 0."""
    logarithm = np.maximum(log_ratio(1.0 + 0.0 * x, x), 0.0)
    return _PARQUET / (_PARQUET + logarithm * logarithm)


def cross_section_smooth(x: Real, y: Real) -> Real:
    """Interpolation of Eq. 21 that is finite without a cap (beyond the paper).

    chi~ = w hi + (1 - w) lo with w = x^2/(1 + x^2), hi = 1/(1 + y^4/max(x, 1)^2),
    lo = S0(x) s + (1 - s) S0(x/max(y, 1))^2/(1 + y^2), s = y/sinh y, S0 = A/(A + ln^2 x) below x = 1, A = 3 pi^2/4.
    """
    x, y = np.minimum(x, _LARGEST), np.minimum(y, _LARGEST)
    square = y * y
    high = 1.0 / (1.0 + (square / np.maximum(x, 1.0)) ** 2)
    weight = golden_rule_weight(np.maximum(y, _SMALLEST), 1.0 + 0.0 * y)
    low = _unpolarised(x) * weight + (1.0 - weight) * _unpolarised(x / np.maximum(y, 1.0)) ** 2 / (1.0 + square)
    return (x * x * high + low) / (1.0 + x * x) * (x > 0.0)


#: Cross-sections by their name in a spec; the first is the default.
CROSS_SECTIONS = {
    "unitary": cross_section_unitary,
    "literal": cross_section_literal,
    "smooth": cross_section_smooth,
}


def kondo_linewidth(T_K: Real, T: Real) -> Real:
    """Gamma = max{T/ln^2(T/T_K), T_K} of a Kondo defect, with T/ln^2 capped at T (before Eq. 24).

    The printed rate diverges at T = T_K; the cap |ln| >= 1 joins the branches there at Gamma = T = T_K.  Valid for
    min{Delta, Delta^2/T_K} << T.  The paper puts it for the Gamma of Eq. 11: 1/T1 = 2 Gamma.
    """
    logarithm = log_ratio(T, T_K)
    # T_K = 0 is a defect that does not relax: the floor inside the logarithm must not give it a rate.
    return np.maximum(T / np.maximum(logarithm * logarithm, 1.0), T_K) * (T_K > 0.0)


def kondo_relaxation_power(omega: Real, T_K: Real, Delta: Real, T: Real, a: float = 1.0) -> Real:
    """Power lost to relaxation by a Kondo defect: Eq. 12 with p = 0, E = Delta and :func:`kondo_linewidth`.

    (omega a^2/2) omega/(4T cosh^2(Delta/2T)) 2 Gamma/(omega^2 + 4 Gamma^2), in the paper's convention of the drive
    amplitude; the second entries of :data:`tlsmc.physics.absorption.DRIVES` are the factors of the others.

    Printed Eq. 24 for T > T_K, proportional to ln^(-2)(T/T_K), does not follow from it: omega << Gamma gives
    a^2 omega^2 ln^2(T/T_K)/(16 T^2) per defect.
    """
    strength = 0.25 * thermal_susceptibility(Delta, T) / T
    return relaxation_power(omega, strength, relaxation_rate(kondo_linewidth(T_K, T)), a)
