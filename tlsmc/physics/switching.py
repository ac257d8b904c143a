"""Switching of a defect between its two levels: occupation, rates and the spectrum of its telegraph noise.

Beyond the paper, from its Eqs. 1, 11 and 12.  The signal of a defect is v sigma_z, v sqrt(1-p) in the upper level and
-v sqrt(1-p) in the lower one, since <sigma_z> = +-Delta/E.  A spectrum S(omega) is the integral of the autocovariance
times exp(i omega t) over all times t: it is even in omega, and the integral of S d(omega)/(2 pi) over the whole axis
is the variance.
"""

import math

import numpy as np

from tlsmc.physics.absorption import debye
from tlsmc.physics.defect import Real


def upper_occupation(E: Real, T: Real) -> Real:
    """Occupation n1 = 1/(1 + exp(E/T)) of the upper level in equilibrium."""
    boltzmann = np.exp(-E / T)
    return boltzmann / (1.0 + boltzmann)


def switching_rates(rate: Real, E: Real, T: Real) -> tuple[Real, Real]:
    """Rates up and down, with sum 1/T1 (Eq. 12) and ratio exp(-E/T) (detailed balance)."""
    boltzmann = np.exp(-E / T)
    down = rate / (1.0 + boltzmann)
    return boltzmann * down, down


def telegraph_amplitude(v: Real, q: Real) -> Real:
    """Signal v sqrt(1-p) = v Delta/E of the upper level, the opposite of the lower level's."""
    return v * np.sqrt(q)


def telegraph_variance(v: Real, q: Real, susceptibility: Real) -> Real:
    """Variance v^2 (1-p) sech^2(E/2T) of the signal."""
    return v * v * q * susceptibility


def telegraph_spectrum(omega: Real, variance: Real, rate: Real) -> Real:
    """Spectrum variance x (2/T1)/(omega^2 + 1/T1^2) of the autocovariance variance x exp(-|t|/T1).

    Parameters
    ----------
    omega, variance, rate
        Angular frequency, :func:`telegraph_variance` and 1/T1 (Eq. 12).
    """
    return 2.0 * variance * debye(omega, rate)


def sampled_spectrum(omega: Real, variance: Real, rate: Real, step: Real) -> Real:
    """Spectrum of the signal at multiples of ``step``, the Lorentzian with all its aliases.

    step x sum_n variance x lambda^|n| exp(i omega n step) = variance x step (1 - lambda^2)/[(1 - lambda)^2 +
    4 lambda sin^2(omega step/2)] with lambda = exp(-step/T1).  It is white for T1 << step, and
    :func:`telegraph_spectrum` for step << T1 and omega step << 1.

    Parameters
    ----------
    omega, variance, rate
        As for :func:`telegraph_spectrum`.
    step
        Time between two samples.
    """
    decay = np.exp(-rate * step)
    loss = -np.expm1(-rate * step)
    half = np.sin(0.5 * omega * step)
    return -variance * step * np.expm1(-2.0 * rate * step) / (loss * loss + 4.0 * decay * half * half)


def flicker_spectrum(omega: Real, v: Real, density: Real, T: Real) -> Real:
    """Spectrum pi v^2 (n_T/E*) T/omega per volume of the population of Eq. 2: 1/f noise.

    The average of :func:`telegraph_spectrum` over all p > 0 and E > 0, for omega well below chi T, the rates of the
    thermal defects with p = 1, and for T << E*.  With a cut-off of p it ends at omega of about chi p_min T.

    Parameters
    ----------
    density
        n_T/E*, p-weighted density of defects per volume and splitting.
    """
    return math.pi * v * v * density * T / omega


def fluctuation_spectrum(omega: Real, power: Real, T: Real, a: float = 1.0) -> Real:
    """Spectrum (2T/omega) chi'' of sigma_z from the power (omega a^2/2) chi'' that a cos(omega t) sigma_z loses.

    The classical fluctuation-dissipation theorem, S = 4 T power/(a omega)^2.  For relaxation the power is four times
    Eq. 12, chi'' = (omega/T)(1-p) sech^2(E/2T) (1/T1)/(omega^2 + 1/T1^2), and S :func:`telegraph_spectrum` for v = 1.

    Parameters
    ----------
    power
        In the convention ``sigma_z`` of :data:`tlsmc.physics.absorption.DRIVES`.
    """
    return 4.0 * T * power / (a * omega) ** 2
