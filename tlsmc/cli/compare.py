"""``tlsmc compare``: sampled against exact and printed."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlsmc.cli.output import print_heading, print_json, print_table
from tlsmc.formatting import number, table, with_error

if TYPE_CHECKING:
    from tlsmc.diagnostics.comparison import Comparison


def add_arguments(parser: ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("file", help="run file")


def run(options: Namespace) -> None:
    """Print the verdict on every curve, and how far the printed forms are off."""
    from tlsmc.diagnostics.comparison import compare_curve
    from tlsmc.results.store import open_run

    result = open_run(options.file)
    found = [compare_curve(result[name]) for name in result.names]
    if options.json:
        print_json({"complete": result.complete, "observables": {one.name: _data(one) for one in found}})
        return
    print_heading(result)
    print("\nSampled against exact")
    rows = [
        [r.name, r.verdict, str(r.points), number(r.chi2), str(r.dof), number(r.p_value), number(r.max_abs_z)]
        for r in found
    ]
    print_table(("curve", "verdict", "points", "chi2", "dof", "p", "max |z|"), rows)
    for one in found:
        if one.reason:
            print(f"  {one.name}: {one.reason}")
    print("\nSampled over printed, averaged over the grid")
    ratios = [
        [one.name, form.equation, with_error(form.ratio, form.ratio_error), form.remark]
        for one in found
        for form in one.printed
    ]
    print("\n".join(table(ratios, left=4)))


def _data(one: Comparison) -> dict[str, Any]:
    keys = ("points", "chi2", "dof", "p_value", "max_abs_z", "verdict", "reason")
    forms = [asdict(form) for form in one.printed]
    return {key: getattr(one, key) for key in keys} | {"printed": forms[0] if forms else None, "printed_forms": forms}
