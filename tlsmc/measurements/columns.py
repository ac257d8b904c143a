"""The columns of a data file: which is which and in which unit, and the errors of the values."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.measurements import conversion
from tlsmc.measurements.conversion import Volume, is_arbitrary, is_percent, is_pure, plain_unit
from tlsmc.measurements.headings import ROLES, is_angular, matches
from tlsmc.measurements.table import MISSING, SEPARATORS, Text, cell_number, read_text
from tlsmc.observables.quantities import MeasuredQuantity
from tlsmc.spec.table import Table, shown
from tlsmc.units import AXIS_KINDS

_MOST_SKIPPED = 10**6


@dataclass(frozen=True, slots=True)
class Column:
    """The column that has a role of :data:`tlsmc.measurements.headings.ROLES`; ``position`` is None if none has it.

    ``unit`` is that of the spec, or of the heading if the spec gives none (``stated``).  ``place`` and ``unit_place``
    are how messages name the column and its unit in the spec; ``missing`` texts stand for no value.  ``in_kelvin`` is
    whether the spec has units.
    """

    role: str
    text: Text
    missing: tuple[str, ...]
    position: int | None
    unit: str
    stated: bool
    place: str
    unit_place: str
    in_kelvin: bool

    @property
    def heading(self) -> str:
        """Heading as it stands in the file, empty if there is no column."""
        return "" if self.position is None else self.text.headings[self.position]

    def numbers(self) -> Array:
        """The numbers in their own unit, NaN where a value is missing."""
        if self.position is None:
            raise SpecError(
                f"{self.place}: {self.text.path} has no column of that name; "
                f"it has {self.text.known}, name one or give its number"
            )
        try:
            cells = [cell_number(self.text, row, self.position, self.missing) for row in range(len(self.text.rows))]
        except SpecError as error:
            raise error.at(self.place) from None
        return np.array([np.nan if value is None else value for value in cells])

    def positive(self) -> Array:
        """The numbers, which must be above 0."""
        values = self.numbers()
        for row in np.flatnonzero(values <= 0.0)[:1].tolist():
            article = "an" if self.role == "error" else "a"
            raise SpecError(
                f"{self.place}: {self.text.place(row, self.position or 0)}: {values[row]:g} is not above 0; "
                f"{article} {self.role} is positive, mend that row"
            )
        return values

    def converted(self, function: Callable[..., float], *arguments: Any) -> float:
        """What a function makes of the unit; an error of its gets the place of the unit before it."""
        try:
            return function(self.unit, *arguments)
        except SpecError as error:
            raise error.at(self.unit_at) from None

    def check_unit(self) -> None:
        """Refuse a column without a unit where the spec has units, and one with a unit where it has none."""
        if self.in_kelvin and not self.unit:
            heading = self.text.headings[self.position or 0]
            raise SpecError(
                f"{self.unit_place}: is missing, and {self.text.path}, column {heading!r} names none; add the unit"
            )
        if not self.in_kelvin and self.unit:
            raise SpecError(f"{self.unit_at}: {self.unit!r} is a unit, and the spec has none; use units throughout")

    @property
    def unit_at(self) -> str:
        """The unit in the spec and its column in the file, as messages name them."""
        column = "" if self.position is None else f", column {self.heading!r}"
        return f"{self.unit_place}: {self.text.path}{column}"


def read_columns(table: Table, quantity: MeasuredQuantity, folder: Path, in_kelvin: bool) -> dict[str, Column]:
    """The columns by role that the spec names or that the headings tell, of the file that the spec names."""
    separator = table.choice("separator", ("auto", *SEPARATORS), "auto")
    decimal = table.choice("decimal", ("auto", ".", ","), "auto")
    given = table.raw("missing", None)
    missing = MISSING if given is None else ("", *(str(m).casefold() for m in list_of(table, "missing")))
    names, units = table.table("columns", {}), table.table("units", {})
    path, skip = folder / table.string("file"), table.integer("skip", 0, _MOST_SKIPPED, 0)
    text: Text = table.located("file", read_text, path, separator, decimal, skip, missing)

    def column(role: str, value: str = "") -> Column:
        position = _position(role, text, names, quantity, value)
        stated = units.raw(role, None) is not None
        unit = units.string(role) if stated else "" if position is None else text.units[position]
        return Column(role, text, missing, position, unit, stated, names.at(role), units.at(role), in_kelvin)

    value = column("value")
    name = "" if value.position is None else text.names[value.position]
    axes = {role: column(role) for role in ("temperature", quantity.axis)}
    columns = {**axes, "value": value, "error": column("error", name)}
    for role in ROLES:
        names.raw(role, None)
        units.raw(role, None)
    names.finish()
    units.finish()
    return columns


def _position(role: str, text: Text, names: Table, quantity: MeasuredQuantity, value: str) -> int | None:
    """Position of the column with a role; ``value`` is the name of that of the values."""
    key = names.raw(role, None)
    if key is not None:
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise SpecError(f"{names.at(role)}: {shown(key)} is neither a heading nor a number of a column")
        place: int = names.located(role, text.column, key)
        return place
    found = [
        i
        for i, headings in enumerate(zip(text.names, text.headings, strict=True))
        if any(matches(role, heading, quantity, value) for heading in headings)
    ]
    if len(found) > 1:
        several = " and ".join(repr(text.headings[i]) for i in found)
        raise SpecError(f"{names.at(role)}: {text.path} has the columns {several} for it; name one")
    return found[0] if found else None


def axis_values(table: Table, column: Column, required: bool) -> Array:
    """Numbers of an axis in natural units; the spec may give one value for all points.  NaN where there are none."""
    role, rows = column.role, len(column.text.rows)
    if table.raw(role, None) is not None:
        return np.full(rows, table.positive(role, AXIS_KINDS[role]))
    if column.position is None and not required:
        return np.full(rows, np.nan)
    values = column.positive()
    column.check_unit()
    factor = column.converted(conversion.axis_factor, AXIS_KINDS[role])
    angular = role == "frequency" and is_angular(column.text.names[column.position or 0])
    if angular and column.unit and conversion.is_ordinary(column.unit):
        raise SpecError(f"{column.unit_at}: {column.unit!r} is a unit of nu = omega/(2 pi); write rad/s")
    return values * factor


def error_values(
    table: Table, columns: dict[str, Column], quantity: MeasuredQuantity, value: Array, volume: Volume | None
) -> tuple[Array, float]:
    """Standard error of each point, and the relative error that stands for them if there is one.

    ``value`` are the values, ``volume`` what one belongs to, see :func:`tlsmc.measurements.conversion.value_factor`.
    """
    column = columns["error"]
    given = [key for key in ("error", "relative_error") if table.raw(key, None) is not None]
    if len(given) == 2 or (given and column.position is not None):
        also = "" if column.position is None else f" (column {column.heading!r} has them)"
        raise SpecError(f"{table.at(given[0])}: the errors are given twice{also}; leave one out")
    if given == ["error"]:
        return np.full_like(value, table.positive("error", "number")), 0.0
    if given:
        relative = table.positive("relative_error", "number")
        return relative * np.abs(value), relative
    if column.position is None:
        raise SpecError(
            f"{table.place}: has no errors; {column.text.path} has {column.text.known}, name that of the errors in "
            "columns, or give error or relative_error"
        )
    return column.positive() * _error_unit(column, columns["value"], quantity, value, volume), 0.0


def _error_unit(
    error: Column, values: Column, quantity: MeasuredQuantity, value: Array, volume: Volume | None
) -> Array | float:
    """Units of the value in one unit of the errors, at each point."""
    own, of_value = error.unit, values.unit
    overruled = not error.stated and own == values.text.units[values.position or 0]
    alike = any(kind(own) and kind(of_value) for kind in (is_pure, is_percent, is_arbitrary))
    if not own or overruled or alike or plain_unit(own) == plain_unit(of_value):
        return 1.0
    if is_percent(own):
        for row in np.flatnonzero(value == 0.0)[:1].tolist():
            place = values.text.place(row, values.position or 0)
            raise SpecError(f"{values.place}: {place}: a per cent of 0 is no error; mend that row")
        return np.abs(value) / 100.0
    if is_arbitrary(own) or is_arbitrary(of_value):
        raise SpecError(
            f"{error.unit_at}: {own!r} is not the unit of the values, {of_value!r}, and does not compare with it; "
            f'if they share it write units = {{ value = "{of_value}", error = "{of_value}" }}'
        )
    error.check_unit()
    one, other = (column.converted(conversion.value_factor, quantity, volume) for column in (error, values))
    return one / other


def list_of(table: Table, key: str) -> list[Any]:
    """An entry that must be a list."""
    entry = table.raw(key)
    if not isinstance(entry, list):
        raise SpecError(f"{table.at(key)}: {shown(entry)} is not a list; write [..., ...]")
    return entry
