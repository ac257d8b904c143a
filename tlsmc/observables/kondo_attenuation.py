"""Sound attenuation by Kondo defects, which is relaxation alone (Eq. 24)."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice
from tlsmc.observables.measurable import Derived, Metal, Printed, dissipated_power
from tlsmc.observables.program import Constants, Formula, State
from tlsmc.physics.absorption import DRIVES, debye, relaxation_strength
from tlsmc.physics.kondo import kondo_linewidth
from tlsmc.physics.linewidth import relaxation_rate
from tlsmc.physics.thermal import thermal_susceptibility
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class KondoAttenuation(Observable):
    """Sound or microwaves absorbed by Kondo defects: F of W = (n_T a^2/2) Omega F, Omega = omega/T_K* (Eq. 24).

    Eq. 12 with p = 0, E = Delta and the Kondo rate max(T/ln^2(T/T_K), T_K).  ``drive`` says which amplitude a is.
    """

    drive: str = choice("paper", DRIVES)

    MODELS: ClassVar[tuple[str, ...]] = ("kondo",)
    AXES: ClassVar[tuple[str, ...]] = ("temperature", "frequency")
    COLUMNS: ClassVar[tuple[str, ...]] = ("T_K", "Delta")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("kondo_attenuation",)
    LABELS: ClassVar[dict[str, str]] = {"kondo_attenuation": "F"}

    def constants(self, population: Population) -> Constants:
        # F = 2 W T_K* / (n_T a^2 omega).
        return (population.E_star * population.defects_per_n_T * DRIVES[self.drive][1],)

    def formula(self) -> Formula:
        return _at_temperature, _at_point

    def has_seams(self, component: str) -> bool:
        return True

    def printed(self, population: Population, temperature: Array, omega: Array) -> tuple[Printed, ...]:
        T, T_star = temperature, population.E_star
        F = closed_forms.kondo_attenuation_asymptotic(omega, T, T_star) * T_star / omega
        # Printed for omega << T; its upper branch begins where its logarithm is above 1.
        slow = omega < T
        forms = (
            (
                "T < T_K*",
                slow & (T_star > T),
                "Delta* << T: Eq. 12 gives 1/16 of it for one T_K, [ln(T_K*/T) + 1 + 4/e]/16 for T_K uniform",
            ),
            (
                "T > T_K*",
                slow & (math.e * T_star <= T),
                "does not follow: Eq. 12 gives W = n_T a^2 omega^2 ln^2(T/T_K*)/(16 T^2), a ratio of (T_K*/T) ln^4/16",
            ),
        )
        return tuple(
            Printed("kondo_attenuation", f"Eq. 24 ({regime})", np.where(where, F, np.nan), remark)
            for regime, where, remark in forms
            if where.any()
        )

    def derived(self, population: Population, metal: Metal, temperature: Array, omega: Array) -> tuple[Derived, ...]:
        return dissipated_power("kondo_attenuation", population, metal, omega)


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    """Strength of the relaxation, in units of F, and its rate."""
    T_K, Delta = columns
    strength = relaxation_strength(1.0, thermal_susceptibility(Delta, T), T)
    return constants[0] * strength, relaxation_rate(kondo_linewidth(T_K, T))


def _at_point(state: State, point: Any, constants: Constants) -> State:
    strength, rate = state
    omega = point[0]
    return (strength * (omega * debye(omega, rate)),)
