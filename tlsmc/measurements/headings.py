"""Headings of columns: names and units in them, and which column is which."""

import re
import unicodedata

from tlsmc.measurements.conversion import is_unit
from tlsmc.observables.quantities import QUANTITIES, MeasuredQuantity

#: Greek letters in names.
_GREEK = {"τ": "tau", "φ": "phi", "ω": "omega", "δ": "delta", "Δ": "delta", "Γ": "Gamma"} | {
    "\N{GREEK SMALL LETTER NU}": "nu",
    "\N{GREEK SMALL LETTER SIGMA}": "sigma",
}

#: Names of columns but those of the value and its error; single letters must match as they are.
_AXES = {
    "temperature": (
        *("T", "temp", "temps", "temperature", "temperatur", "sample temp", "sample temperature", "T sample"),
        *("temp sample", "temperature sample", "T mean", "mean temperature", "T avg", "average temperature"),
    ),
    "frequency": ("f", "nu", "freq", "frequency", "frequenz", "omega", "angular frequency"),
    "time": ("time", "t_exp", "measuring time", "measurement time"),
}
#: A unit after a name is still to be given, but the name is one: "T_K".
_SUFFIX = {"temperature": "_[mun]?K", "frequency": "_[kMG]?Hz", "time": "_[munp]?s"}
_ERRORS = (
    *("error", "errors", "err", "sigma", "uncertainty", "unc", "std", "stdev", "std dev", "std err", "stderr"),
    *("standard error", "standard deviation", "error bar", "error bars", "fehler"),
)
_SIGNS = ("±", "+/-", "+-")

#: What a column may be.
ROLES = ("temperature", "frequency", "time", "value", "error")


def matches(role: str, heading: str, quantity: MeasuredQuantity, name: str = "") -> bool:
    """Whether a column may have a role of :data:`ROLES` by its heading.

    ``quantity`` is what the data are about, ``name`` a further one of the column of its values.
    """
    if role in _AXES:
        return _is_axis(role, heading)
    own = ("value", "y", quantity.name, *quantity.headings, name)
    values = {_folded(_spelt(known)) for known in own if known}
    return _folded(_spelt(heading)) in values if role == "value" else _is_error(_spelt(heading), values)


def _is_axis(axis: str, heading: str) -> bool:
    names, text = {_folded(name) for name in _AXES[axis]}, _spelt(heading)
    return _folded(text) in names or _folded(re.sub(f"{_SUFFIX[axis]}$", "", text)) in names


def is_angular(heading: str) -> bool:
    """Whether a heading says that the frequencies are angular ones."""
    return _folded(_spelt(heading)) in ("omega", "angularfrequency")


def is_temperature(cells: tuple[str, ...]) -> bool:
    """Whether a row of cells has a heading of temperature among them, as that of a table has."""
    return any(_is_axis("temperature", split(cell)[0]) for cell in cells)


def is_units(cells: tuple[str, ...]) -> bool:
    """Whether a row of cells is one of units."""
    return any(cells) and all(is_unit(unenclosed(cell)) for cell in cells)


def split(heading: str) -> tuple[str, str]:
    """Name and unit of "T [mK]", "T (mK)", "T/mK", "Rate/(1/ns)" or "T in mK"; a name such as 1/tau_phi stays whole."""
    text = heading.strip()
    if _is_known(text):
        return text, ""
    if text.endswith((")", "]")):
        start = _opening(text)
        before = text[:start].rstrip() if start is not None else ""
        if before and start is not None:
            slash = before.endswith("/") and not _is_known(text[:start])
            return (before[:-1].rstrip() if slash else before), text[start + 1 : -1].strip()
    for cut in re.finditer(r"\s*/\s*|\s+in\s+", text):
        name, unit = text[: cut.start()], text[cut.end() :]
        if name not in ("", "1") and is_unit(unit):
            return name, unit
    inner = unenclosed(text)
    return ("", inner) if inner != text else (text, "")


def unenclosed(cell: str) -> str:
    """A cell without brackets around it."""
    return cell[1:-1].strip() if cell[:1] in "[(" and cell[-1:] in "])" and _opening(cell) == 0 else cell


def _opening(text: str) -> int | None:
    """Where the bracket opens that the end of a text closes."""
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] in ")]") - (text[i] in "([")
        if depth == 0:
            return i
    return None


def _is_known(text: str) -> bool:
    return any(matches(role, text, quantity) for quantity in QUANTITIES.values() for role in ("value", "error"))


def _is_error(text: str, values: set[str]) -> bool:
    bare = re.sub(r"[\s_.]+", "", text)
    low = bare.casefold()
    words = [_folded(name) for name in _ERRORS]
    if low in (*words, *_SIGNS):
        return True
    rests = [bare[1:]] if bare.startswith("d") else []
    for word in (*words, "delta"):
        rests += [bare[len(word) :]] if low.startswith(word) else []
        rests += [bare[: -len(word)]] if low.endswith(word) and word != "delta" else []
    return any(_folded(rest.strip("()")) in values for rest in rests)


def _spelt(heading: str) -> str:
    """A heading without accents, with Greek letters by their names."""
    text = unicodedata.normalize("NFKD", heading)
    text = "".join(_GREEK.get(sign, sign) for sign in text if not unicodedata.combining(sign))
    return text.strip()


def _folded(text: str) -> str:
    """A name without spaces, dots and underlines, and without capitals unless it is a letter."""
    bare = re.sub(r"[\s_.]+", "", text)
    return bare if len(bare) == 1 else bare.casefold()
