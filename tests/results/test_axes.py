"""An observable of temperature, frequency and amplitude goes through everything that a run goes through."""

import csv
import io
import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

import tlsmc
from tlsmc.diagnostics.comparison import compare
from tlsmc.diagnostics.reweighting import reweight
from tlsmc.diagnostics.sensitivity import sensitivities
from tlsmc.diagnostics.tails import largest_contributors, run_tails
from tlsmc.populations.tunnelling import Tunnelling

SATURATED = '''
"""Loss that saturates with the amplitude of the drive."""

from dataclasses import dataclass

import numpy as np

from tlsmc.observables.base import Derived, Observable, Printed, material


@dataclass(frozen=True)
class Saturated(Observable):
    """A line in E, broadened by the drive, and its area alone."""

    chi: float = material("chi")

    AXES = ("temperature", "frequency", "amplitude")
    RESONANT_AXIS = "frequency"
    COLUMNS = ("E", "p")
    COMPONENTS = ("line", "slow")
    SUMS = {"total": ("line", "slow")}
    LABELS = {"line": "S_line", "slow": "S_slow", "total": "S"}

    def constants(self, population):
        return (self.chi,)

    def formula(self):
        return _at_temperature, _at_point

    def printed(self, population, temperature, omega, amplitude):
        return (Printed("slow", "no slow ones", np.where(amplitude * temperature > 0.0, 1.0, np.nan) / omega),)

    def derived(self, population, metal, temperature, omega, amplitude):
        return (Derived("power", "total", "", lambda S: amplitude**2 * omega * S),)


def _at_temperature(columns, T, constants):
    E, p = columns
    return E, p, np.tanh(E / (2.0 * T)), constants[0] * p * E


def _at_point(state, point, constants):
    E, p, difference, width = state
    omega, amplitude = point
    broad = width * np.sqrt(1.0 + (amplitude / constants[0]) ** 2)
    return difference * width * broad / ((E - omega) ** 2 + broad**2), p / (1.0 + amplitude)
'''

