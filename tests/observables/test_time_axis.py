"""A grid of temperatures and times: spec, tables, CSV, JSON, run file, xarray, pictures and sweeps."""

import csv
import io
import json
import tomllib

import h5py
import numpy as np
import pytest

import tlsmc
from tests.library import assert_fixed_point
from tests.reporting.pages import svg_texts
from tlsmc.errors import SpecError
from tlsmc.spec.reader import parse_spec
from tlsmc.units import HBAR_OVER_KB

SECONDS = np.geomspace(1e-6, 1e3, 4)
SPEC = """
title = "times"
seed = 5
[population]
model = "tunnelling"
defects = 2000
[population.parameters]
E = {{ law = "uniform", high = {high} }}
p = {{ law = "tunnelling" }}
[material]
chi = 0.03
[observables.timed_heat_capacity]
temperature = {temperature}
time = {time}
[observables.attenuation]
temperature = {temperature}
frequency = {frequency}
[observables.heat_capacity]
temperature = {temperature}
"""
KELVIN = SPEC.format(
    high='"20 mK"',
    temperature='["10 mK", "30 mK", "0.1 K"]',
    time='{ start = "1 us", stop = "1000 s", points = 4 }',
    frequency='["1 MHz", "1 GHz"]',
)
BARE = SPEC.format(high=1.0, temperature="[0.5, 1.0, 2.0]", time="[1.0, 1e3, 1e6, 1e9]", frequency="[0.1, 1.0]")
NAME = "timed_heat_capacity"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run in kelvin, ``a.h5``, and one in natural units, ``b.h5``."""
    path = tmp_path_factory.mktemp("times")
    for name, text in (("a", KELVIN), ("b", BARE)):
        (path / f"{name}.toml").write_text(text)
        tlsmc.run(tlsmc.load_spec(path / f"{name}.toml"), path / f"{name}.h5", progress=False)
    return path


def test_times_are_read_in_all_their_forms(folder):
    kelvin, bare = (tlsmc.load_spec(folder / f"{name}.toml") for name in "ab")
    assert kelvin.in_kelvin
    assert not bare.in_kelvin
    gridded = kelvin.gridded(NAME)
    np.testing.assert_allclose(np.array(gridded.axes["time"]) * HBAR_OVER_KB, SECONDS, rtol=1e-12)
    assert list(gridded.axes) == ["temperature", "time"]
    assert bare.gridded(NAME).axes["time"] == (1.0, 1e3, 1e6, 1e9)
    for spec in (kelvin, bare):
        assert_fixed_point(spec)
    assert kelvin.resolved()["observables"][NAME]["time"][0].endswith(" 1/K")


def test_a_time_that_is_none_is_refused():
    content = tomllib.loads(BARE)
    for bad, words in (("1 GHz", "wrong dimension for a time"), (0.0, "not above 0; give a positive time")):
        content["observables"][NAME]["time"] = [bad]
        with pytest.raises(SpecError, match=f"observables.{NAME}.time.*{words}"):
            parse_spec(content)
    del content["observables"][NAME]["time"]
    with pytest.raises(SpecError, match="time: is missing"):
        parse_spec(content)


def test_show_prints_times_with_their_prefix(printed_by, folder):
    table = printed_by("show", folder / "a.h5", "--curve", NAME, "--all").partition(f"\n{NAME}:")[2]
    header, *rows = table.splitlines()[1:]
    assert header.split()[:2] == ["T", "t"]
    assert len(rows) == 12
    for row, seconds in zip(rows, ("1 us", "1 ms", "1 s", "1 ks") * 3, strict=True):
        assert f" {seconds} " in row
    bare = printed_by("show", folder / "b.h5", "--curve", NAME)
    assert " t " in bare
    assert " 1e+06 " in bare
    assert "us" not in bare.partition(f"\n{NAME}:")[2]


def test_json_has_natural_times(printed_by, folder):
    run = tlsmc.open_run(folder / "a.h5")
    shown = json.loads(printed_by("show", folder / "a.h5", "--json"))["curves"]
    assert shown[NAME]["time"] == list(run[NAME].gridded.axes["time"])
    assert "frequency" not in shown[NAME]
    assert "time" not in shown["attenuation.resonant"]
    tails = json.loads(printed_by("tails", folder / "a.h5", "--json"))["curves"][NAME]["points"]
    assert {point["time"] for point in tails} == set(run[NAME].gridded.axes["time"])


@pytest.mark.parametrize(("name", "titles"), [("a", ["temperature [K]", "t [s]"]), ("b", ["temperature", "t"])])
def test_csv_has_times_in_seconds_or_natural(printed_by, folder, tmp_path, name, titles):
    printed_by("export", folder / f"{name}.h5", "--curve", NAME, "-o", tmp_path)
    header, *rows = csv.reader(io.StringIO((tmp_path / f"{name}.{NAME}.csv").read_text()))
    assert header[:2] == titles
    times = [float(row[1]) for row in rows]
    np.testing.assert_allclose(times[:4], SECONDS if name == "a" else [1.0, 1e3, 1e6, 1e9], rtol=1e-12)
    curve = tlsmc.open_run(folder / f"{name}.h5")[NAME]
    np.testing.assert_array_equal([float(row[2]) for row in rows], curve.mean.ravel())


def test_other_commands_know_times(printed_by, folder):
    assert "t = 1 s" in printed_by("status", folder / "a.h5")
    assert "T = 30 mK, nu = 1 GHz" in printed_by("status", folder / "a.h5")
    assert " t " in printed_by("tails", folder / "a.h5")
    reweighted = printed_by("reweight", folder / "a.h5", "--set", 'population.parameters.E.high="15 mK"')
    assert " 1 ks " in reweighted
    assert NAME in printed_by("compare", folder / "a.h5")


def test_the_run_file_names_the_axis(folder):
    run = tlsmc.open_run(folder / "a.h5")
    with h5py.File(folder / "a.h5") as file:
        group = file[NAME]
        assert "frequency" not in group
        np.testing.assert_array_equal(group["time"][()], run[NAME].gridded.axes["time"])
        assert group["time"].attrs["units"] == b"1/K"
        assert group["temperature"].attrs["units"] == b"K"
        for data, place in (("totals", 4), ("products", 4), ("largest_values", 2), ("largest_defects", 2)):
            assert next(iter(group[data].dims[place])) == "time"
        assert file["attenuation"]["frequency"].attrs["units"] == b"K"
        # What has temperature alone has a frequency of 0.
        np.testing.assert_array_equal(file["heat_capacity"]["frequency"][()], [0.0])
    with h5py.File(folder / "b.h5") as file:
        assert file[NAME]["time"].attrs["units"] == b"1"
    again = tlsmc.run(run.spec, progress=False)
    assert run.digest() == again.digest()


def test_xarray_knows_the_axis(folder):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    curve = tlsmc.open_run(folder / "a.h5")[NAME]
    data = curve.to_xarray()
    assert data["mean"].dims == ("temperature", "time")
    np.testing.assert_array_equal(data["time"], curve.gridded.axes["time"])
    assert data["time"].attrs["units"] == "1/K"
    assert tlsmc.open_run(folder / "b.h5")[NAME].to_xarray()["time"].attrs["units"] == "1"
    with xarray.open_dataset(folder / "a.h5", engine="h5netcdf", group=NAME) as stored:
        assert stored["totals"].dims == ("sample", "block", "component", "temperature", "time")
        total = stored["totals"].sum(("sample", "block", "component"))
        np.testing.assert_allclose(total.values / 2000, curve.mean, rtol=1e-13)


@pytest.mark.parametrize(("name", "label"), [("a", "time t (s)"), ("b", "time t (natural units)")])
def test_pictures_have_an_axis_of_time(folder, tmp_path, name, label):
    pytest.importorskip("matplotlib")
    from tlsmc.diagnostics.tails import run_tails
    from tlsmc.reporting.figures import overview, plot_run, svg_text, tails_figure

    run = tlsmc.open_run(folder / f"{name}.h5")
    path, *_ = plot_run(run, tmp_path / name, ("svg",), [NAME])
    texts = svg_texts(path)
    assert label in texts
    assert "t =" in texts
    assert ("1000 s" in texts) == (name == "a")
    assert "temperature and frequency or time" in svg_text(tails_figure(run, run_tails(run)))
    assert len(overview(run).axes) >= 3


def test_units_of_an_axis_of_time():
    pytest.importorskip("matplotlib")
    from tlsmc.reporting.figures.series import Axis

    short = Axis("time", "t", "s", np.array([2e-9, 5e-8]))
    assert short.label == "time t (ns)"
    np.testing.assert_allclose(short.shown, [2.0, 50.0])
    assert short.value_label(1) == "50 ns"
    # No prefix suits many decades.
    assert Axis("time", "t", "s", SECONDS).display == (1.0, "s")
    assert Axis("time", "t", "s", SECONDS).value_label(0) == "1 µs"


def test_the_table_of_a_sweep_keeps_times_and_frequencies_apart(printed_by, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(BARE + '[sweep.product]\n"material.chi" = [0.03, 0.3]\n')
    printed_by("run", "s.toml", "--jobs", 1)
    rows = list(csv.DictReader((tmp_path / "s.csv").read_text().splitlines()))
    for curve, omega, time in (
        (NAME, {0.0}, {1.0, 1e3, 1e6, 1e9}),
        ("attenuation.resonant", {0.1, 1.0}, {0.0}),
        ("heat_capacity", {0.0}, {0.0}),
    ):
        mine = [row for row in rows if row["curve"] == curve]
        assert mine
        assert {float(row["omega"]) for row in mine} == omega
        assert {float(row["time"]) for row in mine} == time
