"""Other laws from the same defects: against exact and freshly sampled averages, with guards and refusals."""

import json
import math

import numpy as np
import pytest
from scipy import stats

import tlsmc
from tests.library import small_content
from tests.seeds import seed
from tlsmc.cli import EXIT_SPEC, main
from tlsmc.diagnostics.reweighting import reweight
from tlsmc.errors import SpecError
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.toml import apply_setting

T, OMEGA = (0.2, 1.0), (0.3, 0.7)
#: One test in 1e5 fails by chance, whatever number of values it looks at.
FALSE_ALARM = 1e-5

WIDE = {"E": {"law": "uniform", "high": 1.5}, "p": {"law": "tunnelling", "low": 1e-4}}
#: Laws that can be had from the wide ones, each by changing one or two of their entries.
CHANGES = {
    "E*": {"population.parameters.E.high": 1.0},
    "p_min": {"population.parameters.p.low": 1e-2},
    "both": {"population.parameters.E.high": 1.2, "population.parameters.p.low": 1e-3},
    "another law": {"population.parameters.E": {"law": "power", "low": 0.0, "high": 1.5, "exponent": 0.5}},
    "a piece": {"population.parameters.p": {"law": "uniform", "low": 0.1, "high": 0.9}},
}


def _spec(label, **settings):
    settings = {"chi": 0.3, "T": T, "omega": OMEGA, "defects": 40_000, "parameters": WIDE} | settings
    return parse_spec(small_content(seed=seed(label), **settings))


def _changed(spec, settings):
    content = spec.resolved()
    for key, value in settings.items():
        apply_setting(content, key, value)
    return parse_spec(content)


def _assert_normal(pulls, checks):
    limit = stats.norm.isf(FALSE_ALARM / (2 * checks))
    assert bool((np.abs(pulls) < limit).all()), (pulls, limit)


@pytest.mark.parametrize("change", CHANGES)
def test_against_exact_and_freshly_sampled(change):
    old = _spec(f"old {change}")
    new = _changed(old, CHANGES[change])
    assert new.population != old.population
    results = reweight(old, new)
    fresh = tlsmc.run(_changed(_spec(f"fresh {change}"), CHANGES[change]), progress=False)
    assert list(results) == list(fresh.names)
    checks = 2 * sum(result.mean.size for result in results.values())
    for name, result in results.items():
        if name == "linewidth.overdamped":  # so few defects that their mean is not Gaussian
            continue
        exact, sampled = fresh[name].exact.reshape(result.mean.shape), fresh[name].estimate
        assert bool(np.isfinite(result.error).all())
        _assert_normal((result.mean - exact) / result.error, checks)
        _assert_normal((result.mean - sampled.mean) / np.hypot(result.error, sampled.error), checks)
        assert bool((result.error < 0.1 * result.mean).all())


def test_the_same_laws_give_the_same_numbers():
    spec = _spec("same")
    run = tlsmc.run(spec, progress=False)
    for name, result in reweight(spec, spec).items():
        np.testing.assert_allclose(result.mean, run[name].estimate.mean, rtol=1e-12)
        np.testing.assert_allclose(result.error, run[name].estimate.error, rtol=1e-9)
        assert result.effective == result.defects == 40_000


def test_the_effective_number_is_that_of_the_weights():
    # E* from 1.5 to 1.0: weights 1.5 of two thirds of the defects, 0 of the others.
    spec = _spec("effective", defects=4000, samples=3)
    (result, *_) = reweight(spec, _changed(spec, CHANGES["E*"])).values()
    columns = [
        spec.population.columns(points)
        for sample in range(3)
        for _, points in spec.layout.batches(sample, 0, spec.population.dimensions)
    ]
    kept = sum(np.count_nonzero(c["E"] <= 1.0) for c in columns)
    assert result.defects == 12_000
    assert result.effective == pytest.approx(kept, rel=1e-12)
    assert abs(kept / 12_000 - 2.0 / 3.0) < stats.norm.isf(FALSE_ALARM / 2) * math.sqrt(2.0 / 9.0 / 12_000)


