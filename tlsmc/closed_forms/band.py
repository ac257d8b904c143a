"""Attenuation and loss of defects with splittings of any law and p of the law "tunnelling", as sums over splittings.

The p integrals close for any splitting (`_tunnelling_integrals`).  What is left is sum_E w f(E), over nodes and weights
of the law of E: Eqs. 15 and 16 for a band that need not be flat.  With t = tanh(E/2T) the linewidth of Eq. 11 is
p Gamma_1, Gamma_1 = chi E/(2t); d = |E - omega| and P = E + omega are the distances of both lines.
"""

import math

import numpy as np

from tlsmc.arrays import Array
from tlsmc.closed_forms._tunnelling_integrals import PIntegrals
from tlsmc.physics.absorption import DRIVES
from tlsmc.physics.linewidth import linewidth
from tlsmc.physics.thermal import population_difference, thermal_susceptibility


def band_resonant(
    E: Array, weight: Array, E_star: float, chi: float, T: Array, omega: float, lineshape: str, drive: str, p_min: float
) -> Array:
    """F_res, E* sum_E w (t/Gamma_1) g(d/Gamma_1), less the partner at -E for the line shape "bloch" (Eq. 14).

    Parameters
    ----------
    E, weight
        Splittings and weights, shape (n,), that average over the law of E near ``omega``.
    E_star
        The E* of Omega = omega/E*.
    chi
        Coupling in (0, 1].
    T
        Temperatures, shape (k, 1).
    omega
        Angular frequency, in the unit of E, E_star and T.
    lineshape, drive, p_min
        As for :func:`tlsmc.closed_forms.F_res`.

    Returns
    -------
    ndarray
        F_res, shape (k,).

    Examples
    --------
    A band of one splitting:

    >>> T = np.array([[0.1], [0.5]])
    >>> band = np.array([0.9]), np.array([1.0]), 1.0
    >>> print(tlsmc.closed_forms.band_resonant(*band, 0.1, T, 0.5, "resonant", "paper", 0.0).round(4))
    [0.1859 0.1844]
    """
    difference = population_difference(E, T)
    Gamma_1 = linewidth(E, 1.0, difference, chi)
    integrals = PIntegrals.above(p_min)
    near = np.abs(E - omega) / Gamma_1
    if lineshape == "bloch":
        value = integrals.g_difference(near, 2.0 * np.minimum(E, omega) / Gamma_1)
    else:
        value = integrals.g(near)
    return np.asarray(DRIVES[drive][0] * E_star * (difference / Gamma_1 * value) @ weight)


def band_relaxation(
    E: Array, weight: Array, E_star: float, chi: float, T: Array, omega: float, drive: str, p_min: float
) -> Array:
    """F_rel, E* sum_E w h(omega/2 Gamma_1)/(4T cosh^2(E/2T)) (Eq. 14).

    Parameters
    ----------
    E, weight, E_star, chi, T, omega, drive, p_min
        As for :func:`band_resonant`.

    Returns
    -------
    ndarray
        F_rel, shape (k,).

    Examples
    --------
    >>> T = np.array([[0.1], [0.5]])
    >>> band = np.array([0.9]), np.array([1.0]), 1.0
    >>> print(tlsmc.closed_forms.band_relaxation(*band, 0.1, T, 0.5, "paper", 0.0).round(4))
    [0.0001 0.0201]
    """
    Gamma_1 = linewidth(E, 1.0, population_difference(E, T), chi)
    strength = 0.25 * thermal_susceptibility(E, T) / T
    value = PIntegrals.above(p_min).h(0.5 * omega / Gamma_1)
    return np.asarray(DRIVES[drive][1] * E_star * (strength * value) @ weight)


def band_loss(
    E: Array, weight: Array, E_star: float, chi: float, T: Array, omega: float, intensity: float, p_min: float
) -> Array:
    """tan(delta)/tan(delta_0) of a resonator at ``omega`` (beyond the paper).

    (E*/pi) sum_E w (t/Gamma_1) [g(d/(sqrt(s) Gamma_1)) - g(P/Gamma_1)] (P^2 - d^2)/(s P^2 - d^2), s = 1 + I/I_c, by
    partial fractions of the saturated line of :func:`tlsmc.physics.resonator.absorptive_line`.

    Parameters
    ----------
    E, weight, E_star, chi, T, omega, p_min
        As for :func:`band_resonant`.
    intensity
        I/I_c >= 0.

    Returns
    -------
    ndarray
        Loss over tan(delta_0), shape (k,).

    Examples
    --------
    >>> T = np.array([[0.1], [0.5]])
    >>> band = np.array([0.9]), np.array([1.0]), 1.0
    >>> print(tlsmc.closed_forms.band_loss(*band, 0.1, T, 0.5, 1.0, 0.0).round(4))
    [0.0538 0.053 ]
    """
    difference = population_difference(E, T)
    Gamma_1 = linewidth(E, 1.0, difference, chi)
    saturation = 1.0 + intensity
    d, P = np.abs(E - omega), E + omega
    near = d / math.sqrt(saturation)
    value = PIntegrals.above(p_min).g_difference(near / Gamma_1, (P - near) / Gamma_1)
    share = 4.0 * omega * E / (saturation * P * P - d * d)
    return np.asarray(E_star / math.pi * (difference / Gamma_1 * value * share) @ weight)
