"""Commands that look after run files: ``status``, ``merge``, ``verify``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from tlsmc.cli.output import print_json, print_table, summary
from tlsmc.errors import SpecError
from tlsmc.formatting import axis_title, coordinate, with_error
from tlsmc.results.run import Run, part_mask
from tlsmc.results.store import open_run, sealed_kind
from tlsmc.results.store.output import resume_command
from tlsmc.simulation.merge import merge as merge_runs
from tlsmc.simulation.verify import verify as verify_run

#: Blocks that `verify` computes anew unless told otherwise.
_BLOCKS = 3


def status(options: argparse.Namespace) -> None:
    """How far a run is, by its last checkpoint; the writer, if there is one, notices nothing."""
    run = open_run(options.file)
    wanted = part_mask(run.spec, run.provenance.part)
    total = int((run.spec.layout.block_sizes * wanted).sum())
    rate, complete = run.provenance.rate, not (wanted & ~run.sums.done).any()
    left = (total - run.defects) / rate if rate else float("nan")
    try:
        age = max(0.0, time.time() - Path(options.file).stat().st_mtime)
    except OSError:
        age = float("nan")
    if options.json:
        about = {"file": options.file, "title": run.spec.title, "part": run.provenance.part, "complete": complete}
        progress = {"defects_done": run.defects, "defects": total, "rate": rate, "seconds_left": left}
        means = {name: {"mean": run[name].mean, "error": run[name].error} for name in run.names}
        print_json(
            about | progress | {"checkpoint_age": age, "wall_seconds": run.provenance.wall_seconds, "curves": means}
        )
        return
    print(f"{run.spec.title or 'untitled'}{f' (part {run.provenance.part})' if run.provenance.part else ''}")
    print(f"  {run.defects:,} of {total:,} defects done ({run.defects / total if total else 1.0:.1%})")
    if complete:
        print(f"  complete after {_duration(run.provenance.wall_seconds)}")
    else:
        print(f"  {rate:,.0f} defects a second, {_duration(left)} left as of the last checkpoint, {_duration(age)} ago")
        print(f"  if it has stopped: {resume_command(Path(options.file))}")
    if run.defects:
        _print_middle(run)


def _print_middle(run: Run) -> None:
    """Every curve at the middle of its grid."""
    rows = []
    for name in run.names:
        curve = run[name]
        axes = list(curve.gridded.axes.values())
        place = tuple(len(axis) // 2 for axis in axes)
        kelvin = run.spec.in_kelvin
        where = [
            f"{axis_title(axis, kelvin)} = {coordinate(axis, values[i], kelvin)}"
            for axis, values, i in zip(curve.axes, axes, place, strict=True)
        ]
        rows.append([name, ", ".join(where), with_error(float(curve.mean[place]), float(curve.error[place]))])
    print_table(("curve", "at", "mean so far"), rows)


def _duration(seconds: float) -> str:
    """A time as people say it."""
    if not np.isfinite(seconds):
        return "an unknown time"
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def merge(options: argparse.Namespace) -> None:
    """Put several run files together."""
    run = merge_runs(options.files, options.output, force=options.force)
    if options.json:
        print_json(summary(run))
        return
    layout = run.spec.layout
    print(f"{run.path}: {layout.samples} x {layout.defects:,} defects from {len(options.files)} files")
    if run.complete:
        print(f"digest {run.digest()}")
    else:
        print(
            f"{run.sums.done.mean():.1%} of the blocks are there; `{resume_command(Path(run.path))}` computes the rest"
        )


def verify(options: argparse.Namespace) -> None:
    """Check a run file, or a fit file."""
    if sealed_kind(options.file) == "fit file":
        from tlsmc.cli import fitfile

        fitfile.verify(options)
        return
    blocks = _BLOCKS if options.blocks is None else options.blocks
    if blocks < 0:
        raise SpecError(f"--blocks {blocks}: is below 0; give the number of blocks to compute anew")
    checked = verify_run(options.file, blocks=blocks)
    run = checked.run
    if options.json:
        found = {"blocks": checked.recomputed, "shards": checked.shards, "same_bits": checked.same_bits}
        print_json({"file": run.path, "sound": True, "complete": run.complete, "digest": run.digest()} | found)
        return
    print(f"{run.path}: sound; the sums of {int(run.sums.done.sum()):,} blocks are possible ones")
    if checked.shards:
        print(f"  {checked.shards:,} shards are as listed")
    if checked.recomputed:
        names = ", ".join(f"{sample}/{block}" for sample, block in checked.recomputed)
        agree = "bit for bit" if checked.same_bits else "to rounding (another version or processor made the file)"
        print(f"  computed anew (sample/block) {names}: the same {agree}")
