"""What a measurement of finite length sees of a slow defect, and the heat that it gives off (beyond the paper).

The relaxation rate 1/T1 is that of Eq. 12; see :func:`tlsmc.physics.linewidth.relaxation_rate`.
"""

import math

import numpy as np

from tlsmc.physics.defect import Real


def relaxed_fraction(rate: Real, t: Real) -> Real:
    """Share 1 - exp(-t/T1) of a defect's heat that it has taken up after the time t."""
    return -np.expm1(-rate * t)


def release_rate(rate: Real, t: Real) -> Real:
    """Share exp(-t/T1)/T1 of a defect's excess energy that it gives off per unit time, at the time t after a step."""
    return rate * np.exp(-rate * t)


def excess_energy(E: Real, start: Real, bath: Real) -> Real:
    """Energy E [n(E/start) - n(E/bath)], n(x) = 1/(1 + e^x), above equilibrium with the bath.

    Parameters
    ----------
    start, bath
        Temperatures of the occupation that the defect has and of the one that it goes to.
    """
    hot, cold = E / start, E / bath
    # The difference of two nearly equal occupations, or of two that are exponentially small, without cancellation.
    common = np.exp(-np.minimum(hot, cold))
    difference = -np.expm1(-np.abs(cold - hot)) * np.sign(cold - hot)
    return E * common * difference / ((1.0 + np.exp(-hot)) * (1.0 + np.exp(-cold)))


def fastest_rate(T: Real, chi: float) -> Real:
    """1/tau_min = chi 2T coth 1, the rate 1/T1 of a defect with p = 1 and E = 2T (Eq. 12)."""
    return 2.0 * chi * T / math.tanh(1.0)
