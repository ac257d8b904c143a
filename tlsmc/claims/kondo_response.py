"""The specific heat and the sound of Kondo defects, up to Eq. 24."""

from collections.abc import Iterator

import numpy as np

from tlsmc import closed_forms
from tlsmc.claims.attenuation import RELAXATION
from tlsmc.claims.base import CLOSE, Claim, Sampled, claim, formula, limiting_law, number, undecided
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.specs import DEEP, HOT, NONE, SHALLOW, SOUND, slow_sound
from tlsmc.claims.thresholds import ONE
from tlsmc.physics.electrons import density_ratio, free_electron_specific_heat, heat_ratio
from tlsmc.physics.kondo import kondo_linewidth
from tlsmc.physics.kondo_heat import heat_emery_kivelson

_SOUND = "kondo_attenuation"


def one_heat(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """(T/T_K) ln(T_K/T) of one defect, which nothing here computes."""
    T = np.array([0.01])
    solvable = float(heat_emery_kivelson(np.ones(1), np.zeros(1), T)[0] / T[0])
    yield undecided(
        "before 24",
        "C = (T/T_K) ln(T_K/T) of one defect at Delta^2/T_K << T << T_K",
        "no printed, exact or sampled column: an input here too, the logarithm is not derived",
        f"the solvable point of the two-channel model, which lacks the logarithm, has {solvable:.3g} T/T_K",
    )


def kondo_excess(paper: Paper, ensembles: Ensembles) -> tuple[float, Sampled]:
    """C_T/C_e of the Kondo wire at T_min, exact and sampled, with the density of Eq. 5 for chi = 1."""
    T, n_e, fermi_energy = paper.T_min, paper.electron_density, paper.fermi_energy
    n_T = n_e * float(density_ratio(1.0, fermi_energy, paper.dephasing_time))
    factor = n_T / float(free_electron_specific_heat(T, n_e, fermi_energy))
    place = Place("kondo_heat_capacity.heat_capacity", T)
    return factor * ensembles.exact("kondo", place), ensembles.at("kondo", place).times(factor)


def two_percent(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The correction of about 2 % to the specific heat."""
    own = float(heat_ratio(1.0, 1.0, paper.T_K_star, paper.dephasing_time))
    fitting = own * paper.T_K_star / 0.02
    exact, sampled = kondo_excess(paper, ensembles)
    yield claim(
        "before 24",
        f"the correction is of the order of 2 %: Eq. 9 with chi = L = 1, E* = T_K* = {kelvin(paper.T_K_star)}",
        number("0.02", exact=own),
        "no sampled column: a number from Eq. 9 alone; the next row has the ensemble",
        remark=f"2 % belongs to T_K* = {kelvin(fitting)}",
    )
    yield claim(
        "before 24",
        f"the same from the text's C of one defect and free electrons, at {kelvin(paper.T_min)}",
        number("0.02", exact=exact),
        sampled,
        remark="T_K and Delta uniform as above",
    )


def rate_at_T_K(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The text's relaxation rate near T = T_K."""

    def both(T: float) -> tuple[float, float]:
        # The text's max{T/ln^2(T/T_K), T_K} is the rate here without its cap.
        return max(T * float(closed_forms.kondo_mean_asymptotic(1.0 / T, NONE)), 1.0), float(kondo_linewidth(1.0, T))

    (printed, exact), (other_printed, other) = both(1.01), both(1.1)
    yield claim(
        "before 24",
        "Gamma = max{T/ln^2(T/T_K), T_K}, at T = 1.01 T_K",
        formula(printed, exact=exact, elsewhere=other / other_printed, tolerance=CLOSE),
        "no sampled column: one defect",
        unit="T_K",
        remark="printed, it diverges at T = T_K; here T/ln^2 is at most T, which joins the branches",
    )


def power(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Both branches of Eq. 24, as F of Eq. 14 with Omega = omega/T_K*."""
    omega = SOUND[0]
    for words, run, temperatures, remark in (
        ("one T_K, T < T_K*: 1", "sound-one", (1.0 / DEEP, 1.0 / SHALLOW), "1/16 of it"),
        ("T_K uniform, T < T_K*: 1", "sound-uniform", (1.0 / DEEP, 1.0 / SHALLOW), "[ln(T_K*/T) + 1 + 4/e]/16 of it"),
        ("one T_K, T > T_K*: ln^(-2)(T/T_K*)", "sound-one", (DEEP, SHALLOW), "ln^2(T/T_K)/16 (omega/T)^2 follows"),
    ):
        places = [Place(_SOUND, T, omega) for T in temperatures]
        printed = [float(closed_forms.kondo_attenuation_asymptotic(omega, T, 1.0)) / omega for T in temperatures]
        exact = [ensembles.exact(run, place) for place in places]
        yield claim(
            "Eq. 24",
            f"W = n_T a^2 (omega/T)(omega/T_K*) times 1 or ln^(-2); {words}",
            limiting_law(printed, exact),
            ensembles.at(run, places[0]),
            remark=f"from Eq. 12 with p = 0 and the text's rate; {remark}; T/T_K* = {temperatures[0]:.3g}",
        )


def against_glass(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Sound of Kondo defects over that of as many tunnelling defects at T > E* and omega << chi T."""
    T = 1.0 / SHALLOW
    exact, printed = [], []
    for omega, Omega in zip(SOUND, slow_sound(), strict=True):
        kondo = ensembles.exact("sound-one", Place(_SOUND, T, omega)) * omega
        exact.append(kondo / (Omega * float(closed_forms.F_rel(paper.chi, Omega, HOT))))
        printed.append(omega)
    omega, Omega = SOUND[0], slow_sound()[0]
    found = ensembles.at("sound-one", Place(_SOUND, T, omega)).times(omega)
    glass = ensembles.at("hot", Place(RELAXATION, 0.5 * HOT, Omega)).times(Omega)
    yield claim(
        "after 24",
        "W is smaller than in glasses by omega/T_K*: for the same n_T and a, T > E*, T < T_K*",
        limiting_law(printed, exact),
        found.over(glass),
        remark=f"2/pi of it for one T_K; omega/T_K* = {omega:g}, T = {HOT / 2:g} E*, law of T_K {ONE:g} wide",
    )


TOPIC = (
    "Before and with Eq. 24: specific heat and sound of Kondo defects",
    (one_heat, two_percent, rate_at_T_K, power, against_glass),
)
