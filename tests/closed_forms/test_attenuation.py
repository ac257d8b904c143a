"""F_res and F_rel against the reference numbers, independent quadratures and a finer rule."""

import itertools
import json
import time
from pathlib import Path

import numpy as np
import pytest

from tests.closed_forms import oracles
from tests.seeds import rng
from tlsmc.closed_forms import F_rel, F_rel_printed, F_res, attenuation
from tlsmc.closed_forms._gauss import Resolution

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "attenuation.json").read_text())
CORNERS = list(itertools.product((1e-6, 1.0), (1e-6, 1e3), (1e-4, 1e3), (0.0, 1e-12)))
CASES = [
    (0.3, 0.4, 0.7, 0.0),
    (1.0, 1.0, 1.0, 0.0),
    (0.03, 0.05, 0.02, 0.0),
    (0.03, 2.0, 5.0, 0.0),
    (1.0, 0.002, 5.0, 0.0),
    (0.001, 0.7, 0.1, 0.0),
    (1.0, 1.001, 3.0, 0.0),
    (1.0, 30.0, 0.01, 0.0),
    (0.3, 0.4, 0.7, 1e-30),
    (0.3, 0.4, 0.7, 1e-12),
    (0.003, 0.02, 2.0, 1e-6),
    (0.003, 0.02, 2.0, 1e-3),
    (0.3, 1.3, 0.7, 0.01),
    (0.1, 0.4, 10.0, 0.5),
]
HARD = [
    (1e-6, 1e3, 1e3, 0.0),
    (1.0, 1e-6, 1e3, 1e-30),
    (1.0, 1e-6, 1e3, 0.5),
    (1.0, 1e3, 1e-4, 0.0),
    (1e-3, 1 + 1e-9, 1.0, 0.0),
    (1.0, 1 - 1e-9, 30.0, 1e-12),
]


@pytest.mark.parametrize("row", REFERENCE, ids=lambda r: f"chi={r['chi']}-Omega={r['Omega']}-theta={r['theta']}")
def test_reference(row):
    args = row["chi"], row["Omega"], row["theta"]
    assert F_res(*args) == pytest.approx(row["F_res"], rel=1e-9, abs=0)
    assert F_rel(*args) == pytest.approx(row["F_rel_eq12"], rel=1e-9, abs=0)
    assert F_rel_printed(*args) == pytest.approx(row["F_rel_eq16_printed"], rel=1e-9, abs=0)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_two_dimensional_integrals_by_a_product_rule(case):
    chi, Omega, theta, p_min = case
    resonant = oracles.product_rule_F_res(*case)
    bloch = resonant - oracles.product_rule_F_res(*case, sign=1)
    assert F_res(chi, Omega, theta, p_min=p_min) == pytest.approx(resonant, rel=1e-10, abs=0)
    assert F_res(chi, Omega, theta, "bloch", p_min=p_min) == pytest.approx(bloch, rel=1e-10, abs=0)
    printed = oracles.product_rule_F_rel(*case)
    assert F_rel_printed(chi, Omega, theta, p_min=p_min) == pytest.approx(printed, rel=1e-10, abs=0)
    assert F_rel(chi, Omega, theta, p_min=p_min) == pytest.approx(printed / 2, rel=1e-10, abs=0)


@pytest.mark.slow
@pytest.mark.parametrize("case", [*CASES[:4], CASES[7], *CASES[-2:]], ids=str)
def test_two_dimensional_integrals_by_mpmath(case):
    chi, Omega, theta, p_min = case
    resonant = oracles.printed_F_res(*case)
    bloch = resonant - oracles.printed_F_res(*case, sign=1)
    assert F_res(chi, Omega, theta, p_min=p_min) == pytest.approx(resonant, rel=1e-10, abs=0)
    assert F_res(chi, Omega, theta, "bloch", p_min=p_min) == pytest.approx(bloch, rel=1e-10, abs=0)
    printed = oracles.printed_F_rel(*case)
    assert F_rel_printed(chi, Omega, theta, p_min=p_min) == pytest.approx(printed, rel=1e-10, abs=0)


