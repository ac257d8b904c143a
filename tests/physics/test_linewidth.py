"""Eq. 11: the linewidth, against exact values and against Fermi's golden rule for the electrons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from tests.physics.formulas import (
    PROPERTY,
    assert_accurate,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import linewidth
from tlsmc.physics.thermal import population_difference

fractions = st.floats(1e-30, 1.0)
sections = st.floats(1e-6, 1.0)
exponents = st.floats(1e-12, 1e4)


def Gamma(E, p, T, chi):
    return linewidth.linewidth(E, p, population_difference(E, T), chi)


def test_exact():
    T = log_uniform("T", 1e-3, 1e3, 400)
    E = T * log_uniform("E/T", 1e-12, 1e4, 400)
    p, chi = log_uniform("p", 1e-30, 1.0, 400), log_uniform("chi", 1e-6, 1.0, 400)
    with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
        values = Gamma(E, p, T, chi)
    exact = []
    for point in zip(E, p, T, chi, strict=True):
        e, f, t, c = map(mp.mpf, map(float, point))
        exact.append(c * f * e / (2 * mp.tanh(e / (2 * t))))
    assert_accurate(values, exact)
    assert_accurate(linewidth.relaxation_rate(values), [2 * g for g in exact])


@pytest.mark.parametrize("u", [0.01, 1.0, 30.0])
def test_population_rate_from_the_golden_rule(u):
    # Up: electrons give E, integral of f(e) [1 - f(e - E)]; down: they take it, f(e) [1 - f(e + E)]; here T = 1.
    def both(energy):
        return special.expit(-energy) * (special.expit(energy - u) + special.expit(energy + u))

    rate, error = integrate.quad(both, -60.0 - u, 60.0 + u, points=[-u, 0.0, u], epsrel=1e-11, limit=200)
    assert error < 1e-8 * rate
    assert linewidth.relaxation_rate(Gamma(u, 0.3, 1.0, 0.02)) == near(0.02 * 0.3 * rate, rel=1e-10)


@given(u=exponents, p=fractions, chi=sections, power=st.integers(-60, 60))
@PROPERTY
def test_scaling_of_energies(u, p, chi, power):
    scale = 2.0**power  # exact in floating point
    assert Gamma(scale * u, p, scale, chi) == scale * Gamma(u, p, 1.0, chi)


@given(u=exponents, p=fractions, chi=sections, factor=st.floats(1.0, 100.0))
@PROPERTY
def test_monotonic(u, p, chi, factor):
    # A wider splitting, a higher temperature, more tunnelling or a larger cross-section: a larger rate.
    rate = Gamma(u, p, 1.0, chi) * (1.0 - 1e-15)
    assert Gamma(factor * u, p, 1.0, chi) >= rate
    assert Gamma(u, p, factor, chi) >= rate
    assert Gamma(u, factor * p, 1.0, chi) >= rate
    assert Gamma(u, p, 1.0, factor * chi) >= rate


@given(u=exponents, p=fractions, chi=sections)
@PROPERTY
def test_limits_of_temperature(u, p, chi):
    # Korringa's chi p T at E << T, spontaneous chi p E/2 at T = 0: a lower bound and, summed, an upper one.
    rate = Gamma(u, p, 1.0, chi)
    assert rate >= max(chi * p, 0.5 * chi * p * u) * (1.0 - 1e-15)
    assert rate <= chi * p * (1.0 + 0.5 * u) * (1.0 + 1e-15)


@given(u=exponents, p=fractions, chi=sections)
@PROPERTY
def test_overdamped(u, p, chi):
    # Gamma > E is chi p > 2 tanh(E/2T), i.e. T above about E/(chi p).
    flag = linewidth.overdamped(u, Gamma(u, p, 1.0, chi))
    excess = 0.5 * chi * p / float(np.tanh(0.5 * u)) - 1.0
    assert flag == (excess > 0.0) or abs(excess) < 1e-14
    assert flag in (0.0, 1.0)


def test_overdamped_is_strict_and_counts():
    flags = linewidth.overdamped(np.ones(3), np.array([np.nextafter(1.0, 0.0), 1.0, np.nextafter(1.0, 2.0)]))
    assert flags.tolist() == [0.0, 0.0, 1.0]
    assert linewidth.overdamped(1.0, 2.0) == 1.0
