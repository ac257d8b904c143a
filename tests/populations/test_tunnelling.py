"""The tunnelling population: its columns, its L, and averages over its nodes against independent integrals."""

import dataclasses
import json
import math
import pickle
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from tests.seeds import rng
from tlsmc.errors import SpecError, ValidityError
from tlsmc.physics.absorption import debye, relaxation_strength, resonant_line
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.thermal import golden_rule_weight, population_difference, specific_heat, thermal_susceptibility
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.half_normal import HalfNormal
from tlsmc.populations.laws.log_normal import LogNormal
from tlsmc.populations.laws.log_uniform import LogUniform
from tlsmc.populations.laws.pareto import Pareto
from tlsmc.populations.laws.power import Power
from tlsmc.populations.laws.tabulated import Tabulated
from tlsmc.populations.laws.tunnelling import Tunnelling as Fraction
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.tunnelling import Tunnelling
from tlsmc.spec.registry import MODELS

DATA = Path(__file__).parents[1] / "data"
UNIT = Uniform(low=0.0, high=1.0)
CUT = Fraction(low=1e-3)
POPULATIONS = {
    "paper": {"E": UNIT, "p": CUT},
    "exponential": {"E": Exponential(mean=1.0), "p": CUT},
    "half-normal": {"E": HalfNormal(sigma=1.0), "p": CUT},
    "log-normal": {"E": LogNormal(median=1.0, sigma=0.5), "p": CUT},
    "pareto": {"E": Pareto(low=0.1, index=1.5), "p": Uniform(low=0.1, high=0.6)},
    "power": {"E": Power(low=0.0, high=1.0, exponent=-0.9), "p": Power(low=1e-6, high=1.0, exponent=-1.5)},
    "rectangle": {"Delta": UNIT, "Lambda": LogUniform(low=1e-8, high=1.0)},
    "small rectangle": {"Delta": Uniform(low=0.1, high=1.0), "Lambda": LogUniform(low=0.05, high=2.0)},
    "two uniform": {"Delta": UNIT, "Lambda": UNIT},
    "half-normal, log-normal": {"Delta": HalfNormal(sigma=1.0), "Lambda": LogNormal(median=0.3, sigma=2.0)},
    "exponential, pareto": {"Delta": Exponential(mean=1.0), "Lambda": Pareto(low=0.01, index=1.0)},
    "narrow": {"Delta": LogNormal(median=1.0, sigma=0.1), "Lambda": LogNormal(median=0.3, sigma=0.1)},
    "singular": {"Delta": Power(low=0.0, high=1.0, exponent=-0.5), "Lambda": LogUniform(low=1e-8, high=1.0)},
}


def contributions(E, p, q, chi, omega, T):
    """Resonant and relaxation parts of F of one defect, its heat, its dephasing, and p."""
    difference = population_difference(E, T)
    Gamma = linewidth(E, p, difference, chi)
    strength = relaxation_strength(q, thermal_susceptibility(E, T), T)
    return (
        math.pi * p * difference * resonant_line(omega, E, Gamma),
        omega * strength * debye(omega, relaxation_rate(Gamma)),
        specific_heat(E, T),
        p * golden_rule_weight(E, T),
        p,
    )


def averages(population, chi, omega, T, order=12, temperatures=None):
    c, w = population.nodes(T if temperatures is None else temperatures, omega, order)
    return np.array([np.dot(w, f) for f in contributions(c["E"], c["p"], c["q"], chi, omega, T)])


# --- the model -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("laws", "message"),
    [
        ({"E": UNIT}, "lack p; give laws for {E, p} or {Delta, Lambda}"),
        ({"Delta": UNIT}, "lack Lambda"),
        ({"E": UNIT, "p": CUT, "Lambda": UNIT}, "have Lambda too much"),
        ({"Delta": UNIT, "Lambda": UNIT, "T_K": UNIT}, "have T_K too much"),
        ({"E": UNIT, "Lambda": UNIT}, "lack .* and have .* too much"),
        ({}, "lack E, p"),
        ({"E": UNIT, "p": UNIT}, "begins at 0.0, it must be above 0; set a cut-off"),
        ({"E": UNIT, "p": Uniform(low=0.5, high=1.5)}, "ends at 1.5, beyond 1"),
        ({"E": UNIT, "p": Pareto(low=0.5, index=1.0)}, "ends at inf, beyond 1"),
    ],
)
def test_refused(laws, message):
    with pytest.raises(SpecError, match=message):
        Tunnelling(laws)


def test_is_a_value():
    laws = {"p": CUT, "E": UNIT}
    population = Tunnelling(laws)
    laws.clear()
    assert list(population.laws) == ["E", "p"]
    assert population == Tunnelling({"E": UNIT, "p": CUT})
    assert pickle.loads(pickle.dumps(population)) == population
    with pytest.raises(dataclasses.FrozenInstanceError):
        population.laws = {}


