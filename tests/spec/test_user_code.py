"""Laws and observables of a user's own: a class in a file beside the spec, identified by its checksum."""

import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tests.library import changed
from tlsmc.diagnostics.reweighting import reweight
from tlsmc.diagnostics.sensitivity import sensitivities
from tlsmc.errors import CodeError, SpecError, StoreError
from tlsmc.fitting import fit, parse_fit
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.results.store.runfile import run_image
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.user import Deferred

PACKAGE = Path(tlsmc.__file__).parent
#: A user's files are copies of the package's own, so that the right numbers are known to the last bit.
LAW, OBSERVABLE = PACKAGE / "populations/laws/log_uniform.py", PACKAGE / "observables/attenuation.py"

CONTENT = {
    "seed": 8,
    "population": {
        "model": "tunnelling",
        "defects": 3000,
        "samples": 2,
        "parameters": {
            "E": {"function": "my_law.py:LogUniform", "low": "1 mK", "high": "20 mK"},
            "p": {"law": "tunnelling", "low": 1e-5},
        },
    },
    "material": {"chi": 0.03},
    "observables": {
        "mine": {
            "function": "my_observable.py:Attenuation",
            "temperature": ["5 mK", "50 mK"],
            "frequency": ["100 MHz", "1 GHz"],
            "drive": "sigma_z",
        },
    },
}
OWN = changed("population/parameters/E", {"law": "log_uniform", "low": "1 mK", "high": "20 mK"}, CONTENT)
OWN["observables"] = {"attenuation": {k: v for k, v in CONTENT["observables"]["mine"].items() if k != "function"}}
CODE = ("population/parameters/E", "observables/mine")


@pytest.fixture
def folder(tmp_path):
    """A folder with the user's files."""
    shutil.copy(LAW, tmp_path / "my_law.py")
    shutil.copy(OBSERVABLE, tmp_path / "my_observable.py")
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with the user's files, a spec and a finished run of it."""
    folder = tmp_path_factory.mktemp("user")
    shutil.copy(LAW, folder / "my_law.py")
    shutil.copy(OBSERVABLE, folder / "my_observable.py")
    tlsmc.run(parse_spec(CONTENT, folder), folder / "run.h5", kernel="numpy", progress=False)
    return folder


@pytest.fixture
def stored(finished, tmp_path):
    """A copy of that folder which a test may spoil."""
    return Path(shutil.copytree(finished, tmp_path / "copy")) / "run.h5"


def _entry(content, place):
    for key in place.split("/"):
        content = content[key]
    return content


def test_the_class_is_the_users_and_units_are_as_its_fields_say(folder):
    spec, own = parse_spec(CONTENT, folder), parse_spec(OWN)
    law = spec.population.laws["E"]
    assert type(law).__name__ == "LogUniform"
    assert type(law) is not type(own.population.laws["E"])
    assert (law.low, law.high) == (0.001, 0.02)
    assert spec.gridded("mine").observable.drive == "sigma_z"
    assert spec.in_kelvin
    u = np.linspace(0.1, 0.9, 9)
    np.testing.assert_array_equal(law.ppf(u), own.population.laws["E"].ppf(u))


def test_the_run_has_the_names_and_the_checksums(folder):
    resolved = parse_spec(CONTENT, folder).resolved()
    law, mine = (_entry(resolved, place) for place in CODE)
    assert list(law) == ["function", "sha256", "low", "high"]
    assert law["function"], law["high"] == ("my_law.py:LogUniform", "0.02 K")
    assert mine["function"] == "my_observable.py:Attenuation"
    assert mine["declared"]["components"] == ["resonant", "relaxation"]
    assert len(law["sha256"]) == len(mine["sha256"]) == 64


@pytest.mark.parametrize("place", CODE)
def test_another_file_is_another_run(folder, place):
    first = parse_spec(CONTENT, folder)
    name = _entry(CONTENT, place)["function"].partition(":")[0]
    with (folder / name).open("a") as file:
        file.write("\n# one more line\n")
    assert parse_spec(CONTENT, folder).hash() != first.hash()
    with pytest.raises(CodeError, match=rf"{place.replace('/', '.')}.*{name}:\w+: the file has changed"):
        parse_spec(first.resolved(), folder)


