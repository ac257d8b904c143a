"""``tlsmc report``: one page on one or several runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlsmc.commands.output import print_json
from tlsmc.errors import SpecError
from tlsmc.outputs import check_output
from tlsmc.reporting import report as page_of
from tlsmc.store import open_run, replace_file


def report(options: argparse.Namespace) -> None:
    """Write the page, as a whole or not at all."""
    path = Path(options.output or Path(options.files[0]).with_suffix(".html"))
    for name in options.files:
        if path.exists() and Path(name).exists() and path.samefile(name):
            raise SpecError(f"-o {path}: is a run file of this report; choose another name")
    check_output(path, options.force)
    content = page_of([open_run(name) for name in options.files])
    replace_file(path, content.encode())
    print_json({"file": str(path)}) if options.json else print(path)
