"""``tlsmc reweight``: observables of other laws from the defects of a run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from tlsmc.cli.output import axis_titles, cells_at, even_places, print_json, print_table
from tlsmc.formatting import number, with_error


def add_arguments(parser: ArgumentParser) -> None:
    """Options of the command."""
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
        curve = new[name]
        exact = curve.exact.reshape(result.mean.shape)
        rows = [
            [
                *cells_at(curve, place),
                with_error(float(result.mean[place]), float(result.error[place])),
                f"{exact[place]:.6g}",
                number(float(result.tail_index[place])),
            ]
            for place in even_places(result.mean.shape)
        ]
        print(f"\n{name}: {curve.label}")
        print_table([*axis_titles(curve), "reweighted", "exact", "tail index"], rows)
