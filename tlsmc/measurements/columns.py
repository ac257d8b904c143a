"""The file of a data set: which column is which, in which unit, and the errors of the values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.measurements.headings import ROLES, is_angular, matches
from tlsmc.measurements.quantities import Quantity, axis_factor, is_ordinary, value_factor
from tlsmc.measurements.table import MISSING, SEPARATORS, Text, cell_number, read_text
from tlsmc.measurements.unit_text import is_arbitrary, is_percent, is_pure, plain_unit
from tlsmc.spec.table import Table, shown
from tlsmc.units import AXIS_KINDS

#: Number and unit of what a value belongs to.
Volume = tuple[float, str]

_MOST_SKIPPED = 10**6


class Source:
    """The file of a data set, with the columns and units that the spec names or that the headings tell."""

    def __init__(self, table: Table, quantity: Quantity, folder: Path, in_kelvin: bool) -> None:
        self.table, self.quantity, self.in_kelvin = table, quantity, in_kelvin
        separator = table.choice("separator", ("auto", *SEPARATORS), "auto")
        decimal = table.choice("decimal", ("auto", ".", ","), "auto")
        given = table.raw("missing", None)
        listed = () if given is None else (str(m).casefold() for m in list_of(table, "missing"))
        self.missing = MISSING if given is None else ("", *listed)
        self.columns, self.units = table.table("columns", {}), table.table("units", {})
        self.text: Text = table.located(
            "file",
            read_text,
            folder / table.string("file"),
            "" if separator == "auto" else separator,
            "" if decimal == "auto" else decimal,
            table.integer("skip", 0, _MOST_SKIPPED, 0),
            self.missing,
        )

    def position(self, what: str) -> int | None:
        """Position of the column of ``what``, None if there is none."""
        key = self.columns.raw(what, None)
        if key is not None:
            if isinstance(key, bool) or not isinstance(key, int | str):
                raise SpecError(f"{self.columns.at(what)}: {shown(key)} is neither a heading nor a number of a column")
            place: int = self.columns.located(what, self.text.column, key)
            return place
        value = self.position("value") if what == "error" else None
        name = "" if value is None else self.text.names[value]
        found = [
            i
            for i, headings in enumerate(zip(self.text.names, self.text.headings, strict=True))
            if any(matches(what, heading, self.quantity.name, name) for heading in headings)
        ]
        if len(found) > 1:
            several = " and ".join(repr(self.text.headings[i]) for i in found)
            raise SpecError(f"{self.columns.at(what)}: {self.text.path} has the columns {several} for it; name one")
        return found[0] if found else None

    def unit(self, what: str) -> str:
        """Unit of a column, of the spec or of the heading."""
        if self.units.raw(what, None) is not None:
            given: str = self.units.string(what)
            return given
        return self.heading_unit(what)

    def heading_unit(self, what: str) -> str:
        """Unit of a column in the file."""
        place = self.position(what)
        return "" if place is None else self.text.units[place]

    def column(self, what: str) -> Array:
        """Numbers of a column in its own unit, NaN where a value is missing."""
        place = self.position(what)
        if place is None:
            raise SpecError(
                f"{self.columns.at(what)}: {self.text.path} has no column of that name; "
                f"it has {self.text.known}, name one or give its number"
            )
        cells = [
            self.columns.located(what, cell_number, self.text, row, place, self.missing)
            for row in range(len(self.text.rows))
        ]
        return np.array([np.nan if value is None else value for value in cells])

    def axis(self, what: str, required: bool = True) -> Array:
        """Numbers of an axis in natural units; the spec may give one value for all points."""
        rows = len(self.text.rows)
        if self.table.raw(what, None) is not None:
            return np.full(rows, self.table.positive(what, AXIS_KINDS[what]))
        if self.position(what) is None and not required:
            self.units.raw(what, None)
            return np.full(rows, np.nan)
        values = self.column(what)
        unit, place = self.unit(what), self.position(what)
        self.check_unit(what, unit)
        factor: float = self.located(what, axis_factor, unit, AXIS_KINDS[what])
        angular = what == "frequency" and place is not None and is_angular(self.text.names[place])
        if angular and unit and is_ordinary(unit):
            raise SpecError(f"{self.unit_place(what)}: {unit!r} is a unit of nu = omega/(2 pi); write rad/s")
        self.positive(what, values)
        return values * factor

    def errors(self, value: Array, volume: Volume | None) -> tuple[Array, float]:
        """Standard error of each point, and the relative error that stands for them if there is one."""
        table = self.table
        given = [key for key in ("error", "relative_error") if table.raw(key, None) is not None]
        place = self.position("error")
        if len(given) == 2 or (given and place is not None):
            column = "" if place is None else f" (column {self.text.headings[place]!r} has them)"
            raise SpecError(f"{table.at(given[0])}: the errors are given twice{column}; leave one out")
        if given == ["error"]:
            return np.full_like(value, table.positive("error", "number")), 0.0
        if given:
            relative = table.positive("relative_error", "number")
            assert relative is not None
            return relative * np.abs(value), relative
        if place is None:
            raise SpecError(
                f"{table.place}: has no errors; {self.text.path} has {self.text.known}, name that of the errors in "
                "columns, or give error or relative_error"
            )
        errors = self.column("error")
        self.positive("error", errors)
        return errors * self._error_unit(value, volume), 0.0

    def _error_unit(self, value: Array, volume: Volume | None) -> Array | float:
        """Units of the value in one unit of the errors, at each point."""
        own, of_value = self.unit("error"), self.unit("value")
        overruled = self.units.raw("error", None) is None and own == self.heading_unit("value")
        if not own or overruled or plain_unit(own) == plain_unit(of_value) or (is_pure(own) and is_pure(of_value)):
            return 1.0
        if is_percent(own):
            if is_percent(of_value):
                return 1.0
            zero = np.flatnonzero(value == 0.0)
            if zero.size:
                place = self.text.place(int(zero[0]), self.position("value") or 0)
                raise SpecError(f"{self.columns.at('value')}: {place}: a per cent of 0 is no error; mend that row")
            return np.abs(value) / 100.0
        if is_arbitrary(own) and is_arbitrary(of_value):
            return 1.0
        if is_arbitrary(own) or is_arbitrary(of_value):
            raise SpecError(
                f"{self.unit_place('error')}: {own!r} is not the unit of the values, {of_value!r}, and does not "
                f'compare with it; if they share it write units = {{ value = "{of_value}", error = "{of_value}" }}'
            )
        self.check_unit("error", own)
        return self.factor("error", volume) / self.factor("value", volume)

    def factor(self, what: str, volume: Volume | None) -> float:
        """Natural units in one unit of the values, or of the errors."""
        found: float = self.located(what, value_factor, self.unit(what), self.quantity.dimension, volume)
        return found

    def unit_place(self, what: str) -> str:
        """The unit of a column as messages name it."""
        place = self.position(what)
        column = "" if place is None else f", column {self.text.headings[place]!r}"
        return f"{self.units.at(what)}: {self.text.path}{column}"

    def located(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of the unit of a column; an error of its gets the place of the column before it."""
        try:
            return function(*arguments)
        except SpecError as error:
            raise error.at(self.unit_place(what)) from None

    def check_unit(self, what: str, unit: str) -> None:
        """Refuse a column without a unit where the spec has units, and one with a unit where it has none."""
        if self.in_kelvin and not unit:
            column = self.text.headings[self.position(what) or 0]
            raise SpecError(
                f"{self.units.at(what)}: is missing, and {self.text.path}, column {column!r} names none; add the unit"
            )
        if not self.in_kelvin and unit:
            raise SpecError(f"{self.unit_place(what)}: {unit!r} is a unit, and the spec has none; use units throughout")

    def positive(self, what: str, values: Array) -> None:
        """Refuse a number that is not above 0, with its place in the file."""
        wrong = np.flatnonzero(values <= 0.0)
        if wrong.size:
            row, place = int(wrong[0]), self.position(what)
            assert place is not None
            article = "an" if what == "error" else "a"
            raise SpecError(
                f"{self.columns.at(what)}: {self.text.place(row, place)}: {values[row]:g} is not above 0; "
                f"{article} {what} is positive, mend that row"
            )

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for what in ROLES:
            self.columns.raw(what, None)
            self.units.raw(what, None)
        self.columns.finish()
        self.units.finish()


def list_of(table: Table, key: str) -> list[Any]:
    """An entry that must be a list."""
    entry = table.raw(key)
    if not isinstance(entry, list):
        raise SpecError(f"{table.at(key)}: {shown(entry)} is not a list; write [..., ...]")
    return entry
