"""What commands for run files do with a fit file: ``show``, ``plot``, ``verify``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlsmc.cli.fit import print_fit
from tlsmc.cli.output import plot_base, print_json
from tlsmc.errors import SpecError
from tlsmc.fitting import open_fit, verify_fit
from tlsmc.fitting.file import base_of
from tlsmc.formatting import counted
from tlsmc.reporting.figures import plot_fit


def show(options: argparse.Namespace) -> None:
    """What a fit holds, as ``tlsmc fit FILE`` says it."""
    _refuse(options, "curve", "all")
    print_fit(open_fit(options.file), [], as_json=options.json)


def plot(options: argparse.Namespace, pictures: tuple[str, ...]) -> None:
    """Data, residuals, profiles and posterior; ``pictures`` are the options that are for runs."""
    _refuse(options, "curve", *pictures)
    base = plot_base(options.file, options.output).with_name(base_of(Path(options.file)).name)
    written = plot_fit(open_fit(options.file), base, tuple(options.format or ("png", "svg")))
    if options.json:
        print_json({"files": [str(path) for path in written]})
    else:
        print("\n".join(str(path) for path in written))


def verify(options: argparse.Namespace) -> None:
    """Check a fit file."""
    _refuse(options, "blocks")
    found = verify_fit(options.file)
    if options.json:
        print_json({"file": found.path, "sound": True, "converged": found.converged, "digest": found.digest()})
        return
    sets = counted(len(found.sets), "data set")
    print(f"{found.path}: sound; chi2 is that of the points of {sets}, and the numbers agree with each other")
    if not found.converged:
        print("  the fit did not converge")


def _refuse(options: argparse.Namespace, *names: str) -> None:
    """Refuse options that mean nothing for a fit."""
    for name in names:
        given = getattr(options, name)
        if given is not None and given is not False:
            raise SpecError(f"--{name}: is for a run, and {options.file} is a fit file; leave it out")
