"""Thermal factors: exact over E/T from 1e-12 to 1e4, and derived again from Fermi and Boltzmann factors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from tests.physics.formulas import (
    PROPERTY,
    assert_accurate,
    functions_of,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import thermal

FORMULAS = functions_of(thermal)
WEIGHTS = [thermal.golden_rule_weight, thermal.fermi_level_weight, thermal.no_weight]
# With u = E/T; from the equations.
EXACT = {
    "population_difference": lambda u: mp.tanh(u / 2),
    "thermal_susceptibility": lambda u: 1 / mp.cosh(u / 2) ** 2,
    "specific_heat": lambda u: (u / 2) ** 2 / mp.cosh(u / 2) ** 2,
    "golden_rule_weight": lambda u: u / mp.sinh(u),
    "fermi_level_weight": lambda u: 1 / mp.cosh(u / 2) ** 2,
    "no_weight": lambda u: mp.one,
}
exponents = st.floats(1e-12, 1e4)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.__name__)
def test_exact(formula):
    T = log_uniform("T", 1e-3, 1e3, 400)
    E = T * log_uniform("E/T", 1e-12, 1e4, 400)
    # Around the places where exp(-E/T) loses digits to 1, becomes subnormal and vanishes.
    edges = np.array([1e-12, 1e-8, 1.5e-8, 1.0, 36.0, 37.5, 354.0, 500.0, 690.0, 708.0, 710.0, 745.0, 746.0, 1e4])
    E, T = np.append(E, edges), np.append(T, np.ones_like(edges))
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        values = formula(E, T)
    # The rounding of E/T, which exp(-E/T) magnifies at E >> T, is no error of the formula.
    assert_accurate(values, [EXACT[formula.__name__](mp.mpf(float(u))) for u in E / T], rtol=1e-15)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.__name__)
@given(u=exponents, power=st.integers(-60, 60))
@PROPERTY
def test_only_the_ratio_matters(formula, u, power):
    scale = 2.0**power  # exact in floating point
    assert formula(scale * u, scale) == formula(u, 1.0)


@given(u=exponents, factor=st.floats(1.0, 100.0))
@PROPERTY
def test_monotonic(u, factor):
    rounding = 1.0 - 1e-15
    assert thermal.population_difference(factor * u, 1.0) >= rounding * thermal.population_difference(u, 1.0)
    for falling in (thermal.thermal_susceptibility, *WEIGHTS):
        assert rounding * falling(factor * u, 1.0) <= falling(u, 1.0)


@given(u=exponents)
@PROPERTY
def test_bounds(u):
    # tanh^2 + sech^2 = 1, and sech^2(u/2) <= u/sinh u <= 1.
    difference, susceptibility = thermal.population_difference(u, 1.0), thermal.thermal_susceptibility(u, 1.0)
    assert difference**2 + susceptibility == near(1.0, rel=1e-15)
    assert 0.0 < difference <= 1.0
    assert susceptibility * (1.0 - 1e-15) <= thermal.golden_rule_weight(u, 1.0) <= 1.0 + 4e-16
    assert thermal.fermi_level_weight(u, 1.0) == susceptibility
    assert thermal.no_weight(u, 1.0) == 1.0
    assert 0.0 <= thermal.specific_heat(u, 1.0) <= 0.4393  # Schottky's maximum, at u = 2.3994


@pytest.mark.parametrize("T", [0.1, 0.5, 3.0])
def test_specific_heat_is_the_derivative_of_the_energy(T):
    exact = mp.diff(lambda t: -mp.tanh(1 / (2 * t)) / 2, T)
    assert_accurate([thermal.specific_heat(1.0, T)], [exact], rtol=1e-14)


@pytest.mark.parametrize("T", [0.1, 0.5, 3.0])
def test_susceptibility_is_the_derivative_of_the_populations(T):
    exact = 2 * T * mp.diff(lambda e: mp.tanh(e / (2 * T)), 1)
    assert_accurate([thermal.thermal_susceptibility(1.0, T)], [exact], rtol=1e-14)


def electron_relaxation_rate(energy, u):
    """Golden-rule rate of an electron at energy/T off a defect at u = E/T, 1 for u = 0.

    The electron leaves its state by raising or lowering the defect, and the reverse processes fill it.
    """
    lower, upper = special.expit(u), special.expit(-u)  # occupations of the two levels
    filled_below, empty_below = special.expit(u - energy), special.expit(energy - u)  # Fermi functions
    filled_above, empty_above = special.expit(-u - energy), special.expit(energy + u)
    return lower * (empty_below + filled_above) + upper * (empty_above + filled_below)


@pytest.mark.parametrize("u", [0.01, 0.7, 3.0, 12.0])
def test_weights_from_the_golden_rule(u):
    def integrand(energy):
        return special.expit(energy) * special.expit(-energy) * electron_relaxation_rate(energy, u)

    mean, error = integrate.quad(integrand, -60.0, 60.0, points=[-u, 0.0, u], epsabs=0.0, epsrel=1e-11, limit=200)
    assert error < 1e-10 * mean
    assert thermal.golden_rule_weight(u, 1.0) == near(mean, rel=1e-10)
    assert thermal.fermi_level_weight(u, 1.0) == near(electron_relaxation_rate(0.0, u), rel=1e-13)
    assert thermal.no_weight(u, 1.0) == near(electron_relaxation_rate(0.0, 0.0), rel=1e-15)


@pytest.mark.parametrize(("T", "expected"), [(3.0, 0.9939), (0.5, 0.8257)])
def test_saturation_of_the_dephasing_rate(T, expected):
    mean, _ = integrate.quad(lambda E: thermal.golden_rule_weight(E, T), 0.0, 1.0)
    assert mean == pytest.approx(expected, abs=5e-5)


def test_integrals_over_a_flat_band():
    # T << E*: pi^2/4 for the dephasing rate, pi^2/6 for the specific heat (printed as 1 in Eq. 8), 2 for sech^2.
    for formula, expected in [
        (thermal.golden_rule_weight, np.pi**2 / 4),
        (thermal.specific_heat, np.pi**2 / 6),
        (thermal.fermi_level_weight, 2.0),
    ]:
        integral, _ = integrate.quad(formula, 0.0, 80.0, args=(1.0,), epsabs=1e-12, limit=200)
        assert integral == near(expected, rel=1e-10)
