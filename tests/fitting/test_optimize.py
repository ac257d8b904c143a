"""The optimum is the one that other programs find on the same residuals, and errors of linear problems are known."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.stats import chi2 as chi2_law

from tests.fitting.synthetic import content, electrons_and_heat, measured, sound, write_csv
from tests.seeds import rng
from tlsmc.fitting.goodness import goodness, runs_law
from tlsmc.fitting.objective import Objective, plain_noise
from tlsmc.fitting.optimize import best_of_starts, descend
from tlsmc.fitting.parameters import Prior
from tlsmc.fitting.problem import parse_fit
from tlsmc.fitting.procedure import solve
from tlsmc.fitting.uncertainty import curvature, profile

T = np.geomspace(0.004, 0.4, 10)


@pytest.fixture(params=["electrons", "sound"])
def objective(request, tmp_path):
    problem = electrons_and_heat(tmp_path, T) if request.param == "electrons" else sound(tmp_path, T, [1e8, 1e9])
    model = measured(problem.model, rng(f"optimum {request.param}"))
    return Objective(model, plain_noise(model))


def test_scipy_curve_fit_finds_the_same(objective):
    optimum = best_of_starts(objective, 3, 1)
    assert optimum.converged
    model = objective.model

    def curve(_, *u):
        return np.concatenate(model.predict(np.array(u)))

    found, covariance = curve_fit(
        curve,
        None,
        objective.data,
        p0=model.start,
        sigma=objective.noise.error,
        absolute_sigma=True,
        xtol=1e-12,
        ftol=1e-12,
    )
    np.testing.assert_allclose(found, optimum.u, rtol=0, atol=1e-6)
    bend = curvature(objective, optimum.u)
    np.testing.assert_allclose(bend.error, np.sqrt(np.diag(covariance)), rtol=1e-3)
    np.testing.assert_allclose(objective.chi2(found), optimum.chi2, rtol=1e-9)


def test_lmfit_finds_the_same(objective):
    lmfit = pytest.importorskip("lmfit")
    model = objective.model
    parameters = lmfit.Parameters()
    for k, (name, start) in enumerate(zip(model.names, model.start, strict=True)):
        low, high = (float(bound[k]) for bound in model.bounds)
        parameters.add(name.replace(".", "_"), value=float(start), min=low, max=high)

    def residuals(values):
        return objective.residuals(np.array(list(values.valuesdict().values())))

    found = lmfit.minimize(residuals, parameters, method="least_squares", xtol=1e-12, ftol=1e-12, gtol=1e-12)
    optimum = best_of_starts(objective, 3, 1)
    ends = np.array(list(found.params.valuesdict().values()))
    np.testing.assert_allclose(ends, optimum.u, rtol=0, atol=1e-6)


def test_bad_starts_come_to_the_same_optimum(objective):
    best = best_of_starts(objective, 1, 1)
    model = objective.model
    far = replace(
        model,
        parameters=tuple(
            replace(
                p,
                start=p.start * (0.2 if p.name == "chi" else 5.0),
                low=p.low / 1e3,
                high=min(p.high * 1e3, 1.0 if p.name == "chi" else np.inf),
            )
            for p in model.parameters
        ),
    )
    found = best_of_starts(Objective(far, objective.noise), 4, 2)
    assert found.reached >= 1
    np.testing.assert_allclose(found.u, best.u, rtol=0, atol=1e-5)


def test_jacobian_is_the_derivative(objective):
    u = objective.model.start + 0.01
    jacobian = objective.jacobian(u)
    for k in range(len(u)):
        step = np.zeros_like(u)
        step[k] = 1e-3
        # Fourth order: an error of 1e-12.
        f = [objective.residuals(u + m * step) for m in (-2, -1, 1, 2)]
        exact = (f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3]) / 12e-3
        np.testing.assert_allclose(jacobian[:, k], exact, rtol=1e-5, atol=1e-5 * np.abs(exact).max())
    np.testing.assert_array_equal(objective.jacobian(u, without=1), np.delete(jacobian, 1, axis=1))


def _linear(folder, seed="line"):
    """C of backgrounds alone, gamma T + beta T^3, over a density that is held: a problem linear in both."""
    random = rng(seed)
    x = np.linspace(0.5, 2.0, 12)
    y = 3.0 * x + 2.0 * x**3 + 0.1 * random.standard_normal(12)
    write_csv(folder / "d.csv", "T [K],value [J/(K cm^3)],error", x, y, 0.1)
    data = {"d": {"file": "d.csv", "quantity": "C", "background": "heat"}}
    spec = content(data=data, parameters={"n_T": {"fixed": "1 cm^-3"}})
    return parse_fit(spec, folder).model, np.stack([x, x**3], axis=1) / 0.1, y / 0.1


def test_linear_problems_have_the_textbook_answer(tmp_path):
    model, design, y = _linear(tmp_path)
    solution = solve(model, None, 1, 1)
    covariance = np.linalg.inv(design.T @ design)
    best = covariance @ design.T @ y
    np.testing.assert_allclose(solution.optimum.u, best, rtol=1e-6)
    np.testing.assert_allclose(solution.bend.covariance, covariance, rtol=1e-6)
    for k, found in enumerate(solution.profiles):
        sigma = np.sqrt(covariance[k, k])
        np.testing.assert_allclose([found.low68, found.high68], best[k] + sigma * np.array([-1, 1]), atol=0.02 * sigma)
        np.testing.assert_allclose(
            [found.low95, found.high95], best[k] + 1.96 * sigma * np.array([-1, 1]), atol=0.02 * sigma
        )
    good = goodness(solution.objective, solution.optimum.u)
    least = float(((y - design @ best) ** 2).sum())
    assert good.chi2 == pytest.approx(least, rel=1e-9)
    assert good.p_value == pytest.approx(chi2_law.sf(least, 10))


def test_a_prior_counts_as_a_measured_point(tmp_path):
    model, design, y = _linear(tmp_path)
    tight = replace(model.parameters[0], prior=Prior(3.5, 0.01))
    solution = solve(replace(model, parameters=(tight, model.parameters[1])), None, 1, 1)
    design, y = np.vstack([design, [[100.0, 0.0]]]), np.append(y, 350.0)
    covariance = np.linalg.inv(design.T @ design)
    np.testing.assert_allclose(solution.optimum.u, covariance @ design.T @ y, rtol=1e-6)
    np.testing.assert_allclose(solution.bend.covariance, covariance, rtol=1e-6)
    assert goodness(solution.objective, solution.optimum.u).dof == 11


def test_profile_of_a_curved_problem(objective):
    """Against chi2 minimised on a fine grid of E*."""
    optimum = best_of_starts(objective, 2, 1)
    bend = curvature(objective, optimum.u)
    found = profile(objective, optimum.u, 0, bend)
    model = objective.model
    for end, rise in ((found.low68, 1.0), (found.high68, 1.0), (found.low95, 3.8415), (found.high95, 3.8415)):
        held = replace(
            model, parameters=model.parameters[1:], fixed={**model.fixed, "population.parameters.E.high": np.exp(end)}
        )
        least = descend(Objective(held, objective.noise), optimum.u[1:]).chi2
        assert least - optimum.chi2 == pytest.approx(rise, rel=0.05)
    assert found.better is None


def test_the_law_of_runs_is_that_of_all_orders():
    """By enumeration, and its mean for many points."""
    for up, down in ((3, 4), (1, 5), (6, 2), (4, 4)):
        counted = np.zeros(up + down + 1)
        for places in combinations(range(up + down), up):
            signs = np.isin(np.arange(up + down), places)
            counted[1 + (signs[1:] != signs[:-1]).sum()] += 1.0
        np.testing.assert_allclose(runs_law(up, down), counted / counted.sum(), atol=1e-12)
    law = runs_law(3000, 5000)
    assert law.sum() == pytest.approx(1.0)
    assert np.arange(len(law)) @ law == pytest.approx(2.0 * 3000 * 5000 / 8000 + 1.0)
    assert runs_law(0, 5)[1] == 1.0


def test_runs_are_counted_along_temperature(tmp_path):
    model, _, _ = _linear(tmp_path)
    (data,) = model.sets
    signs = np.array([1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1.0])
    order = np.argsort(rng("runs").random(12))
    T = np.linspace(0.5, 2.0, 12)
    u = np.array([3.0, 2.0])
    for pattern, runs in ((signs, 2), (np.tile([1.0, -1.0], 6), 12)):
        value = (3.0 * T + 2.0 * T**3 + 0.1 * pattern)[order]
        changed = replace(model, sets=(replace(data, temperature=T[order], value=value),))
        good = goodness(Objective(changed, plain_noise(changed)), u)
        assert (good.runs, good.runs_expected) == (runs, pytest.approx(7.0))
        # Of 924 orders 2 have 2 runs, and 2 have 12; either side counts.
        assert good.runs_p == pytest.approx(4.0 / 924.0)


def test_relative_errors_follow_the_model(tmp_path):
    """Errors as a share of the data would pull the amplitude down by twice their square; those of the model do not."""
    random = rng("relative")
    write_csv(tmp_path / "d.csv", "T [K],value", np.linspace(1.0, 2.0, 400), 1.0 + 0.2 * random.standard_normal(400))
    spec = content(
        data={
            "d": {
                "file": "d.csv",
                "quantity": "C",
                "units": {"value": "J/(K cm^3)"},
                "relative_error": 0.2,
                "background": "constant",
            }
        },
        parameters={"n_T": {"fixed": "1 cm^-3"}},
    )
    model = parse_fit(spec, tmp_path).model
    solution = solve(model, None, 1, 1)
    mean = float(np.mean(model.sets[0].value))
    assert solution.optimum.u[0] == pytest.approx(mean, rel=1e-4)
    assert np.allclose(solution.objective.noise.error, 0.2 * mean, rtol=1e-3)
