"""The comparison with metallic glasses, after Eq. 18."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.claims.attenuation import RELAXATION, RESONANT
from tlsmc.claims.base import CLOSE, Claim, Sampled, claim, formula, limiting_law, within
from tlsmc.claims.density import rate
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper, kelvin

#: What "one-two orders of magnitude" means.
_ORDERS = 10.0, 100.0


def densities(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """n_T/E* over the density of states of a glass, for the paper's chi and at the unitary limit."""
    for chi in (paper.chi, 1.0):
        exact = dataclasses.replace(paper, chi=chi).density_of_states / paper.glass_density
        yield claim(
            "after 18",
            f"n_T/E* exceeds that of glasses by one-two orders: over P_g = {paper.glass_density:g}, chi = {chi:g}",
            within(_ORDERS[0], _ORDERS[1], exact=exact),
            rate(paper, ensembles).dividing(exact),
            remark=f"{exact * chi:.3g}/chi",
        )


def compared(paper: Paper, F: Callable[..., Array], T: float) -> float:
    """W/W_g, dissipated power over that in a glass with the same a and chi: W ~ (n_T/E*) omega F."""
    powers = [
        states * float(F(paper.chi, paper.omega / E_star, 2.0 * T / E_star))
        for states, E_star in ((paper.density_of_states, paper.E_star), (paper.glass_density, paper.glass_E_star))
    ]
    return powers[0] / powers[1]


def sampled(paper: Paper, ensembles: Ensembles, curve: str, T: float) -> Sampled:
    """W/W_g of two ensembles, the wire's density that of the ensemble "rate"."""
    place = Place(curve, T, paper.omega)
    states = paper.density_of_states / paper.glass_density
    found = ensembles.at("wire", place).over(ensembles.at("glass", place)).times(states)
    return found.over(rate(paper, ensembles))


def resonant(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Resonant powers against the densities of states, at both ends of the temperatures."""
    states = paper.density_of_states / paper.glass_density
    for T, further in ((paper.E_star / 4.0, paper.E_star / 8.0), (paper.T_max, 4.0 * paper.T_max)):
        exact, second = (compared(paper, closed_forms.F_res, at) for at in (T, further))
        yield claim(
            "after 18",
            f"resonant powers are related as the densities of states: W_res/W_g at {kelvin(T)}",
            formula(states, exact=exact, elsewhere=second / states, tolerance=CLOSE),
            sampled(paper, ensembles, RESONANT, T),
            remark="what is missing is the wing of the lines, -chi ln of Eq. 18, which knows the whole band"
            if exact < 0.5 * states
            else "",
        )


def relaxation(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """W_rel/W_g = n_T/(P_g max(E*, T)), and its estimate in numbers."""
    states, T_max = paper.density_of_states / paper.glass_density, paper.T_max
    for T, deeper, words in ((paper.E_star / 4.0, paper.E_star / 8.0, "T < E*"), (T_max, 2.0 * T_max, "T > E*")):
        printed = [states * min(1.0, paper.E_star / at) for at in (T, deeper)]
        exact = [compared(paper, closed_forms.F_rel, at) for at in (T, deeper)]
        yield claim(
            "after 18",
            f"W_rel/W_g = n_T/(P_g max(E*, T)), {words}: at {kelvin(T)}",
            limiting_law(printed, exact),
            sampled(paper, ensembles, RELAXATION, T),
        )
    share, exact_hot = paper.E_star / T_max, compared(paper, closed_forms.F_rel, T_max)
    yield claim(
        "after 18",
        f"W_rel/W_g = 10-100 min(1, E*/T): at {kelvin(T_max)}",
        within(_ORDERS[0] * share, _ORDERS[1] * share, exact=exact_hot),
        sampled(paper, ensembles, RELAXATION, T_max),
        remark=f"chi = {paper.chi:g}",
    )


TOPIC = "After Eq. 18: against metallic glasses", (densities, resonant, relaxation)
