"""Logarithmic derivatives from common random numbers against analytic ones, and their errors."""

import json
import math

import numpy as np
import pytest
from scipy import stats

import tlsmc
from tests.library import small_content
from tests.seeds import seed
from tlsmc import closed_forms
from tlsmc.cli import EXIT_SPEC, main
from tlsmc.diagnostics.sensitivity import STEPS, Sensitivity, parameters, ranked, sensitivities, varied
from tlsmc.errors import SpecError
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.spec.reader import parse_spec

P_MIN, CHI, T, OMEGA = 1e-3, 0.3, (0.2, 1.0), (0.3, 0.7)
#: Deviations in units of errors: one test in 1e5 fails by chance, whatever number of them is looked at.
FALSE_ALARM = 1e-5


def _spec(label, batches=32, **settings):
    settings = {"chi": CHI, "p_min": P_MIN, "T": T, "omega": OMEGA, "defects": batches * BATCH} | settings
    return parse_spec(small_content(seed=seed(label), **settings))


def _found(spec, defects=10**9):
    return {(s.curve, s.parameter): s for s in sensitivities(spec, defects)}


def _assert_within_errors(pairs, batches, checks):
    """Student's t of each (sensitivity, exact value), with its one false alarm divided by the number of checks."""
    limit = stats.t.isf(FALSE_ALARM / (2 * checks), batches - 1)
    for found, exact in pairs:
        pulls = (found.derivative - exact) / found.error
        assert bool((np.abs(pulls) < limit).all()), f"{found.curve}, {found.parameter}: {pulls}, limit {limit}"


def _slope(function, step=1e-5):
    """Derivative at 0 of the logarithm of a function of the logarithm of a parameter."""
    return (np.log(function(step)) - np.log(function(-step))) / (2.0 * step)


# Against closed forms: the population of the paper with E* = 1.


def test_heat_capacity_against_its_derivative():
    # C_T = L (T/E*) f(x), x = E*/T, with f' = (x/2)^2 sech^2(x/2), and L = artanh sqrt(1 - p_min).
    spec = _spec("heat")
    found = _found(spec)
    x = 1.0 / np.array(T)
    by_E = x * (x / 2.0) ** 2 / np.cosh(x / 2.0) ** 2 / closed_forms.heat(x) - 1.0
    _assert_within_errors([(found["heat_capacity", "E.high"], by_E)], 32, 2)
    assert bool((found["heat_capacity", "E.high"].error < 0.01).all())
    # Logarithmic in p_min, and without noise: only L knows p.
    L = spec.population.laws["p"].log_range
    logarithmic = found["heat_capacity", "p.low"]
    np.testing.assert_allclose(logarithmic.derivative, -1.0 / (2.0 * L * math.sqrt(1.0 - P_MIN)), rtol=1e-4)
    assert bool((logarithmic.error < STEPS[0] ** 2).all())


def test_dephasing_is_flat_in_the_smallest_p():
    # The rate is proportional to sqrt(1 - p_min): -p_min/(2 (1 - p_min)), nothing beside the logarithm of C_T.
    found = _found(_spec("dephasing"))
    by_E = _slope(lambda s: closed_forms.dephasing(np.array(T) * math.exp(-s)))
    pairs = [(found["dephasing", "E.high"], by_E), (found["dephasing", "p.low"], -P_MIN / (2.0 * (1.0 - P_MIN)))]
    _assert_within_errors(pairs, 32, 4)
    assert bool((found["dephasing", "E.high"].error < 0.01).all())
    assert bool((found["dephasing", "p.low"].error < 0.01).all())


