"""The limits and the symmetries of F_res and F_rel."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tlsmc.closed_forms import F_rel, F_rel_asymptotic, F_rel_printed, F_res, F_res_asymptotic, F_res_sharp


def decades(low, high):
    return st.floats(low, high).map(lambda e: 10.0**e)


chis, Omegas, thetas = decades(-6, 0), decades(-6, 3), decades(-4, 3)
quick = settings(max_examples=40, deadline=None, derandomize=True)


@quick
@given(
    decades(-4, -0.3), decades(-4, 1), st.sampled_from([0.0, 1e-12, 0.1, 0.5]), st.sampled_from(["resonant", "bloch"])
)
def test_narrow_lines_are_sharp(Omega, theta, p_min, lineshape):
    chi = 1e-5 * Omega / max(Omega, theta)  # the width chi T stays far below omega
    sharp = F_res_sharp(Omega, theta, p_min=p_min)
    assert sharp == pytest.approx(np.pi * np.sqrt(1 - p_min) * np.tanh(Omega / theta), rel=1e-14)
    assert F_res(chi, Omega, theta, lineshape, p_min=p_min) == pytest.approx(sharp, rel=3e-4)


def test_sharp_lines_at_and_beyond_the_edge_of_the_band():
    assert F_res_sharp(1.5, 0.1) == 0
    assert F_res_sharp(1.0, 0.1) == pytest.approx(np.pi / 2)
    assert F_res(1e-9, 1.0, 0.1) == pytest.approx(np.pi / 2, rel=1e-7)
    assert F_res_sharp(0.5, 0.1, drive="asymmetry") == F_res_sharp(0.5, 0.1) / 4


@pytest.mark.parametrize(("lineshape", "coefficient"), [("resonant", 1 / 3), ("bloch", 0.0)])
def test_the_logarithm_and_its_coefficient(lineshape, coefficient):
    """Cold, theta << Omega << 1: the resonance itself is constant, what changes with Omega is the logarithm."""
    chi, Omega = 1e-3, np.array([1e-4, 1e-3])
    low, high = F_res(chi, Omega, 1e-7, lineshape)
    assert (low - high) / (chi * np.log(10)) == pytest.approx(coefficient, abs=2e-3)


@quick
@given(decades(-6, 0), decades(3, 6), thetas)
def test_far_above_the_band(chi, Omega, theta):
    """The frequency has to be far above the widths as well, which grow with chi theta."""
    assume(chi * theta < 0.01 * Omega)
    assert F_res(chi, Omega, theta) == pytest.approx(chi / (6 * Omega**2), rel=2e-3)


@quick
@given(decades(-6, -1), decades(-4, 3))
def test_slow_drive_of_the_relaxation(chi, theta):
    Omega = 1e-6 * chi * min(theta, 1)
    assert F_rel(chi, Omega, theta) == pytest.approx(np.pi / 8 * np.tanh(1 / theta), rel=1e-4)


@quick
@given(decades(-6, 0), decades(-4, -2))
def test_fast_drive_of_the_relaxation_when_cold(chi, theta):
    Omega = 1e3 * chi * theta
    assert F_rel(chi, Omega, theta) == pytest.approx(np.pi**2 / 48 * chi * theta / Omega, rel=1e-4)


@quick
@given(decades(-6, 0), decades(2, 3))
def test_fast_drive_of_the_relaxation_when_hot(chi, theta):
    Omega = 1e3 * chi * theta
    assert F_rel(chi, Omega, theta) == pytest.approx(chi / (6 * Omega), rel=1e-4)


@quick
@given(chis, Omegas, thetas, decades(-1, 0))
def test_relaxation_depends_on_omega_over_chi_alone(chi, Omega, theta, factor):
    assert F_rel(chi * factor, Omega * factor, theta) == pytest.approx(F_rel(chi, Omega, theta), rel=1e-12)


@quick
@given(chis, Omegas, thetas)
def test_bounds(chi, Omega, theta):
    assert 0 < F_rel(chi, Omega, theta) <= np.pi / 8 * np.tanh(1 / theta) * (1 + 1e-14)
    assert 0 < F_res(chi, Omega, theta, "bloch") < F_res(chi, Omega, theta)


@quick
@given(chis, Omegas, thetas, st.sampled_from(["resonant", "bloch"]))
def test_a_cut_off_takes_away(chi, Omega, theta, lineshape):
    """Every p contributes a positive amount, and the contribution of p < 1e-300 is nothing."""
    cuts = 0.0, 1e-300, 1e-12, 1e-6, 1e-2, 0.2, 0.5, 0.9
    res = [F_res(chi, Omega, theta, lineshape, p_min=p) for p in cuts]
    rel = [F_rel(chi, Omega, theta, p_min=p) for p in cuts]
    for values in (res, rel):
        assert values[1] == pytest.approx(values[0], rel=1e-13)
        assert (np.diff(values[1:]) <= 1e-13 * values[0]).all()
        assert values[-1] < values[3]


@quick
@given(chis, Omegas, thetas)
def test_the_three_conventions_of_the_drive(chi, Omega, theta):
    printed, resonant = F_rel_printed(chi, Omega, theta), F_res(chi, Omega, theta)
    assert F_rel(chi, Omega, theta) == F_rel(chi, Omega, theta, drive="asymmetry") == printed / 2
    assert F_rel(chi, Omega, theta, drive="sigma_z") == 2 * printed
    assert F_res(chi, Omega, theta, drive="sigma_z") == resonant
    assert F_res(chi, Omega, theta, drive="asymmetry") == resonant / 4


@quick
@given(chis, Omegas, thetas)
def test_printed_scaling_of_the_relaxation_holds_within_a_factor(chi, Omega, theta):
    """The ratio runs between chi/6, pi^2/48 and pi/8 of Eq. 17, with a dip of a factor two at the crossovers."""
    assert 0.05 < F_rel(chi, Omega, theta) / F_rel_asymptotic(chi, Omega, theta) < np.pi / 8


@quick
@given(chis, Omegas, thetas)
def test_printed_scaling_of_the_resonance_away_from_the_crossovers(chi, Omega, theta):
    Om = max(Omega, chi * theta)
    assume(Om < 0.1 or Omega > 10 * max(1, chi * theta))
    assert 1 / 12 < F_res(chi, Omega, theta) / F_res_asymptotic(chi, Omega, theta) < 4


def test_broadcasting():
    chi, Omega, theta = np.array([0.01, 0.1])[:, None, None], np.geomspace(0.01, 10, 3)[:, None], np.array([0.1, 1.0])
    for function in (F_res, F_rel, F_rel_printed, F_rel_asymptotic, F_res_asymptotic):
        values = function(chi, Omega, theta)
        assert values.shape == (2, 3, 2)
        assert values.dtype == np.float64
        assert values[1, 2, 0] == pytest.approx(function(0.1, 10.0, 0.1), rel=1e-13)
        assert isinstance(function(0.1, 1, 1), np.float64)
        assert function(0.1, [], 1).shape == (0,)
    assert F_res_sharp(Omega, theta).shape == (3, 2)
