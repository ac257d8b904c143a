"""How the answers of one piece of metal at different grid points go together: exact averages of products.

Beyond the paper.  For a Poisson number of defects of mean N, the sums over one sample at two grid points have the
covariance N <c_i c_j>, by Campbell's theorem, so that their relative covariance is <c_i c_j>/(N <c_i><c_j>).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import ValidityError
from tlsmc.kernels import contributions
from tlsmc.observables.base import Observable
from tlsmc.populations.base import Population

Array = NDArray[np.float64]

#: Contributions that take seconds; nodes for fewer temperatures are good to 1e-2 still.
_MANY = 8_000_000
#: Defects that are looked at together.
_TILE = 8192


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one observable: the sum of its components ``parts`` at temperatures ``T``, shape (points,).

    ``second`` are the frequencies or times of the points, anything where the observable has neither.
    """

    observable: Observable
    parts: tuple[int, ...]
    T: Array
    second: Array

    @classmethod
    def grid(cls, observable: Observable, parts: tuple[int, ...], T: Array, second: Array) -> Points:
        """All points of a grid, temperature first."""
        return cls(observable, parts, np.repeat(T, len(second)), np.tile(second, len(T)))

    def contributions(self, population: Population, columns: Mapping[str, Array]) -> Array:
        """What each defect contributes to each point, shape (points, defects)."""
        program = self.observable.program(population)
        values, index = np.unique(self.second, return_inverse=True)
        rows = self.observable.points(values)
        found = np.empty((len(self.T), len(next(iter(columns.values())))))
        with np.errstate(all="ignore"):
            for T in np.unique(self.T).tolist():
                here = self.T == T
                made = contributions(program, columns, T, rows[index[here]].T[:, :, None])
                found[here] = sum(np.atleast_2d(made[part]) for part in self.parts)
        return found


def relative_moments(groups: Sequence[Points], population: Population, order: int = 6) -> tuple[Array, Array]:
    """Averages <c_i> and <c_i c_j>/(<c_i><c_j>) over all pairs of points, those of one group after the other.

    By quadrature with panels of ``order`` points, to 1e-3 with 6 and 3e-3 with 4; NaN where an average vanishes.

    Raises
    ------
    ValidityError
        The population has no nodes.
    """
    scales = np.unique(np.concatenate([group.observable.scales(group.T) for group in groups]))
    omega = np.concatenate([_resonance(group, population) for group in groups])
    means, products = np.zeros(omega.size), np.zeros((omega.size, omega.size))
    for line in np.unique(omega).tolist():
        columns, weights = _nodes(scales, omega.size, population, None if np.isnan(line) else line, order)
        own = np.isnan(omega) if np.isnan(line) else omega == line
        for first in range(0, len(weights), _TILE):
            part = slice(first, first + _TILE)
            some, w = {name: values[part] for name, values in columns.items()}, weights[part]
            c = np.concatenate([group.contributions(population, some) for group in groups])
            # Of the pairs within this set both orders are added up below.
            share = np.full(c.shape, 0.5) if own.all() else _share(some["E"], line, omega)
            products[own] += (c[own] * w) @ (c * share).T
            means[own] += c[own] @ w
    products += products.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return means, products / np.outer(means, means)


def _resonance(group: Points, population: Population) -> Array:
    """Frequency at which each point has a line in E, NaN if it has none."""
    resonant = "frequency" in group.observable.AXES and "E" in population.COLUMNS
    return group.second if resonant else np.full(len(group.T), np.nan)


def _share(E: Array, line: float, others: Array) -> Array:
    """Weights, shape (points, defects), of the nodes made for one ``line`` in its products with other points.

    Nodes resolve one line.  In a product of two, each of both sets takes the share (E - omega')^2/[(E - omega)^2 +
    (E - omega')^2], which vanishes where its nodes do not follow the other line; the two shares add up to one.
    Products with points that have no line are left to the nodes of the line.
    """
    if np.isnan(line):
        return np.where(np.isnan(others), 0.5, 0.0)[:, None]
    here, there = (E - line) ** 2, (E - others[:, None]) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = there / (here + there)
    return np.where(others[:, None] == line, 0.5, np.where(np.isnan(others)[:, None], 1.0, share))


def _nodes(
    scales: Array, points: int, population: Population, omega: float | None, order: int
) -> tuple[dict[str, Array], Array]:
    """Nodes for all temperatures ``scales``, or for every second, fourth, ... where those are too many."""
    step = 1
    while True:
        some = np.unique([*scales[::step], scales.max()])
        try:
            columns, weights = population.nodes(some, omega, order)
        except ValidityError:
            if len(some) <= 2:
                raise
        else:
            if len(weights) * points <= _MANY or len(some) <= 2:
                return columns, weights
        step *= 2
