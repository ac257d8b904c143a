"""``tlsmc export``: all curves as CSV, one file each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

from tlsmc.cli.output import coordinates, output_base, print_files, write_csv
from tlsmc.formatting import axis_title, measured_axis

if TYPE_CHECKING:
    from tlsmc.results.curve import Curve


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="run file")
    parser.add_argument("--curve", action="append", help="only this curve, e.g. attenuation.resonant")
    parser.add_argument("-o", "--output", help="folder to write to (default: that of the file)")


def run(options: Namespace) -> None:
    """Write ``FILE.CURVE.csv`` for every curve."""
    from tlsmc.results.store import open_run

    result = open_run(options.file)
    base = output_base(options.file, options.output)
    written = []
    for curve in map(result.__getitem__, options.curve or result.names):
        written.append(base.with_name(f"{base.name}.{curve.name}.csv"))
        write_csv(written[-1], _rows(curve))
    print_files(written, options.json)


def _rows(curve: Curve) -> Iterator[Sequence[str]]:
    """Header and rows: T in K, the ordinary frequency nu in Hz and t in s, or natural units and omega."""
    kelvin = curve.spec.in_kelvin
    printed = {form.equation: form.values for form in curve.printed}
    columns = {"mean": curve.mean, "error": curve.error, "exact": curve.exact, **printed}
    for name, (unit, value, error) in curve.measurable.items():
        columns |= {f"{name} [{unit}]" if unit else name: value, f"{name} error": error}
    yield [*(_heading(axis, kelvin) for axis in curve.axes), *columns]
    for place in product(*map(range, curve.mean.shape)):
        where = coordinates(curve, place)
        values = [measured_axis(axis, value)[0] if kelvin else value for axis, value in where.items()]
        yield [repr(float(value)) for value in (*values, *(array[place] for array in columns.values()))]


def _heading(axis: str, in_kelvin: bool) -> str:
    name = "temperature" if axis == "temperature" else axis_title(axis, in_kelvin)
    return f"{name} [{measured_axis(axis, 0.0)[1]}]" if in_kelvin else name
