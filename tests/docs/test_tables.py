"""The tables of the README and the manual are those that the code makes, and the hand-made ones agree with it."""

import re
import tomllib
from dataclasses import fields

import pytest

import tlsmc
from tests.docs import keys
from tests.docs.pages import MARKED, PAGES, TOPICS, code, content
from tests.docs.tables import filled
from tlsmc import cli
from tlsmc.fitting.problem import RIVALS
from tlsmc.measurements.table import SEPARATORS
from tlsmc.spec.registry import LAWS, OBSERVABLES
from tlsmc.spec.trajectories import TelegraphNoise, TrackedDefects
from tlsmc.units import KINDS, natural


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_are_what_the_code_says(page):
    assert page.text == filled(page.text), "python -m tests.docs.tables --write"
    assert page.text.count("<!-- end -->") == len(MARKED.findall(page.text))


# The spec


@pytest.fixture(scope="module")
def asked():
    """All keys that are read of each table, by its place."""
    return keys.asked()[0]


def keys_of(page, header, key="key"):
    return [name for row in TOPICS[page].table(header) for name in code(row[key])]


def test_sections_and_keys(asked):
    rows = TOPICS["spec"].table("section")
    for section in ("", "population"):
        said = [code(row["key"])[0] for row in rows if (code(row["section"]) or [""]) == [section]]
        assert sorted(said) == sorted(asked[section])
    assert sorted(keys_of("spec", "key | default")) == sorted(asked["observables.heat_capacity.temperature"])


def test_defaults_of_the_spec():
    resolved, given = tlsmc.parse_spec(content()).resolved(), content()
    for row in TOPICS["spec"].table("section"):
        (section, *_), (key,) = code(row["section"]) or [""], code(row["key"])
        inner, there = (c[section] if section else c for c in (resolved, given))
        if default := code(row["default"]):
            assert key not in there
            assert tomllib.loads(f"value = {default[0]}")["value"] == inner[key]
        elif not row["default"]:
            assert key in there
    grid = {row["key"]: code(row["default"]) for row in TOPICS["spec"].table("key | default")}
    assert {key for key, default in grid.items() if default} == {"`spacing`"}
    assert grid["`spacing`"] == ['"log"']
    assert resolved["observables"]["heat_capacity"]["temperature"] == pytest.approx([0.1, 10**-0.5, 1.0])


def test_a_key_without_default_is_required():
    for row in TOPICS["spec"].table("section"):
        if not row["default"]:
            given, (key,) = content(), code(row["key"])
            (given if key in given else given["population"]).pop(key)
            with pytest.raises(tlsmc.SpecError, match=rf"^(population\.)?{key}: is missing"):
                tlsmc.parse_spec(given)


def test_kinds_of_quantities():
    for row in TOPICS["units"].table("kind"):
        (example,) = code(row["example"])
        assert natural(tomllib.loads(f"value = {example}")["value"], row["kind"]) > 0.0
    prose = TOPICS["units"].prose
    for kind in KINDS:
        assert f"**{kind}**" in prose or kind == "number"


def test_material(asked):
    assert set(asked["material"]) == set(keys_of("material", "key | kind"))


def test_trajectories(asked):
    rows = TOPICS["trajectories"].table("entry of `[trajectories]`")
    said = {code(row["entry of `[trajectories]`"])[0]: code(row["default"]) for row in rows}
    inner = ("defects", "telegraph")
    known = [key for key in asked["trajectories"] if key not in inner]
    known += [f"{table}.{key}" for table in inner for key in asked[f"trajectories.{table}"]]
    assert sorted(said) == sorted(known)
    for plan, table in ((TrackedDefects, "defects"), (TelegraphNoise, "telegraph")):
        for field in fields(plan):
            default = said[f"{table}.{field.name}"]
            if default and field.name != "segment":
                value = tomllib.loads(f"value = {default[0]}")["value"]
                assert (tuple(value) if isinstance(value, list) else value) == field.default


def test_fit(asked):
    rows = TOPICS["fitting"].table("entry of `[fit]`")
    assert sorted(code(row["entry of `[fit]`"])[0] for row in rows) == sorted(
        "data.NAME" if key == "data" else key for key in asked["fit"]
    )
    said = keys_of("fitting", "entry of `data.NAME`", "entry of `data.NAME`")
    assert sorted(said) == sorted({key for name in ("tau", "heat", "sound") for key in asked[f"fit.data.{name}"]})
    parameter = next(row["meaning"] for row in rows if "parameters" in row["entry of `[fit]`"])
    assert (
        {"start", "low", "high", "prior"} <= set(code(parameter)) <= {*asked["fit.parameters.chi"], "{ fixed = value }"}
    )
    for name in (*SEPARATORS, *RIVALS):
        assert f"`{name}`" in TOPICS["fitting"].text


# What the tables say of laws


def test_the_value_that_stands_for_E_star():
    from tests.populations.laws.examples import good_laws

    said = {code(row["law"])[0]: row["meaning"].rpartition(r"E\* is ")[2] for row in TOPICS["laws"].table("law")}
    assert sorted(said) == LAWS.names()
    for label, law in good_laws().items():
        value = said[label.rpartition("-")[0]]
        expected = law.expectation if value == "the mean" else 1.0 if value == "1" else getattr(law, value.strip("`"))
        assert law.characteristic == expected


def test_every_observable_says_what_it_is():
    for name in OBSERVABLES.names():
        section = TOPICS["observables"].text.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
        assert len(section.split()) > 15, name


# Commands


def test_exit_statuses():
    codes = {value for name, value in vars(cli).items() if name.startswith("EXIT_")}
    rows = TOPICS["commands"].table("exit status")
    assert [int(row["exit status"]) for row in rows] == sorted({0} | codes)


# Numbers in the text


def test_numbers_in_the_prose():
    from tlsmc.diagnostics.comparison import _BLOCKS_PER_MODE, FALSE_ALARM, FEWEST_EFFECTIVE, FINEST, VARIANCE_LIMIT
    from tlsmc.diagnostics.samples import FEWEST_PER_KURTOSIS
    from tlsmc.diagnostics.telegraph import FEWEST_SWITCHES, SMALL_EXCESS
    from tlsmc.populations.laws.tunnelling import Tunnelling
    from tlsmc.populations.sampling.streams import MAX_SCRAMBLES

    said = {
        "numbers": (
            f"fewer than {FEWEST_EFFECTIVE} defects effectively contribute",
            f"below {FINEST:g} of the value".replace("e-09", "e-9"),
            f"`differs` if p < {FALSE_ALARM:g}",
            f"one for every {_BLOCKS_PER_MODE} blocks",
            f"at most {MAX_SCRAMBLES} independent scrambles",
        ),
        "units": (
            f"1 GHz is {natural('1 GHz', 'frequency'):.5f} K",
            f"1 ns is {natural('1 ns', 'time'):.1f}/K",
            f"L = {Tunnelling().log_range:.1f} for p_min = 1e-12",
        ),
        "trajectories": (
            f"fewer than {FEWEST_PER_KURTOSIS:g} samples for each unit of the kurtosis",
            f"expected to switch {FEWEST_SWITCHES:g} times or more",
            f"less than {SMALL_EXCESS:g} of 2/dof",
        ),
    }
    for topic, parts in said.items():
        for words in parts:
            assert words in TOPICS[topic].prose, words
    assert VARIANCE_LIMIT == 0.5
    assert re.search(r"tail index of the largest contributions is 1/2 or more", TOPICS["numbers"].prose)
