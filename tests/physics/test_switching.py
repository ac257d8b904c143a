"""Telegraph noise: occupation, rates and spectra, against exact values, sums over aliases and the absorption."""

from __future__ import annotations

import numpy as np
import pytest

from tests.physics.formulas import (
    ROUNDING,
    assert_accurate,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import switching
from tlsmc.physics.absorption import DRIVES, relaxation_power, relaxation_strength
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.thermal import population_difference, thermal_susceptibility


def test_occupation_and_rates_are_exact():
    u, rate = log_uniform("u", 1e-12, 600.0, 300), log_uniform("rate", 1e-30, 1e3, 300)
    occupation = [1 / (1 + mp.exp(x)) for x in map(mp.mpf, map(float, u))]
    assert_accurate(switching.upper_occupation(u, 1.0), occupation)
    up, down = switching.switching_rates(rate, u, 1.0)
    exact = list(zip(map(mp.mpf, map(float, rate)), occupation, strict=True))
    assert_accurate(up, [r * n for r, n in exact])
    assert_accurate(down, [r * (1 - n) for r, n in exact])


def test_rates_are_the_relaxation_rate_in_detailed_balance():
    E, T = log_uniform("E", 1e-6, 30.0, 200), log_uniform("T", 0.1, 10.0, 200)
    rate = relaxation_rate(linewidth(E, 0.2, population_difference(E, T), 0.03))
    up, down = switching.switching_rates(rate, E, T)
    np.testing.assert_allclose(up + down, rate, rtol=ROUNDING)
    np.testing.assert_allclose(up, down * np.exp(-E / T), rtol=ROUNDING)
    # The occupation is where the two flows balance.
    n = switching.upper_occupation(E, T)
    np.testing.assert_allclose(n * down, (1.0 - n) * up, rtol=1e-12)


def test_variance_is_that_of_the_two_levels():
    v, q, u = log_uniform("v", 0.1, 10.0, 50), log_uniform("q", 1e-6, 1.0, 50), log_uniform("levels", 1e-3, 8.0, 50)
    n, amplitude = switching.upper_occupation(u, 1.0), switching.telegraph_amplitude(v, q)
    mean = amplitude * (2.0 * n - 1.0)
    levels = n * (amplitude - mean) ** 2 + (1.0 - n) * (amplitude + mean) ** 2
    np.testing.assert_allclose(switching.telegraph_variance(v, q, thermal_susceptibility(u, 1.0)), levels, rtol=1e-10)


def test_sampled_spectrum_is_exact():
    x, phase = log_uniform("x", 1e-14, 200.0, 300), log_uniform("phase", 1e-12, np.pi, 300)
    exact = []
    for a, b in zip(map(mp.mpf, map(float, x)), map(mp.mpf, map(float, phase)), strict=True):
        decay = mp.exp(-a)
        exact.append((1 - decay**2) / (1 - 2 * decay * mp.cos(b) + decay**2))
    assert_accurate(switching.sampled_spectrum(phase, 1.0, x, 1.0), exact)


@pytest.mark.parametrize("x", [0.05, 1.0, 6.0])
def test_sampled_spectrum_is_the_transform_of_the_correlation_and_the_sum_of_the_aliases(x):
    step, omega = 0.7, np.linspace(-0.99, 0.99, 21) * np.pi / 0.7
    spectrum = switching.sampled_spectrum(omega, 2.0, x / step, step)
    n = np.arange(-800, 801)
    transform = step * (2.0 * np.exp(-x * np.abs(n)) * np.cos(np.outer(omega, n) * step)).sum(axis=1)
    np.testing.assert_allclose(spectrum, transform, rtol=1e-12)
    k = np.arange(-20_000, 20_001)
    aliases = switching.telegraph_spectrum(omega[:, None] + 2.0 * np.pi * k / step, 2.0, x / step).sum(axis=1)
    # Each tail of the aliases is 2 variance rate (step/2 pi)^2/20000.
    tails = 2.0 * 4.0 * (x / step) * (step / (2.0 * np.pi)) ** 2 / 20_000.5
    np.testing.assert_allclose(spectrum, aliases + tails, rtol=1e-8)


@pytest.mark.parametrize("x", [0.1, 3.0, 500.0])
def test_spectrum_over_all_frequencies_is_the_variance(x):
    step, omega = 0.3, 2.0 * np.pi / 0.3 * np.arange(4096) / 4096
    assert switching.sampled_spectrum(omega, 1.7, x / step, step).mean() / step == near(1.7, rel=1e-12)
    # omega = rate tan(theta) makes the integrand of the Lorentzian constant.
    rate, theta = x / step, np.linspace(-1.5, 1.5, 11)
    density = switching.telegraph_spectrum(rate * np.tan(theta), 1.7, rate) * rate / np.cos(theta) ** 2
    np.testing.assert_allclose(density * np.pi / (2.0 * np.pi), 1.7, rtol=1e-12)


def test_limits_of_the_step():
    assert switching.sampled_spectrum(0.4, 1.0, 0.2, 1e-6) == near(
        switching.telegraph_spectrum(0.4, 1.0, 0.2), rel=1e-12
    )
    assert switching.sampled_spectrum(0.4, 1.0, 1e30, 2.0) == 2.0


def test_fluctuation_dissipation_with_the_absorption_of_a_sigma_z_drive():
    E, p = log_uniform("E fd", 0.01, 20.0, 100), log_uniform("p fd", 1e-8, 0.99, 100)
    omega, T, a = log_uniform("omega fd", 1e-9, 1.0, 100), 0.6, 0.3
    rate, weight = relaxation_rate(linewidth(E, p, population_difference(E, T), 0.03)), thermal_susceptibility(E, T)
    spectrum = switching.telegraph_spectrum(omega, switching.telegraph_variance(1.0, 1.0 - p, weight), rate)
    _, factor = DRIVES["sigma_z"]
    power = factor * relaxation_power(omega, relaxation_strength(1.0 - p, weight, T), rate, a)
    np.testing.assert_allclose(switching.fluctuation_spectrum(omega, power, T, a), spectrum, rtol=ROUNDING)
    # chi'' by its definition: the static response (1 - p) sech^2/T of <sigma_z>, which follows with the delay T1.
    response = (1.0 - p) * weight / T * (1.0 / (1.0 - 1j * omega / rate)).imag
    np.testing.assert_allclose(power, 0.5 * omega * a**2 * response, rtol=1e-12)


def test_population_of_the_paper_gives_flicker_noise():
    # The law of Eq. 2 is uniform in E and u, p = sech^2 u.  Corrections are of the order of omega/(chi T).
    T, chi, v, density = 0.3, 0.02, 1.3, 0.7
    E, u = np.meshgrid((np.arange(2000) + 0.5) * 0.01, (np.arange(4000) + 0.5) * 0.01, indexing="ij")
    q, weight = np.tanh(u) ** 2, thermal_susceptibility(E, T)
    rate = relaxation_rate(linewidth(E, 1.0 / np.cosh(u) ** 2, population_difference(E, T), chi))
    for omega in (1e-8, 1e-10):
        average = switching.telegraph_spectrum(omega, switching.telegraph_variance(v, q, weight), rate)
        assert density * average.sum() * 1e-4 == near(switching.flicker_spectrum(omega, v, density, T), rel=1e-4)