@pytest.mark.parametrize("execute", [True, False])
def test_resolved_is_a_fixed_point_with_and_without_the_code(folder, execute):
    spec = parse_spec(CONTENT, folder)
    again = parse_spec(json.loads(json.dumps(spec.resolved())), folder, execute=execute)
    assert isinstance(again.population, Deferred) is not execute
    assert again.hash() == spec.hash()
    assert again.resolved() == spec.resolved()
    assert again.in_kelvin == spec.in_kelvin
    assert again == spec
    assert again.executed().population.laws == spec.population.laws


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_sums_are_those_of_the_own_formula_in_worker_processes(folder, kernel):
    own = tlsmc.run(parse_spec(OWN), kernel=kernel, progress=False)
    mine = tlsmc.run(parse_spec(CONTENT, folder), kernel=kernel, jobs=2, backend="loky", progress=False)
    ours, theirs = mine.sums.observables["mine"], own.sums.observables["attenuation"]
    np.testing.assert_array_equal(ours.totals, theirs.totals)
    np.testing.assert_array_equal(ours.products, theirs.products)
    np.testing.assert_allclose(mine["mine"].exact, own["attenuation"].exact, rtol=1e-10)


RARE = {
    "my_law.py: ppf": ("def ppf(self, u: Array) -> Array:", "if np.max(u) > 0.999:\n            raise KeyError(3)"),
    "my_observable.py: _at_temperature": (
        "    E, p, q = columns",
        "if E.max() > 0.0199:\n        raise KeyError(3)",
    ),
}


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("place", RARE)
def test_what_fails_at_rare_values_is_named_in_one_line(folder, place, jobs):
    (line, fault), file = RARE[place], folder / place.partition(":")[0]
    indent = "        " if "def" in line else "    "
    file.write_text(file.read_text().replace(line, f"{line}\n{indent}{fault}"))
    with pytest.raises(CodeError, match="failed with KeyError: 3; mend the file") as caught:
        tlsmc.run(parse_spec(CONTENT, folder), kernel="numpy", jobs=jobs, progress=False)
    assert str(caught.value).startswith(f"{place} ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_numba_cannot_compile_is_named_in_one_line(folder, jobs):
    file = folder / "my_observable.py"
    file.write_text(file.read_text().replace("omega = point[0]", "omega = point[0] + 0 * len(globals())"))
    spec = parse_spec(CONTENT, folder)
    with pytest.raises(CodeError, match="kernel numpy may work") as caught:
        tlsmc.run(spec, kernel="numba", jobs=jobs, progress=False)
    assert str(caught.value).startswith(f"{file.name}: at_point cannot be compiled by numba (")
    assert "\n" not in str(caught.value)
    assert tlsmc.run(spec, kernel="numpy", progress=False).complete


def test_a_spec_travels_with_its_code(folder):
    spec = parse_spec(CONTENT, folder)
    law = pickle.loads(pickle.dumps(spec.population.laws["E"]))
    assert law == spec.population.laws["E"]
    deferred = parse_spec(spec.resolved(), folder, execute=False)
    again = pickle.loads(pickle.dumps(deferred))
    assert again.resolved() == spec.resolved()
    assert again.executed() == spec


# Opening a run file ---------------------------------------------------------------------------------------------------


def test_opening_a_run_file_executes_nothing(stored):
    whole = tlsmc.open_run(stored)
    for name in ("my_law.py", "my_observable.py"):
        (stored.parent / name).write_text("raise SystemExit('executed')\n")
    run = tlsmc.open_run(stored)
    assert run.digest() == whole.digest()
    assert run.names[-3:] == ("mine.resonant", "mine.relaxation", "mine.total")
    assert run["mine"].label == "F"
    np.testing.assert_array_equal(run["mine"].mean, whole["mine"].mean)
    np.testing.assert_array_equal(run["mine"].error, whole["mine"].error)
    assert run.spec.hash() == whole.spec.hash()


def _gone(file):
    file.unlink()


def _other(file):
    with file.open("a") as text:
        text.write("# more\n")


LACKS = {"gone": (_gone, "is not a file"), "other": (_other, "the file has changed")}


@pytest.fixture(params=["my_law.py", "my_observable.py"])
def lacking(request, stored):
    """A run file beside which one file of the user is gone."""
    (stored.parent / request.param).unlink()
    return stored, request.param


@pytest.mark.parametrize(
    "command",
    ["show {}", "show {} --json", "digest {}", "status {}", "verify {} --blocks 0", "plot {} --format png"],
)
def test_what_needs_no_code_goes_on_without_it(call, lacking, command):
    file, _ = lacking
    status, _, error = call(*command.format(file).split())
    assert (status, error) == (0, "")


def test_without_the_code_nothing_exact_is_known(call, lacking):
    file, name = lacking
    curve = tlsmc.open_run(file)["mine"]
    assert np.isnan(curve.exact).all()
    assert np.isfinite(curve.mean).all()
    assert (curve.printed, curve.measurable) == ((), {})
    _, shown, _ = call("show", file)
    assert f"no exact values: {'population.parameters.E' if name == 'my_law.py' else 'observables.mine'}" in shown


@pytest.mark.parametrize("lack", LACKS)
@pytest.mark.parametrize("name", ["my_law.py", "my_observable.py"])
@pytest.mark.parametrize(
    "command",
    ["verify {}", "compare {}", "resume {} --samples 3", "tails {} --sensitivity"],
)
def test_what_needs_the_code_says_so_in_one_line(call, stored, name, lack, command):
    spoil, says = LACKS[lack]
    spoil(stored.parent / name)
    status, _, error = call(*command.format(stored).split())
    assert status == 2
    assert error.startswith("error: ")
    assert says in error
    assert name in error
    assert error.count("\n") == 1


def test_with_the_code_beside_it_a_run_file_does_everything(call, stored):
    run = tlsmc.open_run(stored)
    assert np.isfinite(run["mine"].exact).all()
    assert tlsmc.verify(stored).same_bits
    for command in ("compare", "tails"):
        assert call(command, stored)[::2] == (0, "")
    larger = tlsmc.resume(stored, samples=3, progress=False)
    fresh = parse_spec(changed("population/samples", 3, CONTENT), stored.parent)
    assert larger.digest() == tlsmc.run(fresh, kernel="numpy", progress=False).digest()


@pytest.mark.slow
def test_a_report_needs_the_code(call, stored):
    assert call("report", stored)[::2] == (0, "")
    (stored.parent / "my_law.py").unlink()
    status, _, error = call("report", stored, "--force")
    assert status == 2
    assert "my_law.py" in error


def test_parts_are_merged_without_the_code(folder):
    spec = parse_spec(CONTENT, folder)
    parts = [folder / f"{part}.h5" for part in (1, 2)]
    for number, path in enumerate(parts, start=1):
        tlsmc.run(spec, path, part=f"{number}/2", kernel="numpy", progress=False)
    (folder / "my_law.py").unlink()
    merged = tlsmc.merge(parts, folder / "all.h5")
    assert merged.digest() == tlsmc.run(spec, kernel="numpy", progress=False).digest()


def test_its_parameters_are_those_of_any_law(stored):
    spec = tlsmc.open_run(stored).spec
    found = {slope.parameter for slope in sensitivities(spec, 8192)}
    assert {"E.low", "E.high", "p.low"} <= found
    content = changed("population/parameters/E/high", "19 mK", spec.resolved())
    assert set(reweight(spec, parse_spec(content, stored.parent))) == set(tlsmc.open_run(stored).names)


def test_a_fit_varies_its_parameters(folder):
    grid = {"temperature": ["5 mK", "10 mK", "20 mK", "50 mK"], "frequency": ["1 GHz"]}
    content = changed("observables", {"attenuation": grid}, CONTENT)
    F = tlsmc.run(parse_spec(content, folder), kernel="numpy", progress=False)["attenuation"].exact[:, 0]
    rows = [f"{T},1,{x!r},{0.01 * x!r}" for T, x in zip((5, 10, 20, 50), F.tolist(), strict=True)]
    (folder / "sound.csv").write_text("\n".join(["T [mK],f [GHz],F,error", *rows]))
    high = {"start": "17 mK", "low": "5 mK", "high": "100 mK"}
    data = {"sound": {"file": "sound.csv", "quantity": "F"}}
    content["fit"] = {"data": data, "parameters": {"population.parameters.E.high": high}}
    found = fit(parse_fit(content, folder))
    assert found.parameters[0].value == pytest.approx(0.02, rel=1e-4)
    assert 'E = { function = "my_law.py:LogUniform", low = "1 mK", high = "0.02' in found.fitted_spec


def test_natural_units_stay_natural(folder):
    content = changed("population/parameters/E", {"function": "my_law.py:LogUniform", "low": 0.1, "high": 1.0}, CONTENT)
    content["observables"]["mine"] |= {"temperature": [0.1], "frequency": [0.5]}
    spec = parse_spec(content, folder)
    assert not spec.in_kelvin
    again = parse_spec(spec.resolved(), folder, execute=False)
    assert not again.in_kelvin
    assert again.hash() == spec.hash()


def test_a_piece_of_metal_needs_the_law_only_when_it_is_read(folder):
    wire = {"width": "30 nm", "thickness": "30 nm", "length": "1 um", "defect_density": "1e16 cm^-3"}
    content = changed("material", CONTENT["material"] | wire, CONTENT)
    del content["population"]["defects"]
    spec = parse_spec(content, folder)
    (folder / "my_law.py").unlink()
    again = parse_spec(spec.resolved(), folder, execute=False)
    assert again.layout == spec.layout


def test_a_law_of_a_coupling_may_be_the_users(folder):
    noise = {"temperature": "50 mK", "step": "1 us", "times": 64, "defects": 10}
    coupling = {"function": "my_law.py:LogUniform", "low": 0.5, "high": 2.0}
    content = changed("trajectories", {"telegraph": noise | {"coupling": coupling}}, OWN)
    spec = parse_spec(content, folder)
    assert spec.resolved()["trajectories"]["telegraph"]["coupling"]["sha256"]
    again = parse_spec(spec.resolved(), folder, execute=False)
    assert again.resolved() == spec.resolved()
    signals = [tlsmc.run(s, kernel="numpy", progress=False).records["telegraph"]["signal"] for s in (spec, again)]
    np.testing.assert_array_equal(*signals)


# Refusals -------------------------------------------------------------------------------------------------------------

REFERENCES = {
    "/etc/my_law.py:Law": "not beside the spec",
    "../my_law.py:Law": "not beside the spec",
    "a/../../my_law.py:Law": "not beside the spec",
    "C:\\my_law.py:Law": "not beside the spec",
    "..\\my_law.py:Law": "not beside the spec",
    "my_law.py": "is not FILE:NAME",
    "my_law.py:a.b": "is not FILE:NAME",
    "none.py:Law": "is not a file",
    ".:Law": "is not a file",
    "my_law.py:Missing": "defines no function 'Missing'",
    "my_law.py:require_range": "no dataclass derived from",
    "my_law.py:Law": "no dataclass derived from",
}


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("place", CODE)
def test_bad_references_are_refused(folder, place, reference):
    content = changed(f"{place}/function", reference, CONTENT)
    with pytest.raises(SpecError, match=REFERENCES[reference]) as caught:
        parse_spec(content, folder)
    assert str(caught.value).startswith(f"{place.replace('/', '.')}.function: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reference", [r for r, says in REFERENCES.items() if "beside" in says])
def test_a_run_file_cannot_name_other_places(folder, reference):
    content = changed("population/parameters/E/function", reference, parse_spec(CONTENT, folder).resolved())
    with pytest.raises(SpecError, match="not beside the spec"):
        parse_spec(content, folder, execute=False)


FILES = {
    "raise ValueError('two\\nlines')": "ValueError: two lines; mend the file",
    "import no_such_module": "ModuleNotFoundError",
    "def (": "SyntaxError",
    "\0": "mend the file",
}


@pytest.mark.parametrize("text", FILES)
def test_a_file_that_fails_is_named_in_one_line(folder, text):
    (folder / "my_law.py").write_text(text)
    with pytest.raises(CodeError, match=FILES[text]) as caught:
        parse_spec(CONTENT, folder)
    assert str(caught.value).startswith("population.parameters.E.function: my_law.py:LogUniform: ")
    assert "\n" not in str(caught.value)


SPOILT_LAWS = {
    ("def cdf(self, x: Array) -> Array:", "def cdf(self, x: Array) -> Array:\n        return 0.5 * x"): "be inverse",
    ("def pdf(self, x: Array) -> Array:", "def pdf(self, x: Array) -> Array:\n        return 1.0"): "pdf gave 1.0",
    (
        "def ppf(self, u: Array) -> Array:",
        "def ppf(self, u: Array) -> Array:\n        raise KeyError(3)",
    ): "KeyError: 3",
    ("def cdf(self,", "def no_cdf(self,"): "abstract",
    ("high: float = quantity()", "high: float = quantity(); width: float = number()"): "E.width: is missing",
}


@pytest.mark.parametrize("change", SPOILT_LAWS)
def test_a_law_that_is_none_is_refused(folder, change):
    text = (folder / "my_law.py").read_text()
    assert change[0] in text
    text = text.replace(*change).replace("import Law, quantity", "import Law, number, quantity")
    (folder / "my_law.py").write_text(text)
    with pytest.raises(SpecError, match=SPOILT_LAWS[change]) as caught:
        parse_spec(CONTENT, folder)
    assert str(caught.value).startswith("population.parameters.E")
    assert "\n" not in str(caught.value)


SPOILT_OBSERVABLES = {
    ('= ("E", "p", "q")', '= ("E", "p", "Q")'): "KeyError: 'Q'",
    ('= ("resonant", "relaxation")\n', '= ("resonant", "relaxation", "third")\n'): "LABELS",
    ('"resonant": "F_res", ', '"resonant": "F_res", "more": "x", '): "",
    ('("temperature", "frequency")', '("temperature", "phase")'): "phase|AXES",
    ("E, p, q = columns", "E, p = columns"): "ValueError",
}


@pytest.mark.parametrize("change", SPOILT_OBSERVABLES)
def test_an_observable_that_is_none_is_refused(folder, change):
    text = (folder / "my_observable.py").read_text()
    assert change[0] in text
    (folder / "my_observable.py").write_text(text.replace(*change))
    if not SPOILT_OBSERVABLES[change]:
        parse_spec(CONTENT, folder)
        return
    with pytest.raises(SpecError, match=SPOILT_OBSERVABLES[change]) as caught:
        parse_spec(CONTENT, folder)
    assert "observables.mine" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["attenuation", "base", "sample", "provenance", "spec_hash", "a b", "a/b", "1"])
