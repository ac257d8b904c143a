"""Eqs. 5 and 6: the density of defects behind a dephasing time, and the band that it takes for saturation."""

import dataclasses
import math
from collections.abc import Iterator

from scipy import constants

from tlsmc.claims.base import CLOSE, Claim, Sampled, bound, claim, equality, formula, number, undecided
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.thresholds import SATURATED, band_rate, broadest_band, crossing, log_slope
from tlsmc.physics.electrons import density_ratio, dephasing_ratio, inelastic_rate

_NO_ENSEMBLE = "no sampled column: no defect enters"
#: E* tau_phi of the row on E* tau_phi << 1.
_SMALL = 0.1


def rate(paper: Paper, ensembles: Ensembles) -> Sampled:
    """Sampled rate over that of Eq. 4: the density that explains tau_phi is the smaller, the larger this is."""
    return ensembles.at("rate", Place("dephasing", paper.T_min))


def free_electron_density(paper: Paper) -> float:
    """n_e per cm^3 of free electrons with the Fermi energy."""
    k_F = math.sqrt(2.0 * constants.m_e * constants.k * paper.fermi_energy) / constants.hbar
    return float(k_F**3 / (3.0 * math.pi**2) * 1e-6)


def electrons(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The electron density that the paper uses against that of its Fermi energy."""
    exact = free_electron_density(paper)
    yield claim(
        "after 6",
        "n_e ~ 3e22 cm^-3 for eps_F = 5 eV",
        number("3e22", exact=exact),
        _NO_ENSEMBLE,
        unit="cm^-3",
        remark="exact: free electrons, n_e = k_F^3/3 pi^2 with the mass of a free electron",
    )


def needed_ratio(paper: Paper) -> float:
    """n_T/n_e that gives tau_in by Eq. 4."""
    n_e = paper.electron_density
    return 1.0 / (paper.tau_in * float(inelastic_rate(paper.chi, n_e, n_e, paper.fermi_energy)))


def density(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 5 against Eq. 4 solved for n_T."""
    both = paper, dataclasses.replace(paper, chi=0.5 * paper.chi, fermi_energy=2.0 * paper.fermi_energy)
    printed = [density_ratio(numbers.chi, numbers.fermi_energy, numbers.tau_in) for numbers in both]
    yield claim(
        "Eq. 5",
        "n_T/n_e = (3 pi/8 chi)/(eps_F tau_in)",
        equality(printed, [needed_ratio(numbers) for numbers in both]),
        rate(paper, ensembles).dividing(needed_ratio(paper)),
        remark=f"exact: Eq. 4 solved for n_T, chi = {paper.chi:g}",
    )


def quoted_densities(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The numbers that the paper gives for n_T/n_e and n_T/E*."""
    chi, ratio = paper.chi, needed_ratio(paper)
    states = ratio * paper.electron_density / paper.E_star
    free = ratio * free_electron_density(paper) / paper.E_star * chi
    restored = number("3e-8", scale=1.0 / chi, exact=ratio)
    of_ratio = 3e-8 * paper.electron_density / paper.E_star
    sampled = rate(paper, ensembles)
    yield claim(
        "after 6",
        f"n_T/n_e ~ 3e-8, for chi = {chi:g}",
        number("3e-8", exact=ratio, corrected=restored),
        sampled.dividing(ratio),
        remark=f"Eq. 5 gives {ratio * chi:.4g}/chi. Read 3e-8/chi: the paper's next number has the 1/chi, and 3e-8 "
        f"gives {of_ratio:.2g}/chi for it",
    )
    yield claim(
        "after 6",
        "n_T/n_e read as 3e-8/chi: times chi",
        number("3e-8", exact=ratio * chi),
        sampled.dividing(ratio * chi),
    )
    yield claim(
        "after 6",
        "n_T/E* ~ 5e16/chi cm^-3 K^-1: times chi",
        number("5e16", exact=states * chi),
        sampled.dividing(states * chi),
        unit="1/(K cm^3)",
        remark=f"with the free-electron n_e of eps_F it is {free:.3g}/chi",
    )


def splitting_above_rate(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 6, and whether the band is wider than the dephasing rate."""
    yield undecided(
        "Eq. 6",
        "tau_in/tau_phi ~ 1 for E* tau_in >> 1, (E* tau_in)^(2/3) for << 1",
        "no printed, exact or sampled column: it is quoted from Refs. 8 and 9, and used here as it stands",
    )
    own = 1.0 / paper.dephasing_time
    yield claim(
        "after 6",
        f"E* = {kelvin(paper.E_star)} > hbar/tau_phi",
        bound(paper.E_star, exact=own),
        rate(paper, ensembles).times(own),
        unit="K",
    )


def solved_growth(product: float) -> float:
    """tau_phi/tau_in at E* tau_phi = ``product``, from Eq. 6 by root finding."""
    # In units of tau_phi = 1: tau_in = tau_in/tau_phi as Eq. 6 has it.
    tau_in = crossing(lambda tau: float(dephasing_ratio(product, tau)) / tau, 1.0, 1e-12, 1e3)
    return 1.0 / tau_in


def growth(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The factor of the density for E* tau_phi << 1."""
    yield claim(
        "after 6",
        f"the density grows by (hbar/E* tau_phi)^2 for E* tau_phi << hbar, here {_SMALL:g}",
        formula(_SMALL**-2, exact=solved_growth(_SMALL), elsewhere=solved_growth(_SMALL**2) * _SMALL**4),
        rate(paper, ensembles).dividing(solved_growth(_SMALL)),
        remark="exact: Eq. 6 solved for tau_in",
    )


def saturation(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Which band saturates, and how it compares with that of a glass."""
    T_min, broadest = paper.T_min, broadest_band(paper)
    elsewhere = broadest_band(dataclasses.replace(paper, T_min=0.5 * T_min)) / (0.5 * T_min)
    slope = log_slope(lambda E_star: band_rate(E_star, T_min), broadest)
    found = ensembles.at("rate-edge", Place("dephasing", T_min)).inverted(SATURATED, slope, broadest)
    yield claim(
        "after 2",
        f"saturation down to T_min = {kelvin(T_min)} takes E* <= T_min: the largest E* that does it",
        formula(T_min, exact=broadest, elsewhere=elsewhere, tolerance=CLOSE),
        found,
        unit="K",
        remark=f"rate within {100.0 - 100.0 * SATURATED:.3g} % of the saturated one, by the golden rule, weight "
        f"u/sinh u, u = E/T; within 1 % the largest E* is {kelvin(broadest_band(paper, 0.99))}",
    )
    yield from compared_rates(paper, ensembles)
    yield claim(
        "after 2",
        "a band at least three orders narrower than that of a glass: its E* over the largest E*",
        number("1e3", exact=paper.glass_E_star / broadest),
        found.dividing(paper.glass_E_star),
        remark=f"{paper.glass_low / broadest:.3g} to {paper.glass_high / broadest:.3g} for "
        f"{kelvin(paper.glass_low)} to {kelvin(paper.glass_high)}; "
        f"over E* = {kelvin(paper.E_star)} it is {paper.glass_E_star / paper.E_star:.3g}",
    )


def compared_rates(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Rates at both ends of the range of temperatures, off the narrow band and off one as wide as the range."""
    T_min, T_max, E_star = paper.T_min, paper.T_max, paper.E_star
    places = Place("dephasing", T_min), Place("dephasing", T_max)

    def compared(E_star: float) -> float:
        return band_rate(E_star, T_min) / band_rate(E_star, T_max)

    ends = f"at {kelvin(T_min)} over at {kelvin(T_max)}"
    yield claim(
        "after 6",
        f"the rate off E* = {kelvin(E_star)} is saturated: {ends}",
        formula(1.0, exact=compared(E_star), elsewhere=compared(0.5 * E_star), tolerance=CLOSE),
        ensembles.ratio("rate-thermal", *places),
    )
    yield claim(
        "after 2",
        f"a TLS with E above T_min gives a rate that depends on T: band up to {kelvin(T_max)}, {ends}",
        bound(SATURATED, exact=compared(T_max)),
        ensembles.ratio("rate-broad", *places),
    )


TOPIC = (
    "Eqs. 5 and 6: the density behind a dephasing time, and saturation",
    (electrons, density, quoted_densities, splitting_above_rate, growth, saturation),
)
