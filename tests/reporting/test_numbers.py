"""What the page says is what the run says: means, errors, z, verdicts, tails, convergence, provenance."""

import dataclasses
import re
import shlex

import numpy as np
import pytest

import tlsmc
from tests.reporting.pages import bracketed, content, make_run, rows, section, table, with_blocks, words_of
from tlsmc.cli import main
from tlsmc.diagnostics.comparison import compare
from tlsmc.diagnostics.tails import run_tails
from tlsmc.formatting import number
from tlsmc.reporting.page.results_section import places
from tlsmc.reporting.page.run_section import command, recipe
from tlsmc.results.convergence import convergence
from tlsmc.spec.sweep import load_sweep
from tlsmc.spec.toml import document

pytestmark = pytest.mark.slow

pytest.importorskip("matplotlib")

RUNS = {
    "random": lambda: make_run("numbers", defects=40_000),
    "kondo": lambda: make_run("numbers", model="kondo"),
    "sobol": lambda: make_run("numbers", population={"sampling": "sobol"}, defects=2**15),
}


@pytest.fixture(scope="module", params=RUNS)
def run(request):
    return RUNS[request.param]()


@pytest.fixture(scope="module")
def tree(run):
    return words_of(run)


def test_results_are_those_of_the_run(run, tree):
    for name in run.names:
        curve = run[name]
        result = compare(run)[name]
        found = rows(table(section(tree, f"results-{name.replace('.', '-')}"), name))
        assert len(found) == len(places(curve)) == curve.mean.size
        z = result.z.reshape(curve.mean.shape)
        for row, place in zip(found, places(curve), strict=True):
            mean, error = bracketed(row[len(place)])
            # Errors are given to two digits, means to the same place.
            np.testing.assert_allclose(error, np.where(curve.error[place] > 0, curve.error[place], np.nan), rtol=0.051)
            precision = 0.51 * 10.0 ** np.floor(np.log10(curve.error[place]) - 1) if curve.error[place] > 0 else 0.0
            assert abs(mean - curve.mean[place]) <= precision + 1e-4 * abs(curve.mean[place]) * (not precision)
            assert row[len(place) + 1] == number(float(curve.exact[place]))
            assert row[len(place) + 2] == (f"{z[place]:+.1f}" if np.isfinite(z[place]) else "-")


def test_comparison_with_reasons(run, tree):
    found = rows(table(section(tree, "agreement"), "Sampled against exact"))
    results = compare(run)
    assert [row[0] for row in found] == list(results)
    for row, result in zip(found, results.values(), strict=True):
        numbers = [str(result.points), number(result.chi2), str(result.dof), number(result.p_value)]
        assert row[1:6] == [result.verdict, *numbers]
        assert row[6:] == [number(result.max_abs_z)]
    reasons = [item.text for item in section(tree, "agreement").all("li")]
    assert reasons == [f"{name}: {result.reason}." for name, result in results.items() if result.reason]


def test_ratios_to_the_printed_forms(run, tree):
    found = rows(table(section(tree, "agreement"), "Sampled over printed"))
    expected = [(r.name, p) for r in compare(run).values() for p in r.printed]
    assert [(row[0], row[1]) for row in found] == [(name, p.equation) for name, p in expected]
    for row, (_, form) in zip(found, expected, strict=True):
        np.testing.assert_allclose(bracketed(row[2])[0], form.ratio, rtol=1e-2)
        assert row[3] == " ".join(form.remark.split())


def test_tails_name_index_meaning_and_what_an_answer_rests_on(run, tree):
    found = {row[0]: row for row in rows(table(section(tree, "tails"), "The heaviest tail"))}
    expected = run_tails(run)
    assert list(found) == list(expected)
    for name, tail in expected.items():
        place = tail.worst_first()[0]
        row = found[name]
        if np.isfinite(tail.index[place]):
            assert bracketed(row[2])[0] == pytest.approx(tail.index[place], abs=0.11)
        assert row[3] == tail.meaning(place)
        assert row[-1] == tail.rests_on(place)
        assert row[-2] == f"{tail.effective[place]:,.0f}"


