"""Eqs. 7 to 9: specific heat of the defects and of the electrons."""

import dataclasses
import math
from collections.abc import Callable, Iterator

import numpy as np

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.claims.base import CLOSE, Claim, Sampled, bound, claim, equality, formula, limiting_law, number, within
from tlsmc.claims.density import rate
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.specs import DAY, heat_temperatures, long_time
from tlsmc.claims.thresholds import log_slope, step_temperature
from tlsmc.physics.electrons import density_ratio, electron_specific_heat, free_electron_specific_heat, heat_ratio
from tlsmc.physics.measurement_time import fastest_rate
from tlsmc.units import to_seconds

#: E*/T where f of Eq. 8 is in its limits, and f of the whole band.
_COLD, _PLATEAU = 100.0, float(closed_forms.heat(1e6))


def electronic_heat(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 7 against free electrons."""
    n_e, fermi_energy, T = paper.electron_density, paper.fermi_energy, paper.T_min
    printed, exact = (
        [float(c(T, n_e, fermi_energy)), float(c(2.0 * T, 3.0 * n_e, fermi_energy))]
        for c in (electron_specific_heat, free_electron_specific_heat)
    )
    yield claim(
        "Eq. 7",
        "C_e = 3 n_e T/2 eps_F, at T_min",
        equality(printed, exact),
        "no sampled column: no defect enters",
        unit="k_B/cm^3",
        remark="exact: pi^2 n_e T/2 eps_F of free electrons, larger by pi^2/3",
    )


def _f(paper: Paper, ensembles: Ensembles, name: str) -> Sampled:
    """The f of Eq. 8 at a named temperature of the ensemble "heat"."""
    T = heat_temperatures(paper)[name]
    L = ensembles.spec("heat").population.defects_per_n_T
    return ensembles.at("heat", Place("heat_capacity", T)).times(paper.E_star / (T * L))


def limits(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The two branches of f."""
    f = closed_forms.heat
    cold, cool, warm, hot = (float(f(x)) for x in (_COLD, 10.0, 0.1, 0.01))
    right = formula(1.0, exact=cold, elsewhere=cool, tolerance=CLOSE)
    yield claim(
        "Eq. 8",
        "f(x) = 1 at x << 1, first line as printed: x = E*/T = 0.01",
        formula(1.0, exact=hot, elsewhere=warm, tolerance=CLOSE, corrected=right),
        _f(paper, ensembles, "hot"),
        remark="both lines have x << 1; read x >> 1",
    )
    yield claim(
        "Eq. 8",
        "f(x) = 1 at x >> 1: x = 100",
        right,
        _f(paper, ensembles, "cold"),
        remark=f"pi^2/6 = {math.pi**2 / 6.0:.4f} follows",
    )
    yield claim(
        "Eq. 8",
        "f(x) = x^3/12 at x << 1: x = 0.01",
        formula(0.01**3 / 12.0, exact=hot, elsewhere=warm * 12.0 / 0.1**3, tolerance=CLOSE),
        _f(paper, ensembles, "hot"),
    )


def measured_logarithm(paper: Paper, T: float, t: float, p_min: float) -> float:
    """L of Eq. 8 after a measurement of length t."""
    x, s = paper.E_star / T, 2.0 * paper.chi * T * t
    return float(closed_forms.timed_heat(x, s, p_min) / closed_forms.heat(x))


def logarithm(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """L against what a measurement of finite length sees."""
    p_min = ensembles.spec("heat-timed").population.p_min
    T, t = paper.E_star / 20.0, long_time(paper)
    shorter = math.exp(-0.5 * paper.L) * t
    elsewhere = measured_logarithm(paper, T, shorter, p_min) / (0.5 * paper.L)
    day = math.log(DAY * float(fastest_rate(paper.T_min, paper.chi)))
    yield claim(
        "after 8",
        f"L = ln(t_exp/tau_min), at T = E*/20, t = {to_seconds(t):.3g} s",
        formula(paper.L, exact=measured_logarithm(paper, T, t, p_min), elsewhere=elsewhere, tolerance=CLOSE),
        _measured(paper, ensembles, T, t),
        remark="Eq. 2's own measure gives ln(4t/tau_min)/2 + 0.4285, half of it; 1/tau_min = chi 2T coth 1",
    )
    yield claim(
        "after 8",
        "a realistic estimate is L = 20-40: a measurement of a day at T_min",
        within(20.0, 40.0, exact=measured_logarithm(paper, paper.T_min, DAY, p_min)),
        _measured(paper, ensembles, paper.T_min, DAY),
        remark=f"ln(t/tau_min) is {day:.3g}",
    )


def _measured(paper: Paper, ensembles: Ensembles, T: float, t: float) -> Sampled:
    """L that the ensemble "heat-timed" has at T after the time t."""
    one = T / paper.E_star * float(closed_forms.heat(paper.E_star / T))
    return ensembles.at("heat-timed", Place("timed_heat_capacity", T, t)).times(1.0 / one)


def excess(
    paper: Paper, L: float, f: float = _PLATEAU, electrons: Callable[..., Array] = free_electron_specific_heat
) -> float:
    """C_T/C_e that follows, with f of Eq. 8, the density of Eq. 5 and free electrons, or others."""
    n_e, fermi_energy = paper.electron_density, paper.fermi_energy
    n_T = n_e * float(density_ratio(paper.chi, fermi_energy, paper.tau_in))
    return n_T * L * f / paper.E_star / float(electrons(1.0, n_e, fermi_energy))


def _printed_excess(paper: Paper, L: float) -> float:
    """C_T/C_e by Eqs. 5, 7 and 8 as printed."""
    return excess(paper, L, 1.0, electron_specific_heat)


def sampled_excess(paper: Paper, ensembles: Ensembles, L: float, name: str = "cold") -> Sampled:
    """C_T/C_e of the ensembles, with the density that gives tau_phi in the ensemble "rate"."""
    return _f(paper, ensembles, name).times(excess(paper, L, 1.0)).over(rate(paper, ensembles))


def ratio_to_electrons(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 9 in units of L/chi."""
    chi, smearing = paper.chi, paper.smearing
    other = dataclasses.replace(paper, E_star=3.0 * paper.E_star, chi=0.5 * chi)
    printed = [
        float(heat_ratio(1.0, 1.0, 1.0, 1.0 / smearing)),
        float(heat_ratio(1.0, other.chi, other.E_star, other.tau_in)),
    ]
    yield claim(
        "Eq. 9",
        "C_T/C_e = (L/chi)/(E* tau_in) follows from (7), (8), (5) as printed: in units of L/chi",
        limiting_law(printed, (_printed_excess(paper, chi), _printed_excess(other, 1.0))),
        "no sampled column: it compares printed formulas; the next row has the ensemble",
        remark="exact: the printed Eqs. 5, 7 and 8 put together, pi/4 of it",
    )
    yield claim(
        "Eq. 9",
        "C_T/C_e = (L/chi)/(E* tau_in), in units of L/chi",
        limiting_law(printed, (excess(paper, chi), excess(other, 1.0))),
        sampled_excess(paper, ensembles, chi),
        remark="exact: f = pi^2/6 and free electrons, pi/8 of it",
    )
    yield claim(
        "after 9",
        '"for our example, C_T/C_e ~ 0.1 L/chi"',
        number("0.1", exact=excess(paper, chi)),
        sampled_excess(paper, ensembles, chi),
        remark=f"Eq. 9 gives {printed[0]:.4f}, the printed Eqs. 5, 7 and 8 {_printed_excess(paper, chi):.4f}",
    )


def hundred_times(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The number that the paper concludes with, and the same with the L of a measurement."""
    p_min = ensembles.spec("heat-timed").population.p_min
    T, t, L, chi = paper.E_star / 20.0, long_time(paper), paper.L, paper.chi
    measured = measured_logarithm(paper, T, t, p_min)
    by_formulas = float(heat_ratio(L, chi, paper.E_star, paper.tau_in)), _printed_excess(paper, L)
    sampled = _measured(paper, ensembles, T, t).times(excess(paper, 1.0)).over(rate(paper, ensembles))
    yield claim(
        "after 9",
        f"C_T exceeds C_e by about hundred times, L = {L:g}, chi = {chi:g}",
        number("1e2", exact=excess(paper, L)),
        sampled_excess(paper, ensembles, L),
        remark=f"{by_formulas[0]:.4g} by Eq. 9, {by_formulas[1]:.4g} by the printed Eqs. 5, 7 and 8",
    )
    yield claim(
        "after 9",
        "the same with the L that is measured after t_exp",
        number("1e2", exact=excess(paper, measured)),
        sampled,
        remark=f"L = {measured:.3g} in place of {L:g}, see L above; half of {L:g} gives {excess(paper, L / 2):.3g}",
    )
    yield claim(
        "after 8",
        f"at high temperatures C_T is negligible: C_T/C_e at {kelvin(paper.T_max)}",
        bound(1.0, exact=excess(paper, L, float(closed_forms.heat(paper.E_star / paper.T_max)))),
        sampled_excess(paper, ensembles, L, "T_max"),
    )


def total(paper: Paper, T: float) -> float:
    """(C_e + C_T)/T in units of that of the electrons."""
    return 1.0 + excess(paper, paper.L, 1.0) * float(closed_forms.heat(paper.E_star / T))


def _sampled_totals(
    paper: Paper, ensembles: Ensembles, names: tuple[str, ...], function: Callable[[Array], float]
) -> Sampled:
    """A function of :func:`total` at named temperatures of the ensemble "heat"."""
    T = np.array([heat_temperatures(paper)[name] for name in names])
    # From C_T/n_T of the ensemble, with its own L, to that of the paper's L.
    scale = excess(paper, paper.L, 1.0) * paper.E_star / (T * ensembles.spec("heat").population.defects_per_n_T)
    places = tuple(Place("heat_capacity", float(t)) for t in T)
    return ensembles.derived("heat", places, lambda means: function(1.0 + scale * means))


def flatness(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """C/T = (C_e + C_T)/T on both sides of its step."""
    named = heat_temperatures(paper)
    for words, names, further in (
        ("T << E*: at E*/100 over at E*/10", ("cold", "cool"), 0.1),
        ("T >> E*: at 10 E* over at 100 E*", ("warm", "hot"), 10.0),
    ):
        T = [named[name] for name in names]
        exact, second = (total(paper, scale * T[0]) / total(paper, scale * T[1]) for scale in (1.0, further))
        yield claim(
            "after 9",
            f"C/T is almost constant at {words}",
            formula(1.0, exact=exact, elsewhere=second, tolerance=CLOSE),
            _sampled_totals(paper, ensembles, names, lambda both: float(both[0] / both[1])),
        )


def step(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Where C/T has its step."""
    middle, E_star = step_temperature(paper), paper.E_star
    smaller = dataclasses.replace(paper, L=0.5 * paper.L)
    slope = log_slope(lambda T: math.log(total(paper, T)), middle)
    found = _sampled_totals(paper, ensembles, ("step",), lambda one: math.log(float(one[0])))
    yield claim(
        "after 9",
        "C/T changes dramatically at T ~ E*: middle of its step over E*",
        formula(1.0, exact=middle / E_star, elsewhere=step_temperature(smaller) / E_star, tolerance=CLOSE),
        found.inverted(math.log(total(paper, middle)), slope, middle).times(1.0 / E_star),
        remark=f"where C/T is the geometric mean of both sides; the step is {total(paper, 1e-6 * E_star):.3g}-fold",
    )


TOPIC = (
    "Eqs. 7-9: specific heat",
    (electronic_heat, limits, logarithm, ratio_to_electrons, hundred_times, flatness, step),
)