@pytest.mark.parametrize("curve", ["resonant", "relaxation"])
def test_attenuation_against_closed_forms(curve):
    found = _found(_spec(f"attenuation {curve}"))

    def value(s, parameter):
        scale, p_min = (math.exp(s), P_MIN) if parameter == "E" else (1.0, P_MIN * math.exp(s))
        Omega, theta = np.array(OMEGA)[None, :] / scale, 2.0 * np.array(T)[:, None] / scale
        if curve == "resonant":
            return closed_forms.F_res(CHI, Omega, theta, p_min=p_min)
        return closed_forms.F_rel(CHI, Omega, theta, "paper", p_min=p_min)

    pairs = [
        (found[f"attenuation.{curve}", "E.high"], _slope(lambda s: value(s, "E"))),
        (found[f"attenuation.{curve}", "p.low"], _slope(lambda s: value(s, "p"))),
    ]
    _assert_within_errors(pairs, 32, 16)
    # Most lines are narrower than the step of E* and meet the frequency on one side only.
    for pair in pairs:
        assert bool((pair[0].error < (0.3 if curve == "resonant" else 0.1)).all())


def test_a_sum_is_the_mean_of_its_parts():
    spec = _spec("sum", batches=4)
    found = _found(spec)
    run = tlsmc.run(spec, progress=False)
    for parameter in ("E.high", "p.low"):
        parts = [found[f"attenuation.{name}", parameter].derivative for name in ("resonant", "relaxation")]
        weights = [run[f"attenuation.{name}"].mean for name in ("resonant", "relaxation")]
        expected = (parts[0] * weights[0] + parts[1] * weights[1]) / (weights[0] + weights[1])
        np.testing.assert_allclose(found["attenuation.total", parameter].derivative, expected, rtol=1e-9)


# Against quadrature: populations without closed forms.


def _quadrature(spec, law, parameter, step=1e-3):
    """Derivatives of all components by quadrature over populations that are varied to both sides."""
    sides = [varied(spec.population, law, parameter, math.exp(s)) for s in (step, -step)]
    found = {}
    for gridded in spec.observables:
        high, low = (gridded.exact(side) for side in sides)
        for k, component in enumerate(gridded.observable.COMPONENTS):
            name = gridded.name if len(gridded.observable.COMPONENTS) == 1 else f"{gridded.name}.{component}"
            with np.errstate(all="ignore"):
                found[name] = (np.log(high[k]) - np.log(low[k])) / (2.0 * step)
    return found


def _against_quadrature(spec, batches):
    found, pairs = _found(spec), []
    for law, parameter, _ in parameters(spec.population):
        for curve, exact in _quadrature(spec, law, parameter).items():
            if curve != "linewidth.overdamped":  # a step function, which has no common noise to lose
                pairs.append((found[curve, f"{law}.{parameter}"], exact))
    assert all(np.isfinite(exact).all() for _, exact in pairs)
    _assert_within_errors(pairs, batches, sum(exact.size for _, exact in pairs))
    return found


def test_rectangular_cut_offs_against_quadrature():
    laws = {"Delta": {"law": "uniform", "high": 1.0}, "Lambda": {"law": "log_uniform", "low": 0.02, "high": 0.8}}
    found = _against_quadrature(_spec("rectangle", parameters=laws), 32)
    assert len({parameter for _, parameter in found}) == 3


def test_kondo_against_quadrature():
    content = {
        "seed": seed("kondo"),
        "population": {
            "model": "kondo",
            "defects": 32 * BATCH,
            "parameters": {"T_K": {"law": "uniform", "high": 1.0}, "Delta": {"law": "exponential", "mean": 0.2}},
        },
        "observables": {"kondo_dephasing": {"temperature": [0.02, 0.3, 3.0]}},
    }
    _against_quadrature(parse_spec(content), 32)
    # Eq. 21 as printed has no mean, hence no derivative of it.
    content["population"]["defects"] = 2 * BATCH
    content["observables"]["kondo_dephasing"]["cross_section"] = "literal"
    for found in sensitivities(parse_spec(content)):
        assert bool(np.isnan(found.derivative).all())
        assert bool(np.isnan(found.error).all())
        assert found.strongest == (0,)


# Ends of ranges.