AXES = {"temperature": [0.05, 0.2, 1.0], "frequency": [0.1, 0.4], "amplitude": [0.03, 0.3, 3.0, 30.0]}
SPEC = f"""
title = "three axes"
seed = 4
store = "contributions"

[population]
model = "tunnelling"
defects = 4000
samples = 12

[population.parameters]
E = {{ law = "uniform", high = "1 K" }}
p = {{ law = "tunnelling", low = 0.02 }}

[material]
chi = 0.3

[observables.saturated]
function = "saturated.py:Saturated"
temperature = {AXES["temperature"]}
frequency = {AXES["frequency"]}
amplitude = {AXES["amplitude"]}

[trajectories]
convergence = 5
samples = true

[trajectories.defects]
random = 3
largest = 2
"""
NAMES = ("saturated.line", "saturated.slow", "saturated.total")
SHAPE = (3, 2, 4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("axes")
    (folder / "saturated.py").write_text(SATURATED)
    (folder / "three.toml").write_text(SPEC)
    tlsmc.run(tlsmc.load_spec(folder / "three.toml"), folder / "three.h5", kernel="numpy", progress=False)
    return folder


@pytest.fixture
def run(folder):
    return tlsmc.open_run(folder / "three.h5")


@pytest.fixture
def told(call, folder, monkeypatch):
    """What a command prints in the folder of the run."""
    monkeypatch.chdir(folder)

    def command(*arguments):
        status, out, err = call(*arguments)
        assert (status, err) == (0, ""), err
        return out

    return command


def _formula(run, i, j, k):
    """Contributions of all defects of the run at one grid point, straight from the formula."""
    columns = [run.population(sample) for sample in range(run.spec.layout.samples)]
    E, p = (np.concatenate([part[name] for part in columns]) for name in ("E", "p"))
    T, omega, a = AXES["temperature"][i], AXES["frequency"][j], AXES["amplitude"][k]
    width = 0.3 * p * E
    broad = width * np.sqrt(1.0 + (a / 0.3) ** 2)
    return np.tanh(E / (2.0 * T)) * width * broad / ((E - omega) ** 2 + broad**2), p / (1.0 + a)


def test_sums_are_those_of_the_formula(run):
    assert run.names == NAMES
    assert run.sums.observables["saturated"].totals.shape == (12, 1, 2, 3, 8)
    for place in np.ndindex(*SHAPE):
        line, slow = _formula(run, *place)
        for name, values in zip(NAMES, (line, slow, line + slow), strict=True):
            assert run[name].mean.shape == SHAPE
            assert run[name].mean[place] == pytest.approx(values.mean(), rel=1e-12)
            assert run[name].error[place] == pytest.approx(values.std(ddof=1) / np.sqrt(values.size), rel=1e-10)


def test_exact_values_agree(run):
    for name, result in compare(run).items():
        assert result.z.shape == run[name].exact.shape == SHAPE
        assert result.verdict == "agrees", result
    (form,) = run["saturated.slow"].printed
    assert form.values.shape == SHAPE


def test_the_kernels_agree(run):
    pytest.importorskip("numba")
    other = tlsmc.run(replace(run.spec.executed(), store="none"), kernel="numba", progress=False)
    sums, same = (one.sums.observables["saturated"] for one in (run, other))
    np.testing.assert_allclose(same.totals, sums.totals, rtol=1e-11)
    np.testing.assert_allclose(same.largest.values, sums.largest.values, rtol=1e-11)


def test_the_file_has_the_axes(folder, run):
    with h5py.File(folder / "three.h5") as file:
        group = file["saturated"]
        assert group["totals"].shape == (12, 1, 2, *SHAPE)
        for place, (axis, values) in enumerate(AXES.items(), 3):
            assert next(iter(group["totals"].dims[place])) == axis
            np.testing.assert_array_equal(group[axis][()], values)
        assert group["amplitude"].attrs["units"] == b"K"
        assert group["largest_values"].shape[:-1] == (2, *SHAPE)
        assert file["trajectories/convergence/saturated/mean"].shape[:-1] == (2, *SHAPE)
        assert file["trajectories/samples/saturated/mean"].shape == (12, 2, *SHAPE)
        assert file["trajectories/defects/saturated/contributions"].shape[1:] == (2, *SHAPE)
    assert tlsmc.verify(folder / "three.h5", blocks=2).same_bits
    assert run.contributions("saturated", 0, 0).shape == (2, 3, 8, 4000)


def test_xarray_has_the_axes(run):
    pytest.importorskip("xarray")
    data = run["saturated"].to_xarray()
    assert dict(data.sizes) == dict(zip(AXES, SHAPE, strict=True))


def test_tails_know_where_they_are(run):
    for name, tails in run_tails(run).items():
        assert tails.index.shape == tails.largest.shape == SHAPE
        place = tails.worst_first()[0]
        values = _formula(run, *place)[run[name].parts[0]]
        assert largest_contributors(run[name], place)[0].share == pytest.approx(values.max() / values.sum(), rel=1e-12)
        assert tails.largest[place] == pytest.approx(values.max() / values.sum(), rel=1e-12)


def test_other_laws_are_weighed_and_varied(folder, run):
    content = run.spec.resolved()
    content["population"]["parameters"]["p"]["low"] = 0.03
    new = tlsmc.parse_spec(content, folder)
    for name, result in reweight(run.spec, new).items():
        assert result.mean.shape == SHAPE
        exact = tlsmc.Run(new, run.sums, run.provenance)[name].exact
        z = (result.mean - exact) / result.error
        assert np.abs(z[np.isfinite(z)]).max() < 5.0
    for slope in sensitivities(run.spec, 40_000):
        assert slope.derivative.shape == SHAPE
        assert len(slope.strongest) == 3


def test_commands_print_the_axes(told, tmp_path):
    shown = told("show", "three.h5", "--all")
    assert shown.count("\n") > 3 * np.prod(SHAPE)
    assert ["T", "nu", "a"] in [line.split()[:3] for line in shown.splitlines()]
    found = json.loads(told("show", "three.h5", "--json"))["curves"]["saturated.line"]
    assert found["amplitude"] == AXES["amplitude"]
    assert np.shape(found["mean"]) == SHAPE
    points = json.loads(told("tails", "three.h5", "--json"))["curves"]["saturated.line"]["points"]
    assert len(points) == np.prod(SHAPE)
    assert {point["amplitude"] for point in points} == set(AXES["amplitude"])
    assert "saturated.line" in told("compare", "three.h5")
    told("export", "three.h5", "--curve", "saturated.total", "-o", tmp_path)
    header, *rows = csv.reader(io.StringIO((tmp_path / "three.saturated.total.csv").read_text()))
    assert header[:3] == ["temperature [K]", "nu [Hz]", "a [K]"]
    assert len(rows) == np.prod(SHAPE)
    assert [float(row[2]) for row in rows[:4]] == AXES["amplitude"]
    assert "a = " in told("trajectories", "three.h5")
    assert "a = " in told("status", "three.h5")
    assert "saturated" in told("reweight", "three.h5", "--set", "population.parameters.p.low=0.03")


def test_pictures_cut_the_axes(told, folder, tmp_path):
    pytest.importorskip("matplotlib")
    pictures = told("plot", "three.h5", "-o", tmp_path).split()
    assert len(pictures) >= 2 * len(NAMES)
    told("report", "three.h5", "-o", tmp_path / "three.html")
    assert "amplitude" in (tmp_path / "three.html").read_text()
    assert told("tails", "three.h5", "--plot", "-o", tmp_path)
    for picture in ("convergence", "samples", "defects"):
        assert told("plot", "three.h5", f"--{picture}", "-o", tmp_path)


def test_a_sweep_has_a_column_for_each_axis(told, folder):
    (folder / "sweep.toml").write_text(SPEC + '\n[sweep.product]\n"material.chi" = [0.1, 0.3]\n')
    told("run", "sweep.toml", "--jobs", 1)
    rows = list(csv.DictReader((folder / "sweep.csv").read_text().splitlines()))
    mine = [row for row in rows if row["curve"] == "saturated.line" and row["point"] == "1"]
    assert [float(row["amplitude"]) for row in mine] == AXES["amplitude"] * 6
    assert {float(row["time"]) for row in mine} == {0.0}


def test_only_a_resonance_asks_for_nodes_at_the_frequency(folder, monkeypatch):
    asked = []
    whole = Tunnelling.grouped_nodes

    def nodes(self, temperatures=None, omega=None, order=12):
        asked.append(omega)
        return whole(self, temperatures, omega, order)

    spec = tlsmc.load_spec(folder / "three.toml")
    resonant, grid = spec.gridded("saturated").observable, spec.gridded("saturated").values
    monkeypatch.setattr(Tunnelling, "grouped_nodes", nodes)
    exact = resonant.exact(spec.population, *grid)
    assert asked == AXES["frequency"]
    asked.clear()
    monkeypatch.setattr(type(resonant), "RESONANT_AXIS", "")
    np.testing.assert_allclose(resonant.exact(spec.population, *grid)[1], exact[1], rtol=1e-9)
    assert asked == [None]
