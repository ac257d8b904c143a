"""Grids of temperature, frequency and time in a spec: a range or a list."""

from __future__ import annotations

import numpy as np

from tlsmc.errors import SpecError
from tlsmc.spec.table import Table, shown
from tlsmc.units import AXIS_KINDS, natural

_MOST_POINTS = 100_000


def read_grid(table: Table, axis: str) -> tuple[float, ...]:
    """Grid points of an axis in natural units, positive and strictly increasing.

    ``{ start = "5 mK", stop = "1 K", points = 32, spacing = "log" }`` (or "linear"), or a list of values.
    """
    entry, kind = table.raw(axis), AXIS_KINDS[axis]
    if isinstance(entry, list):
        place = table.at(axis)
        if not entry:
            raise SpecError(f"{place}: is an empty grid; give at least one value")
        points = [table.located(f"{axis}[{i}]", natural, value, kind) for i, value in enumerate(entry)]
        for i, (value, point) in enumerate(zip(entry, points, strict=True)):
            if point <= 0.0:
                raise SpecError(f"{place}[{i}]: {shown(value)} is not above 0; give a positive {axis}")
            if i and point <= points[i - 1]:
                raise SpecError(f"{place}[{i}]: {shown(value)} does not exceed the value before it; sort the grid")
        return tuple(points)
    return _read_range(Table(entry, table.at(axis)), axis, kind)


def _read_range(table: Table, axis: str, kind: str) -> tuple[float, ...]:
    start, stop = table.quantity("start", kind), table.quantity("stop", kind)
    count = table.integer("points", 1, _MOST_POINTS)
    spacing = table.choice("spacing", ("log", "linear"), "log")
    table.finish()
    if start <= 0.0:
        raise SpecError(f"{table.at('start')}: {shown(table.content['start'])} is not above 0; give a positive {axis}")
    if count == 1 and start == stop:
        return (start,)
    if stop <= start:
        raise SpecError(f"{table.at('stop')}: {shown(table.content['stop'])} is not above start; swap them")
    if count == 1:
        raise SpecError(f"{table.at('points')}: 1 cannot span start to stop; give at least 2 points")
    points = np.geomspace(start, stop, count) if spacing == "log" else np.linspace(start, stop, count)
    if not (np.diff(points) > 0.0).all():
        raise SpecError(f"{table.at('points')}: {count} points between {start!r} and {stop!r} coincide; take fewer")
    return tuple(points.tolist())
