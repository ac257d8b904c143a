"""``tlsmc run`` and ``tlsmc resume``."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from tlsmc.cli.output import print_json, summary
from tlsmc.errors import SpecError
from tlsmc.results.run import Run, overdamped_fraction
from tlsmc.simulation.resources import storing
from tlsmc.simulation.run import resume as resume_run
from tlsmc.simulation.run import run as run_spec
from tlsmc.simulation.target import relative_error, run_to_target
from tlsmc.spec.reader import load_spec
from tlsmc.spec.spec import Spec
from tlsmc.spec.sweep import is_sweep, load_sweep


def run(options: argparse.Namespace) -> None:
    """Run a spec, write its file, say what came out and what to do next."""
    changes = {"population.defects": options.defects, "population.samples": options.samples, "seed": options.seed}
    changes["store"] = options.store
    settings = tuple(f"{key}={value}" for key, value in changes.items() if value is not None)
    if is_sweep(options.spec):
        if options.part:
            raise SpecError(
                f"--part {options.part}: is for a single run, and {options.spec} has a [sweep]; leave it out"
            )
        _run_sweep(options, (*options.set, *settings))
        return
    spec = load_spec(options.spec, (*options.set, *settings))
    path = Path(options.output or Path(options.spec).stem + ".h5")
    notice = storing(spec, path, options.part)
    if notice:
        print(notice, file=sys.stderr)
    given = {"force": options.force, "kernel": options.kernel, **_workers(options)}
    if options.target_error is None:
        _report(options, run_spec(spec, path, part=options.part, **given))
        return
    if options.part:
        raise SpecError(f"--part {options.part}: a part cannot know when to stop; leave out --target-error")
    result = run_to_target(spec, path, options.target_error, quantile=options.target_quantile, **given)
    _report(options, result)
    reached = relative_error(result, options.target_quantile)
    if reached > options.target_error:
        print(f"warning: the relative error is {reached:.2g} at the limit of defects", file=sys.stderr)


def resume(options: argparse.Namespace) -> None:
    """Go on with a run file, perhaps to more defects or samples than it was begun with."""
    _report(
        options,
        resume_run(
            options.file,
            defects=options.defects,
            samples=options.samples,
            spec=load_spec(options.spec) if options.spec else None,
            **_workers(options),
        ),
    )


def _workers(options: argparse.Namespace) -> dict[str, Any]:
    names = ("jobs", "backend", "scheduler")
    return {name: getattr(options, name) for name in names} | {"budget": options.budget * 1e9}


def _report(options: argparse.Namespace, result: Run) -> None:
    """What came out, and what to do next."""
    if options.json:
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
    fraction = overdamped_fraction(result)
    if math.isfinite(fraction):
        print(f"overdamped (Gamma > E) are at most {fraction:.2%} of the defects, at the highest temperature")
    for command, meaning in (("show", "numbers"), ("compare", "against exact and printed"), ("plot", "pictures")):
        print(f"  tlsmc {command} {path}".ljust(32 + len(str(path))) + meaning)


def _run_sweep(options: argparse.Namespace, settings: tuple[str, ...]) -> None:
    """Run every point of a spec with a ``[sweep]``."""
    # Its table of tails needs much of scipy, for which a plain run need not wait.
    from tlsmc.cli.sweeping import run_sweep

    points = load_sweep(options.spec, settings)
    base = Path((options.output or Path(options.spec).stem).removesuffix(".h5"))

    def runner(spec: Spec, path: Path) -> Run:
        return run_spec(spec, path, force=options.force, kernel=options.kernel, **_workers(options))

    files = run_sweep(points, base, options.force, runner, table=not options.json)
    if options.json:
        print_json({"files": [str(path) for path in files]})
    else:
        print(f"{len(points)} run files and the table {files[-1]}")
