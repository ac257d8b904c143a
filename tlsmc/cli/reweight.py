"""``tlsmc reweight``: observables of other laws from the defects of a run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tlsmc.cli.output import print_json, print_table
from tlsmc.formatting import even_places, number, with_error

if TYPE_CHECKING:
    from tlsmc.diagnostics.reweighting import Reweighted
    from tlsmc.results.curve import Curve


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Weigh the defects of a run by the ratio of new to old density."
    parser.add_argument("file", help="run file")
    parser.add_argument("--set", action="append", required=True, metavar="KEY=VALUE", help="change an entry of a law")


def run(options: Namespace) -> None:
    """Print the curves of the new laws."""
    from tlsmc.diagnostics.reweighting import reweight
    from tlsmc.results.run import Run
    from tlsmc.results.store import open_run
    from tlsmc.spec.reader import parse_spec
    from tlsmc.spec.toml import apply_setting, parse_setting

    old = open_run(options.file)
    content = old.spec.resolved()
    for setting in options.set:
        apply_setting(content, *parse_setting(setting))
    new = Run(parse_spec(content, Path(options.file).parent), old.sums, old.provenance)
    results = reweight(old.spec, new.spec)
    if options.json:
        print_json({name: asdict(result) for name, result in results.items()})
        return
    print(f"{old.spec.title}, reweighted: " + "; ".join(options.set))
    first = next(iter(results.values()))
    print(f"  {first.effective:,.0f} of {first.defects:,} defects effectively")
    for name, result in results.items():
        _print_curve(new[name], result)


def _print_curve(curve: Curve, result: Reweighted) -> None:
    from tlsmc.reporting import cells

    rows = []
    for place in even_places(result.mean.shape):
        mean, error, index = (float(array[place]) for array in (result.mean, result.error, result.tail_index))
        rows.append([*cells.at(curve, place), with_error(mean, error), f"{curve.exact[place]:.6g}", number(index)])
    print(f"\n{curve.name}: {curve.label}")
    print_table([*cells.axis_titles(curve), "reweighted", "exact", "tail index"], rows)
