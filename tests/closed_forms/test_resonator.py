"""Loss and frequency shift of sharp lines: the integrals behind them, mpmath, and limits."""

import mpmath as mp
import numpy as np
import pytest

from tlsmc.closed_forms import frequency_shift, loss_tangent
from tlsmc.errors import ValidityError


@pytest.mark.parametrize("y", [1e-6, 0.05, 0.3, 2.0, 7.9, 8.0, 8.1, 20.0, 1e5])
def test_digamma_by_mpmath(y):
    with mp.workdps(40):
        exact = (mp.re(mp.digamma(mp.mpf(0.5) + 1j * mp.mpf(y))) - mp.log(mp.mpf(y))) / mp.pi
    assert frequency_shift(2.0 * np.pi * y) == pytest.approx(float(exact), rel=1e-12, abs=0.0)


@pytest.mark.parametrize("x", [0.2, 1.0, 6.0])
def test_shift_is_the_principal_value_over_sharp_lines(x):
    """-(1/2 pi) P int (tanh(E/2T) - 1) 2E/(E^2 - omega^2) dE, with what is singular taken out."""
    with mp.workdps(25):
        w = mp.mpf(x)

        def f(E):
            return (mp.tanh(E / 2) - 1) * 2 * E / (E + w)

        top = mp.mpf(60) + 2 * w
        slope = mp.diff(f, w)
        inner = mp.quad(
            lambda E: (f(E) - f(w)) / (E - w) if abs(E - w) > mp.mpf(10) ** -8 else slope, [0, w / 2, w, 2 * w]
        )
        # P int of 1/(E - w) over (0, 2w) vanishes.
        outer = mp.quad(lambda E: f(E) / (E - w), [2 * w, 2 * w + 5, 2 * w + 20, top])
        exact = -(inner + outer) / (2 * mp.pi)
    assert frequency_shift(x) == pytest.approx(float(exact), rel=1e-10)


def test_limits_of_the_shift():
    cold, hot = np.geomspace(1e3, 1e6, 5), np.geomspace(1e-6, 1e-3, 5)
    np.testing.assert_allclose(frequency_shift(cold), -np.pi / 6.0 / cold**2, rtol=1e-4)
    # -gamma - 2 ln 2 - ln y for T >> omega.
    logarithm = -np.euler_gamma - 2.0 * np.log(2.0) - np.log(hot / (2.0 * np.pi))
    np.testing.assert_allclose(frequency_shift(hot), logarithm / np.pi, rtol=1e-6)


def test_where_the_shift_is_lowest_and_where_it_vanishes():
    T = np.linspace(0.05, 2.0, 39_001)
    shift = frequency_shift(1.0 / T)
    assert T[np.argmin(shift)] == pytest.approx(0.441, abs=1e-3)
    assert T[shift < 0.0].max() == pytest.approx(0.893, abs=1e-3)


def test_loss():
    x, power = np.geomspace(1e-6, 1e3, 9)[:, None], np.array([0.0, 3.0])
    np.testing.assert_allclose(loss_tangent(x, power), np.tanh(x / 2.0) * np.array([1.0, 0.5]), rtol=1e-15)
    assert loss_tangent(1e-3) == pytest.approx(5e-4, rel=1e-6)
    assert isinstance(loss_tangent(1), np.float64)
    assert isinstance(frequency_shift(1), np.float64)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_refusals(bad):
    for function in (loss_tangent, frequency_shift):
        with pytest.raises(ValidityError, match="omega_over_T"):
            function(bad)
    if bad != 0.0:
        with pytest.raises(ValidityError, match="intensity"):
            loss_tangent(1.0, [0.5, bad])
