"""Tunnelling defects, H = (Delta/2) sigma_z + (Lambda/2) sigma_x, from the laws of {E, p} or of {Delta, Lambda}."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.physics.defect import asymmetry, asymmetry_fraction, splitting, tunnelling_amplitude, tunnelling_fraction
from tlsmc.populations.base import Population, ordered_laws
from tlsmc.populations.laws.base import Law
from tlsmc.populations.laws.log_uniform import LogUniform
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.quadrature.nodes import (
    energy_nodes,
    graded_distances,
    law_edges,
    merge_edges,
    nearest_origin,
    off_resonance,
    panel_nodes,
    resolve,
    separate,
    spectral_edges,
)

# With p = sech^2 u, functions of Gamma ~ p have their poles pi/4 off the real axis of u: panels of length 1.
_PANEL = 1.0
# p = 3e-39 there, and the density of an amplitude Lambda that is regular at 0 has fallen like exp(-u).
_DEEPEST = 45.0
# An edge of a rectangle of Delta and Lambda smears into E over all distances; below this one nothing is left.
_EDGE = 1e-13
# More kinks than this come from a table: each is weak, and the panels between them resolve it to about 1e-8.
_MANY_KINKS = 4


@dataclass(frozen=True, slots=True)
class Tunnelling(Population):
    """Two-level systems with splitting E = sqrt(Delta^2 + Lambda^2) and tunnelling fraction p = (Lambda/E)^2 (Eq. 1).

    ``laws`` gives E and p, or Delta and Lambda.  Eq. 2 is E uniform on (0, E*) and p of the law "tunnelling": Delta
    and ln Lambda uniform and independent, which is the same density P0/Lambda dDelta dLambda = P0 dE dp/(2 p sqrt(q)).
    Rectangular cut-offs of Delta and Lambda and cut-offs of E and p are different populations near their edges.

    Raises
    ------
    SpecError
        Other parameters, or a law of p that leaves (0, 1].

    Source: Aleiner et al., Phys. Rev. B 63, 201401 (2001), Eqs. 1 and 2.
    """

    laws: Mapping[str, Law]

    PARAMETERS: ClassVar[tuple[tuple[str, ...], ...]] = (("E", "p"), ("Delta", "Lambda"))
    KINDS: ClassVar[Mapping[str, str]] = {"E": "energy", "p": "number", "Delta": "energy", "Lambda": "energy"}
    COLUMNS: ClassVar[tuple[str, ...]] = ("Delta", "Lambda", "E", "p", "q")
    dimensions: ClassVar[int] = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "laws", ordered_laws(self.laws, self.PARAMETERS))
        if "p" in self.laws:
            low, high = self.laws["p"].support
            if not low > 0.0:
                raise SpecError(f"p: support begins at {low}, it must be above 0; set a cut-off such as low = 1e-12")
            if not high <= 1.0:
                raise SpecError(f"p: support ends at {high}, beyond 1; p is a fraction, choose a law with high <= 1")

    def columns(self, points: Array) -> dict[str, Array]:
        """Delta, Lambda, E, p and q = (Delta/E)^2 = 1 - p at unit-cube ``points`` of shape (2, n)."""
        (first, law), (_, other) = self.laws.items()
        if first == "E":
            E, p, q = law.ppf(points[0]), other.ppf(points[1]), other.complement_ppf(points[1])
            Delta, Lambda = asymmetry(E, q), tunnelling_amplitude(E, p)
        else:
            Delta, Lambda = law.ppf(points[0]), other.ppf(points[1])
            E = splitting(Delta, Lambda)
            p, q = tunnelling_fraction(Delta, Lambda), asymmetry_fraction(Delta, Lambda)
        return _table(Delta, Lambda, E, p, q)

    def nodes(
        self, temperatures: ArrayLike | None = None, omega: float | None = None, order: int = 12
    ) -> tuple[dict[str, Array], Array]:
        """Columns and weights with sum(w f) = <f>; see :meth:`tlsmc.populations.base.Population.nodes`.

        One call serves any number of temperatures, the cost grows with the logarithm of their range.  Meant for f
        that is smooth in E/T, in ln p and, near ``omega``, in (E - omega)/Gamma with Gamma = p x a smooth function.
        Lines are resolved down to Gamma = 1e-15 omega; defects with narrower ones are lost, which is a relative
        1e-15/chi of the resonant power unless all defects have such a p.
        """
        columns, weights = self.grouped_nodes(temperatures, omega, order)
        present = weights > 0.0
        flat = {name: np.broadcast_to(column, weights.shape)[present] for name, column in columns.items()}
        return flat, weights[present]

    def grouped_nodes(
        self, temperatures: ArrayLike | None = None, omega: float | None = None, order: int = 12
    ) -> tuple[dict[str, Array], Array]:
        """The nodes in rows of one splitting each: E of shape (rows, 1), weights of shape (rows, nodes of a row).

        What depends on E alone, such as thermal factors, is then computed once a row.
        """
        first, other = self.laws.values()
        if "p" in self.laws:
            E, weight_E = energy_nodes(first, temperatures, omega, order)
            u, weight_u = _depth_nodes(other, order)
            return _polar_table(E[:, None], u[None, :]), np.outer(weight_E, weight_u)
        return _cartesian_nodes(first, other, temperatures, omega, order)

    @property
    def E_star(self) -> float:
        """Characteristic value of the law of E, or of Delta: the E* of Eq. 2 in either kind of cut-off."""
        return next(iter(self.laws.values())).characteristic

    @property
    def is_paper(self) -> bool:
        """Whether this is Eq. 2: E uniform from 0 and p of the law "tunnelling"."""
        return self._uniform_from_zero("E") and isinstance(self.laws["p"], TunnellingFraction)

    @property
    def band(self) -> Law | None:
        return self.laws["E"] if "E" in self.laws and isinstance(self.laws["p"], TunnellingFraction) else None

    @property
    def p_min(self) -> float:
        """Cut-off of p, for p of the law "tunnelling" only; see :attr:`tlsmc.populations.base.Population.p_min`."""
        law = self.laws.get("p")
        # The zero-argument form of super() does not survive the class that slots=True puts in place of this one.
        return law.low if isinstance(law, TunnellingFraction) else super(Tunnelling, self).p_min

    @property
    def defects_per_n_T(self) -> float:
        """L = N/(n_T V), the number of defects for each of the density n_T that scatters electrons.

        With Eq. 2's measure, P0 = n_T/E* per d(Delta) d(ln Lambda), it is L = artanh sqrt(1 - p_min) for p of the
        law "tunnelling", and L = ln(Lambda_max/Lambda_min) for Delta uniform from 0 and Lambda log-uniform.  For
        all other laws n_T is the density weighted with p, as in the rate of Eq. 4, and L = 1/<p>.  In Eq. 2 the two
        definitions differ by p_min/2, relatively.
        """
        law = list(self.laws.values())[1]
        if isinstance(law, TunnellingFraction):
            return law.log_range
        if "p" in self.laws:
            return 1.0 / law.expectation
        if self._uniform_from_zero("Delta") and isinstance(law, LogUniform):
            return law.log_range
        columns, weights = self.nodes()
        return 1.0 / float(np.dot(weights, columns["p"]))

    def _uniform_from_zero(self, name: str) -> bool:
        law = self.laws.get(name)
        return isinstance(law, Uniform) and law.support[0] == 0.0


def _table(Delta: Array, Lambda: Array, E: Array, p: Array, q: Array) -> dict[str, Array]:
    arrays = zip(Tunnelling.COLUMNS, (Delta, Lambda, E, p, q), strict=True)
    return {name: np.ascontiguousarray(array, dtype=np.float64) for name, array in arrays}


def _polar_table(E: Array, u: Array) -> dict[str, Array]:
    """Columns in the coordinates Delta = E tanh u, Lambda = E sech u, p = sech^2 u; E and u broadcast."""
    tanh, sech = np.tanh(u), 1.0 / np.cosh(u)
    return _table(E * tanh, E * sech, E, sech * sech, tanh * tanh)


def _depth(p: Array) -> Array:
    """Depth u = artanh sqrt(1 - p), the inverse of p = sech^2 u."""
    root = np.sqrt(1.0 - p)
    return np.log1p(root) - 0.5 * np.log(p)


def _depth_nodes(law: Law, order: int) -> tuple[Array, Array]:
    """Nodes and weights, sum(w) = 1, of a law of p in the variable u."""
    hi, lo = _depth(np.array(law.support)).tolist()
    edges = merge_edges(lo, hi, np.arange(0.0, hi, _PANEL), _depth(np.array(law.kinks)))
    if isinstance(law, TunnellingFraction):

        def density(u: Array) -> Array:
            return np.full_like(u, 1.0 / law.log_range)
    else:

        def density(u: Array) -> Array:
            p = np.clip(np.cosh(u) ** -2, *law.support)
            return np.asarray(law.pdf(p) * 2.0 * p * np.tanh(u))

        edges = resolve(edges, [0.0], density, lambda u: -law.cdf(np.clip(np.cosh(u) ** -2, *law.support)), order)
    u, weights = panel_nodes(edges[:-1], edges[1:], np.zeros(len(edges) - 1), order)
    return u.ravel(), (weights * density(u)).ravel()


def _cartesian_nodes(
    delta: Law, lamda: Law, temperatures: ArrayLike | None, omega: float | None, order: int
) -> tuple[dict[str, Array], Array]:
    """Nodes of independent laws of Delta and Lambda: E outside, so that only E knows the resonance, u inside.

    At fixed E, u runs where both laws allow, Delta = E tanh u and Lambda = E sech u; d(Delta, Lambda)/d(E, u)
    is E sech u.
    """
    # The densities are multiplied: resolve each with points to spare.
    edges_Delta, edges_Lambda = (law_edges(law, max(order - 4, 8)) for law in (delta, lamda))
    E, weight_E = _splitting_nodes(delta, lamda, edges_Delta, edges_Lambda, temperatures, omega, order)
    lo, hi = _inner_panels(E, edges_Delta, edges_Lambda)
    # A density regular at Delta = 0 is a function of u and not of ln u there, and Lambda ~ exp(-u) at u > 1.
    linear = (lo >= _PANEL) | ((edges_Delta[0] == 0.0) & (hi > 30.0 * lo))
    u, weight_u = (part.reshape(len(E), -1) for part in panel_nodes(lo, hi, np.where(linear, hi, 0.0), order))
    # Rounding must not push a node over the edge of a density.
    Delta = np.clip(E[:, None] * np.tanh(u), edges_Delta[0], edges_Delta[-1])
    Lambda = np.clip(E[:, None] / np.cosh(u), edges_Lambda[0], edges_Lambda[-1])
    weights = weight_E[:, None] * weight_u * delta.pdf(Delta) * lamda.pdf(Lambda) * Lambda
    return _polar_table(E[:, None], u), weights


def _splitting_nodes(
    delta: Law,
    lamda: Law,
    edges_Delta: Array,
    edges_Lambda: Array,
    temperatures: ArrayLike | None,
    omega: float | None,
    order: int,
) -> tuple[Array, Array]:
    """Nodes in E with the bare weights dE.

    Where E passes an edge of a law, a range of u opens like a square root or closes like a logarithm of the
    distance, and where it passes a corner of the two it changes its rate.
    """
    lo, hi = np.hypot(edges_Delta[[0, -1]], edges_Lambda[[0, -1]]).tolist()
    marks_Delta, marks_Lambda = _marks(delta), _marks(lamda)
    steep = [law.support if len(law.kinks) > _MANY_KINKS else _marks(law) for law in (delta, lamda)]
    marks = np.unique(np.concatenate(steep))
    marks = marks[(marks > 0.0) & np.isfinite(marks)]
    rising = 1.0 + graded_distances(_EDGE, 1.0)
    # The scale of the laws has to be resolved whatever that of f is.
    spectrum = spectral_edges(hi, np.append(hi / 64.0, [] if temperatures is None else temperatures), omega)
    corners, above = np.hypot.outer(marks_Delta, marks_Lambda), np.multiply.outer(marks, rising)
    law_scales = np.concatenate([edges_Delta, edges_Lambda, _decades(lo, float(spectrum[0]))])
    origins = np.concatenate([[0.0], marks, [] if omega is None else [omega]])
    edges = separate(merge_edges(lo, hi, spectrum, law_scales, corners, above), origins)
    low, high = edges[:-1], edges[1:]
    E, weights = panel_nodes(low, high, nearest_origin(low, high, origins), order)
    return off_resonance(E, omega).ravel(), weights.ravel()


def _marks(law: Law) -> Array:
    """Where the density of ``law`` or a derivative of it jumps."""
    low, high = law.support
    return np.array([low, *law.kinks, *([high] if np.isfinite(high) else [])])


def _decades(lo: float, first: float) -> Array:
    """Edges down from ``first`` to ``lo`` or, because little is left there, to 1e-15 of it; none if ``lo`` is 0."""
    return graded_distances(max(lo, 1e-15 * first), first) if 0.0 < lo < first else np.zeros(0)


def _inner_panels(E: Array, edges_Delta: Array, edges_Lambda: Array) -> tuple[Array, Array]:
    """Both ends of panels in u, shape (splittings, panels); where one splitting has fewer, panels of no length."""
    column = E[:, None]
    of_Delta = _asymmetry_depth(column, edges_Delta)
    of_Lambda = _tunnelling_depth(column, edges_Lambda)
    lo = np.maximum(of_Delta[:, :1], of_Lambda[:, -1:])
    hi = np.maximum(np.minimum(of_Delta[:, -1:], of_Lambda[:, :1]), lo)
    deepest = min(float(np.ceil(hi.max())), _DEEPEST)
    singular = edges_Delta[0] > 0.0
    steps = np.concatenate([np.arange(0.0, deepest, _PANEL), 10.0 ** -np.arange(1.0, 9.0) if singular else []])
    lattice = np.broadcast_to(steps, (len(E), len(steps)))
    edges = np.sort(np.clip(np.concatenate([lo, hi, lattice, of_Delta, of_Lambda], axis=1), lo, hi), axis=1)
    length = np.diff(edges, axis=1)
    # Panels with a length first, and only as many as any splitting has.
    order = np.argsort(length <= 0.0, axis=1, kind="stable")[:, : int((length > 0.0).sum(axis=1).max(initial=0))]
    return np.take_along_axis(edges[:, :-1], order, axis=1), np.take_along_axis(edges[:, 1:], order, axis=1)


def _asymmetry_depth(E: Array, Delta: Array) -> Array:
    """Depth u with E tanh u = Delta; beyond all panels where E <= Delta."""
    gap = E - Delta
    return np.where(gap > 0.0, 0.5 * np.log1p(2.0 * Delta / np.where(gap > 0.0, gap, 1.0)), np.inf)


def _tunnelling_depth(E: Array, Lambda: Array) -> Array:
    """Depth u with E sech u = Lambda, 0 where E <= Lambda."""
    safe = np.where(Lambda > 0.0, Lambda, 1.0)
    root = np.sqrt(np.maximum(E - Lambda, 0.0) * (E + Lambda)) / safe
    return np.where(Lambda > 0.0, np.arcsinh(root), _DEEPEST)
