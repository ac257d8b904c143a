"""Lines of text files as instruments write them: encodings, ends of lines, and headers before the table."""

import codecs
from pathlib import Path

from tlsmc.errors import SpecError

#: Largest file that is read.
_MOST_BYTES = 1 << 26
#: Longest line, far beyond that of any table.
_MOST_SIGNS = 1 << 16
#: Share of NUL among every second byte of a text in UTF-16, which is mostly ASCII.
_NUL_SHARE = 0.8
#: Signs that mean the same as others in a table.
_SAME = {ord("\u2212"): "-", ord("\u00a0"): " ", ord("\u202f"): " ", ord("\u2009"): " "}

_LABVIEW, _QUANTUM_DESIGN = "***end_of_header***", "[data]"


def tidy(text: str) -> str:
    """A text with the plain minus and the plain space."""
    return text.translate(_SAME)


def read_lines(path: Path, skip: int = 0) -> list[tuple[int, str]]:
    """Lines that hold anything, with their number in the file, without the first ``skip`` and without a known header.

    A known header is that of Quantum Design, up to ``[Data]``, or that of LabVIEW, up to ``***End_of_Header***``.
    """
    content = _content(path).replace("\r\n", "\n").replace("\r", "\n")
    # A tab at the end of a line is an empty cell.
    found = [(i, line.strip(" ")) for i, line in enumerate(tidy(content).split("\n"), 1) if i > skip and line.strip()]
    for i, line in found:
        if len(line) > _MOST_SIGNS:
            raise SpecError(f"{path}, row {i}: has {len(line)} signs, at most {_MOST_SIGNS} are read; mend that row")
    return found[_end_of_header(path, found) :]


def _content(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}); give the path of a CSV file") from None
    if len(raw) > _MOST_BYTES:
        raise SpecError(f"{path}: has {len(raw)} bytes, at most {_MOST_BYTES} are read; thin it out")
    try:
        content = raw.decode(_encoding(raw))
    except UnicodeDecodeError:
        content = raw.decode("latin-1")
    if "\0" in content:
        row = content.count("\n", 0, content.index("\0")) + 1
        raise SpecError(f"{path}, row {row}: holds a NUL, so that it is not a text; export the data as CSV")
    return content


def _encoding(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = len(raw) // 2
    even, odd = raw[0::2].count(0), raw[1::2].count(0)
    if half and odd > _NUL_SHARE * half and not even:
        return "utf-16-le"
    if half and even > _NUL_SHARE * half and not odd:
        return "utf-16-be"
    return "utf-8-sig"


def _end_of_header(path: Path, lines: list[tuple[int, str]]) -> int:
    """Number of lines that belong to a known header."""
    marks = [k for k, (_, line) in enumerate(lines) if line.casefold().startswith(_LABVIEW)]
    if len(marks) > 2:
        raise SpecError(
            f"{path}, row {lines[marks[2]][0]}: has another header of LabVIEW; give a file with a single block of data"
        )
    if marks:
        return marks[-1] + 1
    for k, (_, line) in enumerate(lines):
        if line.strip(",; \t").casefold() == _QUANTUM_DESIGN:
            return k + 1
    return 0
