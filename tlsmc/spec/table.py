"""Strict reading of TOML tables: every entry is asked for, every other one is an error with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tlsmc.errors import SpecError, suggestion
from tlsmc.units import natural

_MISSING = object()
# A key of TOML that needs no quotes; an index after it names an entry of a list.
_BARE = re.compile(r"[A-Za-z0-9_-]+(\[\d+\])?")


class Table:
    """One table of a spec, with its dotted place and the keys that have been read so far."""

    def __init__(self, content: object, place: str) -> None:
        if not isinstance(content, dict):
            raise SpecError(f"{place}: {shown(content)} is not a table; write [{place}] and key = value lines")
        self.content: dict[str, Any] = content
        self.place = place
        self._known: list[str] = []

    def at(self, key: str) -> str:
        """Dotted place of a key, which stands in quotes where TOML asks for them."""
        name = key if _BARE.fullmatch(key) else repr(key)
        return f"{self.place}.{name}" if self.place else name

    def raw(self, key: str, default: object = _MISSING) -> Any:
        """The entry as it stands; required unless there is a default."""
        self._known.append(key)
        if key in self.content:
            return self.content[key]
        if default is _MISSING:
            near = suggestion(key, [k for k in self.content if k not in self._known])
            hint = f" ({near})" if near.startswith("did") else ""
            raise SpecError(f"{self.at(key)}: is missing{hint}; add it")
        return default

    def table(self, key: str, default: object = _MISSING) -> Table:
        """A table inside this one."""
        return Table(self.raw(key, default), self.at(key))

    def tables(self, key: str) -> dict[str, Table]:
        """A table of tables, by name."""
        outer = self.table(key)
        return {name: Table(content, outer.at(name)) for name, content in outer.content.items()}

    def rows(self, key: str) -> tuple[tuple[object, ...], ...]:
        """A list of pairs, whatever they consist of."""
        rows = self.raw(key)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and len(row) == 2 for row in rows):
            raise SpecError(f"{self.at(key)}: {shown(rows)} is not a table; write [[value, density], [value, density]]")
        return tuple(tuple(row) for row in rows)

    def string(self, key: str, default: object = _MISSING) -> str:
        value = self.raw(key, default)
        if not isinstance(value, str):
            raise SpecError(f"{self.at(key)}: {shown(value)} is not a text; put it in quotes")
        return value

    def integer(self, key: str, low: int, high: int, default: object = _MISSING) -> int:
        value = self.raw(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise SpecError(f"{self.at(key)}: {shown(value)} is not a whole number; write for example {low}")
        if not low <= value <= high:
            raise SpecError(f"{self.at(key)}: {shown(value)} is outside {low} ... {high}; choose a number inside")
        return value

    def choice(self, key: str, options: Iterable[str], default: object = _MISSING) -> str:
        value, known = self.string(key, default), tuple(options)
        if value not in known:
            raise SpecError(f"{self.at(key)}: {shown(value)} is not known; {suggestion(value, known)}")
        return value

    def quantity(self, key: str, kind: str) -> float:
        """A number in natural units; see :func:`tlsmc.units.natural`."""
        value: float = self.located(key, natural, self.raw(key), kind)
        return value

    def positive(self, key: str, kind: str) -> float:
        """A quantity above 0."""
        value = self.quantity(key, kind)
        if value <= 0.0:
            raise SpecError(f"{self.at(key)}: {shown(self.content[key])} is not positive; give a value above 0")
        return value

    def optional(self, key: str, kind: str) -> float | None:
        """A quantity above 0, None where it is not given."""
        return None if self.raw(key, None) is None else self.positive(key, kind)

    def located(self, key: str, function: Any, /, *arguments: Any, **named: Any) -> Any:
        """Call a function; an error of its gets the place of ``key`` before it."""
        try:
            return function(*arguments, **named)
        except SpecError as error:
            raise error.at(self.at(key) if key else self.place) from None

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self.content:
            if key not in self._known:
                raise SpecError(f"{self.at(key)}: unknown key; {suggestion(key, self._known)}")


def shown(value: object) -> str:
    """A value as it stands in a message, shortened if long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
