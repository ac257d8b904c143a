"""Sharp resonances in bins: closed form, sampled mean, and the broadened line for chi -> 0."""

import numpy as np
import pytest
from scipy import stats

from tests.observables.examples import TUNNELLING, paper, variants
from tests.seeds import rng
from tlsmc import closed_forms
from tlsmc.observables.kernels import numpy_tiles

T, OMEGA = np.array([0.05, 0.5, 5.0]), np.geomspace(0.02, 0.9, 7)
HISTOGRAM = variants("resonant_histogram")[0]


def test_bins_cover_the_frequencies_without_gaps():
    omega, low, high = HISTOGRAM.points(OMEGA).T
    np.testing.assert_array_equal(omega, OMEGA)
    np.testing.assert_allclose(high[:-1], low[1:], rtol=1e-15)
    assert (low < omega).all()
    assert (omega < high).all()
    np.testing.assert_allclose(HISTOGRAM.points(np.array([3.0])), [[3.0, 1.5, 6.0]])


def test_exact_is_the_integral_of_tanh():
    population = paper(1e-6)
    _, low, high = HISTOGRAM.points(OMEGA).T
    top = np.minimum(high, 1.0)
    x = 2.0 * T[:, None]
    integral = x * (np.log(np.cosh(top / x)) - np.log(np.cosh(low / x)))
    expected = np.pi * np.sqrt(1.0 - 1e-6) * integral / (high - low)
    np.testing.assert_allclose(HISTOGRAM.exact(population, T, OMEGA)[0], expected, rtol=1e-9)


def test_narrow_bins_are_the_sharp_limit_of_eq_15():
    omega = np.geomspace(0.3, 0.302, 3)
    exact = HISTOGRAM.exact(paper(1e-12), T, omega)[0]
    sharp = closed_forms.F_res_sharp(omega, 2.0 * T[:, None])
    np.testing.assert_allclose(exact, sharp, rtol=1e-5)
    np.testing.assert_allclose(closed_forms.F_res(1e-6, omega, 2.0 * T[:, None]), sharp, rtol=1e-4)


@pytest.mark.parametrize("name", list(TUNNELLING))
def test_sampled_mean_is_exact(name):
    """False-alarm rate 1e-4 over the populations and all points."""
    population, defects = TUNNELLING[name], 200_000
    program = HISTOGRAM.program(population)
    columns = population.columns(rng(f"histogram {name}").random((2, defects)))
    shape = (1, len(T), len(OMEGA))
    sums = numpy_tiles.accumulate(program, columns, T, HISTOGRAM.points(OMEGA), np.full(shape, np.inf))
    mean = sums.totals[0] / defects
    error = np.sqrt((sums.products[0] / defects - mean**2) / defects)
    exact = HISTOGRAM.exact(population, T, OMEGA)
    # Bins below the band are empty in both.
    np.testing.assert_allclose(exact[mean == 0.0], 0.0, atol=1e-12)
    z = ((mean - exact) / np.where(error > 0.0, error, 1.0))[mean > 0.0]
    assert np.abs(z).max() < stats.norm.isf(1e-4 / 2 / len(TUNNELLING) / z.size)
