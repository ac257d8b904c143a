"""The command line.  Nothing heavy is imported before a command is known."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence

import tlsmc
from tlsmc.errors import TlsmcError, ValidityWarning

EXIT_WORKER, EXIT_SPEC, EXIT_STORE, EXIT_NO_SPACE, EXIT_INTERRUPTED = 1, 2, 3, 4, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 a dead worker, 2 spec or usage, 3 file, 4 no space,
    130 interrupted.
    """
    options = parser().parse_args(arguments)
    try:
        module = importlib.import_module(f"tlsmc.cli.{options.module}")
        with warnings.catch_warnings():
            warnings.simplefilter("always", ValidityWarning)
            warnings.showwarning = _warn
            getattr(module, options.function)(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has seen enough; nothing more must be written to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except TlsmcError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return _status(error)
    except KeyboardInterrupt as interrupt:
        print(f"interrupted{f': {interrupt}' if str(interrupt) else ''}", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f"warning: {message}", file=sys.stderr)


def _status(error: TlsmcError) -> int:
    if isinstance(error, tlsmc.WorkerError):
        return EXIT_WORKER
    if type(error).__name__ == "NoSpaceError":
        return EXIT_NO_SPACE
    return EXIT_STORE if isinstance(error, tlsmc.StoreError) else EXIT_SPEC


class _Parser(argparse.ArgumentParser):
    """Usage errors in the same one-line form as all others."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise SystemExit(_usage(self.prog, message))


def _usage(program: str, message: str) -> int:
    print(f"error: {message}; see {program} --help", file=sys.stderr)
    return EXIT_SPEC


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = _Parser(prog="tlsmc", description="Monte Carlo ensembles of tunnelling two-level systems in metals.")
    top.add_argument("--version", action="version", version=f"tlsmc {tlsmc.__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_run(commands)
    _add_reading(commands)
    _add_trajectories(commands)
    _add_tails(commands)
    _add_report(commands)
    _add_keeping(commands)
    _add_claims(commands)
    _add_fit(commands)
    _add_discriminate(commands)
    new = commands.add_parser("new", help="write a spec to start from; without a name, list them")
    new.add_argument("preset", nargs="?", help="name of a study, e.g. gold_wire")
    new.add_argument("-o", "--output", help="file to write (default: stdout)")
    new.add_argument("--json", action="store_true", help="machine-readable output")
    new.set_defaults(module="new", function="new")
    return top


def _add_run(commands: argparse._SubParsersAction[_Parser]) -> None:
    run = commands.add_parser("run", help="run a spec", description="Run a spec and write its run file.")
    run.add_argument("spec", help="TOML file, e.g. runs/quickstart.toml")
    run.add_argument("-o", "--output", help="run file to write (default: the spec's name with .h5, in this folder)")
    run.add_argument("--defects", type=int, help="defects in each sample")
    run.add_argument("--samples", type=int, help="samples, i.e. pieces of metal")
    run.add_argument("--seed", type=int, help="seed of all randomness")
    run.add_argument("--kernel", choices=("numba", "numpy"), help="default: numba if it is installed")
    run.add_argument(
        "--target-error", type=float, metavar="X", help="stop at this relative error; the spec's defects are the limit"
    )
    run.add_argument(
        "--target-quantile", type=float, default=1.0, metavar="Q", help="share of the grid that must reach it (1)"
    )
    run.add_argument("--part", default="", metavar="K/N", help="compute the K-th of N parts only, to be merged later")
    run.add_argument("--store", choices=("none", "population", "contributions"), help="what to keep of every defect")
    _add_workers(run)
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one entry of the spec")
    run.add_argument("--force", action="store_true", help="replace an existing run file")
    run.add_argument("--json", action="store_true", help="machine-readable output")
    run.set_defaults(module="running", function="run")
    text = "go on with an unfinished run, or make a finished one larger"
    resume = commands.add_parser("resume", help=text, description=text[0].upper() + text[1:] + ".")
    resume.add_argument("file", help="run file")
    resume.add_argument("--defects", type=int, help="defects in each sample, in total")
    resume.add_argument("--samples", type=int, help="samples, in total")
    resume.add_argument("--spec", help="refuse unless the file is a run of this spec")
    _add_workers(resume)
    resume.add_argument("--json", action="store_true", help="machine-readable output")
    resume.set_defaults(module="running", function="resume")


def _add_workers(command: _Parser) -> None:
    command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers (default: all processors)")
    text = "kind of workers (default: by kernel)"
    command.add_argument("--backend", choices=("threading", "loky", "dask"), help=text)
    command.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, tcp://host:8786")
    command.add_argument("--budget", type=float, default=10.0, metavar="GB", help="most to store (default: 10)")


def _add_claims(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "the paper, audited: every equation and claim beside what follows from it and what ensembles give"
    claims = commands.add_parser("claims", help=text, description=text[0].upper() + text[1:] + ".")
    claims.add_argument(
        "--defects", type=int, default=2_000_000, metavar="N", help="defects in each ensemble (default: 2,000,000)"
    )
    claims.add_argument("--seed", type=int, default=20010305, help="seed of all randomness (default: 20010305)")
    claims.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers (default: all processors)")
    claims.add_argument("--json", action="store_true", help="machine-readable output")
    claims.set_defaults(module="claims", function="claims")


def _add_discriminate(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "which measurement would decide between two specs, and with how many points"
    command = commands.add_parser("discriminate", help=text, description=text[0].upper() + text[1:] + ".")
    command.add_argument("spec_a", help="TOML file of the first hypothesis")
    command.add_argument("spec_b", help="TOML file of the second")
    overlap = "(default: where the grids of the specs overlap)"
    command.add_argument("--temperature", nargs="+", metavar="T", help=f'range, "10 mK" "1 K" {overlap}')
    command.add_argument("--frequency", nargs="+", metavar="NU", help=f'range, "1 MHz" "10 GHz" {overlap}')
    command.add_argument("--precision", type=float, default=0.03, help="relative error of one point (default: 0.03)")
    command.add_argument("--points", type=int, default=5, help="most points to place, one after the other (default: 5)")
    command.add_argument("--volume", help='of one sample, "40 nm x 20 nm x 1 um" (default: the defects of the specs)')
    command.add_argument(
        "--free-amplitude",
        choices=("attenuation", "all", "none"),
        default="attenuation",
        help="what is known but for a factor, so that only its shape counts (default: attenuation)",
    )
    command.add_argument("--json", action="store_true", help="machine-readable output")
    command.set_defaults(module="discriminate", function="command")


def _add_keeping(commands: argparse._SubParsersAction[_Parser]) -> None:
    status = commands.add_parser("status", help="how far a run is, from any process", description="How far a run is.")
    status.add_argument("file", help="run file")
    merge = commands.add_parser(
        "merge",
        help="one run file of several",
        description="Put together the parts of a run, or runs of one study with different seeds.",
    )
    merge.add_argument("files", nargs="+", help="run files")
    merge.add_argument("-o", "--output", required=True, help="run file to write")
    merge.add_argument("--force", action="store_true", help="replace an existing run file")
    verify = commands.add_parser(
        "verify",
        help="check a run file and compute some of its blocks anew, or check a fit file",
        description="Check all sums and shards of a run file, and compute a few of its blocks anew; or check a fit "
        "file.",
    )
    verify.add_argument("file", help="run file or fit file")
    verify.add_argument("--blocks", type=int, help="blocks to compute anew, drawn at random (default: 3)")
    for name, command in (("status", status), ("merge", merge), ("verify", verify)):
        command.add_argument("--json", action="store_true", help="machine-readable output")
        command.set_defaults(module="keeping", function=name)


def _add_reading(commands: argparse._SubParsersAction[_Parser]) -> None:
    texts = {
        "show": "print what a run or a fit holds, with error bars",
        "compare": "compare sampled with exact and with the paper's printed forms",
        "plot": "draw curves with error bands, exact and printed forms, pulls; or the figures of a fit",
        "digest": "print one hash of all block sums",
        "export": "write all curves as CSV",
    }
    for name, text in texts.items():
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.add_argument("file", help="run file or fit file" if name in ("show", "plot") else "run file")
        if name in ("show", "plot", "export"):
            command.add_argument("--curve", action="append", help="only this curve, e.g. attenuation.resonant")
        if name == "show":
            command.add_argument("--all", action="store_true", help="every grid point, not a selection")
        if name in ("plot", "export"):
            command.add_argument("-o", "--output", help="folder to write to (default: that of the file)")
        if name == "plot":
            command.add_argument("--format", action="append", choices=("png", "svg"), help="default: both")
            _add_pictures(command)
        command.add_argument("--json", action="store_true", help="machine-readable output")
        command.set_defaults(module="reading", function=name)


def _add_pictures(plot: _Parser) -> None:
    """What ``plot`` draws instead of curves."""
    pictures = plot.add_mutually_exclusive_group()
    for name, what in (
        ("convergence", "running means over the number of defects"),
        ("samples", "histograms of the samples, and how much they differ"),
        ("defects", "what the tracked defects contribute"),
        ("telegraph", "the telegraph noise and its spectrum"),
    ):
        pictures.add_argument(f"--{name}", action="store_true", help=f"draw {what} instead")


def _add_report(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "write one page on runs and fits, one or several"
    report = commands.add_parser(
        "report",
        help=text,
        description=f"{text[0].upper()}{text[1:]}: what was done, results, how far they can be trusted, figures, and "
        "how to repeat it.  The page is one file that needs nothing else.",
    )
    report.add_argument("files", nargs="+", help="run files and fit files, in any order")
    report.add_argument("-o", "--output", help="page to write (default: the first file's name with .html, beside it)")
    report.add_argument("--force", action="store_true", help="replace an existing page")
    report.add_argument("--json", action="store_true", help="machine-readable output")
    report.set_defaults(module="report", function="report")


def _add_trajectories(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "what a run has recorded: running means, samples, single defects, telegraph noise"
    command = commands.add_parser("trajectories", help=text, description=text[0].upper() + text[1:] + ".")
    command.add_argument("file", help="run file")
    command.add_argument("--json", action="store_true", help="machine-readable output")
    command.set_defaults(module="trajectories", function="trajectories")


def _add_fit(commands: argparse._SubParsersAction[_Parser]) -> None:
    fit = commands.add_parser(
        "fit",
        help="fit measured curves: E*, chi, the density of defects",
        description="Fit the data that the [fit] of a spec names, or show what a fit file holds.",
    )
    fit.add_argument("spec", help="TOML file with a [fit], or a fit file")
    fit.add_argument(
        "-o", "--output", help="name of the files to write, FIT.fit.h5 and FIT.toml (default: SPEC-fitted)"
    )
    fit.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one entry of the spec")
    fit.add_argument("--rivals", action="store_true", help="compare with every other model of the same data")
    fit.add_argument("--sample", action="store_true", help="draw the posterior (needs emcee)")
    fit.add_argument("--plot", action="store_true", help="draw data, fit, residuals, profiles, posterior")
    fit.add_argument("--report", action="store_true", help="write one page on the fit, FIT.html")
    fit.add_argument("--force", action="store_true", help="replace existing files")
    fit.add_argument("--json", action="store_true", help="machine-readable output")
    fit.set_defaults(module="fit", function="fit")


def _add_tails(commands: argparse._SubParsersAction[_Parser]) -> None:
    tails = commands.add_parser(
        "tails",
        help="how much each answer hangs on its tail, and on which cut-off",
        description="Tail index, shares and the defects behind each average; with --sensitivity, a ranked table of "
        "d ln(answer)/d ln(parameter) for every parameter of every law.",
    )
    tails.add_argument("file", help="run file")
    tails.add_argument("--sensitivity", action="store_true", help="rank the parameters that the answers hang on")
    tails.add_argument("--defects", type=int, help="defects to vary for --sensitivity (default: 131,072)")
    tails.add_argument("--all", action="store_true", help="every grid point, not the heaviest tails only")
    tails.add_argument("--plot", action="store_true", help="draw instead of printing")
    tails.add_argument("-o", "--output", help="folder for --plot (default: that of the run file)")
    tails.add_argument("--json", action="store_true", help="machine-readable output")
    tails.set_defaults(module="tails", function="tails")
    reweight = commands.add_parser(
        "reweight",
        help="the observables of other laws from the same defects",
        description="Weigh the defects of a run by the ratio of new to old density.",
    )
    reweight.add_argument("file", help="run file")
    reweight.add_argument("--set", action="append", required=True, metavar="KEY=VALUE", help="change an entry of a law")
    reweight.add_argument("--json", action="store_true", help="machine-readable output")
    reweight.set_defaults(module="tails", function="reweight")


if __name__ == "__main__":
    sys.exit(main())
