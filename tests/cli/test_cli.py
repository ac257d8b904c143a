"""The command line as a user meets it: output, JSON, exit codes, one-line errors."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tomllib

import numpy as np
import pytest

import tlsmc
from tests.library import ROOT, SMALL_TOML
from tlsmc.cli import EXIT_INTERRUPTED, EXIT_NO_SPACE, EXIT_SPEC, EXIT_STORE, main
from tlsmc.spec.sweep import is_sweep, load_sweep

CURVES = [
    "attenuation.resonant",
    "attenuation.relaxation",
    "attenuation.total",
    "dephasing",
    "heat_capacity",
    "linewidth.mean",
    "linewidth.overdamped",
]


@pytest.fixture
def call(capsys):
    """Run one command; returns exit status, stdout and stderr."""

    def command(*arguments):
        capsys.readouterr()
        try:
            status = main([str(a) for a in arguments])
        except SystemExit as stop:
            status = int(stop.code or 0)
        output = capsys.readouterr()
        return status, output.out, output.err

    return command


@pytest.fixture
def parsed(call):
    """Run one command with ``--json``; returns what it printed, read back strictly."""

    def command(*arguments):
        status, out, err = call(*arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))

    return command


def _refused(result, status, *pieces):
    """The command ended with ``status`` and one line on stderr that holds all ``pieces``."""
    given, out, err = result
    assert given == status
    assert out == ""
    assert err.startswith("error: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    for piece in pieces:
        assert piece in err


# Starting up.


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["compare", "-h"], ["run"]])
def test_help_and_usage_import_nothing_heavy(arguments):
    script = (
        "import sys\nfrom tlsmc.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'h5py', 'pint', 'joblib', 'tqdm', 'matplotlib', 'xarray'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_plain_run_imports_no_more_than_it_needs(tmp_path):
    """What takes as long to import as a short run takes to run is left to the commands that use it."""
    script = (
        "import sys\nfrom tlsmc.cli import main\ncode = main(sys.argv[1:])\n"
        "names = ('scipy.signal', 'scipy.stats', 'scipy.integrate', 'scipy.interpolate', 'matplotlib', 'distributed')\n"
        "heavy = {name for name in names if name in sys.modules}\n"
        "sys.exit(str(heavy) if heavy else code)"
    )
    words = ["run", "runs/quickstart.toml", "-o", str(tmp_path / "run.h5"), "--defects", "100", "--jobs", "1"]
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_version(call):
    assert call("--version") == (0, f"tlsmc {tlsmc.__version__}\n", "")


def test_help_names_every_command(call):
    status, out, _ = call("--help")
    assert status == 0
    for name in ("run", "show", "compare", "plot", "digest", "export", "new"):
        assert f"\n    {name} " in out


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        ([], "COMMAND"),
        (["bogus"], "invalid choice: 'bogus'"),
        (["run"], "spec"),
        (["run", "a.toml", "--jobs", "many"], "'many'"),
        (["run", "a.toml", "--backend", "bogus"], "'bogus'"),
        (["show"], "file"),
        (["show", "a.h5", "--bogus"], "--bogus"),
        (["plot", "a.h5", "--format", "bmp"], "'bmp'"),
    ],
)
def test_usage_errors_are_one_line(call, arguments, piece):
    _refused(call(*arguments), EXIT_SPEC, piece, "see tlsmc")


# run


def test_run_writes_a_file_and_says_what_next(call, spec_file, monkeypatch):
    monkeypatch.chdir(spec_file.parent)
    status, out, err = call("run", spec_file, "--defects", 5000, "--jobs", 1)
    assert (status, err) == (0, "")
    first, *rest = out.splitlines()
    assert first.startswith("small.h5: 1 x 5,000 defects in ")
    assert f"digest {tlsmc.open_run('small.h5').digest()}" in rest
    for name in ("show", "compare", "plot"):
        assert f"  tlsmc {name} small.h5 " in out
    assert sorted(p.name for p in spec_file.parent.iterdir()) == ["small.h5", "small.toml"]


def test_run_json(parsed, spec_file, tmp_path):
    output = tmp_path / "out.h5"
    data = parsed("run", spec_file, "-o", output, "--defects", 3000, "--samples", 2, "--seed", 8, "--jobs", 1)
    run = tlsmc.open_run(output)
    assert data["file"] == str(output)
    assert (data["defects"], data["samples"], data["seed"]) == (3000, 2, 8)
    assert data["complete"] is True
    assert data["digest"] == run.digest()
    assert data["spec_hash"] == run.spec.hash()
    assert 0.0 <= data["overdamped_fraction"] <= 1.0


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_workers_do_not_change_the_answer(parsed, spec_file, tmp_path, backend):
    arguments = ("--defects", 20_000, "--backend", backend)
    one = parsed("run", spec_file, "-o", tmp_path / "1.h5", "--jobs", 1, *arguments)
    two = parsed("run", spec_file, "-o", tmp_path / "2.h5", "--jobs", 2, *arguments)
    assert one["digest"] == two["digest"]


def test_set_changes_one_entry(parsed, spec_file, tmp_path):
    output = tmp_path / "out.h5"
    settings = ("observables.attenuation.drive=sigma_z", "material.chi=0.05", 'population.parameters.E.high="30 mK"')
    options = [part for setting in settings for part in ("--set", setting)]
    parsed("run", spec_file, "-o", output, "--defects", 1000, "--jobs", 1, *options)
    spec = tlsmc.open_run(output).spec
    assert spec.gridded("attenuation").observable.drive == "sigma_z"
    assert spec.metal.chi == 0.05
    assert spec.population.E_star == pytest.approx(0.03)
    assert spec.overrides == (*settings, "population.defects=1000")


def test_a_run_without_linewidth_reports_no_overdamped_fraction(call, parsed, tmp_path):
    spec = tmp_path / "heat.toml"
    spec.write_text(
        SMALL_TOML.partition("[observables.attenuation]")[0] + "[observables.heat_capacity]\ntemperature = [1]\n"
    )
    data = parsed("run", spec, "-o", tmp_path / "heat.h5", "--defects", 100, "--jobs", 1)
    assert data["overdamped_fraction"] is None
    assert "overdamped" not in call("show", tmp_path / "heat.h5")[1]


def test_run_refuses_an_existing_output(call, spec_file, run_file):
    before = run_file.read_bytes()
    _refused(call("run", spec_file, "-o", run_file, "--jobs", 1), EXIT_SPEC, str(run_file), "exists", "--force")
    assert run_file.read_bytes() == before


def test_run_force_replaces(call, spec_file, run_file):
    status, _, _ = call("run", spec_file, "-o", run_file, "--force", "--defects", 1000, "--jobs", 1)
    assert status == 0
    assert tlsmc.open_run(run_file).defects == 1000


@pytest.mark.parametrize(
    ("options", "pieces"),
    [
        (["--set", "population.parameters.E.law=unifrom"], ["population.parameters.E.law", "'unifrom'", "'uniform'"]),
        (["--set", "observables.atenuation.temperature=[1]"], ["observables.atenuation", "'attenuation'"]),
        (["--set", "material.chi=2"], ["material.chi", "2.0", "(0, 1]"]),
        (["--set", "materials.chi=0.1"], ["materials", "'material'"]),
        (["--set", "chi"], ["--set 'chi'", "KEY=VALUE"]),
        (["--set", 'material.chi="3 K"'], ["material.chi", "'3 K'", "dimension"]),
        (["--defects", "0"], ["population.defects", "0", "1 ..."]),
        (["--samples", "-1"], ["population.samples", "-1"]),
        (["--jobs", "0"], ["--jobs 0", "below 1"]),
    ],
)
def test_a_bad_spec_writes_nothing(call, spec_file, options, pieces):
    output = spec_file.parent / "out.h5"
    _refused(call("run", spec_file, "-o", output, *options), EXIT_SPEC, *pieces)
    assert [p.name for p in spec_file.parent.iterdir()] == [spec_file.name]


def test_a_missing_or_broken_spec(call, tmp_path):
    _refused(call("run", tmp_path / "none.toml"), EXIT_SPEC, "none.toml", "No such file")
    broken = tmp_path / "broken.toml"
    broken.write_text("title = @")
    _refused(call("run", broken), EXIT_SPEC, "broken.toml", "is not TOML", "line 1")


def test_an_output_folder_that_is_missing(call, spec_file, tmp_path):
    _refused(call("run", spec_file, "-o", tmp_path / "no" / "out.h5"), EXIT_SPEC, "does not exist")
    _refused(call("run", spec_file, "-o", tmp_path), EXIT_SPEC, "is a folder")


def test_full_disks_and_interrupts_have_their_own_status(call, spec_file, tmp_path, monkeypatch):
    def stop(error):
        def raising(*_, **__):
            raise error

        monkeypatch.setattr("tlsmc.simulation.run.run", raising)
        return call("run", spec_file, "-o", tmp_path / "out.h5")

    from tlsmc.results.store import NoSpaceError

    _refused(stop(NoSpaceError("out.h5: no space left; free some")), EXIT_NO_SPACE, "no space left")
    status, out, err = stop(KeyboardInterrupt())
    assert (status, out, err) == (EXIT_INTERRUPTED, "", "interrupted\n")


# Reading


@pytest.mark.parametrize("command", ["show", "compare", "plot", "digest", "export"])
@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_bad_run_files(call, tmp_path, run_file, command, json_option):
    _refused(call(command, tmp_path / "none.h5", *json_option), EXIT_STORE, "none.h5", "cannot be read")
    other = tmp_path / "other.h5"
    other.write_text("something else")
    _refused(call(command, other, *json_option), EXIT_STORE, "other.h5", "is not a run file")
    image = bytearray(run_file.read_bytes())
    image[-1] ^= 1
    run_file.write_bytes(image)
    _refused(call(command, run_file, *json_option), EXIT_STORE, "small.h5", "is damaged")


@pytest.mark.parametrize("command", ["show", "plot", "export"])
def test_an_unknown_curve_is_refused_before_anything_is_written(call, run_file, command):
    result = call(command, run_file, "--curve", "attenuation.resnant")
    _refused(result, EXIT_SPEC, "'attenuation.resnant'", "'attenuation.resonant'")
    assert [p.name for p in run_file.parent.iterdir()] == [run_file.name]


def test_show(call, run_file):
    status, out, err = call("show", run_file)
    assert (status, err) == (0, "")
    assert out.startswith("small\n  1 x 40,000 defects (random, fixed count), seed 3\n")
    for name in CURVES:
        assert f"\n{name}: " in out
    for text in (
        "10 mK  100 MHz",
        "C_T [J/(K cm^3)]",
        "C_T/C_e",
        "tau_phi [s]",
        "W [W/cm^3]",
        "overdamped (Gamma > E)",
    ):
        assert text in out


def test_show_a_selection_or_everything(call, spec_file, tmp_path):
    output = tmp_path / "out.h5"
    grid = "observables.heat_capacity.temperature={start='1 mK',stop='1 K',points=40}"
    call("run", spec_file, "-o", output, "--defects", 1000, "--set", grid, "--jobs", 1)
    some, everything = (call("show", output, "--curve", "heat_capacity", *all_)[1] for all_ in ([], ["--all"]))
    assert len(everything.splitlines()) - len(some.splitlines()) == 40 - 6
    assert "attenuation" not in some.partition("\n\n")[2]


def test_show_json(parsed, run_file, small_run):
    data = parsed("show", run_file)
    assert list(data["curves"]) == CURVES
    for name, curve in data["curves"].items():
        assert curve["label"] == small_run[name].label
        for key in ("mean", "error", "exact"):
            np.testing.assert_array_equal(np.array(curve[key], float), getattr(small_run[name], key))
    assert data["digest"] == small_run.digest()
    heat = data["curves"]["heat_capacity"]
    assert heat["temperature"] == list(small_run["heat_capacity"].gridded.temperature)
    assert heat["measurable"]["C_T"]["unit"] == "J/(K cm^3)"


def test_natural_units_have_no_units(call, spec_file, tmp_path):
    spec = tmp_path / "natural.toml"
    spec.write_text(
        "seed = 1\n[population]\nmodel = 'tunnelling'\ndefects = 1000\n[population.parameters]\n"
        "E = { law = 'uniform', high = 1.0 }\np = { law = 'tunnelling' }\n[material]\nchi = 0.3\n"
        "[observables.attenuation]\ntemperature = [0.5]\nfrequency = [0.1]\n"
    )
    output = tmp_path / "natural.h5"
    assert call("run", spec, "-o", output, "--jobs", 1)[0] == 0
    _, out, _ = call("show", output)
    assert out.startswith("untitled\n")
    assert " omega " in out
    assert "Hz" not in out
    call("export", output, "--curve", "attenuation.resonant")
    header = (tmp_path / "natural.attenuation.resonant.csv").read_text().partition("\n")[0]
    assert header.startswith("temperature,omega,mean,error,exact,")


def test_compare(call, run_file):
    status, out, err = call("compare", run_file)
    assert (status, err) == (0, "")
    tables = out.partition("\nSampled over printed")
    for name in CURVES:
        assert f" {name}  " in tables[0]
    for equation in ("Eq. 15", "Eq. 16", "Eq. 17", "Eq. 18", "Eq. 4", "Eq. 8"):
        assert equation in tables[2]
    assert "exactly twice the average of Eq. 12" in tables[2]


def test_compare_json(parsed, run_file):
    data = parsed("compare", run_file)
    assert data["complete"] is True
    assert list(data["observables"]) == CURVES
    for result in data["observables"].values():
        keys = {"points", "chi2", "dof", "p_value", "max_abs_z", "verdict", "reason", "printed"}
        assert keys <= set(result)
        assert result["verdict"] in ("agrees", "differs", "refused")
        assert isinstance(result["reason"], str)
        assert 0.0 <= result["p_value"] <= 1.0
    printed = {name: result["printed"] for name, result in data["observables"].items()}
    assert printed["attenuation.total"] is None
    leading = {name: printed[name]["equation"] for name in printed if printed[name]}
    assert leading == {
        "attenuation.resonant": "Eq. 15",
        "attenuation.relaxation": "Eq. 16",
        "dephasing": "Eq. 4",
        "heat_capacity": "Eq. 8",
    }
    for form in filter(None, printed.values()):
        assert form["ratio_error"] is None or form["ratio_error"] >= 0.0


def test_digest(call, parsed, run_file, small_run):
    assert call("digest", run_file) == (0, f"{small_run.digest()}\n", "")
    assert parsed("digest", run_file) == {"digest": small_run.digest(), "complete": True}


def test_export(call, run_file, small_run):
    status, out, err = call("export", run_file)
    assert (status, err) == (0, "")
    assert out.splitlines() == [str(run_file.with_name(f"small.{name}.csv")) for name in CURVES]
    curve = small_run["attenuation.relaxation"]
    with run_file.with_name("small.attenuation.relaxation.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["temperature [K]", "nu [Hz]", "mean", "error", "exact", "Eq. 16", "Eq. 17"]
    for key in ("mean", "error", "exact"):
        np.testing.assert_array_equal([float(row[key]) for row in rows], getattr(curve, key).ravel())
    np.testing.assert_allclose([float(row["nu [Hz]"]) for row in rows], [1e8, 2e8, 4e8] * 2, rtol=1e-12)
    np.testing.assert_allclose([float(row["temperature [K]"]) for row in rows], [0.01] * 3 + [0.05] * 3, rtol=1e-12)


def test_export_json_and_another_folder(parsed, run_file, tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    data = parsed("export", run_file, "-o", folder, "--curve", "heat_capacity")
    assert data == {"files": [str(folder / "small.heat_capacity.csv")]}
    header = (folder / "small.heat_capacity.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert next(csv.reader(io.StringIO(header)))[-4:] == ["C_T [J/(K cm^3)]", "C_T error", "C_T/C_e", "C_T/C_e error"]


def test_plot(call, parsed, run_file):
    pytest.importorskip("matplotlib")
    status, out, err = call("plot", run_file, "--curve", "heat_capacity", "--format", "svg")
    assert (status, err) == (0, "")
    data = parsed("plot", run_file, "--curve", "heat_capacity", "--format", "svg")
    assert data["files"] == out.splitlines()
    for name in data["files"]:
        with open(name, "rb") as file:
            assert file.read(5) == b"<?xml"


@pytest.mark.parametrize("command", ["plot", "export"])
def test_an_output_that_is_not_a_folder(call, run_file, command):
    _refused(call(command, run_file, "-o", run_file.parent / "none"), EXIT_STORE, "none", "is not a folder")


def test_reading_changes_no_run_file(call, run_file):
    before = hashlib.sha256(run_file.read_bytes()).digest()
    for command in ("show", "compare", "digest", "export"):
        assert call(command, run_file)[0] == 0
    assert hashlib.sha256(run_file.read_bytes()).digest() == before


# new


def test_new_lists_the_studies(call, parsed):
    titles = {p.stem: tomllib.loads(p.read_text(encoding="utf-8"))["title"] for p in (ROOT / "runs").glob("*.toml")}
    assert parsed("new") == dict(sorted(titles.items()))
    _, out, _ = call("new")
    assert [line.split("  ")[0].rstrip() for line in out.splitlines()] == sorted(titles)


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "runs").glob("*.toml")))
def test_new_writes_a_study_that_can_be_read(call, tmp_path, name):
    text = (ROOT / "runs" / f"{name}.toml").read_text(encoding="utf-8")
    assert call("new", name) == (0, text, "")
    output = tmp_path / "mine.toml"
    assert call("new", name, "-o", output) == (0, f"tlsmc run {output}\n", "")
    assert output.read_text(encoding="utf-8") == text
    if is_sweep(output):
        assert load_sweep(output)
    else:
        assert tlsmc.load_spec(output).title


def test_new_json(parsed, tmp_path):
    assert parsed("new", "quickstart")["preset"] == "quickstart"
    assert parsed("new", "quickstart", "-o", tmp_path / "a.toml") == {"file": str(tmp_path / "a.toml")}


def test_new_refuses(call, tmp_path):
    _refused(call("new", "gold"), EXIT_SPEC, "'gold'", "'gold_wire'")
    taken = tmp_path / "taken.toml"
    taken.write_text("mine")
    _refused(call("new", "quickstart", "-o", taken), EXIT_SPEC, "exists")
    assert taken.read_text() == "mine"
    _refused(call("new", "quickstart", "-o", tmp_path / "no" / "a.toml"), EXIT_STORE, "No such file")


# The process itself


def _process(*arguments, **options):
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "tlsmc", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_is_no_error(run_file, unbuffered, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with _process("show", run_file, "--json") as process:
        process.stdout.close()
        message = process.stderr.read()
        status = process.wait(60)
    assert (status, message) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "status"), [(["new"], 0), (["new", "nothing"], EXIT_SPEC), (["show", "nothing.h5"], EXIT_STORE)]
)
def test_exit_status_of_the_process(arguments, status):
    with _process(*arguments) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert b"Traceback" not in err
    assert (out == b"") == bool(status)
