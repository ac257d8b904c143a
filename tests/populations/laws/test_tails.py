"""Quantiles, densities and complements in the far tails, against closed forms in 340 digits."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest

from tests.populations.laws.examples import GOOD, build
from tlsmc.populations.laws.log_uniform import LogUniform
from tlsmc.populations.laws.power import Power
from tlsmc.populations.laws.tunnelling import Tunnelling
from tlsmc.populations.laws.uniform import Uniform

PROBES = [1e-300, 1e-100, 1e-16, 1e-6, 0.3, 0.5, 0.75, 1.0 - 1e-6, 1.0 - 1e-12, 1.0 - 2.0**-53]


def power(u: Any, low: Any, high: Any, exponent: Any) -> Any:
    a = exponent + 1
    return low * (high / low) ** u if a == 0 else (low**a + u * (high**a - low**a)) ** (1 / a)


def tunnelling(u: Any, low: Any) -> Any:
    return mp.sech(mp.atanh(mp.sqrt(1 - low)) * (1 - u)) ** 2


# Exact quantiles; the parameters come in as mpf of the double in the law.
EXACT = {
    "uniform": lambda u, low, high: low + u * (high - low),
    "log_uniform": lambda u, low, high: low * (high / low) ** u,
    "tunnelling": tunnelling,
    "power": power,
    "exponential": lambda u, mean: -mean * mp.log1p(-u),
    "half_normal": lambda u, sigma: sigma * mp.sqrt(2) * mp.erfinv(u),
    "log_normal": lambda u, median, sigma: median * mp.exp(sigma * mp.sqrt(2) * mp.erfinv(2 * u - 1)),
    "pareto": lambda u, low, index: low * (1 - u) ** (-1 / index),
}
CASES = [(name, number) for name in EXACT for number in range(len(GOOD[name]))]


def exact_quantiles(name: str, number: int) -> tuple[Any, list[Any]]:
    law = build(name, GOOD[name][number])
    parameters = {field: mp.mpf(float(getattr(law, field))) for field in law.__dataclass_fields__}
    return law, [EXACT[name](mp.mpf(u), **parameters) for u in PROBES]


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(340):
        yield


@pytest.mark.parametrize(("name", "number"), CASES)
def test_quantile_is_accurate_in_both_tails(name: str, number: int) -> None:
    law, exact = exact_quantiles(name, number)
    for u, found, right in zip(PROBES, law.ppf(np.array(PROBES)), exact, strict=True):
        # Below the smallest normal double only the underflow is right.
        if right < np.finfo(float).tiny:
            assert found <= np.finfo(float).tiny
        else:
            assert abs(found / right - 1) < 1e-13, (u, found)


@pytest.mark.parametrize(
    ("name", "number"), [case for case in CASES if build(case[0], GOOD[case[0]][case[1]]).support[1] == 1.0]
)
def test_complement_keeps_its_digits_up_to_the_end_at_1(name: str, number: int) -> None:
    law, exact = exact_quantiles(name, number)
    for u, found, right in zip(PROBES, law.complement_ppf(np.array(PROBES)), exact, strict=True):
        assert abs(found / (1 - right) - 1) < 1e-12, (u, found)


def test_tabulated_complement_keeps_its_digits() -> None:
    law = build("tabulated", GOOD["tabulated"][1])
    gap = np.array([2.0**-53, 1e-12, 1e-6])
    # The last segment rises from 0.25 to 2 over 1/2: mass d (f - slope d/2) above 1 - d.
    end, slope = law.pdf(np.array(1.0)), (law.pdf(np.array(1.0)) - law.pdf(np.array(0.5))) / 0.5
    gap = 1.0 - (1.0 - gap)
    distance = 2.0 * gap / (end + np.sqrt(end**2 - 2.0 * slope * gap))
    np.testing.assert_allclose(law.complement_ppf(1.0 - gap), distance, rtol=1e-13)


def test_tunnelling_density_against_its_formula() -> None:
    law = Tunnelling(1e-12)
    p = np.array([1e-12, 1e-6, 0.5, 1.0 - 1e-9, 1.0 - 2.0**-53])
    depth = mp.atanh(mp.sqrt(1 - mp.mpf(1e-12)))
    for x, found in zip(p, law.pdf(p), strict=True):
        x = mp.mpf(float(x))
        assert abs(found * 2 * depth * x * mp.sqrt(1 - x) - 1) < 1e-14


def test_tunnelling_density_ratio_is_finite_where_a_draw_rounds_to_1() -> None:
    wide, narrow, one = Tunnelling(1e-12), Tunnelling(0.5), np.array([1.0])
    ratio = wide.pdf(one) / narrow.pdf(one)
    np.testing.assert_allclose(ratio, narrow.log_range / wide.log_range, rtol=1e-14)


def test_tunnelling_matches_uniform_asymmetry_and_log_amplitude() -> None:
    # p = sech^2(v) with v uniform on (0, L), and L -> (1/2) ln(4/low).
    law = Tunnelling(1e-12)
    np.testing.assert_allclose(law.log_range, 0.5 * np.log(4e12), rtol=1e-12)
    u = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(np.arctanh(np.sqrt(law.complement_ppf(u))), law.log_range * (1 - u), rtol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e-300, 1e-18, 1e-15, -1e-15, 1e-12, -1e-12, 1e-9, -1e-9])
def test_power_passes_smoothly_through_the_log_uniform_law(offset: float) -> None:
    law, limit = Power(low=1e-6, high=2.0, exponent=-1.0 + offset), LogUniform(low=1e-6, high=2.0)
    u = np.array(PROBES)
    x = limit.ppf(u)
    # The laws differ by offset * ln(high/low) to first order.
    rtol = 1e-13 + 200.0 * abs(offset)
    np.testing.assert_allclose(law.ppf(u), x, rtol=rtol)
    np.testing.assert_allclose(law.pdf(x), limit.pdf(x), rtol=rtol)
    np.testing.assert_allclose(law.cdf(x), limit.cdf(x), rtol=rtol, atol=1e-14)
    np.testing.assert_allclose(law.expectation, limit.expectation, rtol=rtol)


def test_power_of_exponent_0_is_uniform() -> None:
    law, same = Power(low=0.1, high=0.7, exponent=0.0), Uniform(low=0.1, high=0.7)
    u = np.array(PROBES)
    np.testing.assert_allclose(law.ppf(u), same.ppf(u), rtol=1e-14)
    np.testing.assert_allclose(law.pdf(same.ppf(u)), same.pdf(same.ppf(u)), rtol=1e-14)
    np.testing.assert_allclose(law.expectation, same.expectation, rtol=1e-14)


def test_power_density_diverges_at_0_without_a_warning() -> None:
    assert Power(high=1.0, exponent=-0.5).pdf(np.array([0.0]))[0] == np.inf
