"""What is recorded in a run, in words and numbers: running means, samples, single defects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.cli.output import coordinates, print_table
from tlsmc.diagnostics.samples import FEWEST_SAMPLES, SampleStatistics
from tlsmc.formatting import grid_point, number, with_error
from tlsmc.results.run import Curve, Record, Run

#: Numbers of defects in the table of running means, and defects of each curve in that of shares.
_COUNTS, _NAMED = 4, 3
_STATISTICS = ("mean", "variance", "skewness", "ratio", "median", "typical")
_WHY = ("chosen", "random", "largest")


def recorded_data(run: Run, samples: list[SampleStatistics]) -> dict[str, Any]:
    """Everything that is printed, as plain data in natural units."""
    data: dict[str, Any] = {"complete": run.complete, "recorded": sorted(run.records)}
    if any(name.startswith("convergence/") for name in run.records):
        data["convergence"] = {curve.name: _convergence_data(curve, record) for curve, record in _converging(run)}
    if samples:
        data["samples"] = {found.name: _sample_data(found) for found in samples}
    if "defects" in run.records:
        record = run.records["defects"]
        shares = {curve.name: _share_data(curve, record) for curve in _components(run)}
        data["defects"] = {"count": len(record["why"]), "why": _reasons(record), "largest_shares": shares}
    return data


def _components(run: Run) -> list[Curve]:
    """Curves that are one component: contributions and running means are recorded for these."""
    return [curve for curve in map(run.__getitem__, run.names) if curve.component not in curve.gridded.observable.SUMS]


def _two_places(measure: Array) -> list[tuple[str, tuple[int, ...]]]:
    """The middle of a grid and the place of the largest measure, if that is another one."""
    middle = tuple(n // 2 for n in measure.shape)
    found = [("middle", middle)]
    if np.isfinite(measure).any():
        worst = tuple(int(i) for i in np.unravel_index(np.nanargmax(measure), measure.shape))
        found += [("worst", worst)] * (worst != middle)
    return found


def _converging(run: Run) -> list[tuple[Curve, Record]]:
    records = [(curve, run.records.get(f"convergence/{curve.gridded.name}")) for curve in _components(run)]
    return [(curve, record) for curve, record in records if record is not None]


def _running(curve: Curve, record: Record) -> tuple[Array, Array]:
    """Means and errors of one component, shape (*grid, counts)."""
    part = curve.parts[0]
    mean, error = record["mean"][part], record["error"][part]
    shape = (*curve.mean.shape, mean.shape[-1])
    return mean.reshape(shape), error.reshape(shape)


def _relative(mean: Array, error: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.abs(error / mean)
    return np.asarray(np.where(np.isfinite(relative), relative, np.nan))


def _convergence_data(curve: Curve, record: Record) -> list[dict[str, Any]]:
    mean, error = _running(curve, record)
    return [
        {
            "which": which,
            **coordinates(curve, place),
            "count": record["count"],
            "mean": mean[place],
            "error": error[place],
        }
        for which, place in _two_places(_relative(mean[..., -1], error[..., -1]))
    ]


def print_convergence(run: Run) -> None:
    """Running means after a few numbers of defects."""
    found = _converging(run)
    if not found:
        return
    counts = found[0][1]["count"]
    picks = np.unique(np.linspace(0, len(counts) - 1, min(_COUNTS, len(counts))).round().astype(int)).tolist()
    print("\nRunning means after so many defects, in the middle of each grid and where the relative error is largest")
    rows = []
    for curve, record in found:
        mean, error = _running(curve, record)
        for _, place in _two_places(_relative(mean[..., -1], error[..., -1])):
            cells = [with_error(float(mean[place][i]), float(error[place][i])) for i in picks]
            where = grid_point(curve.gridded.axes, place, run.spec.in_kelvin)
            rows.append([curve.name, where, *cells, number(float(curve.exact[place]))])
    print_table(("curve", "at", *(f"{counts[i]:,}" for i in picks), "exact"), rows)


def _sample_data(found: SampleStatistics) -> dict[str, Any]:
    pairs = {name: getattr(found, name) for name in _STATISTICS}
    data: dict[str, Any] = {"samples": found.samples}
    data |= {name: {"value": value, "error": error} for name, (value, error) in pairs.items()}
    exact = found.predicted
    return data | {"predicted": exact.ratio, "kurtosis": exact.kurtosis, "z": found.z, "reason": exact.reason}


def print_samples(run: Run, samples: list[SampleStatistics]) -> None:
    """How much the samples differ, with what is predicted."""
    layout, count = run.spec.layout, samples[0].samples
    size = f"a Poisson number of mean {layout.defects:,}" if layout.count == "poisson" else f"{layout.defects:,}"
    if count < FEWEST_SAMPLES:
        print(f"\nSamples: {count} are complete; a spread needs {FEWEST_SAMPLES} or more")
        return
    print(f"\nSpread over {count} samples of {size} defects, in the middle of each grid and where it is largest")
    rows = []
    for found in samples:
        curve = run[found.name]
        for _, place in _two_places(found.ratio.mean):
            shown = [_pair(getattr(found, name), place) for name in ("mean", "ratio")]
            others = [_pair(getattr(found, name), place) for name in ("skewness", "median", "typical")]
            z = float(found.z[place])
            exact = [number(float(found.predicted.ratio[place])), f"{z:+.1f}" if np.isfinite(z) else "-"]
            rows.append(
                [found.name, grid_point(curve.gridded.axes, place, run.spec.in_kelvin), *shown, *exact, *others]
            )
    head = ("curve", "at", "mean", "var/mean^2", "predicted", "z", "skewness", "median/mean", "typical/mean")
    print_table(head, rows)
    for found in samples:
        for words in filter(None, (_without_z(found), found.predicted.reason)):
            print(f"  {found.name}: {words}")


def _pair(estimate: Sequence[Array], place: tuple[int, ...]) -> str:
    value, error = estimate
    return with_error(float(value[place]), float(error[place]))


def _without_z(found: SampleStatistics) -> str:
    """Why a curve with a prediction has no z at some points."""
    without = np.isfinite(found.predicted.ratio) & ~np.isfinite(found.z)
    if not without.any():
        return ""
    least = float(found.predicted.kurtosis[without].min())
    return f"no z at {int(without.sum())} points; {found.samples} samples are few for a kurtosis of {least:.2g} or more"


def _reasons(record: Record) -> dict[str, int]:
    return {word: int((record["why"] >> bit & 1).sum()) for bit, word in enumerate(_WHY)}


def _largest(curve: Curve) -> list[tuple[int, tuple[int, ...], float]]:
    """Tracked defects with the largest shares of a sum anywhere, with the place and the share."""
    values = curve.run.records[f"defects/{curve.gridded.name}"]["contributions"][:, curve.parts[0]]
    total = curve.block_totals.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.nan_to_num(np.where(total != 0.0, np.abs(values / total), 0.0)).reshape(len(values), -1)
    order = np.argsort(-shares.max(axis=1), kind="stable")[:_NAMED].tolist()
    shape = curve.mean.shape
    return [
        (i, tuple(int(k) for k in np.unravel_index(shares[i].argmax(), shape)), float(shares[i].max()))
        for i in order
        if shares[i].any()
    ]


def _share_data(curve: Curve, record: Record) -> list[dict[str, Any]]:
    columns = [name for name in record.arrays if name != "why"]
    return [
        {"share": share, **coordinates(curve, place), "defect": {name: record[name][i] for name in columns}}
        for i, place, share in _largest(curve)
    ]


def print_defects(run: Run) -> None:
    """The tracked defects with the largest shares."""
    record = run.records.get("defects")
    if record is None:
        return
    parts = ", ".join(f"{count} {word}" for word, count in _reasons(record).items() if count)
    print(f"\nTracked: {len(record['why'])} defects ({parts}); the largest shares of a sum, and where")
    columns = [name for name in run.spec.population.COLUMNS if name in record.arrays and name != "q"]
    rows = []
    for curve in _components(run):
        for i, place, share in _largest(curve):
            about = [str(record["sample"][i]), *(f"{record[name][i]:.4g}" for name in columns)]
            rows.append([curve.name, grid_point(curve.gridded.axes, place, run.spec.in_kelvin), f"{share:.3%}", *about])
    print_table(("curve", "at", "share", "sample", *columns), rows)
