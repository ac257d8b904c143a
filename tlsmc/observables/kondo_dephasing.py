"""Dephasing of electrons by Kondo defects (Eqs. 20-23)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice
from tlsmc.observables.measurable import ELECTRONS, Derived, Metal, Printed
from tlsmc.observables.program import Constants, Formula, State, identity
from tlsmc.physics.defect import Real
from tlsmc.physics.kondo import CROSS_SECTIONS
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class KondoDephasing(Observable):
    """Dephasing rate over its unitary limit, tau_0/tau_phi: the average of Eq. 21's cross-section (Eq. 22).

    ``cross_section`` says which: ``unitary`` caps it at 1, its unitary limit; ``literal`` is Eq. 21 as printed, whose
    average is infinite, so that it gets no error bar and no z; ``smooth`` is an interpolation, finite without a cap.
    """

    cross_section: str = choice("unitary", CROSS_SECTIONS)

    MODELS: ClassVar[tuple[str, ...]] = ("kondo",)
    COLUMNS: ClassVar[tuple[str, ...]] = ("T_K", "Delta")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("kondo_dephasing",)
    LABELS: ClassVar[dict[str, str]] = {"kondo_dephasing": "tau_0/tau_phi"}

    def constants(self, population: Population) -> Constants:
        return (population.defects_per_n_T,)

    def formula(self) -> Formula:
        return _AT_TEMPERATURE[self.cross_section], identity

    def has_seams(self, component: str) -> bool:
        return True

    def closed_form(self, population: Population, temperature: Array) -> dict[str, Array]:
        return {"kondo_dephasing": np.full_like(temperature, np.inf)} if self.cross_section == "literal" else {}

    def refusal(self, component: str) -> str:
        if self.cross_section != "literal":
            return ""
        return (
            "Eq. 21 as printed diverges as l^-2 where l = 0, so that P(chi~ > c) falls as c^(-1/2) and the mean is "
            "infinite; no error and no z-score exist"
        )

    def printed(self, population: Population, temperature: Array) -> tuple[Printed, ...]:
        T, T_star = temperature, population.E_star
        width = population.Delta_star
        value = closed_forms.kondo_mean_asymptotic(T_star / T, width / T)
        # Regimes with << between their scales begin where the logarithms of Eq. 23 are above 1.
        hot, cold = math.e * T_star <= T, math.e * T <= T_star
        forms = (
            (
                "T_K* << T, Delta* < T",
                hot & (width <= T),
                "Eq. 21 gives 1/ln^2 for Delta* < T/ln only, and (T/Delta*) 2/ln^3 beyond",
            ),
            (
                "T_K* << T < Delta*",
                hot & (width > T),
                "misses a logarithm: Eq. 21 gives (T/Delta*) 2/ln^3(T/T_K*)",
            ),
            (
                "T << T_K*",
                cold,
                "for Delta* >> sqrt(T T_K*) and one T_K, Eq. 21 gives 4/3 of it up to Delta* = T_K, 8/3 beyond",
            ),
        )
        return tuple(
            Printed("kondo_dephasing", f"Eq. 23 ({regime})", np.where(where, value, np.nan), remark)
            for regime, where, remark in forms
            if where.any()
        )

    def derived(self, population: Population, metal: Metal, temperature: Array) -> tuple[Derived, ...]:
        # 1/tau_0 = 4 pi n_T v_F/k_F^2 is Eq. 4 at the unitary limit.
        scale = metal.inelastic_rate(1.0), ELECTRONS
        return (
            Derived("1/tau_phi", "kondo_dephasing", "rate", lambda rate: rate, *scale),
            Derived("tau_phi", "kondo_dephasing", "time", lambda rate: 1.0 / rate, *scale),
        )


def _with(cross_section: Callable[..., Real]) -> Callable[[State, float, Constants], State]:
    def at_temperature(columns: State, T: float, constants: Constants) -> State:
        T_K, Delta = columns
        return (constants[0] * cross_section(T_K / T, Delta / T),)

    return at_temperature


_AT_TEMPERATURE = {name: _with(cross_section) for name, cross_section in CROSS_SECTIONS.items()}
