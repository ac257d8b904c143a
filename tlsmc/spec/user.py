"""Laws and observables from a user's own file, before and after the file is executed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from tlsmc.errors import CodeError, TlsmcError
from tlsmc.populations.base import Population
from tlsmc.populations.laws.base import Law
from tlsmc.populations.user_code import UserCode, code_of, reason
from tlsmc.spec.table import Table

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class UserFiles:
    """Where the files that a spec names are sought, and whether those with code may be executed when it is read."""

    folder: Path
    execute: bool = True


class Deferred:
    """Stands for what a user's code makes, in a run file that was opened, which executes nothing.

    ``entry`` is the table that it was read from.  What is ``known`` without the code are attributes; asking for any
    other one makes the object, or raises :class:`CodeError`.
    """

    def __init__(self, entry: dict[str, Any], make: Callable[[], Any], **known: Any) -> None:
        self.entry = entry
        self._make = make
        self.__dict__ |= known

    @cached_property
    def made(self) -> Any:
        """The object itself."""
        return self._make()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.made, name)

    def __eq__(self, other: object) -> bool:
        return self.entry == other.entry if isinstance(other, Deferred) else bool(self.made == other)

    def __hash__(self) -> int:
        return hash(self.entry.get("sha256"))

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in self.entry.items() if key not in _CODE)
        return f"{self.entry.get('function', '')}({settings})"


def deferred_population(kind: type[Population], laws: Mapping[str, Law | Deferred]) -> Population:
    """A population with laws that are deferred, and so is itself."""
    entry = {name: repr(law) for name, law in laws.items()}
    made_now = partial(_population, kind, laws)
    return cast(Population, Deferred(entry, made_now, laws=laws, KINDS=kind.KINDS, CHI=kind.CHI))


def _population(kind: type[Population], laws: Mapping[str, Law | Deferred]) -> Population:
    model: Callable[..., Population] = kind
    return model({name: made(law) for name, law in laws.items()})


_CODE = ("function", "sha256", "declared")


def made(thing: Made) -> Made:
    """What something deferred stands for; anything else as it is.

    Raises
    ------
    CodeError
        The user's file is missing, has changed, or fails.
    """
    found: Made = thing.made if isinstance(thing, Deferred) else thing
    return found


def read_code(table: Table, folder: Path) -> UserCode:
    """The code that a table names by its ``function``, and ``sha256`` if it has one."""
    function, sha256 = table.string("function"), table.string("sha256", "")
    code: UserCode = table.located("function", UserCode.named, function, folder, sha256)
    return code


def code_entry(kind: type) -> dict[str, Any]:
    """What :func:`read_code` reads as the code behind a class, empty if that is not a user's."""
    code = code_of(kind)
    return {} if code is None else {"function": code.function, "sha256": code.sha256}


def load_class(table: Table, code: UserCode, base: Any) -> Any:
    """The user's class, a dataclass derived from ``base``."""
    kind = table.located("function", code.load)
    if not (isinstance(kind, type) and issubclass(kind, base) and is_dataclass(kind)):
        raise CodeError(f"{table.at('function')}: {code.function} is no dataclass derived from {base.__name__}")
    return kind


def guarded(table: Table, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call what may be a user's code; whatever it raises becomes an error with the table's place."""
    try:
        return table.located("", function, *arguments, **named)
    except TlsmcError:
        raise
    except Exception as error:
        raise CodeError(f"{table.place}: {reason(error)}; mend the file") from error


def check_law(law: Law) -> None:
    """Refuse a user's law that does not keep what is cheap to see: shapes, and that cdf and ppf are inverse."""
    u = np.array([0.25, 0.5, 0.75])
    x = law.ppf(u)
    for name, values in (("ppf", x), ("pdf", law.pdf(x)), ("cdf", law.cdf(x))):
        if np.shape(values) != u.shape or not np.isfinite(values).all():
            raise CodeError(f"{name} gave {values!r} for three numbers; return three")
    if np.abs(law.cdf(x) - u).max() > 1e-6:
        raise CodeError(f"cdf(ppf({u.tolist()})) = {law.cdf(x).tolist()}; they must be inverse to each other")
    low, high = law.support
    if not (0.0 <= low <= x[0] < x[-1] <= high):
        raise CodeError(f"support is {(low, high)}, but ppf gave {x.tolist()}; values of a law are positive")
    float(law.characteristic), float(law.expectation), tuple(map(float, law.kinks))
