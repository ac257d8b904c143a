"""Composite Gauss-Legendre quadrature for averages over laws with resonances, thermal scales and edges.

A panel is an interval between two edges.  It is integrated in the variable itself or, where it lies off an origin
by less than its own length, in the logarithm of the distance from that origin: a line of any width at the origin
is then a function of width one, and a few panels for each decade resolve it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError
from tlsmc.populations.laws.base import Law

Function = Callable[[Array], Array]

# Probability that may be lost beyond the last node of an infinite support, and below the first of a singular one.
_UPPER_TAIL = 2.0**-50
_LOWER_TAIL = 1e-18
# Closest approach of a node to a resonance, relative: below it doubles cannot tell their distance.
_EPSILON = float(np.finfo(np.float64).eps)
_CLOSEST = 4.0 * _EPSILON
# Beyond 40 T, thermal factors differ from their limits by less than exp(-40) = 4e-18.
_COLD = 40.0
_MAX_ROUNDS = 64
_MAX_EDGES = 5000


def panel_nodes(lo: Array, hi: Array, origin: Array, order: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss-Legendre rules on the panels [lo, hi].

    Parameters
    ----------
    lo, hi, origin
        Edges of the panels and the point, outside or on the edge of the panel, to whose distance the logarithm
        refers.  A panel that touches its origin, or is short compared with its distance, is integrated linearly.
    order
        Points of a panel.

    Returns
    -------
    Nodes and weights of shape (..., order) for panels of shape (...).
    """
    t, weight = np.polynomial.legendre.leggauss(order)
    lo, hi, origin = (np.asarray(edge, dtype=float)[..., None] for edge in (lo, hi, origin))
    side = np.where(hi <= origin, -1.0, 1.0)
    near, far = np.minimum(abs(lo - origin), abs(hi - origin)), np.maximum(abs(lo - origin), abs(hi - origin))
    logarithmic = (near > 0.0) & (far > 3.0 * near)
    near, far = np.where(logarithmic, near, 1.0), np.where(logarithmic, far, 1.0)
    half = 0.5 * (np.log(far) - np.log(near))
    distance = np.sqrt(near) * np.sqrt(far) * np.exp(half * t)
    x = np.where(logarithmic, origin + side * distance, 0.5 * (lo + hi) + 0.5 * (hi - lo) * t)
    return x, weight * np.where(logarithmic, half * distance, 0.5 * (hi - lo))


def nearest_origin(lo: Array, hi: Array, origins: ArrayLike) -> Array:
    """For every panel [lo, hi] the closest of ``origins`` that is not inside it; one must be at or below all panels."""
    candidates = np.asarray(origins, dtype=float)
    below, above = lo[..., None] - candidates, candidates - hi[..., None]
    distance = np.where(below >= 0.0, below, np.where(above >= 0.0, above, np.inf))
    return np.asarray(candidates[np.argmin(distance, axis=-1)])


def merge_edges(lo: float, hi: float, *groups: ArrayLike) -> Array:
    """Sorted panel edges from ``lo`` to ``hi`` with those of ``groups`` that lie between."""
    inner = np.concatenate([np.zeros(0), *(np.asarray(group, dtype=float).ravel() for group in groups)])
    return np.unique(np.concatenate([[lo, hi], inner[(inner > lo) & (inner < hi)]]))


def graded_distances(inner: float, outer: float) -> Array:
    """Distances from about ``inner`` up to ``outer``, one for each decade."""
    return outer * 10.0 ** -np.arange(np.floor(np.log10(outer / inner)) + 1.0)


def halve(edges: Array, which: Array, origin: Array) -> Array:
    """Edges with the panels ``which`` cut in the middle, in the variable of the panel."""
    # The rule of order 1 is that middle.
    middle = panel_nodes(edges[:-1][which], edges[1:][which], origin[which], 1)[0][:, 0]
    return np.unique(np.concatenate([edges, middle]))


def separate(edges: Array, origins: ArrayLike) -> Array:
    """Halve panels that are long compared with their distance from any of ``origins``.

    The limits are a decade for the origin of the panel, and three times the distance for all others, which the
    panel does not resolve by its logarithm.  An origin on the edge of a panel does not count, nor does 0, where
    functions of an energy are smooth.
    """
    points = np.unique(np.asarray(origins, dtype=float))
    singular = points != 0.0
    for _ in range(_MAX_ROUNDS):
        lo, hi = edges[:-1], edges[1:]
        origin = nearest_origin(lo, hi, points)
        gap = np.maximum(lo[:, None] - points, points - hi[:, None])
        limit = np.where(points == origin[:, None], 9.1, 3.0) * gap
        long = (singular & (gap > 0.0) & ((hi - lo)[:, None] > limit)).any(axis=1)
        if not long.any():
            break
        edges = halve(edges, long, origin)
    return edges


def resolve(edges: Array, origins: ArrayLike, density: Function, cumulative: Function, order: int) -> Array:
    """Halve panels until the rule integrates ``density`` on each as its antiderivative ``cumulative`` says.

    Raises
    ------
    ValidityError
        The density has steps that are not among the edges.
    """
    for _ in range(_MAX_ROUNDS):
        lo, hi = edges[:-1], edges[1:]
        origin = nearest_origin(lo, hi, origins)
        x, w = panel_nodes(lo, hi, origin, order)
        mass = np.diff(cumulative(edges))
        # No antiderivative is better than the rounding of its argument.
        ends = np.stack([x[:, 0], x[:, -1]])
        noise = 1e-15 + 4.0 * _EPSILON * (abs(ends) * density(ends)).sum(axis=0)
        coarse = abs((w * density(x)).sum(axis=-1) - mass) > 1e-12 * abs(mass) + noise
        if not coarse.any():
            return edges
        if edges.size > _MAX_EDGES:
            break
        edges = halve(edges, coarse, origin)
    raise ValidityError(f"a density is not resolved by {edges.size} panels; smooth it or give its kinks")


