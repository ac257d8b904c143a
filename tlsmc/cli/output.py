"""Tables and JSON for the terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.errors import StoreError
from tlsmc.results.run import Run, overdamped_fraction


def print_json(value: object) -> None:
    """Print plain data as JSON; NaN and infinity, which JSON lacks, become null."""
    print(json.dumps(_plain(value), indent=2))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "  ") -> None:
    """Print right-aligned columns under a header."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    for row in (header, *rows):
        print(indent + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_heading(run: Run) -> None:
    """Title, size, laws and provenance of a run."""
    layout, made = run.spec.layout, run.provenance
    print(run.spec.title or "untitled")
    print(
        f"  {layout.samples} x {layout.defects:,} defects ({layout.sampling}, {layout.count} count), {layout.seed_text}"
    )
    for name, law in run.spec.population.laws.items():
        print(f"  {name}: {law}")
    print(
        f"  tlsmc {made.version}, {made.kernel} kernel, numpy {made.numpy}, {made.started}, {made.wall_seconds:.1f} s"
    )
    if not run.complete:
        print(f"  unfinished: {run.sums.done.mean():.1%} of the blocks are done, all numbers are from those")
    fraction = overdamped_fraction(run)
    if np.isfinite(fraction):
        print(f"  overdamped (Gamma > E): at most {fraction:.2%} of the defects")


def plot_base(name: str, output: str | None) -> Path:
    """Path that output names start with: the run file's without its ending, in the folder asked for."""
    file = Path(name)
    folder = Path(output) if output else file.parent
    if not folder.is_dir():
        raise StoreError(f"-o {folder}: is not a folder; make it or choose another")
    return folder / file.stem


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
