"""Relaxation of a defect in a given time: exact, and the energy balance of a step of temperature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from tests.physics.formulas import (
    assert_accurate,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import measurement_time
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.thermal import population_difference, specific_heat


def _occupation(E, T):
    return 1 / (1 + mp.exp(mp.mpf(float(E)) / mp.mpf(float(T))))


def test_exact_relaxation():
    rate, t = log_uniform("rate", 1e-6, 1e6, 300), log_uniform("t", 1e-6, 1e-4, 300)
    exact = [mp.mpf(float(r)) * mp.mpf(float(s)) for r, s in zip(rate, t, strict=True)]
    # The rounding of rate x t, up to 100, is magnified by the exponential.
    assert_accurate(measurement_time.relaxed_fraction(rate, t), [1 - mp.exp(-x) for x in exact])
    values = [mp.mpf(float(r)) * mp.exp(-x) for r, x in zip(rate, exact, strict=True)]
    assert_accurate(measurement_time.release_rate(rate, t), values, rtol=3e-14)


@pytest.mark.parametrize("ratio", [1e-3, 0.5, 1.0 - 1e-12, 1.0 + 1e-9, 1.1, 1e3])
def test_exact_excess_energy(ratio):
    bath = log_uniform("bath", 1e-3, 1e3, 100)
    start, E = ratio * bath, bath * log_uniform("E/T", 1e-9, 300.0, 100)
    exact = [mp.mpf(float(e)) * (_occupation(e, a) - _occupation(e, b)) for e, a, b in zip(E, start, bath, strict=True)]
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        values = measurement_time.excess_energy(E, start, bath)
    # E/T is rounded to an ulp: of 300 in the exponential, and relative to the difference of the two.
    rounding = 1e-15 * (1.0 + float(np.max(E / np.minimum(start, bath))) + 2.0 / abs(ratio - 1.0))
    assert_accurate(values, exact, rtol=rounding)


def test_no_step_no_heat_and_a_colder_start_takes_heat_up():
    E = log_uniform("E", 1e-6, 1e3, 50)
    assert (measurement_time.excess_energy(E, 0.3, 0.3) == 0.0).all()
    warm, cold = measurement_time.excess_energy(E, 0.7, 0.3), measurement_time.excess_energy(E, 0.3, 0.7)
    assert (warm >= 0.0).all()
    np.testing.assert_allclose(cold, -warm, rtol=1e-15)


def test_a_small_step_is_the_specific_heat():
    E, T, step = log_uniform("E", 1e-3, 10.0, 50), 0.4, 1e-6
    heat = measurement_time.excess_energy(E, T + step, T - step) / (2.0 * step)
    np.testing.assert_allclose(heat, specific_heat(E, T), rtol=1e-8)


@pytest.mark.parametrize("rate", [0.3, 20.0])
def test_all_of_the_excess_is_released_in_the_end(rate):
    total, _ = integrate.quad(lambda t: measurement_time.release_rate(rate, t), 0.0, np.inf, epsabs=1e-13)
    assert total == near(1.0, rel=1e-10)
    early, _ = integrate.quad(lambda t: measurement_time.release_rate(rate, t), 0.0, 0.1, epsabs=1e-14)
    assert early == near(measurement_time.relaxed_fraction(rate, 0.1), rel=1e-12)


@pytest.mark.parametrize("T", [1e-3, 0.7])
def test_fastest_rate_is_that_of_a_defect_at_2T(T):
    Gamma = linewidth(2.0 * T, 1.0, population_difference(2.0 * T, T), 0.2)
    assert measurement_time.fastest_rate(T, 0.2) == near(relaxation_rate(Gamma), rel=1e-14)
