"""Kondo defects, each with a Kondo temperature T_K and a splitting Delta (Eq. 19)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.populations.base import Population, ordered_laws
from tlsmc.populations.joint import Joint
from tlsmc.populations.laws.base import Law
from tlsmc.populations.quadrature.kondo import kondo_nodes


@dataclass(frozen=True, slots=True)
class Kondo(Population):
    """Defects in the two-channel Kondo regime, with a Kondo temperature T_K and a splitting Delta (Eq. 19).

    P(T_K, Delta) = (n_T/Delta* T_K*) P(T_K/T_K*, Delta/Delta*).

    ``laws`` gives T_K and Delta, which are independent then, or ``joint``, a law of both together
    (:class:`tlsmc.populations.joint.Joint`).  All laws of an energy are of positive values only.

    Raises
    ------
    SpecError
        Other parameters.

    Source: Aleiner et al., Phys. Rev. B 63, 201401 (2001), Eqs. 19-24.
    """

    laws: Mapping[str, Law]

    PARAMETERS: ClassVar[tuple[tuple[str, ...], ...]] = (("T_K", "Delta"), ("joint",))
    KINDS: ClassVar[Mapping[str, str]] = {"T_K": "energy", "Delta": "energy", "joint": "energy"}
    JOINT: ClassVar[Mapping[str, type[Law]]] = {"joint": Joint}
    COLUMNS: ClassVar[tuple[str, ...]] = ("T_K", "Delta")
    #: The cross-section of these defects follows from T_K and Delta, in units of the unitary limit (Eq. 20).
    CHI: ClassVar[float | None] = 1.0
    dimensions: ClassVar[int] = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "laws", ordered_laws(self.laws, self.PARAMETERS))

    @classmethod
    def from_joint(cls, function: Callable[[Array], Any], *, T_K: float, Delta: float) -> Kondo:
        """Defects of a joint law: a Python function that maps the unit square to (T_K/T_K*, Delta/Delta*).

        ``T_K`` and ``Delta`` are the scales T_K* and Delta*; for the function see
        :class:`tlsmc.populations.joint.Joint`.
        """
        return cls({"joint": Joint.of(function, T_K=T_K, Delta=Delta)})

    def columns(self, points: Array) -> dict[str, Array]:
        """T_K and Delta at unit-cube ``points`` of shape (2, n)."""
        joint = self.laws.get("joint")
        if isinstance(joint, Joint):
            T_K, Delta = joint.sample(points)
        else:
            T_K, Delta = self.laws["T_K"].ppf(points[0]), self.laws["Delta"].ppf(points[1])
        return {"T_K": np.ascontiguousarray(T_K), "Delta": np.ascontiguousarray(Delta)}

    def nodes_of_range(self, temperatures: Array, omega: float | None, order: int) -> tuple[dict[str, Array], Array]:
        # What has no seams in T_K and Delta is resolved by wide panels at any temperature.
        return self.grouped_nodes(order=order + 2)

    def nodes(
        self, temperatures: ArrayLike | None = None, omega: float | None = None, order: int = 14
    ) -> tuple[dict[str, Array], Array]:
        """Columns and weights with sum(w f) = <f>; see :meth:`tlsmc.populations.base.Population.nodes`.

        For f that is smooth but for the boundaries of Eq. 21 at each temperature.  Several temperatures in one call
        cost more than one call for each.  ``omega`` is of no account: these defects have no resonance.

        Raises
        ------
        ValidityError
            There are no nodes for a joint law, nor for densities with too many kinks.
        """
        if "joint" in self.laws:
            self.laws["joint"].pdf(np.zeros(0))
        grid = np.zeros(0) if temperatures is None else temperatures
        T_K, Delta, weights = kondo_nodes(self.laws["T_K"], self.laws["Delta"], grid, order=order)
        return {"T_K": T_K, "Delta": Delta}, weights

    @property
    def E_star(self) -> float:
        """T_K*, the characteristic value of the law of T_K, which scales frequencies here: Omega = omega/T_K*."""
        return next(iter(self.laws.values())).characteristic

    @property
    def Delta_star(self) -> float:
        """Delta*, the characteristic value of the law of Delta."""
        joint = self.laws.get("joint")
        return joint.Delta if isinstance(joint, Joint) else self.laws["Delta"].characteristic

    @property
    def landmarks(self) -> tuple[float, ...]:
        """Edges of the laws, and where the boundaries of Eq. 21 reach the ends of both: T = e T_K and Delta^2/T_K."""
        edges = Population.landmarks.__get__(self)
        if "joint" in self.laws:
            return tuple(edges)
        T_K, Delta = ([end for end in law.support if 0.0 < end < np.inf] for law in self.laws.values())
        return (*edges, *(math.e * x for x in T_K), *(y * y / x for x in T_K for y in Delta))

    @property
    def defects_per_n_T(self) -> float:
        """L = N/(n_T V) = 1: P of Eq. 19 is normalised to n_T."""
        return 1.0

    @property
    def is_paper(self) -> bool:
        """False: the paper leaves P of Eq. 19 open, and averages are by quadrature for any."""
        return False
