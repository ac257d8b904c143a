"""The dephasing rate against temperature."""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from tlsmc.closed_forms import dephasing

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "dephasing.json").read_text())
WEIGHTS = {
    "golden-rule": lambda u: u / mp.sinh(u) if u else mp.mpf(1),
    "none": lambda u: mp.mpf(1),
    "fermi-level": lambda u: mp.sech(u / 2) ** 2,
}


@pytest.mark.parametrize("row", REFERENCE, ids=lambda r: f"T={r['T_over_Estar']}")
def test_reference(row):
    assert dephasing(row["T_over_Estar"]) == pytest.approx(row["rate_over_saturated"], rel=1e-9, abs=0)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("t", [1e-6, 0.01, 0.1, 0.3, 0.4999999, 0.5, 0.51, 1.0, 7.0, 1e3, 1e6])
def test_integral_by_mpmath(weight, t):
    with mp.workdps(30):
        end = 1 / mp.mpf(t)
        last = end if weight == "none" else min(end, mp.mpf(90))
        n = int(mp.ceil(last / 2)) if last < 100 else 1
        mean = mp.quad(WEIGHTS[weight], [last * i / n for i in range(n + 1)]) / end
    assert dephasing(t, thermal_weight=weight) == pytest.approx(float(mean), rel=1e-12, abs=0)


def test_limits():
    t = np.geomspace(1e-6, 1e-2, 9)
    np.testing.assert_allclose(dephasing(t), np.pi**2 / 4 * t, rtol=1e-14)
    np.testing.assert_allclose(dephasing(t, "fermi-level"), 2 * t, rtol=1e-14)
    t = np.geomspace(10, 1e6, 9)
    np.testing.assert_allclose(1 - dephasing(t), 1 / (18 * t**2), rtol=1e-3, atol=1e-15)
    np.testing.assert_allclose(1 - dephasing(t, "fermi-level"), 1 / (12 * t**2), rtol=2e-3, atol=1e-15)


def test_rises_to_saturation_and_the_fermi_level_lies_lower():
    t = np.geomspace(1e-6, 1e6, 2000)
    golden, fermi = dephasing(t), dephasing(t, "fermi-level")
    assert (np.diff(golden) >= -1e-15).all()
    assert (golden <= 1).all()
    assert (fermi <= golden).all()


def test_shapes():
    for weight in WEIGHTS:
        assert dephasing(np.ones((2, 3)), weight).shape == (2, 3)
        assert isinstance(dephasing(1, weight), np.float64)
