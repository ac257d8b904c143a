"""A measured or computed density, read from a table of the user."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.populations.laws.base import Law, path, quantity, require, require_positive, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabulated(Law):
    """Density linear between rows (value, density) of a CSV file, or of ``table``; E* is the mean.

    The file has two columns; values rise from 0 or above, densities need no normalisation.  ``#`` starts a
    comment, and one header row may come first.  ``unit`` is the size of the unit of the values: ``"1 mK"`` in
    a spec, a float here; without it the values are in natural units.

    The file is read once, on creation, into ``table`` (rows as they stand in the file), which travels with the law
    and may be given instead of a file.

    Raises
    ------
    SpecError
        The file cannot be read or is not such a table; the message gives the file, the line and the value.
    """

    file: str = path(default="", compare=False)
    unit: float = quantity(default=1.0)
    table: tuple[tuple[float, float], ...] = rows(default=(), repr=False)
    # Derived from the table, not parameters.
    values: Array = field(init=False, repr=False, compare=False)
    density: Array = field(init=False, repr=False, compare=False)
    cumulative: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_positive("unit", self.unit)
        lines = _lines(self.file)
        if self.table:
            lines = ((f"table, row {n}", list(map(repr, pair))) for n, pair in enumerate(self.table, start=1))
        table = _checked(self.file or "table", lines)
        if not self.table:
            object.__setattr__(self, "table", table)
        raw_values, raw_density = np.array(table).T
        derived = _normalise(raw_values, raw_density, self.unit)
        require(
            all(bool(np.isfinite(array).all()) for array in derived) and bool((np.diff(derived[0]) > 0.0).all()),
            f"{self.file or 'table'}: in units of {self.unit} it leaves the range of a double; choose another unit",
        )
        for name, array in zip(("values", "density", "cumulative"), derived, strict=True):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def _locate(self, u: Array) -> tuple[Array, Array]:
        """Nearest knot (by probability) and signed distance from it, whose sum is the quantile.

        The distance d solves d (f + slope d/2) = mass from the knot; the form below has no cancellation as long as
        at most half of the segment's mass is in between.
        """
        u = np.asarray(u, dtype=float)
        left = np.clip(np.searchsorted(self.cumulative, u, side="right") - 1, 0, self.values.size - 2)
        below, above = u - self.cumulative[left], self.cumulative[left + 1] - u
        from_left = below <= above
        knot = np.where(from_left, left, left + 1)
        mass = np.maximum(np.where(from_left, below, above), 0.0)
        width = self.values[left + 1] - self.values[left]
        rise = (self.density[left + 1] - self.density[left]) * np.where(from_left, 1.0, -1.0)
        here = self.density[knot]
        root = np.sqrt(np.maximum(here**2 + 2.0 * rise / width * mass, 0.0))
        # A mass of 0 on a knot of density 0 is the knot itself.
        slowness = np.where(here + root > 0.0, here + root, 1.0)
        distance = np.minimum(2.0 * mass / slowness, width)
        return self.values[knot], np.where(from_left, distance, -distance)

    def ppf(self, u: Array) -> Array:
        knot, distance = self._locate(u)
        return np.clip(knot + distance, *self.support)

    def complement_ppf(self, u: Array) -> Array:
        knot, distance = self._locate(u)
        return (1.0 - knot) - distance

    def pdf(self, x: Array) -> Array:
        return np.interp(x, self.values, self.density, left=0.0, right=0.0)

    def cdf(self, x: Array) -> Array:
        x = np.clip(np.asarray(x, dtype=float), *self.support)
        left = np.clip(np.searchsorted(self.values, x, side="right") - 1, 0, self.values.size - 2)
        middle = 0.5 * (self.density[left] + self.pdf(x))
        return np.minimum(self.cumulative[left] + (x - self.values[left]) * middle, 1.0)

    @property
    def support(self) -> tuple[float, float]:
        return float(self.values[0]), float(self.values[-1])

    @property
    def characteristic(self) -> float:
        """The expectation value: a table has no cut-off of its own, its last row may lie far in a tail."""
        return self.expectation

    @property
    def expectation(self) -> float:
        x, f = self.values, self.density
        moments = x[:-1] * (2.0 * f[:-1] + f[1:]) + x[1:] * (f[:-1] + 2.0 * f[1:])
        return float(np.sum(np.diff(x) * moments) / 6.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        return tuple(self.values[1:-1].tolist())


def _lines(file: str) -> Iterator[tuple[str, list[str]]]:
    """Place and cells of each row of a file."""
    try:
        content = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"file = {str(file)!r} cannot be read: {reason}; give a CSV file of value,density") from error
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SpecError(f"{file}: byte {error.start} is not UTF-8 text; save the table as plain CSV") from error
    may_be_header = True
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        cells = [cell.strip().strip('"') for cell in text.split(",")]
        place = f"{file}, line {number}"
        require(len(cells) == 2, f"{place}: {text!r} has {len(cells)} columns; give two, value,density")
        if not may_be_header or any(map(_is_number, cells)):
            yield place, cells
        may_be_header = False


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _checked(source: str, lines: Iterable[tuple[str, list[str]]]) -> tuple[tuple[float, float], ...]:
    """Rows of a table of densities, checked one by one."""
    rows: list[tuple[float, float]] = []
    for place, cells in lines:
        for name, cell in zip(("value", "density"), cells, strict=True):
            require(_is_number(cell), f"{place}: {name} {cell!r} is not a number; give value,density")
            require(math.isfinite(float(cell)), f"{place}: {name} {cell} is not finite; give a finite number")
            require(float(cell) >= 0.0, f"{place}: {name} {cell} is below 0; give a number >= 0")
        value, density = map(float, cells)
        if rows and value <= rows[-1][0]:
            raise SpecError(f"{place}: value {cells[0]} does not exceed the one before, {rows[-1][0]}; sort the rows")
        rows.append((value, density))
    require(len(rows) >= 2, f"{source}: {len(rows)} rows of numbers; a density needs at least 2")
    some = any(density > 0.0 for _, density in rows)
    require(some, f"{source}: all {len(rows)} densities are 0; at least one must be positive")
    return tuple(rows)


def _normalise(values: Array, density: Array, unit: float) -> tuple[Array, Array, Array]:
    """Values, normalised density and its integral at the knots, without the empty ends of the table.

    What leaves the range of a double is for the caller to find.
    """
    positive = np.flatnonzero(density)
    kept = slice(max(positive[0] - 1, 0), positive[-1] + 2)
    with np.errstate(all="ignore"):
        values, density = values[kept] * unit, density[kept] / density.max()
        integral = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(values) * (density[:-1] + density[1:]))])
        return values, density / integral[-1], integral / integral[-1]
