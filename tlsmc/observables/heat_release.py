"""Heat that the defects give off after the temperature has been changed."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, check_above, material, quantity_option
from tlsmc.observables.measurable import Derived, Metal, Printed
from tlsmc.observables.program import Constants, Formula, State
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.measurement_time import excess_energy, release_rate
from tlsmc.physics.thermal import population_difference
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class HeatRelease(Observable):
    """Heat dQ/dt over n_T E*^2 given off at the time t after a step of temperature from T to that of the ``bath``.

    Until then the defects are in equilibrium at T, the temperature of the grid; then each relaxes with its 1/T1 at the
    temperature of the bath, dQ/dt = sum of E [n(E/T) - n(E/bath)] exp(-t/T1)/T1.  Below the bath it is negative, for
    the defects take heat up.  With n_T also dQ/dt.  Between the fastest T1 and the slowest it is
    (pi^2/24)(T^2 - bath^2)/(E* t) for each n_T.
    """

    chi: float = material("chi")
    bath: float = quantity_option("energy")

    AXES: ClassVar[tuple[str, ...]] = ("temperature", "time")
    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("heat_release",)
    SIGNED: ClassVar[tuple[str, ...]] = ("heat_release",)
    LABELS: ClassVar[dict[str, str]] = {"heat_release": "heat release/(n_T E*^2)"}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_above("bath", self.bath, 0.0)

    def constants(self, population: Population) -> Constants:
        return self.chi, self.bath, population.defects_per_n_T / population.E_star**2

    def formula(self) -> Formula:
        return _at_temperature, _at_point

    def scales(self, temperature: Array) -> Array:
        return np.append(temperature, self.bath)

    def closed_form(self, population: Population, temperature: Array, time: Array) -> dict[str, Array]:
        if not population.is_paper:
            return {}
        E_star = population.E_star
        start, bath, s = temperature / E_star, self.bath / E_star, 2.0 * self.bath * self.chi * time
        return {"heat_release": closed_forms.heat_release(start, bath, s, population.p_min) / (time * E_star)}

    def printed(self, population: Population, temperature: Array, time: Array) -> tuple[Printed, ...]:
        if not population.is_paper:
            return ()
        E_star, largest = population.E_star, np.maximum(temperature, self.bath)
        rate = self.chi * time
        # Two per cent: the fastest defects have relaxed, the slowest have not begun to, and the band has no edge.
        claimed = (2.0 * self.bath * rate >= 25.0) & (4.0 * largest * rate * population.p_min <= 0.02)
        claimed &= largest <= E_star / 8.0
        law = closed_forms.heat_release_law(temperature / E_star, self.bath / E_star) / (time * E_star)
        remark = "(pi^2/24) (n_T/E*) (T^2 - bath^2)/t, what Eq. 2 gives"
        return (Printed("heat_release", "1/t law", np.where(claimed, law, np.nan), remark),)

    def derived(self, population: Population, metal: Metal, temperature: Array, time: Array) -> tuple[Derived, ...]:
        n_T = metal.defect_density
        scale = None if n_T is None else n_T * population.E_star**2
        return (Derived("dQ/dt", "heat_release", "power density", lambda r: r, scale, ("defect_density",)),)


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    """Excess energy of the defect, and its rate 1/T1 in the bath."""
    E, p = columns
    chi, bath, scale = constants
    Gamma = linewidth(E, p, population_difference(E, bath), chi)
    return scale * excess_energy(E, T, bath), relaxation_rate(Gamma)


def _at_point(state: State, point: Any, constants: Constants) -> State:
    energy, rate = state
    return (energy * release_rate(rate, point[0]),)
