"""Eqs. 10 and 12: exact values, the equation of motion of a driven defect, and averages over Eq. 2."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from tests.physics.formulas import (
    PROPERTY,
    assert_accurate,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import absorption
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.thermal import population_difference, thermal_susceptibility

SHAPES = sorted(absorption.LINESHAPES)


def resonant(E, p, T, chi, omega, a, shape):
    """Eq. 10, broadened, of a defect (E, p)."""
    difference = population_difference(E, T)
    line = absorption.LINESHAPES[shape](omega, E, linewidth(E, p, difference, chi))
    return absorption.resonant_power(omega, p, difference, line, a)


def relaxation(E, p, q, T, chi, omega, a):
    """Eq. 12 of a defect (E, p)."""
    rate = relaxation_rate(linewidth(E, p, population_difference(E, T), chi))
    strength = absorption.relaxation_strength(q, thermal_susceptibility(E, T), T)
    return absorption.relaxation_power(omega, strength, rate, a)


def exact_powers(E, p, q, T, chi, omega, a):
    """Eqs. 10 and 12 as written, at 50 digits: (resonant, bloch, relaxation)."""
    E, p, q, T, chi, omega, a = (mp.mpf(float(x)) for x in (E, p, q, T, chi, omega, a))
    Gamma = chi * p * E / (2 * mp.tanh(E / (2 * T)))
    plus = Gamma / ((omega - E) ** 2 + Gamma**2) / mp.pi
    minus = Gamma / ((omega + E) ** 2 + Gamma**2) / mp.pi
    prefactor = mp.pi * a**2 / 2 * omega * p * mp.tanh(E / (2 * T))
    debye = 2 * Gamma / (omega**2 + (2 * Gamma) ** 2)
    slow = omega * a**2 / 2 * omega * q / (4 * T * mp.cosh(E / (2 * T)) ** 2) * debye
    return prefactor * plus, prefactor * (plus - minus), slow


def cases():
    """Corners of the ranges, where the sums are one-sided, and points between."""
    size = 400
    E = log_uniform("E/T", 1e-12, 1e4, size)
    p, chi = log_uniform("p", 1e-30, 1.0, size), log_uniform("chi", 1e-6, 1.0, size)
    omega = E * log_uniform("omega/E", 1e-9, 1e9, size)
    points = list(zip(E, p, chi, omega, strict=True))
    ratios, fractions = [1e-12, 1e-4, 1.0, 50.0, 690.0, 1e4], [1e-30, 1e-9, 0.5, 1.0]
    tunings = [1e-9, 1e-3, 1.0 - 1e-9, 1.0, 1.0 + 2.3e-16, 1.0 + 1e-5, 1e9]
    points += [(u, f, c, r * u) for u, f, c, r in itertools.product(ratios, fractions, [1e-6, 1.0], tunings)]
    E, p, chi, omega = np.array(points).T
    q = np.where(p < 0.3, 1.0 - p, log_uniform("q", 1e-30, 1.0, p.size))
    return E, p, q, np.ones_like(E), chi, omega, log_uniform("a", 1e-3, 1e3, p.size)


def test_powers_exact():
    E, p, q, T, chi, omega, a = cases()
    exact = [exact_powers(*point) for point in zip(E, p, q, T, chi, omega, a, strict=True)]
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert_accurate(resonant(E, p, T, chi, omega, a, "resonant"), [powers[0] for powers in exact])
        assert_accurate(resonant(E, p, T, chi, omega, a, "bloch"), [powers[1] for powers in exact])
        assert_accurate(relaxation(E, p, q, T, chi, omega, a), [powers[2] for powers in exact])


@pytest.mark.parametrize("E", [1e-25, 1e-40, 1e25])
def test_other_units_of_energy(E):
    # Joules rather than kelvins: the products of four energies stay inside the double range.
    point = (E, 1e-9, 1.0 - 1e-9, 0.7 * E, 1e-3, E * (1.0 + 1e-14), E)
    exact = exact_powers(*point)
    assert_accurate([relaxation(*point) / E**2], [exact[2] / mp.mpf(E) ** 2])
    p, _, *rest = point[1:]
    assert_accurate([resonant(E, p, *rest, "resonant") / E**2], [exact[0] / mp.mpf(E) ** 2])
    assert_accurate([resonant(E, p, *rest, "bloch") / E**2], [exact[1] / mp.mpf(E) ** 2])


def test_resonant_line_has_unit_area():
    area, _ = integrate.quad(lambda w: absorption.resonant_line(w, 1.0, 0.3), -np.inf, np.inf)
    assert area == near(1.0, rel=1e-9)


def test_sharp_line_is_the_delta_function():
    # The paper's broadening keeps the power absorbed over all frequencies when Gamma << E.
    area, _ = integrate.quad(lambda w: absorption.resonant_line(w, 1.0, 1e-4), 0.0, 2.0, points=[0.999, 1.0, 1.001])
    assert area == near(1.0 - 2e-4 / np.pi, rel=1e-8)


@given(r=st.floats(1e-3, 1e3), g=st.floats(1e-3, 1e3))
@PROPERTY
def test_bloch_line_is_a_difference_of_lorentzians(r, g):
    line, plus, minus = (
        absorption.bloch_line(r, 1.0, g),
        absorption.resonant_line(r, 1.0, g),
        absorption.resonant_line(r, -1.0, g),
    )
    assert line == pytest.approx(plus - minus, abs=1e-14 * plus)
    assert absorption.bloch_line(-r, 1.0, g) == -line  # odd in omega, so the power is even
    assert 0.0 < line < plus


def test_partner_far_below_resonance():
    # At omega = 0.05 E the Lorentzian alone is too large by 5.5.
    ratio = absorption.resonant_line(0.05, 1.0, 1e-6) / absorption.bloch_line(0.05, 1.0, 1e-6)
    assert ratio == near(1.05**2 / 0.2, rel=1e-9)
    assert ratio == pytest.approx(5.5, abs=0.02)


def driven_power(drive, omega, Delta, Lambda, T, Gamma, a):
    """Mean power into a driven defect, from the motion of its spin in the basis of Eq. 1.

    The spin precesses about B(t) = (Lambda, 0, Delta(t)); its part along the static axis relaxes at 2 Gamma to the
    thermal value of the momentary splitting |B|, the rest decays at Gamma.  The power is the mean of dH/dt.
    """
    amplitude = {"sigma_z": 2.0 * a, "asymmetry": a}[drive]  # of Delta(t)
    axis = np.array([Lambda, 0.0, Delta]) / np.hypot(Delta, Lambda)

    def motion(t, state):
        spin, field = state[:3], np.array([Lambda, 0.0, Delta + amplitude * np.cos(omega * t)])
        along = spin @ axis
        thermal = -np.tanh(np.linalg.norm(field) / (2.0 * T))
        decay = 2.0 * Gamma * (along - thermal) * axis + Gamma * (spin - along * axis)
        power = -0.5 * amplitude * omega * np.sin(omega * t) * spin[2]
        precession = [
            field[1] * spin[2] - field[2] * spin[1],
            field[2] * spin[0] - field[0] * spin[2],
            field[0] * spin[1] - field[1] * spin[0],
        ]
        return np.append(precession - decay, power)

    period = 2.0 * np.pi / omega
    settled = period * np.ceil(20.0 / Gamma / period)
    start = np.append(-np.tanh(np.hypot(Delta, Lambda) / (2.0 * T)) * axis, 0.0)
    times = [settled, settled + period]
    solution = integrate.solve_ivp(
        motion, (0.0, times[1]), start, method="DOP853", t_eval=times, rtol=1e-11, atol=1e-14
    )
    return (solution.y[3, 1] - solution.y[3, 0]) / period


@pytest.mark.parametrize("drive", ["sigma_z", "asymmetry"])
@pytest.mark.parametrize("omega", [0.05, 1.1, 2.6])
def test_drives_from_the_equation_of_motion(drive, omega):
    # Below, at and above the line, so that each of the two mechanisms carries the power in turn.
    Delta, Lambda, T, Gamma, a = 0.8, 0.7, 0.4, 0.2, 3e-4
    E = np.hypot(Delta, Lambda)
    p, q = (Lambda / E) ** 2, (Delta / E) ** 2
    line = absorption.bloch_line(omega, E, Gamma)
    fast = absorption.resonant_power(omega, p, population_difference(E, T), line, a)
    strength = absorption.relaxation_strength(q, thermal_susceptibility(E, T), T)
    slow = absorption.relaxation_power(omega, strength, relaxation_rate(Gamma), a)
    of_resonant, of_relaxation = absorption.DRIVES[drive]
    # The response is nonlinear in a/Gamma at the order of (a/Gamma)^2, 2e-6.
    measured = driven_power(drive, omega, Delta, Lambda, T, Gamma, a)
    assert measured == near(of_resonant * fast + of_relaxation * slow, rel=1e-5)


def test_drives():
    assert absorption.DRIVES["paper"] == (1.0, 1.0)
    # sigma_z with amplitude a is Delta with amplitude 2a, and the power goes as its square.
    assert absorption.DRIVES["sigma_z"] == tuple(4.0 * factor for factor in absorption.DRIVES["asymmetry"])


def nodes(high, size):
    x, w = np.polynomial.legendre.leggauss(size)
    return 0.5 * high * (x + 1.0), 0.5 * high * w


def test_average_of_equation_12_is_half_of_printed_16():
    chi, Omega, theta = 0.3, 0.4, 0.7
    s, ws = nodes(1.0, 80)  # p = 1 - s^2, dp/sqrt(1-p) = 2 ds
    E, wE = (x[:, None] for x in nodes(1.0, 80))
    p, q = 1.0 - s**2, s**2
    # Eq. 2 with n_T = E* = 1: dE dp/(2 p sqrt(1-p)); W = (Omega/2) F with a = 1 (Eq. 14).
    average = np.sum(wE * ws / p * relaxation(E, p, q, 0.5 * theta, chi, Omega, 1.0)) / (0.5 * Omega)
    y, wy = E / theta, wE / theta
    inner = 2.0 * s**2 * Omega * np.sinh(y) / (Omega**2 * np.tanh(y) ** 2 + (chi * p * y * theta) ** 2)
    printed = np.sum(wy * ws * chi * theta * y / (2.0 * np.cosh(y) ** 3) * inner)
    assert average == near(0.5 * printed, rel=1e-10)


def test_average_of_equation_10_is_15():
    chi, Omega, theta = 0.3, 1.6, 0.7  # above the band, where the integrand is smooth
    s, ws = nodes(1.0, 80)
    x, wx = (v[:, None] for v in nodes(1.0, 80))
    p = 1.0 - s**2
    average = np.sum(wx * ws / p * resonant(x, p, 0.5 * theta, chi, Omega, 1.0, "resonant")) / (0.5 * Omega)
    integrand = 2.0 * chi * x * p / (4.0 * (x - Omega) ** 2 + (chi * x * p) ** 2 / np.tanh(x / theta) ** 2)
    assert average == near(np.sum(wx * ws * integrand), rel=1e-10)


@given(
    u=st.floats(1e-6, 1e2),
    p=st.floats(1e-20, 1.0),
    chi=st.floats(1e-6, 1.0),
    r=st.floats(1e-6, 1e6),
    power=st.integers(-40, 40),
    shape=st.sampled_from(SHAPES),
)
@PROPERTY
def test_scaling_of_energies(u, p, chi, r, power, shape):
    # A power is an energy squared when hbar = 1.
    scale = 2.0**power  # exact in floating point
    omega, q = r * u, 1.0 - p
    small = resonant(u, p, 1.0, chi, omega, 0.3, shape)
    assert resonant(scale * u, p, scale, chi, scale * omega, scale * 0.3, shape) == scale**2 * small
    slow = relaxation(u, p, q, 1.0, chi, omega, 0.3)
    assert relaxation(scale * u, p, q, scale, chi, scale * omega, scale * 0.3) == scale**2 * slow


@given(u=st.floats(1e-6, 1e2), p=st.floats(1e-20, 1.0), chi=st.floats(1e-6, 1.0), r=st.floats(1e-6, 1e6))
@PROPERTY
def test_signs_and_growth(u, p, chi, r):
    # Power is absorbed, even in omega for Bloch's line and for relaxation, and relaxation grows with omega.
    q, omega = 1.0 - p, r * u
    assert resonant(u, p, 1.0, chi, -omega, 1.0, "bloch") == resonant(u, p, 1.0, chi, omega, 1.0, "bloch") >= 0.0
    slow = relaxation(u, p, q, 1.0, chi, omega, 1.0)
    assert relaxation(u, p, q, 1.0, chi, -omega, 1.0) == slow >= 0.0
    assert relaxation(u, p, q, 1.0, chi, 2.0 * omega, 1.0) >= slow * (1.0 - 1e-15)


@given(rate=st.floats(1e-30, 1e6), omega=st.floats(1e-12, 1e12))
@PROPERTY
def test_debye_peaks_at_the_frequency(rate, omega):
    # rate/(omega^2 + rate^2) <= 1/(2 omega), reached at rate = omega, and unchanged by rate -> omega^2/rate.
    value = absorption.debye(omega, rate)
    assert value <= 0.5 / omega * (1.0 + 1e-15)
    assert absorption.debye(omega, omega) == near(0.5 / omega, rel=1e-15)
    assert absorption.debye(omega, omega * (omega / rate)) == near(value, rel=2e-15)


@pytest.mark.parametrize("power", [absorption.resonant_power, absorption.relaxation_power], ids=lambda f: f.__name__)
@given(a=st.floats(1e-3, 1e3))
@PROPERTY
def test_power_goes_as_the_amplitude_squared(power, a):
    rest = (0.3, 0.2, 0.9, 1.7)[: power.__code__.co_argcount - 1]
    assert power(*rest) == power(*rest, 1.0) > 0.0
    assert power(*rest, a) == near(a * a * power(*rest), rel=1e-15)


def test_sharp_lines_in_a_frequency_bin():
    # 1/width of the bin that holds E stands for the delta function: the bin's mean power is that of the delta.
    width, power = 0.02, absorption.resonant_power(1.0, 0.5, 0.8, 1.0 / 0.02, 0.1)
    assert power * width == near(0.5 * np.pi * 0.1**2 * 1.0 * 0.5 * 0.8, rel=1e-15)
