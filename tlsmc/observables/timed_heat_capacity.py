"""Specific heat after a measurement of finite length: the time that makes the logarithm L of Eq. 8."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice, material
from tlsmc.observables.heat_capacity import HeatCapacity as FullHeatCapacity
from tlsmc.observables.measurable import Derived, Metal, Printed, heat_quantities
from tlsmc.observables.program import Constants, Formula, State
from tlsmc.physics.electrons import ELECTRON_HEATS
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.measurement_time import fastest_rate, relaxed_fraction
from tlsmc.physics.thermal import population_difference, specific_heat
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class TimedHeatCapacity(Observable):
    """Specific heat C_T/n_T of a measurement that lasts t, in units of k_B, and the L of Eq. 8 that it amounts to.

    It is the sum of C (1 - exp(-t/T1)) with the 1/T1 of Eq. 12.  It grows as ln(4t/tau_min)/2, half of the paper's
    ln(t/tau_min), until all defects have relaxed and it is Eq. 8.  L is C(t) over the specific heat of one defect,
    which Eq. 8 has as (T/E*) f.  ``electrons`` is the C_e of the ratio C_T/C_e, as for ``heat_capacity``.
    """

    chi: float = material("chi")
    electrons: str = choice("paper", ELECTRON_HEATS)

    AXES: ClassVar[tuple[str, ...]] = ("temperature", "time")
    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("timed_heat_capacity",)
    LABELS: ClassVar[dict[str, str]] = {"timed_heat_capacity": "C_T/n_T"}

    def constants(self, population: Population) -> Constants:
        return self.chi, population.defects_per_n_T

    def formula(self) -> Formula:
        return _at_temperature, _at_point

    def closed_form(self, population: Population, temperature: Array, time: Array) -> dict[str, Array]:
        if not population.is_paper:
            return {}
        x, s = population.E_star / temperature, 2.0 * self.chi * (temperature * time)
        return {"timed_heat_capacity": closed_forms.timed_heat(x, s, population.p_min) / x}

    def printed(self, population: Population, temperature: Array, time: Array) -> tuple[Printed, ...]:
        if not population.is_paper:
            return ()
        x, age = population.E_star / temperature, fastest_rate(temperature, self.chi) * time
        # The logarithm begins where the fastest defects have relaxed and ends where the slowest do.
        claimed = (x >= 15.0) & (age >= 20.0) & (population.p_min * age <= 0.02)
        age = np.where(claimed, age, np.nan)
        paper = np.log(age) / x * closed_forms.heat_asymptotic(x)
        exact = np.full_like(age, np.nan)
        exact[claimed] = (closed_forms.time_logarithm(np.where(claimed, age, 1.0)) * closed_forms.heat(x) / x)[claimed]
        return (
            Printed(
                "timed_heat_capacity", "Eq. 8", paper, "L = ln(t/tau_min) and f = 1; Eq. 2 gives half of it and pi^2/6"
            ),
            Printed("timed_heat_capacity", "Eq. 2", exact, "L = ln(4t/tau_min)/2 + 0.4285, 1/tau_min = 2.63 chi T"),
        )

    def derived(self, population: Population, metal: Metal, temperature: Array, time: Array) -> tuple[Derived, ...]:
        def logarithm(C: Array) -> Array:
            everything = FullHeatCapacity().exact(population, temperature.ravel())[0].reshape(temperature.shape)
            return np.asarray(C / (everything / population.defects_per_n_T))

        L = Derived("L", "timed_heat_capacity", "", logarithm)
        return L, *heat_quantities("timed_heat_capacity", self.electrons, metal, temperature)


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    """Specific heat of the relaxed defect, and its rate 1/T1."""
    E, p = columns
    chi, scale = constants
    Gamma = linewidth(E, p, population_difference(E, T), chi)
    return scale * specific_heat(E, T), relaxation_rate(Gamma)


def _at_point(state: State, point: Any, constants: Constants) -> State:
    heat, rate = state
    return (heat * relaxed_fraction(rate, point[0]),)
