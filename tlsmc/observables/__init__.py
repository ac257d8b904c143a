"""Observables, one file each: the folder is the registry, the file name the name in a spec."""

from __future__ import annotations

from tlsmc.observables.base import Observable
from tlsmc.registry import class_in, names_in

_PACKAGE = "tlsmc.observables"
_NOT_OBSERVABLES = ("base", "measurable")


def observable_names() -> list[str]:
    """Names of all observables, in alphabetical order."""
    return names_in(_PACKAGE, _NOT_OBSERVABLES)


def observable_class(name: str) -> type[Observable]:
    """The observable of a given name; :class:`~tlsmc.errors.SpecError` names the nearest known one."""
    return class_in(_PACKAGE, name, _NOT_OBSERVABLES, Observable, "observable")