def _agree_with_forty_digits(chi, Omega, theta, p_min):
    for lineshape in ("resonant", "bloch"):
        exact = oracles.closed_F_res(chi, Omega, theta, p_min, lineshape)
        assert F_res(chi, Omega, theta, lineshape, p_min=p_min) == pytest.approx(exact, rel=1e-10, abs=0), lineshape
    exact = oracles.closed_F_rel(chi, Omega, theta, p_min)
    assert F_rel_printed(chi, Omega, theta, p_min=p_min) == pytest.approx(exact, rel=1e-10, abs=0)


@pytest.mark.parametrize("case", HARD, ids=str)
def test_hard_points_with_forty_digits(case):
    _agree_with_forty_digits(*case)


@pytest.mark.slow
@pytest.mark.parametrize("case", CORNERS, ids=str)
def test_corners_with_forty_digits(case):
    _agree_with_forty_digits(*case)


@pytest.mark.slow
def test_random_points_with_forty_digits():
    draw = rng("attenuation: random points").uniform
    for p_min in (0.0, 0.0, 0.0, 1e-30, 1e-12, 1e-4, 0.1, 0.5):
        for _ in range(4):
            _agree_with_forty_digits(10 ** draw(-6, 0), 10 ** draw(-6, 3), 10 ** draw(-4, 3), p_min)


BOX = np.geomspace(1e-6, 1, 7)[:, None, None], np.geomspace(1e-6, 1e3, 13)[:, None], np.geomspace(1e-4, 1e3, 8)


@pytest.mark.parametrize("p_min", [0.0, 1e-30, 1e-12, 1e-3, 0.5])
def test_the_whole_box_against_a_finer_rule(p_min, monkeypatch):
    def values():
        both = [F_res(*BOX, lineshape, p_min=p_min) for lineshape in ("resonant", "bloch")]
        return np.array([*both, F_rel(*BOX, p_min=p_min)])

    found = values()
    assert (found > 0).all()
    monkeypatch.setattr(attenuation, "DEFAULT", Resolution(width=1.25, order=20))
    np.testing.assert_allclose(found, values(), rtol=1e-11)


def test_half_of_the_nodes_is_as_accurate_as_it_says():
    random = rng("quick forms")
    chi, Omega = 10.0 ** random.uniform(-6, 0, 400), 10.0 ** random.uniform(-6, 3, 400)
    theta = 10.0 ** random.uniform(-4, 3, 400)
    for lineshape in ("resonant", "bloch"):
        quick = F_res(chi, Omega, theta, lineshape, p_min=1e-12, accuracy=1e-7)
        exact = F_res(chi, Omega, theta, lineshape, p_min=1e-12)
        np.testing.assert_allclose(quick, exact, rtol=1e-7)
        assert (quick != exact).any()
    quick = F_rel(chi, Omega, theta, "sigma_z", 1e-12, accuracy=1e-7)
    np.testing.assert_allclose(quick, F_rel(chi, Omega, theta, "sigma_z", p_min=1e-12), rtol=1e-7)


@pytest.mark.parametrize("lineshape", ["resonant", "bloch"])
def test_continuous_across_the_edge_of_the_band(lineshape):
    """With a cut-off the line is smooth on the scale chi p_min, and third differences are of the order of 1e-16."""
    Omega = 1 + 1e-7 * np.arange(-50, 51)
    value = F_res(0.1, Omega, 1.0, lineshape, p_min=0.1)
    assert np.abs(np.diff(value, 3)).max() < 3e-14
    value = F_res(0.1, Omega, 1.0, lineshape)  # the slope has a logarithm at Omega = 1, its sign does not change
    assert (np.diff(value) < 0).all()
    near = F_res(0.1, [np.nextafter(1, 0), 1.0, np.nextafter(1, 2), 1 + 1e-12, 1 - 1e-12], 1.0, lineshape)
    np.testing.assert_allclose(near, near[1], rtol=1e-9)


def test_fast_enough_for_a_grid():
    Omega, theta = np.geomspace(1e-6, 1e3, 64)[:, None], np.geomspace(1e-4, 1e3, 64)
    start = time.process_time()
    F_res(0.03, Omega, theta, "bloch")
    F_rel(0.03, Omega, theta)
    assert time.process_time() - start < 5  # 0.4 s on a quiet core
