"""What a figure shows, as plain arrays in the units of its axes: a curve, or what the material makes of it."""

import math
import re
from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.diagnostics.comparison import z_scores
from tlsmc.formatting import axis_title, measured_axis
from tlsmc.results.curve import Curve
from tlsmc.units import OUTPUT_UNITS

#: Units with prefixes that suit an axis, the largest first, with their sizes.
_UNIT_SIZES = {
    "K": ((1.0, "K"), (1e-3, "mK"), (1e-6, "µK")),
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"), (1e-12, "ps")),
    "Hz": ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")),
}
_LETTERS = {"nu": "\N{GREEK SMALL LETTER NU}", "omega": "ω"}
#: No prefix suits an axis of more decades than this.
_WIDE = 1e6
_GREEK = "alpha|beta|gamma|delta|epsilon|theta|kappa|lambda|mu|nu|rho|sigma|tau|phi|chi|psi|omega"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a grid; ``unit`` is K, Hz, s or empty, and ``values`` are in it."""

    quantity: str
    symbol: str
    unit: str
    values: Array

    @property
    def display(self) -> tuple[float, str]:
        """Size and name of the prefixed unit that suits the whole axis."""
        if not self.unit:
            return 1.0, "natural units"
        if self.values[-1] > _WIDE * self.values[0]:
            return 1.0, self.unit
        return _prefixed(float(self.values[0]), self.unit)

    @property
    def shown(self) -> Array:
        """Values in the prefixed unit."""
        return self.values / self.display[0]

    @property
    def label(self) -> str:
        """Axis label."""
        return f"{self.quantity} {self.symbol} ({self.display[1]})"

    def value_label(self, index: int) -> str:
        """One value, to two digits, with the prefix that suits it."""
        value = float(f"{self.values[index]:.1e}")
        if not self.unit:
            return f"{value:g}"
        size, unit = _prefixed(value, self.unit)
        return f"{value / size:.6g} {unit}"


@dataclass(frozen=True, slots=True)
class Form:
    """A printed formula; those of other equations than the leading one of a curve are asymptotics."""

    equation: str
    leading: bool
    values: Array


@dataclass(frozen=True, slots=True)
class Series:
    """Arrays with one dimension for each axis.

    ``pulls`` are (mean - exact)/error where a z-score may be given, NaN elsewhere; ``derived`` if another series has
    the same ones.
    """

    label: str
    unit: str
    axes: tuple[Axis, ...]
    mean: Array
    error: Array
    exact: Array
    forms: tuple[Form, ...]
    pulls: Array
    derived: bool = False

    @property
    def value_label(self) -> str:
        """Axis label of the values."""
        power = f"10{raised(self.power)}" if self.power else ""
        unit = " ".join(part for part in (power, unit_text(self.unit)) if part)
        return f"{symbol(self.label)} ({unit})" if unit else symbol(self.label)

    @property
    def known(self) -> Array:
        """All finite values that the figure has to show."""
        values = [self.mean, self.exact, *(form.values for form in self.forms if form.leading)]
        everything = np.concatenate([v.ravel() for v in values])
        return np.asarray(everything[np.isfinite(everything)])

    @property
    def logarithmic(self) -> bool:
        """Whether the values want a logarithmic axis."""
        return is_log(self.known)

    @property
    def power(self) -> int:
        """Power of ten that a linear axis takes out of its tick labels."""
        largest = float(np.abs(self.known).max(initial=0.0))
        if self.logarithmic or largest == 0.0 or 1e-2 <= largest < 1e4:
            return 0
        return math.floor(math.log10(largest))


def curve_series(curve: Curve) -> Series:
    """The curve itself."""
    # "Eq. 8 (T >> E*)" is another limit of the equation, not another one.
    kelvin, axes = curve.spec.in_kelvin, zip(curve.axes, curve.gridded.values, strict=True)
    equations = [form.equation.partition(" (")[0] for form in curve.printed]
    named = zip(equations, curve.printed, strict=True)
    return Series(
        label=curve.label,
        unit="",
        axes=tuple(_axis(name, values, kelvin) for name, values in axes),
        mean=curve.mean,
        error=curve.error,
        exact=curve.exact,
        forms=tuple(Form(name, name == equations[0], form.values) for name, form in named),
        pulls=z_scores(curve),
    )


def quantity_series(curve: Curve, name: str) -> Series:
    """A measurable quantity made of the curve; exact and printed values go through the same formula."""
    unit, mean, error = curve.measurable[name]
    spec = curve.spec
    derived = curve.gridded.derived(spec.population, spec.metal)
    (quantity,) = (d for d in derived if d.name == name and d.component == curve.component)
    factor = OUTPUT_UNITS[quantity.unit][0]

    def carried(values: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(factor * quantity.of(values))

    plain = curve_series(curve)
    forms = tuple(Form(form.equation, form.leading, carried(form.values)) for form in plain.forms)
    return Series(name, unit, plain.axes, mean, error, carried(curve.exact), forms, plain.pulls, derived=True)


def is_log(values: Array) -> bool:
    """Whether a logarithmic axis suits: all positive, and more than a decade."""
    return bool(values.size and values.min() > 0.0 and values.max() > 10.0 * values.min())


def _axis(name: str, values: Array, in_kelvin: bool) -> Axis:
    symbol = axis_title(name, in_kelvin)
    quantity = "angular frequency" if symbol == "omega" else name
    letter = _LETTERS.get(symbol, symbol)
    if not in_kelvin:
        return Axis(quantity, letter, "", values)
    factor, unit = measured_axis(name, 1.0)
    return Axis(quantity, letter, unit, factor * values)


def _prefixed(value: float, unit: str) -> tuple[float, str]:
    sizes = _UNIT_SIZES[unit]
    return next((size for size in sizes if value >= 0.999 * size[0]), sizes[-1])


def symbol(label: str) -> str:
    """A label in mathematical type, ``C_T/C_e``; words stay as they are."""
    words = [word for word in re.findall(r"(?<![_A-Za-z])[A-Za-z]{2,}", label) if not re.fullmatch(_GREEK, word, re.I)]
    if words:
        return label
    math = re.sub(r"_([A-Za-z]{2,})", lambda m: f"_{{{_subscript(m[1])}}}", label)
    math = re.sub(rf"(?<![A-Za-z{{\\])({_GREEK})(?![A-Za-z])", r"\\\1", math, flags=re.I)
    math = re.sub(r"<(.*?)>", r"\\langle \1\\rangle", math).replace("*", "^{*}")
    return f"${math}$"


def _subscript(name: str) -> str:
    if name == "phi":
        return r"\varphi"
    return f"\\{name}" if re.fullmatch(_GREEK, name) else rf"\mathrm{{{name}}}"


def unit_text(unit: str) -> str:
    """A unit as a product of powers: ``J K⁻¹ cm⁻³`` of "J/(K cm^3)"."""
    above, _, below = unit.partition("/")
    factors = [(name, 1) for name in above.split() if name != "1"] + [(name, -1) for name in below.strip("()").split()]
    words = []
    for name, sign in factors:
        base, _, power = name.partition("^")
        exponent = sign * int(power or 1)
        words.append(base if exponent == 1 else base + raised(exponent))
    return " ".join(words)


def raised(exponent: int) -> str:
    """An exponent in raised characters: plain text, unlike a formula, is one text in an SVG."""
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
