"""Valleys, bounds and kinks: what a search that goes downhill from one place gets wrong."""

import numpy as np
import pytest

from tests.fitting.synthetic import content, write_csv
from tests.seeds import rng
from tlsmc.fitting import fit, parse_fit
from tlsmc.fitting.objective import Objective, plain_noise
from tlsmc.fitting.optimize import newton
from tlsmc.fitting.procedure import solve
from tlsmc.fitting.summary import report

T = np.geomspace(0.02, 1.0, 25)


def rates(folder, value, parameters, error=None, **data):
    """A problem with 1/tau_phi in 1/ns."""
    write_csv(folder / "rate.csv", "T [K],value [1/ns],error", T, value, 0.03 * value if error is None else error)
    sets = {"s": {"file": "rate.csv", "quantity": "1/tau_phi", **data}}
    spec = content(data=sets, parameters=parameters)
    spec["material"]["defect_density"] = "2e16 cm^-3"
    return parse_fit(spec, folder)


def scattered(value, label):
    return value * (1.0 + 0.03 * rng(label).standard_normal(len(T)))


def test_a_valley_beyond_a_kink(tmp_path):
    """A flat 1/tau_phi: below E* tau = 1, Eq. 6 lets n_T grow as E*^-2 for ever; far above it E* would show.

    How much better than the valley E* of some ten mK fits is chance: the data have no scatter here.
    """
    value = np.full(len(T), 0.3)
    found = fit(rates(tmp_path, value, {"E_star": {"start": "20 mK"}, "n_T": {"start": "3e16 cm^-3"}}))
    assert found["n_T"].status == "lower limit"
    # At the corner of the valley 4 pi chi n_T v_F/k_F^2 is the rate: 2.8e16 cm^-3, less two errors of 3 %/5.
    assert found["n_T"].low95 == pytest.approx(2.81e16 * (1.0 - 2.0 * 0.03 / 5.0), rel=0.02)
    assert found["E_star"].status == "upper limit"
    assert 0.01 < found["E_star"].high95 < 0.03
    assert "no larger value is excluded" in report(found)


def test_profiles_agree_on_where_the_parameters_may_go(tmp_path):
    """What one profile has reached, no other may exclude, whatever the scatter makes of the corner."""
    value = scattered(np.full(len(T), 0.3), "flat rate")
    problem = rates(tmp_path, value, {"E_star": {}, "n_T": {}}, background="dephasing")
    solution = solve(problem.model, None, 4, 1)
    reached = np.concatenate([p.path for p in solution.profiles])
    for k, p in enumerate(solution.profiles):
        slack = 0.06 * min(p.high95 - p.low95, 100.0 * solution.objective.scales[k])
        assert reached[:, k].max() < p.high95 + slack
        assert reached[:, k].min() > p.low95 - slack


@pytest.mark.parametrize(
    ("parameters", "name", "words"),
    [
        ({"n_T": {"start": "1e21 cm^-3"}}, "n_T", "stopped at its bound 1e+18 cm^-3, by default"),
        ({"n_T": {"start": "1e12 cm^-3"}}, "n_T", "stopped at its bound 1e+15 cm^-3, by default"),
        ({"n_T": {"start": "1e17 cm^-3", "low": "5e16 cm^-3"}}, "n_T", "stopped at its bound 5e+16 cm^-3, given"),
    ],
)
def test_a_bound_is_no_limit_of_the_data(tmp_path, parameters, name, words):
    parameters = {"E_star": {"fixed": "1 mK"}} | parameters
    found = fit(rates(tmp_path, scattered(np.full(len(T), 0.2), "bounded"), parameters))
    assert found[name].status == "at its bound"
    assert (found[name].error, found[name].low95, found[name].high95) == (None, None, None)
    assert any(words in sentence for sentence in found.sentences)
    assert "(at its bound)" in report(found)
    assert not any("excluded" in sentence for sentence in found.sentences)


