"""Quantities with units, at the edge only: strings in, floats in natural units (k_B = hbar = 1) out.

The natural unit of energy is one kelvin for a run whose spec has units, and whatever the spec's bare numbers are in
for one that has none.  Densities are per cm^3 and lengths in cm; without units both go by any one unit of length.
"""

import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from tokenize import TokenError
from typing import Any

from tlsmc.errors import SpecError

#: Boltzmann's constant in J/K, exact in the SI, as Planck's is below.
BOLTZMANN = 1.380649e-23
#: hbar/k_B in K s: an angular frequency in rad/s times this is an energy in kelvin.
HBAR_OVER_KB = 6.62607015e-34 / (2.0 * math.pi) / BOLTZMANN

#: What a physical kind is called in messages, an example, and its unit in a run with units.
KINDS = {
    "energy": ("an energy or a temperature", "20 mK", "K"),
    "frequency": ("a frequency", "100 MHz", "K"),
    "density": ("a number density", "3e22 cm^-3", "cm^-3"),
    "time": ("a time", "3 ns", "1/K"),
    "length": ("a length", "30 nm", "cm"),
    "volume": ("a volume", "1e-12 cm^3", "cm^3"),
    "number": ("a number without a unit", "0.03", ""),
}

# A number and a product of units with small exponents.  The unit parser itself would evaluate any arithmetic.
_POWER = r"(?:\*\*|\^)?-?\d?"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_UNIT = rf"(?:1/)?[A-Za-zµμ]{{0,24}}(?:\s?{_POWER}\s?[*/ ]?\s?[A-Za-zµμ]{{1,24}}){{0,4}}{_POWER}"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*({_UNIT})\s*")


@functools.cache
def unit_registry() -> Any:
    """The parser of units, made when a unit is first met: it takes a while to import."""
    import pint

    return pint.UnitRegistry()


def unit_errors() -> tuple[type[Exception], ...]:
    """What the parser of units raises when a text is none."""
    import pint

    return pint.PintError, ValueError, ArithmeticError, AttributeError, TypeError, KeyError, TokenError


def natural(value: object, kind: str) -> float:
    """Value of a spec entry in natural units.

    Parameters
    ----------
    value
        A number (already natural) or a string with a unit.
    kind
        "energy" (temperatures too: "20 mK", "1.7 ueV", "400 MHz" as h nu), "frequency" (a unit of ordinary frequency
        is nu, omega = 2 pi nu; "rad/s" is omega), "density", "time", "length" or "number".

    Raises
    ------
    SpecError
        If the unit is unknown or of another dimension, or the value is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise SpecError(f"{value!r} is not {KINDS[kind][0]}; write for example {_example(kind)}")
    try:
        number = _from_string(value, kind) if isinstance(value, str) else float(value)
    except OverflowError:  # a whole number beyond the range of a double
        number = math.inf
    if not math.isfinite(number):
        raise SpecError(f"{value!r} is not finite; write for example {_example(kind)}")
    return number


def has_unit(value: object) -> bool:
    """Whether a spec entry carries a unit, so that the run is in kelvin."""
    return isinstance(value, str)


def text(value: float, kind: str, in_kelvin: bool) -> str | float:
    """The shortest spec entry that :func:`natural` turns back into exactly ``value``."""
    unit = KINDS[kind][2]
    return f"{value!r} {unit}" if unit and in_kelvin else value


def _example(kind: str) -> str:
    example = KINDS[kind][1]
    return example if kind == "number" else f'"{example}"'


def _from_string(value: str, kind: str) -> float:
    what = KINDS[kind][0]
    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise SpecError(f"{value!r} is not {what}; write a number and a unit, for example {_example(kind)}")
    number, unit = match.groups()
    remedy = f"write for example {_example(kind)} (see tlsmc help units)"
    try:
        factor = _factor(unit_registry().Quantity(float(number), unit), kind)
    except unit_errors() as problem:
        reason = " ".join(str(problem).split())
        raise SpecError(f"{value!r} is not {what} ({reason}); {remedy}") from None
    if factor is None:
        raise SpecError(f"{value!r} has the wrong dimension for {what}; {remedy}")
    return factor


def _factor(quantity: Any, kind: str) -> float | None:
    """Magnitude in natural units, None if the dimension does not fit ``kind``."""
    if kind == "number":
        return float(quantity.to("").magnitude) if quantity.check("") else None
    if kind == "density":
        return float(quantity.to("1/cm^3").magnitude) if quantity.check("1/[length]**3") else None
    if kind == "length":
        return float(quantity.to("cm").magnitude) if quantity.check("[length]") else None
    if kind == "volume":
        return float(quantity.to("cm^3").magnitude) if quantity.check("[length]**3") else None
    if kind == "time":
        if quantity.check("1/[temperature]"):
            return float(quantity.to("1/K").magnitude)
        return float(quantity.to("s").magnitude) / HBAR_OVER_KB if quantity.check("[time]") else None
    if quantity.check("[temperature]"):
        return float(quantity.to("K").magnitude)
    if quantity.check("[energy]"):
        return float(quantity.to("J").magnitude) / BOLTZMANN
    if quantity.check("1/[time]"):
        # Revolutions and degrees are angles too, and radians in base units.
        turns = 1.0 if "radian" in str(quantity.to_base_units().units) else 2.0 * math.pi
        return float(quantity.to("1/s").magnitude) * turns * HBAR_OVER_KB
    return None


#: Measurable units of derived quantities in a run in kelvin: kind -> (factor from natural units, unit).
OUTPUT_UNITS = {
    "": (1.0, ""),
    "energy": (1.0, "K"),
    "rate": (1.0 / HBAR_OVER_KB, "1/s"),
    "time": (HBAR_OVER_KB, "s"),
    "heat capacity density": (BOLTZMANN, "J/(K cm^3)"),
    "power density": (BOLTZMANN / HBAR_OVER_KB, "W/cm^3"),
}


def to_hertz(omega: float) -> float:
    """Ordinary frequency in Hz of a natural angular frequency in kelvin."""
    return omega / (2.0 * math.pi * HBAR_OVER_KB)


def to_seconds(t: float) -> float:
    """Time in s of a natural time in 1/K."""
    return t * HBAR_OVER_KB


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a grid: its physical kind in :data:`KINDS`, and how people write its values.

    In a run with units they are written as ``symbol`` in ``unit``, which ``measured`` turns natural values into; in one
    without as ``natural_symbol``.
    """

    kind: str
    natural_symbol: str
    symbol: str
    unit: str
    measured: Callable[[float], float] = float


#: Axes that an observable may have, by name.
AXES = {
    "temperature": Axis("energy", "T", "T", "K"),
    "frequency": Axis("frequency", "omega", "nu", "Hz", to_hertz),
    "time": Axis("time", "t", "t", "s", to_seconds),
    "amplitude": Axis("energy", "a", "a", "K"),
}

#: Physical kind of each axis, and the unit of its natural values in a run in kelvin.
AXIS_KINDS = {name: axis.kind for name, axis in AXES.items()}
AXIS_UNITS = {name: KINDS[axis.kind][2] for name, axis in AXES.items()}
