"""Heat capacity of one Kondo defect: the paper's estimate and the Emery-Kivelson form."""

import math

import mpmath as mp
import numpy as np
import pytest

from tlsmc.physics import kondo_heat
from tlsmc.physics.kondo_heat import heat_emery_kivelson, heat_paper, heat_paper_applies, trigamma_defect
from tlsmc.physics.thermal import specific_heat


def exact(T_K: float, Delta: float, T: float) -> float:
    """The formula as it stands, with enough digits for its cancellations."""
    with mp.workdps(60):
        T_K, Delta, T = mp.mpf(T_K), mp.mpf(Delta), mp.mpf(T)
        root = mp.sqrt(mp.mpc(T_K**2 - 4 * Delta**2))
        roots = [(T_K + sign * root) / (4 * mp.pi * T) for sign in (1, -1)]
        return float(mp.re(sum(z - z**2 * mp.psi(1, z + mp.mpf(1) / 2) for z in roots)))


@pytest.mark.parametrize("T_K", [0.0, 1e-6, 1e-3, 0.1, 1.0, 1.9, 2.0, 2.1, 10.0, 1e3, 1e8])
def test_emery_kivelson_against_arbitrary_precision(T_K):
    T = np.geomspace(1e-4, 1e4, 33) * max(T_K, 1.0)
    C = heat_emery_kivelson(T_K, np.ones(33), T)
    # Rounding is absolute, 5e-17, where the Kondo effect is so weak that the exponential Schottky tail matters.
    np.testing.assert_allclose(C, [exact(T_K, 1.0, t) for t in T], rtol=1e-11, atol=5e-17)
    assert (C >= 0.0).all()


def test_emery_kivelson_without_splitting_against_arbitrary_precision():
    T = np.geomspace(1e-4, 1e4, 33)
    np.testing.assert_allclose(heat_emery_kivelson(1.0, 0.0 * T, T), [exact(1.0, 0.0, t) for t in T], rtol=1e-12)


def test_trigamma_defect_in_the_half_plane():
    radius, angle = np.meshgrid(np.append(np.geomspace(1e-10, 1e10, 41), [7.99, 8.0, 8.01]), np.linspace(0.0, 1.57, 9))
    z = (radius * np.exp(1j * angle)).ravel()
    with mp.workdps(60):
        expected = [complex(w - w**2 * mp.psi(1, w + mp.mpf(1) / 2)) for w in map(mp.mpc, z)]
    values = trigamma_defect(z)
    # 2e-13 at most along the real axis; ten terms of the series at |w| = 8 limit the rest.
    np.testing.assert_allclose(np.abs(values - expected) / np.abs(expected), 0.0, atol=5e-12)
    np.testing.assert_allclose(values.real, np.real(expected), rtol=1e-11)


def test_series_has_the_bernoulli_polynomials_at_one_half():
    expected = [float(mp.bernpoly(2 * k, mp.mpf(1) / 2)) for k in range(1, 1 + len(kondo_heat._SERIES))]
    np.testing.assert_allclose(kondo_heat._SERIES, expected, rtol=1e-15)


def test_no_kondo_effect_is_the_schottky_anomaly():
    T = np.geomspace(0.02, 100.0, 50)
    schottky = specific_heat(1.0, T)
    np.testing.assert_allclose(heat_emery_kivelson(0.0, np.ones(50), T), schottky, rtol=1e-11, atol=5e-17)
    # The approach is linear in T_K: a tenth of T_K has a tenth of the difference.
    differences = [np.abs(heat_emery_kivelson(t, np.ones(50), T) - schottky).max() for t in (1e-3, 1e-4, 1e-5)]
    assert differences[0] / differences[1] == pytest.approx(10.0, rel=2e-2)
    assert differences[1] / differences[2] == pytest.approx(10.0, rel=2e-3)


def test_emery_kivelson_limits():
    # 2 pi T/(12 T_K) far below T_K without splitting, T_K/(2 pi T) far above.
    np.testing.assert_allclose(heat_emery_kivelson(1.0, 0.0, np.array([1e-4])), np.pi * 1e-4 / 6, rtol=1e-6)
    np.testing.assert_allclose(heat_emery_kivelson(1.0, 0.0, np.array([1e6])), 1e-6 / (2 * np.pi), rtol=1e-5)


def entropy(T_K: float, Delta: float, low: float, high: float) -> float:
    """Integral of C/T over ln T by the trapezoidal rule, which converges exponentially between flat ends."""
    logarithm = np.linspace(math.log(low), math.log(high), 4001)
    C = heat_emery_kivelson(T_K, Delta + 0.0 * logarithm, np.exp(logarithm))
    return float(np.trapezoid(C, logarithm))


@pytest.mark.parametrize(("T_K", "Delta"), [(0.0, 1.0), (0.1, 1.0), (2.0, 1.0), (100.0, 1.0)])
def test_entropy_of_a_split_defect_is_ln_2(T_K, Delta):
    assert entropy(T_K, Delta, 1e-9, 1e10) == pytest.approx(math.log(2.0), abs=1e-7)


def test_residual_entropy_of_the_two_channel_kondo_effect_is_half_of_ln_2():
    # ln 2 above T_K, (1/2) ln 2 below: the rest stays down to T = 0 without splitting.
    assert entropy(1.0, 0.0, 1e-9, 1e9) == pytest.approx(0.5 * math.log(2.0), abs=1e-8)


def test_entropy_falls_in_two_steps_at_T_K_and_at_Delta_squared_over_T_K():
    T_K, Delta = 1.0, 1e-4
    plateau = 1e-4
    upper, lower = entropy(T_K, Delta, plateau, 1e10), entropy(T_K, Delta, 1e-18, plateau)
    assert upper == pytest.approx(0.5 * math.log(2.0), abs=1e-4)
    assert lower == pytest.approx(0.5 * math.log(2.0), abs=1e-4)
    # Half of the lower step is released within a decade of Delta^2/T_K.
    assert entropy(T_K, Delta, 1e-9, 1e-7) > 0.25 * math.log(2.0)


def test_paper_heat_inside_and_outside_of_its_range():
    T_K, Delta = np.array([1.0, 1.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.1, 0.1, 0.0, 1.0])
    T = np.array([0.02, 0.005, 1.5, 0.5, 0.5])
    np.testing.assert_array_equal(heat_paper_applies(T_K, Delta, T), [1.0, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(heat_paper(T_K, Delta, T), [0.02 * math.log(50.0), 0.0, 0.0, 0.0, 0.0], rtol=1e-14)


def test_paper_heat_exceeds_the_solvable_point_by_the_logarithm():
    # (T/T_K) ln(T_K/T) against pi T/6 T_K: the logarithm is what the solvable point lacks.
    T = np.array([1e-4, 1e-6])
    ratio = heat_paper(1.0, 0.0, T) / heat_emery_kivelson(1.0, 0.0 * T, T)
    np.testing.assert_allclose(ratio, 6 / np.pi * np.log(1 / T), rtol=1e-5)