@pytest.mark.parametrize("count", ["fixed", "poisson"])
def test_errors_are_calibrated(count):
    # 100 seeds: mean and variance of the pulls against those of a standard Gaussian.
    seeds, pulls = 100, {}
    observables = {name: {"temperature": [0.2]} for name in ("dephasing", "heat_capacity")}
    exact = None
    for number in range(seeds):
        old = _spec(f"calibrated {count} {number}", defects=4000, count=count, observables=observables)
        new = _changed(old, CHANGES["both"])
        exact = exact or {s.name: s.exact(new.population)[0] for s in new.observables}
        for name, result in reweight(old, new).items():
            pulls.setdefault(name, []).append(((result.mean - exact[name]) / result.error).item())
    assert len(pulls) == 2
    each = 1e-4 / (2 * len(pulls))
    low, high = stats.chi2.interval(1.0 - each, seeds - 1)
    for name, values in pulls.items():
        assert abs(np.mean(values)) < stats.norm.isf(each / 2) / math.sqrt(seeds), name
        assert low < np.var(values, ddof=1) * (seeds - 1) < high, name


def test_a_poisson_number_of_defects_may_be_none():
    spec = _spec("none", defects=1, samples=20, count="poisson")
    result = reweight(spec, _changed(spec, CHANGES["E*"]))["heat_capacity"]
    assert result.defects == 20
    assert bool(np.isfinite(result.mean).all())


def test_weights_with_a_heavy_tail_get_no_error():
    # Weights (1/3) exp(2E/3) of E exponential, P(weight > w) ~ w^(-3/2): their variance is infinite.
    laws = WIDE | {"E": {"law": "exponential", "mean": 1.0}}
    old = _spec("heavy", parameters=laws)
    heavy = reweight(old, _changed(old, {"population.parameters.E.mean": 3.0}))
    for name in ("linewidth.mean", "linewidth.overdamped"):
        assert name in heavy
    # Gamma grows with E, so that the weights carry the tail of its mean; a mean of small E knows nothing of them.
    assert bool((heavy["linewidth.mean"].tail_index >= 0.5).all())
    assert bool(np.isnan(heavy["linewidth.mean"].error).all())
    assert bool(np.isfinite(heavy["linewidth.mean"].mean).all())
    assert bool(np.isfinite(heavy["heat_capacity"].error[0]).all())
    assert heavy["linewidth.mean"].effective < 10_000
    # Narrower instead of wider: bounded weights.
    light = reweight(old, _changed(old, {"population.parameters.E.mean": 0.8}))
    for name, result in light.items():
        if name != "linewidth.overdamped":
            assert bool(np.isfinite(result.error).all())
    assert light["dephasing"].effective > 30_000


def test_an_infinite_average_gets_no_error():
    content = {
        "seed": seed("literal"),
        "population": {
            "model": "kondo",
            "defects": 3000,
            "parameters": {"T_K": {"law": "uniform", "high": 1.0}, "Delta": {"law": "uniform", "high": 0.2}},
        },
        "observables": {"kondo_dephasing": {"temperature": [0.03], "cross_section": "literal"}},
    }
    old = parse_spec(content)
    (result,) = reweight(old, _changed(old, {"population.parameters.Delta.high": 0.1})).values()
    assert bool(np.isnan(result.error).all())
    content["observables"]["kondo_dephasing"]["cross_section"] = "unitary"
    old = parse_spec(content)
    new = _changed(old, {"population.parameters.Delta.high": 0.1})
    (result,) = reweight(old, new).values()
    exact = new.observables[0].exact(new.population)[0]
    _assert_normal((result.mean - exact) / result.error, 1)


# Refusals.

