"""Averages over the Kondo temperatures and splittings of an ensemble (Eqs. 19, 22, 23 and 24).

T_K and Delta are independent.  Averages are sums over fixed Gauss-Legendre nodes in ln T_K and ln Delta, on panels that
end where Eq. 21 changes its form and wherever the two densities have a kink.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import wrightomega

from tlsmc.closed_forms._arguments import choice, positive
from tlsmc.closed_forms._panels import unit_rule
from tlsmc.errors import ValidityError
from tlsmc.physics.kondo import CROSS_SECTIONS, kondo_linewidth
from tlsmc.populations.laws.base import Law
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.uniform import Uniform

Array = NDArray[np.float64]

# Nodes per panel, largest panel in ln T_K or ln Delta, and the probability left to one node at either end; less of
# it below the smallest T_K, where defects relax slowly and a contribution may be 1e6 times its average.
_ORDER = 14
_WIDTH = 2.2
_EDGE = 1e-11
_SLOWEST = 1e-16
# Powers of l = ln(Delta/T_K) are resolved by panels of constant ratio between the cap and l = 2.
_GRADES = np.arange(8) / 7.0


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Where a contribution of T_K and Delta is not smooth.

    ``T_K`` are values of T_K; ``curves`` maps T_K of shape (n,) to values of Delta of shape (n, k), one curve per
    column; ``crossings`` maps one Delta to the values of T_K at which the curves pass it.
    """

    T_K: tuple[float, ...]
    curves: Callable[[Array], Array]
    crossings: Callable[[float], Array]


def _graded(cap: Array) -> Array:
    return cap[..., None] * (np.maximum(2.0, cap) / cap)[..., None] ** _GRADES


def cross_section_boundaries(T: float) -> Boundaries:
    """Boundaries of chi~ (Eq. 21): y^2 = x, y = x, y = 1, y l = 1 and, by the cap, y l^2 = 1; x = 1 and x = 1/e."""

    def curves(T_K: Array) -> Array:
        x = T_K / T
        # The cap y l^2 = 1 at y = x e^l, solved by l = 2 W(1/(2 sqrt x)) with Lambert's W.
        cap = 2.0 * wrightomega(-np.log(2.0 * np.sqrt(x)))
        wedge = [np.maximum(1.0, np.sqrt(x)), np.maximum(1.0, x)]
        simple = [np.ones_like(x), *wedge, 1.0 / np.maximum(-np.log(x), 1.0)]
        beyond = np.maximum(1.0, x[:, None] * np.exp(_graded(cap)))
        return T * np.concatenate([np.stack(simple, axis=1), beyond], axis=1)

    def crossings(Delta: float) -> Array:
        y = max(Delta / T, 1e-2)
        graded = y * np.exp(-_graded(np.array(1.0 / np.sqrt(y))))
        return T * np.array([y * y, y, np.exp(-1.0 / y), *graded])

    return Boundaries((T / np.e, T), curves, crossings)


def _mass(law: Law, low: Array, high: Array) -> Array:
    """Probability between e^low and e^high by one panel of nodes each."""
    nodes, weights = unit_rule(1, _ORDER)
    x = np.exp(low[:, None] + (high - low)[:, None] * nodes)
    return np.asarray((high - low) * (x * law.pdf(x) * weights).sum(axis=1))


