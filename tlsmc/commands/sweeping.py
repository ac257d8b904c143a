"""``tlsmc run`` of a spec with a ``[sweep]``: one run file per point, one table."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tlsmc.commands.output import number, print_table, with_error
from tlsmc.ensemble import check_output
from tlsmc.errors import StoreError
from tlsmc.results import Run
from tlsmc.spec import Spec
from tlsmc.sweeps import SweepPoint
from tlsmc.tails import curve_tails

_HEADER = ("point", "settings", "curve", "temperature", "omega", "mean", "error", "exact", "tail index")


def run_sweep(points: list[SweepPoint], base: Path, force: bool, runner: Callable[[Spec, Path], Run]) -> list[Path]:
    """Run every point of a sweep into ``BASE.000.h5``, ... and write ``BASE.csv``, then print a table.

    Existing outputs are refused before anything runs.
    """
    width = max(3, len(str(len(points) - 1)))
    paths = [base.with_name(f"{base.name}.{i:0{width}}.h5") for i in range(len(points))]
    table = base.with_name(f"{base.name}.csv")
    for path in (*paths, table):
        check_output(path, force)
    runs = [runner(point.spec, path) for point, path in zip(points, paths, strict=True)]
    _write_table(table, points, runs)
    _print_table(points, runs)
    return [*paths, table]


def _write_table(path: Path, points: list[SweepPoint], runs: list[Run]) -> None:
    """Every curve of every point on its whole grid, with error, exact value and tail index."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                ["point", "settings", "curve", "temperature", "omega", "mean", "error", "exact", "tail index"]
            )
            for k, (point, run) in enumerate(zip(points, runs, strict=True)):
                for name in run.names:
                    writer.writerows([k, point.label, name, *map(repr, row)] for row in _rows(run, name))
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another folder with -o") from None


def _rows(run: Run, name: str) -> list[tuple[float, ...]]:
    curve = run[name]
    shape = curve.study.grid
    index = curve_tails(curve).index if len(curve.parts) == 1 else np.full(shape, np.nan)
    arrays = (*curve.estimate, curve.exact.reshape(shape), index)
    return [
        (T, w, *(float(array[i, j]) for array in arrays))
        for i, T in enumerate(curve.study.temperature)
        for j, w in enumerate(curve.study.frequency)
    ]


def _print_table(points: list[SweepPoint], runs: list[Run]) -> None:
    """One line per point and curve, at the middle of the grid and at the heaviest tail."""
    rows = []
    for point, run in zip(points, runs, strict=True):
        for name in run.names:
            curve = run[name]
            if len(curve.parts) > 1:
                continue
            middle = tuple(n // 2 for n in curve.study.grid)
            tails = curve_tails(curve)
            worst = tails.worst_first()[0]
            value = with_error(float(curve.estimate.mean[middle]), float(curve.estimate.error[middle]))
            exact = number(float(curve.exact.reshape(curve.study.grid)[middle]))
            heaviest = with_error(float(tails.index[worst]), float(tails.index_error[worst]))
            rows.append([point.label, name, value, exact, heaviest, tails.meaning(worst), tails.rests_on(worst)])
    print("Each curve at the middle of its grid, and its heaviest tail")
    print_table(("point", "curve", "sampled", "exact", "tail index", "statistics", "rests on"), rows)
