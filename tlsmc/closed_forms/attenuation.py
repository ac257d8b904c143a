"""The attenuation of a drive by an ensemble of tunnelling defects: the values of Eqs. 15 and 16.

W = (n_T a^2/2) Omega F with F = F_res + F_rel (Eqs. 13, 14), Omega = omega/E*, theta = 2T/E*. The p integrals close
(`_tunnelling_integrals`), and one integral over the splitting is left for Gauss-Legendre panels.

What the amplitude a means decides the prefactors, see :mod:`tlsmc.physics.absorption`.
"""

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import choice, cut_off, sound_arguments, tiled, unpacked
from tlsmc.closed_forms._gauss import COARSE, DEFAULT, Resolution, rule
from tlsmc.closed_forms._tunnelling_integrals import PIntegrals
from tlsmc.errors import ValidityError
from tlsmc.physics.absorption import DRIVES, LINESHAPES

_CORE = 1e-7  # |x - Omega| below this fraction of the line is integrated analytically; the error is its square
_ORIGIN = 1e-7  # x below this fraction of min(Omega, 1) is left out: the integrand goes like x there
_DARK = 20.0  # sech^2(y) beyond is below 2e-17
_TILE = 128  # points at a time; some MB of temporaries

# Arguments of the integrand: chi, Omega and theta of shape (points,), whether it is Bloch's line, and the p integrals.
_Line = tuple[Array, Array, Array, bool, PIntegrals]


def F_res(
    chi: ArrayLike,
    Omega: ArrayLike,
    theta: ArrayLike,
    lineshape: str = "resonant",
    drive: str = "paper",
    p_min: float = 0.0,
    accuracy: float = 1e-10,
) -> Array:
    """Resonant part of the attenuation: the average of the broadened Eq. 10 (Eq. 15).

    Parameters
    ----------
    chi, Omega, theta
        Coupling in (0, 1], omega/E* and 2T/E*.
    lineshape
        "resonant" is the paper's Lorentzian at omega = E; "bloch" subtracts the one at omega = -E, as the Bloch
        equations have it, and the logarithm of Eq. 18 disappears.
    drive
        What the amplitude is: "paper" and "sigma_z" give Eq. 10, "asymmetry" a quarter of it.
    p_min
        Lower limit of the p integral, one number in [0, 1); the paper has 0.
    accuracy
        Relative error to stay below, 1e-10 or more; from 1e-7 on half of the time is enough.

    Returns
    -------
    ndarray
        F_res.  The accuracy holds for chi from 1e-6 to 1, Omega from 1e-6 to 1e3, theta from 1e-4 to 1e3 and p_min up
        to 0.5.

    Raises
    ------
    ValidityError
        An argument is out of range, not finite or not known.

    Examples
    --------
    >>> print(tlsmc.closed_forms.F_res(0.03, 0.1, [0.02, 0.2]).round(4))
    [3.1518 1.4625]
    """
    choice("lineshape", lineshape, LINESHAPES)
    factor = DRIVES[choice("drive", drive, DRIVES)][0]
    return factor * _resonant(chi, Omega, theta, lineshape == "bloch", p_min, _panels(accuracy))


def F_rel(
    chi: ArrayLike,
    Omega: ArrayLike,
    theta: ArrayLike,
    drive: str = "paper",
    p_min: float = 0.0,
    accuracy: float = 1e-10,
) -> Array:
    """Relaxation part of the attenuation: the average of Eq. 12, one half of Eq. 16 as printed.

    The print has 2 cosh^3(y) where 4 cosh^3(y) follows from Eq. 12, see :func:`F_rel_printed`.

    Parameters
    ----------
    chi, Omega, theta, p_min, accuracy
        As for :func:`F_res`.
    drive
        "paper" and "asymmetry" give Eq. 12, "sigma_z" four times as much.

    Returns
    -------
    ndarray
        F_rel.

    Raises
    ------
    ValidityError
        An argument is out of range, not finite or not known.

    Examples
    --------
    >>> print(tlsmc.closed_forms.F_rel(0.03, 0.001, [0.02, 0.2]).round(4))
    [0.1094 0.3171]
    """
    factor = 0.5 * DRIVES[choice("drive", drive, DRIVES)][1]
    return factor * _relaxation(chi, Omega, theta, p_min, _panels(accuracy))


def F_rel_printed(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, p_min: float = 0.0) -> Array:
    """Relaxation part as printed (Eq. 16), twice the average of Eq. 12 (:func:`F_rel`).

    Parameters
    ----------
    chi, Omega, theta, p_min
        As for :func:`F_res`.

    Returns
    -------
    ndarray
        The print of F_rel.

    Raises
    ------
    ValidityError
        An argument is out of range or not finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.F_rel_printed(0.03, 0.001, [0.02, 0.2]).round(4))
    [0.2187 0.6342]
    """
    return _relaxation(chi, Omega, theta, p_min, DEFAULT)


def F_res_sharp(Omega: ArrayLike, theta: ArrayLike, drive: str = "paper", p_min: float = 0.0) -> Array:
    """Limit of :func:`F_res` for chi -> 0: pi sqrt(1 - p_min) tanh(Omega/theta) for Omega < 1, else 0 (Eq. 15).

    At Omega = 1 half of each line is inside the band, and so is half of the value.

    Parameters
    ----------
    Omega, theta, drive, p_min
        As for :func:`F_res`.

    Returns
    -------
    ndarray
        F_res of sharp lines.

    Raises
    ------
    ValidityError
        An argument is out of range, not finite or not known.

    Examples
    --------
    >>> print(tlsmc.closed_forms.F_res_sharp([0.1, 1.0, 2.0], 0.2).round(4))
    [1.4518 1.5707 0.    ]
    """
    factor = DRIVES[choice("drive", drive, DRIVES)][0]
    _, w, t = sound_arguments(1.0, Omega, theta)
    return unpacked(factor * np.pi * np.sqrt(1 - cut_off(p_min)) * np.tanh(w / t) * np.heaviside(1 - w, 0.5))


