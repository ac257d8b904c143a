"""``tlsmc run``: from a spec to its run file; what ``resume`` shares with it."""

from __future__ import annotations

import math
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlsmc.cli.output import picked, print_json, summary
from tlsmc.errors import SpecError

if TYPE_CHECKING:
    from tlsmc.results.run import Run


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Run a spec and write its run file."
    parser.add_argument("spec", help="TOML file, e.g. runs/quickstart.toml")
    parser.add_argument("-o", "--output", help="run file to write (default: the spec's name with .h5, in this folder)")
    parser.add_argument("--defects", type=int, help="defects in each sample")
    parser.add_argument("--samples", type=int, help="samples, i.e. pieces of metal")
    parser.add_argument("--seed", type=int, help="seed of all randomness")
    parser.add_argument("--kernel", choices=("numba", "numpy"), help="default: numba if it is installed")
    parser.add_argument(
        "--target-error", type=float, metavar="X", help="stop at this relative error; the spec's defects are the limit"
    )
    parser.add_argument(
        "--target-quantile", type=float, default=1.0, metavar="Q", help="share of the grid that must reach it (1)"
    )
    parser.add_argument(
        "--part", default="", metavar="K/N", help="compute the K-th of N parts only, to be merged later"
    )
    parser.add_argument("--store", choices=("none", "population", "contributions"), help="what to keep of every defect")
    add_workers(parser)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one entry of the spec")
    parser.add_argument("--force", action="store_true", help="replace an existing run file")


def add_workers(parser: ArgumentParser) -> None:
    """Options of who computes."""
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers (default: all processors)")
    text = "kind of workers (default: by kernel)"
    parser.add_argument("--backend", choices=("threading", "loky", "dask"), help=text)
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, tcp://host:8786")
    parser.add_argument("--budget", type=float, default=10.0, metavar="GB", help="most to store (default: 10)")


def workers(options: Namespace) -> dict[str, Any]:
    """Arguments of a run that say who computes and how much may be stored."""
    return picked(options, "jobs backend scheduler") | {"budget": options.budget * 1e9}


def run(options: Namespace) -> None:
    """Run a spec, or every point of its sweep."""
    from tlsmc.simulation import run as simulation
    from tlsmc.simulation.resources import storing
    from tlsmc.simulation.target import relative_error, run_to_target
    from tlsmc.spec.reader import load_spec
    from tlsmc.spec.sweep import is_sweep

    changes = {"population.defects": options.defects, "population.samples": options.samples, "seed": options.seed}
    changes["store"] = options.store
    settings = (*options.set, *(f"{key}={value}" for key, value in changes.items() if value is not None))
    how = {"force": options.force, "kernel": options.kernel, **workers(options)}
    if is_sweep(options.spec):
        # Its table of tails needs much of scipy, for which a plain run need not wait.
        from tlsmc.cli.sweep_table import run_sweep

        run_sweep(options, settings, **how)
        return
    spec = load_spec(options.spec, settings)
    path = Path(options.output or Path(options.spec).stem + ".h5")
    if notice := storing(spec, path, options.part):
        print(notice, file=sys.stderr)
    if options.target_error is None:
        print_outcome(simulation.run(spec, path, part=options.part, **how), options.json)
        return
    if options.part:
        raise SpecError(f"--part {options.part}: a part cannot know when to stop; leave out --target-error")
    result = run_to_target(spec, path, options.target_error, quantile=options.target_quantile, **how)
    print_outcome(result, options.json)
    reached = relative_error(result, options.target_quantile)
    if reached > options.target_error:
        print(f"warning: the relative error is {reached:.2g} at the limit of defects", file=sys.stderr)


def print_outcome(result: Run, as_json: bool) -> None:
    """What came out, and what to do next."""
    if as_json:
        print_json(summary(result))
        return
    path, part = result.path, result.provenance.part
    seconds = result.provenance.wall_seconds
    layout = result.spec.layout
    if part:
        print(f"{path}: part {part}, {result.defects:,} defects in {seconds:.1f} s")
        print(f"  tlsmc merge {path} OTHERS -o WHOLE.h5".ljust(48) + "when all parts are there")
        return
    rate = f"{result.defects / seconds:,.0f} a second" if seconds else "-"
    print(f"{path}: {layout.samples} x {layout.defects:,} defects in {seconds:.1f} s ({rate})")
    print(f"digest {result.digest()}")
    if math.isfinite(result.overdamped_fraction):
        share = f"{result.overdamped_fraction:.2%}"
        print(f"overdamped (Gamma > E) are at most {share} of the defects, at the highest temperature")
    for command, meaning in (("show", "numbers"), ("compare", "against exact and printed"), ("plot", "pictures")):
        print(f"  tlsmc {command} {path}".ljust(32 + len(str(path))) + meaning)
