"""The specific heat of the defects of Eq. 2, and what they took up and give off as heat after a time t.

Averages over Eq. 2 of C_i (1 - exp(-t/T1_i)) and of the relaxation after a step of temperature, with 1/T1 of Eq. 12
(beyond the paper).  With p = sech^2 u the integrals over u close: s = t/T1 at p = 1, V^2 = 1 - p_min,

G(s) = int du [1 - exp(-s sech^2 u)] = 2 int_0^sqrt(s) exp(-p_min y^2) D(V y) dy,
s G'(s) = sqrt(s) exp(-p_min s) D(V sqrt(s)),

with Dawson's integral D.  For p_min = 0 they are (ln 4s + 0.5772)/2 and 1/2 for s >> 1: a logarithm, and a law 1/t.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import dawsn, expn, spence

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import cut_off, positive, tiled, unpacked
from tlsmc.closed_forms._gauss import DEFAULT, rule, unit_rule
from tlsmc.physics.measurement_time import excess_energy

_SMALL = 1.0  # below this y the dilogarithm form cancels, and the integrand is smooth on the whole interval
_LONG = 50.0  # s V^2 from which the asymptotic series of D is right to exp(-s V^2)
_TERMS = 24
_DARK = 22.0  # y^2 sech^2(y) beyond is below 4e-17
_COLD = 45.0  # E/T beyond which the occupation is below 3e-20
_ORIGIN = 1e-6  # E below this fraction of T is left out: the integrand goes like E^2 there
_TILE = 256  # points at a time
#: gamma/2 + <ln(y coth y / coth 1)>/2 with the weight y^2 sech^2 y of the specific heat.
_OFFSET = 0.42854559638315854


def heat(x: ArrayLike) -> Array:
    """f(x) = 2 int_0^(x/2) y^2 sech^2(y) dy of C_T = (n_T T L/E*) f(E*/T) (Eq. 8).

    f is x^3/12 for x << 1 and pi^2/6 for x >> 1; the paper's own limits are :func:`heat_asymptotic`.

    Parameters
    ----------
    x
        E*/T > 0.

    Returns
    -------
    ndarray
        f, with a relative accuracy of 1e-12.

    Raises
    ------
    ValidityError
        x is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.heat([1.0, 100.0]).round(4))
    [0.0722 1.6449]
    """
    y = np.asarray(positive("x", x, "give E*/T") / 2)
    result = np.empty_like(y)
    small = y < _SMALL
    nodes, weights = unit_rule(1, 20)
    result[small] = 2 * y[small] ** 3 * ((nodes / np.cosh(y[small][:, None] * nodes)) ** 2 @ weights)
    # By parts f = 2 [y^2 tanh y - y^2 - 2 y ln(1 + e^(-2y)) + Li2(-e^(-2y)) + pi^2/12].
    y = y[~small]
    e = np.exp(-2 * y)
    result[~small] = 2 * (np.pi**2 / 12 + spence(1 + e) - 2 * y * np.log1p(e) - 2 * y * y * e / (1 + e))
    return unpacked(result)


def timed_heat(x: ArrayLike, s: ArrayLike, p_min: float = 0.0) -> Array:
    """L f of C(t) = (n_T T/E*) L f after a measurement of the time t: 2 int_0^(x/2) y^2 sech^2(y) G(s y coth y) dy.

    For t -> infinity it is artanh(sqrt(1 - p_min)) :func:`tlsmc.closed_forms.heat` (Eq. 8).

    Parameters
    ----------
    x
        E*/T > 0.
    s
        2T chi t > 0, the time in units of the fastest T1 of a defect with E << T.
    p_min
        Lower limit of p in Eq. 2, one number in [0, 1).

    Returns
    -------
    ndarray
        L f, with a relative accuracy of 1e-12.

    Raises
    ------
    ValidityError
        An argument is out of range or not finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.timed_heat(10.0, [1.0, 1e6]).round(4))
    [ 1.7496 13.3835]
    """
    cut = cut_off(p_min)

    def tile(x: Array, s: Array) -> Array:
        y, dy = rule(np.zeros_like(x), np.minimum(0.5 * x, _DARK), DEFAULT)
        relaxed = relaxed_defects(s[:, None] * y / np.tanh(y), cut)
        return np.asarray(2.0 * np.sum((y / np.cosh(y)) ** 2 * relaxed * dy, axis=1))

    times = positive("s", s, "give 2T chi t")
    return tiled(tile, _TILE, positive("x", x, "give E*/T"), times)


def heat_release(start: ArrayLike, bath: ArrayLike, s: ArrayLike, p_min: float = 0.0) -> Array:
    """Heat t dQ/dt in units of n_T E*, at the time t after a step of the temperature from ``start`` to ``bath``.

    int_0^1 x [n(x/start) - n(x/bath)] s' G'(s') dx with s' = s y coth y, y = x/(2 bath) and n(x) = 1/(1 + e^x);
    :func:`heat_release_law` while 1 << s << 1/p_min and both temperatures are << 1.

    Parameters
    ----------
    start, bath
        Temperatures over E*, before and after the step.
    s
        2T chi t with the temperature of the bath.
    p_min
        Lower limit of p in Eq. 2, one number in [0, 1).

    Returns
    -------
    ndarray
        t dQ/dt, with a relative accuracy of 1e-12 of the integral of the absolute value.

    Raises
    ------
    ValidityError
        An argument is out of range or not finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.heat_release(0.1, 0.05, [1.0, 1e6]).round(5))
    [0.0038  0.00308]
    """
    cut = cut_off(p_min)
    V = math.sqrt(1.0 - cut)

    def tile(start: Array, bath: Array, s: Array) -> Array:
        low = _ORIGIN * np.minimum(np.minimum(start, bath), 1.0)
        high = np.minimum(_COLD * np.maximum(start, bath), 1.0)
        v, dv = rule(np.log(low), np.log(high), DEFAULT)
        x, T = np.exp(v), bath[:, None]
        y = 0.5 * x / T
        ages = s[:, None] * y / np.tanh(y)
        root = np.sqrt(ages)
        rate = root * np.exp(-cut * ages) * dawsn(V * root)
        return np.asarray(np.sum(excess_energy(x, start[:, None], T) * rate * x * dv, axis=1))

    remedy = "give the temperature in units of E*"
    times = positive("s", s, "give 2T chi t")
    return tiled(tile, _TILE, positive("start", start, remedy), positive("bath", bath, remedy), times)


def heat_release_law(start: ArrayLike, bath: ArrayLike) -> Array:
    """The constant (pi^2/24) (start^2 - bath^2) that :func:`heat_release` is while 1 << s << 1/p_min.

    Parameters
    ----------
    start, bath
        Temperatures over E*, << 1, before and after the step.

    Returns
    -------
    ndarray
        t dQ/dt in units of n_T E*.

    Raises
    ------
    ValidityError
        A temperature is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.heat_release_law([0.1, 0.2], 0.05).round(5))
    [0.00308 0.01542]
    """
    remedy = "give the temperature in units of E*"
    hot, cold = positive("start", start, remedy), positive("bath", bath, remedy)
    return unpacked(math.pi**2 / 24.0 * (hot - cold) * (hot + cold))


def time_logarithm(t_over_tau_min: ArrayLike) -> Array:
    """L = ln(4t/tau_min)/2 + 0.4285 after the time t, for T << E* and 1 << t/tau_min << 1/p_min (Eq. 8).

    Eq. 2's own measure gives half of the paper's L = ln(t/tau_min).

    Parameters
    ----------
    t_over_tau_min
        t/tau_min > 0; 1/tau_min = chi 2T coth 1 is the fastest rate at E = 2T.

    Returns
    -------
    ndarray
        L.

    Raises
    ------
    ValidityError
        t/tau_min is not positive and finite.

    Examples
    --------
    >>> print(tlsmc.closed_forms.time_logarithm([1e3, 1e6]).round(4))
    [4.5756 8.0294]
    """
    return unpacked(0.5 * np.log(4.0 * positive("t_over_tau_min", t_over_tau_min, "give t/tau_min")) + _OFFSET)


def relaxed_defects(s: Array, p_min: float) -> Array:
    """G(s), the number of defects per n_T of Eq. 2 that have relaxed at the age s."""
    V2 = 1.0 - p_min
    border = _LONG / V2
    # Later than _COLD/p_min the slowest defects have relaxed too.
    values = _relaxed_early(np.minimum(s, min(border, _COLD / max(p_min, 1e-3))), p_min)
    late = s > border
    if late.any():
        values[late] += _late(np.array(border), p_min) - _late(s[late], p_min)
    return values


def _relaxed_early(s: Array, p_min: float) -> Array:
    """2 int_0^sqrt(s) exp(-p_min y^2) D(V y) dy for s V^2 up to 50, where the integrand is smooth on the scale of 1."""
    nodes, weights = unit_rule(4, 14)
    root, V = np.sqrt(s), math.sqrt(1.0 - p_min)
    total = np.zeros_like(s)
    for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
        y = node * root
        total += weight * np.exp(-p_min * y * y) * dawsn(V * y)
    return 2.0 * root * total


def _late(s: Array, p_min: float) -> Array:
    """What is still to come of G after the age s, but for a constant: from D(z) ~ sum (2k-1)!!/(2^(k+1) z^(2k+1))."""
    V = math.sqrt(1.0 - p_min)
    total = 0.5 / V * (expn(1, p_min * s) if p_min else -np.log(s))
    factor = 0.5 / V
    for k in range(1, _TERMS):
        factor *= (2 * k - 1) / (2.0 * V * V)
        total = total + factor * s**-k * expn(k + 1, p_min * s)
    return total
