"""Folders as registries: a module's file name is the name of the one class that it defines."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from tlsmc.errors import SpecError


def names_in(package: str, excluded: Iterable[str]) -> list[str]:
    """Names of the modules of ``package`` but for the ``excluded`` ones, sorted."""
    folder = importlib.import_module(package).__path__
    return sorted(m.name for m in pkgutil.iter_modules(folder) if not m.ispkg and m.name not in excluded)


def class_in(package: str, name: str, excluded: Iterable[str], base: type, kind: str) -> type[Any]:
    """The one subclass of ``base`` that the module ``package.name`` defines."""
    known = names_in(package, excluded)
    if name not in known:
        raise SpecError(f"{kind} = {name!r} is not known; {suggestion(name, known)}")
    module = importlib.import_module(f"{package}.{name}")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise TypeError(f"{module.__name__} must define exactly one {base.__name__}, it defines {len(found)}")
    return found[0]


def suggestion(name: str, known: Iterable[str]) -> str:
    """Remedy for a misspelt name: the nearest known one, else all of them."""
    options = list(known)
    near = difflib.get_close_matches(str(name), options, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"choose one of {', '.join(options)}"
