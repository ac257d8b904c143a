"""From a spec and CSV files to the report, the fit file, the fitted spec and the figures."""

import json
from dataclasses import replace

import numpy as np
import pytest

import tlsmc
from tests.fitting.synthetic import CHI, E_STAR, N_T, content, electrons_and_heat, measured, write_csv
from tests.library import ROOT
from tests.seeds import rng
from tlsmc.cli import EXIT_SPEC, EXIT_STORE
from tlsmc.errors import StoreError
from tlsmc.fitting import fit, open_fit, parse_fit, procedure, write_fit
from tlsmc.fitting.file import fit_image
from tlsmc.fitting.summary import report

SPEC = """
title = "two curves"
seed = 3

[population]
model = "tunnelling"
defects = 2000

[population.parameters]
E = { law = "uniform", high = "50 mK" }
p = { law = "tunnelling" }

[material]
preset = "paper"
chi = 0.1
defect_density = "1e16 cm^-3"

[fit]
rivals = ["none"]

[fit.data.tau]
file = "tau.csv"
quantity = "1/tau_phi"

[fit.data.heat]
file = "heat.csv"
quantity = "C"
separator = "semicolon"
background = "heat"

[fit.parameters]
E_star = {}
chi = { low = 1e-4 }
n_T = {}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a spec and its data, from 100,000 explicit defects with 3 % noise."""
    folder = tmp_path_factory.mktemp("fit")
    model = measured(electrons_and_heat(folder, np.geomspace(0.003, 0.5, 12)).model, rng("two curves"), defects=100_000)
    tau, heat = model.sets
    write_csv(folder / "tau.csv", "T [K],value [1/s],error", tau.temperature, tau.value, tau.error)
    rows = zip(heat.temperature * 1e3, heat.value * 1e9, heat.error * 1e9, strict=True)
    lines = [";".join(f"{x:.6g}" for x in row).replace(".", ",") for row in rows]
    text = "\n".join(["# bolometer 2", "T;C;error", "mK;nJ/(K cm^3);nJ/(K cm^3)", *lines, "700,0;-;1,0"])
    (folder / "heat.csv").write_text(text + "\n")
    (folder / "two.toml").write_text(SPEC)
    return folder


@pytest.fixture(scope="module")
def found(folder):
    from tlsmc.fitting import load_fit

    return fit(load_fit(folder / "two.toml"))


def test_the_truth_comes_back(found):
    assert found.converged
    assert found.goodness.p_value > 1e-4
    # Five errors for each of three: a false alarm of 2e-6; 100,000 defects add little to 3 %.
    for name, truth in (("E_star", E_STAR), ("chi", CHI), ("n_T", N_T)):
        assert abs(found[name].value - truth) < 5.0 * found[name].error
        assert found[name].low95 < found[name].low68 < found[name].value < found[name].high68 < found[name].high95
    assert [(s.name, s.points, s.skipped) for s in found.sets] == [("tau", 12, 0), ("heat", 12, 1)]


def test_backgrounds_that_are_not_there_are_only_bounded(found):
    assert {found["heat.gamma"].status, found["heat.beta"].status} <= {"determined", "upper limit"}
    assert found["heat.gamma"].unit == "nJ/(K cm^3) K^-1"
    assert found["heat.beta"].unit == "nJ/(K cm^3) K^-3"


def test_report(found):
    text = report(found)
    for piece in (
        "two curves",
        "tau: 1/tau_phi, 12 points",
        "heat: C, 12 points, 1 row skipped",
        "mK",
        "degrees of freedom",
        "runs of one sign",
        "tunnelling is decisively preferred to none",
    ):
        assert piece in text
    assert max(map(len, text.splitlines())) < 160


def test_fit_file(found, tmp_path):
    path = tmp_path / "a.h5"
    write_fit(found, path)
    again = open_fit(path)
    assert again.plain() == found.plain()
    assert set(again.arrays) == set(found.arrays)
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)
    assert report(again) == report(found)
    assert fit_image(again) == path.read_bytes()
    with pytest.raises(StoreError, match="is a fit file, not a run file"):
        tlsmc.open_run(path)


def test_a_damaged_fit_file_is_refused(found, tmp_path):
    path = tmp_path / "a.h5"
    write_fit(found, path)
    image = bytearray(path.read_bytes())
    for place in rng("damage").integers(0, len(image), 12):
        broken = bytearray(image)
        broken[place] ^= 0x10
        path.write_bytes(bytes(broken))
        with pytest.raises(StoreError):
            open_fit(path)
    path.write_bytes(bytes(image[:-1]))
    with pytest.raises(StoreError):
        open_fit(path)
    with pytest.raises(StoreError, match="No such file"):
        open_fit(tmp_path / "no.h5")


