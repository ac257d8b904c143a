"""Sweeps: one spec that stands for several runs, each equal to the one written by hand."""

import copy
import csv
import json
import re
import tomllib

import numpy as np
import pytest

import tlsmc
from tlsmc.cli import EXIT_SPEC
from tlsmc.errors import SpecError
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.sweep import is_sweep, load_sweep
from tlsmc.spec.toml import apply_setting, parse_setting, written

BASE = """
title = "a sweep"
seed = 5

[population]
model = "tunnelling"
defects = 500

[population.parameters]
E = { law = "uniform", high = 1.0 }
p = { law = "tunnelling", low = 1e-6 }

[material]
chi = 0.3

[observables.dephasing]
temperature = [0.1, 1.0]

[observables.attenuation]
temperature = [0.2, 2.0]
frequency = [0.5]
"""
PRODUCT = """
[sweep.product]
"population.parameters.E.high" = [0.5, 1.0]
"population.parameters.p.low" = [1e-6, 1e-3]
"""
POINTS = """
[[sweep.points]]
"population.parameters.E" = { law = "uniform", low = 0.1, high = 1.0 }
"material.chi" = 0.1

[[sweep.points]]
"population.parameters" = { Delta = { law = "uniform", high = 1.0 }, Lambda = { law = "exponential", mean = 0.1 } }

[[sweep.points]]
"observables.dephasing.temperature" = [0.7]
"observables.dephasing.thermal_weight" = "none"
"""


@pytest.fixture
def spec(tmp_path):
    """Write a spec of the base and some more text."""

    def write(more, base=BASE):
        path = tmp_path / "study.toml"
        path.write_text(base + more, encoding="utf-8")
        return path

    return write


def _by_hand(settings):
    content = copy.deepcopy(tomllib.loads(BASE))
    for key, value in settings.items():
        table = content
        *outer, last = key.split(".")
        for name in outer:
            table = table[name]
        table[last] = value
    return parse_spec(content)


def test_a_product_varies_the_last_key_fastest(spec):
    points = load_sweep(spec(PRODUCT))
    high, low = "population.parameters.E.high", "population.parameters.p.low"
    assert [tuple(p.settings.values()) for p in points] == [(h, p) for h in (0.5, 1.0) for p in (1e-6, 1e-3)]
    assert all(list(p.settings) == [high, low] for p in points)
    assert points[0].label == "E.high = 0.5, p.low = 1e-06"


@pytest.mark.parametrize(("more", "count"), [(PRODUCT, 4), (POINTS, 3)])
def test_each_point_is_the_spec_written_by_hand(spec, more, count):
    points = load_sweep(spec(more))
    assert len(points) == count
    for point in points:
        hand = _by_hand(point.settings)
        assert point.spec == hand
        assert point.spec.resolved() == hand.resolved()
        assert point.spec.hash() == hand.hash()
    assert len({point.spec.hash() for point in points}) == count


def test_points_keep_text_and_settings_as_provenance(spec):
    path = spec(PRODUCT)
    point = load_sweep(path, ("population.defects=77",))[3]
    assert point.spec.source == path.read_text()
    assert point.spec.overrides == (
        "population.defects=77",
        "population.parameters.E.high=1.0",
        "population.parameters.p.low=0.001",
    )
    assert point.spec.layout.defects == 77
    # Provenance is enough to make the spec again.
    content = tomllib.loads(point.spec.source)
    del content["sweep"]
    for setting in point.spec.overrides:
        apply_setting(content, *parse_setting(setting))
    assert parse_spec(content) == point.spec


def test_a_whole_table_replaces_and_does_not_merge(spec):
    first, second, _ = load_sweep(spec(POINTS))
    assert first.spec.population.laws["E"].low == 0.1
    assert set(second.spec.population.laws) == {"Delta", "Lambda"}
    assert second.label.startswith('population.parameters = { Delta = { law = "uniform", high = 1.0 }')
    # The base is untouched: what one point changes is not there at the next.
    assert second.spec.gridded("dephasing").axes["temperature"] == (0.1, 1.0)


@pytest.mark.parametrize("value", [1.0, 3, "20 mK", 'say "so" \\ so', [1, 2.5, "x"], {"law": "u", "a": [True]}, False])
def test_written_values_read_back(value):
    assert tomllib.loads(f"x = {written(value)}")["x"] == value


