"""``tlsmc compare``: sampled against exact and printed."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlsmc.cli.output import picked, print_heading, print_json, print_table
from tlsmc.formatting import table

if TYPE_CHECKING:
    from tlsmc.diagnostics.comparison import Comparison


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="run file")


def run(options: Namespace) -> None:
    """Print the verdict on every curve, and how far the printed forms are off."""
    from tlsmc.diagnostics.comparison import compare
    from tlsmc.reporting import cells
    from tlsmc.results.store import open_run

    result = open_run(options.file)
    found = compare(result)
    if options.json:
        print_json({"complete": result.complete, "observables": {name: _data(one) for name, one in found.items()}})
        return
    print_heading(result)
    print("\nSampled against exact")
    print_table(("curve", *cells.AGREEMENT), [[name, *cells.agreement(one)] for name, one in found.items()])
    for name, one in found.items():
        if one.reason:
            print(f"  {name}: {one.reason}")
    print("\nSampled over printed, averaged over the grid")
    print("\n".join(table(cells.printed(found), left=4)))


def _data(one: Comparison) -> dict[str, Any]:
    forms = [asdict(form) for form in one.printed]
    verdict = picked(one, "points chi2 dof p_value max_abs_z verdict reason")
    return verdict | {"printed": forms[0] if forms else None, "printed_forms": forms}
