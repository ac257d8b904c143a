"""Dissipated power of sound or of a microwave field: resonant and relaxation attenuation (Eqs. 10-18)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice, material
from tlsmc.observables.measurable import Derived, Metal, Printed, dissipated_power
from tlsmc.observables.program import Constants, Formula, State
from tlsmc.physics.absorption import DRIVES, LINESHAPES, debye, relaxation_strength, resonant_power
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.thermal import population_difference, thermal_susceptibility
from tlsmc.populations.base import Population
from tlsmc.populations.quadrature.nodes import energy_nodes


@dataclass(frozen=True)
class Attenuation(Observable):
    """Sound or microwaves absorbed: F of the dissipated power W = (n_T a^2/2) Omega F (Eqs. 10-18).

    The resonant and the relaxation part are from the same defects at every grid point.  With n_T and
    ``drive_amplitude`` also W.  ``drive`` says which amplitude a is, ``lineshape`` is the broadening of Eq. 10:
    ``bloch`` adds the counter-rotating partner of the line.
    """

    chi: float = material("chi")
    drive: str = choice("paper", DRIVES)
    lineshape: str = choice("resonant", LINESHAPES)

    AXES: ClassVar[tuple[str, ...]] = ("temperature", "frequency")
    RESONANT_AXIS: ClassVar[str] = "frequency"
    MONITORS: ClassVar[tuple[str, ...]] = ("linewidth",)
    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p", "q")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("resonant", "relaxation")
    SUMS: ClassVar[dict[str, tuple[str, ...]]] = {"total": ("resonant", "relaxation")}
    LABELS: ClassVar[dict[str, str]] = {"resonant": "F_res", "relaxation": "F_rel", "total": "F"}

    def constants(self, population: Population) -> Constants:
        # F = 2 W E* / (n_T a^2 omega), and the average over n_T V defects is L times the mean over the sampled ones.
        scale = population.E_star * population.defects_per_n_T
        resonant, relaxation = DRIVES[self.drive]
        return self.chi, 2.0 * scale * resonant, scale * relaxation

    def formula(self) -> Formula:
        return _at_temperature, _AT_POINT[self.lineshape]

    def closed_form(self, population: Population, temperature: Array, omega: Array) -> dict[str, Array]:
        if not population.is_paper:
            return {}
        return {name: self._closed(name, population, temperature, omega, 1e-10) for name in self.COMPONENTS}

    def _closed(self, name: str, population: Population, temperature: Array, omega: Array, accuracy: float) -> Array:
        """F_res or F_rel of Eq. 2's population."""
        Omega, theta = _dimensionless(population, temperature, omega)
        last = self.drive, population.p_min, accuracy
        if name == "resonant":
            return closed_forms.F_res(self.chi, Omega, theta, self.lineshape, *last)
        return closed_forms.F_rel(self.chi, Omega, theta, *last)

    def averages(
        self, population: Population, components: tuple[str, ...], temperature: Array, *others: Any
    ) -> Array | None:
        if not population.is_paper:
            return None
        (omega,) = others
        return np.asarray(sum(self._closed(name, population, temperature, omega, 1e-7) for name in components))

    def averaging(
        self, population: Population, components: tuple[str, ...], temperature: Array, *others: Any, order: int
    ) -> Callable[[Array], Array]:
        if population.band is None:
            return super().averaging(population, components, temperature, *others, order=order)
        omega, last = float(others[0][0]), (self.drive, population.p_min)
        E, weight = energy_nodes(population.band, temperature, omega, order)

        def average(temperatures: Array) -> Array:
            band, T = (E, weight, population.E_star, self.chi), temperatures[:, None]
            total = np.zeros(len(temperatures))
            if "resonant" in components:
                total += closed_forms.band_resonant(*band, T, omega, self.lineshape, *last)
            if "relaxation" in components:
                total += closed_forms.band_relaxation(*band, T, omega, *last)
            return total[:, None]

        return average

    def printed(self, population: Population, temperature: Array, omega: Array) -> tuple[Printed, ...]:
        Omega, theta = _dimensionless(population, temperature, omega)
        return (
            Printed("resonant", "Eq. 15", closed_forms.F_res(self.chi, Omega, theta)),
            Printed(
                "relaxation",
                "Eq. 16",
                closed_forms.F_rel_printed(self.chi, Omega, theta),
                "printed Eq. 16 is exactly twice the average of Eq. 12 (2 cosh^3 y where 4 cosh^3 y follows)",
            ),
            Printed("resonant", "Eq. 18", closed_forms.F_res_asymptotic(self.chi, Omega, theta), "scaling only"),
            Printed("relaxation", "Eq. 17", closed_forms.F_rel_asymptotic(self.chi, Omega, theta), "scaling only"),
        )

    def derived(self, population: Population, metal: Metal, temperature: Array, omega: Array) -> tuple[Derived, ...]:
        return dissipated_power("total", population, metal, omega)


def _dimensionless(population: Population, temperature: Array, omega: Array) -> tuple[Array, Array]:
    """Omega = omega/E* and theta = 2T/E* (Eq. 13)."""
    return omega / population.E_star, 2.0 * temperature / population.E_star


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    """Splitting, linewidth and the strengths of both mechanisms at one temperature."""
    E, p, q = columns
    chi, resonant_scale, relaxation_scale = constants
    difference = population_difference(E, T)
    Gamma = linewidth(E, p, difference, chi)
    resonant = resonant_scale * resonant_power(1.0, p, difference, 1.0)
    relaxation = relaxation_scale * relaxation_strength(q, thermal_susceptibility(E, T), T)
    return E, Gamma, resonant, relaxation


def _with_line(line: Callable[..., Any]) -> Callable[[State, Any, Constants], State]:
    def at_point(state: State, point: Any, constants: Constants) -> State:
        E, Gamma, resonant, relaxation = state
        omega = point[0]
        return resonant * line(omega, E, Gamma), relaxation * (omega * debye(omega, relaxation_rate(Gamma)))

    return at_point


_AT_POINT = {name: _with_line(line) for name, line in LINESHAPES.items()}
