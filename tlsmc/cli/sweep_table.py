"""``tlsmc run`` of a spec with a ``[sweep]``: one run file per point, one table."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.cli.output import print_files, print_table, write_csv
from tlsmc.diagnostics.tails import CurveTails, run_tails
from tlsmc.errors import SpecError
from tlsmc.formatting import number, with_error
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run
from tlsmc.results.store.output import check_output
from tlsmc.simulation import run as simulation
from tlsmc.spec.sweep import SweepPoint, load_sweep

#: Axes that every table has; others follow where there are any.
_AXES = ("temperature", "frequency", "time")


def run_sweep(options: Namespace, settings: tuple[str, ...], **how: Any) -> None:
    """Run every point of a sweep into ``BASE.000.h5``, ... and write ``BASE.csv``, then print a table.

    Existing outputs are refused before anything runs.
    """
    if options.part:
        raise SpecError(f"--part {options.part}: is for a single run, and {options.spec} has a [sweep]; leave it out")
    points = load_sweep(options.spec, settings)
    base = Path((options.output or Path(options.spec).stem).removesuffix(".h5"))
    width = max(3, len(str(len(points) - 1)))
    paths = [base.with_name(f"{base.name}.{i:0{width}}.h5") for i in range(len(points))]
    csv_path = base.with_name(f"{base.name}.csv")
    for path in (*paths, csv_path):
        check_output(path, options.force)
    runs = [simulation.run(point.spec, path, **how) for point, path in zip(points, paths, strict=True)]
    tails = [run_tails(run) for run in runs]
    write_csv(csv_path, _table(points, runs, tails))
    if options.json:
        print_files([*paths, csv_path], as_json=True)
        return
    _print_table(points, runs, tails)
    print(f"{len(points)} run files and the table {csv_path}")


def _table(points: list[SweepPoint], runs: list[Run], tails: list[dict[str, CurveTails]]) -> Iterator[Sequence[object]]:
    """Every curve of every point on its whole grid, with error, exact value and tail index; 0 on axes it has not."""
    axes = list(dict.fromkeys([*_AXES, *(axis for name in runs[0].names for axis in runs[0][name].axes)]))
    titles = ["omega" if axis == "frequency" else axis for axis in axes]
    yield ["point", "settings", "curve", *titles, "mean", "error", "exact", "tail index"]
    for k, (point, run, found) in enumerate(zip(points, runs, tails, strict=True)):
        for name in run.names:
            for row in _rows(run[name], found.get(name), axes):
                yield [k, point.label, name, *map(repr, row)]


def _rows(curve: Curve, tails: CurveTails | None, axes: list[str]) -> Iterator[list[float]]:
    columns = dict.fromkeys(axes, np.zeros(curve.gridded.shape))
    columns |= zip(curve.axes, np.meshgrid(*curve.gridded.values, indexing="ij"), strict=True)
    index = np.full(curve.gridded.shape, np.nan) if tails is None else tails.index
    arrays = (*columns.values(), *curve.estimate, curve.exact, index)
    yield from np.stack([array.ravel() for array in arrays], axis=1).tolist()


def _print_table(points: list[SweepPoint], runs: list[Run], tails: list[dict[str, CurveTails]]) -> None:
    """One line per point and curve, at the middle of the grid and at the heaviest tail."""
    rows = []
    for k, (run, found) in enumerate(zip(runs, tails, strict=True)):
        for name, result in found.items():
            curve = run[name]
            middle = tuple(n // 2 for n in curve.gridded.shape)
            worst = result.worst_first()[0]
            value = with_error(float(curve.estimate.mean[middle]), float(curve.estimate.error[middle]))
            exact = number(float(curve.exact[middle]))
            heaviest = with_error(float(result.index[worst]), float(result.index_error[worst]))
            rows.append([str(k), name, value, exact, heaviest, result.meaning(worst), result.rests_on(worst)])
    for k, point in enumerate(points):
        print(f"point {k}: {point.label}")
    print("\nEach curve at the middle of its grid, and its heaviest tail")
    print_table(("point", "curve", "sampled", "exact", "tail index", "statistics", "rests on"), rows)
