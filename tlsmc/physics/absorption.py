"""Power that one defect takes from a sound wave a cos(omega t) (Eqs. 10 and 12).

The amplitude ``a`` is the one of the paper, which mixes two conventions: a sigma_z drive of amplitude a gives Eq. 10
and four times Eq. 12, a drive Delta -> Delta + a cos(omega t) in Eq. 1 a quarter of Eq. 10 and Eq. 12 as printed.
:data:`DRIVES` has the factors.
"""

import math

from tlsmc.physics.defect import Real

#: (factor of Eq. 10, factor of Eq. 12) for each convention of the drive amplitude.
DRIVES = {"paper": (1.0, 1.0), "sigma_z": (1.0, 4.0), "asymmetry": (0.25, 1.0)}


def resonant_line(omega: Real, E: Real, Gamma: Real) -> Real:
    """Lorentzian (1/pi) Gamma/[(omega - E)^2 + Gamma^2] that replaces the delta function (Eq. 10)."""
    detuning = omega - E
    return (Gamma / math.pi) / (detuning * detuning + Gamma * Gamma)


def bloch_line(omega: Real, E: Real, Gamma: Real) -> Real:
    """Line shape of Bloch dynamics: the Lorentzian at +E minus its counter-rotating partner at -E.

    Beyond the paper, which drops the partner.  Written over a common denominator: the difference of the
    two Lorentzians would cancel at omega << E.
    """
    detuning, partner, width = omega - E, omega + E, Gamma * Gamma
    lorentzians = (detuning * detuning + width) * (partner * partner + width)
    return (4.0 / math.pi) * Gamma * omega * E / lorentzians


def sharp_line(E: Real, low: Real, high: Real) -> Real:
    """The delta function averaged over a bin of omega: 1/(high - low) for low <= E < high, else 0 (Eq. 10).

    Parameters
    ----------
    low, high
        Edges of the bin.
    """
    return 1.0 * (low <= E) * (high > E) / (high - low)


#: Line shapes by their name in a spec.
LINESHAPES = {"resonant": resonant_line, "bloch": bloch_line}


def resonant_power(omega: Real, p: Real, difference: Real, line: Real, a: float = 1.0) -> Real:
    """Power absorbed between the levels, (pi a^2/2) omega p tanh(E/2T) x line (Eq. 10, broadened).

    Parameters
    ----------
    line
        What stands for delta(omega - E): :func:`resonant_line`, :func:`bloch_line` or :func:`sharp_line`.
    """
    return 0.5 * math.pi * a * a * omega * p * difference * line


def debye(omega: Real, rate: Real) -> Real:
    """Debye's relaxation function rate/(omega^2 + rate^2) (last factor of Eq. 12)."""
    return rate / (omega * omega + rate * rate)


def relaxation_strength(q: Real, susceptibility: Real, T: float) -> Real:
    """Weight (1-p)/(4T cosh^2(E/2T)) of the relaxation mechanism (Eq. 12)."""
    return 0.25 * q * susceptibility / T


def relaxation_power(omega: Real, strength: Real, rate: Real, a: float = 1.0) -> Real:
    """Power lost to relaxation, (omega a^2/2) omega strength rate/(omega^2 + rate^2) (Eq. 12).

    The average of this over Eq. 2 is one half of the printed Eq. 16, which has 2 cosh^3 y where 4 cosh^3 y follows.

    Parameters
    ----------
    strength, rate
        :func:`relaxation_strength` and 1/T1 = 2 Gamma.
    """
    return 0.5 * a * a * omega * omega * strength * debye(omega, rate)
