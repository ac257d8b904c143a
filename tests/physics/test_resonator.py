"""Response of a defect to a resonator: against the complex susceptibility with 50 digits."""

from __future__ import annotations

import numpy as np
import pytest

from tests.physics.formulas import (
    assert_accurate,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import resonator
from tlsmc.physics.absorption import bloch_line
from tlsmc.physics.linewidth import linewidth
from tlsmc.physics.thermal import population_difference, thermal_susceptibility


def response(omega, E, Gamma, saturation):
    """The two lines of Bloch's equations, times the share of the difference of occupations that the field leaves."""
    omega, E, Gamma, saturation = (mp.mpf(value) for value in (omega, E, Gamma, saturation))
    left = ((omega - E) ** 2 + Gamma**2) / ((omega - E) ** 2 + saturation * Gamma**2)
    return left * (1 / (E - omega - 1j * Gamma) + 1 / (E + omega + 1j * Gamma))


def _points(label, size=300):
    """Frequencies and splittings, a third of them on resonance, and widths."""
    omega = log_uniform(f"{label} omega", 1e-2, 10.0, size)
    Gamma = omega * log_uniform(f"{label} Gamma", 1e-6, 10.0, size)
    E = log_uniform(f"{label} E", 1e-5, 1e3, size)
    near_line = slice(0, size // 3)
    E[near_line] = omega[near_line] + Gamma[near_line] * log_uniform(f"{label} detuning", 1e-3, 10.0, size // 3)
    return omega, E, Gamma


@pytest.mark.parametrize("saturation", [1.0, 1.3, 50.0])
def test_exact_lines(saturation):
    omega, E, Gamma = _points("lines")
    exact = [response(*map(float, point), saturation) for point in zip(omega, E, Gamma, strict=True)]
    assert_accurate(resonator.absorptive_line(omega, E, Gamma, saturation), [z.imag for z in exact])
    values = resonator.reactive_line(omega, E, Gamma, saturation)
    # The reactive line has a zero: rounding is relative to the larger of its two terms, the width or the detuning.
    detuning = E - omega
    cancelled = Gamma**2 + np.abs(detuning) * (E + omega)
    size = cancelled / np.abs(detuning * (E + omega) + Gamma**2)
    for value, z, factor in zip(values, exact, size, strict=True):
        assert_accurate([value], [z.real], rtol=4e-15 * float(factor))


def test_without_power_the_loss_is_the_bloch_line():
    omega, E, Gamma = _points("bloch")
    loss = resonator.absorptive_line(omega, E, Gamma, 1.0)
    np.testing.assert_allclose(loss, np.pi * bloch_line(omega, E, Gamma), rtol=1e-14)


@pytest.mark.parametrize("saturation", [1.0, 5.0])
@pytest.mark.parametrize("T", [0.03, 1.0, 30.0])
def test_reactive_loss_is_the_difference_of_two_temperatures(T, saturation):
    chi = 0.2
    E, omega = log_uniform("loss E", 1e-3, 10.0, 200), log_uniform("loss omega", 1e-2, 3.0, 200)
    p = log_uniform("loss p", 1e-6, 1.0, 200)
    difference, susceptibility = population_difference(E, T), thermal_susceptibility(E, T)
    Gamma = linewidth(E, p, difference, chi)
    values = resonator.reactive_loss(omega, E, Gamma, difference, susceptibility, saturation)
    exact, size = [], []
    # Excitations of exp(-300) are what the two differ by.
    with mp.workdps(400):
        for e, w, fraction in zip(E.tolist(), omega.tolist(), p.tolist(), strict=True):
            cold = mp.mpf(chi) * mp.mpf(fraction) * mp.mpf(e) / 2
            tanh = mp.tanh(mp.mpf(e) / (2 * mp.mpf(T)))
            at_zero, at_T = (response(w, e, width, saturation).real for width in (cold, cold / tanh))
            exact.append(at_zero - tanh * at_T)
            # What may be rounded are the two terms that the formula adds, and these only.
            size.append((1 - tanh) * abs(at_T) + abs(at_zero - at_T))
    for value, truth, terms in zip(values, exact, size, strict=True):
        assert abs(mp.mpf(float(value)) - truth) <= 3e-13 * terms + 1e-300


@pytest.mark.parametrize("saturation", [1.0, 4.0])
def test_area_of_a_saturated_line(saturation):
    E = np.linspace(0.9, 1.1, 2_000_001)
    area = np.trapezoid(resonator.absorptive_line(1.0, E, 1e-5, saturation), E)
    # The wings beyond the interval are missing, a share of (2/pi) x width/0.1.
    assert area == near(np.pi / np.sqrt(saturation), rel=3e-4)


def test_contributions_of_a_defect_are_bounded_by_its_width():
    omega, E, Gamma = _points("bound")
    bound = 0.5 / Gamma + 1.0 / (E + omega)
    assert (np.abs(resonator.reactive_line(omega, E, Gamma, 1.0)) <= bound * (1.0 + 1e-12)).all()