def law_span(law: Law) -> tuple[float, float]:
    """Support of ``law``, cut where 1e-15 of the probability remains if it is infinite."""
    lo, hi = law.support
    return lo, hi if np.isfinite(hi) else float(law.ppf(np.asarray(1.0 - _UPPER_TAIL)))


def law_edges(law: Law, order: int, landmarks: ArrayLike = (), origins: ArrayLike = ()) -> Array:
    """Panel edges that resolve the density of ``law``, ``landmarks`` among them.

    A density that is singular at 0 is followed
    down to the quantile of 1e-18 on a logarithmic scale.
    """
    lo, hi = law_span(law)
    edges = merge_edges(lo, hi, landmarks, law.kinks)
    all_origins = np.append(0.0, np.asarray(origins, dtype=float))
    if lo == 0.0:
        edges = _from_zero(law, edges, order)
    elif len(edges) > 1:
        edges = merge_edges(lo, hi, descending(lo, edges[1]), edges)
    return resolve(edges, all_origins, law.pdf, law.cdf, order)


def _from_zero(law: Law, edges: Array, order: int) -> Array:
    """Edges from 0 with a first panel on which the density is smooth, or else without 0."""
    trials = edges[1] * 8.0 ** -np.arange(8.0)
    x, w = panel_nodes(np.zeros_like(trials), trials, np.zeros_like(trials), order)
    mass = law.cdf(trials)
    smooth = abs((w * law.pdf(x)).sum(axis=-1) - mass) <= 1e-12 * mass + 1e-20
    if smooth.any():
        return np.unique(np.append(edges, trials[np.argmax(smooth)]))
    floor = max(float(law.ppf(np.asarray(_LOWER_TAIL))), float(np.finfo(np.float64).tiny))
    return merge_edges(min(floor, 0.5 * edges[1]), edges[-1], descending(floor, edges[1]), edges[1:])


def descending(lo: float, first: float) -> Array:
    """Edges below ``first``, the smallest scale of a function: it is a constant to 1e-9 below the last of them."""
    steps = first * 10.0 ** (-1.5 * np.arange(1.0, 7.0))
    return steps[steps > lo]


def spectral_edges(hi: float, temperatures: ArrayLike | None, omega: float | None) -> Array:
    """Panel edges in an energy below ``hi`` for thermal factors and a resonance at ``omega`` of any width.

    Thermal factors have their poles at E = i pi T (odd multiples), hence factors of 2 up to 40 T; the resonance has
    them at omega +- i Gamma, hence one panel for each decade of the distance.
    """
    thermal = np.asarray([] if temperatures is None else temperatures, dtype=float).ravel()
    scales = np.append(thermal, [] if omega is None else [0.5 * omega])
    if not scales.size:
        return np.zeros(0)
    if not (np.isfinite(scales) & (scales > 0.0)).all():
        raise ValidityError(f"temperatures {thermal} and omega {omega} must be finite and above 0; leave 0 out")
    first = float(scales.min())
    last = min(hi, 64.0 * max(_COLD * float(thermal.max(initial=0.0)), float(scales.max())))
    groups: list[ArrayLike] = [_steps(first, last, 4.0), _steps(last, hi, 10.0), first]
    if thermal.size:
        groups.append(_steps(float(thermal.min()), _COLD * float(thermal.max()), 2.0))
    if omega is not None:
        distances = omega * np.append(graded_distances(_CLOSEST, 0.5), _CLOSEST)
        groups += [omega - distances, omega + distances, omega, 2.0 * omega]
    return merge_edges(min(first, hi), hi, *groups)


def _steps(lo: float, hi: float, ratio: float) -> Array:
    """Edges from ``lo`` towards ``hi`` in factors of ``ratio``."""
    if not lo < hi:
        return np.zeros(0)
    return lo * ratio ** np.arange(np.ceil(np.log(hi / lo) / np.log(ratio)) + 1.0)


def off_resonance(x: Array, omega: float | None) -> Array:
    """Nodes moved off ``omega`` to the least distance that doubles can tell.

    On the resonance itself a line narrower than that would count with its height instead of its area.
    """
    if omega is None:
        return x
    least = 0.5 * _CLOSEST * omega
    return np.where(abs(x - omega) < least, np.where(x < omega, omega - least, omega + least), x)


def energy_nodes(law: Law, temperatures: ArrayLike | None, omega: float | None, order: int) -> tuple[Array, Array]:
    """Nodes and weights, sum(w) = 1, of a law of an energy for functions of E/T with a resonance at ``omega``."""
    origins = [] if omega is None else [omega]
    edges = law_edges(law, order, spectral_edges(law_span(law)[1], temperatures, omega), origins)
    lo, hi = edges[:-1], edges[1:]
    x, w = panel_nodes(lo, hi, nearest_origin(lo, hi, [0.0, *origins]), order)
    return off_resonance(x, omega).ravel(), (w * law.pdf(x)).ravel()
