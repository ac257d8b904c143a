"""Loss and frequency shift of a resonator with defects in it, as a function of temperature and power."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, check_above, material, quantity_option
from tlsmc.observables.measurable import Printed
from tlsmc.observables.program import Constants, Formula, State
from tlsmc.physics.linewidth import linewidth
from tlsmc.physics.resonator import absorptive_line, reactive_loss
from tlsmc.physics.thermal import population_difference, thermal_susceptibility
from tlsmc.populations.base import Population
from tlsmc.populations.quadrature.nodes import energy_nodes


@dataclass(frozen=True)
class LossTangent(Observable):
    """Loss and frequency shift of a resonator at omega that is filled with the medium, over its intrinsic loss.

    They are the imaginary and the real part of one response, with the counter-rotating partner.  ``shift`` is
    [f(T) - f(0)]/f, positive where the resonator's frequency is above that at T = 0.  The intrinsic loss tangent is the
    loss at T = 0 of sharp lines of a flat band, pi times the p-weighted density of defects.  ``intensity`` is I/I_c: a
    defect saturates, its line broadens, with an area that falls as 1/sqrt(1 + I/I_c).  Sharp lines give
    tanh(omega/2T)/sqrt(1 + I/I_c) and the digamma function.  Relaxation adds to the loss at omega of the order of
    1/T1; see ``attenuation``.

    Defects just above and just below omega all but cancel in the shift.  One of them contributes p/(2 Gamma) at most,
    and since Gamma ~ p that is of the order of 1/(chi omega) for all: every moment is finite, the variance ~ 1/chi, and
    an error can be given.  Between the width of the lines and the band the contributions are distributed as in Cauchy's
    law (tail index 1), so that it takes many more than 1/chi defects to see this.
    """

    chi: float = material("chi")
    intensity: float = quantity_option("number", 0.0)

    AXES: ClassVar[tuple[str, ...]] = ("temperature", "frequency")
    RESONANT_AXIS: ClassVar[str] = "frequency"
    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("loss", "shift")
    SIGNED: ClassVar[tuple[str, ...]] = ("shift",)
    LABELS: ClassVar[dict[str, str]] = {"loss": "loss/intrinsic", "shift": "frequency shift/intrinsic loss"}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_above("intensity", self.intensity, 0.0, included=True)

    def constants(self, population: Population) -> Constants:
        return self.chi, 1.0 + self.intensity, population.E_star * population.defects_per_n_T / math.pi

    def formula(self) -> Formula:
        return _at_temperature, _at_point

    def averaging(
        self, population: Population, components: tuple[str, ...], temperature: Array, *others: Any, order: int
    ) -> Callable[[Array], Array]:
        if population.band is None or components != ("loss",):
            return super().averaging(population, components, temperature, *others, order=order)
        omega, last = float(others[0][0]), (self.intensity, population.p_min)
        band = (*energy_nodes(population.band, temperature, omega, order), population.E_star, self.chi)
        return lambda temperatures: closed_forms.band_loss(*band, temperatures[:, None], omega, *last)[:, None]

    def printed(self, population: Population, temperature: Array, omega: Array) -> tuple[Printed, ...]:
        if not population.is_paper:
            return ()
        T, E_star = temperature, population.E_star
        # Sharp lines inside a band that is much wider than T.
        sharp = self.chi * np.maximum(2.0 * T, omega) * math.sqrt(1.0 + self.intensity) <= 0.1 * omega
        sharp &= np.maximum(20.0 * T, 2.0 * omega) <= E_star
        loss, shift = closed_forms.loss_tangent(omega / T, self.intensity), closed_forms.frequency_shift(omega / T)
        return (
            Printed("loss", "tanh", np.where(sharp, loss, np.nan), "tanh(omega/2T)/sqrt(1 + I/I_c), sharp lines"),
            Printed(
                "shift", "digamma", np.where(sharp, shift, np.nan), "[Re psi(1/2 + iy) - ln y]/pi, y = omega/2 pi T"
            ),
        )


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    """Splitting, linewidth, strength and thermal factors of a defect at one temperature."""
    E, p = columns
    difference = population_difference(E, T)
    return E, linewidth(E, p, difference, constants[0]), constants[2] * p, difference, thermal_susceptibility(E, T)


def _at_point(state: State, point: Any, constants: Constants) -> State:
    E, Gamma, strength, difference, susceptibility = state
    omega, saturation = point[0], constants[1]
    loss = strength * difference * absorptive_line(omega, E, Gamma, saturation)
    shift = 0.5 * strength * reactive_loss(omega, E, Gamma, difference, susceptibility, saturation)
    return loss, shift
