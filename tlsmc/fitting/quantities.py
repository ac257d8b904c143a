"""What can be fitted: measured quantities, the observables behind them, and their units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.hypotheses import QUANTITIES as COUNTERPARTS
from tlsmc.registry import suggestion
from tlsmc.units import HBAR_OVER_KB, OUTPUT_UNITS, natural, unit_errors, unit_registry

#: Units that say "an unknown factor": the data set then needs a free amplitude.
ARBITRARY = ("arb", "arb.", "a.u.", "arbitrary", "arb. units")
#: A unit: products and quotients of names with small exponents, brackets allowed.
_UNIT = re.compile(r"[A-Za-zµμ1%][A-Za-zµμ0-9 */^().-]{0,47}")
_LONG_NUMBER = re.compile(r"\d\d\d|[.]\d|\^\S*\^")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured quantity.

    ``observables`` are the names of those that predict it for each model of defects, ``component`` the part that is
    meant unless the data say otherwise; ``dimension`` is a key of :data:`DIMENSIONS`, and ``inverse`` or ``per_T`` what
    is made of the observable's own quantity.
    """

    name: str
    dimension: str
    observables: dict[str, str]
    component: str = ""
    inverse: bool = False
    per_T: bool = False


#: Dimension of a value: (base units, factor from there to natural units).
DIMENSIONS: dict[str, tuple[str, float]] = {
    "number": ("", 1.0),
    "rate": ("1/s", HBAR_OVER_KB),
    "time": ("s", 1.0 / HBAR_OVER_KB),
    "heat capacity": ("J/(K*cm^3)", 1.0 / OUTPUT_UNITS["heat capacity density"][0]),
    "heat capacity over T": ("J/(K^2*cm^3)", 1.0 / OUTPUT_UNITS["heat capacity density"][0]),
    "power": ("W/cm^3", 1.0 / OUTPUT_UNITS["power density"][0]),
}

_SOUND, _HEAT, _ELECTRONS = (COUNTERPARTS[name].observables for name in ("attenuation", "heat capacity", "dephasing"))
_LOSS = {"tunnelling": "loss_tangent"}

QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        Quantity("F", "number", _SOUND, "total"),
        Quantity("W", "power", _SOUND, "total"),
        Quantity("loss_tangent", "number", _LOSS, "loss"),
        Quantity("1/Q", "number", _LOSS, "loss"),
        Quantity("C", "heat capacity", _HEAT, "heat_capacity"),
        Quantity("C/T", "heat capacity over T", _HEAT, "heat_capacity", per_T=True),
        Quantity("1/tau_phi", "rate", _ELECTRONS),
        Quantity("tau_phi", "time", _ELECTRONS, inverse=True),
    )
}

#: Headings under which a column is sought where the spec does not name it.
HEADINGS = {
    "temperature": ("temperature", "T", "temp"),
    "frequency": ("frequency", "nu", "f", "freq"),
    "time": ("time", "t_exp"),
    "value": ("value", "y"),
    "error": ("error", "err", "sigma", "uncertainty", "std"),
}


def quantity_named(name: str) -> Quantity:
    """The quantity of a given name."""
    if name not in QUANTITIES:
        raise SpecError(f"{name!r} is not known; {suggestion(name, QUANTITIES)}")
    return QUANTITIES[name]


def is_arbitrary(unit: str) -> bool:
    """Whether a unit says that the scale of the values is unknown."""
    return unit.casefold() in ARBITRARY


def axis_factor(unit: str, kind: str) -> float:
    """Natural units in one ``unit`` of a temperature ("energy"), frequency or time; without a unit they are natural."""
    if not unit:
        return 1.0
    if kind == "energy" and _dimension(unit) not in ("[temperature]",):
        raise SpecError(f"{unit!r} is not a unit of temperature; write for example mK")
    return natural(f"1 {unit}", kind)


def value_factor(unit: str, dimension: str) -> float:
    """Natural units in one ``unit`` of a value of a ``dimension`` of :data:`DIMENSIONS`."""
    base, to_natural = DIMENSIONS[dimension]
    if not unit or unit == "1" or is_arbitrary(unit):
        return 1.0
    quantity = _parsed(unit)
    target = unit_registry().Unit(base) if base else unit_registry().Unit("")
    if not quantity.is_compatible_with(target):
        raise SpecError(f"{unit!r} is not a unit of {_article(dimension)}; write for example {base or '1'}")
    return float(quantity.to(target).magnitude) * to_natural


def _article(dimension: str) -> str:
    return "a pure number" if dimension == "number" else f"a {dimension}"


def _dimension(unit: str) -> str:
    return str(_parsed(unit).dimensionality).strip()


def _parsed(unit: str) -> Any:
    """One of a unit; only what looks like a unit reaches the parser."""
    if not _UNIT.fullmatch(unit) or _LONG_NUMBER.search(unit):
        raise SpecError(f"{unit!r} is not a unit; write for example mK, GHz or J/(K cm^3)")
    try:
        return 1.0 * unit_registry().parse_units(re.sub(r"\s*[ *]\s*", "*", unit.strip().replace("**", "^")))
    except unit_errors() as problem:
        reason = " ".join(str(problem).split())[:80]
        raise SpecError(f"{unit!r} is not a unit ({reason}); write for example mK, GHz or J/(K cm^3)") from None