def test_convergence_is_that_of_the_blocks(run, tree):
    found = {row[0]: row for row in rows(table(section(tree, "convergence"), "Relative errors"))}
    assert list(found) == list(run.names)
    for name, row in found.items():
        curve = run[name]
        if row[1] == "no error can be given":
            assert not (np.isfinite(curve.error) & (curve.mean != 0.0)).any()
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.abs(curve.error / curve.mean)
        assert float(row[4]) == pytest.approx(np.nanmax(relative), rel=1e-3)
        parts = convergence(curve)
        quarter = int(np.abs(parts.counts / parts.counts[-1] - 0.25).argmin())
        place = np.unravel_index(np.nanargmax(relative), relative.shape)
        early = np.abs(parts.error[(quarter, *place)] / parts.mean[(quarter, *place)])
        assert row[3] == (number(float(early)) if np.isfinite(early) else "-")


def test_fractions_outside_the_range_of_a_formula():
    tunnelling, kondo = make_run("numbers"), make_run("numbers", model="kondo")
    told = section(words_of(tunnelling), "validity").text
    largest = tunnelling["linewidth.overdamped"].mean.max()
    assert f"linewidth: at most {largest:.2%} of the defects are overdamped (at T = 1)." in told
    told = section(words_of(kondo), "validity").text
    outside = kondo["kondo_heat_capacity.outside"].mean.max()
    assert f"kondo_heat_capacity: at most {outside:.2%} of the defects are outside Delta^2/T_K < T < T_K" in told


def test_refusals_have_their_reasons():
    spec = content("refusals", model="kondo")
    spec["observables"]["kondo_dephasing"] = {"temperature": [0.03, 0.3], "cross_section": "literal"}
    run = tlsmc.run(tlsmc.parse_spec(spec), progress=False)
    curve = run["kondo_dephasing"]
    assert curve.refusal
    tree = words_of(run)
    row = next(row for row in rows(table(section(tree, "agreement"), "Sampled against exact")) if row[0] == curve.name)
    assert row[1] == "refused"
    assert any(curve.refusal in item.text for item in section(tree, "agreement").all("li"))
    assert curve.refusal in section(tree, "validity").text
    assert "No z-score for" in section(tree, "validity").text
    assert all(cells[3] == "-" for cells in rows(table(section(tree, "results-kondo_dephasing"), curve.name)))
    assert "without a comparison" in tree.all("header")[0].text
    settled = {row[0]: row for row in rows(table(section(tree, "convergence"), "Relative errors"))}
    assert settled[curve.name][1] == "no error can be given"


def test_a_large_grid_is_shown_in_part():
    spec = content("large", defects=200)
    spec["observables"] = {
        "attenuation": {
            "temperature": {"start": 0.1, "stop": 1.0, "points": 9},
            "frequency": {"start": 0.1, "stop": 1.0, "points": 8},
        }
    }
    curve = tlsmc.run(tlsmc.parse_spec(spec), progress=False)["attenuation.total"]
    shown = places(curve)
    assert len(shown) == 36
    assert shown[0] == (0, 0)
    assert shown[-1] == (8, 7)


# Provenance


def test_provenance(run, tree):
    told = dict(rows(table(section(tree, "provenance"), "Provenance")))
    made = run.provenance
    assert (told["tlsmc"], told["Python"], told["numpy"]) == (made.version, made.python, made.numpy)
    assert (told["Kernel"], told["Machine"], told["Started"]) == (made.kernel, made.machine, made.started)
    assert told["Spec hash"] == run.spec.hash()
    assert told["Digest of all block sums"] == run.digest()
    assert told["Wall time"] == f"{made.wall_seconds:.1f} s"


def _loaded(made, folder):
    """The spec that a recipe makes, read as ``tlsmc run`` does."""
    path = folder / "again.toml"
    path.write_text(made.text, encoding="utf-8")
    return tlsmc.load_spec(path, made.settings)


def _written(folder, text, overrides=()):
    path = folder / "first.toml"
    path.write_text(text, encoding="utf-8")
    return tlsmc.load_spec(path, overrides)


SPEC = """# a comment <with> brackets
title = "of a file"
seed = 4
[population]
model = "tunnelling"
defects = 5_000
[population.parameters]
E = { law = "uniform", high = "20 mK" }
p = { law = "tunnelling" }
[observables.heat_capacity]
temperature = ["1 mK", "10 mK"]
"""


def test_the_recipe_of_a_file_is_the_file_itself(tmp_path):
    spec = _written(tmp_path, SPEC, ("seed=5", 'title="it\'s"'))
    made = recipe(spec)
    assert (made.text, made.verbatim) == (SPEC, True)
    again = _loaded(made, tmp_path)
    assert again == spec
    assert made.settings == ("seed=5", 'title="it\'s"')


