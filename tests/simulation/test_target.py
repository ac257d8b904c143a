"""Runs that stop at an error."""

import pytest

import tlsmc
from tests.library import small_content
from tlsmc import cli
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.simulation.target import relative_error, run_to_target

GRID = {"attenuation": {"temperature": [0.1, 1.0], "frequency": [0.3, 2.0]}}


def _spec(**population):
    settings = {"seed": 5, "p_min": 1e-8, "observables": GRID, "defects": 60 * BATCH} | population
    return tlsmc.parse_spec(small_content(**settings))


@pytest.mark.parametrize("sampling", ["random", "sobol"])
def test_stops_at_the_target_with_the_bits_of_a_run_of_that_size(tmp_path, sampling):
    spec = _spec(sampling=sampling)
    target = 0.015 if sampling == "random" else 0.002
    done = run_to_target(spec, tmp_path / "a.h5", target, progress=False)
    assert relative_error(done) <= target
    assert done.spec.layout.defects < spec.layout.defects
    size = done.spec.layout.defects
    assert done.digest() == tlsmc.run(_spec(sampling=sampling, defects=size), progress=False).digest()
    assert tlsmc.open_run(tmp_path / "a.h5").digest() == done.digest()


def test_the_limit_holds(tmp_path):
    done = run_to_target(_spec(defects=5000), tmp_path / "a.h5", 1e-6, progress=False)
    assert done.spec.layout.defects == 5000
    assert relative_error(done) > 1e-6


def test_quantile_and_curves(tmp_path):
    done = tlsmc.run(_spec(defects=20_000), progress=False)
    worst, half = relative_error(done), relative_error(done, 0.5)
    assert half < worst
    assert relative_error(done, 1.0, ("attenuation.relaxation",)) <= worst


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["--target-error", "0"], "--target-error 0.0"),
        (["--target-error", "0.1", "--target-quantile", "2"], "--target-quantile 2.0"),
        (["--target-error", "0.1", "--part", "1/2"], "--part 1/2"),
    ],
)
def test_refusals(tmp_path, capsys, monkeypatch, arguments, place):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new", "quickstart", "-o", "my.toml"]) == 0
    assert cli.main(["run", "my.toml", "--jobs", "1", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {place}: ")
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["my.toml"]
