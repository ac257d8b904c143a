"""Gauss-Legendre panels whose limits differ from point to point."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tlsmc.arrays import Array


@dataclass(frozen=True, slots=True)
class Resolution:
    """Width of a panel and number of nodes in it.

    The integrands are analytic in a strip of half-width about pi/2 around their (logarithmic) variable, so that
    a panel of half-width h and n nodes has a relative error of about rho^(-2n), rho = a + sqrt(1 + a^2),
    a = pi/(2h): 2e-15 for the default.
    """

    width: float = 2.5
    order: int = 16


DEFAULT = Resolution()
COARSE = Resolution(order=8)  # 5e-8


@lru_cache(maxsize=256)
def unit_rule(panels: int, order: int) -> tuple[Array, Array]:
    """Nodes and weights on [0, 1], which is cut into ``panels`` equal panels of ``order`` nodes."""
    x, w = np.polynomial.legendre.leggauss(order)
    nodes = ((np.arange(panels)[:, None] + (x + 1) / 2) / panels).ravel()
    weights = np.tile(w / (2 * panels), panels)
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights


def rule(low: Array, high: Array, resolution: Resolution) -> tuple[Array, Array]:
    """Nodes and weights from ``low`` to ``high``, both of shape (points,); the results are (points, nodes)."""
    span = high - low
    panels = max(1, int(np.ceil(span.max() / resolution.width)))
    nodes, weights = unit_rule(panels, resolution.order)
    return low[:, None] + span[:, None] * nodes, span[:, None] * weights
