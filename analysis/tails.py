"""Which defects make which answer: the share of each average that comes from every part of the plane of defects.

For tunnelling defects the plane is (E/E*, p), for Kondo defects (T_K/T_K*, Delta/Delta*), in logarithmic bins, with one
row of maps for each observable and one column for each of two temperatures.  The contours enclose half and nine tenths
of the average in the fewest bins.  The paper holds that "everything we will be speaking about is determined by typical
TLS rather than by tails of the distribution": the numbers in the corners say how many of all defects make half of it.

    python analysis/tails.py [SPEC ...] [-o FOLDER] [--defects N]

The specs are run files' TOML, by default runs/gold_wire.toml and runs/kondo_gold.toml.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

import tlsmc
from tlsmc.diagnostics.tails import first_columns
from tlsmc.observables.program import contributions
from tlsmc.reporting.figures import save_figure
from tlsmc.reporting.figures.style import GREY, INK, styled
from tlsmc.results.curve import curve_names
from tlsmc.spec.spec import GriddedObservable, Spec

Array = NDArray[np.float64]

RUNS = Path(__file__).parent.parent / "runs"
#: Columns that span the plane of a model, and their symbols with their scales.
PLANES = {
    "tunnelling": (("E", "p"), ("$E/E^{*}$", "$p$")),
    "kondo": (("T_K", "Delta"), ("$T_K/T_K^{*}$", r"$\Delta/\Delta^{*}$")),
}
#: Bins along an axis, and the part of the defects below the first of them.
BINS, BELOW = 24, 1e-3
#: Low and high temperature in units of E* or T_K*, and the part of the average that the contours enclose.
TEMPERATURES, INSIDE = (0.25, 25.0), (0.5, 0.9)


@dataclass(frozen=True)
class Map:
    """Share of an average per bin, shape (bins of y, bins of x), and the part of the defects that makes half of it."""

    shares: Array
    half: float


def bins(values: Array) -> Array:
    """Logarithmic edges up to the largest value; the first bin is to hold everything below it too."""
    edges = np.geomspace(np.quantile(values, BELOW), values.max(), BINS + 1)
    edges[-1] = values.max()
    return edges


def share_map(values: Array, x: Array, y: Array, edges: tuple[Array, Array]) -> Map:
    """Histogram of contributions over the plane, normalised to 1."""
    clipped = (np.maximum(column, edge[0]) for column, edge in zip((y, x), edges[::-1], strict=True))
    total, _, _ = np.histogram2d(*clipped, bins=edges[::-1], weights=values)
    carried = np.cumsum(np.sort(values)[::-1])
    if carried[-1] == 0.0:
        return Map(total, 0.0)
    return Map(total / carried[-1], float(np.searchsorted(carried, 0.5 * carried[-1]) + 1) / len(values))


def level(shares: Array, part: float) -> float:
    """Share per bin above which the bins together carry a part of the average."""
    ordered = np.sort(shares.ravel())[::-1]
    return float(ordered[np.searchsorted(np.cumsum(ordered), part * ordered.sum())])


def draw(spec: Spec, defects: int) -> Figure:
    names, symbols = PLANES[spec.model]
    columns = first_columns(spec, defects)
    second = 1.0 if spec.model == "tunnelling" else spec.population.laws[names[1]].characteristic
    x, y = columns[names[0]] / spec.population.E_star, columns[names[1]] / second
    edges = bins(x), bins(y)
    rows = [(gridded, name, part) for gridded in spec.observables for name, part in averages(gridded)]
    with styled():
        figure = Figure(figsize=(7.4, 2.25 * len(rows) + 1.0), layout="constrained")
        axes = figure.subplots(len(rows), len(TEMPERATURES), sharex=True, sharey=True, squeeze=False)
        for row, (gridded, name, part) in zip(axes, rows, strict=True):
            program = gridded.observable.program(spec.population)
            point = gridded.points[len(gridded.points) // 2]
            for ax, ratio in zip(row, TEMPERATURES, strict=True):
                values = contributions(program, columns, ratio * spec.population.E_star, point)[part]
                panel(ax, share_map(np.asarray(values, dtype=float), x, y, edges), edges)
                at = f", $\\omega/{scale(spec)}$ = {point[0] / spec.population.E_star:.2g}" if point[0] else ""
                ax.set_title(f"{name}\n$T/{scale(spec)}$ = {ratio:g}{at}", loc="left", fontsize=8.5)
            row[0].set_ylabel(symbols[1])
        for ax in axes[-1]:
            ax.set_xlabel(symbols[0])
        bar = figure.colorbar(axes[0, 0].collections[0], ax=axes, location="right", shrink=0.5, aspect=40, pad=0.02)
        bar.set_label("share of the average in a bin, relative to the largest")
        figure.suptitle(f"{spec.title}: which defects make the answer", x=0.01, ha="left", fontsize=11.0)
        return figure


def averages(gridded: GriddedObservable) -> list[tuple[str, int]]:
    """Components that are averages of the paper, by their names (not the fraction of overdamped defects)."""
    kind = gridded.observable
    named = {component: name for name, component in curve_names(gridded).items()}
    skipped = ("linewidth.mean", "linewidth.overdamped", "kondo_heat_capacity.outside")
    found = [(named[component], k) for k, component in enumerate(kind.COMPONENTS) if named[component] not in skipped]
    return [(name.replace("_", " ").replace(".", ", "), k) for name, k in found]


def scale(spec: Spec) -> str:
    return "E^{*}" if spec.model == "tunnelling" else "T_K^{*}"


def panel(ax: Axes, found: Map, edges: tuple[Array, Array]) -> None:
    """One map, from white to dark, with contours of the bins that carry most."""
    x, y = edges
    ax.pcolormesh(x, y, found.shares / (found.shares.max() or 1.0), cmap="magma_r", vmin=0.0, vmax=1.0, rasterized=True)
    centres = np.sqrt(x[1:] * x[:-1]), np.sqrt(y[1:] * y[:-1])
    if found.half:
        levels = sorted(level(found.shares, part) for part in INSIDE)
        ax.contour(*centres, found.shares, levels=levels, colors=INK, linewidths=(0.7, 1.2), linestyles=("--", "-"))
    ax.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    ax.grid(visible=False)
    words = f"half of it from {100.0 * found.half:.2g} % of the defects" if found.half else "no defect contributes"
    ax.text(0.02, 0.05, words, transform=ax.transAxes, fontsize=7.5, color=GREY)


def main() -> None:
    parser = argparse.ArgumentParser(description="Maps of the share of each average over the plane of defects.")
    parser.add_argument("specs", nargs="*", type=Path, default=[RUNS / "gold_wire.toml", RUNS / "kondo_gold.toml"])
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    parser.add_argument("--defects", type=int, default=1_000_000, help="defects to draw for each spec")
    options = parser.parse_args()
    for path in options.specs:
        spec = tlsmc.load_spec(path)
        for written in save_figure(draw(spec, options.defects), options.output / f"tails_{path.stem}"):
            print(written)


if __name__ == "__main__":
    main()
