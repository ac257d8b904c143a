"""The public names: what there is, that it is found when asked for and not before, and that it is documented."""

import ast
import doctest
import importlib
import inspect
import io
import pkgutil
import re
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tlsmc.observables import kernels

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


# What the docstrings say.

#: Classes whose methods are public.
CLASSES = (tlsmc.Run, tlsmc.Curve, tlsmc.Spec, tlsmc.fitting.Fit)
#: Functions that refuse nothing.
CANNOT_RAISE = {
    "tlsmc.Curve.to_xarray",
    "tlsmc.citation",
    "tlsmc.Run.digest",
    "tlsmc.Spec.hash",
    "tlsmc.Spec.resolved",
    "tlsmc.closed_forms.band_loss",
    "tlsmc.closed_forms.band_relaxation",
    "tlsmc.closed_forms.band_resonant",
    "tlsmc.diagnostics.compare",
    "tlsmc.diagnostics.convergence",
    "tlsmc.diagnostics.defect_pulls",
    "tlsmc.diagnostics.run_tails",
    "tlsmc.diagnostics.sample_statistics",
    "tlsmc.diagnostics.spectrum_bands",
    "tlsmc.diagnostics.spectrum_exponent",
    "tlsmc.fitting.Fit.digest",
    "tlsmc.fitting.Fit.of",
    "tlsmc.fitting.Fit.plain",
    "tlsmc.fitting.is_fit_file",
}


def public_functions():
    """Every public function, and every public method of the classes, by the name to call it by."""
    for room in ROOMS:
        for name in importlib.import_module(room).__all__:
            found = getattr(importlib.import_module(room), name)
            if inspect.isfunction(found):
                yield f"{room}.{name}", found
            for inside, member in vars(found).items() if found in CLASSES else ():
                function = getattr(member, "__func__", member)
                if inspect.isfunction(function) and not inside.startswith("_"):
                    yield f"{room}.{name}.{inside}", function


FUNCTIONS = dict(public_functions())
SLOW = {"tlsmc.audit": pytest.mark.slow}


def sections(function):
    """The sections of a docstring by their titles, the text before them as ""."""
    pieces = re.split(r"^(\w+)\n-+\n", inspect.getdoc(function), flags=re.MULTILINE)
    return {"": pieces[0]} | dict(zip(pieces[1::2], pieces[2::2], strict=True))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_have_all_sections(name):
    function = FUNCTIONS[name]
    found = sections(function)
    arguments = [argument for argument in inspect.signature(function).parameters if argument not in ("self", "cls")]
    returns = inspect.signature(function).return_annotation not in (None, "None")
    wanted = {"Parameters": bool(arguments), "Returns": returns, "Raises": name not in CANNOT_RAISE, "Examples": True}
    assert list(found) == ["", *(title for title, there in wanted.items() if there)]
    documented = re.findall(r"^(\w.*)$", found.get("Parameters", ""), flags=re.MULTILINE)
    assert sorted(", ".join(documented).split(", ")) == sorted(arguments or [""])


@pytest.mark.parametrize("kind", CLASSES)
def test_attributes_are_documented(kind):
    assert inspect.getdoc(kind)
    shown = (property, cached_property)
    assert not [name for name, member in vars(kind).items() if isinstance(member, shown) and not member.__doc__]


@pytest.fixture(scope="module")
def _examples(tmp_path_factory):
    """The files that the examples read."""
    folder = tmp_path_factory.mktemp("examples")
    for file in (Path(__file__).parent / "examples").iterdir():
        shutil.copy(file, folder)
    tlsmc.run(tlsmc.load_spec(folder / "small.toml"), folder / "small.h5", kernel="numpy")
    tlsmc.fitting.write_fit(tlsmc.fitting.fit(tlsmc.fitting.load_fit(folder / "wire.toml")), folder / "wire.fit.h5")
    return folder


@pytest.fixture
def examples(_examples, tmp_path, monkeypatch):
    """A copy of them as the working directory, and runs that need not be compiled."""
    shutil.copytree(_examples, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    # The other one deleted would come back as the last of all, and what is first is the default.
    monkeypatch.setattr(kernels, "KERNELS", {"numpy": kernels.KERNELS["numpy"]})


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in (*ROOMS, *FUNCTIONS)])
def test_examples(name):
    documented = FUNCTIONS.get(name) or importlib.import_module(name)
    names = {"tlsmc": tlsmc, "np": np}
    (example,) = doctest.DocTestFinder(recurse=False).find(documented, name, globs=names)
    assert example.examples or name in ROOMS
    outcome = io.StringIO()
    doctest.DocTestRunner(verbose=False).run(example, out=outcome.write)
    assert not outcome.getvalue(), outcome.getvalue()
