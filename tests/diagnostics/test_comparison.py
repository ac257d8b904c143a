"""The verdict on a run: right on the truth, alarmed by a small lie, silent where it cannot know; calibrated."""

import numpy as np
import pytest
from scipy import stats

import tlsmc
import tlsmc.diagnostics.comparison
from tests.library import small_content
from tests.seeds import seed
from tlsmc.diagnostics.comparison import FALSE_ALARM, FEWEST_EFFECTIVE, comparable_points, compare, compare_curve
from tlsmc.observables.heat_capacity import HeatCapacity

#: Chance that a correct program fails one of the statistical tests below, divided among the checks of each.
ALARM = 1e-4

GRID = {"temperature": [0.05, 0.2, 0.5, 2.0]}
ATTENUATION = {"temperature": [0.2, 1.0], "frequency": [0.05, 0.3]}
EVERYTHING = {"attenuation": ATTENUATION, "heat_capacity": GRID, "dephasing": GRID}
PAPER = {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": 1e-6}}


def _run(label, observables, defects, parameters=None, **population):
    settings = {"defects": defects, "parameters": parameters or PAPER} | population
    number = label if isinstance(label, int) else seed(label)
    content = small_content(seed=number, observables=observables, **settings)
    return tlsmc.run(tlsmc.parse_spec(content), progress=False)


@pytest.fixture(scope="module")
def good():
    """A run with 64 blocks: eight combinations in the joint test."""
    return _run("compare", EVERYTHING, 262_144)


# The verdict


def test_agrees_on_the_truth(good):
    # Seven curves, each with a false alarm of 1e-3: the one rate that belongs to the program and not to this test.
    for name, result in compare(good).items():
        assert result.name == name
        assert result.verdict == "agrees", result
        assert (result.points, result.reason) == (good[name].exact.size, "")
        assert result.p_value >= FALSE_ALARM
        assert 0 < result.dof <= min(8, result.points)
        assert result.z.shape == good[name].gridded.shape
        assert result.max_abs_z == np.abs(result.z).max()


def test_z_is_the_deviation_in_errors(good):
    curve = good["attenuation.relaxation"]
    expected = (curve.mean - curve.exact) / curve.error
    np.testing.assert_allclose(compare_curve(curve).z, expected, rtol=1e-12)


@pytest.mark.parametrize(("factor", "points"), [(0.99, slice(None)), (1.01, slice(None)), (1.03, slice(3, 4))])
def test_differs_from_a_wrong_exact_value(good, monkeypatch, factor, points):
    right = HeatCapacity.exact

    def wrong(*arguments):
        values = right(*arguments)
        values[:, points] *= factor
        return values

    # The error at 262,144 defects is 0.16 % or less where 1 % is wrong everywhere: six errors or more.
    assert compare_curve(good["heat_capacity"]).verdict == "agrees"
    monkeypatch.setattr(HeatCapacity, "exact", wrong)
    result = compare_curve(good["heat_capacity"])
    assert result.verdict == "differs"
    assert result.p_value < FALSE_ALARM
    assert result.max_abs_z > 4.0


def test_a_slight_tilt_is_found_though_no_point_stands_out(good, monkeypatch):
    # The same defects give all points: their common error hides in each z what the joint test sees in the shape.
    right = HeatCapacity.exact
    tilt = 1.0 + 0.004 * np.array([-1.0, 1.0, 1.0, -1.0])
    monkeypatch.setattr(HeatCapacity, "exact", lambda *arguments: right(*arguments) * tilt)
    result = compare_curve(good["heat_capacity"])
    assert result.verdict == "differs"


# Refusals


def test_refused_where_too_few_defects_contribute():
    run = _run("few", {"heat_capacity": {"temperature": [1e-6, 1e-5, 0.5]}}, 40_000)
    result = compare_curve(run["heat_capacity"])
    np.testing.assert_array_equal(np.isfinite(result.z), [False, False, True])
    assert result.points == 1
    assert result.verdict == "agrees"
    assert result.reason == f"2 of 3 points: fewer than {FEWEST_EFFECTIVE} defects effectively contribute"

    nothing = compare_curve(_run("few", {"heat_capacity": {"temperature": [1e-6, 1e-5]}}, 40_000)["heat_capacity"])
    assert (nothing.verdict, nothing.points, nothing.dof) == ("refused", 0, 0)
    assert np.isnan([nothing.chi2, nothing.p_value, nothing.max_abs_z]).all()
    assert "2 of 2 points: fewer than" in nothing.reason


def test_refused_where_the_variance_is_infinite(monkeypatch):
    # <Gamma> follows E, whose second moment does not exist: tail index 1/1.2, three of its errors from 1/2.  One defect
    # may carry so much that too few contribute effectively, which is not what is looked at here.
    monkeypatch.setattr(tlsmc.diagnostics.comparison, "FEWEST_EFFECTIVE", 0)
    heavy = PAPER | {"E": {"law": "pareto", "low": 1.0, "index": 1.2}}
    run = _run("heavy", {"linewidth": {"temperature": [5.0]}, "heat_capacity": {"temperature": [1.0]}}, 262_144, heavy)
    result = compare_curve(run["linewidth.mean"])
    assert result.verdict == "refused"
    assert result.reason == "1 of 1 points: tail index >= 0.5, the variance may be infinite"
    # The same defects have a specific heat that is bounded.
    assert compare_curve(run["heat_capacity"]).verdict == "agrees"


def test_refused_without_an_exact_value():
    box = {"Delta": {"law": "uniform", "high": 1.0}, "Lambda": {"law": "log_uniform", "low": 1e-3, "high": 1.0}}
    run = _run("no exact", {"linewidth": {"temperature": [0.5]}}, 40_000, box)
    result = compare_curve(run["linewidth.overdamped"])
    assert np.isnan(run["linewidth.overdamped"].exact).all()
    assert (result.verdict, result.points) == ("refused", 0)
    assert result.reason == "there is no exact value to compare with"


def test_refused_without_an_error():
    result = compare_curve(_run("one", {"heat_capacity": {"temperature": [0.5]}}, 1)["heat_capacity"])
    assert result.verdict == "refused"
    assert result.reason == "1 of 1 points: no error can be given"


def test_refused_where_sobol_points_are_as_exact_as_the_exact_value(monkeypatch):
    # The specific heat at T >> E* is a polynomial of one coordinate: some runs' scrambles agree to rounding.
    grid = {"heat_capacity": {"temperature": [0.05, 20.0]}}
    curve = _run("smooth", grid, 65_536, sampling="sobol")["heat_capacity"]
    relative = curve.error / curve.mean
    monkeypatch.setattr(tlsmc.diagnostics.comparison, "FINEST", float(np.sqrt(relative.prod())))
    result = compare_curve(curve)
    np.testing.assert_array_equal(np.isfinite(result.z), relative == relative.max())
    assert (result.verdict, result.points) == ("agrees", 1)
    assert result.reason.startswith("1 of 2 points: the error is below ")
    monkeypatch.setattr(tlsmc.diagnostics.comparison, "FINEST", 1.0)
    assert compare_curve(curve).verdict == "refused"


def test_judged_gives_every_point_one_reason(good):
    usable, reason = comparable_points(good["attenuation.total"])
    assert usable.all()
    assert reason == ""


# Few blocks


def test_few_blocks_give_a_bound_for_the_largest_deviation():
    curve = _run("bonferroni", {"heat_capacity": GRID}, 5 * 4096)["heat_capacity"]
    result = compare_curve(curve)
    assert result.dof == 0
    assert np.isnan(result.chi2)
    assert result.reason == "5 blocks give no covariance; p is Bonferroni's bound for the largest |z|"
    z = np.abs((curve.mean - curve.exact) / curve.error).max()
    assert result.p_value == pytest.approx(min(1.0, 4 * 2.0 * stats.norm.sf(z)))
    assert result.verdict == "agrees"


def test_few_scrambles_have_the_tails_of_student():
    curve = _run("student", {"heat_capacity": {"temperature": [0.05]}}, 3 * 4096, sampling="sobol")["heat_capacity"]
    result = compare_curve(curve)
    z = np.abs((curve.mean - curve.exact) / curve.error)[0]
    assert result.p_value == pytest.approx(2.0 * stats.t.sf(z, 2))


# Calibration: each seed is one independent run


def _p_values(runs, defects, sampling="random"):
    """P-values of all curves and seeds, shape (curves, runs), and whether the verdict was "differs"."""
    first = seed(f"calibration {defects} {sampling}")
    results = [compare(_run(first + i, EVERYTHING, defects, sampling=sampling)) for i in range(runs)]
    names = tuple(results[0])
    p = np.array([[result[name].p_value for result in results] for name in names])
    differs = np.array([[result[name].verdict == "differs" for result in results] for name in names])
    return names, p, differs


def _assert_uniform(names, p):
    for name, values in zip(names, p, strict=True):
        assert stats.kstest(values, "uniform").pvalue > ALARM / len(names), name


def _assert_rare(names, differs):
    """No more alarms than FALSE_ALARM gives."""
    for name, alarms in zip(names, differs, strict=True):
        assert stats.binom.sf(alarms.sum() - 1, alarms.size, FALSE_ALARM) > ALARM / len(names), name


def test_false_alarms_are_rare_and_p_values_uniform():
    # 40 runs see a p-value that is off by a quarter of its range, or an alarm in one run of ten; 1000 runs see more.
    names, p, differs = _p_values(40, 65_536)
    assert len(names) == 7
    _assert_uniform(names, p)
    _assert_rare(names, differs)


@pytest.mark.slow
def test_p_values_and_false_alarms_over_many_runs():
    names, p, differs = _p_values(1000, 65_536)
    _assert_uniform(names, p)
    _assert_rare(names, differs)


@pytest.mark.parametrize(("defects", "sampling"), [(3 * 4096, "random"), (2 * 4096, "sobol"), (65_536, "sobol")])
def test_p_values_are_never_too_small(defects, sampling):
    # Bonferroni's bound, and Sobol points, whose scrambles are not Gaussian: p is larger than uniform, not smaller.
    names, p, _ = _p_values(40, defects, sampling)
    for name, values in zip(names, p, strict=True):
        given = values[np.isfinite(values)]
        for level in (0.01, 0.05, 0.2):
            chance = stats.binom.sf((given <= level).sum() - 1, given.size, level) if given.size else 1.0
            assert chance > ALARM / (3 * len(names)), (name, level)


# The paper's printed forms


def test_printed_ratios(good):
    forms = {(name, form.equation): form for name, result in compare(good).items() for form in result.printed}
    assert list(forms) == [
        ("attenuation.resonant", "Eq. 15"),
        ("attenuation.resonant", "Eq. 18"),
        ("attenuation.relaxation", "Eq. 16"),
        ("attenuation.relaxation", "Eq. 17"),
        ("dephasing", "Eq. 4"),
        ("heat_capacity", "Eq. 8"),
        ("heat_capacity", "Eq. 8 (T >> E*)"),
    ]
    # Five errors each, but for the asymptotic forms: a false alarm of 6e-7 for each of the two.
    for name, expected in {"Eq. 15": 1.0, "Eq. 16": 0.5}.items():
        (form,) = (form for (_, equation), form in forms.items() if equation == name)
        assert 0.0 < form.ratio_error < 0.02 * form.ratio
        assert abs(form.ratio - expected) < 5.0 * form.ratio_error
    assert "exactly twice the average of Eq. 12" in forms["attenuation.relaxation", "Eq. 16"].remark


@pytest.mark.parametrize(("drive", "resonant", "relaxation"), [("sigma_z", 1.0, 2.0), ("asymmetry", 0.25, 0.5)])
def test_printed_ratios_of_other_drives(drive, resonant, relaxation):
    result = compare(_run("drive", {"attenuation": ATTENUATION | {"drive": drive}}, 65_536))
    for name, expected in {"resonant": resonant, "relaxation": relaxation}.items():
        form = result[f"attenuation.{name}"].printed[0]
        assert abs(form.ratio - expected) < 5.0 * form.ratio_error
        assert form.ratio_error < 0.05 * expected


def test_a_printed_ratio_over_no_point_is_nothing(good):
    run = _run("one block", {"dephasing": {"temperature": [0.1]}}, 1000)
    # Eq. 4 claims nothing below E*.
    (form,) = compare_curve(run["dephasing"]).printed
    assert np.isnan([form.ratio, form.ratio_error]).all()
    assert compare_curve(good["attenuation.total"]).printed == ()


def test_the_error_of_a_ratio_covers_its_scatter():
    """Ratios over 60 runs scatter by their own error: chi^2 within its ALARM quantiles."""
    pulls = []
    first = seed("ratio")
    for i in range(60):
        run = _run(first + i, {"attenuation": ATTENUATION}, 65_536)
        form = compare_curve(run["attenuation.relaxation"]).printed[0]
        pulls.append((form.ratio - 0.5) / form.ratio_error)
    # 16 blocks give Student's pulls of 15 degrees of freedom, of variance 15/13.
    low, high = stats.chi2.ppf([ALARM / 2, 1.0 - ALARM / 2], 60)
    assert low < 13.0 / 15.0 * np.square(pulls).sum() < high
