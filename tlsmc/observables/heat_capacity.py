"""Specific heat of the defects, and its ratio to that of the electrons (Eqs. 7-9)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice
from tlsmc.observables.measurable import Derived, Metal, Printed, heat_quantities
from tlsmc.observables.program import Constants, Formula, State, identity
from tlsmc.physics.electrons import ELECTRON_HEATS
from tlsmc.physics.thermal import specific_heat
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class HeatCapacity(Observable):
    """Specific heat C_T/n_T = (T L/E*) f(E*/T) in units of k_B (Eq. 8).

    With all defects of Eq. 2 down to the cut-off of p.  With n_T also C_T, with n_e and eps_F C_T/C_e; ``electrons`` is
    C_e as printed in Eq. 7, or the free-electron value, larger by pi^2/3.
    """

    electrons: str = choice("paper", ELECTRON_HEATS)

    COLUMNS: ClassVar[tuple[str, ...]] = ("E",)
    COMPONENTS: ClassVar[tuple[str, ...]] = ("heat_capacity",)
    LABELS: ClassVar[dict[str, str]] = {"heat_capacity": "C_T/n_T"}

    def constants(self, population: Population) -> Constants:
        return (population.defects_per_n_T,)

    def formula(self) -> Formula:
        return _at_temperature, identity

    def closed_form(self, population: Population, temperature: Array) -> dict[str, Array]:
        if not population.is_paper:
            return {}
        x = population.E_star / temperature
        return {"heat_capacity": population.defects_per_n_T / x * closed_forms.heat(x)}

    def printed(self, population: Population, temperature: Array) -> tuple[Printed, ...]:
        x = population.E_star / temperature
        value = population.defects_per_n_T / x * closed_forms.heat_asymptotic(x)
        cold, hot = np.where(x >= 15.0, value, np.nan), np.where(x <= 0.3, value, np.nan)
        return (
            Printed("heat_capacity", "Eq. 8", cold, "f = 1 at T << E* (printed as x << 1); pi^2/6 follows"),
            Printed("heat_capacity", "Eq. 8 (T >> E*)", hot, "f = x^3/12"),
        )

    def derived(self, population: Population, metal: Metal, temperature: Array) -> tuple[Derived, ...]:
        return heat_quantities("heat_capacity", self.electrons, metal, temperature)


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    return (constants[0] * specific_heat(columns[0], T),)
