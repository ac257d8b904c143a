"""Numbers and places on a grid as people write them."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from tlsmc.units import AXES

#: Letters of the metric prefixes by their powers of ten.
METRIC_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


def with_error(mean: float, error: float) -> str:
    """A mean with its standard error in brackets, in units of the last digits: 0.31832(14)."""
    if not math.isfinite(mean):
        return "-"
    if not math.isfinite(error) or error <= 0.0:
        return f"{mean:.5g}"
    exponent = math.floor(math.log10(max(abs(mean), error)))
    digits = max(0, exponent - math.floor(math.log10(error)) + 1)
    scaled, spread = mean / 10.0**exponent, error / 10.0**exponent
    bracket = round(spread * 10.0**digits)
    if -3 <= exponent < 5:
        places = max(0, digits - exponent)
        return f"{mean:.{places}f}({round(error * 10.0**places)})"
    return f"{scaled:.{digits}f}({bracket})e{exponent:+03d}"


def number(value: float) -> str:
    """A number in four digits, "-" where there is none."""
    return f"{value:.4g}" if math.isfinite(value) else "-"


def counted(number: int, noun: str) -> str:
    """A number of things: "1 defect", "2,000 defects"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def coordinate(axis: str, value: float, in_kelvin: bool) -> str:
    """A grid value as people write it: temperature in K, ordinary frequency in Hz, time in s."""
    return engineering(*measured_axis(axis, value)) if in_kelvin else f"{value:.4g}"


def measured_axis(axis: str, value: float) -> tuple[float, str]:
    """A grid value of a run in kelvin in the unit that it is given in, and this unit."""
    return AXES[axis].measured(value), AXES[axis].unit


def grid_point(axes: Mapping[str, Sequence[float]], place: Sequence[int], in_kelvin: bool) -> str:
    """A place on a grid in words: T = 20 mK, nu = 1 GHz."""
    values = zip(axes.items(), place, strict=False)
    return ", ".join(f"{axis_title(a, in_kelvin)} = {coordinate(a, v[i], in_kelvin)}" for (a, v), i in values)


def even_places(shape: Sequence[int], most: int = 6) -> Iterator[tuple[int, ...]]:
    """Places on a grid, an even selection of at most ``most`` along each axis."""
    steps = max(1, most - 1)
    return itertools.product(*(sorted({i * (n - 1) // steps for i in range(most)}) for n in shape))


def engineering(value: float, unit: str) -> str:
    """A value with a metric prefix: 20 mK, 1.26 GHz."""
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    power = min(12, max(-15, 3 * math.floor(math.log10(abs(value)) / 3.0 + 1e-12)))
    return f"{value / 10.0**power:.4g} {METRIC_PREFIXES[power]}{unit}"


def axis_title(axis: str, in_kelvin: bool) -> str:
    """Heading of a grid column."""
    return AXES[axis].symbol if in_kelvin else AXES[axis].natural_symbol


def table(rows: Sequence[Sequence[str]], left: int = 0, indent: str = "  ") -> list[str]:
    """Rows of cells as aligned lines, the first ``left`` columns to the left and all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pads = [f"{'<' if i < left else '>'}{width}" for i, width in enumerate(widths)]
    lines = ("  ".join(map(format, row, pads)) for row in rows)
    return [f"{indent}{line}".rstrip() for line in lines]
