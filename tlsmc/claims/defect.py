"""Eqs. 1 to 4: one defect, the population of defects, and their coupling to electrons."""

import dataclasses
import itertools
import math
from collections.abc import Iterator

import numpy as np
from scipy.integrate import quad

from tlsmc.arrays import Array
from tlsmc.claims.base import Claim, bound, claim, equality, formula
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper
from tlsmc.claims.specs import P_MIN
from tlsmc.physics.electrons import density_ratio, inelastic_rate
from tlsmc.populations.laws.tunnelling import Tunnelling
from tlsmc.units import HBAR_OVER_KB

#: Defects that are diagonalised one by one.
_DIAGONALISED = 200_000
#: p from which a defect counts as one with p ~ 1.
_LARGE_P = 0.1


def two_levels(Delta: Array, Lambda: Array) -> tuple[Array, Array, Array]:
    """Diagonalise H of Eq. 1: splitting E, <0|sigma_z|1>, and <1|sigma_z|1> - <0|sigma_z|0>, of each defect."""
    H = 0.5 * np.stack([np.stack([Delta, Lambda], axis=-1), np.stack([Lambda, -Delta], axis=-1)], axis=-2)
    levels, vectors = np.linalg.eigh(H)
    sigma_z = np.array([1.0, -1.0])
    elements = np.einsum("nki,k,nkj->nij", vectors, sigma_z, vectors)
    return levels[:, 1] - levels[:, 0], elements[:, 0, 1], elements[:, 1, 1] - elements[:, 0, 0]


