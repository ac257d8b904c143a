"""``tlsmc show``: what a run holds, or a fit."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from itertools import product
from typing import TYPE_CHECKING, Any

from tlsmc.cli.fit import print_fit
from tlsmc.cli.output import (
    axis_titles,
    cells_at,
    chosen_curves,
    even_places,
    open_subject,
    print_heading,
    print_json,
    print_table,
    refuse_for_fit,
    summary,
)
from tlsmc.formatting import number, with_error

if TYPE_CHECKING:
    from tlsmc.results.run import Curve


def add_arguments(parser: ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("file", help="run file or fit file")
    parser.add_argument("--curve", action="append", help="only this curve, e.g. attenuation.resonant")
    parser.add_argument("--all", action="store_true", help="every grid point, not a selection")


def run(options: Namespace) -> None:
    """Print the curves of a run, or what a fit says."""
    from tlsmc.results.run import Run

    subject = open_subject(options.file)
    if not isinstance(subject, Run):
        refuse_for_fit(options, "curve", "all")
        print_fit(subject, [], as_json=options.json)
        return
    curves = chosen_curves(subject, options.curve)
    if options.json:
        print_json(summary(subject) | {"curves": {curve.name: _data(curve) for curve in curves}})
        return
    print_heading(subject)
    for curve in curves:
        _print_curve(curve, options.all)


def _print_curve(curve: Curve, everything: bool) -> None:
    from tlsmc.diagnostics.comparison import comparable_points

    shape = curve.mean.shape
    header = [*axis_titles(curve), "sampled", "exact", "z"]
    header += [f"{name} [{unit}]" if unit else name for name, (unit, _, _) in curve.measurable.items()]
    rows = []
    # A z that `compare` refuses is not shown here either.
    usable = comparable_points(curve)[0].reshape(shape)
    for place in product(*map(range, shape)) if everything else even_places(shape):
        mean, error, exact = (array[place] for array in (curve.mean, curve.error, curve.exact))
        z = (mean - exact) / error if usable[place] else math.nan
        cells = [*cells_at(curve, place), with_error(mean, error), number(exact)]
        cells.append(f"{z:+.1f}" if math.isfinite(z) else "-")
        rows.append(cells + [with_error(value[place], spread[place]) for _, value, spread in curve.measurable.values()])
    print(f"\n{curve.name}: {curve.label}")
    print_table(header, rows)


def _data(curve: Curve) -> dict[str, Any]:
    data: dict[str, Any] = dict(curve.gridded.axes)
    data |= {"label": curve.label, "mean": curve.mean, "error": curve.error, "exact": curve.exact}
    data["measurable"] = {
        name: {"unit": unit, "value": value, "error": error} for name, (unit, value, error) in curve.measurable.items()
    }
    return data
