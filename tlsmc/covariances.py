"""How the answers of one piece of metal at different grid points go together: exact averages of products.

Beyond the paper.  For a Poisson number of defects of mean N, the sums over one sample at two grid points have the
covariance N <c_i c_j>, by Campbell's theorem, so that their relative covariance is <c_i c_j>/(N <c_i><c_j>).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlsmc.defects import block_contributions
from tlsmc.errors import ValidityError
from tlsmc.observables.base import Observable
from tlsmc.populations.base import Population
from tlsmc.spec import Study

Array = NDArray[np.float64]

#: Points of a panel: a spread is wanted to three digits, not to twelve.
_ORDER = 4
#: Contributions that take seconds; nodes for fewer temperatures are good to 1e-2 still.
_MANY = 8_000_000
#: Defects that are looked at together.
_TILE = 8192


def relative_moments(
    observable: Observable, population: Population, T: Array, omega: Array, parts: tuple[int, ...]
) -> tuple[Array, Array]:
    """Averages <c_i> and <c_i c_j>/(<c_i><c_j>) of the sum c of some components, over all pairs of grid points.

    The points are those of the grid of ``T`` and ``omega`` (frequencies, or one zero), temperature first.  By
    quadrature, to about 1e-3; NaN where an average vanishes.

    Raises
    ------
    ValidityError
        The population has no nodes.
    """
    resonant = "frequency" in observable.AXES and "E" in population.COLUMNS
    size, study = len(T) * len(omega), Study("", observable, tuple(T.tolist()), tuple(omega.tolist()))
    means, products = np.zeros(size), np.zeros((size, size))
    column = np.tile(np.arange(len(omega)), len(T))
    for k in range(len(omega) if resonant else 1):
        columns, weights = _nodes(observable.scales(T), size, population, float(omega[k]) if resonant else None)
        for first in range(0, len(weights), _TILE):
            part = slice(first, first + _TILE)
            some, w = {name: values[part] for name, values in columns.items()}, weights[part]
            values = block_contributions(study, population, some)[list(parts)]
            c = values.sum(axis=0).reshape(size, -1)
            if not resonant:
                products += (c * w) @ c.T
                means += c @ w
                continue
            own, share = np.flatnonzero(column == k), _share(some["E"], float(omega[k]), omega)
            products[own] += (c[own] * w) @ (c * share[column]).T
            means[own] += c[own] @ w
    if resonant:
        products += products.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return means, products / np.outer(means, means)


def _share(E: Array, omega: float, others: Array) -> Array:
    """Weights, shape (frequencies, defects), of the nodes made for ``omega`` in the products with other frequencies.

    Nodes resolve one line.  In a product of two, each of both sets takes the share (E - omega')^2/[(E - omega)^2 +
    (E - omega')^2], which vanishes where its nodes do not follow the other line; the two shares add up to one.
    """
    here, there = (E - omega) ** 2, (E - others[:, None]) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = there / (here + there)
    return np.where(others[:, None] == omega, 0.5, share)


def _nodes(scales: Array, points: int, population: Population, omega: float | None) -> tuple[dict[str, Array], Array]:
    """Nodes for all temperatures ``scales``, or for every second, fourth, ... where those are too many."""
    step = 1
    while True:
        some = np.unique([*scales[::step], scales.max()])
        try:
            columns, weights = population.nodes(some, omega, _ORDER)
        except ValidityError:
            if len(some) <= 2:
                raise
        else:
            if len(weights) * points <= _MANY or len(some) <= 2:
                return columns, weights
        step *= 2