@pytest.mark.parametrize("size", [{"defects": 9_000}, {"samples": 3}, {"defects": 6_000, "samples": 2}])
def test_the_recipe_of_a_run_that_was_made_larger(tmp_path, size):
    spec = _written(tmp_path, SPEC)
    tlsmc.run(spec, tmp_path / "a.h5", progress=False)
    grown = tlsmc.resume(tmp_path / "a.h5", progress=False, **size)
    assert _loaded(recipe(grown.spec), tmp_path).hash() == grown.spec.hash()


def test_the_recipe_of_a_merged_run_and_of_one_point_of_a_sweep(tmp_path):
    for k in (1, 2):
        part = _written(tmp_path, SPEC, (f"seed={k}", "population.defects=300"))
        tlsmc.run(part, tmp_path / f"{k}.h5", progress=False)
    merged = tlsmc.merge([tmp_path / "1.h5", tmp_path / "2.h5"], tmp_path / "both.h5")
    made = recipe(merged.spec)
    assert not made.verbatim
    assert _loaded(made, tmp_path).hash() == merged.spec.hash()
    path = tmp_path / "sweep.toml"
    sweep = '[sweep]\nproduct = { "population.parameters.E.high" = ["1 mK", "2 mK"] }\n'
    path.write_text(SPEC + sweep, encoding="utf-8")
    for point in load_sweep(path):
        assert _loaded(recipe(point.spec), tmp_path).hash() == point.spec.hash()


def test_the_recipe_of_a_tabulated_law_needs_no_other_file(tmp_path):
    (tmp_path / "law.csv").write_text("0,1\n1,2\n2,0\n", encoding="utf-8")
    text = SPEC.replace('law = "uniform", high = "20 mK"', 'law = "tabulated", file = "law.csv", unit = "10 mK"')
    spec = _written(tmp_path, text)
    (tmp_path / "law.csv").unlink()
    made = recipe(spec)
    assert not made.verbatim
    assert _loaded(made, tmp_path).hash() == spec.hash()


@pytest.mark.parametrize("model", ["tunnelling", "kondo"])
def test_a_resolved_spec_is_a_spec(model, tmp_path):
    spec = tlsmc.parse_spec(content(model=model, title='two\nlines "quoted" \\'))
    assert _loaded(recipe(spec), tmp_path).hash() == spec.hash()
    tables = re.findall(r"^\[(.*)\]$", document(spec.resolved()), flags=re.MULTILINE)
    assert tables[:2] == ["population", "population.parameters"]
    assert len(set(tables)) == len(tables)


def test_a_text_that_is_not_of_the_run_is_not_believed(tmp_path):
    for source in ("", "title = ", "[population]\nmodel = 3", "population = 1\nseed = 2", SPEC):
        spec = tlsmc.parse_spec(content(), source=source)
        assert _loaded(recipe(spec), tmp_path).hash() == spec.hash()


def test_the_command_repeats_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = _written(tmp_path, SPEC, ("seed=5", 'title="it\'s $HOME"'))
    run = tlsmc.run(spec, tmp_path / "a b.h5", progress=False)
    tree = words_of(run)
    command_line, text = (node.text for node in section(tree, "provenance").all("pre"))
    assert command_line == command(run, recipe(spec).settings)
    assert " ".join(SPEC.split()) == text
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "a b.toml").write_text(recipe(spec).text, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "again")
    program, *arguments = shlex.split(command_line)
    assert program == "tlsmc"
    assert main([*arguments, "--jobs", "1"]) == 0
    again = tlsmc.open_run(tmp_path / "again" / "a b.h5")
    assert again.digest() == run.digest()
    assert again.spec == run.spec


def test_the_command_of_a_part_is_that_of_the_part():
    run = make_run(defects=10)
    part = dataclasses.replace(run, provenance=dataclasses.replace(run.provenance, part="1/2", kernel="numba 0.68"))
    words = shlex.split(command(part, ()))
    assert words[-4:] == ["--kernel", "numba", "--part", "1/2"]


def test_unfinished_runs_keep_their_numbers():
    part = with_blocks(make_run("numbers"), 3)
    tree = words_of(part)
    row = rows(table(section(tree, "results-dephasing"), "dephasing"))[1]
    assert bracketed(row[1])[0] == pytest.approx(part["dephasing"].mean[1], abs=part["dephasing"].error[1])
