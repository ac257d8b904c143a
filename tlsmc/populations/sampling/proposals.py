"""Drawing more of the defects that matter, with weights that undo it.

A resonance of width Gamma ~ chi p omega is met by a share ~ chi of the defects only, so that plain sampling gets worse
as chi falls.  The resonant proposal draws some of the defects from the population itself and the others around the
frequencies of the grid with their own linewidth; the weight of a defect is its density in the population over that in
the mixture (the balance heuristic: E. Veach and L. J. Guibas, SIGGRAPH 95, 419), at most 2.5, so that no average can
become much worse than without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.physics.defect import asymmetry, tunnelling_amplitude
from tlsmc.physics.linewidth import linewidth
from tlsmc.physics.thermal import population_difference
from tlsmc.populations.base import WEIGHT, Population
from tlsmc.populations.laws.base import Law
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction

PROPOSALS = ("none", "resonant")

#: Parts of the mixture: the population itself, resonances, and splittings spread over the decades below the largest.
_PLAIN, _RESONANT, _DECADES = 0.4, 0.5, 0.1
#: How far below the largest splitting the decades reach: to where even rare overdamped defects are drawn on purpose.
_LOWEST = 1e-12
#: Temperatures that stand for the grid's in the linewidths, frequencies that stand for the grid's at most.
_MOST_T, _MOST_W = 4, 64


@dataclass(frozen=True)
class ResonantProposal:
    """Mixture of the population and of defects near resonance; see the module.

    ``omega`` and ``temperature`` are the points that the linewidths are taken at.
    """

    E_law: Law
    p_law: TunnellingFraction
    chi: float
    omega: tuple[float, ...]
    temperature: tuple[float, ...]

    #: Unit-cube coordinates: E, p, and which part of the mixture.
    dimensions: ClassVar[int] = 3
    COLUMNS: ClassVar[tuple[str, ...]] = ("Delta", "Lambda", "E", "p", "q", WEIGHT)

    @classmethod
    def of(cls, population: Population, chi: float, omega: Array, temperature: Array) -> ResonantProposal:
        """The proposal for a population and a grid.

        Raises
        ------
        SpecError
            The population is not one of E and of p with the law "tunnelling", or E can be arbitrarily large.
        """
        laws = population.laws
        p_law = laws.get("p")
        if not isinstance(p_law, TunnellingFraction) or not math.isfinite(laws["E"].support[1]):
            raise SpecError(
                'proposal = "resonant" needs parameters E, with a largest value, and p with law = "tunnelling"; '
                'set proposal = "none"'
            )
        return cls(laws["E"], p_law, chi, _thinned(omega, _MOST_W), _thinned(temperature, _MOST_T))

    def columns(self, points: Array) -> dict[str, Array]:
        """Defects and their weights at unit-cube points of shape (3, n)."""
        v_E, v_p, part = points
        plain = part < _PLAIN
        resonant = ~plain & (part < _PLAIN + _RESONANT)
        decades = ~plain & ~resonant
        E, q = np.empty_like(v_E), np.empty_like(v_E)
        E[plain], q[plain] = self.E_law.ppf(v_E[plain]), self.p_law.complement_ppf(v_p[plain])
        # The rate of electrons, and any resonance, weighs a defect with p: so is p drawn here.
        q[~plain] = (v_p[~plain] * math.sqrt(1.0 - self.p_law.low)) ** 2
        low, high = self._range
        E[decades] = low * (high / low) ** v_E[decades]
        which = (part[resonant] - _PLAIN) / _RESONANT
        E[resonant] = self._cauchy(v_E[resonant], which, 1.0 - q[resonant])
        # Without loss where q is close to 1.
        p = 1.0 - q
        p[plain] = self.p_law.ppf(v_p[plain])
        p = np.maximum(p, self.p_law.low)
        made = {"Delta": asymmetry(E, q), "Lambda": tunnelling_amplitude(E, p), "E": E, "p": p, "q": q}
        made[WEIGHT] = self.weights(E, p)
        return made

    def weights(self, E: Array, p: Array) -> Array:
        """Density of the population over that of the mixture, at most 1/0.4."""
        low, high = self._range
        near = np.zeros_like(E)
        for omega, unit in self._lines:
            near += _cauchy_density(E, omega, unit * p, low, high)
        near *= _RESONANT / len(self._lines)
        near += np.where(low <= E, _DECADES / (math.log(high / low) * E), 0.0)
        # The p-weighted density over the plain one is p / <p>.
        return 1.0 / (_PLAIN + near * p / self.p_law.expectation / self.E_law.pdf(E))

    @property
    def _range(self) -> tuple[float, float]:
        """Splittings that the second half of the mixture covers."""
        low, high = self.E_law.support
        return max(low, high * _LOWEST), high

    @property
    def _lines(self) -> list[tuple[float, float]]:
        """Frequency and linewidth at p = 1 of each resonance; those outside the range of E are left out."""
        low, high = self._range
        inside = [omega for omega in self.omega if low < omega < high] or [high]
        return [
            (omega, float(linewidth(omega, 1.0, population_difference(omega, T), self.chi)))
            for omega in inside
            for T in self.temperature
        ]

    def _cauchy(self, v: Array, which: Array, p: Array) -> Array:
        """Splittings around the resonances, one of which ``which`` in (0, 1) chooses for each defect."""
        lines = np.array(self._lines)
        omega, unit = lines[np.minimum((which * len(lines)).astype(int), len(lines) - 1)].T
        width = unit * p
        low, high = self._range
        first, last = np.arctan((low - omega) / width), np.arctan((high - omega) / width)
        return np.asarray(np.clip(omega + width * np.tan(first + v * (last - first)), low, high))


def _cauchy_density(E: Array, omega: float, width: Array, low: float, high: float) -> Array:
    """Density of a Cauchy law cut to low ... high, of one half-width for each E."""
    detuning = E - omega
    mass = np.arctan((high - omega) / width) - np.arctan((low - omega) / width)
    density = width / ((detuning * detuning + width * width) * mass)
    return np.where((low <= E) & (high >= E), density, 0.0)


def _thinned(values: Array, most: int) -> tuple[float, ...]:
    """At most so many of the values, evenly chosen, ends included."""
    chosen = sorted({*np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int)})
    return tuple(float(values[i]) for i in chosen)
