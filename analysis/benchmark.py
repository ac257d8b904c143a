"""The project side by side with its alternatives, measured in one run: tables, JSON and a picture.

Beside it are a plain NumPy script, a fused loop in C, vegas and scipy's cubature point by point.  The problem is the
attenuation of Eqs. 10-12 with the population of Eq. 2, both mechanisms with first and second moments.

    python analysis/benchmark.py [-o FOLDER] [--quick | --full]

The default takes some minutes on two processors, --full about an hour (it goes on to 10^9 defects), --quick only shows
that all of it works.  Needs the extras ``plot``, ``fast`` and the package vegas (extra ``test``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from benchmarking import errors, fits, kernels, processes
from benchmarking.picture import draw
from benchmarking.problem import DEFAULT, FULL, QUICK, Size
from benchmarking.report import Part, as_json, as_markdown, machine

from tlsmc.errors import ValidityWarning
from tlsmc.reporting.figures import save_figure

MEASUREMENTS: dict[str, Callable[[Size, Path], Part]] = {
    "kernels": kernels.measure,
    "processes": processes.measure,
    "overhead": processes.overhead,
    "errors": errors.measure,
    "ladders": processes.ladders,
    "start-up": processes.start_up,
    "fits": fits.measure,
}


def measured(size: Size) -> dict[str, Part]:
    """All measurements, one after the other."""
    parts = {}
    with tempfile.TemporaryDirectory(prefix="tlsmc-benchmark-") as folder, warnings.catch_warnings():
        # Sharp resonances and overdamped defects are wanted here.
        warnings.simplefilter("ignore", ValidityWarning)
        for name, measure in MEASUREMENTS.items():
            begin = time.perf_counter()
            parts[name] = measure(size, Path(folder))
            print(f"{name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure tlsmc side by side with its alternatives.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="seconds only, to see that it works")
    sizes.add_argument("--full", action="store_true", help="about an hour, up to 10^9 defects")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL if options.full else DEFAULT
    options.output.mkdir(parents=True, exist_ok=True)
    about = machine()
    parts = measured(size)
    texts = {"md": as_markdown(size.name, about, parts), "json": as_json(size.name, about, parts)}
    for suffix, text in texts.items():
        path = options.output / f"benchmark.{suffix}"
        path.write_text(text, encoding="utf-8")
        print(path)
    for path in save_figure(draw(parts), options.output / "benchmark"):
        print(path)


if __name__ == "__main__":
    main()