def test_the_fitted_spec_is_the_ensemble_behind_the_data(found, folder, tmp_path):
    path = tmp_path / "fitted.toml"
    path.write_text(found.fitted_spec)
    spec = tlsmc.load_spec(path)
    assert spec.population.E_star == pytest.approx(found["E_star"].value, rel=1e-7)
    assert spec.material.chi == pytest.approx(found["chi"].value, rel=1e-7)
    assert spec.metal.defect_density == pytest.approx(found["n_T"].value, rel=1e-7)
    T = found.arrays["sets/tau/temperature"]
    np.testing.assert_allclose(spec.gridded("dephasing").T, T, rtol=1e-7)
    run = tlsmc.run(spec, progress=False)
    rate = run["dephasing"].exact / run["dephasing"].measurable["tau_phi"][1]
    assert np.isfinite(rate).all()


def test_a_spec_with_data_runs_as_any_other(folder):
    spec = tlsmc.load_spec(folder / "two.toml", ('observables.dephasing.temperature=["10 mK"]',))
    assert spec.population.E_star == 0.05


def test_free_L_becomes_a_cut_off(tmp_path):
    write_csv(tmp_path / "d.csv", "T [K],value [J/(K cm^3)],error", [0.01, 0.1], 1.0, 1.0)
    problem = parse_fit(
        content(data={"d": {"file": "d.csv", "quantity": "C"}}, parameters={"L": {"start": 9.0}}), tmp_path
    )
    from tlsmc.fitting.fitted_spec import fitted_spec

    path = tmp_path / "fitted.toml"
    path.write_text(fitted_spec(problem, {"L": 9.0}))
    assert tlsmc.load_spec(path).population.defects_per_n_T == pytest.approx(9.0, rel=1e-6)


def test_without_convergence_there_are_no_errors(folder, monkeypatch):
    from tlsmc.fitting import load_fit
    from tlsmc.fitting import optimize as optimum

    monkeypatch.setattr(optimum, "MOST_EVALUATIONS", 2)
    monkeypatch.setattr(optimum, "MOST_NEWTON", 0)
    lost = fit(load_fit(folder / "two.toml"), rivals=True)
    assert not lost.converged
    assert {p.status for p in lost.parameters} == {"not converged"}
    assert {(p.error, p.low68, p.high95) for p in lost.parameters} == {(None, None, None)}
    assert (lost.rivals, lost.fitted_spec, lost.sentences) == ((), "", ())
    assert "did not converge" in report(lost)
    assert not any(name.startswith("profiles") for name in lost.arrays)


def test_a_better_optimum_on_the_way_is_taken(folder, monkeypatch):
    """A first descent that stops too early is found out by the profiles."""
    from tlsmc.fitting import load_fit

    problem = load_fit(folder / "two.toml")
    true = procedure.best_of_starts

    def early(objective, starts, seed):
        end = true(objective, starts, seed)
        u = end.u + 0.3 * np.array([1.0, -1.0, 1.0, 0.0, 0.0])
        return replace(end, u=u, chi2=objective.chi2(u))

    straight = procedure.solve(problem.model, None, 1, 1)
    monkeypatch.setattr(procedure, "best_of_starts", early)
    found = procedure.solve(problem.model, None, 1, 1)
    np.testing.assert_allclose(found.optimum.u, straight.optimum.u, atol=1e-4)


# The command


@pytest.mark.usefixtures("own_folder")
def test_command(call, folder, tmp_path, found):
    status, out, err = call("fit", folder / "two.toml")
    assert (status, err) == (0, "")
    assert out.startswith(report(found))
    assert "tlsmc run two-fitted.toml" in out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["two-fitted.fit.h5", "two-fitted.toml"]
    assert open_fit(tmp_path / "two-fitted.fit.h5").plain() == found.plain()
    status, out, err = call("fit", "two-fitted.fit.h5")
    assert (status, err) == (0, "")
    assert out == report(found) + "\n"
    status, out, err = call("fit", folder / "two.toml")
    assert (status, out) == (EXIT_SPEC, "")
    assert "exists already" in err


@pytest.mark.usefixtures("own_folder")
def test_command_json(call, folder, found):
    status, out, err = call("fit", folder / "two.toml", "--json", "--set", "fit.rivals=[]", "-o", "other.h5")
    assert (status, err) == (0, "")
    data = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert data["files"] == ["other.fit.h5", "other.toml"]
    assert data["rivals"] == []
    assert data["converged"] is True
    names = [p["name"] for p in data["parameters"]]
    assert names == [p.name for p in found.parameters]
    assert data["parameters"][0]["value"] == pytest.approx(found["E_star"].value)


