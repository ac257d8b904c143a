"""Data sets: measured curves read from the files of the user, in natural units but for the values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.measurements.backgrounds import AMPLITUDE, BACKGROUNDS, Coefficient, background
from tlsmc.measurements.columns import axis_values, error_values, list_of, read_columns
from tlsmc.measurements.conversion import Volume, is_arbitrary, is_pure, portion, value_factor
from tlsmc.observables.quantities import QUANTITIES, MeasuredQuantity, quantity_named
from tlsmc.spec.table import Table, shown

#: What a data set may be called: it is part of names of parameters and of arrays in a fit file.
SET_NAME = re.compile(r"[\w\- ]{1,40}")


@dataclass(frozen=True)
class DataSet:
    """Measured points; arrays of equal length.

    ``temperature`` and ``other_axis`` (angular frequency, or time; NaN where there is none) are in natural units,
    ``value`` and ``error`` in ``unit``, the unit of the file, of which one is ``factor`` natural ones.  ``component``
    is empty for the one that the quantity means, ``relative`` the error over the value of the model, 0 where each
    point has its own.  ``options`` are those of the observable.
    """

    name: str
    quantity: MeasuredQuantity
    component: str
    temperature: Array
    other_axis: Array
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
        return bool(self.quantity.timed) and bool(np.isfinite(self.other_axis).all())

    @property
    def additive(self) -> tuple[Array, Array]:
        """What defects and backgrounds add up to, and its error: the values, rates for tau_phi, C for C/T."""
        if self.quantity.inverse:
            return 1.0 / self.value, self.error / self.value**2
        factor = self.temperature if self.quantity.per_T else 1.0
        return self.value * factor, self.error * factor

    @property
    def coefficients(self) -> dict[str, Coefficient]:
        """Parameters that the data set has of its own: its amplitude and those of its backgrounds."""
        found = {c.name: c for name in self.backgrounds for c in BACKGROUNDS[name].coefficients}
        return {AMPLITUDE.name: AMPLITUDE} | found if self.amplitude else found

    def chosen(self, which: NDArray[np.bool_]) -> DataSet:
        """The same with some of the points."""
        arrays = {name: getattr(self, name)[which] for name in ("temperature", "other_axis", "value", "error")}
        return replace(self, **arrays)


def read_data(table: Table, name: str, folder: Path, in_kelvin: bool = True) -> DataSet:
    """The data set of a table ``[fit.data.NAME]``; its file is sought in ``folder``.

    ``in_kelvin`` is whether the spec has units: then the columns must have them too, else they must not.
    """
    quantity: MeasuredQuantity = table.located("quantity", quantity_named, table.string("quantity"))
    columns = read_columns(table, quantity, folder, in_kelvin)
    temperature, axis, of_value = (columns[role] for role in ("temperature", quantity.axis, "value"))
    arrays = {"temperature": axis_values(table, temperature, True), "value": of_value.numbers()}
    unit = of_value.unit
    volume = _volume(table, quantity, unit, in_kelvin)
    if quantity.dimension.unit and not is_arbitrary(unit):
        of_value.check_unit()
    factor = of_value.converted(value_factor, quantity, volume)
    other = axis_values(table, axis, quantity.needs_axis)
    arrays["error"], relative = error_values(table, columns, quantity, arrays["value"], volume)
    has_axis = quantity.needs_axis or axis.position is not None
    keep = np.isfinite([*arrays.values(), *([other] if has_axis else [])]).all(axis=0)
    low, high = _range(table)
    inside = keep & (arrays["temperature"] >= low) & (arrays["temperature"] <= high)
    if not inside.any():
        raise SpecError(f"{table.place}: has no point with all values between {low:g} and {high:g} in T; widen range")
    made = DataSet(
        name=name,
        quantity=quantity,
        component=table.string("curve", ""),
        other_axis=other,
        relative=relative,
        unit="1" if unit and is_pure(unit) else unit,
        factor=factor,
        amplitude=_amplitude(table, unit),
        backgrounds=_backgrounds(table),
        options=dict(table.table("options", {}).content),
        skipped=int((~keep).sum()),
        **arrays,
    )
    table.finish()
    return made.chosen(inside)


def _range(table: Table) -> tuple[float, float]:
    """Temperatures between which the data are used."""
    if table.raw("range", None) is None:
        return 0.0, np.inf
    entries = list_of(table, "range")
    inner = Table({f"range[{i}]": entry for i, entry in enumerate(entries)}, table.place)
    ends = [inner.quantity(key, "energy") for key in inner.content]
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise SpecError(f'{table.at("range")}: {shown(entries)} is not a range; write ["50 mK", "1 K"]')
    return ends[0], ends[1]


def _volume(table: Table, quantity: MeasuredQuantity, unit: str, in_kelvin: bool) -> Volume | None:
    """The volume that a value belongs to, None for a unit of volume."""
    entry = table.raw("volume", None)
    if entry is None:
        return None
    if not quantity.dimension.per_volume:
        known = ", ".join(name for name, other in QUANTITIES.items() if other.dimension.per_volume)
        raise SpecError(f"{table.at('volume')}: {quantity.name} does not go by the volume, {known} do; leave it out")
    if is_arbitrary(unit):
        raise SpecError(f"{table.at('volume')}: says nothing where the values are in {unit!r}; leave it out")
    found: Volume = table.located("volume", portion, entry, in_kelvin)
    return found


def _backgrounds(table: Table) -> tuple[str, ...]:
    """Names of backgrounds: one of them, or a list."""
    entry = table.raw("background", [])
    names = [entry] if isinstance(entry, str) else list_of(table, "background") if entry else []
    for name in names:
        table.located("background", background, str(name))
    return tuple(map(str, names))


def _amplitude(table: Table, unit: str) -> bool:
    """Whether the scale of the values is free, as it must be in an arbitrary unit."""
    value = table.raw("amplitude", is_arbitrary(unit))
    if not isinstance(value, bool):
        raise SpecError(f"{table.at('amplitude')}: {shown(value)} is neither true nor false; write one of them")
    if is_arbitrary(unit) and not value:
        raise SpecError(f"{table.at('amplitude')}: is false, and the values are in {unit!r}; let it be true")
    return value
