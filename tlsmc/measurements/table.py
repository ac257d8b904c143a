"""Tables of numbers as instruments write them: separators, decimal commas, comments, units, missing values."""

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tlsmc.errors import SpecError
from tlsmc.measurements.headings import is_temperature, is_units, split, unenclosed
from tlsmc.measurements.textfile import read_lines, tidy
from tlsmc.spec.table import shown

#: Names of separators in a spec.
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " "}
#: What stands for "no value" unless the spec says otherwise; the last two are the overflow of many instruments.
MISSING = ("", "-", "--", "---", "n/a", "na", "#n/a", "null", "none", "ol", "overload", "9.9e37", "9.91e37")

_COMMENTS = ("#", "%", "!", "//", "'")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eEdD][+-]?\d+)?")
_UNIT_CELL = re.compile(r"[\[(]?(1/)?[A-Za-zµμ%]")
#: A heading in a line that spaces cut, with its unit in brackets, which may hold spaces.
_SPACED = re.compile(r"(?:\[[^\]]*\]|\((?:[^()]|\([^()]*\))*\)|[^\s\[(])+")

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A table before its numbers are read: headings with units, and rows of cells with their line in the file.

    ``headings`` are as they stand in the file, ``names`` and ``units`` what they consist of.
    """

    path: str
    headings: Cells
    names: Cells
    units: Cells
    rows: tuple[tuple[int, Cells], ...]
    decimal_comma: bool
    unread: str = ""

    @property
    def known(self) -> str:
        """The columns as messages list them, with what may have been meant as their headings."""
        return ", ".join(map(repr, self.headings)) + self.unread

    def column(self, key: str | int) -> int:
        """Position of a column given by its heading, with its unit or without, or by its number from 1 on."""
        width = len(self.names)
        if isinstance(key, int):
            if not 1 <= key <= width:
                raise SpecError(f"{self.path}: has no column {key}; it has {width}, counted from 1")
            return key - 1
        found: list[int] = []
        for same in (str, str.casefold):
            for headings in (self.headings, self.names):
                found = found or [i for i, name in enumerate(headings) if same(name) == same(tidy(key).strip())]
        if len(found) != 1:
            fault = "two columns" if found else "no column"
            raise SpecError(f"{self.path}: has {fault} {key!r}; it has {self.known}, name one or give its number")
        return found[0]

    def place(self, row: int, column: int) -> str:
        """A cell as messages name it."""
        return f"{self.path}, row {self.rows[row][0]}, column {self.names[column]!r}"


def read_text(
    path: Path, separator: str = "auto", decimal: str = "auto", skip: int = 0, missing: tuple[str, ...] = MISSING
) -> Text:
    """The cells of a file; ``separator`` and ``decimal`` ("." or ",") are guessed where they are "auto".

    The first ``skip`` lines are no part of the table, nor are shorter rows of nothing but ``missing`` texts.
    """
    lines = read_lines(path, skip)
    body = [(i, line) for i, line in lines if not line.startswith(_COMMENTS)]
    if not body:
        after = f" after its first {skip} lines" if skip else ""
        raise SpecError(f"{path}: holds no data{after}; give a table with a row for each point")
    sign = SEPARATORS.get(separator) or _guess_separator([line for _, line in body], decimal)
    rows = [(i, _split(line, sign)) for i, line in body]
    decimal_commas = (cell for _, cells in rows for cell in cells if _DECIMAL_COMMA.fullmatch(cell))
    comma = decimal == "," or (decimal == "auto" and sign != "," and any(decimal_commas))
    rows = _trimmed(rows, comma)
    first, width = _first(path, rows, body, sign, comma)
    above = [pair for pair, (_, cells) in zip(body, rows, strict=True) if not _is_data(cells, comma)]
    above = [(i, line) for i, line in above if i < rows[first][0]]
    plain = [_cut(line, sign, width) for _, line in above]
    noted = [line.lstrip("#%!/' ") for i, line in lines if i < rows[first][0] and line.startswith(_COMMENTS)]
    headings, names, units = _headings(plain, [_cut(line, sign, width) for line in noted if width > 1], width)
    unread = ""
    if above and not any(plain):
        unread = f" (row {above[-1][0]}, {shown(above[-1][1])}, does not part into {width} headings)"
    data = _whole(path, rows[first:], width, missing)
    return Text(str(path), headings, names, units, data, comma, unread)


def cell_number(text: Text, row: int, column: int, missing: tuple[str, ...]) -> float | None:
    """The number in a cell, None if it is one of the texts that stand for a missing value."""
    cell = text.rows[row][1][column]
    if cell.casefold() in missing:
        return None
    plain = cell.replace(",", ".") if text.decimal_comma else cell
    remedy = f"mend it, or skip such rows with missing = [{json.dumps(cell, ensure_ascii=False)}]"
    if _NUMBER.fullmatch(plain) is None:
        raise SpecError(f"{text.place(row, column)}: {shown(cell)} is not a number; {remedy}")
    value = float(plain.lower().replace("d", "e"))
    if not math.isfinite(value):
        raise SpecError(f"{text.place(row, column)}: {shown(cell)} is not finite; {remedy}")
    return None if abs(value) in (9.9e37, 9.91e37) else value


def _guess_separator(lines: list[str], decimal: str) -> str:
    """The sign that cuts most of the last rows, which are data but for a footer, into the same number of cells."""
    sample = lines[-20:]
    for sign in ("\t", ";", ",", " "):
        if sign == "," and decimal == ",":
            continue
        counts = [len(_split(line, sign)) for line in sample]
        width, often = Counter(n for n in counts if n > 1).most_common(1)[0] if max(counts) > 1 else (1, 0)
        if 2 * often >= len(sample):
            # "1,5 2,5": the comma is decimal where spaces cut the row too, and what they leave are numbers.
            cut = [line for line, count in zip(sample, counts, strict=True) if count == width]
            spaced = [cells for cells in map(str.split, cut) if len(cells) > 1]
            decimal_cells = [
                all(_DECIMAL_COMMA.fullmatch(c) or _NUMBER.fullmatch(c) for c in cells) for cells in spaced
            ]
            return " " if sign == "," and sum(decimal_cells) >= max(1, len(cut) - 2) else sign
    return ","


def _split(line: str, sign: str) -> Cells:
    if sign == " ":
        return tuple(line.split())
    return tuple(cell.strip().strip('"').strip() for cell in next(csv.reader([line], delimiter=sign)))


def _is_data(cells: Cells, comma: bool) -> bool:
    """Whether a row holds numbers and is not one of units, among which a lone 1 is that of a pure number."""
    numeric = [_is_number(cell, comma) for cell in cells]
    named = [not is_number and bool(_UNIT_CELL.match(cell)) for cell, is_number in zip(cells, numeric, strict=True)]
    units = any(named) and all(name or cell in ("", "1") for cell, name in zip(cells, named, strict=True))
    return any(numeric) and not units


def _is_number(cell: str, comma: bool) -> bool:
    return _NUMBER.fullmatch(cell.replace(",", ".") if comma else cell) is not None


def _trimmed(rows: list[tuple[int, Cells]], comma: bool) -> list[tuple[int, Cells]]:
    """Rows without the separator that ends each of those with numbers, and opens no column."""
    numbers = [_is_data(cells, comma) for _, cells in rows]
    width = max((len(cells) for (_, cells), data in zip(rows, numbers, strict=True) if data), default=0)
    for (_, cells), data in zip(rows, numbers, strict=True):
        if cells[-1] != "" and (data or len(cells) == width):
            return rows
    return [(i, cells[:-1] if data else cells) for (i, cells), data in zip(rows, numbers, strict=True)]


def _first(
    path: Path, rows: list[tuple[int, Cells]], body: list[tuple[int, str]], sign: str, comma: bool
) -> tuple[int, int]:
    """The first row of data and the number of columns; above are headings, and lines such as "Power,5"."""
    data = [k for k, (_, cells) in enumerate(rows) if _is_data(cells, comma)]
    if not data:
        raise SpecError(f"{path}: has no row of numbers; check separator and decimal")
    counts = Counter(len(rows[k][1]) for k in data)
    width = max(counts, key=lambda n: (counts[n], n))
    named = (k for k, (_, line) in enumerate(body) if k not in data and is_temperature(_cut(line, sign, width) or ()))
    start = next(named, -1)
    first = next((k for k in data if k > start and len(rows[k][1]) == width), data[0])
    for k in (k for k in data if k < first):
        number, cells = rows[k]
        if start < k or _is_number(cells[0], comma):
            raise SpecError(
                f"{path}, row {number}: has {len(cells)} columns where the table has {width}; mend that row, "
                f"or leave out what is above the table with skip = {number}"
            )
    return first, width


def _whole(
    path: Path, rows: list[tuple[int, Cells]], width: int, missing: tuple[str, ...]
) -> tuple[tuple[int, Cells], ...]:
    """Rows with all columns; a shorter one must be a footer that the spec has listed."""
    found = []
    for i, cells in rows:
        if len(cells) == width:
            found.append((i, cells))
        elif not all(cell.casefold() in missing for cell in cells):
            footer = not any(_is_number(cell, True) for cell in cells)
            remedy = f", or skip it with missing = {json.dumps(list(cells), ensure_ascii=False)}" if footer else ""
            raise SpecError(
                f"{path}, row {i}: has {len(cells)} columns where the table has {width}; mend that row{remedy}"
            )
    return tuple(found)


def _cut(line: str, sign: str, width: int) -> Cells | None:
    """The headings in a line above the data, None if it does not cut into as many cells as there are columns."""
    ways: list[Callable[[str], Cells]] = [lambda text: _split(text, sign)]
    if sign == " ":
        # Commas may part the headings only; brackets belong to the name before them; names with spaces are in quotes,
        # or two or more spaces apart.
        ways = [lambda text: _split(text, ","), lambda text: _split(text, ";"), *ways]
        ways += [lambda text: tuple(_SPACED.findall(re.sub(r"\s+(?=[\[(])", "", text)))]
        ways += [lambda text: tuple(next(csv.reader([text], delimiter=" ", skipinitialspace=True)))]
        ways += [lambda text: tuple(re.split(r"\s{2,}", text.strip()))]
    for way in ways:
        cells = way(line)
        # A separator may end the line, and a column of comments, in the headings only.
        if len(cells) == width + 1 and cells[-1].casefold() in ("", "comment"):
            cells = cells[:-1]
        if len(cells) == width:
            return cells
    return None


def _headings(plain: list[Cells | None], comments: list[Cells | None], width: int) -> tuple[Cells, Cells, Cells]:
    """Headings, names and units of the columns: "T [mK]", "T (mK)", "T/mK", or units in a row of their own."""
    rows, noted = ([cells for cells in group if cells] for group in (plain, comments))
    commented = not any(map(is_temperature, rows)) and (not rows or any(map(is_temperature, noted)))
    rows = noted + rows if commented else rows
    if not rows:
        numbers = tuple(str(i + 1) for i in range(width))
        return numbers, numbers, ("",) * width
    named = [k for k, cells in enumerate(rows) if is_temperature(cells)]
    if named:
        k = named[-1]
    else:
        k = len(rows) - 1 - (len(rows) > 1 and not commented and not any(all(split(c)) for c in rows[-1]))
    names, units = zip(*map(split, rows[k]), strict=True)
    below = next(filter(is_units, rows[k + 1 :]), () if commented else (*rows, ())[k + 1])
    if below:
        return rows[k], rows[k], tuple(map(unenclosed, below))
    return rows[k], names, units