def test_a_name_that_is_taken_or_no_name_is_refused(folder, name):
    content = changed("observables", {name: CONTENT["observables"]["mine"]}, CONTENT)
    with pytest.raises(SpecError, match="no name for an observable of your own"):
        parse_spec(content, folder)


@pytest.mark.parametrize("place", CODE)
def test_unknown_keys_are_refused(folder, place):
    with pytest.raises(SpecError, match=rf"{place.replace('/', '.')}\.hgh: unknown key"):
        parse_spec(changed(f"{place}/hgh", 1.0, CONTENT), folder)


def test_law_and_function_exclude_each_other(folder):
    with pytest.raises(SpecError, match=r"parameters\.E\.function: unknown key"):
        parse_spec(changed("population/parameters/E/law", "uniform", CONTENT), folder)


DECLARED = {
    "components": ["resonant", "relaxation", "more"],
    "axes": ["temperature", "time"],
    "sums": {"total": ["resonant"]},
    "labels": {"resonant": "x", "relaxation": "y", "total": "z"},
}


@pytest.mark.parametrize("key", DECLARED)
def test_a_file_that_says_other_than_the_run_file_is_refused(folder, key):
    content = changed(f"observables/mine/declared/{key}", DECLARED[key], parse_spec(CONTENT, folder).resolved())
    if key == "components":
        content["observables"]["mine"]["declared"]["labels"]["more"] = "m"
    if key == "axes":
        content["observables"]["mine"]["declared"]["resonant_axis"] = ""
        del content["observables"]["mine"]["frequency"]
        content["observables"]["mine"]["time"] = ["1 us", "2 us"]
    spec = parse_spec(content, folder, execute=False)
    with pytest.raises(SpecError, match=r"observables\.mine"):
        spec.executed()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("components", []),
        ("components", "resonant"),
        ("components", ["resonant", "resonant"]),
        ("components", ["resonant", "../x"]),
        ("components", [["resonant"]]),
        ("axes", ["frequency"]),
        ("axes", ["temperature", "no such"]),
        ("axes", ["temperature", "temperature"]),
        ("sums", {"total": ["none"]}),
        ("sums", {"total": []}),
        ("sums", []),
        ("labels", {}),
        ("labels", {"resonant": 1, "relaxation": "y", "total": "z"}),
        ("refusals", {"none": "why"}),
        ("refusals", {"resonant": 3}),
        ("more", 1),
    ],
)
def test_what_a_stranger_declares_is_checked(folder, key, value):
    content = changed(f"observables/mine/declared/{key}", value, parse_spec(CONTENT, folder).resolved())
    with pytest.raises(SpecError, match=r"observables\.mine\.declared"):
        parse_spec(content, folder, execute=False)


def test_a_run_file_with_code_but_no_checksum_is_refused(stored, monkeypatch):
    spec = tlsmc.open_run(stored).spec
    content = changed("observables/mine/sha256", ..., spec.resolved())
    monkeypatch.setattr(type(spec), "resolved", lambda _: content)
    run = tlsmc.open_run(stored)
    image = run_image(run.spec, run.sums, run.provenance)
    stored.write_bytes(image)
    with pytest.raises(StoreError, match="without the checksum of its file"):
        tlsmc.open_run(stored)


def test_a_law_that_is_not_in_a_file_is_no_spec():
    class Mine(Uniform):
        pass

    spec = parse_spec(OWN)
    made = type(spec.population)({"E": Mine(high=1.0), "p": spec.population.laws["p"]})
    with pytest.raises(SpecError, match=r"Mine has no name as law; offer it as tlsmc\.laws"):
        replace(spec, population=made).resolved()
