"""Resonant absorption of sharp lines (Eq. 10 without broadening), as a histogram in omega."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, choice
from tlsmc.observables.measurable import Printed
from tlsmc.observables.program import Constants, Formula, State
from tlsmc.physics.absorption import DRIVES, resonant_power, sharp_line
from tlsmc.physics.thermal import population_difference
from tlsmc.populations.base import Population


@dataclass(frozen=True)
class ResonantHistogram(Observable):
    """F_res of sharp lines (Eq. 10 as printed), averaged over bins of omega around the frequencies of the grid.

    The bins have their edges halfway between neighbouring frequencies on a logarithmic scale; a single frequency has a
    bin from its half to its double.  ``drive`` says which amplitude a is.
    """

    drive: str = choice("paper", DRIVES)

    AXES: ClassVar[tuple[str, ...]] = ("temperature", "frequency")
    RESONANT_AXIS: ClassVar[str] = "frequency"
    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("resonant_histogram",)
    LABELS: ClassVar[dict[str, str]] = {"resonant_histogram": "F_res"}

    def constants(self, population: Population) -> Constants:
        return (2.0 * population.E_star * population.defects_per_n_T * DRIVES[self.drive][0],)

    def points(self, omega: Array) -> Array:
        """Frequency and edges of its bin, shape (len(omega), 3)."""
        ratio = omega[1] / omega[0] if len(omega) > 1 else 4.0
        last = omega[-1] / omega[-2] if len(omega) > 1 else 4.0
        inner = np.sqrt(omega[1:] * omega[:-1])
        edges = np.concatenate([[omega[0] / math.sqrt(ratio)], inner, [omega[-1] * math.sqrt(last)]])
        return np.stack([omega, edges[:-1], edges[1:]], axis=1)

    def formula(self) -> Formula:
        return _at_temperature, _at_point

    def exact(self, population: Population, temperature: Array, omega: Array) -> Array:
        """Differences of the absorption below each edge of a bin: the nodes of a resonance have a seam at it."""
        rows = self.points(omega)
        edges = np.append(rows[:, 1], rows[-1, 2])
        (scale,) = self.constants(population)
        below = np.zeros((len(temperature), len(edges)))
        for k, edge in enumerate(edges):
            columns, weights = population.nodes(temperature, float(edge))
            inside = columns["E"] < edge
            E, p, weight = columns["E"][inside], columns["p"][inside], weights[inside]
            for i, T in enumerate(temperature):
                below[i, k] = np.dot(weight, resonant_power(1.0, p, population_difference(E, float(T)), 1.0))
        return (scale * np.diff(below, axis=1) / np.diff(edges))[None]

    def printed(self, population: Population, temperature: Array, omega: Array) -> tuple[Printed, ...]:
        inside = self.points(omega.ravel())[:, 2] <= population.E_star
        value = np.pi * population_difference(omega, temperature)
        remark = "pi tanh(omega/2T), Eq. 15 for chi -> 0"
        return (Printed("resonant_histogram", "Eq. 10", np.where(inside, value, np.nan), remark),)


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    E, p = columns
    return E, constants[0] * resonant_power(1.0, p, population_difference(E, T), 1.0)


def _at_point(state: State, point: Any, constants: Constants) -> State:
    E, strength = state
    return (strength * sharp_line(E, point[1], point[2]),)
