"""Names in a spec and the classes behind them: a module that defines one subclass is what its file is called.

Nothing is imported before it is asked for, and a file beside the others that defines no such class is no entry.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, cast

from tlsmc.errors import SpecError, suggestion
from tlsmc.observables.base import Observable
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.populations.laws.base import Law
from tlsmc.populations.user_code import reason

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Registry(Generic[Entry]):
    """The modules of a package that define one subclass of ``base`` each, and what other packages offer.

    ``key`` is what a spec calls an entry, and ``group`` the entry points of installed packages, name -> class; these
    are asked only for a name that is not one of the package's own.
    """

    package: str
    base: Any
    key: str
    group: str = ""

    def names(self) -> list[str]:
        """Names of all entries, sorted; imports every module of the package."""
        own = [name for name in self._modules() if self._defined(name, or_none=True) is not None]
        return sorted([*own, *self._installed()])

    def find(self, name: str) -> type[Entry]:
        """The class ``name``, imported only now.

        Raises
        ------
        SpecError
            It is not known, and then the nearest known one is named; it cannot be imported; two packages offer it.
        """
        found = self._defined(name) if self.owns(name) else self._offered(name)
        if found is None:
            raise SpecError(f"{self.key} = {name!r} is not known; {suggestion(name, self.names(), f'{self.key}s')}")
        return found

    def owns(self, name: str) -> bool:
        """Whether a module of the package has the name."""
        return name in self._modules()

    def name(self, kind: type) -> str:
        """What a spec calls a class; the inverse of :meth:`find`."""
        package, _, module = kind.__module__.rpartition(".")
        if package.startswith("tlsmc."):
            return module
        for name in self._installed():
            if self._offered(name) is kind:
                return name
        raise SpecError(f"{kind.__module__}.{kind.__qualname__} has no name as {self.key}; offer it as {self.group}")

    def _modules(self) -> list[str]:
        folder = importlib.import_module(self.package).__path__
        return sorted(module.name for module in pkgutil.iter_modules(folder) if not module.ispkg)

    def _defined(self, name: str, or_none: bool = False) -> type[Entry] | None:
        """The one subclass that a module defines, if it does."""
        try:
            module = importlib.import_module(f"{self.package}.{name}")
        except Exception as error:
            if or_none:
                return None
            raise SpecError(f"{self.key} = {name!r} cannot be imported ({reason(error)}); mend it") from error
        found = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, self.base)
            and value is not self.base
            and value.__module__ == module.__name__
        ]
        return found[0] if len(found) == 1 else None

    def _installed(self) -> dict[str, EntryPoint]:
        """What installed packages offer, by name."""
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group) if self.group else ():
            if self.owns(point.name) or point.name in found:
                others = [_maker(found[point.name])] if point.name in found else ["tlsmc itself"]
                both = " and ".join([_maker(point), *others])
                raise SpecError(f"{self.key} = {point.name!r} is offered by {both}; uninstall one, or rename it there")
            found[point.name] = point
        return found

    def _offered(self, name: str) -> type[Entry] | None:
        """What an installed package offers under a name, if any does."""
        point = self._installed().get(name)
        if point is None:
            return None
        try:
            kind: Any = point.load()
        except Exception as error:
            raise SpecError(f"{self.key} = {name!r} of {_maker(point)} cannot be imported ({reason(error)})") from error
        if not (isinstance(kind, type) and issubclass(kind, self.base) and is_dataclass(kind)):
            wanted = f"no dataclass derived from {self.base.__name__}"
            raise SpecError(f"{self.key} = {name!r} of {_maker(point)} is {wanted}")
        offered: Any = kind
        return cast("type[Entry]", offered)


def _maker(point: EntryPoint) -> str:
    return f"the package {point.dist.name if point.dist else point.value}"


OBSERVABLES: Registry[Observable] = Registry("tlsmc.observables", Observable, "observable", "tlsmc.observables")
MODELS: Registry[Population] = Registry("tlsmc.populations", Population, "model")
LAWS: Registry[Law] = Registry("tlsmc.populations.laws", Law, "law", "tlsmc.laws")


def of_material(kind: type[Observable], material: Mapping[str, float], options: Mapping[str, Any]) -> Observable:
    """An observable with the material that it takes and with some options, the others by default.

    Raises
    ------
    SpecError
        The material lacks an entry, or the observable refuses a value.
    """
    arguments = dict(options)
    for spec_field, info in described(kind):
        if info.material and info.material not in material:
            raise SpecError(f"material.{info.material}: is missing; {OBSERVABLES.name(kind)} needs it")
        if info.material:
            arguments[spec_field.name] = material[info.material]
    return kind(**arguments)