def _law_panels(law: Law, lowest: float) -> Array:
    """Ends, in the logarithm, of panels that resolve the density of ``law`` above its quantile ``lowest``.

    Raises
    ------
    ValidityError
        The density cannot be resolved: it is not piecewise smooth between its kinks.
    """
    ends = np.asarray(law.ppf(np.array([lowest, 1.0 - _EDGE])))
    inner = [k for k in law.kinks if ends[0] < k < ends[1]]
    points = np.log([max(ends[0], law.support[0]), *sorted(inner), min(ends[1], law.support[1])])
    counts = [1 + max(1, int(np.ceil((b - a) / _WIDTH))) for a, b in pairwise(points)]
    parts = [np.linspace(a, b, n) for (a, b), n in zip(pairwise(points), counts, strict=True)]
    panels = np.unique(np.concatenate(parts))
    for _ in range(40):
        low, high = panels[:-1], panels[1:]
        middle = 0.5 * (low + high)
        halves = _mass(law, low, middle) + _mass(law, middle, high)
        coarse = np.abs(_mass(law, low, high) - halves) > 1e-12 + 1e-10 * halves
        if not coarse.any():
            return panels
        panels = np.sort(np.concatenate([panels, middle[coarse]]))
    raise ValidityError(
        f"the density of {law!r} is not smooth near {np.exp(middle[coarse][0]):.6g}: "
        "give its jumps as kinks, or estimate the average by sampling"
    )


def _edges(law: Law, panels: Array) -> Array:
    """Values where the density jumps, bends or varies within less than a panel."""
    narrow = np.diff(panels) < 0.25 * _WIDTH
    fast = panels[1:][narrow]
    ends = [end for end in law.support if 0.0 < end < np.inf]
    return np.unique(np.concatenate([ends, law.kinks, np.exp(fast)]))


def _nodes(law: Law, panels: Array, extra: Array) -> tuple[Array, Array, Array]:
    """Nodes and weights of an average over ``law``, with panels also split at ``extra`` of shape (rows, k).

    Returns the row, the node and the weight of each, all flat: rows differ in their number of nodes.
    """
    rows = extra.shape[0]
    with np.errstate(divide="ignore"):
        inside = np.clip(np.log(extra), panels[0], panels[-1])
    limits = np.sort(np.concatenate([np.broadcast_to(panels, (rows, panels.size)), inside], axis=1), axis=1)
    row, panel = np.nonzero(np.diff(limits, axis=1) > 1e-13)
    low, span = limits[row, panel], np.diff(limits, axis=1)[row, panel]
    unit, weights = unit_rule(1, _ORDER)
    x = np.exp(low[:, None] + span[:, None] * unit)
    w = span[:, None] * weights * x * law.pdf(x)
    # What lies outside the panels, one node at either end.
    share = np.asarray(law.cdf(np.exp(panels[[0, -1]])))
    rest = np.array([share[0], 1.0 - share[1]])
    ends = np.asarray(law.ppf(np.array([0.5 * rest[0], 1.0 - 0.5 * rest[1]])))
    ends = np.where(rest > 0.0, ends, np.exp(panels[[0, -1]]))
    index = np.arange(rows)
    return (
        np.concatenate([np.repeat(row, _ORDER), index, index]),
        np.concatenate([x.ravel(), np.full(rows, ends[0]), np.full(rows, ends[1])]),
        np.concatenate([w.ravel(), np.full(rows, rest[0]), np.full(rows, rest[1])]),
    )


def kondo_nodes(T_K_law: Law, Delta_law: Law, T: float, breaks: Boundaries | None = None) -> tuple[Array, Array, Array]:
    """Nodes and weights (T_K, Delta, weight), all of shape (nodes,), of averages over independent T_K and Delta.

    Parameters
    ----------
    T_K_law, Delta_law
        Laws of the Kondo temperature and of the splitting, smooth between their kinks.
    T
        Temperature.
    breaks
        Where the contribution is not smooth; by default the boundaries of Eq. 21 at T, which serve the relaxation
        and the heat capacities of Kondo defects as well.

    Raises
    ------
    ValidityError
        T is not positive, or a density is not smooth between its kinks.
    """
    positive("T", T, "give a temperature in the unit of T_K and Delta")
    breaks = cross_section_boundaries(T) if breaks is None else breaks
    outer, inner = _law_panels(T_K_law, _SLOWEST), _law_panels(Delta_law, _EDGE)
    crossings = [breaks.crossings(float(edge)) for edge in _edges(Delta_law, inner)]
    extra = np.concatenate([np.asarray(breaks.T_K, dtype=float), *crossings])
    _, T_K, weight = _nodes(T_K_law, outer, extra[None, :])
    row, Delta, share = _nodes(Delta_law, inner, breaks.curves(T_K))
    return T_K[row], Delta, weight[row] * share


