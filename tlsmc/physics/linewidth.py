"""Rates that electrons give to a tunnelling defect (Eq. 11), and where the two-level picture ends."""

from tlsmc.physics.defect import Real


def linewidth(E: Real, p: Real, difference: Real, chi: float) -> Real:
    """Off-diagonal relaxation rate Gamma = chi p E/(2 tanh(E/2T)), i.e. hbar/T2 (Eq. 11)."""
    return 0.5 * chi * p * E / difference


def relaxation_rate(Gamma: Real) -> Real:
    """Population relaxation rate 1/T1 = 2 Gamma (the rate of Eq. 12)."""
    return 2.0 * Gamma


def overdamped(E: Real, Gamma: Real) -> Real:
    """1 where Gamma > E, the defect is overdamped and its two-level picture fails; else 0."""
    return 1.0 * (Gamma > E)
