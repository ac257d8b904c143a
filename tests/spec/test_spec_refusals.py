"""Specs that are refused: one line with place, value, bound or reason, and remedy."""

import copy
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tlsmc
from tests.library import BARE, UNITS, assert_fixed_point, changed
from tlsmc.errors import SpecError
from tlsmc.spec.material import PRESETS
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.registry import OBSERVABLES


def _message(content, **named):
    with pytest.raises(SpecError) as caught:
        parse_spec(content, **named)
    message = str(caught.value)
    assert "\n" not in message
    return message


E_TABLE, P_TABLE = "population/parameters/E", "population/parameters/p"
GRID = "observables/attenuation/temperature"

#: entry changed, its value, and what the message has to hold: place, value, bound or reason, remedy.
BAD = {
    "misspelt key": ("population/defcts", 5, ["population.defcts", "unknown key", "did you mean 'defects'"]),
    "misspelt table": ("poplation", {}, ["poplation", "unknown key", "did you mean 'population'"]),
    "misspelt required key": (
        "population",
        {"model": "tunnelling", "defcts": 3, "parameters": BARE["population"]["parameters"]},
        ["population.defects", "missing", "did you mean 'defcts'", "add it"],
    ),
    "misspelt option": (
        "observables/attenuation/drive",
        "papr",
        ["observables.attenuation.drive", "'papr'", "'paper'"],
    ),
    "misspelt option name": ("observables/attenuation/driv", "paper", ["observables.attenuation.driv", "'drive'"]),
    "misspelt observable": ("observables/atenuation", {}, ["observables.atenuation", "'attenuation'"]),
    "misspelt model": ("population/model", "tuneling", ["population.model", "'tuneling'", "'tunnelling'"]),
    "misspelt law": (E_TABLE, {"law": "unifrm", "high": 1.0}, ["population.parameters.E.law", "'unifrm'", "'uniform'"]),
    "misspelt law argument": (E_TABLE, {"law": "uniform", "hgh": 1.0}, ["population.parameters.E.hgh", "'high'"]),
    "misspelt material": ("material/ch", 0.3, ["material.ch", "unknown key", "'chi'"]),
    "misspelt preset": ("material/preset", "gld", ["material.preset", "'gld'", "'gold'"]),
    "misspelt grid key": (
        GRID,
        {"start": 1.0, "stop": 2.0, "points": 3, "spacng": "log"},
        ["attenuation.temperature.spacng", "'spacing'"],
    ),
    "strange key": ("a\nb", 1, ["'a\\nb'", "unknown key", "title"]),
    "wrong dimension, energy": (
        E_TABLE,
        {"law": "uniform", "high": "3 ns"},
        ["population.parameters.E.high", "'3 ns'", "wrong dimension", "20 mK"],
    ),
    "wrong dimension, grid": (
        GRID,
        ["3 mK", "5 m"],
        ["attenuation.temperature[1]", "'5 m'", "wrong dimension", "20 mK"],
    ),
    "wrong dimension, p": (
        P_TABLE,
        {"law": "tunnelling", "low": "1 K"},
        ["population.parameters.p.low", "'1 K'", "wrong dimension", "0.03"],
    ),
    "wrong dimension, density": (
        "material/electron_density",
        "3 K",
        ["material.electron_density", "'3 K'", "3e22 cm^-3"],
    ),
    "unknown unit": ("material/fermi_energy", "5 eVolt", ["material.fermi_energy", "'5 eVolt'", "20 mK"]),
    "low = high": (
        E_TABLE,
        {"law": "uniform", "low": 1.0, "high": 1.0},
        ["parameters.E", "low = 1.0", "high = 1.0", "widen"],
    ),
    "low > high": (E_TABLE, {"law": "log_uniform", "low": 2.0, "high": 1.0}, ["parameters.E", "2.0", "1.0"]),
    "negative energy": (E_TABLE, {"law": "uniform", "low": -1.0, "high": 1.0}, ["parameters.E", "-1.0", "below 0"]),
    "p from 0": (
        P_TABLE,
        {"law": "uniform", "low": 0.0, "high": 1.0},
        ["parameters", "p:", "0.0", "above 0", "low = 1e-12"],
    ),
    "p beyond 1": (P_TABLE, {"law": "uniform", "low": 0.1, "high": 1.5}, ["parameters", "p:", "1.5", "<= 1"]),
    "p without end": (P_TABLE, {"law": "exponential", "mean": 0.1}, ["parameters", "p:", "0"]),
    "p cut-off 0": (P_TABLE, {"law": "tunnelling", "low": 0.0}, ["parameters.p", "low = 0.0", "(0, 1)", "1e-12"]),
    "p cut-off 1": (P_TABLE, {"law": "tunnelling", "low": 1.0}, ["parameters.p", "low = 1.0", "(0, 1)", "1e-12"]),
    "missing parameter": (P_TABLE, ..., ["population.parameters", "lack p", "{E, p}"]),
    "mixed parameters": ("population/parameters/Delta", {"law": "uniform", "high": 1.0}, ["Delta too much", "{E, p}"]),
    "unknown parameter": (
        "population/parameters/T_K",
        {"law": "uniform", "high": 1.0},
        ["population.parameters.T_K", "unknown parameter", "E, p, Delta, Lambda"],
    ),
    "law without its argument": (E_TABLE, {"law": "uniform"}, ["population.parameters.E.high", "missing", "add it"]),
    "zero temperature": (GRID, [0.0, 1.0], ["attenuation.temperature[0]", "0.0", "above 0", "positive"]),
    "negative temperature": (GRID, [-0.5], ["attenuation.temperature[0]", "-0.5", "above 0", "positive"]),
    "range from zero": (GRID, {"start": "0 K", "stop": "1 K", "points": 3}, ["temperature.start", "'0 K'", "above 0"]),
    "negative frequency": ("observables/attenuation/frequency", [-1.0], ["frequency[0]", "-1.0", "positive frequency"]),
    "falling grid": (GRID, [1.0, 0.5], ["temperature[1]", "0.5", "sort the grid"]),
    "repeated point": (GRID, [1.0, 1.0], ["temperature[1]", "1.0", "sort the grid"]),
    "falling range": (GRID, {"start": 1.0, "stop": 0.5, "points": 3}, ["temperature.stop", "0.5", "swap them"]),
    "range too dense": (GRID, {"start": 1.0, "stop": 1.0 + 2**-52, "points": 9}, ["temperature.points", "9", "fewer"]),
    "range of one": (GRID, {"start": 1.0, "stop": 2.0, "points": 1}, ["temperature.points", "1", "at least 2"]),
    "too many points": (
        GRID,
        {"start": 1.0, "stop": 2.0, "points": 10**9},
        ["temperature.points", "1000000000", "100000"],
    ),
    "no points": (GRID, {"start": 1.0, "stop": 2.0, "points": 0}, ["temperature.points", "0", "1 ... 100000"]),
    "unknown spacing": (
        GRID,
        {"start": 1.0, "stop": 2.0, "points": 3, "spacing": "lin"},
        ["spacing", "'lin'", "linear"],
    ),
    "empty grid": (GRID, [], ["attenuation.temperature", "empty grid", "at least one"]),
    "grid of one number": (GRID, 1.0, ["attenuation.temperature", "1.0", "not a table"]),
    "no grid": (GRID, ..., ["attenuation.temperature", "missing", "add it"]),
    "chi 0": ("material/chi", 0.0, ["material.chi", "0.0", "not positive", "above 0"]),
    "chi negative": ("material/chi", -0.1, ["material.chi", "-0.1", "above 0"]),
    "chi beyond 1": ("material/chi", 1.01, ["material.chi", "1.01", "(0, 1]"]),
    "chi nan": ("material/chi", math.nan, ["material.chi", "nan", "finite", "0.03"]),
    "chi missing": ("material/chi", ..., ["material.chi", "missing", "observables.attenuation needs it"]),
    "chi a switch": ("material/chi", True, ["material.chi", "True", "0.03"]),
    "density and time": (
        "material",
        PRESETS["gold"] | {"chi": 0.1, "dephasing_time": "3 ns", "defect_density": "1e16 cm^-3"},
        ["material.dephasing_time", "defect_density", "give one"],
    ),
    "time without the rest": ("material/dephasing_time", "3 ns", ["material.fermi_energy", "missing", "Eq. 5"]),
    "no observables": ("observables", {}, ["observables", "empty", "add for example"]),
    "observables missing": ("observables", ..., ["observables", "missing", "add it"]),
    "no population": ("population", ..., ["population", "missing", "add it"]),
    "table expected": ("population", 3, ["population", "3", "not a table", "[population]"]),
    "zero defects": ("population/defects", 0, ["population.defects", "0", "1 ..."]),
    "fractional defects": ("population/defects", 1e6, ["population.defects", "1000000.0", "whole number"]),
    "too many defects": ("population/defects", 10**13, ["population.defects", "10000000000000", "1000000000000"]),
    "zero samples": ("population/samples", 0, ["population.samples", "0", "1 ..."]),
    "negative seed": ("seed", -1, ["seed", "-1", "0 ..."]),
    "no seed": ("seed", ..., ["seed", "missing", "add it"]),
    "sampling": ("population/sampling", "sobl", ["population.sampling", "'sobl'", "'sobol'"]),
    "poisson sobol": (
        "population",
        BARE["population"] | {"sampling": "sobol", "count": "poisson"},
        ["population.sampling", "sobol", 'count = "fixed"'],
    ),
    "misspelt store": ("store", "populaton", ["store", "'populaton'", "'population'"]),
    "seed and seeds": ("seeds", [[5, 1]], ["seeds", "seed is given too", "one of them"]),
    "title": ("title", 3, ["title", "3", "quotes"]),
    "huge number": (
        E_TABLE,
        {"law": "uniform", "high": 10**400},
        ["population.parameters.E.high", "not finite", "20 mK"],
    ),
    "table of no rows": (E_TABLE, {"law": "tabulated", "table": 3}, ["parameters.E.table", "3", "[[value, density]"]),
    "rows of three": (
        E_TABLE,
        {"law": "tabulated", "table": [[1.0, 2.0, 3.0]]},
        ["parameters.E.table", "[value, density]"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_entries_are_named(case):
    path, value, wanted = BAD[case]
    message = _message(changed(path, value))
    for part in wanted:
        assert part in message


def test_the_specs_that_were_spoilt_are_good():
    assert parse_spec(BARE).title == "bare"
    assert parse_spec(UNITS).layout.samples == 3
    # Bounds themselves are allowed.
    parse_spec(changed("material/chi", 1.0))
    parse_spec(changed(P_TABLE, {"law": "uniform", "low": 1e-300, "high": 1.0}))
    parse_spec(changed("seed", 2**63 - 1))
    parse_spec(changed(GRID, {"start": 1.0, "stop": 1.0, "points": 1}))


@pytest.mark.parametrize("kind", ["uniform", "exponential", "log_uniform"])
def test_an_observable_of_another_model_is_refused(kind, monkeypatch):
    monkeypatch.setattr(OBSERVABLES.find("dephasing"), "MODELS", ("kondo",))
    message = _message(changed("observables/dephasing", {"temperature": [1.0]}))
    assert message == "observables.dephasing: is for model kondo, not 'tunnelling'; remove it"


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("0,1\n1,nan\n", ["line 2", "density nan", "not finite"]),
        ("0,1\ninf,1\n", ["line 2", "value inf", "not finite"]),
        ("0,1\n1,-1\n", ["line 2", "density -1", "below 0", ">= 0"]),
        ("1,1\n1,1\n", ["line 2", "value 1", "sort the rows"]),
        ("E,density\n0,1\n1,x\n", ["line 3", "'x'", "not a number"]),
        ("0,1,2\n", ["line 1", "3 columns", "value,density"]),
        ("", ["0 rows", "at least 2"]),
        ("0,0\n1,0\n", ["all 2 densities are 0"]),
    ],
)
def test_bad_tables_are_named_with_file_and_line(tmp_path, content, wanted):
    (tmp_path / "density.csv").write_text(content)
    message = _message(changed(E_TABLE, {"law": "tabulated", "file": "density.csv"}), folder=tmp_path)
    for part in ("population.parameters.E", "density.csv", *wanted):
        assert part in message


def test_a_missing_table_is_named(tmp_path):
    message = _message(changed(E_TABLE, {"law": "tabulated", "file": "none.csv"}), folder=tmp_path)
    assert "population.parameters.E" in message
    assert "none.csv" in message
    assert "No such file" in message


def test_a_grid_beyond_the_memory_is_refused_before_the_run():
    axis = {"start": 1.0, "stop": 2.0, "points": 100_000}
    content = changed("observables/attenuation", {"temperature": axis, "frequency": axis})
    with pytest.raises(SpecError, match=r"observables: .* need .* GB .* take fewer") as caught:
        tlsmc.run(parse_spec(content), progress=False)
    assert "\n" not in str(caught.value)


_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**3), 10**3),
    st.sampled_from([10**400, -(10**20), 2**63, 0, 1]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["20 mK", "3 ns", "1 MHz", "5 eV", "uniform", "tunnelling", "tabulated", "pareto", "power", "sobol", "log"]
    ),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    ["law", "low", "high", "mean", "table", "start", "stop", "points", "index", "exponent", "file"]
                ),
                st.text(max_size=4),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


def _paths(content, prefix=()):
    for key, value in content.items():
        yield (*prefix, key)
        if isinstance(value, dict):
            yield from _paths(value, (*prefix, key))


@given(
    st.sampled_from([BARE, UNITS]).flatmap(
        lambda base: st.tuples(
            st.just(base), st.lists(st.tuples(st.sampled_from(list(_paths(base))), _values), min_size=1, max_size=2)
        )
    )
)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_spoilt_spec_is_a_fixed_point_or_refused(case):
    base, changes = case
    content = copy.deepcopy(base)
    for path, value in changes:
        table = content
        for key in path[:-1]:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict):
            table[path[-1]] = value
    try:
        spec = parse_spec(content)
    except SpecError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert_fixed_point(spec)


@given(st.dictionaries(st.text(max_size=10), _values, max_size=4))
@settings(max_examples=50, deadline=None)
def test_any_dictionary_is_refused(content):
    with pytest.raises(SpecError):
        parse_spec(content)
