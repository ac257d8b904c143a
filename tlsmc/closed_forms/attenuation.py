"""The attenuation of a drive by an ensemble of tunnelling defects: the values of Eqs. 15 and 16.

W = (n_T a^2/2) Omega F with F = F_res + F_rel (Eqs. 13, 14), Omega = omega/E*, theta = 2T/E*. The p integrals close
(`_p_integrals`), and one integral over the splitting is left for Gauss-Legendre panels.

What the amplitude a means decides the prefactors, and the paper mixes two meanings: its Eq. 10 belongs to the amplitude
of sigma_z, its Eq. 12 to the amplitude of Delta. ``drive`` chooses: "paper" takes Eqs. 10 and 12 as they stand,
"sigma_z" Eq. 10 and four times Eq. 12, "asymmetry" a quarter of Eq. 10 and Eq. 12.

Source: Aleiner, Altshuler, Galperin, Shutenko, Phys. Rev. B 63, 201401 (2001).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import choice, coupling, cut_off, positive, unpacked
from tlsmc.closed_forms._gauss import DEFAULT, Resolution, rule
from tlsmc.closed_forms._tunnelling_integrals import PIntegrals

_RESONANT = {"paper": 1.0, "sigma_z": 1.0, "asymmetry": 0.25}
_RELAXATION = {"paper": 0.5, "sigma_z": 2.0, "asymmetry": 0.5}  # of Eq. 16 as printed
_LINESHAPES = ("resonant", "bloch")
_CORE = 1e-7  # |x - Omega| below this fraction of the line is integrated analytically; the error is its square
_ORIGIN = 1e-7  # x below this fraction of min(Omega, 1) is left out: the integrand goes like x there
_DARK = 20.0  # sech^2(y) beyond is below 2e-17
_TILE = 128  # points at a time; some MB of temporaries


def F_res(
    chi: ArrayLike,
    Omega: ArrayLike,
    theta: ArrayLike,
    lineshape: str = "resonant",
    drive: str = "paper",
    p_min: float = 0.0,
) -> Array:
    """Resonant part of the attenuation, Eq. 15: the average of the broadened Eq. 10.

    Parameters
    ----------
    chi, Omega, theta
        Coupling in (0, 1], omega/E* and 2T/E*, dimensionless; they broadcast, and so does the result.
    lineshape
        "resonant" is the paper's Lorentzian at omega = E; "bloch" subtracts the one at omega = -E, as the Bloch
        equations have it, and the logarithm of Eq. 18 disappears.
    drive
        "paper" and "sigma_z" give Eq. 10, "asymmetry" a quarter of it.
    p_min
        Lower limit of the p integral, one number in [0, 1); the paper has 0.

    Notes
    -----
    Relative accuracy 1e-10 or better for chi from 1e-6 to 1, Omega from 1e-6 to 1e3, theta from 1e-4 to 1e3 and
    p_min up to 0.5, for both line shapes.

    Raises
    ------
    ValidityError
        An argument is out of range, not finite or not known.
    """
    choice("lineshape", lineshape, _LINESHAPES)
    factor = _RESONANT[choice("drive", drive, _RESONANT)]
    return factor * _resonant(chi, Omega, theta, lineshape == "bloch", p_min, DEFAULT)


def F_rel(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, drive: str = "paper", p_min: float = 0.0) -> Array:
    """Relaxation part of the attenuation: the average of Eq. 12 (times 4 for the drive "sigma_z").

    The average of Eq. 12 is one half of Eq. 16 as printed: the print has 2 cosh^3(y) where 4 cosh^3(y) follows from
    Eq. 12. See `F_res` for the arguments, the accuracy and the errors, `F_rel_printed` for the print.
    """
    factor = _RELAXATION[choice("drive", drive, _RELAXATION)]
    return factor * _relaxation(chi, Omega, theta, p_min, DEFAULT)


def F_rel_printed(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, p_min: float = 0.0) -> Array:
    """Eq. 16 as printed, twice the average of Eq. 12 (`F_rel`); arguments and errors as there."""
    return _relaxation(chi, Omega, theta, p_min, DEFAULT)


def F_res_sharp(Omega: ArrayLike, theta: ArrayLike, drive: str = "paper", p_min: float = 0.0) -> Array:
    """The limit of `F_res` for chi -> 0, sharp lines: pi sqrt(1 - p_min) tanh(Omega/theta) for Omega < 1, else 0.

    At Omega = 1 half of each line is inside the band, and so is half of the value. Arguments and errors as in `F_res`.
    """
    factor = _RESONANT[choice("drive", drive, _RESONANT)]
    remedy_O, remedy_t = "give omega/E*", "give 2T/E*"
    w, t = positive("Omega", Omega, remedy_O), positive("theta", theta, remedy_t)
    inside = np.heaviside(1 - w, 0.5)
    return unpacked(factor * np.pi * np.sqrt(1 - cut_off(p_min)) * np.tanh(w / t) * inside)


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
        total = _below(top - (stop - gap), stop, *args, resolution) + inner
        inside = Omega < 1
        if inside.any():
            some = (chi[inside], Omega[inside], theta[inside], bloch, integrals)
            start = np.minimum(core[inside], 1 - Omega[inside])
            total[inside] += _above(start, *some, resolution) + _core(start, *some)
        return total

    return _tiled(tile, chi, Omega, theta)


def _below(
    end: Array,
    stop: Array,
    chi: Array,
    Omega: Array,
    theta: Array,
    bloch: bool,
    integrals: PIntegrals,
    resolution: Resolution,
) -> Array:
    """The band below the frequency, x from 0 to ``end`` = Omega - ``stop``, in v = ln[x/(Omega - x)].

    This variable resolves every scale of x and of Omega - x, from the line's core to the origin.
    """
    start = _ORIGIN * np.minimum(Omega, 1)
    v, dv = rule(np.log(start / (Omega - start)), np.log(end / stop), resolution)
    chi, Omega, theta = chi[:, None], Omega[:, None], theta[:, None]
    e = np.exp(-np.abs(v))
    lesser, greater = Omega * e / (1 + e), Omega / (1 + e)
    x, d = np.where(v < 0, lesser, greater), np.where(v < 0, greater, lesser)
    value = _line(x, d, chi, Omega, theta, bloch, integrals)
    return np.asarray(np.sum(value * x * d / Omega * dv, axis=1))


def _above(
    start: Array, chi: Array, Omega: Array, theta: Array, bloch: bool, integrals: PIntegrals, resolution: Resolution
) -> Array:
    """The band above the frequency, x from Omega + start to 1, in ln(x - Omega)."""
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
    return np.asarray(t * rate * value)


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
    return np.asarray(width * t * rate * value)


def _relaxation(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike, p_min: float, resolution: Resolution) -> Array:
    integrals = PIntegrals.above(cut_off(p_min))

    def tile(chi: Array, Omega: Array, theta: Array) -> Array:
        y, dy = rule(np.zeros_like(theta), np.minimum(1 / theta, _DARK), resolution)
        tanh = np.tanh(y)
        kappa = (Omega / (chi * theta))[:, None] * tanh / y
        return np.asarray(np.sum(integrals.h(kappa) / np.cosh(y) ** 2 * dy, axis=1))

    return _tiled(tile, chi, Omega, theta)


def _tiled(tile: Callable[[Array, Array, Array], Array], chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike) -> Array:
    """Broadcast, and call ``tile`` on a bounded number of points at a time."""
    c, w, t = np.broadcast_arrays(
        coupling(chi), positive("Omega", Omega, "give omega/E*"), positive("theta", theta, "give 2T/E*")
    )
    flat = [a.ravel() for a in (c, w, t)]
    result = np.empty(c.size)
    for first in range(0, c.size, _TILE):
        part = slice(first, first + _TILE)
        result[part] = tile(flat[0][part], flat[1][part], flat[2][part])
    return unpacked(result.reshape(c.shape))
