"""Data sets: measured curves read from the files of the user, in natural units but for the values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import SpecError
from tlsmc.fitting.background import background
from tlsmc.fitting.quantities import HEADINGS, Quantity, axis_factor, is_arbitrary, quantity_named, value_factor
from tlsmc.fitting.tabular import MISSING, SEPARATORS, Text, cell_number, read_text
from tlsmc.tables import Table, shown
from tlsmc.units import AXIS_KINDS

Array = NDArray[np.float64]

#: What a data set may be called: it is part of names of parameters and of arrays in a fit file.
SET_NAME = re.compile(r"[\w\- ]{1,40}")


@dataclass(frozen=True)
class DataSet:
    """Measured points; arrays of equal length.

    ``temperature`` and ``second`` (angular frequency, or time; NaN where there is none) are in natural units, ``value``
    and ``error`` in ``unit``, the unit of the file, of which one is ``factor`` natural ones.  ``relative`` is the error
    over the value of the model, 0 where each point has its own.  ``options`` are those of the observable.
    """

    name: str
    quantity: Quantity
    component: str
    temperature: Array
    second: Array
    value: Array
    error: Array
    relative: float
    unit: str
    factor: float
    amplitude: bool
    backgrounds: tuple[str, ...]
    options: dict[str, Any]
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.value)

    @property
    def timed(self) -> bool:
        """Whether the data say how long each measurement took."""
        return self.quantity.dimension.startswith("heat") and bool(np.isfinite(self.second).all())

    def chosen(self, which: NDArray[np.bool_]) -> DataSet:
        """The same with some of the points."""
        arrays = {name: getattr(self, name)[which] for name in ("temperature", "second", "value", "error")}
        return replace(self, **arrays)


def read_data(table: Table, name: str, folder: Path, in_kelvin: bool = True) -> DataSet:
    """The data set of a table ``[fit.data.NAME]``; its file is sought in ``folder``.

    ``in_kelvin`` is whether the spec has units: then the columns must have them too, else they must not.
    """
    quantity: Quantity = table.located("quantity", quantity_named, table.string("quantity"))
    source = _Source(table, folder, in_kelvin)
    arrays = {"temperature": source.axis("temperature"), "value": source.column("value")}
    unit = source.unit("value")
    if quantity.dimension != "number" and not is_arbitrary(unit):
        source.check_unit("value", unit)
    factor: float = source.units.located("value", value_factor, unit, quantity.dimension)
    axis = "time" if quantity.dimension.startswith("heat") else "frequency"
    needed = quantity.dimension in ("number", "power")
    arrays["second"] = source.axis(axis, required=needed)
    arrays["error"], relative = _errors(table, source, arrays["value"])
    there = [name for name in arrays if name != "second" or needed or source.position(axis) is not None]
    keep = np.isfinite([arrays[name] for name in there]).all(axis=0)
    low, high = _range(table)
    inside = keep & (arrays["temperature"] >= low) & (arrays["temperature"] <= high)
    if not inside.any():
        raise SpecError(f"{table.place}: has no point with all values between {low:g} and {high:g} in T; widen range")
    made = DataSet(
        name=name,
        quantity=quantity,
        component=table.string("curve", quantity.component),
        relative=relative,
        unit=unit,
        factor=factor,
        amplitude=_amplitude(table, unit),
        backgrounds=_backgrounds(table),
        options=dict(table.table("options", {}).content),
        skipped=int((~keep).sum()),
        **arrays,
    )
    source.finish()
    table.finish()
    return made.chosen(inside)


class _Source:
    """The file of a data set, with the columns and units that the spec names or that the headings tell."""

    def __init__(self, table: Table, folder: Path, in_kelvin: bool) -> None:
        self.table, self.in_kelvin = table, in_kelvin
        separator = table.choice("separator", ("auto", *SEPARATORS), "auto")
        decimal = table.choice("decimal", ("auto", ".", ","), "auto")
        given = table.raw("missing", None)
        listed = () if given is None else (str(m).casefold() for m in _list(table, "missing"))
        self.missing = MISSING if given is None else ("", *listed)
        self.columns, self.units = table.table("columns", {}), table.table("units", {})
        self.text: Text = table.located(
            "file",
            read_text,
            folder / table.string("file"),
            "" if separator == "auto" else separator,
            "" if decimal == "auto" else decimal,
        )

    def position(self, what: str) -> int | None:
        """Position of the column of ``what``, None if there is none."""
        key = self.columns.raw(what, None)
        if key is not None:
            if isinstance(key, bool) or not isinstance(key, int | str):
                raise SpecError(f"{self.columns.at(what)}: {shown(key)} is neither a heading nor a number of a column")
            place: int = self.columns.located(what, self.text.column, key)
            return place
        headings = HEADINGS[what] + ((self.table.content["quantity"],) if what == "value" else ())
        # A frequency f and an attenuation F may stand side by side: one letter must match as it is.
        return next((i for h in headings for i, name in enumerate(self.text.names) if _alike(name, h)), None)

    def unit(self, what: str) -> str:
        """Unit of a column, of the spec or of the heading."""
        if self.units.raw(what, None) is not None:
            return self.units.string(what)
        place = self.position(what)
        return "" if place is None else self.text.units[place]

    def column(self, what: str) -> Array:
        """Numbers of a column in its own unit, NaN where a value is missing."""
        place = self.position(what)
        if place is None:
            known = ", ".join(map(repr, self.text.names))
            raise SpecError(
                f"{self.columns.at(what)}: {self.text.path} has no column of that name; it has {known}, name one"
            )
        cells = (cell_number(self.text, row, place, self.missing) for row in range(len(self.text.rows)))
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
        self.check_unit(what, self.unit(what))
        factor: float = self.units.located(what, axis_factor, self.unit(what), AXIS_KINDS[what])
        self.positive(what, values)
        return values * factor

    def check_unit(self, what: str, unit: str) -> None:
        """Refuse a column without a unit where the spec has units, and one with a unit where it has none."""
        if self.in_kelvin and not unit:
            raise SpecError(f"{self.units.at(what)}: is missing, and {self.text.path} names none; add the unit")
        if not self.in_kelvin and unit:
            raise SpecError(f"{self.units.at(what)}: {unit!r} is a unit, and the spec has none; use units throughout")

    def positive(self, what: str, values: Array) -> None:
        """Refuse a number that is not above 0, with its place in the file."""
        wrong = np.flatnonzero(values <= 0.0)
        if wrong.size:
            row, place = int(wrong[0]), self.position(what)
            assert place is not None
            article = "an" if what == "error" else "a"
            raise SpecError(
                f"{self.text.place(row, place)}: {values[row]:g} is not above 0; {article} {what} is positive, "
                "mend that row"
            )

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for what in HEADINGS:
            self.columns.raw(what, None)
            self.units.raw(what, None)
        self.columns.finish()
        self.units.finish()


def _alike(name: str, heading: str) -> bool:
    return name == heading or (len(heading) > 1 and name.casefold() == heading.casefold())


def _errors(table: Table, source: _Source, value: Array) -> tuple[Array, float]:
    """Standard error of each point, and the relative error that stands for them if there is one."""
    given = [key for key in ("error", "relative_error") if table.raw(key, None) is not None]
    place = source.position("error")
    if len(given) == 2 or (given and place is not None):
        raise SpecError(f"{table.at(given[0])}: the errors are given twice; leave one out")
    if given == ["error"]:
        return np.full_like(value, table.positive("error", "number")), 0.0
    if given:
        relative = table.positive("relative_error", "number")
        assert relative is not None
        return relative * np.abs(value), relative
    if place is None:
        raise SpecError(f"{table.place}: has no errors; name a column of errors, or give error or relative_error")
    errors = source.column("error")
    source.positive("error", errors)
    unit = source.unit("error")
    if unit and unit != source.unit("value"):
        dimension = quantity_named(table.content["quantity"]).dimension
        errors = errors * (value_factor(unit, dimension) / value_factor(source.unit("value"), dimension))
    return errors, 0.0


def _range(table: Table) -> tuple[float, float]:
    """Temperatures between which the data are used."""
    if table.raw("range", None) is None:
        return 0.0, np.inf
    entries = _list(table, "range")
    inner = Table({f"range[{i}]": entry for i, entry in enumerate(entries)}, table.place)
    ends = [inner.quantity(key, "energy") for key in inner.content]
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise SpecError(f'{table.at("range")}: {shown(entries)} is not a range; write ["50 mK", "1 K"]')
    return ends[0], ends[1]


def _list(table: Table, key: str) -> list[Any]:
    entry = table.raw(key)
    if not isinstance(entry, list):
        raise SpecError(f"{table.at(key)}: {shown(entry)} is not a list; write [..., ...]")
    return entry


def _backgrounds(table: Table) -> tuple[str, ...]:
    """Names of backgrounds: one of them, or a list."""
    entry = table.raw("background", [])
    names = [entry] if isinstance(entry, str) else _list(table, "background") if entry else []
    for name in names:
        table.located("background", background, str(name))
    return tuple(str(name) for name in names)


def _amplitude(table: Table, unit: str) -> bool:
    """Whether the scale of the values is free, as it must be in an arbitrary unit."""
    value = table.raw("amplitude", is_arbitrary(unit))
    if not isinstance(value, bool):
        raise SpecError(f"{table.at('amplitude')}: {shown(value)} is neither true nor false; write one of them")
    if is_arbitrary(unit) and not value:
        raise SpecError(f"{table.at('amplitude')}: is false, and the values are in {unit!r}; let it be true")
    return value
