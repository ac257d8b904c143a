"""Spread over samples: exact moments, errors that are true, and the closed form for 10 to 100,000 defects.

The z of a ratio is near normal: 400 simulated cases have a deviation of 0.9 to 1.1 wherever a z is given, and 0.5 % of
them lie beyond 3 rather than 0.27 %.  Bounds below are for a false alarm of 1e-4 per test function by a tail wider by
1.15, divided by the number of independent checks.
"""

import dataclasses

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import tlsmc
from tests.library import small_content
from tests.seeds import rng, seed
from tlsmc.closed_forms import dephasing_spread
from tlsmc.diagnostics import samples
from tlsmc.diagnostics.samples import FEWEST_SAMPLES, predicted_spread, sample_statistics
from tlsmc.observables.attenuation import Attenuation
from tlsmc.observables.averages import moments, second_moments
from tlsmc.observables.dephasing import Dephasing
from tlsmc.observables.linewidth import Linewidth
from tlsmc.populations.sampling.streams import COUNTS
from tlsmc.statistics.estimates import moment_estimate

WIDER, ALARM = 1.15, 1e-4


def _bound(checks):
    return WIDER * stats.norm.isf(0.5 * ALARM / checks)


def _run(label, defects, count="poisson", number=400, **settings):
    population = {"defects": defects, "samples": number, "count": count}
    content = small_content(seed=seed(label), **(settings | population))
    return tlsmc.run(tlsmc.parse_spec(content), progress=False)


DEPHASING = {"dephasing": {"temperature": [0.05, 0.3, 2.0]}}
LINE = {"attenuation": {"temperature": [0.2], "frequency": [0.5]}}


# Exact moments


@pytest.fixture(scope="module")
def population():
    return tlsmc.parse_spec(small_content(p_min=1e-6)).population


@pytest.mark.parametrize("weight", ["golden-rule", "fermi-level", "none"])
def test_second_moment_of_the_rate_is_the_closed_form(population, weight):
    T = np.array([0.01, 0.3, 5.0])
    observable = Dephasing(thermal_weight=weight)
    square = second_moments(observable, population, T)[0]
    mean = observable.exact(population, T)[0]
    L = population.defects_per_n_T
    np.testing.assert_allclose(square / mean**2, dephasing_spread(T, 1.0 / L, weight, 1e-6), rtol=1e-12)


def test_second_moment_of_a_line(population):
    # c = L E* p tanh Gamma/((w-E)^2 + Gamma^2) with E* = 1, by Gauss in u and in ln |E - w|: the narrowest
    # line has Gamma = 1.5e-7, and the nodes of the population are other ones.
    chi, T, omega, L = 0.3, 0.2, 0.5, population.defects_per_n_T
    x, w = np.polynomial.legendre.leggauss(20)
    u, weight_u = ((0.5 * L * (x[:, None] + 1.0 + 2.0 * np.arange(30)) / 30).ravel(), np.repeat(0.5 * L * w / 30, 30))
    low, high = np.log(1e-14), np.log(0.5)
    step = (high - low) / 60
    s = (low + step * (np.arange(60) + 0.5 * (x[:, None] + 1.0))).ravel()
    weight_s = np.repeat(0.5 * step * w, 60) * np.exp(s)
    whole = 0.0
    for E in (omega + np.exp(s), omega - np.exp(s)):
        tanh = np.tanh(E / (2.0 * T))[:, None]
        p = np.cosh(u) ** -2
        width = chi * p * E[:, None] / (2.0 * tanh)
        square = (L * p * tanh * width / (np.exp(2.0 * s)[:, None] + width**2)) ** 2
        whole += weight_s @ square @ weight_u / L
    found = second_moments(Attenuation(chi=chi), population, np.array([T]), np.array([omega]))
    assert found[0, 0, 0] == pytest.approx(float(whole), rel=1e-9)


