"""``tlsmc status``: how far a run is, by its last checkpoint; the writer, if there is one, notices nothing."""

from __future__ import annotations

import math
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tlsmc.cli.output import print_json, print_table
from tlsmc.formatting import grid_point, with_error

if TYPE_CHECKING:
    from tlsmc.results.run import Run


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "How far a run is."
    parser.add_argument("file", help="run file")


def run(options: Namespace) -> None:
    """Print the share that is done, the time left, and means so far."""
    from tlsmc.results.run import part_mask
    from tlsmc.results.store import open_run
    from tlsmc.results.store.output import resume_command

    result = open_run(options.file)
    made = result.provenance
    wanted = part_mask(result.spec, made.part)
    total = int((result.spec.layout.block_sizes * wanted).sum())
    complete = not (wanted & ~result.sums.done).any()
    left = (total - result.defects) / made.rate if made.rate else math.nan
    try:
        age = max(0.0, time.time() - Path(options.file).stat().st_mtime)
    except OSError:
        age = math.nan
    if options.json:
        about = {"file": options.file, "title": result.spec.title, "part": made.part, "complete": complete}
        progress = {"defects_done": result.defects, "defects": total, "rate": made.rate, "seconds_left": left}
        progress |= {"checkpoint_age": age, "wall_seconds": made.wall_seconds}
        means = {name: {"mean": result[name].mean, "error": result[name].error} for name in result.names}
        print_json(about | progress | {"curves": means})
        return
    print(f"{result.spec.title or 'untitled'}{f' (part {made.part})' if made.part else ''}")
    print(f"  {result.defects:,} of {total:,} defects done ({result.defects / total if total else 1.0:.1%})")
    if complete:
        print(f"  complete after {_duration(made.wall_seconds)}")
    else:
        when = f"{_duration(left)} left as of the last checkpoint, {_duration(age)} ago"
        print(f"  {made.rate:,.0f} defects a second, {when}")
        print(f"  if it has stopped: {resume_command(Path(options.file))}")
    if result.defects:
        _print_middle(result)


def _print_middle(result: Run) -> None:
    """Every curve at the middle of its grid."""
    rows = []
    for curve in map(result.__getitem__, result.names):
        place = tuple(n // 2 for n in curve.mean.shape)
        where = grid_point(curve.gridded.axes, place, result.spec.in_kelvin)
        rows.append([curve.name, where, with_error(float(curve.mean[place]), float(curve.error[place]))])
    print_table(("curve", "at", "mean so far"), rows)


def _duration(seconds: float) -> str:
    """A time as people say it."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
