"""What every formula must do: floats and arrays give the same numbers, and so does the compiled loop."""

import importlib
import pkgutil

import pytest

from tests.physics.formulas import check_compiled, check_scalars_and_arrays, functions_of
from tlsmc import physics

#: Formulas of Kondo defects have points of their own in test_kondo_compiled.py: they are not for any three numbers.
MODULES = [m.name for m in pkgutil.iter_modules(physics.__path__) if not m.name.startswith("kondo")]
#: The fastest rate is one number for a run, and no formula of a defect.
FORMULAS = {
    f"{name}-{formula.__name__}": formula
    for name in MODULES
    for formula in functions_of(importlib.import_module(f"tlsmc.physics.{name}"))
    if formula.__name__ != "fastest_rate"
}


@pytest.mark.parametrize("name", FORMULAS)
def test_scalars_and_arrays(name):
    check_scalars_and_arrays(FORMULAS[name])


@pytest.mark.parametrize("name", FORMULAS)
def test_compiled(name):
    check_compiled(FORMULAS[name])