def test_moments_of_a_sum_have_the_cross_term(population):
    T, omega = np.array([0.2, 1.0]), np.array([0.1, 0.5])
    both, resonant, relaxation = (
        moments(Attenuation(chi=0.3), population, (2,), parts, T, omega)[0] for parts in ((0, 1), (0,), (1,))
    )
    cross = both - resonant - relaxation
    assert (cross > 0.0).all()
    assert (cross**2 < 4.0 * resonant * relaxation).all()


def test_moments_of_sampled_defects(population):
    # 2e5 defects of one run: 12 second moments within five errors, 1e-5.
    run = tlsmc.run(
        tlsmc.parse_spec(small_content(seed=seed("second moments"), defects=200_000, p_min=1e-6)), progress=False
    )
    for name in ("attenuation.resonant", "attenuation.relaxation", "attenuation.total", "dephasing", "heat_capacity"):
        curve = run[name]
        part = run.contributions(curve.gridded.name)[list(curve.parts)].sum(axis=0)
        part = part.reshape(*curve.gridded.shape, -1)
        estimate = moment_estimate((part**2).sum(axis=-1), (part**4).sum(axis=-1), part.shape[-1], False)
        total = part.shape[-1] / run.defects
        (exact,) = moments(curve.gridded.observable, population, (2,), curve.parts, *curve.gridded.values)
        assert total < 1.0  # the first block only
        assert (np.abs(estimate.mean - exact) < 5.0 * estimate.error).all(), name


