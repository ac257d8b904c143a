"""Thermal factors of a level splitting E at temperature T, accurate for E/T from 1e-12 to 1e4."""

import numpy as np

from tlsmc.physics.defect import Real


def population_difference(E: Real, T: Real) -> Real:
    """Difference of the occupations of the two levels, tanh(E/2T) (Eq. 10)."""
    # expm1 keeps tanh exact to rounding at E << T, and nothing overflows at E >> T.
    decay = np.expm1(-E / T)
    return -decay / (2.0 + decay)


def thermal_susceptibility(E: Real, T: Real) -> Real:
    """Susceptibility factor sech^2(E/2T) (Eq. 12), by a decaying exponential so that cosh cannot overflow."""
    boltzmann = np.exp(-E / T)
    return 4.0 * boltzmann / (1.0 + boltzmann) ** 2


def specific_heat(E: Real, T: Real) -> Real:
    """Specific heat of one defect, (E/2T)^2 sech^2(E/2T) in units of k_B (the Schottky form behind Eq. 8)."""
    return (0.5 * E / T) ** 2 * thermal_susceptibility(E, T)


def golden_rule_weight(E: Real, T: Real) -> Real:
    """Weight u/sinh u, u = E/T, of a defect in the thermally averaged golden-rule rate of electrons."""
    u = E / T
    return -2.0 * u * np.exp(-u) / np.expm1(-2.0 * u)


def fermi_level_weight(E: Real, T: Real) -> Real:
    """Weight sech^2(E/2T) of a defect for an electron exactly at the Fermi level."""
    return thermal_susceptibility(E, T)


def no_weight(E: Real, T: Real) -> Real:
    """Weight 1 of every defect: the rate as printed, temperature ignored (Eq. 4)."""
    return 0.0 * (E / T) + 1.0


#: Weights of a defect in the rate of electrons, by their name in a spec; the first is the default.
THERMAL_WEIGHTS = {"golden-rule": golden_rule_weight, "none": no_weight, "fermi-level": fermi_level_weight}
