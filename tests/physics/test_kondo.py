"""Cross-section (Eq. 21), relaxation rate and sound absorption of one Kondo defect."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsmc.physics import kondo

EXTREME = np.array([0.0, 1e-300, 1e-12, 0.3, 1 / math.e, 1 - 1e-16, 1.0, 1 + 1e-15, 2.0, math.pi, 1e6, 1e100, 1e300])
X, Y = (a.ravel() for a in np.meshgrid(EXTREME, EXTREME))
positive = st.floats(1e-8, 1e8)


def eq21(x: float, y: float) -> float:
    """Eq. 21 read off the page, one branch after the other."""
    if x > 1 and y * y < x:
        return 1.0
    if x > 1 and x < y * y < x * x:
        return x**2 / y**4
    logarithm = math.log(max(1 / x, y / x))
    return (logarithm * max(1.0, y * logarithm)) ** -2


@given(positive, positive)
def test_literal_is_equation_21(x, y):
    # Away from l = 0, where both sides lose digits of the logarithm, and from the border y^2 = x, where << decides.
    if abs(math.log(max(1.0, y) / x)) > 1e-6 and abs(y * y / x - 1) > 1e-9:
        assert float(kondo.cross_section_literal(np.float64(x), np.float64(y))) == pytest.approx(eq21(x, y), rel=1e-9)


@given(positive, positive)
def test_unitary_is_the_literal_one_capped_at_1(x, y):
    arguments = np.float64(x), np.float64(y)
    expected = min(1.0, float(kondo.cross_section_literal(*arguments)))
    assert float(kondo.cross_section_unitary(*arguments)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", ["unitary", "smooth"])
def test_finite_cross_sections_stay_between_0_and_1_everywhere(name):
    values = kondo.CROSS_SECTIONS[name](X, Y)
    assert np.isfinite(values).all()
    assert (values >= 0.0).all()
    assert (values <= 1.0).all()
    assert (values[X == 0.0] == 0.0).all()


def test_literal_is_infinite_exactly_where_the_logarithm_is_0():
    values = kondo.cross_section_literal(X, Y)
    no_logarithm = (np.maximum(Y, 1.0) == X) & (X >= 1.0)
    # x = y > 1 from below belongs to the second branch only where y < x.
    assert not np.isnan(values).any()
    np.testing.assert_array_equal(np.isinf(values), no_logarithm)


def test_literal_diverges_as_the_square_of_the_logarithm_on_both_sides_of_its_border():
    step = np.array([1e-3, 1e-5, 1e-7])
    np.testing.assert_allclose(kondo.cross_section_literal(1.0 - step, 0.0 * step) * step**2, 1.0, rtol=2e-3)
    # y = 1e4 (1 + step) lies above y l = 1 for the first step only: l^-4/y^2 there, l^-2 for the others.
    above = kondo.cross_section_literal(1e4 + 0.0 * step, 1e4 * (1.0 + step))
    np.testing.assert_allclose(above * step**2 * np.maximum(1.0, 1e4 * step) ** 2, 1.0, rtol=4e-3)


def test_unitary_is_continuous_but_for_the_step_at_the_unitary_wedge():
    y = np.geomspace(1e-3, 1e3, 61)
    below, above = 1.0 - 1e-9, 1.0 + 1e-9
    for x in (y**2, 1.0 + 0.0 * y[y < 1.0], np.full(61, 1 / math.e)):
        splitting = y[: x.size]
        low, high = (kondo.cross_section_unitary(x * side, splitting) for side in (below, above))
        np.testing.assert_allclose(low, high, rtol=1e-7)
    # On y = x the second branch ends at y^-2 and the third one starts at the cap.
    at = np.array([10.0])
    np.testing.assert_allclose(kondo.cross_section_unitary(at * above, at), 1e-2, rtol=1e-7)
    assert kondo.cross_section_unitary(at * below, at) == 1.0


def smooth(x: float, y: float) -> mp.mpf:
    x, y = mp.mpf(x), mp.mpf(y)
    A = 3 * mp.pi**2 / 4

    def unpolarised(v):
        return A / (A + mp.log(v) ** 2) if v < 1 else mp.mpf(1)

    high = 1 / (1 + y**4 / max(x, 1) ** 2)
    s = y / mp.sinh(y)
    low = unpolarised(x) * s + (1 - s) * unpolarised(x / max(y, 1)) ** 2 / (1 + y**2)
    w = x**2 / (1 + x**2)
    return w * high + (1 - w) * low


def test_smooth_cross_section_against_arbitrary_precision():
    grid = np.geomspace(1e-6, 1e6, 13) * 1.3
    x, y = (a.ravel() for a in np.meshgrid(grid, grid))
    with mp.workdps(40):
        expected = [float(smooth(a, b)) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(kondo.cross_section_smooth(x, y), expected, rtol=1e-13)


def test_rate_is_the_larger_of_korringa_and_kondo_and_never_exceeds_T_above_T_K():
    T = np.append(np.geomspace(1e-3, 0.99, 200), np.geomspace(1.01, 1e6, 200))
    rate = kondo.kondo_linewidth(1.0, T)
    printed = np.maximum(T / np.log(T) ** 2, 1.0)
    warm = np.log(T) > 1.0
    np.testing.assert_allclose(rate[warm], printed[warm], rtol=1e-13)
    np.testing.assert_array_equal(rate[T <= 1.0], 1.0)
    assert (rate <= np.maximum(T, 1.0)).all()
    assert (rate[~warm & (T > 1.0)] == T[~warm & (T > 1.0)]).all()


def test_rate_at_T_K_and_without_kondo_effect():
    assert kondo.kondo_linewidth(np.float64(2.0), np.float64(2.0)) == 2.0
    assert kondo.kondo_linewidth(np.float64(0.0), np.float64(2.0)) == 0.0


def test_power_is_equation_12_with_p_0():
    omega, T_K, Delta, T, a = 0.2, np.array([0.0, 1e-3, 0.4, 5.0]), np.array([0.3, 0.0, 2.0, 0.7]), 0.9, 1.7
    rate = np.array([0.0, T / np.log(T / 1e-3) ** 2, T, 5.0])
    rate[2] = max(T / max(1.0, np.log(T / 0.4) ** 2), 0.4)
    shape = 2 * rate / (omega**2 + (2 * rate) ** 2)
    expected = omega * a**2 / 2 * omega / (4 * T * np.cosh(Delta / (2 * T)) ** 2) * shape
    np.testing.assert_allclose(kondo.kondo_relaxation_power(omega, T_K, Delta, T, a), expected, rtol=1e-13)


def test_power_above_T_K_grows_with_the_logarithm_where_printed_equation_24_falls():
    T = np.array([1e2, 1e3, 1e4])
    omega, Delta = 1e-6, np.zeros(3)
    power = kondo.kondo_relaxation_power(omega, 1.0, Delta, T)
    np.testing.assert_allclose(power, omega**2 * np.log(T) ** 2 / (16 * T**2), rtol=1e-10)


def test_power_is_finite_for_extreme_defects():
    values = kondo.kondo_relaxation_power(1e-6, X[X < 1e200], Y[X < 1e200], 1.0)
    assert np.isfinite(values).all()
    assert (values >= 0.0).all()