def test_a_formula_that_jumps_is_refused(population):
    found = second_moments(Linewidth(chi=0.3), population, np.array([0.1, 1.0]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


# Samples against the closed form


@pytest.mark.parametrize("defects", [10, 100, 1000, 10_000, 100_000])
def test_spread_of_the_rate_is_the_closed_form(defects):
    # 400 samples, but 100 of the largest.  Three temperatures of the same defects count as three checks.
    number = 100 if defects == 100_000 else 400
    run = _run(f"spread {defects}", defects, number=number, observables=DEPHASING, p_min=1e-9)
    curve = run["dephasing"]
    found, population = sample_statistics(curve), run.spec.population
    n_T_V = defects / population.defects_per_n_T
    expected = dephasing_spread(curve.gridded.T / population.E_star, n_T_V, p_min=population.p_min)
    np.testing.assert_allclose(found.predicted.ratio, expected, rtol=1e-11)
    judged = np.isfinite(found.z)
    assert judged.all() or (defects == 10 and judged[1:].all())
    assert np.nanmax(np.abs(found.z)) < _bound(5 * 3)


def test_a_fixed_number_of_defects_spreads_less():
    # At T = 2 E* with p_min = 0.5 the number itself is most of the spread: 1/N of <c^2>/(N <c>^2) = 1.06/N.
    kept = {"observables": {"dephasing": {"temperature": [2.0]}}, "p_min": 0.5}
    found = {count: sample_statistics(_run(f"count {count}", 100, count, **kept)["dephasing"]) for count in COUNTS}
    ratio = found["fixed"].predicted.ratio[0] / found["poisson"].predicted.ratio[0]
    assert ratio < 0.1
    for statistics in found.values():
        assert np.abs(statistics.z).max() < _bound(2)
    assert found["fixed"].ratio.mean[0] < 0.5 * found["poisson"].ratio.mean[0]


def test_few_defects_on_a_narrow_line_are_skewed_and_many_are_not():
    few, many = (
        sample_statistics(_run(f"line {N}", N, observables=LINE, chi=0.003, p_min=1e-6)["attenuation.resonant"])
        for N in (300, 30_000)
    )
    for found in (few, many):
        assert np.abs(found.z).max() < _bound(2)
    assert few.predicted.ratio[0, 0] > 1.0
    assert few.skewness.mean[0, 0] > 2.0
    assert few.median.mean[0, 0] < 0.4
    assert few.typical.mean[0, 0] < 0.4
    # Gaussian: skewness is third moment over N, a tenth of that of few, and median and typical are the mean.
    assert many.predicted.ratio[0, 0] == pytest.approx(0.01 * few.predicted.ratio[0, 0], rel=1e-12)
    assert many.skewness.mean[0, 0] < 1.0
    assert many.median.mean[0, 0] > 0.9
    assert many.typical.mean[0, 0] > 0.95


def test_errors_are_true():
    # 300 repetitions of 100 samples: a standard deviation is known to 4 %, 8 % for a skewed law, of which errors may
    # be wrong by 20 % (skewness 35 %) beyond; the mean of 300 values is known to 1/17 of the scatter of one.
    stream, trials, number = rng("errors are true"), 300, 100
    x = 1.0 + 0.5 * stream.gamma(4.0, size=(number, trials)) / 2.0
    shape, scale = 4.0, 0.25
    mean, variance = 1.0 + shape * scale, shape * scale**2
    logs = float(mp.quad(lambda g: mp.log(1 + scale * g) * g**3 * mp.exp(-g) / 6, [0, 4, 12, 60]))
    truth = {
        "mean": mean,
        "variance": variance,
        "skewness": 2.0 / shape**0.5,
        "ratio": variance / mean**2,
        "median": (1.0 + scale * stats.gamma.median(shape)) / mean,
        "typical": np.exp(logs) / mean,
    }
    for name, (value, error) in samples._statistics(x).items():
        scatter = value.std(ddof=1)
        true = np.sqrt((error**2).mean())
        assert true == pytest.approx(scatter, rel=0.6 if name == "skewness" else 0.35), name
        assert abs(value.mean() - truth[name]) < 5.0 * scatter / np.sqrt(trials) + 0.06 * (name == "skewness"), name


# What is refused


def test_few_samples_have_no_errors():
    curve = _run("few", 100, number=FEWEST_SAMPLES - 1, observables=DEPHASING)["dephasing"]
    found = sample_statistics(curve)
    assert found.samples == FEWEST_SAMPLES - 1
    for name in ("mean", "ratio", "skewness", "median", "typical"):
        assert np.isnan(getattr(found, name)).all()
    assert np.isfinite(found.predicted.ratio).all()
    assert np.isnan(found.z).all()


def test_few_samples_for_their_kurtosis_have_no_z():
    found = sample_statistics(_run("kurtosis", 3, number=50, observables=DEPHASING)["dephasing"])
    assert np.isfinite(found.ratio).all()
    assert (found.predicted.kurtosis > 10.0).any()
    np.testing.assert_array_equal(np.isfinite(found.z), 50 / found.predicted.kurtosis >= samples.FEWEST_PER_KURTOSIS)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"sampling": "sobol", "count": "fixed"}, "Sobol"), ({"proposal": "resonant"}, "weights")],
)
def test_samples_that_are_no_pieces_of_metal(settings, says):
    content = small_content(samples=2, **({"count": "poisson"} | settings))
    predicted = predicted_spread(tlsmc.run(tlsmc.parse_spec(content), progress=False)["attenuation"])
    assert says in predicted.reason
    assert np.isnan(predicted.ratio).all()


def test_unfinished_samples_are_left_out():
    run = _run("unfinished", 5000, number=10, observables=DEPHASING)
    done = run.sums.done.copy()
    assert done.shape == (10, 2)
    done[3, 1] = done[7, 0] = False
    part = dataclasses.replace(run, sums=dataclasses.replace(run.sums, done=done))
    whole, found = (samples.sample_means(r["dephasing"]) for r in (run, part))
    np.testing.assert_array_equal(found, np.delete(whole, [3, 7], axis=0))


def test_records_of_samples_are_the_same_means():
    content = small_content(samples=10) | {"trajectories": {"samples": True}}
    run = tlsmc.run(tlsmc.parse_spec(content), progress=False)
    np.testing.assert_array_equal(
        run.records["samples/attenuation"]["mean"][:, 0], samples.sample_means(run["attenuation.resonant"])
    )
    total = samples.sample_means(run["attenuation.total"])
    np.testing.assert_allclose(run.records["samples/attenuation"]["mean"].sum(axis=1), total, rtol=1e-14)
