"""The abstract and the conclusions."""

import dataclasses
from collections.abc import Iterator

from tlsmc import closed_forms
from tlsmc.claims.attenuation import RELAXATION
from tlsmc.claims.base import Claim, bound, claim, undecided
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.heat import excess, measured_logarithm, sampled_excess
from tlsmc.claims.kondo_response import kondo_excess
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.specs import DAY, wire_temperatures
from tlsmc.physics.electrons import density_ratio, heat_ratio


def heat(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Whether the defects dominate the specific heat (the paper's example, and where they are fewest) and sound."""
    corner = dataclasses.replace(paper, chi=1.0, E_star=paper.T_min)
    logarithm = measured_logarithm(corner, corner.E_star / 20.0, DAY, 0.0)
    exact = excess(corner, logarithm)
    scale = exact / excess(paper, paper.L)
    by_paper = float(heat_ratio(paper.L, 1.0, corner.E_star, corner.tau_in))
    widest = excess(paper, logarithm) * paper.chi * paper.E_star
    yield claim(
        "abstract",
        f"TLS dominate the electrons in C at low T: C_T/C_e, E* = {kelvin(paper.E_star)}, chi = {paper.chi:g}, "
        f"L = {paper.L:g}",
        bound(1.0, above=True, exact=excess(paper, paper.L)),
        sampled_excess(paper, ensembles, paper.L),
    )
    yield claim(
        "abstract",
        f"the same wherever the rate saturates: chi = 1, E* = T_min = {kelvin(paper.T_min)}, L after a day",
        bound(1.0, above=True, exact=exact),
        sampled_excess(paper, ensembles, paper.L).times(scale),
        remark=f"L = {logarithm:.3g}; the TLS dominate where chi E* < {kelvin(widest)}; by Eq. 9 with "
        f"L = {paper.L:g} it is {by_paper:.3g}",
    )
    yield undecided(
        "abstract",
        "TLS dominate the electrons in ultrasound attenuation at low T",
        "no printed, exact or sampled column: the paper gives no attenuation by electrons",
        "W_rel of the TLS goes as omega below chi T, that of electrons as omega^2: at low enough frequency",
    )


def unitary(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """That the effects of Kondo defects are small."""
    exact, sampled = kondo_excess(paper, ensembles)
    T, omega = wire_temperatures(paper)[1], paper.omega
    n = [
        float(density_ratio(chi, paper.fermi_energy, tau))
        for chi, tau in ((1.0, paper.dephasing_time), (paper.chi, paper.tau_in))
    ]
    factor = n[0] / n[1] * paper.E_star / paper.T_K_star
    kondo, place = Place("kondo_attenuation", T, omega), Place(RELAXATION, T, omega)
    own = ensembles.exact("kondo", kondo) / float(closed_forms.F_rel(paper.chi, omega / paper.E_star, paper.theta))
    yield claim(
        "end",
        f"for T << T_K* the effect on C is relatively small: C_T/C_e at {kelvin(T)}",
        bound(1.0, exact=exact),
        sampled,
    )
    yield claim(
        "end",
        f"for T << T_K* the effect on W is relatively small: over W_rel of TLS, each with its n_T, {kelvin(T)}",
        bound(1.0, exact=factor * own),
        ensembles.at("kondo", kondo).over(ensembles.at("wire", place)).times(factor),
        remark=f"omega/T_K* = {omega / paper.T_K_star:.3g}",
    )


TOPIC = "Abstract and conclusions", (heat, unitary)