def diagonalisation(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eqs. 1 and 3: splitting and coupling against the eigenvalues and eigenvectors of H."""
    nodes, weights = ensembles.spec("rectangle").population.nodes()
    drawn = ensembles.columns("rectangle", _DIAGONALISED)
    gap, off, _ = two_levels(nodes["Delta"], nodes["Lambda"])
    sampled_gap, sampled_off, _ = two_levels(drawn["Delta"], drawn["Lambda"])
    yield claim(
        "Eq. 1",
        "mean splitting, E = sqrt(Delta^2 + Lambda^2)",
        equality((float(weights @ nodes["E"]), nodes["E"][0]), (float(weights @ gap), gap[0])),
        ensembles.mean("rectangle", sampled_gap),
        unit="K",
        remark="exact: eigenvalues of H",
    )
    yield claim(
        "Eq. 3",
        "coupling to sigma_x is V sqrt(p), p = (Lambda/E)^2: mean of its square over V^2",
        equality((float(weights @ nodes["p"]), nodes["p"][0]), (float(weights @ off**2), off[0] ** 2)),
        ensembles.mean("rectangle", sampled_off**2),
        remark="exact: matrix element of sigma_z between the eigenvectors of H",
    )


def rectangle_area(low: float, energies: tuple[float, float]) -> float:
    """Area in the plane (Delta, ln Lambda) where p > ``low`` and E is between two ``energies``."""

    def width(log_Lambda: float) -> float:
        Lambda = math.exp(log_Lambda)
        first, last = (math.sqrt(max(E * E - Lambda * Lambda, 0.0)) for E in energies)
        return max(min(last, Lambda * math.sqrt(1.0 / low - 1.0)) - first, 0.0)

    last = energies[1]
    ends = [math.log(last * math.sqrt(low) * 1e-3), math.log(last)]
    kinks = [math.log(E * math.sqrt(share)) for E in energies for share in (low, 1.0)]
    cuts = sorted({*ends, *(kink for kink in kinks if ends[0] < kink < ends[1])})
    pieces = itertools.pairwise(cuts)
    return sum(quad(width, a, b, epsabs=1e-13 * last, epsrel=1e-10)[0] for a, b in pieces)


def population(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 2 from Delta and ln Lambda uniform, away from their cut-offs."""
    energies = 0.25 * paper.E_star, 0.5 * paper.E_star
    low, lower = 0.5, 0.01
    pairs = (low, lower), (0.9, 0.2)
    printed = [math.atanh(math.sqrt(1.0 - one)) / math.atanh(math.sqrt(1.0 - other)) for one, other in pairs]
    exact = [rectangle_area(one, energies) / rectangle_area(other, energies) for one, other in pairs]
    drawn = ensembles.columns("rectangle")
    inside = (drawn["E"] > energies[0]) & (drawn["E"] < energies[1]) & (drawn["p"] > lower)
    yield claim(
        "Eq. 2",
        "share of p > 1/2 among defects with p > 1/100, E from E*/4 to E*/2",
        equality(printed, exact),
        ensembles.mean("rectangle", 1.0 * (drawn["p"][inside] > low)),
        remark="exact: area in the plane of Delta and ln Lambda, both uniform",
    )


def meaning_of_density(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Whether n_T is the density of the defects."""
    number, fewer = Tunnelling(low=P_MIN).log_range, Tunnelling(low=math.sqrt(P_MIN)).log_range
    drawn = ensembles.columns("heat")
    weight = ensembles.mean("heat", drawn["p"])
    yield claim(
        "after 2",
        '"n_T has a meaning of the TLS density": defects per n_T',
        formula(1.0, exact=number, elsewhere=fewer),
        weight.dividing(math.sqrt(1.0 - P_MIN)),
        remark=f"n_T is the density weighted with p; that of the defects is L n_T and has no limit as p_min -> 0: here "
        f"p_min = {P_MIN:g}, the second point is its square root",
    )


def typical_p(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Which p make the dephasing and which the specific heat."""
    drawn = ensembles.columns("heat")
    large = 1.0 * (drawn["p"] > _LARGE_P)
    rate = math.sqrt(1.0 - _LARGE_P) / math.sqrt(1.0 - P_MIN)
    heat = Tunnelling(low=_LARGE_P).log_range / Tunnelling(low=P_MIN).log_range
    yield claim(
        "after 3",
        f"dephasing is determined by p ~ 1: share of the rate from p > {_LARGE_P:g}",
        bound(0.5, above=True, exact=rate),
        ensembles.mean("heat", large * drawn["p"], drawn["p"]),
    )
    yield claim(
        "after 3",
        f"in contrast to the specific heat: share of it from p > {_LARGE_P:g}",
        bound(0.5, exact=heat),
        ensembles.mean("heat", large),
        remark=f"with p_min = {P_MIN:g}",
    )


def inelastic_scattering(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 4: the rate that n_T of Eq. 5 gives, summed over the defects."""

    def rates(numbers: Paper) -> tuple[float, float]:
        n_e, fermi_energy = numbers.electron_density, numbers.fermi_energy
        n_T = float(density_ratio(numbers.chi, fermi_energy, numbers.tau_in)) * n_e
        printed = float(inelastic_rate(numbers.chi, n_T, n_e, fermi_energy))
        # v_F times the cross-sections 4 pi chi p/k_F^2 of all defects, of which there are L for each n_T.
        k_F = (3.0 * math.pi**2 * n_e) ** (1.0 / 3.0)
        all_p = math.sqrt(1.0 - P_MIN)
        exact = 2.0 * fermi_energy / k_F * 4.0 * math.pi * numbers.chi / k_F**2 * n_T * all_p
        return printed / HBAR_OVER_KB, exact / HBAR_OVER_KB

    other = dataclasses.replace(paper, chi=0.5 * paper.chi, E_star=2.0 * paper.E_star)
    printed, exact = zip(rates(paper), rates(other), strict=True)
    yield claim(
        "Eq. 4",
        "1/tau_in = 4 pi chi v_F n_T/k_F^2, with n_T of Eq. 5",
        equality(printed, exact),
        ensembles.at("rate", Place("dephasing", paper.T_min)).times(printed[0]),
        unit="1/s",
    )


TOPIC = (
    "Eqs. 1-4: the defects and their coupling",
    (diagonalisation, population, meaning_of_density, typical_p, inelastic_scattering),
)
