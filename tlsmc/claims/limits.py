"""Eqs. 17 and 18: the limits of the attenuation, which mechanism dominates, and metallic glasses after them."""

import dataclasses
import math
from collections.abc import Callable, Iterator

from tlsmc import closed_forms
from tlsmc.arrays import Array
from tlsmc.claims.attenuation import RELAXATION, RESONANT
from tlsmc.claims.base import CLOSE, Claim, Sampled, bound, claim, formula, limiting_law, within
from tlsmc.claims.density import rate
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.specs import (
    COLD,
    DEEP,
    HOT,
    INTENSE,
    PAIR,
    RELAXING,
    SHALLOW,
    SHALLOW_PAIR,
    SHARP,
    STILL,
    relaxation_frequencies,
)
from tlsmc.claims.specs import RESONANT as RESONANT_POINT

#: What "one-two orders of magnitude" means.
_ORDERS = 10.0, 100.0


def relaxation_limits(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The four regimes of Eq. 17."""
    chi = paper.chi
    words = {
        ("cold", "slow"): "Omega << chi theta, theta << 1: F_rel ~ 1",
        ("hot", "slow"): "Omega << chi theta, theta >> 1: F_rel ~ 1/theta",
        ("cold", "fast"): "Omega >> chi theta, theta << 1: F_rel ~ chi theta/Omega",
        ("hot", "fast"): "Omega >> chi theta, theta >> 1: F_rel ~ chi/Omega",
    }
    for (name, speed), statement in words.items():
        theta = {"cold": COLD, "hot": HOT}[name]
        Omega = relaxation_frequencies(paper, theta)
        deep, shallow = (Omega[end] for end in {"slow": ("slowest", "slow"), "fast": ("fastest", "fast")}[speed])
        printed = [float(closed_forms.F_rel_asymptotic(chi, w, theta)) for w in (deep, shallow)]
        exact = [float(closed_forms.F_rel(chi, w, theta)) for w in (deep, shallow)]
        yield claim(
            "Eq. 17",
            statement,
            limiting_law(printed, exact),
            ensembles.at(name, Place(RELAXATION, 0.5 * theta, deep)),
            remark=f"average of Eq. 12; theta = {theta:g}, Omega = {deep:.3g}",
        )


def resonant_term(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The term Omega/max(Omega, theta) of Eq. 18 for sharp lines."""
    low, high = 0.5 * SHARP, 2.0 * SHARP
    for words, thetas in (
        ("Omega >> theta: 1", (SHARP / DEEP, SHARP / SHALLOW)),
        ("Omega << theta: Omega/theta", (SHARP * DEEP, SHARP * SHALLOW)),
    ):
        # Averaged over the bin of the histogram, where the term is 1 or proportional to Omega.
        printed = [1.0 if theta < SHARP else 0.5 * (low + high) / theta for theta in thetas]
        places = [Place("resonant_histogram", 0.5 * theta, SHARP) for theta in thetas]
        exact = [ensembles.exact("sharp", place) for place in places]
        yield claim(
            "Eq. 18",
            f"resonant term for chi -> 0, {words}",
            limiting_law(printed, exact),
            ensembles.at("sharp", places[0]),
            remark=f"pi tanh(Omega/theta) follows; theta = {thetas[0]:.3g}",
        )


def coefficient(chi: float, thetas: tuple[float, float], lineshape: str) -> float:
    """-dF_res/d ln Omega~ between two theta, where Omega~ = chi theta."""
    first, last = (float(closed_forms.F_res(chi, STILL, theta, lineshape)) for theta in thetas)
    return (first - last) / math.log(thetas[1] / thetas[0])


def logarithm(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The term -chi ln Omega~ of Eq. 18, with and without the counter-rotating partner of the line."""
    chi, scale = paper.chi, math.log(PAIR[1] / PAIR[0])
    places = tuple(Place(RESONANT, 0.5 * theta, STILL) for theta in PAIR)
    for words, lineshape, run, remark in (
        ("the paper's line", "resonant", "still", "chi/3 follows"),
        ("the line of Bloch dynamics", "bloch", "still-bloch", "with the counter-rotating partner there is none"),
    ):
        exact, elsewhere = (coefficient(chi, pair, lineshape) for pair in (PAIR, SHALLOW_PAIR))
        yield claim(
            "Eq. 18",
            f"-chi ln Omega~ at Omega << chi theta << 1, {words}: coefficient",
            formula(chi, exact=exact, elsewhere=elsewhere / chi, tolerance=CLOSE),
            ensembles.derived(run, places, lambda means: float(means[0] - means[1]) / scale),
            remark=f"{remark}; between theta = {PAIR[0]:g} and {PAIR[1]:g}",
        )


def beyond_the_band(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The branch chi/Omega~^2 of Eq. 18, for both meanings of Omega~ = max(Omega, chi theta)."""
    chi = paper.chi
    for words, points, remark in (
        ("Omega >> 1, Omega >> chi theta", ((DEEP, COLD), (SHALLOW, COLD)), "1/6 of it"),
        (
            "chi theta >> 1, Omega << 1",
            ((SHARP, DEEP / chi), (SHARP, SHALLOW / chi)),
            "a logarithm of chi theta is missing",
        ),
    ):
        printed = [float(closed_forms.F_res_asymptotic(chi, *point)) for point in points]
        exact = [float(closed_forms.F_res(chi, *point)) for point in points]
        Omega, theta = points[0]
        yield claim(
            "Eq. 18",
            f"F_res = chi/Omega~^2 at {words}",
            limiting_law(printed, exact),
            ensembles.at("far", Place(RESONANT, 0.5 * theta, Omega)),
            remark=f"{remark}; theta = {theta:.4g}, Omega = {Omega:.3g}",
        )


def suppression(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Whether strong sound suppresses the resonant mechanism."""
    place = Place("loss_tangent.loss", paper.E_star / 4.0, paper.omega)
    exact = ensembles.exact("loss-intense", place) / ensembles.exact("loss", place)
    yield claim(
        "after 18",
        f"W_res is suppressed by relatively weak ultrasound: at {INTENSE:g} critical intensities over at none",
        bound(1.0, exact=exact),
        ensembles.at("loss-intense", place).over(ensembles.at("loss", place)),
        remark=f"sharp lines: 1/sqrt(1 + I/I_c) = {float(closed_forms.loss_tangent(1e3, INTENSE)):.3g}",
    )


def dominance(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Which of the two mechanisms is the larger."""
    for words, (Omega, theta), run, above in (
        ("at high frequencies and temperatures relaxation dominates", RELAXING, "relaxing", True),
        ("at lowest temperatures the resonant mechanism is more important", RESONANT_POINT, "resonant", False),
    ):
        exact = float(closed_forms.F_rel(paper.chi, Omega, theta) / closed_forms.F_res(paper.chi, Omega, theta))
        places = (Place(curve, 0.5 * theta, Omega) for curve in (RELAXATION, RESONANT))
        yield claim(
            "after 18",
            f"{words}: F_rel/F_res",
            bound(1.0, above=above, exact=exact),
            ensembles.ratio(run, *places),
            remark=f"Omega = {Omega:g}, theta = {theta:g}",
        )


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


TOPIC = (
    "Eqs. 17 and 18: limits of the attenuation",
    (relaxation_limits, resonant_term, logarithm, beyond_the_band, dominance, suppression),
)
GLASSES = "After Eq. 18: against metallic glasses", (densities, resonant, relaxation)
