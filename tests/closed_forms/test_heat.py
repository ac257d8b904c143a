"""f of Eq. 8."""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from tlsmc.closed_forms import heat, heat_asymptotic

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "heat.json").read_text())


@pytest.mark.parametrize("row", REFERENCE, ids=lambda r: f"x={r['x']}")
def test_reference(row):
    assert heat(row["x"]) == pytest.approx(row["f"], rel=1e-9, abs=0)


def by_mpmath(x):
    with mp.workdps(30):
        end = min(mp.mpf(x) / 2, mp.mpf(60))
        n = int(mp.ceil(end))
        return float(2 * mp.quad(lambda y: (y * mp.sech(y)) ** 2, [end * i / n for i in range(n + 1)]))


@pytest.mark.parametrize("x", [1e-8, 1e-4, 0.3, 0.999, 1.0, 1.9999999, 2.0, 2.1, 3.7, 12.0, 40.0, 800.0, 1e8])
def test_integral_by_mpmath(x):
    assert heat(x) == pytest.approx(by_mpmath(x), rel=1e-12, abs=0)


def test_limits():
    x = np.geomspace(1e-8, 1e-4, 9)
    np.testing.assert_allclose(heat(x), x**3 / 12, rtol=1e-8)
    np.testing.assert_allclose(heat(np.geomspace(100, 1e8, 9)), np.pi**2 / 6, rtol=1e-14)


def test_increasing_and_below_both_limits():
    x = np.geomspace(1e-8, 1e8, 3000)
    f = heat(x)
    assert (np.diff(f) >= -1e-15 * f[1:]).all()
    assert (f <= np.minimum(x**3 / 12, np.pi**2 / 6) * (1 + 1e-14)).all()


def test_printed_limits_meet():
    assert heat_asymptotic(1e-3) == pytest.approx(1e-9 / 12)
    assert heat_asymptotic(50.0) == 1
    assert heat_asymptotic(1e300) == 1
    assert heat_asymptotic(12 ** (1 / 3)) == pytest.approx(1, rel=1e-14)


def test_shapes():
    assert heat(np.ones((2, 3))).shape == heat_asymptotic(np.ones((2, 3))).shape == (2, 3)
    assert isinstance(heat(1), np.float64)
    assert isinstance(heat_asymptotic(1), np.float64)
    assert heat(np.array([[0.5, 5.0]]))[0, 1] == heat(5.0)
