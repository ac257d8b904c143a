"""The folder is the registry."""

from __future__ import annotations

import dataclasses

import pytest

from tests.populations.laws.examples import BAD, GOOD
from tlsmc.errors import SpecError
from tlsmc.populations.fields import described
from tlsmc.populations.laws.base import Law
from tlsmc.spec.registry import LAWS


def test_every_law_has_examples_and_counterexamples() -> None:
    names = LAWS.names()
    assert names == sorted(names)
    assert set(GOOD) == set(names)
    assert set(BAD) == set(names)
    assert all(GOOD.values())
    assert all(BAD.values())


def test_the_base_is_no_law() -> None:
    assert "base" not in LAWS.names()
    with pytest.raises(SpecError, match="law = 'base' is not known"):
        LAWS.find("base")


@pytest.mark.parametrize("name", LAWS.names())
def test_file_holds_one_frozen_dataclass_with_marked_fields(name: str) -> None:
    law = LAWS.find(name)
    assert issubclass(law, Law)
    assert law.__name__ == name.title().replace("_", "")
    assert law.__dataclass_params__.frozen
    assert "__dict__" not in dir(law)
    kinds = {field.name: info.kind for field, info in described(law)}
    assert set(kinds.values()) <= {"quantity", "number", "path", "rows"}
    assert set(kinds) == {field.name for field in dataclasses.fields(law) if field.init}


@pytest.mark.parametrize("name", LAWS.names())
def test_law_has_a_docstring(name: str) -> None:
    # A dataclass without one gets its signature instead.
    assert not (LAWS.find(name).__doc__ or "(").startswith(LAWS.find(name).__name__ + "(")


@pytest.mark.parametrize(
    ("typo", "nearest"), [("unifrom", "uniform"), ("tunneling", "tunnelling"), ("lognormal", "log_normal")]
)
def test_unknown_law_names_the_nearest(typo: str, nearest: str) -> None:
    with pytest.raises(SpecError, match=f"law = '{typo}' is not known; did you mean '{nearest}'?"):
        LAWS.find(typo)


@pytest.mark.parametrize("name", ["", "zzzz", "os.path", "__init__", 3])
def test_unknown_law_without_a_near_one_lists_all(name: str) -> None:
    with pytest.raises(
        SpecError, match=r"is not known; choose one of exponential, .*, uniform \(see tlsmc help laws\)$"
    ):
        LAWS.find(name)
