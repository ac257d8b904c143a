"""The spread of the dephasing rate between pieces of metal."""

import mpmath as mp
import numpy as np
import pytest

from tlsmc.closed_forms import dephasing_spread
from tlsmc.errors import ValidityError

WEIGHTS = {
    "golden-rule": lambda u: u / mp.sinh(u) if u else mp.mpf(1),
    "none": lambda u: mp.mpf(1),
    "fermi-level": lambda u: mp.sech(u / 2) ** 2,
}


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("t", [1e-6, 0.01, 0.1, 0.3, 0.4999999, 0.5, 0.51, 1.0, 7.0, 1e3, 1e6])
def test_integrals_by_mpmath(weight, t):
    with mp.workdps(30):
        end = 1 / mp.mpf(t)
        last = end if weight == "none" else min(end, mp.mpf(90))
        n = int(mp.ceil(last / 2)) if last < 100 else 1
        panels = [last * i / n for i in range(n + 1)]
        mean, square = (mp.quad(lambda u, k=k: WEIGHTS[weight](u) ** k, panels) / end for k in (1, 2))
        expected = mp.mpf(2) / 3 * square / mean**2 / 40
    assert dephasing_spread(t, 40.0, weight) == pytest.approx(float(expected), rel=1e-12, abs=0)


@pytest.mark.parametrize("p_min", [1e-12, 0.01, 0.5, 0.99])
def test_cut_off_by_mpmath(p_min):
    with mp.workdps(30):
        # <p^2>/<p>^2 over L of the law 1/(2 p sqrt(1-p)), in its uniform variable p = sech^2 u.
        L = mp.atanh(mp.sqrt(1 - mp.mpf(p_min)))
        first, second = (mp.quad(lambda u, k=k: mp.sech(u) ** (2 * k), [0, L]) for k in (1, 2))
        expected = second / first**2 / 40
    assert dephasing_spread(1.0, 40.0, "none", p_min) == pytest.approx(float(expected), rel=1e-12, abs=0)


def test_limits():
    t = np.geomspace(1e-6, 1e-2, 9)
    # (pi^2/6)/(pi^2/4)^2 = 8/(3 pi^2), and (4/3)/2^2 = 1/3.
    np.testing.assert_allclose(dephasing_spread(t, 1.0), 16.0 / (9.0 * np.pi**2) / t, rtol=1e-13)
    np.testing.assert_allclose(dephasing_spread(t, 1.0, "fermi-level"), 2.0 / (9.0 * t), rtol=1e-13)
    for weight in WEIGHTS:
        np.testing.assert_allclose(
            dephasing_spread(1e6, [0.1, 1.0, 1e9], weight), [20 / 3, 2 / 3, 2e-9 / 3], rtol=1e-12
        )


def test_shapes():
    assert dephasing_spread(np.ones((2, 1)), np.ones(3)).shape == (2, 3)
    assert isinstance(dephasing_spread(1, 1), np.float64)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0.0, 1.0), "T_over_Estar"),
        ((1.0, -1.0), "n_T_V"),
        ((1.0, 1.0, "gold"), "thermal_weight"),
        ((1.0, 1.0, "none", 1.0), "p_min"),
    ],
)
def test_refusals(arguments, says):
    with pytest.raises(ValidityError, match=says):
        dephasing_spread(*arguments)