def test_a_limit_that_comes_from_the_default_of_another_is_none(tmp_path):
    """Heat alone knows n_T L: each is open as far as the other has no bound of its own."""
    write_csv(tmp_path / "d.csv", "T [K],value [J/(K cm^3)],error", T, 1.0, 1.0)
    data = {"d": {"file": "d.csv", "quantity": "C"}}
    model = parse_fit(content(data=data, parameters={"n_T": {}}), tmp_path).model
    value = scattered(model.predict(model.start)[0], "heat alone")
    write_csv(tmp_path / "d.csv", "T [K],value [J/(K cm^3)],error", T, value, 0.03 * value)
    free = {"n_T": {}, "L": {"low": 1.0, "high": 100.0}}
    found = fit(parse_fit(content(data=data, parameters=free), tmp_path))
    # L is from 1 to 100 by the spec, so that n_T is bounded on both sides, decades apart.
    assert found["n_T"].status == "undetermined"
    assert any("product" in sentence for sentence in found.sentences)
    found = fit(parse_fit(content(data=data, parameters={"n_T": {}, "L": {}}), tmp_path))
    assert found["L"].status == "undetermined"
    # n_T has no upper limit: L could be smaller than the thousandth of its start, its bound by default.
    assert found["n_T"].high95 is None


def test_a_coefficient_at_zero_has_a_limit_and_disturbs_no_other(tmp_path):
    """The curvature holds what is at its bound, and its error is not given where the profile differs from it."""
    value = scattered(np.full(len(T), 0.3), "flat, offset")
    problem = rates(tmp_path, value, {"n_T": {}, "E_star": {"fixed": "20 mK"}}, background=["dephasing", "constant"])
    found = fit(problem)
    assert found.converged
    assert {found["s.A"].status, found["s.B"].status} & {"upper limit"}
    for p in found.parameters:
        if p.error is not None:
            half = 0.5 * (np.log(p.high68 / p.low68) * p.value if p.log else p.high68 - p.low68)
            assert 0.5 < p.error / half < 2.0
    if any(p.status == "determined" and p.error is None for p in found.parameters):
        assert "No symmetric error" in report(found)


@pytest.mark.parametrize("unit", ["1/s", "1/ns", "1/ks"])
def test_a_background_in_any_unit(tmp_path, unit):
    """Whether a coefficient is determined does not depend on the size of its number."""
    factor = {"1/s": 1e9, "1/ns": 1.0, "1/ks": 1e12}[unit]
    value = scattered(0.3 * T ** (2.0 / 3.0), "power") * factor
    write_csv(tmp_path / "rate.csv", f"T [K],value [{unit}],error", T, value, 0.03 * value)
    data = {"s": {"file": "rate.csv", "quantity": "1/tau_phi", "background": "power"}}
    held = {"n_T": {"fixed": "1e13 cm^-3"}, "s.exponent": {"fixed": 2.0 / 3.0}}
    start = {"s.coefficient": {"start": 0.4 * factor, "low": 1e-3 * factor, "high": 10.0 * factor}}
    spec = content(data=data, parameters=held | start)
    found = fit(parse_fit(spec, tmp_path))["s.coefficient"]
    assert found.status == "determined"
    # Five standard errors of 25 points with 3 %: a false alarm of 6e-7.
    assert found.value / factor == pytest.approx(0.3, rel=5 * 0.03 / 5)
    assert found.error / found.value == pytest.approx(0.03 / 5, rel=0.01)


@pytest.mark.parametrize("unit", ["1/s", "1/as"])
def test_coefficients_of_any_size_without_bounds(tmp_path, unit):
    """From 1e8 to 1e-10: no step and no distance from a bound is absolute."""
    factor = {"1/s": 1e9, "1/as": 1e-9}[unit]
    value = scattered(0.3 * T ** (2.0 / 3.0), "sizes") * factor
    write_csv(tmp_path / "rate.csv", f"T [K],value [{unit}],error", T, value, 0.03 * value)
    data = {"s": {"file": "rate.csv", "quantity": "1/tau_phi", "background": "dephasing"}}
    found = fit(parse_fit(content(data=data, parameters={"n_T": {"fixed": "1e13 cm^-3"}, "s.B": {}}), tmp_path))
    assert found["s.A"].status == "determined"
    assert found["s.A"].value / factor == pytest.approx(0.3, rel=0.05)
    assert found.reached == found.starts


