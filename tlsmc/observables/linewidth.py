"""Linewidth of the defects (Eq. 11) and the fraction for which the two-level picture fails."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tlsmc.arrays import Array
from tlsmc.observables.base import Observable, material
from tlsmc.observables.program import Constants, Formula, State, identity
from tlsmc.physics import linewidth as formulas
from tlsmc.physics.thermal import population_difference
from tlsmc.populations.base import Population
from tlsmc.populations.laws.base import Law


@dataclass(frozen=True)
class Linewidth(Observable):
    """Mean of Gamma/E* over the defects (Eq. 11), and the fraction of overdamped ones, Gamma > E.

    For these a two-level system is not a good picture.  It is added to every run with ``attenuation``; such defects are
    reported, never dropped.  (The mean of Gamma/E itself does not exist: it diverges as the integral of dE/E at
    E -> 0.)
    """

    chi: float = material("chi")

    COLUMNS: ClassVar[tuple[str, ...]] = ("E", "p")
    COMPONENTS: ClassVar[tuple[str, ...]] = ("mean", "overdamped")
    IS_MONITOR: ClassVar[bool] = True
    LABELS: ClassVar[dict[str, str]] = {"mean": "<Gamma>/E*", "overdamped": "overdamped fraction"}

    def constants(self, population: Population) -> Constants:
        return self.chi, population.E_star

    def formula(self) -> Formula:
        return _at_temperature, identity

    def closed_form(self, population: Population, temperature: Array) -> dict[str, Array]:
        # A step is no integrand for quadrature nodes; for independent E and p the step in E is a probability.
        laws = population.laws
        if "p" not in laws:
            return {"overdamped": np.full_like(temperature, np.nan)}
        return {"overdamped": _overdamped_fraction(self.chi, laws["E"], laws["p"], temperature)}


def _at_temperature(columns: State, T: float, constants: Constants) -> State:
    E, p = columns
    Gamma = formulas.linewidth(E, p, population_difference(E, T), constants[0])
    return Gamma / constants[1], formulas.overdamped(E, Gamma)


def _overdamped_fraction(chi: float, E_law: Law, p_law: Law, T: Array) -> Array:
    """Probability that chi p / 2 > tanh(E/2T), by integrating over the quantiles of p."""

    def below(v: float) -> Array:
        p = float(p_law.ppf(np.array(v)))
        return np.asarray(E_law.cdf(2.0 * T * np.arctanh(0.5 * chi * p)))

    # A fifth of a second that only this needs.
    from scipy.integrate import quad_vec

    values, _ = quad_vec(below, 0.0, 1.0, epsabs=1e-14, epsrel=1e-9, norm="max")
    return np.asarray(values)