def kondo_average(
    T_K_law: Law,
    Delta_law: Law,
    T: float,
    contribution: Callable[[Array, Array], Array],
    breaks: Boundaries | None = None,
) -> Array:
    """Average of ``contribution(T_K, Delta)`` over independent Kondo temperatures and splittings (Eqs. 19 and 22).

    ``contribution`` gets two arrays of shape (nodes,) and returns shape (..., nodes); the leading axes are those of
    the result.  The other arguments and the errors are those of :func:`kondo_nodes`.
    """
    T_K, Delta, weight = kondo_nodes(T_K_law, Delta_law, T, breaks)
    # Not a matrix product: its threads would cost more than they save, and change the last digits.
    return np.asarray((contribution(T_K, Delta) * weight).sum(axis=-1))


def _law(name: str, scale: float) -> Law:
    return Uniform(high=scale) if name == "uniform" else Exponential(mean=scale)


def kondo_mean(
    T_K_over_T: ArrayLike, Delta_over_T: ArrayLike, law: str = "uniform", cross_section: str = "unitary"
) -> Array:
    """tau_0/tau_phi = <chi~>, the dephasing rate in units of its unitary value 4 pi n_T v_F/k_F^2 (Eq. 22).

    Relative error below 1e-10 for arguments from 1e-6 to 1e6, a few milliseconds a point.

    Parameters
    ----------
    T_K_over_T, Delta_over_T
        T_K*/T and Delta*/T: upper ends (``law = "uniform"``) or means (``"exponential"``) of T_K/T and Delta/T.
    law
        Law of both parameters, the P(x, y) of Eq. 19.
    cross_section
        ``"unitary"`` or ``"smooth"``, see :data:`tlsmc.physics.kondo.CROSS_SECTIONS`.

    Raises
    ------
    ValidityError
        An argument is not positive, or ``cross_section = "literal"``, whose average is infinite.
    """
    choice("law", law, ("uniform", "exponential"))
    chi = CROSS_SECTIONS[choice("cross_section", cross_section, CROSS_SECTIONS)]
    if cross_section == "literal":
        raise ValidityError(
            "cross_section = 'literal' has an infinite average: Eq. 21 diverges as l^-2 where l = 0, so that "
            "P(chi~ > c) falls as c^(-1/2) (tail index 1/2, below 1); use 'unitary' or 'smooth'"
        )
    x = positive("T_K_over_T", T_K_over_T, "give T_K*/T")
    y = positive("Delta_over_T", Delta_over_T, "give Delta*/T")
    points = np.broadcast(x, y)
    means = [kondo_average(_law(law, X), _law(law, Y), 1.0, chi) for X, Y in points]
    return np.array(means).reshape(points.shape)[()]


def kondo_mean_asymptotic(T_K_over_T: ArrayLike, Delta_over_T: ArrayLike) -> Array:
    """tau_0/tau_phi as printed, up to numerical factors (Eq. 23), with T_K*/T < 1 and > 1 for << and >>.

    min(1, T/Delta*)/ln^2 max(T/T_K*, Delta*/T_K*) above T_K*, min(1, sqrt(T T_K*)/Delta*) below.  For Delta* >> T the
    printed upper branch misses one logarithm of Eq. 21, see :func:`kondo_mean_limit`.
    """
    x = positive("T_K_over_T", T_K_over_T, "give T_K*/T")
    y = positive("Delta_over_T", Delta_over_T, "give Delta*/T")
    high = x < 1.0
    logarithm = np.log(np.maximum(1.0, y) / np.where(high, x, 1.0 / np.e))
    return np.asarray(np.where(high, np.minimum(1.0, 1.0 / y) / logarithm**2, np.minimum(1.0, np.sqrt(x) / y)))[()]


