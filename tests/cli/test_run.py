"""``tlsmc run``: the file, what it says, and what it refuses."""

import pytest

import tlsmc
from tests.library import SMALL_TOML, refused
from tlsmc.cli import EXIT_INTERRUPTED, EXIT_NO_SPACE, EXIT_SPEC


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
    refused(call("run", spec_file, "-o", run_file, "--jobs", 1), EXIT_SPEC, str(run_file), "exists", "--force")
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
    refused(call("run", spec_file, "-o", output, *options), EXIT_SPEC, *pieces)
    assert [p.name for p in spec_file.parent.iterdir()] == [spec_file.name]


def test_a_missing_or_broken_spec(call, tmp_path):
    refused(call("run", tmp_path / "none.toml"), EXIT_SPEC, "none.toml", "No such file")
    broken = tmp_path / "broken.toml"
    broken.write_text("title = @")
    refused(call("run", broken), EXIT_SPEC, "broken.toml", "is not TOML", "line 1")


def test_an_output_folder_that_is_missing(call, spec_file, tmp_path):
    refused(call("run", spec_file, "-o", tmp_path / "no" / "out.h5"), EXIT_SPEC, "does not exist")
    refused(call("run", spec_file, "-o", tmp_path), EXIT_SPEC, "is a folder")


def test_full_disks_and_interrupts_have_their_own_status(call, spec_file, tmp_path, monkeypatch):
    def stop(error):
        def raising(*_, **__):
            raise error

        monkeypatch.setattr("tlsmc.simulation.run.run", raising)
        return call("run", spec_file, "-o", tmp_path / "out.h5")

    from tlsmc.results.store import NoSpaceError

    refused(stop(NoSpaceError("out.h5: no space left; free some")), EXIT_NO_SPACE, "no space left")
    status, out, err = stop(KeyboardInterrupt())
    assert (status, out, err) == (EXIT_INTERRUPTED, "", "interrupted\n")
