"""Eqs. 4-7 and 9 and the numbers that the paper derives from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from tests.physics.formulas import (
    PROPERTY,
    assert_accurate,
    functions_of,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import electrons

FORMULAS = functions_of(electrons)
numbers = st.floats(1e-12, 1e12)
sections = st.floats(1e-6, 1.0)

# The paper's example, in kelvins (k_B = hbar = 1) and centimetres.
KELVIN_SECONDS = constants.hbar / constants.k
FERMI_ENERGY = 5.0 * constants.e / constants.k
TAU_PHI = 3e-9 / KELVIN_SECONDS
E_STAR = 20e-3
N_E = 3e22


def test_exact():
    chi, T = log_uniform("chi", 1e-6, 1.0, 200), log_uniform("T", 1e-6, 1e3, 200)
    n_T, n_e = log_uniform("n_T", 1e8, 1e18, 200), log_uniform("n_e", 1e18, 1e24, 200)
    fermi, tau = log_uniform("fermi energy", 1e2, 1e6, 200), log_uniform("tau", 1e-3, 1e6, 200)
    E_star, L = log_uniform("E*", 1e-9, 1e3, 200), log_uniform("L", 1.0, 100.0, 200)
    exact = []
    for point in zip(chi, T, n_T, n_e, fermi, tau, E_star, L, strict=True):
        c, t, nt, ne, f, ti, e, log = map(mp.mpf, map(float, point))
        k = mp.cbrt(3 * mp.pi**2 * ne)
        short = e * ti < 1
        values = [
            k,
            4 * mp.pi * c * (2 * f / k) * nt / k**2,
            3 * mp.pi / (8 * c) / (f * ti),
            (e * ti) ** (mp.mpf(2) / 3) if short else mp.one,
            ti * (e * ti) ** 2 if short else ti,
            3 * ne * t / (2 * f),
            mp.pi**2 * ne * t / (2 * f),
            log / c / (e * ti),
        ]
        exact.append(values)
    with np.errstate(all="raise"):
        computed = [
            electrons.fermi_wavenumber(n_e),
            electrons.inelastic_rate(chi, n_T, n_e, fermi),
            electrons.density_ratio(chi, fermi, tau),
            electrons.dephasing_ratio(E_star, tau),
            electrons.inelastic_time(E_star, tau),
            electrons.electron_specific_heat(T, n_e, fermi),
            electrons.free_electron_specific_heat(T, n_e, fermi),
            electrons.heat_ratio(L, chi, E_star, tau),
        ]
    assert len(computed) == len(FORMULAS)
    for values, truths in zip(computed, zip(*exact, strict=True), strict=True):
        # The rounding of the exponent 1/3 is magnified by ln(3 pi^2 n_e), here up to 59, and by 3 in k_F^3.
        assert_accurate(values, truths, rtol=6e-15)


def test_dephasing_time_of_the_example():
    assert pytest.approx(2.546e-3, abs=5e-7) == 1.0 / TAU_PHI
    assert electrons.dephasing_ratio(E_STAR, TAU_PHI) == 1.0
    assert electrons.inelastic_time(E_STAR, TAU_PHI) == TAU_PHI


@pytest.mark.parametrize("chi", [0.03, 1.0])
def test_density_of_the_example(chi):
    ratio = electrons.density_ratio(chi, FERMI_ENERGY, TAU_PHI)
    assert ratio == near(5.170e-8 / chi, rel=1e-4)
    assert ratio * N_E / E_STAR == near(7.754e16 / chi, rel=1e-4)  # per cm^3 and kelvin


@pytest.mark.parametrize(("chi", "L"), [(1.0, 1.0), (0.03, 30.0)])
def test_heat_ratio_of_the_example(chi, L):
    ratio = electrons.heat_ratio(L, chi, E_STAR, TAU_PHI)
    assert ratio == near(0.1273 * L / chi, rel=5e-4)
    # From Eqs. 5, 7 and 8: n_T T L/E* as printed, and with pi^2/6 and free electrons.
    T = 1e-3
    tunnelling = electrons.density_ratio(chi, FERMI_ENERGY, TAU_PHI) * N_E * T * L / E_STAR
    printed = tunnelling / electrons.electron_specific_heat(T, N_E, FERMI_ENERGY)
    exact = math.pi**2 / 6.0 * tunnelling / electrons.free_electron_specific_heat(T, N_E, FERMI_ENERGY)
    assert printed == near(0.1000 * L / chi, rel=5e-4)
    assert exact == near(0.0500 * L / chi, rel=5e-4)
    assert printed == near(math.pi / 4.0 * ratio, rel=1e-14)
    assert exact == near(math.pi / 8.0 * ratio, rel=1e-14)


@pytest.mark.parametrize(("L", "printed", "exact"), [(30.0, 127.0, 50.0), (15.0, 64.0, 25.0)])
def test_defects_exceed_electrons_a_hundred_times(L, printed, exact):
    ratio = electrons.heat_ratio(L, 0.03, E_STAR, TAU_PHI)
    assert ratio == pytest.approx(printed, abs=0.5)
    assert math.pi / 8.0 * ratio == pytest.approx(exact, abs=0.05)


def test_kondo_specific_heat_correction():
    # Eq. 9 with chi = L = 1 and E* = T_K*: 2 % at 127 mK, 0.25 % at 1 K.
    assert electrons.heat_ratio(1.0, 1.0, 0.127, TAU_PHI) == pytest.approx(0.02, abs=1e-4)
    assert electrons.heat_ratio(1.0, 1.0, 1.0, TAU_PHI) == pytest.approx(0.0025, abs=1e-4)


def test_free_electrons_of_five_electronvolts():
    # n_e = 5.08e22 cm^-3 belongs to 5 eV; its k_F, mass and velocity are those of free electrons.
    k_F = electrons.fermi_wavenumber(5.08e28)
    assert (constants.hbar * k_F) ** 2 / (2.0 * constants.m_e) == near(5.0 * constants.e, rel=1e-3)
    # Eq. 4 in SI units, v_F = hbar k_F/m: the rate times hbar, with energies in joules.
    velocity = constants.hbar * k_F / constants.m_e
    fermi_energy = (constants.hbar * k_F) ** 2 / (2.0 * constants.m_e)
    rate = electrons.inelastic_rate(0.1, 1e21, 5.08e28, fermi_energy) / constants.hbar
    assert rate == near(4.0 * math.pi * 0.1 * velocity * 1e21 / k_F**2, rel=1e-13)


def test_heat_capacity_of_free_electrons():
    # Sommerfeld's pi^2/3 times T times the density of states 3 n_e/2 eps_F.
    T = np.array([0.01, 1.0])
    free = electrons.free_electron_specific_heat(T, 2.0, 7.0)
    np.testing.assert_allclose(free, math.pi**2 / 3.0 * T * (1.5 * 2.0 / 7.0), rtol=1e-15)
    np.testing.assert_allclose(free / electrons.electron_specific_heat(T, 2.0, 7.0), math.pi**2 / 3.0, rtol=1e-15)
    assert electrons.ELECTRON_HEATS["paper"] is electrons.electron_specific_heat
    assert electrons.ELECTRON_HEATS["free-electron"] is electrons.free_electron_specific_heat


@given(chi=sections, n_T=numbers, n_e=numbers, fermi=numbers)
@PROPERTY
def test_equation_5_inverts_equation_4(chi, n_T, n_e, fermi):
    tau_in = 1.0 / electrons.inelastic_rate(chi, n_T, n_e, fermi)
    assert electrons.density_ratio(chi, fermi, tau_in) * n_e == near(n_T, rel=4e-15)


@given(E_star=numbers, tau_in=numbers)
@PROPERTY
def test_equation_6_and_its_inverse(E_star, tau_in):
    ratio = electrons.dephasing_ratio(E_star, tau_in)
    tau_phi = tau_in / ratio
    assert tau_phi >= tau_in
    # The rounding of the exponent 2/3 is magnified by |ln E* tau|, here up to 55, and by the cube of the inverse.
    assert electrons.inelastic_time(E_star, tau_phi) == near(tau_in, rel=1e-14)
    if E_star * tau_in < 1.0:
        assert ratio**3 == near((E_star * tau_in) ** 2, rel=1e-14)
    else:
        assert ratio == 1.0


@given(E_star=st.floats(1e-12, 1.0), chi=sections)
@PROPERTY
def test_density_grows_when_many_events_are_needed(E_star, chi):
    # For E* tau_phi << 1 the density behind a given tau_phi = 1 is larger by (1/E* tau_phi)^2.
    tau_in = electrons.inelastic_time(E_star, 1.0)
    growth = electrons.density_ratio(chi, 10.0, tau_in) / electrons.density_ratio(chi, 10.0, 1.0)
    assert growth == near(1.0 / E_star**2, rel=2e-15)


@given(E_star=numbers, tau=numbers, factor=st.floats(1.0, 100.0))
@PROPERTY
def test_dephasing_is_monotonic(E_star, tau, factor):
    rounding = 1.0 - 1e-15
    assert electrons.dephasing_ratio(factor * E_star, tau) >= rounding * electrons.dephasing_ratio(E_star, tau)
    assert electrons.inelastic_time(E_star, factor * tau) >= rounding * electrons.inelastic_time(E_star, tau)
    assert 0.0 < electrons.dephasing_ratio(E_star, tau) <= 1.0


@given(chi=sections, power=st.integers(-40, 40))
@PROPERTY
def test_scaling_of_energies_and_lengths(chi, power):
    scale = 2.0**power  # exact in floating point
    # Energies times scale, times divided by it.
    assert electrons.inelastic_rate(chi, 3.0, 5.0, 7.0 * scale) == scale * electrons.inelastic_rate(chi, 3.0, 5.0, 7.0)
    assert electrons.density_ratio(chi, 7.0 * scale, 11.0 / scale) == electrons.density_ratio(chi, 7.0, 11.0)
    assert electrons.dephasing_ratio(0.01 * scale, 11.0 / scale) == electrons.dephasing_ratio(0.01, 11.0)
    assert electrons.inelastic_time(0.01 * scale, 11.0 / scale) == electrons.inelastic_time(0.01, 11.0) / scale
    assert electrons.heat_ratio(2.0, chi, 7.0 * scale, 11.0 / scale) == electrons.heat_ratio(2.0, chi, 7.0, 11.0)
    for heat in electrons.ELECTRON_HEATS.values():
        assert heat(scale, 5.0, 7.0 * scale) == heat(1.0, 5.0, 7.0)
    # Lengths divided by scale: a rate does not change, a wavenumber does.
    cube = scale**3
    rate = electrons.inelastic_rate(chi, 3.0 * cube, 5.0 * cube, 7.0)
    assert rate == near(electrons.inelastic_rate(chi, 3.0, 5.0, 7.0), rel=1e-14)
    assert electrons.fermi_wavenumber(5.0 * cube) == near(scale * electrons.fermi_wavenumber(5.0), rel=1e-14)
