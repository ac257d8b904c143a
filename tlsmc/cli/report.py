"""``tlsmc report``: one page on runs and fits."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlsmc.cli.output import print_json
from tlsmc.errors import SpecError
from tlsmc.fitting import Fit, is_fit_file, open_fit
from tlsmc.fitting.file import base_of
from tlsmc.reporting import report as page_of
from tlsmc.results.run import Run
from tlsmc.results.store import open_run, replace_file
from tlsmc.results.store.output import check_output


def report(options: argparse.Namespace) -> None:
    """Write the page, as a whole or not at all."""
    path = Path(options.output or _default(options.files[0]))
    for name in options.files:
        if path.exists() and Path(name).exists() and path.samefile(name):
            kind = "fit" if is_fit_file(name) else "run"
            raise SpecError(f"-o {path}: is a {kind} file of this report; choose another name")
    check_output(path, options.force)
    content = page_of([_opened(name) for name in options.files])
    replace_file(path, content.encode())
    print_json({"file": str(path)}) if options.json else print(path)


def _default(name: str) -> Path:
    """The page beside a file."""
    if is_fit_file(name):
        base = base_of(name)
        return base.with_name(f"{base.name}.html")
    return Path(name).with_suffix(".html")


def _opened(name: str) -> Run | Fit:
    return open_fit(name) if is_fit_file(name) else open_run(name)
