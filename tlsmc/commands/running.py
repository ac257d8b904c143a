"""``tlsmc run``."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from tlsmc.commands.output import print_json
from tlsmc.ensemble import run as run_spec
from tlsmc.errors import SpecError
from tlsmc.results import Run
from tlsmc.spec import load_spec


def run(options: argparse.Namespace) -> None:
    """Run a spec, write its file, say what came out and what to do next."""
    if options.jobs < 1:
        raise SpecError(f"--jobs {options.jobs}: is below 1; give the number of workers")
    changes = {"population.defects": options.defects, "population.samples": options.samples, "seed": options.seed}
    settings = tuple(f"{key}={value}" for key, value in changes.items() if value is not None)
    spec = load_spec(options.spec, (*options.set, *settings))
    path = Path(options.output or Path(options.spec).stem + ".h5")
    result = run_spec(spec, path, jobs=options.jobs, backend=options.backend, force=options.force)
    if options.json:
        print_json(summary(result))
        return
    seconds = result.provenance.wall_seconds
    layout = spec.layout
    rate = f"{result.defects / seconds:,.0f} a second"
    print(f"{path}: {layout.samples} x {layout.defects:,} defects in {seconds:.1f} s ({rate})")
    print(f"digest {result.digest()}")
    fraction = overdamped_fraction(result)
    if math.isfinite(fraction):
        print(f"overdamped (Gamma > E) are at most {fraction:.2%} of the defects, at the highest temperature")
    for command, meaning in (("show", "numbers"), ("compare", "against exact and printed"), ("plot", "pictures")):
        print(f"  tlsmc {command} {path}".ljust(32 + len(str(path))) + meaning)


def summary(result: Run) -> dict[str, object]:
    """What a finished run says of itself."""
    return {
        "file": result.path,
        "title": result.spec.title,
        "samples": result.spec.layout.samples,
        "defects": result.spec.layout.defects,
        "seed": result.spec.layout.seed,
        "complete": result.complete,
        "wall_seconds": result.provenance.wall_seconds,
        "kernel": result.provenance.kernel,
        "overdamped_fraction": overdamped_fraction(result),
        "spec_hash": result.spec.hash(),
        "digest": result.digest(),
    }


def overdamped_fraction(result: Run) -> float:
    """Largest overdamped fraction over the temperatures, NaN if no observable uses Gamma."""
    if "linewidth.overdamped" not in result.names:
        return float("nan")
    return float(result["linewidth.overdamped"].mean.max())
