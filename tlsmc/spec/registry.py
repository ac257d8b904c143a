"""Names in a spec and the classes behind them: a module that defines one subclass is what its file is called.

Nothing is imported before it is asked for, and a file beside the others that defines no such class is no entry.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from tlsmc.errors import SpecError, suggestion
from tlsmc.observables.base import Observable
from tlsmc.populations.base import Population
from tlsmc.populations.laws.base import Law

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Registry(Generic[Entry]):
    """The modules of a package that define one subclass of ``base`` each; ``key`` is what a spec calls them."""

    package: str
    base: Any
    key: str

    def names(self) -> list[str]:
        """Names of all entries, sorted; imports every module of the package."""
        return [name for name in self._modules() if self._defined(name) is not None]

    def find(self, name: str) -> type[Entry]:
        """The class ``name``, imported only now; :class:`SpecError` names the nearest known one."""
        found = self._defined(name) if name in self._modules() else None
        if found is None:
            raise SpecError(f"{self.key} = {name!r} is not known; {suggestion(name, self.names())}")
        return found

    def _modules(self) -> list[str]:
        folder = importlib.import_module(self.package).__path__
        return sorted(module.name for module in pkgutil.iter_modules(folder) if not module.ispkg)

    def _defined(self, name: str) -> type[Entry] | None:
        """The one subclass that a module defines, if it does."""
        module = importlib.import_module(f"{self.package}.{name}")
        found = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, self.base)
            and value is not self.base
            and value.__module__ == module.__name__
        ]
        return found[0] if len(found) == 1 else None


OBSERVABLES: Registry[Observable] = Registry("tlsmc.observables", Observable, "observable")
MODELS: Registry[Population] = Registry("tlsmc.populations", Population, "model")
LAWS: Registry[Law] = Registry("tlsmc.populations.laws", Law, "law")


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
