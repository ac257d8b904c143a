"""Averages over arbitrary laws of T_K and Delta, and the sound absorption of Eq. 24."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from tlsmc.closed_forms import asymptotics as closed
from tlsmc.errors import ValidityError
from tlsmc.observables.averages import kondo_average
from tlsmc.physics.kondo import cross_section_unitary, kondo_relaxation_power
from tlsmc.physics.kondo_heat import heat_emery_kivelson, heat_paper
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.log_normal import LogNormal
from tlsmc.populations.laws.log_uniform import LogUniform
from tlsmc.populations.laws.pareto import Pareto
from tlsmc.populations.laws.power import Power
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.quadrature import kondo as kondo_nodes

PAIRS = [
    (LogNormal(median=1.0, sigma=1.0), LogNormal(median=0.2, sigma=1.0)),
    (LogNormal(median=1.0, sigma=0.01), LogNormal(median=1.0, sigma=0.01)),
    (LogUniform(low=1e-6, high=10.0), Uniform(high=5.0)),
    (Uniform(low=1.99, high=2.01), LogNormal(median=1.0, sigma=0.001)),
    (Power(high=2.0, exponent=-0.9), Power(high=10.0, exponent=2.0)),
    (Pareto(low=0.1, index=5.0), Exponential(mean=3.0)),
]
CONTRIBUTIONS = {
    "cross-section": cross_section_unitary,
    "heat": lambda T_K, Delta: heat_paper(T_K, Delta, 1.0),
    "Emery-Kivelson": lambda T_K, Delta: heat_emery_kivelson(T_K, Delta, 1.0),
    "slow": lambda T_K, Delta: kondo_relaxation_power(1e-3, T_K, Delta, 1.0),
    "fast": lambda T_K, Delta: kondo_relaxation_power(10.0, T_K, Delta, 1.0),
}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: "-".join(type(law).__name__ for law in p))
def test_weights_are_normalised_and_reproduce_the_means(pair):
    T_K, Delta, weight = kondo_nodes.kondo_nodes(*pair, 1.0)
    assert (weight >= 0.0).all()
    assert weight.sum() == pytest.approx(1.0, abs=1e-9)
    assert (T_K * Delta * weight).sum() == pytest.approx(pair[0].expectation * pair[1].expectation, rel=1e-8)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: "-".join(type(law).__name__ for law in p))
def test_finer_panels_change_nothing(pair, monkeypatch):
    usual = {name: kondo_average(*pair, 1.0, f) for name, f in CONTRIBUTIONS.items()}
    for name, value in {"_ORDER": 22, "_WIDTH": 1.5, "_EDGE": 1e-13}.items():
        monkeypatch.setattr(kondo_nodes, name, value)
    for name, contribution in CONTRIBUTIONS.items():
        finer = kondo_average(*pair, 1.0, contribution)
        assert float(usual[name]) == pytest.approx(float(finer), rel=2e-9), name


def test_average_depends_on_ratios_to_the_temperature_only():
    pairs = [(Exponential(mean=2.0 * s), Uniform(high=3.0 * s)) for s in (1.0, 1e-5)]
    means = [
        kondo_average(*pair, T, lambda T_K, Delta, T=T: cross_section_unitary(T_K / T, Delta / T))
        for pair, T in zip(pairs, (0.7, 0.7e-5), strict=True)
    ]
    assert float(means[0]) == pytest.approx(float(means[1]), rel=1e-11)


def test_leading_axes_of_a_contribution_are_those_of_the_average():
    omega = np.array([0.1, 1.0, 10.0])
    pair = Exponential(mean=2.0), Uniform(high=3.0)
    grid = kondo_average(*pair, 1.0, lambda t, d: kondo_relaxation_power(omega[:, None], t, d, 1.0))
    single = [kondo_average(*pair, 1.0, lambda t, d, w=w: kondo_relaxation_power(w, t, d, 1.0)) for w in omega]
    np.testing.assert_allclose(grid, single, rtol=1e-13)


def test_boundaries_may_be_given():
    # A step that Eq. 21 does not know, at Delta = T_K/7; Delta and T_K uniform up to 1.
    line = kondo_nodes.Boundaries((), lambda T_K: T_K[:, None] / 7.0, lambda Delta: np.array([7.0 * Delta]))
    mean = kondo_average(Uniform(high=1.0), Uniform(high=1.0), 1.0, lambda t, d: 1.0 * (7.0 * d < t), line)
    assert float(mean) == pytest.approx(1 / 14, rel=1e-9)


def test_average_of_the_paper_heat_for_a_narrow_band():
    # Delta << sqrt(T T_K): the integral of ln(x)/x over 1 < x < X is (ln X)^2/2.
    X = 40.0
    mean = kondo_average(Uniform(high=X), Uniform(high=1e-3), 1.0, lambda t, d: heat_paper(t, d, 1.0))
    assert float(mean) == pytest.approx(math.log(X) ** 2 / (2 * X), rel=1e-10)


def test_average_of_the_solvable_point_against_adaptive_quadrature():
    def over_delta(x: float) -> float:
        return quad(lambda d: float(heat_emery_kivelson(x, d, 1.0)) / 6.0, 0.0, 6.0, epsrel=1e-10)[0]

    expected = quad(lambda x: math.exp(-x / 2.0) / 2.0 * over_delta(x), 0.0, 60.0, epsrel=1e-9, points=[1.0, 4.0, 12.0])
    pair = Exponential(mean=2.0), Uniform(high=6.0)
    mean = kondo_average(*pair, 1.0, lambda t, d: heat_emery_kivelson(t, d, 1.0))
    assert float(mean) == pytest.approx(expected[0], rel=1e-8)


def power(omega: float, X: float) -> float:
    """W/(n_T a^2/2) for T_K uniform up to X and Delta << T = 1."""
    a = math.sqrt(2.0)
    pair = Uniform(high=X), Uniform(high=1e-6)
    return float(kondo_average(*pair, 1.0, lambda t, d: kondo_relaxation_power(omega, t, d, 1.0, a)))


def test_equation_24_as_printed():
    assert closed.kondo_attenuation_asymptotic(1e-3, 0.5, 2.0) == pytest.approx(2e-6)
    expected = 2e-6 / (10.0 * math.log(10.0) ** 2)
    np.testing.assert_allclose(closed.kondo_attenuation_asymptotic(1e-3, [10.0], 1.0), [expected])


def test_absorption_above_T_K_follows_the_squared_logarithm():
    # ln(T/T_K) = L + s with s exponential of mean 1: exactly (L^2 + 2 L + 2) in place of the L^2 of one T_K.
    L = np.array([5.0, 20.0, 80.0])
    omega = 1e-9
    mean = np.array([power(omega, math.exp(-v)) for v in L])
    np.testing.assert_allclose(mean, omega**2 / 8 * (L**2 + 2 * L + 2), rtol=1e-9)
    np.testing.assert_allclose(closed.kondo_attenuation_limit(omega, 1.0, np.exp(-L)), omega**2 * L**2 / 8, rtol=1e-12)


def test_absorption_below_T_K_has_a_logarithm_that_equation_24_drops():
    X = np.array([10.0, 1e3, 1e5])
    omega = 1e-8
    mean = np.array([power(omega, x) for x in X])
    np.testing.assert_allclose(mean, omega**2 * (np.log(X) + 1 + 4 / math.e) / (8 * X), rtol=1e-7)
    printed = closed.kondo_attenuation_asymptotic(omega, 1.0, X)
    np.testing.assert_allclose(mean / printed, (np.log(X) + 1 + 4 / math.e) / 16, rtol=1e-7)
    np.testing.assert_allclose(closed.kondo_attenuation_limit(omega, 1.0, X), omega**2 / (8 * X), rtol=1e-12)


def test_temperature_must_be_positive():
    with pytest.raises(ValidityError, match="T = 0"):
        kondo_nodes.kondo_nodes(Uniform(high=1.0), Uniform(high=1.0), 0.0)


class Spoilt(Exponential):
    """An exponential density times a factor that its kinks do not announce."""

    __slots__ = ("factor",)
    # Laws are values; two of these are not equal, whatever their fields say.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def pdf(self, x):
        return super().pdf(x) * self.factor(np.asarray(x))


def spoilt(factor):
    law = Spoilt(mean=1.0)
    object.__setattr__(law, "factor", factor)
    return law


def test_a_jump_that_is_no_kink_is_found():
    law = spoilt(lambda x: np.where(x < 0.3, 0.5, 1.0))
    weight = kondo_nodes.kondo_nodes(law, Uniform(high=1.0), 1.0)[2]
    assert weight.sum() == pytest.approx(1.0 + 0.5 * math.expm1(-0.3), abs=1e-9)


def test_a_density_with_a_pole_is_refused():
    law = spoilt(lambda x: np.abs(x - 0.3) ** -0.5)
    with pytest.raises(ValidityError, match=r"not smooth near 0\.3"):
        kondo_nodes.kondo_nodes(law, Uniform(high=1.0), 1.0)
