"""``tlsmc show``."""

import numpy as np

from tests.library import CURVES


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
    assert heat["temperature"] == small_run["heat_capacity"].gridded.T.tolist()
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
