"""Eqs. 10 to 16: what one defect absorbs, and its average over the population."""

import math
from collections.abc import Iterator

import numpy as np
from scipy.integrate import quad

from tlsmc import closed_forms
from tlsmc.claims.base import CLOSE, Claim, claim, equality, formula, limiting_law
from tlsmc.claims.defect import two_levels
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.specs import P_MIN, shifted
from tlsmc.physics.absorption import bloch_line, resonant_line
from tlsmc.physics.linewidth import linewidth
from tlsmc.physics.thermal import population_difference
from tlsmc.populations.laws.tunnelling import Tunnelling
from tlsmc.units import to_hertz

RESONANT, RELAXATION, TOTAL = "attenuation.resonant", "attenuation.relaxation", "attenuation.total"
#: Both meanings of the amplitude of a drive.
_ONE_DRIVE, _OTHER_DRIVE = "(Delta + a cos wt) sigma_z", "Delta -> Delta + a cos wt in Eq. 1"
#: omega/E of the row on the line shape.
_FAR = 0.05


def matrix_elements(amplitude: float, Delta: float, Lambda: float) -> tuple[float, float]:
    """What a drive ``amplitude`` a sigma_z cos(omega t) does over what Eqs. 10 and 12 say, for one defect.

    |<0|D|1>|^2/(a^2 p), the golden rule behind Eq. 10, and (dE)^2/(a^2 (1 - p)) with the modulation dE of the splitting
    by the diagonal part of D, behind Eq. 12.
    """
    (gap,), (off,), (diagonal,) = two_levels(np.array([Delta]), np.array([Lambda]))
    p = (Lambda / gap) ** 2
    return float((amplitude * off) ** 2 / p), float((amplitude * diagonal) ** 2 / (1.0 - p))