def test_a_parameter_at_its_end_is_varied_to_one_side():
    # p uniform up to 1: L = 1/<p> = 2/(low + high), so that C_T, a constant times L, has no noise here.
    laws = {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "uniform", "low": 0.01, "high": 1.0}}
    spec = _spec("one-sided", parameters=laws)
    with pytest.raises(SpecError, match="beyond 1"):
        varied(spec.population, "p", "high", 1.001)
    found = _found(spec)
    for name, value in (("high", 1.0), ("low", 0.01)):
        heat = found["heat_capacity", f"p.{name}"]
        np.testing.assert_allclose(heat.derivative, -value / 1.01, rtol=0, atol=STEPS[0] ** 2)
    # The rate does not depend on either, in the mean: L <p> = 1.
    pairs = [(found["dephasing", f"p.{name}"], 0.0) for name in ("high", "low")]
    _assert_within_errors(pairs, 32, 4)


def test_a_narrow_law_is_varied_by_a_smaller_step():
    laws = {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "uniform", "low": 0.9999, "high": 1.0}}
    found = _found(_spec("narrow", batches=2, parameters=laws))
    for name, value in (("low", 0.9999), ("high", 1.0)):
        np.testing.assert_allclose(found["heat_capacity", f"p.{name}"].derivative, -value / 1.9999, rtol=1e-4)
    assert bool((found["heat_capacity", "p.high"].error < STEPS[1] ** 2).all())
    laws["p"]["low"] = 1.0 - 1e-9
    with pytest.raises(SpecError, match=r"^population.parameters.p: high cannot be varied by 1e-06 .*; widen it$"):
        sensitivities(_spec("too narrow", batches=2, parameters=laws))


def test_parameters_are_all_numbers_but_zero():
    laws = {"E": {"law": "uniform", "low": 0.0, "high": 2.0}, "p": {"law": "tunnelling"}}
    assert parameters(_spec("names", parameters=laws).population) == [("E", "high", 2.0), ("p", "low", 1e-12)]
    laws["E"] = {"law": "log_normal", "median": 0.5, "sigma": 1.5}
    assert [entry[:2] for entry in parameters(_spec("names", parameters=laws).population)] == [
        ("E", "median"),
        ("E", "sigma"),
        ("p", "low"),
    ]


@pytest.mark.parametrize(("batches", "defects"), [(2, 2), (2, BATCH), (1, 10**9), (0.1, 10**9)])
def test_fewer_than_two_batches_are_refused(batches, defects):
    spec = _spec("few", batches=2)
    spec = parse_spec(
        spec.resolved() | {"population": spec.resolved()["population"] | {"defects": int(batches * BATCH)}}
    )
    with pytest.raises(SpecError, match=rf"^sensitivities: \d+ defects make one batch, .*{2 * BATCH} defects or more$"):
        sensitivities(spec, defects)


# Errors.


@pytest.mark.parametrize(("count", "seeds"), [("fixed", 100), ("poisson", 30)])
def test_errors_are_calibrated(count, seeds):
    # Each pull follows Student's t with 15 degrees of freedom, as far as sums of 4096 contributions are Gaussian.  As
    # Gaussian scores, their mean has the error 1/sqrt(seeds) and their squares follow chi^2.
    batches = 16
    heat = {"temperature": list(T[:1])}
    observables = {"attenuation": heat | {"frequency": list(OMEGA[1:])}, "dephasing": heat, "heat_capacity": heat}
    spec = _spec("", batches=1, observables=observables)
    exact = {f"{law}.{name}": _quadrature(spec, law, name) for law, name, _ in parameters(spec.population)}
    scores = {}
    for number in range(seeds):
        label = f"calibration {count} {number}"
        for found in sensitivities(_spec(label, batches=batches, observables=observables, count=count)):
            known = exact[found.parameter].get(found.curve)
            noiseless = found.curve == "heat_capacity" and found.parameter == "p.low"
            if known is None or noiseless or found.curve == "linewidth.overdamped":
                continue
            pull = float(((found.derivative - known) / found.error).flat[0])
            score = stats.norm.isf(stats.t.sf(pull, batches - 1))
            scores.setdefault((found.curve, found.parameter), []).append(score)
    assert len(scores) == 9
    each = 1e-4 / (2 * len(scores))
    low, high = stats.chi2.interval(1.0 - each, seeds - 1)
    for name, values in scores.items():
        assert len(values) == seeds
        assert abs(np.mean(values)) < stats.norm.isf(each / 2) / math.sqrt(seeds), name
        assert low < np.var(values, ddof=1) * (seeds - 1) < high, (name, np.var(values, ddof=1))


