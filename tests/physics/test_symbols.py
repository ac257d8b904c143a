"""Every parameter of a formula is in the list of symbols of the room, or explained by the formula itself."""

import importlib
import inspect
import pkgutil
import re

import pytest

from tests.physics.formulas import functions_of
from tlsmc import physics

MODULES = [importlib.import_module(f"tlsmc.physics.{module.name}") for module in pkgutil.iter_modules(physics.__path__)]


def documented(thing):
    """The names under "Parameters" in a docstring."""
    listed = (inspect.getdoc(thing) or "").partition("Parameters\n----------\n")[2]
    return {name for names in re.findall(r"^(\w.*)$", listed, flags=re.MULTILINE) for name in names.split(", ")}


FORMULAS = [f for module in MODULES for f in functions_of(module) if not f.__name__.startswith("_")]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)
def test_every_symbol_is_explained(formula):
    names = set(inspect.signature(formula).parameters)
    assert names <= documented(physics) | documented(formula)
    assert documented(formula) <= names
