"""Functions of temperature that are costly: computed at few temperatures, and between them by Chebyshev polynomials.

Averages over a population are smooth in ln T but for kinks where a regime of the defects passes an edge of their
laws.  A panel in ln T is taken if the last coefficients of its polynomial are negligible, else halved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
from numpy.polynomial.chebyshev import chebfit, chebpts1, chebval

from tlsmc.arrays import Array

#: Points of a panel, and its largest length in ln T: thermal factors have their poles pi/2 off the real axis.
POINTS, _LONGEST = 16, 2.0
#: Largest of the last coefficients over the largest of all: quadratures are not smooth below it.
ACCURACY = 2e-7
_LAST = 3


def interpolated(function: Callable[[Array], Array], T: Array, breaks: Iterable[float] = ()) -> Array:
    """Values of ``function`` at sorted temperatures ``T``, to about :data:`ACCURACY` of the largest nearby.

    ``function`` maps temperatures of shape (n,) to values of shape (n, curves), and so does this; ``breaks`` are
    temperatures at which it may have a kink.
    """
    u = np.log(T)
    inner = [x for x in np.log([b for b in breaks if 0.0 < b < np.inf]) if u[0] < x < u[-1]]
    ends = np.unique([u[0], *inner, u[-1]])
    panels = [panel for low, high in pairwise(ends) for panel in _parts(low, high)] or [(u[0], u[0])]
    parts, places = [], []
    while panels:
        low, high = panels.pop()
        # A temperature between two panels belongs to the upper one.
        inside = np.flatnonzero((u >= low) & ((u < high) | (high == u[-1])))
        if inside.size <= POINTS:
            found = function(T[inside]) if inside.size else None
        else:
            found = _polynomial(function, u[inside], 0.5 * (low + high), 0.5 * (high - low))
            if found is None:
                panels += [(low, 0.5 * (low + high)), (0.5 * (low + high), high)]
        if found is not None:
            parts.append(found)
            places.append(inside)
    return np.concatenate(parts)[np.argsort(np.concatenate(places))]


def _polynomial(function: Callable[[Array], Array], u: Array, middle: float, half: float) -> Array | None:
    """Values at ``u`` in a panel by a polynomial, None if it does not resolve every curve."""
    nodes = chebpts1(POINTS)
    c = chebfit(nodes, function(np.exp(middle + half * nodes)), POINTS - 1)
    if (np.abs(c[-_LAST:]).max(axis=0) <= ACCURACY * np.abs(c).max(axis=0)).all():
        return np.asarray(chebval((u - middle) / half, c).T)
    return None


def _parts(low: float, high: float) -> Iterable[tuple[float, float]]:
    return pairwise(np.linspace(low, high, 1 + max(1, int(np.ceil((high - low) / _LONGEST)))).tolist())