def golden_rule(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 10 for both meanings of the amplitude."""
    place = Place("resonant_histogram", paper.E_star / 4.0, paper.omega)
    T, low, high = paper.E_star / 4.0, 0.5 * paper.omega, 2.0 * paper.omega
    inside = min(high, paper.E_star)
    # pi tanh(omega/2T) averaged over the bin.
    integral = 2.0 * T * (_log_cosh(inside / (2.0 * T)) - _log_cosh(low / (2.0 * T)))
    printed = math.pi * math.sqrt(1.0 - P_MIN) * integral / (high - low)
    statement = "golden rule, drive {}: F of sharp lines, averaged over Eq. 2"
    runs = {"lines": statement.format(_ONE_DRIVE), "lines-asymmetry": statement.format(_OTHER_DRIVE)}
    remark = "exact: with the matrix element between the eigenvectors of H"
    yield from _both_drives(ensembles, "Eq. 10", runs, place, printed, 0, remark)


def _both_drives(
    ensembles: Ensembles, equation: str, runs: dict[str, str], place: Place, printed: float, element: int, remark: str
) -> Iterator[Claim]:
    """Rows for both meanings of the amplitude, given as ensembles and statements; see :func:`matrix_elements`."""
    for amplitude, (run, statement) in zip((1.0, 0.5), runs.items(), strict=True):
        factor, other = (matrix_elements(amplitude, *defect)[element] for defect in ((3.0, 4.0), (1.0, 0.2)))
        reading = formula(printed, exact=factor * printed, elsewhere=other)
        yield claim(equation, statement, reading, ensembles.at(run, place), remark=remark)


def _log_cosh(x: float) -> float:
    return x + math.log1p(math.exp(-2.0 * x)) - math.log(2.0)


def line_shape(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The Lorentzian in place of the delta function, away from the resonance."""
    Gamma = float(linewidth(1.0, 1.0, 1.0, paper.chi))
    printed, exact = ([float(line(x, 1.0, Gamma)) for x in (_FAR, _FAR**2)] for line in (resonant_line, bloch_line))
    yield claim(
        "after 10",
        f"the line is a Lorentzian, at omega = {_FAR:g} E",
        limiting_law(printed, exact),
        "no sampled column: one defect, p = 1 and T << E",
        unit="1/E",
        remark=f"exact: Bloch dynamics, with the counter-rotating partner; {printed[0] / exact[0]:.2g} times too large",
    )


def counted_rate(E: float, T: float, chi: float) -> float:
    """1/T1 of a defect with p = 1 by counting the electrons of Eq. 4 that it scatters, both spins.

    Electrons per energy 3 n_e/2 eps_F, each at the rate v_F 4 pi chi/k_F^2 times the chance that its final state is
    empty; the energy gained or lost is E.
    """

    def occupied(e: float) -> float:
        return 0.5 * (1.0 - math.tanh(0.5 * e / T))

    def event(e: float) -> float:
        return occupied(e) * (2.0 - occupied(e + E) - occupied(e - E))

    reach = E + 45.0 * T
    window = quad(event, -reach, reach, points=(-E, 0.0, E), epsabs=0.0, epsrel=1e-11, limit=200)[0]
    # n_e = k_F^3/3 pi^2 and v_F = 2 eps_F/k_F: the Fermi energy drops out.
    states, cross_section = 3.0 / (3.0 * math.pi**2), 4.0 * math.pi * chi
    return states * cross_section * window


def linewidths(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 11 averaged, and against the cross-section of Eq. 4."""
    E_star, T, chi = paper.E_star, paper.T_min, paper.chi
    mean_p = math.sqrt(1.0 - P_MIN) / Tunnelling(low=P_MIN).log_range
    integral = quad(lambda x: x / math.tanh(0.5 * x * E_star / T) if x else 2.0 * T / E_star, 0.0, 1.0, epsrel=1e-11)[0]
    place = Place("linewidth.mean", T)

    def printed(E: float) -> float:
        return 2.0 * float(linewidth(E, 1.0, population_difference(E, T), chi))

    E = 0.5 * E_star
    yield claim(
        "Eq. 11",
        f"Gamma = chi p E/[2 tanh(E/2T)]: mean of Gamma/E* at {kelvin(T)}",
        formula(0.5 * chi * mean_p * integral, exact=ensembles.quadrature("wire", place)),
        ensembles.at("wire", place),
    )
    yield claim(
        "Eq. 11",
        "the same chi as in Eq. 4: 1/T1 = 2 Gamma of a defect with p = 1, E = E*/2",
        equality([printed(at) for at in (E, 9.0 * E)], [counted_rate(at, T, chi) for at in (E, 9.0 * E)]),
        "no sampled column: the ensemble takes Eq. 11 as its definition of the rate",
        unit="K",
        remark=f"exact: every inelastic event of Eq. 4, both spins, is one transition of the defect; 4/pi = "
        f"{4.0 / math.pi:.4f} for free electrons",
    )


def relaxation_drives(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 12 for both meanings of the amplitude."""
    place = Place(RELAXATION, paper.T_min, paper.omega)
    printed = ensembles.quadrature("wire", place)
    statement = "Debye relaxation, drive {}: F averaged over Eq. 2"
    one, other = statement.format(f"{_ONE_DRIVE}, the one of Eq. 10"), statement.format(_OTHER_DRIVE)
    remark = "exact: with the modulation of the eigenvalues of H"
    yield from _both_drives(
        ensembles, "Eq. 12", {"wire-sigma_z": one, "wire-asymmetry": other}, place, printed, 1, remark
    )


def scaling(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eqs. 13 and 14: F depends on chi, Omega and theta alone, and not on the smallest p."""
    T, omega, factor = paper.T_min, paper.omega, shifted(paper)
    here, there = Place(TOTAL, T, omega), Place(TOTAL, factor * T, factor * omega)
    one = ensembles.at("wire", here)
    yield claim(
        "Eq. 13",
        f"F depends on chi, Omega, theta alone: E* = {kelvin(paper.E_star)} over {kelvin(factor * paper.E_star)}",
        formula(1.0, exact=ensembles.exact("wire", here) / ensembles.exact("wire-shifted", there)),
        one.over(ensembles.at("wire-shifted", there)),
    )
    for name, curve in (("W_res", RESONANT), ("W_rel", RELAXATION)):
        place = Place(curve, T, omega)
        yield claim(
            "after 9",
            f"{name} does not contain L: smallest p {P_MIN:g} over {math.sqrt(P_MIN):g}",
            formula(1.0, exact=ensembles.exact("wire", place) / ensembles.exact("wire-cut", place), tolerance=CLOSE),
            ensembles.at("wire", place).over(ensembles.at("wire-cut", place)),
            remark="L is halved",
        )


def totals(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eqs. 14 to 16 as printed against the averages of Eqs. 10 and 12."""
    T, chi = paper.T_min, paper.chi
    Omega = paper.omega / paper.E_star
    resonant, relaxation = (Place(curve, T, paper.omega) for curve in (RESONANT, RELAXATION))
    exact = [ensembles.quadrature("wire", place) for place in (resonant, relaxation)]
    printed = [float(F(chi, Omega, paper.theta)) for F in (closed_forms.F_res, closed_forms.F_rel_printed)]
    other = Omega, 2.0 * paper.theta
    second = [float(F(chi, *other)) for F in (closed_forms.F_res, closed_forms.F_rel, closed_forms.F_rel_printed)]
    cosh4 = formula(0.5 * printed[1], exact=exact[1])
    both = formula(printed[0] + 0.5 * printed[1], exact=sum(exact))
    at = f"at {kelvin(T)}, {1e-6 * to_hertz(paper.omega):.4g} MHz"
    yield claim(
        "Eq. 15",
        f"F_res, the average of the broadened Eq. 10, {at}",
        formula(printed[0], exact=exact[0]),
        ensembles.at("wire", resonant),
        remark="exact: quadrature of the formula of one defect over Eq. 2",
    )
    yield claim(
        "Eq. 16",
        f"F_rel, the average of Eq. 12, {at}",
        formula(printed[1], exact=exact[1], elsewhere=second[1] / second[2], corrected=cosh4),
        ensembles.at("wire", relaxation),
        remark="2 cosh^3 y is printed where 4 cosh^3 y follows from Eq. 12",
    )
    yield claim(
        "Eq. 14",
        f"F = F_res + F_rel with Eqs. 15 and 16, {at}",
        formula(
            sum(printed),
            exact=sum(exact),
            elsewhere=(second[0] + second[1]) / (second[0] + second[2]),
            corrected=both,
        ),
        ensembles.at("wire", Place(TOTAL, T, paper.omega)),
        remark="with Eq. 16 corrected it holds",
    )


TOPIC = "Eqs. 10-16: attenuation", (golden_rule, line_shape, linewidths, relaxation_drives, scaling, totals)
