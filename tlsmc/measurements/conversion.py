"""Units as people write them, and natural units in one of them: of axes, values, and of what a value belongs to."""

import math
import re
import unicodedata
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.observables.quantities import MeasuredQuantity
from tlsmc.spec.table import shown
from tlsmc.units import KINDS, natural, unit_errors, unit_registry

#: Number and unit of what a value belongs to.
Volume = tuple[float, str]

#: What is left of a unit when each name with its power is "u": products and quotients of names, with brackets.
_SKELETON = re.compile(r"1?[u*/()]+")
_POWER = r"(?:\^(?:-?\d|\(-?\d\)))?"
_LONGEST = 48
_VOLUME = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*)")

#: What a value may belong to instead of a volume: the unit of that volume and its name.
_PORTIONS = {
    "cm^3": ("a whole sample", '"3 mm^3"'),
    "cm^3/mol": ("a mole", '"10.2 cm^3/mol"'),
    "cm^3/g": ("a gram", '"0.052 cm^3/g"'),
}

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
    text = _HERTZ.sub(lambda found: {"K": "k", "g": "G", "t": "T"}.get(found[1], found[1]) + "Hz", text)
    return re.sub(r"[A-Za-z]+", lambda found: found[0].lower() if _WORD.fullmatch(found[0]) else found[0], text)


def axis_factor(unit: str, kind: str) -> float:
    """Natural units in one ``unit`` of a temperature ("energy"), frequency or time; without a unit they are natural."""
    if not unit:
        return 1.0
    parsed = _parsed(unit)
    if kind == "energy" and not parsed.check("[temperature]"):
        raise SpecError(f"{unit!r} is not a unit of temperature; write for example mK")
    try:
        return natural(f"1 {parsed.units:~C}", kind)
    except SpecError:
        name, example = KINDS[kind][:2]
        raise SpecError(f"{unit!r} is not a unit of {name}; write for example {example.split()[1]}") from None


def is_ordinary(unit: str) -> bool:
    """Whether a unit of frequency is one of nu, not of omega = 2 pi nu."""
    parsed = _parsed(unit)
    return bool(parsed.check("1/[time]")) and "radian" not in str(parsed.to_base_units().units)


def is_unit(text: str) -> bool:
    """Whether a text is a unit, or stands for one."""
    if is_pure(text) or is_percent(text) or is_arbitrary(text) or is_logarithmic(text):
        return True
    try:
        _parsed(text)
    except SpecError:
        return False
    return True


def value_factor(unit: str, quantity: MeasuredQuantity, volume: Volume | None = None) -> float:
    """Natural units in one ``unit`` of a value of a quantity.

    ``volume`` is what the value belongs to where it is not that of a unit of volume.
    """
    dimension = quantity.dimension
    amount, portion = volume or (1.0, "")
    if is_arbitrary(unit) or (is_pure(unit) and not portion):
        return 1.0 / amount
    # An attenuation coefficient is proportional to W = (energy density)(velocity)(coefficient), with both unknown.
    if quantity.needs_axis and (is_logarithmic(unit) or _parsed(unit).check("1/[length]")):
        raise SpecError(
            f"{unit!r} is an attenuation{'' if is_logarithmic(unit) else ' per length'}, which is W up to a factor "
            'that is not known; write quantity = "W" and units = { value = "arb." }'
        )
    one = _parsed(unit) / _parsed(portion) if portion else _parsed(unit)
    target = unit_registry().Unit(dimension.unit)
    if one.is_compatible_with(target):
        return float(one.to(target).magnitude) * dimension.natural / amount
    if portion:
        raise SpecError(
            f"{unit!r} over {portion!r} is not a unit of {dimension.words}; "
            "let volume be that of the same sample, mole or gram, or leave it out"
        )
    for other, (owner, example) in _PORTIONS.items() if dimension.unit else ():
        if (one / _parsed(other)).is_compatible_with(target):
            raise SpecError(
                f"{unit!r} is {dimension.words} of {owner}, not of a volume; give that volume as volume = {example}"
            )
    raise SpecError(f"{unit!r} is not a unit of {dimension.words}; write for example {dimension.unit or '1'}")


def portion(entry: object, in_kelvin: bool) -> Volume:
    """Number and unit of the volume that a value belongs to: of a sample, of a mole, or of a gram."""
    examples = ", ".join(example for _, example in _PORTIONS.values())
    remedy = f"write for example {examples}" if in_kelvin else "the spec has no units, give a number"
    if not in_kelvin and isinstance(entry, int | float) and not isinstance(entry, bool):
        number, unit = float(entry), ""
    else:
        match = _VOLUME.fullmatch(entry) if in_kelvin and isinstance(entry, str) else None
        if match is None:
            raise SpecError(f"{shown(entry)} is not a volume; {remedy}")
        number, unit = float(match[1]), match[2].strip()
        if not any(_parsed(unit).is_compatible_with(unit_registry().Unit(known)) for known in _PORTIONS):
            raise SpecError(f"{shown(entry)} is not a volume; {remedy}")
    if not 0.0 < number < math.inf:
        raise SpecError(f"{shown(entry)} is not a positive number; {remedy}")
    return number, unit


def _parsed(unit: str) -> Any:
    """One of a unit; only what looks like a unit reaches the parser."""
    text = plain_unit(unit)
    skeleton = re.sub(rf"\){_POWER}", ")", re.sub(rf"[A-Za-z]+{_POWER}", "u", text))
    if len(text) > _LONGEST or not _SKELETON.fullmatch(skeleton) or "u" not in skeleton:
        raise SpecError(f"{unit!r} is not a unit; write for example mK, GHz or J/(K cm^3)")
    errors: tuple[type[Exception], ...] = (*unit_errors(), AssertionError)
    try:
        one, two = (unit_registry().Quantity(x, unit_registry().parse_units(text)) for x in (1.0, 2.0))
        # Degrees Celsius and the like do not begin at 0.
        proportional = math.isclose(two.to_base_units().magnitude, 2.0 * one.to_base_units().magnitude)
    except errors as problem:
        reason = " ".join(str(problem).split())[:80]
        reason = f" ({reason})" if "not defined" in reason else ""
        raise SpecError(f"{unit!r} is not a unit{reason}; write for example mK, GHz or J/(K cm^3)") from None
    if not proportional:
        raise SpecError(f"{unit!r} has an offset or a logarithm in it; convert the numbers, temperatures to K")
    return one
