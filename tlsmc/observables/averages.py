"""How the answers of one piece of metal at different grid points go together: exact averages of products.

Beyond the paper.  For a Poisson number of defects of mean N, the sums over one sample at two grid points have the
covariance N <c_i c_j>, by Campbell's theorem, so that their relative covariance is <c_i c_j>/(N <c_i><c_j>).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import choice, positive
from tlsmc.errors import ValidityError
from tlsmc.observables.base import Observable
from tlsmc.observables.program import combinations, contributions
from tlsmc.physics.kondo import CROSS_SECTIONS
from tlsmc.populations.base import Population
from tlsmc.populations.laws.base import Law
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.quadrature.kondo import Boundaries, kondo_nodes


def kondo_average(
    T_K_law: Law,
    Delta_law: Law,
    T: float,
    contribution: Callable[[Array, Array], Array],
    breaks: Boundaries | None = None,
) -> Array:
    """Average of a contribution over independent Kondo temperatures and splittings, by quadrature (Eqs. 19 and 22).

    Parameters
    ----------
    T_K_law, Delta_law
        Laws of both, from :mod:`tlsmc.populations.laws`.
    T
        Temperature, in the unit of the laws.
    contribution
        Function of T_K and Delta, both of shape (nodes,); its result has shape (..., nodes).
    breaks
        Where else the contribution has kinks, see :func:`tlsmc.populations.quadrature.kondo.kondo_nodes`.

    Returns
    -------
    ndarray
        The average, shape (...).

    Raises
    ------
    ValidityError
        A law has no nodes.

    Examples
    --------
    >>> from tlsmc.populations.laws.uniform import Uniform
    >>> print(tlsmc.kondo_average(Uniform(high=1.0), Uniform(high=2.0), 0.1, lambda T_K, Delta: T_K * Delta).round(4))
    0.5
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

    Parameters
    ----------
    T_K_over_T, Delta_over_T
        T_K*/T and Delta*/T, which broadcast: upper ends (``law = "uniform"``) or means (``"exponential"``) of T_K/T and
        Delta/T.
    law
        Law of both parameters, the P(x, y) of Eq. 19.
    cross_section
        ``"unitary"`` or ``"smooth"``, see :data:`tlsmc.physics.kondo.CROSS_SECTIONS`.

    Returns
    -------
    ndarray
        <chi~>, with a relative error below 1e-10 for arguments from 1e-6 to 1e6, in a few milliseconds a point.

    Raises
    ------
    ValidityError
        An argument is not positive, or ``cross_section = "literal"``, whose average is infinite.

    Examples
    --------
    >>> print(tlsmc.kondo_mean([0.1, 10.0], 1.0).round(4))
    [0.0639 0.9765]
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


# Nodes must give the exact average to this accuracy, in units of the root mean square, to be trusted with powers.
_ACCURACY = 1e-7


def second_moments(observable: Observable, population: Population, T: Array, *others: Array) -> Array:
    """Exact averages <c^2> of one defect's contributions on a grid, shape (components, temperatures, ...).

    See :func:`moments`.
    """
    components = range(len(observable.COMPONENTS))
    return np.concatenate([moments(observable, population, (2,), (part,), T, *others) for part in components])


def moments(
    observable: Observable,
    population: Population,
    powers: tuple[int, ...],
    parts: tuple[int, ...],
    T: Array,
    *others: Array,
) -> Array:
    """Exact averages <c^k> of the sum c of some components on a grid, shape (powers, temperatures, ...).

    By quadrature over the nodes of the population; NaN where it has none, and where they do not give <c> itself to 1e-7
    of the root mean square: a formula that jumps needs nodes of its own, which only its observable knows.
    """
    program, points, lines = observable.program(population), observable.points(*others), observable.resonances(*others)
    found = np.full((2 + len(powers), len(T), len(points)), np.nan)
    for m in range(len(T)):
        scales = observable.scales(T[m : m + 1])
        try:
            nodes = functools.lru_cache(maxsize=1)(functools.partial(population.nodes, scales))
            for k, point in enumerate(points):
                columns, weights = nodes(lines[k])
                with np.errstate(all="ignore"):
                    made = contributions(program, columns, float(T[m]), point)
                    c = sum(np.asarray(made[part]) for part in parts)
                    found[:, m, k] = [(weights * c**power).sum() for power in (1, 2, *powers)]
        except ValidityError:
            continue
    found = found.reshape(len(found), len(T), *map(len, others))
    exact = observable.exact(population, T, *others)[list(parts)].sum(axis=0)
    with np.errstate(invalid="ignore"):
        good = np.abs(found[0] - exact) <= _ACCURACY * np.sqrt(found[1])
    return np.asarray(np.where(good, found[2:], np.nan))


#: Contributions that take seconds; nodes for fewer temperatures are good to 1e-2 still.
_MANY = 8_000_000
#: Defects that are looked at together.
_TILE = 8192


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one observable: the sum of its components ``parts`` at temperatures ``T``, shape (points,).

    ``others`` are the values of the other axes at the points, each of shape (points,).
    """

    observable: Observable
    parts: tuple[int, ...]
    T: Array
    others: tuple[Array, ...] = ()

    @classmethod
    def grid(cls, observable: Observable, parts: tuple[int, ...], T: Array, *others: Array) -> Points:
        """All points of a grid, temperature first."""
        T, *flat = combinations(T, *others).T
        return cls(observable, parts, T, tuple(flat))

    @property
    def resonances(self) -> Array:
        """Splitting at which each point has a line, NaN if it has none."""
        axis = self.observable.RESONANT_AXIS
        return self.others[self.observable.AXES.index(axis) - 1] if axis else np.full(len(self.T), np.nan)

    def contributions(self, population: Population, columns: Mapping[str, Array]) -> Array:
        """What each defect contributes to each point, shape (points, defects)."""
        program = self.observable.program(population)
        values, places = [], np.zeros(len(self.T), int)
        for axis in self.others:
            own, index = np.unique(axis, return_inverse=True)
            values.append(own)
            places = places * len(own) + index
        rows = self.observable.points(*values)
        found = np.empty((len(self.T), len(next(iter(columns.values())))))
        with np.errstate(all="ignore"):
            for T in np.unique(self.T).tolist():
                here = self.T == T
                made = contributions(program, columns, T, rows[places[here]].T[:, :, None])
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
    omega = np.concatenate([group.resonances for group in groups])
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