def test_a_power_needs_no_start(tmp_path):
    value = scattered(0.1 + 0.3 * T**1.5, "power law")
    parameters = {"n_T": {"fixed": "1e13 cm^-3"}}
    found = fit(rates(tmp_path, value, parameters, background=["constant", "power"]))
    assert found["s.exponent"].status == "determined"
    assert abs(found["s.exponent"].value - 1.5) < 5.0 * found["s.exponent"].error


@pytest.mark.parametrize("factor", [1e-8, 1e-3])
def test_errors_that_are_far_too_small(tmp_path, factor):
    """The curves can be computed all the same, and do not describe the data."""
    value = scattered(np.full(len(T), 0.2), "tiny")
    found = fit(rates(tmp_path, value, {"n_T": {}}, error=0.03 * factor * value))
    assert "cannot be computed" not in found.message
    assert found.goodness.p_value == 0.0


def test_errors_that_are_far_too_large(tmp_path):
    value = scattered(np.full(len(T), 0.2), "huge")
    found = fit(rates(tmp_path, value, {"n_T": {}, "E_star": {"fixed": "1 mK"}}, error=3.0 * value))
    assert "the errors of the data are too large" in report(found)


def test_an_outlier_is_named_and_runs_are_not_judged_by_one_sign(tmp_path):
    value = np.full(len(T), 0.2)
    value[7] *= 1.5
    found = fit(rates(tmp_path, value, {"n_T": {}, "E_star": {"fixed": "1 mK"}}, error=0.03 * np.full(len(T), 0.2)))
    text = report(found)
    assert "outlier: s at T = 62.6 mK is " in text
    assert np.isnan(found.goodness.runs_p)
    assert "too few residuals have one of the signs" in text


def test_laws_whose_bounds_cross_on_the_way(tmp_path):
    """Random starts put low above high; they are passed over."""
    parameters = {"population.parameters.E.low": {"start": "1 mK"}, "E_star": {}, "n_T": {}}
    found = fit(rates(tmp_path, scattered(np.full(len(T), 0.2), "crossed"), parameters))
    assert found.converged


def test_an_exponent_may_be_negative(tmp_path):
    spec = content(data={"d": {"file": "d.csv", "quantity": "C"}}, parameters={"population.parameters.E.exponent": {}})
    spec["population"]["parameters"]["E"] = {"law": "power", "high": "200 mK", "exponent": -0.4}
    write_csv(tmp_path / "d.csv", "T [K],value [J/(K cm^3)],error", T, 1.0, 1.0)
    model = parse_fit(spec, tmp_path).model
    value = scattered(model.predict(model.start)[0], "negative exponent")
    write_csv(tmp_path / "d.csv", "T [K],value [J/(K cm^3)],error", T, value, 0.03 * value)
    spec["fit"]["parameters"] = {"population.parameters.E.exponent": {"low": -0.9, "high": 2, "start": 0.5}}
    found = fit(parse_fit(spec, tmp_path))["population.parameters.E.exponent"]
    # Five standard errors: a false alarm of 6e-7.
    assert found.status == "determined"
    assert abs(found.value + 0.4) < 5.0 * found.error


def test_steps_end_at_the_constrained_minimum(tmp_path):
    """The slope of chi2 is zero for all coordinates inside, and points outwards for those at a bound."""
    value = scattered(np.full(len(T), 0.3), "corner")
    model = rates(tmp_path, value, {"n_T": {}, "E_star": {"fixed": "1 mK"}}, background="dephasing").model
    objective = Objective(model, plain_noise(model))
    u, arrived = newton(objective, model.start + np.array([0.5, 0.1, 0.1]), 100, 1e-10)
    assert arrived
    jacobian = objective.jacobian(u)
    slope, bend = 2.0 * objective.residuals(u) @ jacobian, 2.0 * (jacobian**2).sum(axis=0)
    at = u <= model.bounds[0] + 1e-9 * objective.scales
    # What one coordinate could still win.
    assert (slope[~at] ** 2 < 2.0 * bend[~at] * 1e-8).all()
    assert (slope[at] > -np.sqrt(2.0 * bend[at] * 1e-8)).all()
    held, _ = newton(objective, u, 100, 1e-10, without=0)
    assert held[0] == u[0]
