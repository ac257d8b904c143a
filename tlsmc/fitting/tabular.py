"""Tables of numbers as instruments write them: separators, decimal commas, comments, units, missing values."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

from tlsmc.errors import SpecError
from tlsmc.tables import shown

#: Names of separators in a spec.
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " "}
#: What stands for "no value" unless the spec says otherwise; the last two are the overflow of many instruments.
MISSING = ("", "-", "--", "---", "n/a", "na", "#n/a", "null", "none", "ol", "overload", "9.9e37", "9.91e37")
#: Largest file that is read.
_MOST_BYTES = 1 << 26

_COMMENTS = ("#", "%", "!", "//", "'")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eEdD][+-]?\d+)?")
_UNIT_CELL = re.compile(r"[\[(]?(1/)?[A-Za-zµμ%]")
_ENCLOSED = re.compile(r"^[\[(](.*)[\])]$")
_HEADING = re.compile(r"(?P<name>.*?)\s*(?:\[(?P<a>[^\]]*)\]|\((?P<b>[^)]*(?:\([^)]*\))?[^)]*)\)|/\s*(?P<c>[^/\s]+))?")


@dataclass(frozen=True, slots=True)
class Text:
    """A table before its numbers are read: headings with units, and rows of cells with their line in the file."""

    path: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    decimal_comma: bool

    def column(self, key: str | int) -> int:
        """Position of a column given by its heading or by its number from 1 on."""
        width = len(self.names)
        if isinstance(key, int):
            if not 1 <= key <= width:
                raise SpecError(f"{self.path}: has no column {key}; it has {width}, counted from 1")
            return key - 1
        exact = [i for i, name in enumerate(self.names) if name == key]
        found = exact or [i for i, name in enumerate(self.names) if name.casefold() == key.casefold()]
        if len(found) != 1:
            fault = "two columns" if found else "no column"
            raise SpecError(f"{self.path}: has {fault} {key!r}; it has {', '.join(map(repr, self.names))}")
        return found[0]

    def place(self, row: int, column: int) -> str:
        """A cell as messages name it."""
        return f"{self.path}, row {self.rows[row][0]}, column {self.names[column]!r}"


def read_text(path: Path, separator: str = "", decimal: str = "") -> Text:
    """The cells of a file; ``separator`` and ``decimal`` ("." or ",") are guessed where they are not given."""
    lines = _lines(path)
    body = [(i, line) for i, line in lines if not line.startswith(_COMMENTS)]
    if not body:
        raise SpecError(f"{path}: holds no data; give a table with a row for each point")
    sign = SEPARATORS[separator] if separator else _guess_separator([line for _, line in body], decimal)
    rows = [(i, _split(line, sign)) for i, line in body]
    comma = decimal == "," or (not decimal and sign != "," and _has_decimal_comma(rows))
    first = next((k for k, (_, cells) in enumerate(rows) if _is_data(cells, comma)), None)
    if first is None:
        raise SpecError(f"{path}: has no row of numbers; check separator and decimal")
    width = len(rows[first][1])
    headings = [cells for _, cells in rows[:first] if len(cells) == width]
    if not headings:
        headings = _commented_headings(lines, rows[first][0], sign, width)
    names, units = _headings(headings, width)
    data = rows[first:]
    for i, cells in data:
        if len(cells) != width:
            raise SpecError(f"{path}, row {i}: has {len(cells)} columns where the first row has {width}; mend that row")
    return Text(str(path), names, units, tuple(data), comma)


def cell_number(text: Text, row: int, column: int, missing: tuple[str, ...]) -> float | None:
    """The number in a cell, None if it is one of the texts that stand for a missing value."""
    cell = text.rows[row][1][column]
    if cell.casefold() in missing:
        return None
    plain = cell.replace(",", ".") if text.decimal_comma else cell
    if _NUMBER.fullmatch(plain) is None:
        raise SpecError(f"{text.place(row, column)}: {shown(cell)} is not a number; mend it, or list it in missing")
    value = float(plain.lower().replace("d", "e"))
    if not math.isfinite(value):
        raise SpecError(f"{text.place(row, column)}: {shown(cell)} is not finite; mend it, or list it in missing")
    return None if abs(value) in (9.9e37, 9.91e37) else value


def _lines(path: Path) -> list[tuple[int, str]]:
    """Lines that hold anything, with their number."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}); give the path of a CSV file") from None
    if len(raw) > _MOST_BYTES:
        raise SpecError(f"{path}: has {len(raw)} bytes, at most {_MOST_BYTES} are read; thin it out")
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("latin-1")
    if "\0" in content:
        raise SpecError(f"{path}: is not a text; export the data as CSV")
    # A tab at the end of a line is an empty cell.
    return [(i, line.strip(" \r\n")) for i, line in enumerate(content.split("\n"), 1) if line.strip()]