@pytest.mark.parametrize("name", POPULATIONS)
def test_columns(name):
    population = Tunnelling(POPULATIONS[name])
    points = rng("columns " + name).random((population.dimensions, 1000))
    columns = population.columns(points)
    assert tuple(columns) == Tunnelling.COLUMNS == ("Delta", "Lambda", "E", "p", "q")
    for array in columns.values():
        assert array.shape == (1000,)
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
    Delta, Lambda, E, p, q = columns.values()
    assert np.hypot(Delta, Lambda) == pytest.approx(E, rel=1e-14)
    assert E * E * p == pytest.approx(Lambda**2, rel=1e-13)
    assert E * E * q == pytest.approx(Delta**2, rel=1e-13)
    assert p + q == pytest.approx(np.ones(1000), rel=1e-14)
    for (parameter, law), u in zip(population.laws.items(), points, strict=True):
        assert columns[parameter] == pytest.approx(law.ppf(u), rel=1e-15)


def test_q_is_free_of_cancellation():
    # p = 1 - 1e-17 is 1 in double precision, q is not 0.
    polar = Tunnelling({"E": UNIT, "p": Fraction(low=1e-12)})
    last = np.array([[0.5], [1.0 - 2.0**-53]])
    u = mpmath.mpf(2) ** -53 * Fraction(low=1e-12).log_range
    assert float(polar.columns(last)["q"][0]) == pytest.approx(float(mpmath.tanh(u) ** 2), rel=1e-12)
    assert float(polar.columns(last)["Delta"][0]) == pytest.approx(0.5 * float(mpmath.tanh(u)), rel=1e-12)
    cartesian = Tunnelling({"Delta": UNIT, "Lambda": Uniform(low=0.5, high=1.0)})
    assert float(cartesian.columns(np.array([[1e-10], [0.5]]))["q"][0]) == pytest.approx(1e-20 / 0.75**2, rel=1e-12)


def test_scales():
    paper = Tunnelling({"E": Uniform(low=0.0, high=3.0), "p": Fraction(low=1e-9)})
    assert paper.is_paper
    assert (paper.E_star, paper.p_min) == (3.0, 1e-9)
    assert paper.defects_per_n_T == pytest.approx(math.atanh(math.sqrt(1.0 - 1e-9)), rel=1e-7)
    assert paper.defects_per_n_T * Fraction(low=1e-9).expectation == pytest.approx(1.0, rel=1e-9)
    rectangle = Tunnelling({"Delta": Uniform(low=0.0, high=3.0), "Lambda": LogUniform(low=1e-6, high=0.1)})
    assert not rectangle.is_paper
    assert rectangle.E_star == 3.0
    assert rectangle.defects_per_n_T == pytest.approx(math.log(1e5), rel=1e-15)
    with pytest.raises(ValidityError, match="p_min"):
        _ = rectangle.p_min
    assert not Tunnelling({"E": Uniform(low=0.1, high=3.0), "p": CUT}).is_paper
    assert Tunnelling({"E": Uniform(low=0.1, high=3.0), "p": CUT}).p_min == 1e-3
    assert not Tunnelling({"E": UNIT, "p": Uniform(low=0.5, high=1.0)}).is_paper
    assert Tunnelling({"E": UNIT, "p": Uniform(low=0.5, high=1.0)}).defects_per_n_T == pytest.approx(1 / 0.75)


def test_weighted_L_of_a_square():
    # Delta and Lambda uniform on a square: <p> = 1/2 by symmetry.
    assert Tunnelling({"Delta": UNIT, "Lambda": UNIT}).defects_per_n_T == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize(("E", "p"), [(0.3, 0.2), (0.9, 1e-3), (0.05, 0.97)])
def test_both_kinds_of_L_count_the_same_defects(E, p):
    """Away from the edges, L times the density per dE dp is that of Eq. 2, E*^-1/(2 p sqrt(1-p)), for both."""
    polar = Tunnelling({"E": UNIT, "p": Fraction(low=1e-6)})
    cartesian = Tunnelling({"Delta": UNIT, "Lambda": LogUniform(low=1e-5, high=2.0)})

    def corner(E, p):
        return np.array([E * math.sqrt(1 - p), E * math.sqrt(p)])

    h = 1e-6
    jacobian = np.linalg.det(
        [
            (corner(E * (1 + h), p) - corner(E * (1 - h), p)) / (2 * h * E),
            (corner(E, p * (1 + h)) - corner(E, p * (1 - h))) / (2 * h * p),
        ]
    )
    Delta, Lambda = corner(E, p)
    laws = cartesian.laws
    in_plane = float(laws["Delta"].pdf(Delta) * laws["Lambda"].pdf(Lambda)) * abs(jacobian)
    in_polar = float(polar.laws["E"].pdf(E) * polar.laws["p"].pdf(p))
    expected = 1.0 / (2 * p * math.sqrt(1 - p))
    assert polar.defects_per_n_T * in_polar == pytest.approx(expected, rel=1e-12)
    assert cartesian.defects_per_n_T * in_plane == pytest.approx(expected, rel=1e-7)