REFUSED = {
    "neither": ("[sweep]\n", "sweep: needs either product .* or points .*; give one"),
    "both": (PRODUCT + POINTS, "sweep: needs either product .* or points .*; give one"),
    "no table": ("[sweep]\nproduct = 3\n", "sweep.product: 3 is not a table"),
    "empty product": ("[sweep.product]\n", "sweep.product: is empty; add a key with a list of values"),
    "empty list": ('[sweep.product]\n"seed" = []\n', r"sweep.product.seed: \[\] is not a list of values"),
    "no list": ('[sweep.product]\n"seed" = 3\n', "sweep.product.seed: 3 is not a list of values; write"),
    "no quotes": ("[sweep.product]\nmaterial.chi = [0.1]\n", "sweep.product.material: is a table; put .* in quotes"),
    "no points": ("[sweep]\npoints = []\n", "sweep.points: is not a list of tables"),
    "empty point": ("[sweep]\npoints = [{ seed = 1 }, {}]\n", "sweep.points: is not a list of tables"),
    "points of numbers": ("[sweep]\npoints = [1, 2]\n", "sweep.points: is not a list of tables"),
    "unknown entry": ("[sweep]\npoint = 3\n", "sweep.point: unknown key; did you mean 'points'"),
    "unknown key": (
        '[sweep.product]\n"population.parameters.E.hihg" = [2.0]\n',
        r"sweep, at \{'population.parameters.E.hihg': 2.0\}: population.parameters.E.hihg: unknown key; did you mean",
    ),
    "bad value": (
        '[sweep.product]\n"material.chi" = [0.1, 1.5]\n',
        r"sweep, at \{'material.chi': 1.5\}: material.chi: 1.5 is outside \(0, 1\]",
    ),
    "bad key": ('[sweep.product]\n"a..seed" = [1]\n', r"sweep, at \{'a..seed': 1\}: .*not a dotted key"),
    "through a value": ('[sweep.product]\n"seed.x" = [1]\n', r"sweep, at \{'seed.x': 1\}: .*seed is not a table"),
    "too many": (
        "".join(["[sweep.product]\n", *(f'"k{i}" = {list(range(100))}\n' for i in range(9))]),
        f"sweep: has {100**9} points, at most 1000 are run; split it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(spec, case):
    more, words = REFUSED[case]
    with pytest.raises(SpecError, match=f"^{words}") as caught:
        load_sweep(spec(more))
    assert "\n" not in str(caught.value)


def test_a_sweep_is_no_single_spec(spec):
    path = spec(PRODUCT)
    assert is_sweep(path)
    with pytest.raises(SpecError, match=r"has a \[sweep\]"):
        tlsmc.load_spec(path)
    assert not is_sweep(spec(""))


# The command.


def _files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("own_folder")
def test_one_file_per_point_and_one_table(spec, call, tmp_path):
    path = spec(PRODUCT)
    status, out, err = call("run", path, "--jobs", 1)
    assert (status, err) == (0, "")
    runs = [f"study.00{i}.h5" for i in range(4)]
    assert _files(tmp_path) == sorted([*runs, "study.csv", "study.toml"])
    points = load_sweep(path)
    rows = list(csv.DictReader((tmp_path / "study.csv").read_text().splitlines()))
    for k, (point, name) in enumerate(zip(points, runs, strict=True)):
        run = tlsmc.open_run(tmp_path / name)
        assert run.spec == point.spec
        assert run.digest() == tlsmc.run(point.spec, progress=False).digest()
        mine = [row for row in rows if row["point"] == str(k)]
        assert {row["settings"] for row in mine} == {point.label}
        assert point.label in out
        for curve_name in run.names:
            curve = run[curve_name]
            of_curve = [row for row in mine if row["curve"] == curve_name]
            for key, array in (("mean", curve.mean), ("error", curve.error), ("exact", curve.exact)):
                np.testing.assert_array_equal([float(row[key]) for row in of_curve], array.ravel())
            T = np.repeat(curve.gridded.T, len(curve.gridded.points))
            np.testing.assert_array_equal([float(row["temperature"]) for row in of_curve], T)
        assert all(
            np.isnan(float(row["tail index"])) == (row["curve"] == "attenuation.total")
            for row in mine
            if row["curve"] != "linewidth.overdamped"
        )


@pytest.mark.usefixtures("own_folder")
def test_json_names_the_files(spec, call, tmp_path):
    (tmp_path / "out").mkdir()
    status, out, err = call("run", spec(POINTS), "--jobs", 1, "--json", "-o", "out/mine.h5")
    assert (status, err) == (0, "")
    expected = ["out/mine.000.h5", "out/mine.001.h5", "out/mine.002.h5", "out/mine.csv"]
    assert json.loads(out) == {"files": expected}
    assert _files(tmp_path / "out") == [name.removeprefix("out/") for name in expected]


@pytest.mark.usefixtures("own_folder")
def test_settings_of_the_command_line_hold_at_every_point(spec, call, tmp_path):
    call("run", spec(PRODUCT), "--jobs", 1, "--defects", 60, "--samples", 2, "--seed", 9, "--set", "material.chi=0.1")
    for i in range(4):
        run = tlsmc.open_run(tmp_path / f"study.00{i}.h5")
        layout = run.spec.layout
        assert (layout.defects, layout.samples, layout.seed) == (60, 2, 9)
        assert run.spec.gridded("attenuation").observable.chi == 0.1


@pytest.mark.parametrize("existing", ["study.000.h5", "study.003.h5", "study.csv"])
@pytest.mark.usefixtures("own_folder")
def test_nothing_is_written_if_one_output_exists(spec, call, tmp_path, existing):
    path = spec(PRODUCT)
    (tmp_path / existing).write_bytes(b"precious")
    status, out, err = call("run", path, "--jobs", 1)
    assert (status, out) == (EXIT_SPEC, "")
    assert re.fullmatch(rf"error: .*{re.escape(existing)}: exists already; .*--force.*\n", err)
    assert _files(tmp_path) == sorted([existing, "study.toml"])
    assert (tmp_path / existing).read_bytes() == b"precious"
    status, _, err = call("run", path, "--jobs", 1, "--force")
    assert (status, err) == (0, "")
    assert len(_files(tmp_path)) == 6


@pytest.mark.usefixtures("own_folder")
def test_a_bad_point_stops_the_sweep_before_the_first_run(spec, call, tmp_path):
    path = spec('[sweep.product]\n"material.chi" = [0.1, 2.0]\n')
    status, out, err = call("run", path)
    assert (status, out) == (EXIT_SPEC, "")
    assert err.startswith("error: sweep, at {'material.chi': 2.0}: material.chi: 2.0 is outside (0, 1]")
    assert err.count("\n") == 1
    assert _files(tmp_path) == ["study.toml"]
