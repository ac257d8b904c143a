"""Intervals hold the truth as often as they promise, both those of the curvature and those of the profile.

Every data set is from an explicit ensemble of its own, measured with 3 % noise, with the sample's own scatter in the
errors.
"""

import numpy as np
import pytest

from tests.fitting.synthetic import electrons_and_heat, measured, sound
from tests.seeds import rng
from tlsmc.fitting.procedure import solve

LEVELS = (0.6827, 0.95)


def _hits(problem, volume, defects, fits, label):
    """Fractions of fits whose intervals hold the truth: (parameters, methods, levels), and mean deviations."""
    random, model = rng(label), problem.model
    truth = model.start
    hits, pulls = [], []
    for _ in range(fits):
        solution = solve(measured(model, random, defects=defects), volume, 1, 1)
        assert solution.optimum.converged
        u, error = solution.optimum.u, solution.bend.error
        curvature = [np.abs(u - truth) < 1.0 * error, np.abs(u - truth) < 1.96 * error]
        profile = [
            [p.low68 < t < p.high68 for p, t in zip(solution.profiles, truth, strict=True)],
            [p.low95 < t < p.high95 for p, t in zip(solution.profiles, truth, strict=True)],
        ]
        hits.append([curvature, profile])
        pulls.append((u - truth) / error)
    return np.moveaxis(np.mean(hits, axis=0), 2, 0), np.mean(pulls, axis=0)


def _volume(model, defects):
    return defects / (model.ensemble.material["defect_density"] * model.ensemble.population.defects_per_n_T)


def _check(hits, pulls, fits, parameters=2, sigma=4.0):
    """Within ``sigma`` binomial errors: a false alarm of 6e-5 (for 4) in each of 8 numbers and of 2 biases."""
    for k, level in enumerate(LEVELS):
        spread = sigma * np.sqrt(level * (1.0 - level) / fits)
        assert (np.abs(hits[:parameters, :, k] - level) < spread).all(), hits
    assert (np.abs(pulls[:parameters]) < sigma / np.sqrt(fits)).all(), pulls


def test_coverage_of_a_few_fits(tmp_path):
    problem = electrons_and_heat(tmp_path, np.geomspace(0.003, 0.5, 8), n_T={"fixed": "1e17 cm^-3"})
    hits, pulls = _hits(problem, _volume(problem.model, 20_000), 20_000, 50, "few fits")
    _check(hits, pulls, 50)


@pytest.mark.slow
def test_coverage_of_heat_and_dephasing(tmp_path):
    """970 fits: the limits of 4 errors are 68 +- 6 % and 95 +- 3 %."""
    problem = electrons_and_heat(tmp_path, np.geomspace(0.003, 0.5, 8), n_T={"fixed": "1e17 cm^-3"})
    hits, pulls = _hits(problem, _volume(problem.model, 20_000), 20_000, 970, "many fits")
    _check(hits, pulls, 970)


@pytest.mark.slow
def test_coverage_with_few_defects(tmp_path):
    """Of 1,000 defects the scatter between samples is as large as the noise: without it no interval would hold."""
    problem = electrons_and_heat(tmp_path, np.geomspace(0.003, 0.5, 8), n_T={"fixed": "1e17 cm^-3"})
    hits, pulls = _hits(problem, _volume(problem.model, 1000), 1000, 300, "few defects")
    _check(hits, pulls, 300)
    without, _ = _hits(problem, None, 1000, 40, "few defects, not told")
    assert (without[:2, :, 0] < 0.55).all()


@pytest.mark.slow
def test_a_free_amplitude_costs_no_bias(tmp_path):
    problem = sound(tmp_path, np.geomspace(0.005, 1.0, 6), [1e8, 5e8, 2e9])
    hits, pulls = _hits(problem, _volume(problem.model, 20_000), 20_000, 150, "sound")
    _check(hits, pulls, 150)