def test_registry():
    assert "tunnelling" in MODELS.names()
    assert not {"base", "nodes", "streams", "laws"} & set(MODELS.names())
    assert MODELS.find("tunnelling") is Tunnelling
    with pytest.raises(SpecError, match="did you mean 'tunnelling'"):
        MODELS.find("tunneling")
    with pytest.raises(SpecError, match="not known"):
        MODELS.find("nodes")


# --- the nodes against the paper's integrals -------------------------------------------------------------------


@pytest.mark.parametrize(("p_min", "tolerance"), [(1e-20, 1e-11), (1e-12, 1e-9)])
def test_attenuation(p_min, tolerance):
    """All 36 points of reference; p_min = 1e-12 leaves 5e-10 of the relaxation part out at the lowest frequency."""
    population = Tunnelling({"E": UNIT, "p": Fraction(low=p_min)})
    points = json.loads((DATA / "attenuation.json").read_text())
    thetas = sorted({point["theta"] for point in points})
    assert len(points) == 36
    for Omega in {point["Omega"] for point in points}:
        here = [point for point in points if point["Omega"] == Omega]
        # One call for all temperatures and all chi.
        c, w = population.nodes([theta / 2 for theta in thetas], Omega)
        for point in here:
            parts = contributions(c["E"], c["p"], c["q"], point["chi"], Omega, point["theta"] / 2)
            F_res, F_rel = (population.defects_per_n_T * float(np.dot(w, part)) for part in parts[:2])
            assert F_res == pytest.approx(point["F_res"], rel=1e-11)
            assert F_rel == pytest.approx(point["F_rel_eq12"], rel=tolerance)


def test_heat_and_dephasing():
    population = Tunnelling({"E": UNIT, "p": Fraction(low=1e-12)})
    for point in json.loads((DATA / "heat.json").read_text()):
        T = 1.0 / point["x"]
        columns, weights = population.nodes(T)
        value = float(np.dot(weights, specific_heat(columns["E"], T))) / T
        assert value == pytest.approx(point["f"], rel=1e-12)
    for point in json.loads((DATA / "dephasing.json").read_text()):
        T = point["T_over_Estar"]
        columns, weights = population.nodes(T)
        rate = population.defects_per_n_T * float(np.dot(weights, columns["p"] * golden_rule_weight(columns["E"], T)))
        # The cut-off leaves out p_min/2 of the rate.
        assert rate == pytest.approx(point["rate_over_saturated"], rel=2e-12)


def _F_res_exact(chi, Omega, theta):
    """Eq. 15 with the p integral in closed form, at 30 digits, over the distance from the resonance."""

    def integrand(side, distance):
        x = Omega + side * distance
        t = mpmath.tanh(x / theta)
        w = mpmath.sqrt(1 + 2j * distance * t / (chi * x))
        return 2 * t**2 / (chi * x) * mpmath.re(mpmath.atanh(1 / w) / w)

    with mpmath.workdps(30):
        chi, Omega, theta = mpmath.mpf(chi), mpmath.mpf(Omega), mpmath.mpf(theta)
        steps = [0, *(Omega * mpmath.mpf(10) ** k for k in range(-12, 0)), Omega / 2, Omega]
        below = mpmath.quad(lambda d: integrand(-1, d), steps)
        above = mpmath.quad(lambda d: integrand(1, d), [*steps, 1 - Omega])
        return float(below + above)


@pytest.mark.parametrize(
    ("chi", "Omega", "theta", "tolerance"),
    [(1.0, 0.3, 0.2, 1e-11), (1e-3, 0.3, 0.02, 1e-11), (1e-6, 0.3, 0.02, 3e-9), (1e-6, 0.01, 3.0, 3e-11)],
)
def test_narrow_lines(chi, Omega, theta, tolerance):
    """Lines narrower than 1e-15 omega escape doubles: a relative 1e-15/chi x tanh(omega/2T)."""
    population = Tunnelling({"E": UNIT, "p": Fraction(low=1e-30)})
    value = population.defects_per_n_T * averages(population, chi, Omega, theta / 2)[0]
    assert value == pytest.approx(_F_res_exact(chi, Omega, theta), rel=tolerance)


# --- the nodes for other laws ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POPULATIONS)
def test_order_tells_the_error(name):
    """A third more points change nothing beyond 1e-9; half as many do change the result."""
    population, chi, omega, T = Tunnelling(POPULATIONS[name]), 0.03, 0.7, 0.05
    values, finer = (averages(population, chi, omega, T, order) for order in (12, 16))
    assert values == pytest.approx(finer, rel=1e-9)
    if name == "paper":
        assert values != pytest.approx(averages(population, chi, omega, T, 6), rel=1e-9)


