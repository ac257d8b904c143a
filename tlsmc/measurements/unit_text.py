"""Units as people write them, made into what the parser of units reads."""

from __future__ import annotations

import re
import unicodedata

#: Units that say "an unknown factor", without dots and spaces.
_ARBITRARY = ("arb", "arbu", "arbunit", "arbunits", "arbitrary", "arbitraryunit", "arbitraryunits")
_PERCENT = ("%", "percent", "per cent", "pct")
_PURE = ("1", "-", "dimensionless")

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_SIGNS = str.maketrans("·⋅•∙\u00d7\u2212\u2013µμ", "*****--uu", "${}\\")
#: Words that mean the same in capitals; symbols do not, as mK and MK show.
_WORD = re.compile(
    r"(milli|micro|nano|pico|kilo|mega|giga)?(kelvins?|hertz|joules?|watts?|seconds?|secs?|ohms?|moles?|grams?|percent)",
    re.IGNORECASE,
)
_HERTZ = re.compile(r"\b([kKMGgTt]?)[hH][zZ]\b")
_DECIBEL = re.compile(r"\b(db|np|(deci)?bels?|nepers?)\b", re.IGNORECASE)


def is_arbitrary(unit: str) -> bool:
    """Whether a unit says that the scale of the values is unknown."""
    return unit.casefold() == "a.u." or re.sub(r"[. _]", "", unit.casefold()) in _ARBITRARY


def is_percent(unit: str) -> bool:
    """Whether a unit is per cent."""
    return unit.strip().casefold() in _PERCENT


def is_pure(unit: str) -> bool:
    """Whether a unit is that of a pure number."""
    return not unit or unit.strip().casefold() in _PURE


def is_logarithmic(unit: str) -> bool:
    """Whether a unit has decibels or nepers in it."""
    return bool(_DECIBEL.search(unit))


def plain_unit(unit: str) -> str:
    """A unit in ASCII with ``*``, ``/``, ``^`` and brackets: "µJ K⁻¹ cm⁻³", "uJ/(K.cm3)" and "J/mol-K" too."""
    text = _RAISED.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS).removeprefix("+"), unit)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).replace("**", "^").replace("°K", "K").strip()
    text = re.sub(r"\s+per\s+", "/", text).replace("%", "percent")
    text = re.sub(r"(?<=[A-Za-z0-9)])\.(?=[A-Za-z(])", "*", text).rstrip(".")
    # "cm3" and "s-1" are powers; "J/mol-K" has the hyphen of a product, which holds the fraction together.
    text = re.sub(r"(?<=[A-Za-z])(-?\d)", r"^\1", text)
    text = re.sub(r"/([A-Za-z^\d]+(?:-[A-Za-z]+(?:\^\d)?)+)", lambda found: f"/({found[1].replace('-', '*')})", text)
    text = re.sub(r"\s*([*/^()])\s*", r"\1", text)
    text = re.sub(r"(?<=[A-Za-z0-9)])\s+(?=[A-Za-z0-9(])|(?<=\))(?=[A-Za-z(])", "*", text)
    return re.sub(r"[A-Za-z]+", _lowered, _HERTZ.sub(_hertz, text))


def _lowered(found: re.Match[str]) -> str:
    return found[0].lower() if _WORD.fullmatch(found[0]) else found[0]


def _hertz(found: re.Match[str]) -> str:
    return {"K": "k", "g": "G", "t": "T"}.get(found[1], found[1]) + "Hz"
