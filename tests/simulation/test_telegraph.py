"""Telegraph noise in time: single defects against exact statistics, the sum against its spectrum, and the bits.

False-alarm rates are those of a whole test function per seed, divided by the number of its checks.
"""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest
from scipy import stats

from tests.seeds import rng, seed
from tlsmc.errors import ValidityError
from tlsmc.physics.absorption import DRIVES, relaxation_power, relaxation_strength
from tlsmc.physics.switching import flicker_spectrum, fluctuation_spectrum, sampled_spectrum, upper_occupation
from tlsmc.physics.thermal import thermal_susceptibility
from tlsmc.simulation.trajectories import telegraph
from tlsmc.statistics import spectra
from tlsmc.statistics.sums import PairwiseSum

ALARM = 1e-6


def _assert_normal(deviations, alarm=ALARM):
    deviations = np.ravel(deviations)
    assert np.abs(deviations).max() < stats.norm.isf(0.5 * alarm / deviations.size)


def _defects(E, p):
    E, p = np.broadcast_arrays(np.asarray(E, float), np.asarray(p, float))
    return {"E": E, "p": p, "q": 1.0 - p}


def _simulate(columns, label, *, chi=1.0, T=1.0, step=1.0, times=1000, v=None, keep=()):
    n = columns["E"].size
    streams = (telegraph.defect_stream(seed(label), 0, i) for i in range(n))
    return telegraph.simulate(columns, np.ones(n) if v is None else v, chi, T, step, times, streams, keep)


def _paper(n, p_min, E_star):
    """Defects of Eq. 2 on a lattice that fills the square of both coordinates evenly."""
    i = np.arange(n)
    depth = np.arctanh(np.sqrt(1.0 - p_min)) * ((i * 0.6180339887498949 + 0.5) % 1.0)
    return {"E": E_star * (i + 0.5) / n, "p": np.cosh(depth) ** -2.0, "q": np.tanh(depth) ** 2}


def _transitions(switches, start, times, lag):
    """Times ``lag`` apart: how often lower and upper were left for the other level, and how often they were there."""
    upper = start ^ (np.searchsorted(switches, np.arange(0, times, lag), side="right") % 2 == 1)
    before, after = upper[:-1], upper[1:]
    return (~before & after).sum(), (~before).sum(), (before & ~after).sum(), before.sum()


@pytest.mark.parametrize(
    ("u", "x"),
    [(1e-12, 50.0), (1e-12, 0.01), (0.5, 1e-6), (0.5, 1.0), (2.0, 0.1), (3.0, 40.0), (8.0, 1e-3), (20.0, 2.0)],
)
def test_single_defect(u, x):
    # 1e5 switches; a count of departures from a level is binomial given the times spent there.  With x = 1e-6 the
    # correlation is seen over 1e6 steps, with u = 20 not at all: 3e13 times are too many to look at.
    E, rate = np.array([u]), np.array([x])
    n1 = float(upper_occupation(u, 1.0))
    single = float(telegraph.expected_switches(E, 1.0, rate, 1.0, 2)[0][0])
    times = int(1e5 / single)
    lower, upper = (float(h[0]) for h in telegraph.leaving_hazards(E, 1.0, rate, 1.0))
    stream = rng(f"single {u} {x}")
    start = bool(stream.random() < n1)
    switches = telegraph.switch_times(stream, *((upper, lower) if start else (lower, upper)), times)
    assert np.all(np.diff(switches) > 0)
    assert 0 < switches[0] <= switches[-1] < times

    in_upper = telegraph.time_upper(switches, start, times)
    fraction, error = telegraph.expected_fraction(E, 1.0, rate, 1.0, times)
    count, spread = telegraph.expected_switches(E, 1.0, rate, 1.0, times)
    checks = [(in_upper / times - fraction[0]) / error[0], (switches.size - count[0]) / spread[0]]
    departures = switches.size // 2, switches.size - switches.size // 2
    counts = [(departures[not start], times - in_upper, departures[start], in_upper, 1)]
    if times * min(x, 1.0) < 1e7:
        lags = {max(1, int(f / x)) for f in (0.3, 1.0, 3.0)}
        counts += [(*_transitions(switches, start, times, lag), lag) for lag in lags]
    for up, from_lower, down, from_upper, lag in counts:
        a = -np.expm1(-lag * x)
        for hits, trials, probability in ((up, from_lower, a * n1), (down, from_upper, a * (1.0 - n1))):
            checks.append((hits - trials * probability) / np.sqrt(trials * probability * (1.0 - probability)))
    _assert_normal(checks)