@pytest.mark.parametrize("name", POPULATIONS)
def test_weights_add_up(name):
    for temperatures, omega in [(None, None), (1e-4, None), ([0.01, 10.0], 3e-4), (None, 1.0), (0.2, 5.0)]:
        columns, weights = Tunnelling(POPULATIONS[name]).nodes(temperatures, omega)
        assert float(weights.sum()) == pytest.approx(1.0, abs=1e-12)
        assert bool((weights >= 0.0).all())
        assert abs(columns["p"] + columns["q"] - 1.0).max() < 1e-14


def test_table_of_Delta(tmp_path):
    """The 39 kinks of a table meet those of Lambda in E; the nodes stay good to 1e-8 and below a million."""
    values = np.linspace(0.0, 2.0, 41)
    file = tmp_path / "density.csv"
    np.savetxt(file, np.column_stack([values, values * (2 - values) * (1.2 + np.cos(7 * values))]), delimiter=",")
    population = Tunnelling({"Delta": Tabulated(file=str(file)), "Lambda": LogUniform(low=1e-6, high=1.0)})
    columns, weights = population.nodes(0.2, 0.3)
    assert len(weights) < 1_000_000
    assert float(weights.sum()) == pytest.approx(1.0, abs=1e-8)
    assert float(np.dot(weights, columns["Delta"])) == pytest.approx(population.laws["Delta"].expectation, rel=1e-8)
    assert float(np.dot(weights, columns["Lambda"])) == pytest.approx(population.laws["Lambda"].expectation, rel=1e-8)


@pytest.mark.parametrize("name", ["paper", "rectangle", "exponential, pareto"])
def test_one_call_for_many_temperatures(name):
    population = Tunnelling(POPULATIONS[name])
    grid = np.geomspace(0.01, 3.0, 7)
    for T in grid:
        together = averages(population, 0.1, 0.05, T, temperatures=grid)
        assert together == pytest.approx(averages(population, 0.1, 0.05, T), rel=2e-10)


@pytest.mark.parametrize(("chi", "omega", "T"), [(0.3, 0.4, 0.3), (0.5, 1.3, 0.6)])
def test_rectangle_against_brute_force(chi, omega, T):
    population = Tunnelling(POPULATIONS["small rectangle"])

    def integrand(Delta, log_Lambda, k):
        Lambda = math.exp(log_Lambda)
        square = Delta**2 + Lambda**2
        return contributions(math.sqrt(square), Lambda**2 / square, Delta**2 / square, chi, omega, T)[k]

    values = averages(population, chi, omega, T)
    area = 0.9 * math.log(40.0)
    for k in range(2):
        exact, error = integrate.dblquad(
            integrand, math.log(0.05), math.log(2.0), 0.1, 1.0, args=(k,), epsabs=0, epsrel=1e-9
        )
        assert error < 1e-8 * exact
        assert values[k] * area == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("name", ["exponential", "half-normal", "log-normal", "pareto"])
def test_law_of_E_against_brute_force(name):
    law, chi, omega, T = POPULATIONS[name]["E"], 0.4, 0.5, 0.3
    population = Tunnelling({"E": law, "p": Uniform(low=0.1, high=0.6)})

    def integrand(E, p, k):
        return 2.0 * float(law.pdf(E)) * contributions(E, p, 1.0 - p, chi, omega, T)[k]

    values = averages(population, chi, omega, T)
    for k in range(2):
        parts = [
            integrate.dblquad(integrand, 0.1, 0.6, low, high, args=(k,), epsabs=1e-12, epsrel=1e-9)
            for low, high in [(law.support[0], omega), (omega, 5.0), (5.0, np.inf)]
        ]
        assert sum(error for _, error in parts) < 1e-8
        assert values[k] == pytest.approx(sum(value for value, _ in parts), rel=1e-9)


@pytest.mark.parametrize("name", POPULATIONS)
def test_against_samples(name):
    """Draws and nodes have the same averages; a false alarm in one of 1e6 runs of the whole test."""
    n, chi, omega, T = 100_000, 0.5, 0.4, 0.3
    population = Tunnelling(POPULATIONS[name])
    columns = population.columns(rng("samples " + name).random((2, n)))
    exact = averages(population, chi, omega, T)
    parts = contributions(columns["E"], columns["p"], columns["q"], chi, omega, T)
    limit = stats.norm.isf(0.5 * 1e-6 / (len(POPULATIONS) * len(parts)))
    for part, expected in zip(parts, exact, strict=True):
        assert abs(part.mean() - expected) < limit * part.std() / math.sqrt(n)