@pytest.mark.parametrize(
    ("settings", "status", "pieces"),
    [
        (["--set", 'fit.data.tau.file="none.csv"'], EXIT_SPEC, ["fit.data.tau.file", "No such file"]),
        (["--set", 'fit.parameters.E_star.high="1 mK"'], EXIT_SPEC, ["E_star", "outside"]),
        (["--set", "fit=0"], EXIT_SPEC, ["fit: 0 is not a table"]),
        (["-o", "no/way"], EXIT_STORE, ["is not a folder"]),
    ],
)
@pytest.mark.usefixtures("own_folder")
def test_command_refusals(call, folder, tmp_path, settings, status, pieces):
    given, out, err = call("fit", folder / "two.toml", *settings)
    assert (given, out) == (status, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for piece in pieces:
        assert piece in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("own_folder")
def test_bad_data_end_with_status_2_and_the_place(call, folder, tmp_path):
    for name in ("two.toml", "heat.csv"):
        (tmp_path / name).write_text((folder / name).read_text())
    (tmp_path / "tau.csv").write_text("T [K],value [1/s],error\n0.1,1e8,1e6\n0.2,1e8,-1e6\n")
    status, out, err = call("fit", "two.toml")
    assert (status, out) == (EXIT_SPEC, "")
    place = "fit.data.tau.columns.error: tau.csv, row 3, column 'error'"
    assert err == f"error: {place}: -1e+06 is not above 0; an error is positive, mend that row\n"


@pytest.mark.usefixtures("own_folder")
def test_a_spec_without_data(call, tmp_path):
    text = (ROOT / "runs" / "quickstart.toml").read_text()
    (tmp_path / "plain.toml").write_text(text)
    status, _, err = call("fit", "plain.toml")
    assert status == EXIT_SPEC
    assert "has no [fit]" in err


@pytest.mark.usefixtures("own_folder")
def test_the_study(call, tmp_path):
    """Three curves of one wire, each in another dialect: E*, chi, n_T and L come back."""
    status, _, err = call("new", "fit_wire", "-o", "wire.toml")
    assert (status, err) == (0, "")
    assert len(list(tmp_path.glob("fit_wire_*.csv"))) == 3
    status, out, err = call("fit", "wire.toml", "--json", "--set", "fit.rivals=[]")
    assert (status, err) == (0, "")
    values = {p["name"]: p for p in json.loads(out)["parameters"]}
    for name, truth in (("E_star", 0.02), ("chi", 0.03), ("n_T", 5.2e16), ("L", 14.5)):
        assert values[name]["low95"] < truth < values[name]["high95"], name


@pytest.mark.slow
@pytest.mark.usefixtures("own_folder")
def test_pictures(call, folder, tmp_path, found):
    pytest.importorskip("matplotlib")
    write_fit(
        replace(found, arrays=found.arrays | {"posterior": np.ones((3, 5)) * rng("draws").random((3, 1))}),
        tmp_path / "a.h5",
    )
    status, out, err = call("fit", "a.h5", "--plot", "--json")
    assert (status, err) == (0, "")
    names = [f"a-{name}.{ending}" for name in ("data", "profiles", "posterior") for ending in ("png", "svg")]
    assert json.loads(out)["files"] == names
    for name in names:
        assert (tmp_path / name).stat().st_size > 5000
    svg = (tmp_path / "a-data.svg").read_text()
    for piece in ("two curves", "residual / error", "1/tau_phi [1/s]", "C [nJ/(K cm^3)]"):
        assert piece in svg


@pytest.mark.slow
def test_posterior(folder):
    pytest.importorskip("emcee")
    from tlsmc.fitting import load_fit

    problem = load_fit(
        folder / "two.toml",
        (
            "fit.data.heat.background=[]",
            "fit.rivals=[]",
            "fit.steps=4000",
            'fit.parameters.n_T={ fixed = "1e17 cm^-3" }',
        ),
    )
    drawn = fit(problem, sample=True)
    found = drawn.posterior
    assert found.converged
    assert found.verdict == "converged"
    assert found.steps > 50 * found.autocorrelation
    assert 0.15 < found.acceptance < 0.8
    for parameter in drawn.parameters:
        low, high = found.quantiles[parameter.name][1], found.quantiles[parameter.name][3]
        # Half an error of tolerance: some 1,000 independent draws know a quantile to 0.06 of one.
        assert low == pytest.approx(parameter.low68, abs=0.5 * parameter.error)
        assert high == pytest.approx(parameter.high68, abs=0.5 * parameter.error)
    assert drawn.arrays["posterior"].shape[1] == 2
    once, again = (fit(replace(problem, steps=100), sample=True) for _ in range(2))
    np.testing.assert_array_equal(again.arrays["posterior"], once.arrays["posterior"])
    short = once.posterior
    assert not short.converged
    assert "not converged: 100 steps are only" in short.verdict
    assert "median" not in report(replace(drawn, posterior=short))


def test_posterior_needs_emcee(folder, monkeypatch):
    import sys

    from tlsmc.errors import SpecError
    from tlsmc.fitting import load_fit

    monkeypatch.setitem(sys.modules, "emcee", None)
    with pytest.raises(SpecError, match=r"needs emcee; install tlsmc\[fit\]"):
        fit(load_fit(folder / "two.toml", ("fit.rivals=[]",)), sample=True)
