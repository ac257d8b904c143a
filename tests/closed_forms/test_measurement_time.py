"""The time in the specific heat, and heat release: two-dimensional integrals, limits, and the logarithm."""

import mpmath as mp
import numpy as np
import pytest

from tests.closed_forms import oracles
from tlsmc.closed_forms import heat, heat_release, heat_release_law, time_logarithm, timed_heat
from tlsmc.closed_forms.measurement_time import relaxed_defects
from tlsmc.errors import ValidityError

COTH1 = 1.0 / np.tanh(1.0)


def _panels(f, end, width):
    n = int(mp.ceil(end / width))
    return mp.quad(f, [end * i / n for i in range(n + 1)], method="gauss-legendre", maxdegree=4)


def relaxed(s, p_min):
    """int du [1 - exp(-s sech^2 u)] as it stands; p = sech^2 u down to p_min."""
    end = mp.atanh(mp.sqrt(1 - p_min)) if p_min else mp.log(4 * s + 1) / 2 + 25
    return _panels(lambda u: -mp.expm1(-s * mp.sech(u) ** 2), end, mp.mpf(1))


def _depths(s, p_min):
    """Nodes p = sech^2 u and weights du down to p_min, or to where nothing has relaxed after ``s``."""
    end = oracles.depth(p_min) if p_min else np.log(4.0 * s + 1.0) / 2.0 + 18.0
    u, du = oracles.panels(np.linspace(0.0, end, 2 + int(end)))
    return np.cosh(u) ** -2.0, du


@pytest.mark.parametrize("p_min", [0.0, 1e-12, 1e-3, 0.3, 0.9, 0.99])
def test_number_of_relaxed_defects_by_mpmath(p_min):
    s = np.array([1e-9, 0.1, 3.0, 45.0, 49.9, 50.1, 70.0, 1e3, 1e6, 1e12])
    with mp.workdps(30):
        exact = [float(relaxed(mp.mpf(float(value)), mp.mpf(p_min))) for value in s]
    np.testing.assert_allclose(relaxed_defects(s, p_min), exact, rtol=5e-15)


@pytest.mark.parametrize(
    ("x", "s", "p_min"), [(0.1, 3.0, 1e-6), (2.0, 100.0, 1e-3), (1.0, 1e-5, 0.0), (30.0, 1e9, 1e-12)]
)
def test_timed_heat_by_a_product_rule(x, s, p_min):
    y, dy = oracles.panels(np.linspace(0.0, min(x / 2, 25.0), 8))
    p, du = _depths(s * 30.0, p_min)
    exact = 2.0 * dy @ ((y / np.cosh(y)) ** 2 * (-np.expm1(-np.outer(s * y / np.tanh(y), p)) @ du))
    assert timed_heat(x, s, p_min) == pytest.approx(exact, rel=1e-12, abs=0.0)


@pytest.mark.parametrize(
    ("start", "bath", "s", "p_min"),
    [
        (0.2, 0.1, 3.0, 1e-6),
        (0.03, 0.02, 1e6, 1e-12),
        (2.0, 0.5, 50.0, 0.1),
        (0.1, 0.3, 1e-3, 1e-3),
        (0.2, 0.03, 1e4, 0.0),
    ],
)
def test_heat_release_by_a_product_rule(start, bath, s, p_min):
    end = min(1.0, 45.0 * max(start, bath))
    x, dx = oracles.panels(np.linspace(0.0, end, 2 + int(end / (6.0 * min(start, bath, end)))))
    p, du = _depths(s * 30.0, p_min)
    age = np.outer(s * x / (2.0 * bath) / np.tanh(x / (2.0 * bath)), p)
    excess = 1.0 / (1.0 + np.exp(x / start)) - 1.0 / (1.0 + np.exp(x / bath))
    exact = dx @ (x * excess * ((age * np.exp(-age)) @ du))
    assert heat_release(start, bath, s, p_min) == pytest.approx(exact, rel=1e-11, abs=0.0)


def test_in_the_end_all_defects_have_taken_up_their_heat():
    x, p_min = np.geomspace(0.01, 1e3, 9), 1e-6
    full = (np.log1p(np.sqrt(1.0 - p_min)) - 0.5 * np.log(p_min)) * heat(x)  # artanh of sqrt(1 - p_min)
    np.testing.assert_allclose(timed_heat(x, 1e9, p_min), full, rtol=1e-13)
    assert (timed_heat(x, 1e5, p_min) < full).all()


def test_at_first_the_heat_grows_with_the_time():
    # int p du = sqrt(1 - p_min), and the mean of y coth y with the weight of the specific heat.
    y, weight = np.polynomial.legendre.leggauss(40)
    y, weight = 10.0 * (y + 1.0), 10.0 * weight * 2.0
    rate = (weight * (y / np.cosh(y)) ** 2 * y / np.tanh(y)).sum()
    assert timed_heat(40.0, 1e-9, 0.19) == pytest.approx(0.9 * 1e-9 * rate, rel=1e-8)