def test_common_random_numbers_spare_the_noise():
    # Two independent averages would leave d ln C/d ln E* with an error of sqrt(2) relative errors over two steps.
    spec = _spec("noise")
    curve = tlsmc.run(spec, progress=False)["heat_capacity"]
    independent = np.sqrt(2.0) * (curve.error / curve.mean) / (2.0 * STEPS[0])
    common = _found(spec)["heat_capacity", "E.high"].error
    assert bool((common < 0.05 * independent).all())


def test_only_as_many_defects_as_asked_for():
    spec = _spec("as many", batches=8)
    short = parse_spec(spec.resolved() | {"population": spec.resolved()["population"] | {"defects": 3 * BATCH}})
    for one, other in zip(sensitivities(spec, 2 * BATCH + 1), sensitivities(short), strict=True):
        np.testing.assert_array_equal(one.derivative, other.derivative)
        np.testing.assert_array_equal(one.error, other.error)


# Ranking and output.


def _entry(derivative, error, curve="a", parameter="E.high"):
    return Sensitivity(curve, parameter, 1.0, np.array(derivative), np.array(error))


def test_the_strongest_place_is_a_sure_one():
    # 3 +- 1.4 leaves 0.2, 2 +- 0.1 leaves 1.8.
    entry = _entry([[3.0, -2.0], [1.0, np.nan]], [[1.4, 0.1], [0.0, np.nan]])
    assert entry.strongest == (0, 1)
    nothing = _entry([[np.nan]], [[np.nan]], "b")
    assert nothing.strongest == (0, 0)
    weak = _entry([[0.5]], [[0.1]], "c")
    assert [s.curve for s in ranked([nothing, weak, entry])] == ["a", "c", "b"]


def test_the_command_ranks(tmp_path, capsys):
    observables = {"heat_capacity": {"temperature": list(T)}, "dephasing": {"temperature": list(T)}}
    spec = _spec("command", batches=3, observables=observables)
    tlsmc.run(spec, tmp_path / "run.h5", progress=False)
    assert main(["tails", str(tmp_path / "run.h5"), "--sensitivity", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["sensitivity"]
    expected = ranked(sensitivities(spec))
    assert [(s["curve"], s["parameter"]) for s in listed] == [(s.curve, s.parameter) for s in expected]
    sizes = [abs(s["strongest"]["derivative"]) for s in listed]
    assert sizes == sorted(sizes, reverse=True)
    for entry, found in zip(listed, expected, strict=True):
        np.testing.assert_array_equal(entry["derivative"], found.derivative)
        np.testing.assert_array_equal(entry["error"], found.error)
        assert tuple(entry["strongest"]["place"]) == found.strongest
    assert main(["tails", str(tmp_path / "run.h5"), "--sensitivity"]) == 0
    table = capsys.readouterr().out.partition("strongest first")[2].splitlines()[2:]
    assert [tuple(line.split()[:2]) for line in table] == [(s.curve, s.parameter) for s in expected]


@pytest.mark.parametrize(("defects", "words"), [("1", "--defects 1: is below 2"), ("9", "4096 defects make one batch")])
def test_the_command_refuses_too_few_defects(tmp_path, capsys, defects, words):
    spec = _spec("refused", batches=2, observables={"dephasing": {"temperature": [1.0]}})
    tlsmc.run(spec, tmp_path / "run.h5", progress=False)
    assert main(["tails", str(tmp_path / "run.h5"), "--sensitivity", "--defects", defects]) == EXIT_SPEC
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_an_average_that_vanishes_has_no_derivative(tmp_path, capsys):
    # No defect is overdamped at such temperatures.
    spec = _spec("vanishing", batches=2, chi=0.01, T=(1e-6,))
    found = _found(spec)
    assert bool(np.isnan(found["linewidth.overdamped", "E.high"].derivative).all())
    tlsmc.run(spec, tmp_path / "run.h5", progress=False)
    assert main(["tails", str(tmp_path / "run.h5"), "--sensitivity"]) == 0
    assert capsys.readouterr().err == ""
