"""What the paper prints for Kondo defects, Eqs. 23 and 24 and the specific heat, against what its formulas give."""

import math

import numpy as np
import pytest

from tests.observables.examples import one_T_K, uniform
from tlsmc.observables.kondo_attenuation import KondoAttenuation
from tlsmc.observables.kondo_dephasing import KondoDephasing
from tlsmc.observables.kondo_heat_capacity import KondoHeatCapacity
from tlsmc.observables.program import grid_of


def _ratios(observable, population, *axes):
    """Exact over printed, by equation, where the paper makes a claim."""
    exact = observable.exact(population, *axes)[0]
    ratios = {}
    for form in observable.printed(population, *grid_of(*axes)):
        values = np.broadcast_to(form.values, exact.shape)
        claimed = np.isfinite(values)
        assert claimed.any()
        assert "  " not in form.remark
        ratios[form.equation] = (exact / values)[claimed]
    return ratios


def test_equation_23_far_above_T_K_misses_a_logarithm():
    width = 1e6
    for L in (20.0, 60.0, 200.0):
        (ratio,) = _ratios(KondoDephasing(), one_T_K(math.exp(-L), width), np.ones(1)).values()
        # (T/Delta*) 2/ln^3(T/T_K) up to relative corrections of 2/L^2; the print has ln^2(Delta*/T_K) under T/Delta*.
        expected = 2.0 / L**3 * math.log(width * math.exp(L)) ** 2
        assert float(ratio[0]) == pytest.approx(expected, rel=3.0 / L**2)


def test_equation_23_has_its_logarithm_only_for_a_very_narrow_band():
    T = np.array([1e3, 1e5])
    (narrow,) = _ratios(KondoDephasing(), one_T_K(1.0, 1e-3), T).values()
    np.testing.assert_allclose(narrow, 1.0, rtol=1e-5)
    # Delta* = T: 2/ln^3 - 1/ln^4 is what Eq. 21 gives, 1/ln^2 the print.
    for temperature in T:
        (wide,) = _ratios(KondoDephasing(), one_T_K(1.0, temperature), np.array([temperature])).values()
        L = math.log(temperature)
        assert float(wide[0]) == pytest.approx(2.0 / L - 1.0 / L**2, rel=1e-4)


@pytest.mark.parametrize(("width", "expected"), [(0.9e4, 4 / 3), (1e8, 8 / 3)])
def test_equation_23_far_below_T_K(width, expected):
    (ratio,) = _ratios(KondoDephasing(), one_T_K(1e4, width), np.array([1e-2, 0.3, 1.0])).values()
    np.testing.assert_allclose(ratio, expected, rtol=2e-3)


def test_equation_23_has_three_regimes_and_gaps_between_them():
    T = np.geomspace(1e-4, 1e6, 201)
    forms = KondoDephasing().printed(uniform(1.0, 100.0), T)
    claims = {form.equation: np.isfinite(form.values) for form in forms}
    assert list(claims) == ["Eq. 23 (T_K* << T, Delta* < T)", "Eq. 23 (T_K* << T < Delta*)", "Eq. 23 (T << T_K*)"]
    hot, wide, cold = claims.values()
    assert not (hot & wide).any()
    assert T[cold].max() <= 1.0 / math.e < math.e <= T[wide].min()
    assert T[wide].max() < 100.0 <= T[hot].min()
    # A band narrower than T_K* has no regime T_K* < T < Delta*.
    assert len(KondoDephasing().printed(uniform(1.0, 0.2), T)) == 2


def test_equation_24_is_16_times_the_average_below_T_K():
    # T_K* is the upper end of the band of 1e-6, hence the tolerance.
    ratio = _ratios(KondoAttenuation(), one_T_K(100.0, 1e-4), np.array([0.1, 1.0]), np.array([1e-5, 1e-3]))
    np.testing.assert_allclose(ratio["Eq. 24 (T < T_K*)"], 1 / 16, rtol=1e-5)
    T = np.array([0.01, 0.1])
    (ratios,) = _ratios(KondoAttenuation(), uniform(10.0, 1e-6), T, np.array([1e-9])).values()
    np.testing.assert_allclose(ratios, (np.log(10.0 / T) + 1.0 + 4.0 / math.e) / 16.0, rtol=1e-6)


def test_equation_24_does_not_follow_above_T_K():
    T, omega = np.array([10.0, 1e3, 1e5]), np.array([1e-6, 1e-4])
    ratio = _ratios(KondoAttenuation(), one_T_K(1.0, 1e-3), T, omega)["Eq. 24 (T > T_K*)"].reshape(3, 2)
    np.testing.assert_allclose(ratio, np.outer(np.log(T) ** 4 / (16.0 * T), [1, 1]), rtol=1e-5)


def test_equation_24_claims_nothing_at_high_frequency_or_close_above_T_K():
    T, omega = np.array([0.5, 1.0, 2.0, 3.0]), np.array([0.1, 2.5])
    low, high = KondoAttenuation().printed(uniform(1.0, 0.2), *grid_of(T, omega))
    assert np.isfinite(low.values).tolist() == [[True, False], [False] * 2, [False] * 2, [False] * 2]
    assert np.isfinite(high.values).tolist() == [[False] * 2, [False] * 2, [False] * 2, [True, True]]


def test_estimate_of_the_specific_heat():
    T = np.array([1e-3, 0.03, 0.3])
    (ratio,) = _ratios(KondoHeatCapacity(), uniform(1.0, 1e-6), T).values()
    np.testing.assert_allclose(ratio, 0.5 * np.log(T) ** 2, rtol=1e-7)
