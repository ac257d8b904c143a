"""Errors that mean what they say: coverage of intervals, and pulls against reference numbers, over many seeds."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import tlsmc
from tests.library import small_content
from tests.seeds import seed
from tlsmc.observables.program import contributions
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.spec.reader import parse_spec

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "attenuation.json").read_text())

#: Grid points where the mean of 2000 defects is Gaussian: at chi = 0.3, p > 1e-3 and omega of the order of E* all lines
#: are as broad as the band, so that no few defects carry the sum.  Narrow lines and smaller p make resonant means of
#: so few defects lognormal-like, and no multiple of a standard error covers them properly.
BENIGN = {"chi": 0.3, "p_min": 1e-3, "T": [0.2, 1.0], "omega": [0.5, 1.5]}


def _repeated(runs, label, **settings):
    """The same run with as many seeds."""
    spec = parse_spec(small_content(**settings))
    for number in range(runs):
        layout = dataclasses.replace(spec.layout, seed=seed(f"{label} {number}"))
        yield tlsmc.run(dataclasses.replace(spec, layout=layout), progress=False)


def _deviations(runs, label, **settings):
    """Deviations from the exact value and errors: curve -> two arrays of shape (runs, grid points)."""
    exact, means, errors = {}, {}, {}
    for run in _repeated(runs, label, **BENIGN, **settings):
        for name in run.names:
            if name == "linewidth.overdamped":  # no such defect at these temperatures, hence no error
                continue
            curve = run[name]
            if name not in exact:
                exact[name] = curve.exact
            means.setdefault(name, []).append((curve.mean - exact[name]).ravel())
            errors.setdefault(name, []).append(curve.error.ravel())
    return {name: (np.array(means[name]), np.array(errors[name])) for name in exact}


@pytest.mark.parametrize("count", ["fixed", pytest.param("poisson", marks=pytest.mark.slow)])
def test_the_95_percent_interval_covers_95_percent(count):
    # The share has a standard deviation of 0.69 % at 1000 runs, and 92 % and 98 % are more than four of them away: a
    # false alarm in 3e-4 of the seeds for all 20 shares together.  (With 400 runs it would be one in ten.)
    found = _deviations(1000, f"coverage {count}", defects=2000, count=count)
    assert len(found) == 6
    for name, (deviation, error) in found.items():
        shares = (np.abs(deviation) <= 1.96 * error).mean(axis=0)
        assert bool(((shares > 0.92) & (shares < 0.98)).all()), f"{name}: {shares}"


def test_sobol_errors_are_those_of_the_means():
    # Four scrambles, so that the interval of 95 % is that of Student's t with three degrees of freedom, 3.18 errors
    # (1.96 errors cover as little as 84 %).  The mean of a scramble is heavier in its tails than a Gaussian, where the
    # contribution is smooth: the interval then covers more than 95 %, and only the lower limit is a test.
    runs, false_alarm = 200, 1e-5
    found = _deviations(runs, "sobol", defects=4 * BATCH, sampling="sobol")
    points = sum(deviation.shape[1] for deviation, _ in found.values())
    fewest = stats.binom.ppf(false_alarm / points, runs, 0.95)
    for name, (deviation, error) in found.items():
        hits = (np.abs(deviation) <= stats.t.ppf(0.975, 3) * error).sum(axis=0)
        assert bool((hits >= fewest).all()), f"{name}: {hits}"
        # Whatever the law, the mean is unbiased and the square of the error is its variance on average.
        for excess in (deviation, deviation**2 - error**2):
            p_values = stats.ttest_1samp(excess, 0.0, axis=0).pvalue
            assert bool((p_values > false_alarm / points).all()), f"{name}: {p_values}"


def test_poisson_samples_spread_as_their_error_says():
    # One run of many samples: the scatter of the samples' means against the error of the whole.
    content = small_content(seed=seed("spread"), **BENIGN, defects=500, samples=400, count="poisson")
    run = tlsmc.run(parse_spec(content), progress=False)
    for name in ("attenuation.relaxation", "heat_capacity", "dephasing"):
        curve = run[name]
        means = curve.block_totals / curve.finished_sizes.reshape(-1, *[1] * curve.mean.ndim)
        spread = means.std(axis=0, ddof=1).reshape(curve.error.shape) / np.sqrt(400)
        # The spread of 400 is known to 3.5 %, here with five times that.
        np.testing.assert_allclose(spread, curve.error, rtol=0.18)


def _moments(spec, gridded, count):
    """Exact skewness of the mean of ``count`` defects, shape (components, T, omega), by quadrature."""
    observable, population = gridded.observable, spec.population
    program, rows = observable.program(population), gridded.points
    skewness = np.empty((program.components, *gridded.grid))
    for j, omega in enumerate(gridded.values[1]):
        columns, weights = population.nodes(gridded.T, float(omega))
        for i, T in enumerate(gridded.T):
            for k, part in enumerate(contributions(program, columns, float(T), rows[j])):
                first, second, third = (np.dot(weights, part**n) for n in (1, 2, 3))
                variance = second - first**2
                skewness[k, i, j] = (third - 3 * first * second + 2 * first**3) / variance**1.5 / np.sqrt(count)
    return skewness


@pytest.mark.parametrize("chi", [0.003, 0.03, 0.3])
def test_pulls_against_the_reference_are_standard_normal(chi):
    # E* = 1: T = theta/2 and omega = Omega.  Excluded are the points where the mean is too skew to be normal, by its
    # exact skewness and not by the sample: narrow lines, whose mean a handful of resonant defects carry (the share of
    # defects in resonance is of the order of chi Omega/(2 L): all of F_res at chi = 0.003, its small Omega at 0.03).
    count, runs, false_alarm = 100_000, 30, 1e-4
    rows = [row for row in REFERENCE if row["chi"] == chi]
    thetas, omegas = (sorted({row[key] for row in rows}) for key in ("theta", "Omega"))
    assert len(rows) == len(thetas) * len(omegas) == 12
    expected = np.empty((2, len(thetas), len(omegas)))
    for row in rows:
        expected[:, thetas.index(row["theta"]), omegas.index(row["Omega"])] = row["F_res"], row["F_rel_eq12"]
    settings = {
        "chi": chi,
        "p_min": 1e-12,
        "defects": count,
        "observables": {"attenuation": {"temperature": [t / 2 for t in thetas], "frequency": omegas}},
    }
    spec = parse_spec(small_content(**settings))
    usable = np.abs(_moments(spec, spec.gridded("attenuation"), count)) < 0.1
    pulls = []
    for run in _repeated(runs, f"pulls {chi}", **settings):
        curves = [run["attenuation.resonant"], run["attenuation.relaxation"]]
        pulls.append([(c.mean - e) / c.error for c, e in zip(curves, expected, strict=True)])
    pulls = np.array(pulls)[:, usable]
    points = pulls.shape[1]
    assert points >= {0.003: 8, 0.03: 12, 0.3: 16}[chi]
    # Pulls of one point are independent from run to run: their mean has the error 1/sqrt(runs), their sum of squares
    # follows chi^2.  Two checks at each point share the false alarm.
    each = false_alarm / (2 * points)
    assert np.abs(pulls.mean(axis=0)).max() < stats.norm.isf(each / 2) / np.sqrt(runs)
    low, high = stats.chi2.interval(1.0 - each, runs - 1)
    squares = pulls.var(axis=0, ddof=1) * (runs - 1)
    assert bool(((squares > low) & (squares < high)).all()), squares / (runs - 1)