def test_ten_steps_are_one_step_of_ten():
    E, rate = np.array([1e-9, 0.3, 2.0, 5.0]), np.array([1e-9, 1e-3, 0.2, 3.0])

    def propagators(step):
        up, down = (-np.expm1(-h) for h in telegraph.leaving_hazards(E, 1.0, rate, step))
        return np.moveaxis(np.array([[1.0 - up, down], [up, 1.0 - down]]), 2, 0)

    np.testing.assert_allclose(np.linalg.matrix_power(propagators(0.1), 10), propagators(1.0), rtol=1e-12)


def test_twenty_decades_of_rates():
    # 100 defects in each decade of step/T1 over up to 1e15 steps; the few switches below 1e-14 are Poisson's.
    stream, alarms = rng("twenty decades"), []
    for x in 10.0 ** np.arange(-18, 3):
        E, rate = np.full(100, 0.7), np.full(100, x)
        times = int(min(1e15, max(400.0, 400.0 / x)))
        lower, upper = telegraph.leaving_hazards(E, 1.0, rate, 1.0)
        total = 0
        for start, a, b in zip(stream.random(100) < upper_occupation(0.7, 1.0), lower, upper, strict=True):
            total += telegraph.switch_times(stream, *((b, a) if start else (a, b)), times).size
        exact, spread = telegraph.expected_switches(E, 1.0, rate, 1.0, times)
        if exact.sum() > 200.0:
            alarms.append(2.0 * stats.norm.sf(abs(total - exact.sum()) / np.sqrt((spread**2).sum())))
        else:
            alarms.append(2.0 * min(stats.poisson.cdf(total, exact.sum()), stats.poisson.sf(total - 1, exact.sum())))
    assert min(alarms) > ALARM / len(alarms)


def test_frozen_defects_start_thermally_and_stay():
    E = np.tile([0.1, 1.0, 3.0], 3000)
    sums = _simulate(_defects(E, 1e-30), "frozen", times=3)
    assert not sums.switches.value.any()
    assert set(sums.fraction.value.tolist()) == {0.0, 1.0}
    assert np.ptp(sums.signal) == 0.0
    deviations = (sums.fraction.value - sums.fraction.exact).reshape(-1, 3).sum(axis=0)
    _assert_normal(deviations / np.sqrt((sums.fraction.error**2).reshape(-1, 3).sum(axis=0)))


def test_limits_are_finite_and_silent():
    # E/T from 1e-12 to 1e4 and p down to 1e-300, with steps that freeze all defects or let none remember.
    E, p = (a.ravel() for a in np.meshgrid([1e-12, 1.0, 700.0, 1e4], [1.0, 1e-20, 1e-300]))
    for step in (1e-30, 1.0, 1e25):
        sums = _simulate(_defects(E, p), "limits", step=step, times=50)
        assert np.isfinite(sums.signal).all()
        for check in (sums.fraction, sums.switches):
            assert np.isfinite(check).all()
        assert not sums.fraction.value[E > 600.0].any()


def test_sums_are_those_of_the_states():
    n, times = 70, 1003
    columns = _defects(rng("states E").uniform(0.01, 3.0, n), 10.0 ** rng("states p").uniform(-5, 0, n))
    v = rng("states v").standard_normal(n)
    sums = _simulate(columns, "states", v=v, times=times, keep=range(n))
    levels = np.unpackbits(sums.states, axis=1, count=times)
    np.testing.assert_array_equal(sums.fraction.value, levels.sum(axis=1) / times)
    np.testing.assert_array_equal(sums.switches.value, (levels[:, 1:] != levels[:, :-1]).sum(axis=1))
    amplitude = v * np.sqrt(columns["q"])
    direct = amplitude @ (2.0 * levels - 1.0)
    np.testing.assert_allclose(sums.signal, direct, rtol=0.0, atol=1e-14 * np.abs(amplitude).sum())
    other = _simulate(columns, "states", v=v, times=times, keep=[69, 4])
    np.testing.assert_array_equal(other.states, sums.states[[69, 4]])


def test_signal_of_few_defects_has_few_values():
    # Exact additions: thousands of switches leave no rounding behind.
    v = rng("few values").standard_normal(3)
    sums = _simulate(_defects([0.1, 0.3, 0.2], [0.3, 0.1, 0.2]), "few values", v=v, times=20_000)
    assert sums.switches.value.min() > 100
    assert np.unique(sums.signal).size <= 8


@pytest.mark.parametrize(("first", "second"), [(1e-2, 2.0), (0.1, 0.1), (np.inf, 0.3), (0.7, 0.6)])
def test_longer_history_begins_with_the_shorter_one(first, second):
    # Some of the histories need more draws than the first guess.
    for i in range(500):
        short, whole = (telegraph.switch_times(np.random.default_rng(i), first, second, n) for n in (300, 1200))
        np.testing.assert_array_equal(short, whole[whole < 300])
        assert whole[0] >= 1
        assert np.all(np.diff(whole) >= 1)
        assert whole[-1] >= 300


def test_chunks_add_up_to_the_same_bits():
    n, times = 5 * telegraph.GROUP + 7, 500
    columns = _paper(n, 1e-6, 3.0)
    v = rng("chunks").standard_normal(n)
    whole = _simulate(columns, "chunks", v=v, times=times)
    for size in (telegraph.GROUP, 2 * telegraph.GROUP, 4 * telegraph.GROUP):
        tree, fractions = PairwiseSum(), []
        for start in range(0, n, size):
            part = slice(start, min(n, start + size))
            streams = (telegraph.defect_stream(seed("chunks"), 0, i) for i in range(n)[part])
            cut = {name: column[part] for name, column in columns.items()}
            sums = telegraph.simulate(cut, v[part], 1.0, 1.0, 1.0, times, streams)
            tree.add((sums.signal,))
            fractions.append(sums.fraction.value)
        np.testing.assert_array_equal(tree.result()[0], whole.signal)
        np.testing.assert_array_equal(np.concatenate(fractions), whole.fraction.value)


def test_streams_are_all_different_and_none_is_a_populations():
    def first(stream):
        return int(stream.bit_generator.random_raw())

    keys = list(itertools.product(range(4), range(200)))
    values = [first(telegraph.defect_stream(5, *key)) for key in keys]
    # Keys of two parts, which a population's scrambles have.
    values += [first(np.random.default_rng(np.random.SeedSequence(5, spawn_key=key))) for key in keys]
    assert len(set(values)) == 2 * len(keys)
    assert first(telegraph.defect_stream(5, 1, 7)) == values[207]


@pytest.mark.parametrize("x", [1e-7, 0.3, 40.0])
def test_moments_by_enumeration_of_all_histories(x):
    u, times = 0.8, 9
    n1, a = float(upper_occupation(u, 1.0)), -np.expm1(-x)
    step = np.array([[1.0 - a * n1, a * n1], [a * (1.0 - n1), 1.0 - a * (1.0 - n1)]])
    histories = np.array(list(itertools.product((0, 1), repeat=times)))
    weight = np.where(histories[:, 0] == 1, n1, 1.0 - n1) * step[histories[:, :-1], histories[:, 1:]].prod(axis=1)
    E, rate = np.array([u]), np.array([x])
    switches = (histories[:, 1:] != histories[:, :-1]).sum(axis=1)
    for values, expected in (
        (histories.mean(axis=1), telegraph.expected_fraction(E, 1.0, rate, 1.0, times)),
        (switches, telegraph.expected_switches(E, 1.0, rate, 1.0, times)),
    ):
        mean = weight @ values
        np.testing.assert_allclose([m[0] for m in expected], [mean, np.sqrt(weight @ (values - mean) ** 2)], rtol=1e-8)


def test_error_of_the_fraction_is_exact_for_all_rates():
    # A relative 1e-11 of the sum of decays, half of it in its root.
    times, x = 1000, 10.0 ** np.linspace(-14, 2, 60)
    _, error = telegraph.expected_fraction(np.full(60, 1e-9), 1.0, x, 1.0, times)
    for value, a in zip(error, x, strict=True):
        with mpmath.workdps(60):
            decay = mpmath.exp(-mpmath.mpf(float(a)))
            pairs = times + 2 * sum((times - k) * decay**k for k in range(1, times))
            assert float(abs(value / (mpmath.sqrt(pairs) / (2 * times)) - 1)) < 5e-12


def test_autocovariance_is_the_sum_of_the_decays():
    variance, rate = rng("covariance").random(5000), 10.0 ** rng("covariance rates").uniform(-8, 2, 5000)
    direct = (variance[:, None] * np.exp(-0.3 * np.outer(rate, np.arange(75)))).sum(axis=0)
    np.testing.assert_allclose(telegraph.autocovariance(variance, rate, 0.3, 75), direct, rtol=1e-12)


def _bands(ratio, width):
    return ratio[: ratio.size // width * width].reshape(-1, width).mean(axis=1)


@pytest.mark.parametrize("step", [0.05, 1.0, 20.0])
def test_spectrum_of_the_sum_is_in_its_band(step):
    times, segment, width = 2**18, 2**12, 16
    columns = _paper(200, 0.05, 3.0)
    sums = _simulate(columns, f"spectrum {step}", step=step, times=times)
    variance, rate = telegraph.variances(columns, np.ones(200), 1.0), telegraph.rates(columns, 1.0, 1.0)
    expected = spectra.welch_expectation(telegraph.autocovariance(variance, rate, step, segment), step)
    dof = spectra.welch_dof(times, segment, width)
    parts = sampled_spectrum(spectra.welch_omega(segment, step), variance[:, None], rate[:, None], step)
    assert spectra.switching_excess(parts, sums.switches.exact).max() < 0.1 * 2.0 / dof
    chi2 = dof * _bands(spectra.welch(sums.signal, step, segment) / expected, width)
    tails = np.minimum(stats.chi2.cdf(chi2, dof), stats.chi2.sf(chi2, dof))
    assert 2.0 * tails.min() > 0.5 * ALARM / chi2.size
    # The scatter of the bands, which are all but independent.
    scatter = ((chi2 - dof) ** 2).sum() / (2.0 * dof)
    assert stats.chi2.isf(1.0 - 0.25 * ALARM, chi2.size) < scatter < 1.1 * stats.chi2.isf(0.25 * ALARM, chi2.size)


def test_few_switches_widen_the_band_as_estimated():
    # Four cold, slow defects of about 5 switches each; the estimate is one of the order of magnitude.
    times, segment = 4096, 256
    columns = _defects(np.full(4, 3.0), 0.0085)
    means = [spectra.welch(_simulate(columns, f"few {i}", times=times).signal, 1.0, segment)[8:100] for i in range(200)]
    variance, rate = telegraph.variances(columns, np.ones(4), 1.0), telegraph.rates(columns, 1.0, 1.0)
    parts = sampled_spectrum(spectra.welch_omega(segment, 1.0), variance[:, None], rate[:, None], 1.0)[:, 8:100]
    switches, _ = telegraph.expected_switches(columns["E"], 1.0, rate, 1.0, times)
    band = (np.array(means) / parts.sum(axis=0)).mean(axis=1)
    excess = float(spectra.switching_excess(parts, switches).mean())
    assert excess > 10.0 * 2.0 / spectra.welch_dof(times, segment, 92)
    assert excess / 4.0 < band.var() < excess * 4.0


def test_fluctuation_dissipation():
    # 64 equal defects: the noise in time against the power that one of them takes from a sigma_z drive.
    times, segment, E, p, T = 2**18, 2**13, 0.7, 0.02, 1.0
    columns = _defects(np.full(64, E), p)
    rate = float(telegraph.rates(columns, 1.0, T)[0])
    sums = _simulate(columns, "dissipation", times=times)
    omega = spectra.welch_omega(segment, 1.0)
    chosen = slice(8, 136)
    strength = relaxation_strength(1.0 - p, thermal_susceptibility(E, T), T)
    power = DRIVES["sigma_z"][1] * relaxation_power(omega, strength, rate)
    noise = 64.0 * fluctuation_spectrum(omega, power, T)
    variance = telegraph.variances(columns, np.ones(64), T)
    expected = spectra.welch_expectation(
        telegraph.autocovariance(variance, telegraph.rates(columns, 1.0, T), 1.0, segment), 1.0
    )
    # The window and the step change the spectrum by less than its statistical error.
    np.testing.assert_allclose(expected[chosen], noise[chosen], rtol=4e-3)
    assert omega[chosen][0] < 0.5 * rate < 2.0 * rate < omega[chosen][-1]
    dof = spectra.welch_dof(times, segment, 128)
    _assert_normal(((spectra.welch(sums.signal, 1.0, segment) / noise)[chosen].mean() - 1.0) / np.sqrt(2.0 / dof))


def test_flicker_noise_over_four_decades():
    # E* = 10 T and fastest rates of about 4.  Over seeds the exponent of one run scatters by 0.006 and the mean of
    # three by 0.004, around the 1.009 of the exact spectrum (the rates end, the window leaks): no alarm in 1e6.
    times, segment, n, T, E_star, p_min = 2**22, 2**20, 512, 2.0, 20.0, 1e-10
    columns = _paper(n, p_min, E_star)
    omega, edges = spectra.welch_omega(segment, 1.0), np.geomspace(3e-5, 0.3, 13)
    runs = [_simulate(columns, f"flicker {i}", T=T, times=times).signal for i in range(3)]
    estimate = np.mean([spectra.welch(run, 1.0, segment) for run in runs], axis=0)
    variance, rate = telegraph.variances(columns, np.ones(n), T), telegraph.rates(columns, 1.0, T)
    expected = spectra.welch_expectation(telegraph.autocovariance(variance, rate, 1.0, segment), 1.0)
    density = n / np.arctanh(np.sqrt(1.0 - p_min)) / E_star

    def exponent(spectrum):
        band = np.digitize(omega, edges)
        count = np.bincount(band, minlength=14)[1:13]
        # Bins within a band average out; what single defects do to the spectrum does not.
        level = [np.log((spectrum * omega)[band == b].mean()) for b in range(1, 13)]
        middle = [np.log(omega[band == b]).mean() for b in range(1, 13)]
        return 1.0 - np.polyfit(middle, level, 1, w=np.sqrt(np.minimum(count, 100)))[0]

    assert abs(exponent(expected) - 1.0) < 0.015
    assert abs(exponent(estimate) - 1.0) < 0.03
    middle = (omega > 1e-3) & (omega < 1e-2)
    law = flicker_spectrum(omega, 1.0, density, T)
    assert (expected / law)[middle].mean() == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"T": 0.0}, "temperature 0.0"),
        ({"step": -1.0}, "step -1.0"),
        ({"times": 1}, "1 times"),
        ({"v": np.array([1.0, np.nan])}, r"v sqrt\(1-p\) = nan of defect 1"),
    ],
)
def test_refusals(change, message):
    with pytest.raises(ValidityError, match=message):
        _simulate(_defects([1.0, 2.0], 0.1), "refusals", **change)


def test_one_stream_per_defect():
    with pytest.raises(ValueError, match="shorter"):
        telegraph.simulate(_defects([1.0, 2.0], 0.1), np.ones(2), 1.0, 1.0, 1.0, 9, [rng("alone")])
