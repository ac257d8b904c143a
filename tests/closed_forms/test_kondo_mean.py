"""Average cross-section of an ensemble of Kondo defects (Eqs. 22 and 23)."""

import json
import math
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expn

from tlsmc.closed_forms import asymptotics as closed
from tlsmc.errors import ValidityError
from tlsmc.observables.averages import kondo_average, kondo_mean
from tlsmc.physics.kondo import cross_section_smooth, cross_section_unitary
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.quadrature import kondo as kondo_nodes

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "kondo.json").read_text())


@pytest.mark.parametrize("row", REFERENCE, ids=lambda r: f"{r['law']}-{r['T_K_over_T']}-{r['Delta_over_T']}")
def test_reference_numbers(row):
    row = dict(row)
    expected = row.pop("mean")
    assert float(kondo_mean(**row)) == pytest.approx(expected, rel=1e-10)


def capped(x: float, y: float) -> float:
    """Eq. 21 read off the page, with the unitary limit of 1."""
    if x > 1 and y * y < x:
        return 1.0
    if x > 1 and y < x:
        return x**2 / y**4
    logarithm = math.log(max(1 / x, y / x))
    return max(1.0, logarithm * max(1.0, y * logarithm)) ** -2


def nested(X: float, Y: float, law: str, chi) -> float:
    """Adaptive nested quadrature in x and y themselves, split at the borders of Eq. 21."""
    weight = (lambda v, s: 1 / s) if law == "uniform" else (lambda v, s: math.exp(-v / s) / s)
    top = 1.0 if law == "uniform" else 35.0

    def over_y(x: float) -> float:
        cuts = {0.0, math.sqrt(x), x, 1.0, 1 / max(1.0, -math.log(x)), x * math.e, 5 * x, 0.3 * Y, Y, top * Y}
        low, high = 0.0, 60.0
        for _ in range(200):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if x * math.exp(middle) * middle**2 < 1 else (low, middle)
        cuts = sorted(y for y in cuts | {x * math.exp(low), x * math.exp(2 * low)} if y <= top * Y)
        pairs = pairwise(cuts)
        return sum(quad(lambda y: chi(x, y) * weight(y, Y), a, b, epsrel=1e-10, epsabs=0)[0] for a, b in pairs)

    logs = {1e-9, 1e-4, 0.02, 1 / math.e, 1.0, Y * Y, Y, Y * math.exp(-1 / math.sqrt(Y)), math.exp(-1 / Y), X, top * X}
    cuts = sorted(math.log(x) for x in logs if 1e-9 <= x <= top * X)
    total = 0.0
    for a, b in pairwise(cuts):
        total += quad(lambda t: math.exp(t) * weight(math.exp(t), X) * over_y(math.exp(t)), a, b, epsrel=1e-8)[0]
    return total


@pytest.mark.parametrize(("X", "Y", "law"), [(0.7, 3.0, "uniform"), (4.0, 2.5, "uniform"), (0.3, 1.4, "exponential")])
def test_unitary_mean_against_adaptive_quadrature(X, Y, law):
    assert float(kondo_mean(X, Y, law)) == pytest.approx(nested(X, Y, law, capped), rel=1e-7)


@pytest.mark.parametrize(("X", "Y", "law"), [(5.0, 2.0, "uniform"), (0.2, 3.0, "uniform")])
def test_smooth_mean_against_adaptive_quadrature(X, Y, law):
    expected = nested(X, Y, law, lambda x, y: float(cross_section_smooth(x, y)))
    assert float(kondo_mean(X, Y, law, "smooth")) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("cross_section", ["unitary", "smooth"])
@pytest.mark.parametrize("law", ["uniform", "exponential"])
def test_finer_panels_change_nothing(law, cross_section, monkeypatch):
    X, Y = np.array([1e-6, 0.03, 0.97, 2.0, 1e3, 1e6]), np.array([1e-6, 0.3, 5.0, 1e3, 1e6])[:, None]
    usual = kondo_mean(X, Y, law, cross_section)
    for name, value in {"_ORDER": 22, "_WIDTH": 1.5, "_EDGE": 1e-13}.items():
        monkeypatch.setattr(kondo_nodes, name, value)
    np.testing.assert_allclose(usual, kondo_mean(X, Y, law, cross_section), rtol=1e-11)


def test_a_point_takes_at_most_20_milliseconds_of_processor_time():
    kondo_mean(1.0, 1.0)
    start = time.process_time()
    kondo_mean(np.geomspace(1e-2, 1e4, 20), 3.0)
    assert time.process_time() - start < 20 * 0.020


def test_arguments_broadcast_and_scalars_stay_scalars():
    values = kondo_mean([[0.1], [10.0]], [0.2, 1.0, 3.0])
    assert values.shape == (2, 3)
    assert values[1, 2] == kondo_mean(10.0, 3.0)
    assert np.ndim(kondo_mean(10.0, 3.0)) == 0


def test_literal_cross_section_is_refused_with_reason_and_remedy():
    with pytest.raises(ValidityError, match=r"infinite average.*tail index 1/2.*use 'unitary' or 'smooth'"):
        kondo_mean(1.0, 1.0, cross_section="literal")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_arguments_must_be_positive(bad):
    with pytest.raises(ValidityError, match="T_K_over_T"):
        kondo_mean(bad, 1.0)
    with pytest.raises(ValidityError, match="Delta_over_T"):
        closed.kondo_mean_asymptotic(1.0, bad)


def test_unknown_names_are_refused():
    with pytest.raises(ValidityError, match="law"):
        kondo_mean(1.0, 1.0, law="gamma")
    with pytest.raises(ValidityError, match="cross_section"):
        kondo_mean(1.0, 1.0, cross_section="born")


def test_equation_23_as_printed():
    ln = math.log
    assert closed.kondo_mean_asymptotic(1e-3, 0.1) == pytest.approx(ln(1e3) ** -2)
    assert closed.kondo_mean_asymptotic(1e-3, 10.0) == pytest.approx(0.1 * ln(1e4) ** -2)
    assert closed.kondo_mean_asymptotic(100.0, 3.0) == 1.0
    np.testing.assert_allclose(closed.kondo_mean_asymptotic([100.0, 400.0], 40.0), [0.25, 0.5])


def one_kondo_temperature(x: float, y: float) -> float:
    """Average of Eq. 21 over Delta uniform up to y, at T = 1 and (practically) one T_K = x."""
    laws = Uniform(low=x * (1 - 1e-4), high=x * (1 + 1e-4)), Uniform(high=y)
    return float(kondo_average(*laws, 1.0, cross_section_unitary))


def test_one_logarithm_more_than_equation_23_above_T_K():
    L, Y = np.array([10.0, 30.0, 100.0, 300.0]), 1e8
    means = np.array([one_kondo_temperature(math.exp(-v), Y) for v in L])
    # Below y = 1 the integral over y is 2/L^3 - 1/L^4, above it that of e^(L - l)/l^4 over l from L.
    exact = 2 / L**3 - 1 / L**4 + np.exp(L) * expn(4, L) / L**3
    np.testing.assert_allclose(Y * means, exact, rtol=1e-9)
    # Towards the limit as 1 - 2/L^2 + 10/L^3 - 60/L^4: 0.986 at L = 10, 2e-5 from 1 at L = 300.
    ratio = means / closed.kondo_mean_limit(np.exp(-L), Y)
    np.testing.assert_array_less(np.abs(L * (L**2 * (ratio - 1.0) + 2.0) - 10.0), 60.0 / L)
    printed = closed.kondo_mean_asymptotic(np.exp(-L), Y)
    assert (np.diff(means / printed) < 0.0).all()
    assert means[-1] / printed[-1] < 0.01


def test_the_spread_of_T_K_costs_three_over_the_logarithm():
    L = np.array([20.0, 60.0, 180.0])
    mean = kondo_mean(np.exp(-L), 1e8)
    # ln(T/T_K) = L + s with s exponential of mean 1, and <(L + s)^-3> = L^-3 (1 - 3/L + 12/L^2 - ...).
    deficit = L * (mean / closed.kondo_mean_limit(np.exp(-L), 1e8) - 1.0)
    np.testing.assert_allclose(deficit, -3.0, atol=12.0 / L[0])
    assert (np.diff(np.abs(deficit + 3.0)) < 0.0).all()


def test_low_temperatures_are_4_3_above_equation_23_and_8_3_beyond_T_K():
    x = np.array([1e2, 1e4, 1e6, 1e8])
    inside = np.array([one_kondo_temperature(v, 0.9 * v) for v in x])
    beyond = np.array([one_kondo_temperature(v, 1e4 * v) for v in x])
    printed = closed.kondo_mean_asymptotic(x, 0.9 * x), closed.kondo_mean_asymptotic(x, 1e4 * x)
    # Deviations of order x^(-3/2) for Delta* close to T_K, of order 1/x beyond it.
    np.testing.assert_array_less(np.abs(inside / printed[0] - 4 / 3), 0.5 * x**-1.5 + 2e-9)
    np.testing.assert_array_less(np.abs(beyond / printed[1] - 8 / 3), 0.2 / x + 2e-9)
    np.testing.assert_allclose(closed.kondo_mean_limit(x, 0.9 * x), 4 / 3 * printed[0], rtol=1e-12)
    np.testing.assert_allclose(closed.kondo_mean_limit(x, 1e4 * x), 8 / 3 * printed[1], rtol=1e-12)


def test_saturation_below_T_K_needs_a_narrow_band():
    # The paper's conclusion from Eq. 23: constant for (Delta*/T_K*)^2 < T/T_K* < 1.
    mean = kondo_mean(1.0 / np.array([1e-1, 1e-2, 1e-3]), 1e-3 / np.array([1e-1, 1e-2, 1e-3]))
    assert ((mean > 0.85) & (mean <= 1.0)).all()


def test_limit_is_refused_where_it_does_not_hold():
    with pytest.raises(ValidityError, match=r"Delta_over_T = 0\.5"):
        closed.kondo_mean_limit(0.1, 0.5)
    with pytest.raises(ValidityError, match="between the two limits"):
        closed.kondo_mean_limit(1.0, 5.0)
