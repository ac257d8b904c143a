"""Quadrature over independent laws of a Kondo temperature and a splitting.

Nodes are Gauss-Legendre points in ln T_K and ln Delta, on panels that end where Eq. 21 changes its form and wherever
the two densities have a kink.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import wrightomega

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError
from tlsmc.populations.laws.base import Law

# Nodes per panel, largest panel in ln T_K or ln Delta, and the probability left to one node at either end; less of
# it below the smallest T_K, where defects relax slowly and a contribution may be 1e6 times its average.
_ORDER = 14
_WIDTH = 2.2
_EDGE = 1e-11
_SLOWEST = 1e-16
# A law with more kinks than this comes from a table.
_MANY_KINKS = 30
# Beyond so many nodes an average takes minutes and gigabytes.
_MOST_NODES = 8_000_000
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


def cross_section_boundaries(temperatures: ArrayLike) -> Boundaries:
    """Boundaries of chi~ (Eq. 21): y^2 = x, y = x, y = 1, y l = 1 and, by the cap, y l^2 = 1; x = 1 and x = 1/e.

    Those of one or more temperatures together; none if there are no temperatures.
    """
    grid = np.unique(np.asarray(temperatures, dtype=float))

    def curves(T_K: Array) -> Array:
        return np.concatenate([np.zeros((len(T_K), 0)), *(T * _curves(T_K / T) for T in grid)], axis=1)

    def crossings(Delta: float) -> Array:
        return np.concatenate([np.zeros(0), *(T * _crossings(Delta / T) for T in grid)])

    return Boundaries(tuple(np.outer(grid, [1.0 / np.e, 1.0]).ravel().tolist()), curves, crossings)


def _curves(x: Array) -> Array:
    """Values of y at which chi~ is not smooth, for every x."""
    # The cap y l^2 = 1 at y = x e^l, solved by l = 2 W(1/(2 sqrt x)) with Lambert's W.
    cap = 2.0 * wrightomega(-np.log(2.0 * np.sqrt(x)))
    wedge = [np.maximum(1.0, np.sqrt(x)), np.maximum(1.0, x)]
    simple = [np.ones_like(x), *wedge, 1.0 / np.maximum(-np.log(x), 1.0)]
    beyond = np.maximum(1.0, x[:, None] * np.exp(_graded(cap)))
    return np.concatenate([np.stack(simple, axis=1), beyond], axis=1)


def _crossings(y: float) -> Array:
    """Values of x at which a curve passes y."""
    y = max(y, 1e-2)
    graded = y * np.exp(-_graded(np.array(1.0 / np.sqrt(y))))
    return np.array([y * y, y, np.exp(-1.0 / y), *graded])


def _mass(law: Law, low: Array, high: Array) -> Array:
    """Probability between e^low and e^high by one panel of nodes each."""
    nodes, weights = _unit_rule(_ORDER)
    x = np.exp(low[:, None] + (high - low)[:, None] * nodes)
    return np.asarray((high - low) * (x * law.pdf(x) * weights).sum(axis=1))


@lru_cache(maxsize=64)
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
            panels.flags.writeable = False
            return panels
        panels = np.sort(np.concatenate([panels, middle[coarse]]))
    raise ValidityError(
        f"the density of {law!r} is not smooth near {np.exp(middle[coarse][0]):.6g}: "
        "give its jumps as kinks, or estimate the average by sampling"
    )


def _freezing(panels: Array, temperatures: Array) -> Array:
    """Panels in ln Delta that also resolve exp(-Delta/T) where it decays from the smallest Delta on."""
    steps = np.log(np.exp(panels[0]) + np.outer(temperatures, [1.0, 3.0, 9.0, 27.0])).ravel()
    return np.unique(np.concatenate([panels, steps[(steps > panels[0]) & (steps < panels[-1])]]))


def _edges(law: Law, panels: Array) -> Array:
    """Values where the density jumps, bends or varies within less than a panel."""
    narrow = np.diff(panels) < 0.25 * _WIDTH
    fast = panels[1:][narrow]
    ends = [end for end in law.support if 0.0 < end < np.inf]
    edges = np.unique(np.concatenate([ends, law.kinks, np.exp(fast)]))
    # The kinks of a table are weak: where curves pass them matters to an average by some 1e-7.
    return edges if len(law.kinks) < _MANY_KINKS else np.array(ends)


def _nodes(law: Law, panels: Array, extra: Array, order: int) -> tuple[Array, Array, Array]:
    """Nodes and weights of an average over ``law``, with panels also split at ``extra`` of shape (rows, k).

    Returns the row, the node and the weight of each, all flat: rows differ in their number of nodes.
    """
    rows = extra.shape[0]
    with np.errstate(divide="ignore"):
        inside = np.clip(np.log(extra), panels[0], panels[-1])
    limits = np.sort(np.concatenate([np.broadcast_to(panels, (rows, panels.size)), inside], axis=1), axis=1)
    row, panel = np.nonzero(np.diff(limits, axis=1) > 1e-13)
    low, span = limits[row, panel], np.diff(limits, axis=1)[row, panel]
    unit, weights = _unit_rule(order)
    x = np.exp(low[:, None] + span[:, None] * unit)
    w = span[:, None] * weights * x * law.pdf(x)
    # What lies outside the panels, one node at either end.
    share = np.asarray(law.cdf(np.exp(panels[[0, -1]])))
    rest = np.array([share[0], 1.0 - share[1]])
    ends = np.asarray(law.ppf(np.array([0.5 * rest[0], 1.0 - 0.5 * rest[1]])))
    ends = np.where(rest > 0.0, ends, np.exp(panels[[0, -1]]))
    index = np.arange(rows)
    return (
        np.concatenate([np.repeat(row, order), index, index]),
        np.concatenate([x.ravel(), np.full(rows, ends[0]), np.full(rows, ends[1])]),
        np.concatenate([w.ravel(), np.full(rows, rest[0]), np.full(rows, rest[1])]),
    )


def kondo_nodes(
    T_K_law: Law,
    Delta_law: Law,
    temperatures: ArrayLike,
    breaks: Boundaries | None = None,
    order: int | None = None,
) -> tuple[Array, Array, Array]:
    """Nodes and weights (T_K, Delta, weight), all of shape (nodes,), of averages over independent T_K and Delta.

    Parameters
    ----------
    T_K_law, Delta_law
        Laws of the Kondo temperature and of the splitting, smooth between their kinks.
    temperatures
        One temperature or several, the cost growing with the square of their number; empty for none.
    breaks
        Where the contribution is not smooth; by default the boundaries of Eq. 21 at the temperatures, which serve the
        relaxation and the heat capacities of Kondo defects as well.
    order
        Gauss-Legendre points of a panel, 14 by default.

    Raises
    ------
    ValidityError
        A temperature is not positive, a density is not smooth between its kinks, or there are too many of them.
    """
    grid = np.asarray(temperatures, dtype=float).ravel()
    for T in grid[~(np.isfinite(grid) & (grid > 0.0))]:
        raise ValidityError(f"T = {float(T)!r} is not positive and finite: give a temperature in the unit of T_K")
    breaks = cross_section_boundaries(grid) if breaks is None else breaks
    order = _ORDER if order is None else order
    outer, inner = _law_panels(T_K_law, _SLOWEST), _freezing(_law_panels(Delta_law, _EDGE), grid)
    crossings = [breaks.crossings(float(edge)) for edge in _edges(Delta_law, inner)]
    extra = np.concatenate([np.asarray(breaks.T_K, dtype=float), *crossings])
    _, T_K, weight = _nodes(T_K_law, outer, extra[None, :], order)
    curves = breaks.curves(T_K)
    most = len(T_K) * (inner.size + curves.shape[1]) * order
    if most > _MOST_NODES:
        raise ValidityError(f"an exact average over these laws needs {most:.1e} nodes, above {_MOST_NODES:.0e}: sample")
    row, Delta, share = _nodes(Delta_law, inner, curves, order)
    return T_K[row], Delta, weight[row] * share


@lru_cache(maxsize=16)
def _unit_rule(order: int) -> tuple[Array, Array]:
    """Nodes and weights of the Gauss-Legendre rule on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(order)
    nodes, weights = 0.5 * (x + 1.0), 0.5 * w
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights
