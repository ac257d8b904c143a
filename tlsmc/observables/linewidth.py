"""Linewidth of the defects (Eq. 11) and the fraction for which the two-level picture fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tlsmc.observables.base import Observable, check_chi, material
from tlsmc.physics import linewidth as formulas
from tlsmc.physics.thermal import population_difference
from tlsmc.populations.base import Population

if TYPE_CHECKING:
    from tlsmc.kernels import Constants, State


@dataclass(frozen=True, slots=True)
class Linewidth(Observable):
    """Mean of Gamma/E* over the defects, and the fraction of overdamped ones (Gamma > E).

    Every run whose formulas use Gamma reports the latter: an overdamped defect is no two-level system.
    (The mean of Gamma/E itself does not exist: it diverges as the integral of dE/E at E -> 0.)
    """

    chi: float = material("chi")

    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("mean", "overdamped")
    LABELS: ClassVar[dict[str, str]] = {"mean": "<Gamma>/E*", "overdamped": "overdamped fraction"}

    def __post_init__(self) -> None:
        check_chi(self.chi)

    def constants(self, population: Population) -> Constants:
        return self.chi, population.E_star

    @property
    def at_temperature(self) -> Callable[[State, float, Constants], State]:
        return _at_temperature


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    E, p = columns
    Gamma = formulas.linewidth(E, p, population_difference(E, T), constants[0])
    return Gamma / constants[1], formulas.overdamped(E, Gamma)