REFUSED = {
    "wider": (
        {"population.parameters.E.high": 2.0},
        r"population.parameters.E: the new law reaches over 0 ... 2, the run has defects only in 0 ... 1.5; weights",
    ),
    "deeper": ({"population.parameters.p.low": 1e-6}, r"population.parameters.p: .* reaches over 1e-06 ... 1,"),
    "without end": (
        {"population.parameters.E": {"law": "exponential", "mean": 0.1}},
        r"population.parameters.E: the new law reaches over 0 ... inf,",
    ),
    "other parameters": (
        {"population.parameters": {name: {"law": "uniform", "high": 1.0} for name in ("Delta", "Lambda")}},
        r"reweighting changes the laws of the same parameters; for other ones run the new spec",
    ),
    "grid": ({"observables.dephasing.temperature": [0.3, 1.0]}, r"reweighting changes laws only; set population"),
    "longer grid": ({"observables.dephasing.temperature": [0.3]}, r"reweighting changes laws only; set population"),
    "option": ({"observables.dephasing.thermal_weight": "none"}, r"reweighting changes laws only; set population"),
    "material": ({"material.chi": 0.1}, r"reweighting changes laws only; set population"),
    "defects": ({"population.defects": 17}, r"reweighting changes laws only; set population"),
    "seed": ({"seed": 17}, r"reweighting changes laws only; set population"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    old = _spec("refused", defects=50)
    settings, words = REFUSED[case]
    with pytest.raises(SpecError, match=f"^{words}") as caught:
        reweight(old, _changed(old, settings))
    assert "\n" not in str(caught.value)


def test_a_gap_in_the_old_law_is_refused():
    rows = [[0.0, 1.0], [0.5, 1.0], [0.5001, 0.0], [0.9, 0.0], [0.9001, 1.0], [1.0, 1.0]]
    old = _spec("gap", defects=50, parameters=WIDE | {"E": {"law": "tabulated", "table": rows}})
    with pytest.raises(SpecError, match=r"^population.parameters.E: the new law reaches over 0 ... 1, .* never drawn"):
        reweight(old, _changed(old, {"population.parameters.E": {"law": "uniform", "high": 1.0}}))
    # Within one piece it is allowed.
    reweight(old, _changed(old, {"population.parameters.E": {"law": "uniform", "high": 0.49}}))


def test_sobol_points_are_refused():
    old = _spec("sobol", defects=64, sampling="sobol")
    with pytest.raises(
        SpecError, match=r"^population.sampling: 'sobol' gives no error for weights; run it with random$"
    ):
        reweight(old, _changed(old, CHANGES["E*"]))


# The command.


@pytest.fixture
def run_file(tmp_path):
    content = small_content(
        seed=seed("command"),
        defects=5000,
        parameters={"E": {"law": "uniform", "high": "20 mK"}, "p": {"law": "tunnelling", "low": 1e-4}},
        observables={"heat_capacity": {"temperature": ["5 mK", "50 mK"]}, "dephasing": {"temperature": ["5 mK"]}},
    )
    tlsmc.run(parse_spec(content), tmp_path / "run.h5", progress=False)
    return tmp_path / "run.h5"


def test_the_command_gives_what_the_function_does(run_file, capsys):
    arguments = ["reweight", str(run_file), "--set", "population.parameters.E.high=10 mK"]
    assert main([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    spec = tlsmc.open_run(run_file).spec
    results = reweight(spec, _changed(spec, {"population.parameters.E.high": "10 mK"}))
    assert list(data) == list(results)
    for name, result in results.items():
        np.testing.assert_array_equal(data[name]["mean"], result.mean)
        np.testing.assert_array_equal(data[name]["error"], result.error)
        assert data[name]["effective"] == result.effective
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert f"{results['dephasing'].effective:,.0f} of 5,000 defects effectively" in text
    assert "population.parameters.E.high=10 mK" in text


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("population.parameters.E.high=30 mK", "the run has defects only in 0 ... 0.02"),
        ("population.parameters.E.hihg=10 mK", "population.parameters.E.hihg: unknown key"),
        ("population.defects=7", "reweighting changes laws only"),
        ("nonsense", "is not KEY=VALUE"),
    ],
)
def test_the_command_refuses(run_file, capsys, setting, words):
    assert main(["reweight", str(run_file), "--set", setting]) == EXIT_SPEC
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert captured.err.count("\n") == 1