def _guess_separator(lines: list[str], decimal: str) -> str:
    """The sign that cuts the last rows, which are data, into the same number of cells."""
    sample = lines[-20:]
    for sign in ("\t", ";", ",", " "):
        if sign == "," and decimal == ",":
            continue
        counts = {len(_split(line, sign)) for line in sample}
        if len(counts) == 1 and counts != {1}:
            # "1,5 2,5": the comma is decimal where spaces cut the row too, and what they leave are numbers.
            if sign == "," and all(_is_spaced_commas(line) for line in sample):
                return " "
            return sign
    return ","


def _is_spaced_commas(line: str) -> bool:
    cells = line.split()
    return len(cells) > 1 and all(_DECIMAL_COMMA.fullmatch(c) or _NUMBER.fullmatch(c) for c in cells)


def _split(line: str, sign: str) -> tuple[str, ...]:
    if sign == " ":
        return tuple(line.split())
    return tuple(cell.strip().strip('"').strip() for cell in next(csv.reader([line], delimiter=sign)))


def _has_decimal_comma(rows: list[tuple[int, tuple[str, ...]]]) -> bool:
    return any(_DECIMAL_COMMA.fullmatch(cell) for _, cells in rows for cell in cells)


def _is_data(cells: tuple[str, ...], comma: bool) -> bool:
    """Whether a row holds numbers and is not one of units, among which a lone 1 is that of a pure number."""
    numeric = [bool(_NUMBER.fullmatch(cell.replace(",", ".") if comma else cell)) for cell in cells]
    named = [not is_number and bool(_UNIT_CELL.match(cell)) for cell, is_number in zip(cells, numeric, strict=True)]
    units = any(named) and all(name or cell in ("", "1") for cell, name in zip(cells, named, strict=True))
    return any(numeric) and not units


def _commented_headings(lines: list[tuple[int, str]], first: int, sign: str, width: int) -> list[tuple[str, ...]]:
    """Headings in the last comment above the data that has as many cells as the data."""
    for i, line in reversed(lines):
        cells = _split(line.lstrip("#%!/' "), sign)
        if i < first and line.startswith(_COMMENTS) and len(cells) == width > 1:
            return [cells]
    return []


def _headings(headings: list[tuple[str, ...]], width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and units of the columns: "T [mK]", "T (mK)", "T/mK", or units in a row of their own below the names."""
    if not headings:
        return tuple(str(i + 1) for i in range(width)), ("",) * width
    if len(headings) > 1:
        names, units = headings[-2:]
        return tuple(names), tuple(_ENCLOSED.sub(r"\1", unit) for unit in units)
    matches = [_HEADING.fullmatch(cell) for cell in headings[0]]
    found = [(m["name"], m["a"] or m["b"] or m["c"] or "") if m else ("", "") for m in matches]
    # A heading that is all unit, or a name with a slash of its own such as 1/tau_phi, stays whole.
    whole = [_is_whole(cell) for cell in headings[0]]
    names = tuple(cell if keep else name for cell, (name, _), keep in zip(headings[0], found, whole, strict=True))
    return names, tuple("" if keep else unit for (_, unit), keep in zip(found, whole, strict=True))


def _is_whole(cell: str) -> bool:
    return cell.casefold() in ("c/t", "1/q", "1/tau_phi", "1/tau", "f/f0")
