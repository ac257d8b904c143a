"""The command line: one module for each command, with its options and its body.

Nothing heavy is imported before a command runs: modules of commands import what they compute with when they do.
"""

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Container, Sequence
from typing import NoReturn

from tlsmc.errors import NoSpaceError, StoreError, TlsmcError, ValidityWarning, WorkerError
from tlsmc.version import VERSION

#: Every command in the order of ``tlsmc --help``; it is the module of its name, with ``add_arguments`` and ``run``.
COMMANDS = {
    "run": "run a spec",
    "resume": "go on with an unfinished run, or make a finished one larger",
    "show": "print what a run or a fit holds, with error bars",
    "compare": "compare sampled with exact and with the paper's printed forms",
    "plot": "draw curves with error bands, exact and printed forms, pulls; or the figures of a fit",
    "digest": "print one hash of all block sums",
    "export": "write all curves as CSV",
    "trajectories": "what a run has recorded: running means, samples, single defects, telegraph noise",
    "tails": "how much each answer hangs on its tail, and on which cut-off",
    "reweight": "the observables of other laws from the same defects",
    "report": "write one page on runs and fits, one or several",
    "status": "how far a run is, from any process",
    "merge": "one run file of several",
    "verify": "check a run file and compute some of its blocks anew, or check a fit file",
    "claims": "the paper, audited: every equation and claim beside what follows from it and what ensembles give",
    "fit": "fit measured curves: E*, chi, the density of defects",
    "discriminate": "which measurement would decide between two specs, and with how many points",
    "new": "write a spec to start from; without a name, list them",
    "help": "print a page of the manual; without a name, list them",
    "cite": "what to cite, as text and as BibTeX",
}

EXIT_WORKER, EXIT_SPEC, EXIT_STORE, EXIT_NO_SPACE, EXIT_INTERRUPTED = 1, 2, 3, 4, 130
#: Exit status of each kind of error; the first that fits counts.
_STATUS = {WorkerError: EXIT_WORKER, NoSpaceError: EXIT_NO_SPACE, StoreError: EXIT_STORE, TlsmcError: EXIT_SPEC}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    The exit status: 0, 1 a dead worker, 2 spec or usage, 3 file, 4 no space, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = parser([word for word in words if word in COMMANDS][:1]).parse_args(words)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ValidityWarning)
            warnings.showwarning = _warn
            options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has seen enough; nothing more must be written to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except TlsmcError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    except KeyboardInterrupt as interrupt:
        print(f"interrupted{f': {interrupt}' if str(interrupt) else ''}", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f"warning: {message}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Usage errors in the same one-line form as all others."""

    def error(self, message: str) -> NoReturn:
        print(f"error: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(EXIT_SPEC)


def parser(commands: Container[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of all commands, with the options of these: their modules are imported for them."""
    top = _Parser(prog="tlsmc", description="Monte Carlo ensembles of tunnelling two-level systems in metals.")
    top.add_argument("--version", action="version", version=f"tlsmc {VERSION}")
    parsers = top.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        description = f"{summary[0].upper()}{summary[1:]}."
        one = parsers.add_parser(name, help=summary, description=description)
        if name in commands:
            module = importlib.import_module(f"tlsmc.cli.{name}")
            module.add_arguments(one)
            one.add_argument("--json", action="store_true", help="machine-readable output")
            one.set_defaults(run=module.run)
    return top