def _panels(accuracy: float) -> Resolution:
    """Panels for a relative accuracy: of the coarse ones the largest error found is 7e-8."""
    if not accuracy >= 1e-10:
        raise ValidityError(f"accuracy = {accuracy!r} is below 1e-10: no finer panels are tested, give 1e-10 or more")
    return COARSE if accuracy >= 1e-7 else DEFAULT


def _resonant(
    chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, bloch: bool, p_min: float, resolution: Resolution
) -> Array:
    integrals = PIntegrals.above(cut_off(p_min))

    def tile(chi: Array, Omega: Array, theta: Array) -> Array:
        args = (chi, Omega, theta, bloch, integrals)
        top, gap = np.minimum(Omega, 1), np.maximum(Omega - 1, 0)
        core = _CORE * top * np.minimum(1, chi / (2 * np.tanh(top / theta)))
        stop = np.maximum(core, gap)
        # Subtracted before it is added: an exact zero wherever the line's core is outside the band.
        inner = _core(core, *args) - _core(np.minimum(gap, core), *args)
        total = _below(top - (stop - gap), stop, args, resolution) + inner
        inside = Omega < 1
        if inside.any():
            some = (chi[inside], Omega[inside], theta[inside], bloch, integrals)
            start = np.minimum(core[inside], 1 - Omega[inside])
            total[inside] += _above(start, some, resolution) + _core(start, *some)
        return total

    return tiled(tile, _TILE, *sound_arguments(chi, Omega, theta))


def _below(end: Array, stop: Array, line: _Line, resolution: Resolution) -> Array:
    """The band below the frequency, x from 0 to ``end`` = Omega - ``stop``, in v = ln[x/(Omega - x)].

    This variable resolves every scale of x and of Omega - x, from the line's core to the origin.
    """
    chi, Omega, theta, bloch, integrals = line
    start = _ORIGIN * np.minimum(Omega, 1)
    v, dv = rule(np.log(start / (Omega - start)), np.log(end / stop), resolution)
    chi, Omega, theta = chi[:, None], Omega[:, None], theta[:, None]
    e = np.exp(-np.abs(v))
    lesser, greater = Omega * e / (1 + e), Omega / (1 + e)
    x, d = np.where(v < 0, lesser, greater), np.where(v < 0, greater, lesser)
    value = _line(x, d, chi, Omega, theta, bloch, integrals)
    return np.asarray(np.sum(value * x * d / Omega * dv, axis=1))


def _above(start: Array, line: _Line, resolution: Resolution) -> Array:
    """The band above the frequency, x from Omega + start to 1, in ln(x - Omega)."""
    chi, Omega, theta, bloch, integrals = line
    u, du = rule(np.log(start), np.log(1 - Omega), resolution)
    chi, Omega, theta = chi[:, None], Omega[:, None], theta[:, None]
    d = np.exp(u)
    return np.asarray(np.sum(_line(Omega + d, d, chi, Omega, theta, bloch, integrals) * d * du, axis=1))


def _line(x: Array, d: Array, chi: Array, Omega: Array, theta: Array, bloch: bool, integrals: PIntegrals) -> Array:
    """The integrand over x that Eq. 15 leaves: 2 t^2/(chi x) g(kappa), kappa = 2 d t/(chi x), d = |x - Omega|."""
    t = np.tanh(x / theta)
    rate = 2 * t / (chi * x)
    kappa = d * rate
    value = integrals.g_difference(kappa, 2 * np.minimum(x, Omega) * rate) if bloch else integrals.g(kappa)
    return t * rate * value


def _core(width: Array, chi: Array, Omega: Array, theta: Array, bloch: bool, integrals: PIntegrals) -> Array:
    """One side of the line's core, |x - Omega| from 0 to ``width`` << its linewidth.

    By parts, int_0^K g = K g(K) + int kappa^2/(2 [p_min^2 + kappa^2]), up to corrections of relative order K.
    """
    t = np.tanh(Omega / theta)
    rate = 2 * t / (chi * Omega)
    K = np.maximum(width * rate, 1e-100)
    value = integrals.g(K) + 0.5
    if integrals.p_min:
        value -= 0.5 * integrals.p_min / K * np.arctan(K / integrals.p_min)
    if bloch:
        value -= integrals.g(2 * Omega * rate)
    return width * t * rate * value


def _relaxation(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, p_min: float, resolution: Resolution) -> Array:
    integrals = PIntegrals.above(cut_off(p_min))

    def tile(chi: Array, Omega: Array, theta: Array) -> Array:
        y, dy = rule(np.zeros_like(theta), np.minimum(1 / theta, _DARK), resolution)
        tanh = np.tanh(y)
        kappa = (Omega / (chi * theta))[:, None] * tanh / y
        return np.asarray(np.sum(integrals.h(kappa) / np.cosh(y) ** 2 * dy, axis=1))

    return tiled(tile, _TILE, *sound_arguments(chi, Omega, theta))
