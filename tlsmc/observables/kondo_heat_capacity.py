"""Specific heat of Kondo defects, and its ratio to that of the electrons (text after Eq. 23)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice
from tlsmc.observables.measurable import Derived, Metal, Printed, heat_quantities
from tlsmc.observables.program import Constants, Formula, State, identity
from tlsmc.physics.defect import Real
from tlsmc.physics.electrons import ELECTRON_HEATS
from tlsmc.physics.kondo_heat import HEATS, heat_paper_applies
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class KondoHeatCapacity(Observable):
    """Specific heat C_T/n_T of Kondo defects in units of k_B (text after Eq. 23).

    ``heat`` is the paper's (T/T_K) ln(T_K/T) within Delta^2/T_K < T < T_K and 0 outside, where the paper is silent, or
    that of the solvable point of Emery and Kivelson, finite everywhere.  The curve ``outside`` is the fraction of
    defects outside the paper's range.  ``electrons`` is the C_e of the ratio C_T/C_e, as for ``heat_capacity``.
    """

    heat: str = choice("paper", HEATS)
    electrons: str = choice("paper", ELECTRON_HEATS)

    MODELS: ClassVar[tuple[str, ...]] = ("kondo",)
    COLUMNS: ClassVar[tuple[str, ...]] = ("T_K", "Delta")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("heat_capacity", "outside")
    LABELS: ClassVar[dict[str, str]] = {
        "heat_capacity": "C_T/n_T",
        "outside": "fraction outside Delta^2/T_K < T < T_K",
    }

    def constants(self, population: Population) -> Constants:
        return (population.defects_per_n_T,)

    def formula(self) -> Formula:
        return _AT_TEMPERATURE[self.heat], identity

    def has_seams(self, component: str) -> bool:
        return component != "heat_capacity" or self.heat == "paper"

    def out_of_range(self, E_star: float, temperature: Array) -> str:
        if self.heat != "paper" or (temperature < E_star).any():
            return ""
        return (
            f"all temperatures are above T_K* <= {E_star:g}, where the paper's specific heat says nothing; use "
            'options = { heat = "emery-kivelson" }'
        )

    def printed(self, population: Population, temperature: Array) -> tuple[Printed, ...]:
        # "Similar to Eq. (9) with chi = L = 1 and E* = T_K*": Eq. 8 with f = 1, as for tunnelling defects.
        ratio = temperature / population.E_star
        estimate = np.where(np.e * ratio <= 1.0, ratio, np.nan)
        remark = "the text's estimate behind 2 %; T_K uniform, Delta* << T gives (T/T_K*) ln^2(T_K*/T)/2"
        return (Printed("heat_capacity", "Eq. 9 (L = 1, E* = T_K*)", estimate, remark),)

    def derived(self, population: Population, metal: Metal, temperature: Array) -> tuple[Derived, ...]:
        return heat_quantities("heat_capacity", self.electrons, metal, temperature)


def _with(heat: Callable[..., Real]) -> Callable[[State, float, Constants], State]:
    def at_temperature(columns: State, T: Real, constants: Constants) -> State:
        T_K, Delta = columns
        return constants[0] * heat(T_K, Delta, T), 1.0 - heat_paper_applies(T_K, Delta, T)

    return at_temperature


_AT_TEMPERATURE = {name: _with(heat) for name, heat in HEATS.items()}