def kondo_mean_limit(T_K_over_T: ArrayLike, Delta_over_T: ArrayLike) -> Array:
    """What Eq. 21, capped at 1, gives for one T_K and Delta uniform up to a large Delta*, in place of Eq. 23.

    (T/Delta*) 2/ln^3(T/T_K) for T >> T_K, where Eq. 23 has 1/ln^2; the next term is -2/ln^2 of it.  For T << T_K
    (4/3) sqrt(T T_K)/Delta* as long as Delta* < T_K, and twice that beyond: the defects with Delta close to T_K,
    where the cap holds, add as much again.

    Raises
    ------
    ValidityError
        Delta* <= max(T, sqrt(T T_K)), or T_K = T.
    """
    x = positive("T_K_over_T", T_K_over_T, "give T_K/T")
    y = positive("Delta_over_T", Delta_over_T, "give Delta*/T")
    x, y = np.broadcast_arrays(x, y)
    narrow = y <= np.maximum(1.0, np.sqrt(x))
    if narrow.any():
        bound = float(np.maximum(1.0, np.sqrt(x))[narrow][0])
        raise ValidityError(
            f"Delta_over_T = {float(y[narrow][0])!r} does not exceed max(1, sqrt(T_K_over_T)) = {bound!r}: "
            "the limit is that of large Delta*, use kondo_mean"
        )
    if (x == 1.0).any():
        raise ValidityError("T_K_over_T = 1.0 lies between the two limits, < 1 and > 1: use kondo_mean")
    warm = -2.0 / np.log(np.where(x < 1.0, x, 1.0 / np.e)) ** 3
    cold = np.where(y > x, 8.0, 4.0) / 3.0 * np.sqrt(x)
    return np.asarray(np.where(x < 1.0, warm, cold) / y)[()]


def kondo_attenuation_asymptotic(omega: ArrayLike, T: ArrayLike, T_K: ArrayLike) -> Array:
    """Absorbed power W/(n_T a^2/2) as printed in Eq. 24: 2 (omega/T)(omega/T_K*) {1, or ln^(-2)(T/T_K*) for T > T_K*}.

    Divided by Omega it is comparable with F of Eqs. 13-18.  The upper branch does not follow from the rate that the
    paper states, see :func:`kondo_attenuation_limit`; infinite at T slightly above T_K*, as printed.

    Parameters
    ----------
    omega, T, T_K
        Angular frequency, temperature and T_K* in one unit; omega << T.
    """
    omega = positive("omega", omega, "give an angular frequency")
    T = positive("T", T, "give a temperature")
    T_K = positive("T_K", T_K, "give the Kondo temperature T_K*")
    logarithm = np.where(T > T_K, np.log(np.maximum(T / T_K, 1.0 + 1e-15)), 1.0)
    return np.asarray(2.0 * omega**2 / (T * T_K * logarithm**2))[()]


def kondo_attenuation_limit(omega: ArrayLike, T: ArrayLike, T_K: ArrayLike) -> Array:
    """W/(n_T a^2/2) that Eq. 12 with p = 0 gives for one T_K, omega << Gamma and Delta << T: omega^2/(8 T Gamma).

    Above T_K this is omega^2 ln^2(T/T_K)/(8 T^2), where printed Eq. 24 has 2 omega^2/(T T_K ln^2); below it is
    omega^2/(8 T T_K).  T_K uniform up to T_K* > T gives omega^2 [ln(T_K*/T) + 1 + 4/e]/(8 T T_K*).
    """
    omega = positive("omega", omega, "give an angular frequency")
    T = positive("T", T, "give a temperature")
    T_K = positive("T_K", T_K, "give the Kondo temperature")
    return np.asarray(omega**2 / (8.0 * T * kondo_linewidth(T_K, T)))[()]
