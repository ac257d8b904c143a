"""The public names: what there is, that it is found when asked for and not before, and that it is documented."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import tlsmc

ROOMS = ("tlsmc", *(f"tlsmc.{name}" for name in ("closed_forms", "diagnostics", "fitting", "reporting")))


@pytest.mark.parametrize("name", ROOMS)
def test_names_resolve_and_no_module_hides_one(name):
    room = importlib.import_module(name)
    assert dir(room) == room.__all__ == sorted(set(room.__all__))
    for public in room.__all__:
        found = getattr(room, public)
        assert inspect.ismodule(found) == (f"{name}.{public}" in ROOMS), public
    # Importing a module sets an attribute of its package, which would come before the lazy one.
    below = {module.name for module in pkgutil.iter_modules(room.__path__)}
    assert below & set(room.__all__) == {public for public in room.__all__ if f"{name}.{public}" in ROOMS}
    with pytest.raises(AttributeError, match=rf"^module '{name}' has no attribute 'nothing'$"):
        room.nothing  # noqa: B018


@pytest.mark.parametrize("name", ROOMS)
def test_type_checkers_see_the_same_names(name):
    room = importlib.import_module(name)
    tree = ast.parse(Path(room.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname: (node.module, alias.name) for node in block.body for alias in node.names}
    assert sorted(seen) == room.__all__
    for public, (module, inside) in seen.items():
        assert public == inside
        assert getattr(room, public) is getattr(importlib.import_module(module), inside)


def test_nothing_is_imported_before_it_is_asked_for():
    script = (
        "import sys, tlsmc\n"
        "before = {n for n in sys.modules if n.startswith('tlsmc.')} - {'tlsmc.lazy', 'tlsmc.version'}\n"
        "heavy = {'numpy', 'scipy', 'h5py'} & set(sys.modules)\n"
        "assert not before | heavy, before | heavy\n"
        "assert callable(tlsmc.fitting.fit) and callable(tlsmc.closed_forms.heat)\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from tlsmc.diagnostics import *\nassert callable(compare)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_version_is_there():
    assert tlsmc.__version__
