"""What is recorded in a run, in words and numbers: running means, samples, single defects, telegraph noise."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.special import chdtrc

from tlsmc.arrays import Array
from tlsmc.cli.output import coordinates, picked, print_table
from tlsmc.diagnostics.samples import FEWEST_SAMPLES, SampleStatistics
from tlsmc.diagnostics.telegraph import (
    FEWEST_SWITCHES,
    LEAST_DECADES,
    SMALL_EXCESS,
    defect_pulls,
    flicker_range,
    spectrum_bands,
    spectrum_exponent,
)
from tlsmc.formatting import coordinate, grid_point, number, with_error
from tlsmc.results.curve import Curve
from tlsmc.results.run import Record, Run
from tlsmc.units import OUTPUT_UNITS

#: Numbers of defects in the table of running means, and defects of each curve in that of shares.
_COUNTS, _NAMED = 4, 3
_STATISTICS = ("mean", "variance", "skewness", "ratio", "median", "typical")
_WHY = ("chosen", "random", "largest")


def recorded_data(run: Run, samples: list[SampleStatistics]) -> dict[str, Any]:
    """Everything that is printed, as plain data in natural units."""
    data: dict[str, Any] = {"complete": run.complete, "recorded": sorted(run.records)}
    for curve, place, running in _running_means(run):
        data.setdefault("convergence", {}).setdefault(curve.name, []).append(coordinates(curve, place) | running)
    if samples:
        data["samples"] = {found.name: _sample_data(found) for found in samples}
    if "defects" in run.records:
        record = run.records["defects"]
        shares: dict[str, list[Any]] = {curve.name: [] for curve in _components(run)}
        for curve, place, share, defect in _largest_shares(run):
            shares[curve.name].append({"share": share, **coordinates(curve, place), "defect": defect})
        data["defects"] = {"count": len(record["why"]), "why": _reasons(record), "largest_shares": shares}
    return data


def _components(run: Run) -> list[Curve]:
    """Curves that are one component: contributions and running means are recorded for these."""
    return [curve for curve in map(run.__getitem__, run.names) if curve.component not in curve.gridded.observable.SUMS]


def _where(curve: Curve, place: tuple[int, ...]) -> list[str]:
    return [curve.name, grid_point(curve.gridded.axes, place, curve.spec.in_kelvin)]


def _two_places(measure: Array) -> list[tuple[str, tuple[int, ...]]]:
    """The middle of a grid and the place of the largest measure, if that is another one."""
    middle = tuple(n // 2 for n in measure.shape)
    found = [("middle", middle)]
    if np.isfinite(measure).any():
        worst = tuple(int(i) for i in np.unravel_index(np.nanargmax(measure), measure.shape))
        found += [("worst", worst)] * (worst != middle)
    return found


def _running_means(run: Run) -> Iterator[tuple[Curve, tuple[int, ...], dict[str, Any]]]:
    """Running means of every component in the middle of its grid and where the relative error is largest."""
    for curve in _components(run):
        record = run.records.get(f"convergence/{curve.gridded.name}")
        if record is None:
            continue
        mean, error = (record[name][curve.parts[0]].reshape(*curve.mean.shape, -1) for name in ("mean", "error"))
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.abs(error / mean)[..., -1]
        for which, place in _two_places(np.where(np.isfinite(relative), relative, np.nan)):
            yield curve, place, {"which": which, "count": record["count"], "mean": mean[place], "error": error[place]}


def print_convergence(run: Run) -> None:
    """Running means after a few numbers of defects."""
    found = list(_running_means(run))
    if not found:
        return
    counts = found[0][2]["count"]
    picks = np.unique(np.linspace(0, len(counts) - 1, min(_COUNTS, len(counts))).round().astype(int)).tolist()
    print("\nRunning means after so many defects, in the middle of each grid and where the relative error is largest")
    rows = [
        [
            *_where(curve, place),
            *(with_error(float(running["mean"][i]), float(running["error"][i])) for i in picks),
            number(float(curve.exact[place])),
        ]
        for curve, place, running in found
    ]
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
    head = ("curve", "at", "mean", "var/mean^2", "predicted", "z", "skewness", "median/mean", "typical/mean")
    print_table(
        head,
        [_sample_row(run[found.name], found, place) for found in samples for _, place in _two_places(found.ratio.mean)],
    )
    for found in samples:
        for words in filter(None, (_without_z(found), found.predicted.reason)):
            print(f"  {found.name}: {words}")


def _sample_row(curve: Curve, found: SampleStatistics, place: tuple[int, ...]) -> list[str]:
    pairs = {name: [float(array[place]) for array in getattr(found, name)] for name in _STATISTICS}
    mean, _, skewness, ratio, median, typical = (with_error(*pair) for pair in pairs.values())
    z = float(found.z[place])
    exact = [number(float(found.predicted.ratio[place])), f"{z:+.1f}" if np.isfinite(z) else "-"]
    return [*_where(curve, place), mean, ratio, *exact, skewness, median, typical]


def _without_z(found: SampleStatistics) -> str:
    """Why a curve with a prediction has no z at some points."""
    without = np.isfinite(found.predicted.ratio) & ~np.isfinite(found.z)
    if not without.any():
        return ""
    least = float(found.predicted.kurtosis[without].min())
    return f"no z at {int(without.sum())} points; {found.samples} samples are few for a kurtosis of {least:.2g} or more"


def _reasons(record: Record) -> dict[str, int]:
    return {word: int((record["why"] >> bit & 1).sum()) for bit, word in enumerate(_WHY)}


def _largest_shares(run: Run) -> Iterator[tuple[Curve, tuple[int, ...], float, dict[str, Any]]]:
    """Tracked defects with the largest shares of each sum anywhere, with the place, the share and what they are."""
    record = run.records["defects"]
    for curve in _components(run):
        values = run.records[f"defects/{curve.gridded.name}"]["contributions"][:, curve.parts[0]]
        values = values.reshape(-1, *curve.gridded.shape)
        total = curve.block_totals.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.nan_to_num(np.where(total != 0.0, np.abs(values / total), 0.0)).reshape(len(values), -1)
        for i in np.argsort(-shares.max(axis=1), kind="stable")[:_NAMED].tolist():
            if shares[i].any():
                place = tuple(int(k) for k in np.unravel_index(shares[i].argmax(), curve.mean.shape))
                defect = {name: array[i] for name, array in record.arrays.items() if name != "why"}
                yield curve, place, float(shares[i].max()), defect


def print_defects(run: Run) -> None:
    """The tracked defects with the largest shares."""
    record = run.records.get("defects")
    if record is None:
        return
    parts = ", ".join(f"{count} {word}" for word, count in _reasons(record).items() if count)
    print(f"\nTracked: {len(record['why'])} defects ({parts}); the largest shares of a sum, and where")
    columns = [name for name in run.spec.population.COLUMNS if name in record.arrays and name != "q"]
    rows = [
        [*_where(curve, place), f"{share:.3%}", str(defect["sample"]), *(f"{defect[name]:.4g}" for name in columns)]
        for curve, place, share, defect in _largest_shares(run)
    ]
    print_table(("curve", "at", "share", "sample", *columns), rows)


def telegraph_data(run: Run) -> dict[str, Any]:
    """Everything that is printed, as plain data in natural units."""
    record, noise = run.records["telegraph"], run.spec.trajectories.telegraph
    assert noise is not None
    bands = spectrum_bands(record, noise)
    exponent = spectrum_exponent(bands, flicker_range(record, noise, run.spec.material.given["chi"]))
    count, chi2 = bands.z.size, float((bands.z**2).sum())
    test = {"bands": count, "chi2": chi2, "p_value": float(chdtrc(count, chi2)) if count else np.nan}
    return picked(noise, "defects times step temperature") | {
        "rates": {"slowest": record["rate"].min(), "fastest": record["rate"].max()},
        "frozen_fraction": float((record["switches"] == 0.0).mean()),
        "pulls": {name: asdict(defect_pulls(record, name)) for name in ("fraction", "switches")},
        "spectrum": test | picked(bands, "omega ratio dof z"),
        "exponent": None if exponent is None else asdict(exponent),
    }


def print_telegraph(data: dict[str, Any], in_kelvin: bool) -> None:
    """The noise, its single defects and its spectrum in words."""
    size, unit = OUTPUT_UNITS["rate"] if in_kelvin else (1.0, "")
    slow, fast = (f"{size * rate:.3g} {unit}".rstrip() for rate in data["rates"].values())
    step = coordinate("time", data["step"], in_kelvin)
    place = coordinate("temperature", data["temperature"], in_kelvin)
    print(f"\nTelegraph noise of {data['defects']:,} defects at T = {place}: {data['times']:,} times, {step} apart")
    print(f"  1/T1 from {slow} to {fast}; {data['frozen_fraction']:.1%} of the defects never switched")
    _print_pulls(data["pulls"])
    test = data["spectrum"]
    if not test["bands"]:
        print(
            f"  spectrum: no test; single switches add more than {SMALL_EXCESS:g} of 2/dof to the scatter of every "
            "bin, which is not chi^2 then; record more defects or times"
        )
    else:
        low, high = (coordinate("frequency", float(value), in_kelvin) for value in test["omega"][[0, -1]])
        print(
            f"  spectrum over its exact expectation: {test['bands']} independent bands from {low} to {high}, "
            f"chi2 = {test['chi2']:.1f}, p = {number(test['p_value'])}, largest |z| = {np.abs(test['z']).max():.1f}"
        )
    exponent = data["exponent"]
    if exponent is None:
        print(
            f"  exponent: none; less than {LEAST_DECADES:g} decade of the spectrum between ten times the slowest rate "
            "and a tenth of chi T can be judged"
        )
        return
    low, high = (coordinate("frequency", exponent[end], in_kelvin) for end in ("low", "high"))
    print(
        f"  S ~ 1/omega^a from {low} to {high}: a = {with_error(exponent['value'], exponent['error'])}, "
        f"and {exponent['exact']:.4f} of the exact spectrum there"
    )


def _print_pulls(found: dict[str, dict[str, Any]]) -> None:
    judged = found["switches"]["defects"]
    if not judged:
        print(f"  single defects: no test; none is expected to switch {FEWEST_SWITCHES:g} times")
        return
    print(f"  the {judged:,} defects that are expected to switch {FEWEST_SWITCHES:g} times or more:")
    words = {"fraction": "time in the upper level", "switches": "number of switches"}
    rows = [
        [words[name], number(p["chi2"]), str(p["defects"]), number(p["p_value"]), number(p["largest"])]
        for name, p in found.items()
    ]
    print_table(("pulls of", "chi2", "dof", "p", "max |z|"), rows, "    ")
