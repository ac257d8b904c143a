"""Conduction electrons: inelastic scattering off defects, dephasing and heat capacity (Eqs. 4-7 and 9)."""

import math

import numpy as np

from tlsmc.physics.defect import Real


def fermi_wavenumber(n_e: Real) -> Real:
    """k_F of free electrons of density n_e = k_F^3/3 pi^2 (before Eq. 5)."""
    return (3.0 * math.pi**2 * n_e) ** (1.0 / 3.0)


def inelastic_rate(chi: float, n_T: Real, n_e: Real, fermi_energy: Real) -> Real:
    """Inelastic scattering rate 1/tau_in = 4 pi chi v_F n_T/k_F^2, v_F = 2 eps_F/k_F (Eq. 4)."""
    k_F = fermi_wavenumber(n_e)
    return 4.0 * math.pi * chi * (2.0 * fermi_energy / k_F) * n_T / k_F**2


def density_ratio(chi: float, fermi_energy: Real, tau_in: Real) -> Real:
    """n_T/n_e = (3 pi/8 chi)/(eps_F tau_in), the density of defects behind a rate (Eq. 5)."""
    return 3.0 * math.pi / (8.0 * chi) / (fermi_energy * tau_in)


def dephasing_ratio(E_star: Real, tau_in: Real) -> Real:
    """tau_in/tau_phi: 1 for E* tau_in >> 1, (E* tau_in)^(2/3) for E* tau_in << 1, joined at 1 (Eq. 6)."""
    return np.minimum(1.0, E_star * tau_in) ** (2.0 / 3.0)


def inelastic_time(E_star: Real, tau_phi: Real) -> Real:
    """tau_in that gives the dephasing time tau_phi: tau_phi min(1, E* tau_phi)^2 (Eq. 6 solved)."""
    return tau_phi * np.minimum(1.0, E_star * tau_phi) ** 2


def electron_specific_heat(T: Real, n_e: Real, fermi_energy: Real) -> Real:
    """C_e = 3 n_e T/2 eps_F in units of k_B per volume, as printed (Eq. 7)."""
    return 1.5 * n_e * T / fermi_energy


def free_electron_specific_heat(T: Real, n_e: Real, fermi_energy: Real) -> Real:
    """C_e = pi^2 n_e T/2 eps_F of free electrons: larger than Eq. 7 by pi^2/3."""
    return 0.5 * math.pi**2 * n_e * T / fermi_energy


#: Electronic heat capacities by their name in a spec.
ELECTRON_HEATS = {"paper": electron_specific_heat, "free-electron": free_electron_specific_heat}


def heat_ratio(L: Real, chi: float, E_star: Real, tau_in: Real) -> Real:
    """C_T/C_e = (L/chi)/(E* tau_in) at T << E*, as printed (Eq. 9).

    The printed Eqs. 5, 7 and 8 give pi/4 of this; with pi^2/6 in Eq. 8 and free electrons in Eq. 7 it is pi/8.
    """
    return L / chi / (E_star * tau_in)
