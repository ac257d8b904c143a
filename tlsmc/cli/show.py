"""``tlsmc show``: what a run holds, or a fit."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from itertools import product
from typing import TYPE_CHECKING, Any

from tlsmc.cli.fit import print_fit
from tlsmc.cli.output import open_subject, picked, print_heading, print_json, print_table, refuse_for_fit, summary
from tlsmc.formatting import even_places

if TYPE_CHECKING:
    from tlsmc.results.curve import Curve


def add_arguments(parser: ArgumentParser) -> None:
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
    curves = [subject[name] for name in options.curve or subject.names]
    if options.json:
        print_json(summary(subject) | {"curves": {curve.name: _data(curve) for curve in curves}})
        return
    print_heading(subject)
    for curve in curves:
        _print_curve(curve, options.all)


def _print_curve(curve: Curve, everything: bool) -> None:
    from tlsmc.diagnostics.comparison import z_scores
    from tlsmc.reporting import cells

    shape = curve.mean.shape
    places = product(*map(range, shape)) if everything else even_places(shape)
    print(f"\n{curve.name}: {curve.label}")
    # A z that `compare` refuses is not shown here either.
    rows = cells.values(curve, z_scores(curve), places)
    print_table([*cells.axis_titles(curve), *cells.value_titles(curve)], list(rows))


def _data(curve: Curve) -> dict[str, Any]:
    measurable = curve.measurable.items()
    derived = {name: {"unit": unit, "value": value, "error": error} for name, (unit, value, error) in measurable}
    return {**curve.gridded.axes, **picked(curve, "label mean error exact"), "measurable": derived}