def test_the_logarithm_of_the_time_is_half_of_the_papers():
    t = np.geomspace(1e3, 1e9, 7)
    L = timed_heat(1e3, t / COTH1, 0.0) / heat(1e3)
    # The first correction is the share 1/(4 s) of defects that have not relaxed although their p is near 1.
    np.testing.assert_allclose(L - time_logarithm(t), -0.25 / (t / COTH1), rtol=0.5, atol=1e-13)
    np.testing.assert_allclose(np.diff(L) / np.diff(np.log(t)), 0.5, rtol=2e-4)
    assert time_logarithm(1e9) / np.log(1e9) == pytest.approx(0.554, abs=1e-3)


def test_the_offset_of_the_logarithm_by_mpmath():
    def weight(y):
        return (y * mp.sech(y)) ** 2

    cuts = [mp.mpf(0), 1, 2, 4, 8, 16, 30]
    mean = mp.quad(lambda y: weight(y) * mp.log(y * mp.coth(y) if y else mp.mpf(1)), cuts) / mp.quad(weight, cuts)
    offset = mp.euler / 2 + (mean - mp.log(mp.coth(1))) / 2
    assert time_logarithm(0.25) == pytest.approx(float(offset), rel=1e-14)


@pytest.mark.parametrize(("start", "bath"), [(0.1, 0.02), (0.02, 0.1), (0.05, 0.0499), (0.1, 1e-4)])
def test_the_law_one_over_t_and_where_it_holds(start, bath):
    law = heat_release_law(start, bath)
    assert law == pytest.approx(np.pi**2 / 24 * (start**2 - bath**2), rel=1e-12)
    # s counts the fastest T1 in the bath, 25 of them give two per cent; the slowest end it.
    for s in (25.0, 1e3, 1e6):
        slowest = 0.02 * bath / (2.0 * max(start, bath) * s)
        assert heat_release(start, bath, s, slowest) == pytest.approx(law, rel=0.02)
    assert heat_release(start, bath, 1e8, 0.0) == pytest.approx(law, rel=0.002)
    assert abs(heat_release(start, bath, 1e-2, 0.0) / law) < 0.5 * max(1.0, start / bath) * 0.1
    assert abs(heat_release(start, bath, 1e8, 1e-6) / law) < 1e-3


def test_the_end_of_the_band_weakens_the_law():
    # T = E*/8 is the hottest start for which the law holds to two per cent.
    assert heat_release(1 / 8, 1e-3, 1e9) / heat_release_law(1 / 8, 1e-3) == pytest.approx(0.996, abs=3e-3)
    assert heat_release(1.0, 1e-3, 1e9) < 0.5 * heat_release_law(1.0, 1e-3)


def test_all_of_the_heat_comes_out():
    start, bath, p_min = 0.3, 0.1, 1e-3
    v = np.linspace(np.log(1e-6), np.log(1e6), 4001)
    # t dQ/dt over ln t is the heat itself.
    total = np.trapezoid(heat_release(start, bath, np.exp(v), p_min), v)
    x, dx = np.polynomial.legendre.leggauss(60)
    x, dx = 0.5 * (x + 1.0), 0.5 * dx
    excess = x * (1.0 / (1.0 + np.exp(x / start)) - 1.0 / (1.0 + np.exp(x / bath)))
    assert total == pytest.approx(np.arctanh(np.sqrt(1.0 - p_min)) * (excess * dx).sum(), rel=1e-5)


def test_shapes():
    x, s = np.ones((2, 1)), np.ones(3)
    assert timed_heat(x, s).shape == heat_release(x, 2.0, s).shape == (2, 3)
    assert isinstance(timed_heat(1, 1), np.float64)
    assert isinstance(heat_release(1, 2, 1), np.float64)
    assert isinstance(heat_release_law(1, 2), np.float64)
    many = np.geomspace(1e-3, 1e3, 700)
    assert timed_heat(1.0, many)[333] == timed_heat(1.0, many[333])


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_refusals(bad):
    for call in (
        lambda: timed_heat(bad, 1.0),
        lambda: timed_heat(1.0, bad),
        lambda: heat_release(bad, 1.0, 1.0),
        lambda: heat_release(1.0, bad, 1.0),
        lambda: heat_release(1.0, 2.0, bad),
        lambda: heat_release_law(bad, 1.0),
        lambda: time_logarithm(bad),
    ):
        with pytest.raises(ValidityError, match="positive"):
            call()
    with pytest.raises(ValidityError, match="p_min"):
        timed_heat(1.0, 1.0, 1.0)
