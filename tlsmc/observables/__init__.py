"""Observables, one file each: the folder is the registry, the file name the name in a spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tlsmc.errors import SpecError
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


def of_material(kind: type[Observable], material: Mapping[str, float], options: Mapping[str, Any]) -> Observable:
    """An observable with the material that it takes and with some options, the others by default.

    Raises
    ------
    SpecError
        The material lacks an entry, or the observable refuses a value.
    """
    arguments = dict(options)
    for spec_field in fields(kind):  # type: ignore[arg-type]
        key = spec_field.metadata.get("material")
        if key is None:
            continue
        if key not in material:
            name = kind.__module__.rpartition(".")[2]
            raise SpecError(f"material.{key}: is missing; {name} needs it")
        arguments[spec_field.name] = material[key]
    return kind(**arguments)
