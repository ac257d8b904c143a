"""The figure of ``tlsmc plot --samples``: how the samples of a run are distributed, and how much they differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from tlsmc.arrays import Array
from tlsmc.diagnostics.samples import FEWEST_SAMPLES, SampleStatistics, sample_statistics
from tlsmc.errors import SpecError
from tlsmc.reporting.figures.curve_panel import View, cut_legend, draw_curves, log_ticks
from tlsmc.reporting.figures.curves import selected
from tlsmc.reporting.figures.series import Series, curve_series
from tlsmc.reporting.figures.style import GREY, INK, frame, styled
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run

_BARS, _MEDIAN, _GAUSS = "#9fb8d8", "#c2571a", "#2a5f9e"
#: var/mean^2 above which samples are shown on a logarithmic scale: most of them are far from the mean then.
_WIDE = 0.5
_SUBTITLE = "samples over their exact average where they differ most, and var/mean² over the grid"


def samples_figure(run: Run, names: Iterable[str] | None = None) -> Figure:
    """How much samples differ: a histogram and var/mean^2 for each curve.

    Parameters
    ----------
    run
        A run, complete or not.
    names
        Curves ("attenuation.resonant") or observables ("attenuation": all of its curves); all by default.

    Returns
    -------
    matplotlib.figure.Figure
        The monitor of linewidths is in it only if it is named.

    Raises
    ------
    SpecError
        matplotlib is missing, a name is unknown, or the run has too few samples.

    Examples
    --------
    >>> len(tlsmc.reporting.samples_figure(tlsmc.open_run("small.h5"), ["dephasing"]).axes)
    2
    """
    chosen = selected(run, names)
    if names is None:
        chosen = tuple(name for name in chosen if not run[name].gridded.observable.IS_MONITOR) or chosen
    found = [sample_statistics(run[name]) for name in chosen]
    if found[0].samples < FEWEST_SAMPLES:
        problem = f"the run has {found[0].samples} complete samples, a spread needs {FEWEST_SAMPLES}"
        raise SpecError(f"{problem}; set population.samples")
    with styled():
        figure = Figure(figsize=(9.6, 2.5 * len(found) + 1.1), layout="constrained")
        rows = figure.subplots(len(found), 2, squeeze=False)
        for (left, right), statistics in zip(rows, found, strict=True):
            curve = run[statistics.name]
            _draw_histogram(left, curve, statistics)
            _draw_ratio(right, curve, statistics)
        rows[-1, 0].set_xlabel("sample / average")
        frame(figure, run, _SUBTITLE, _legend(), _note(found))
        return figure


def _draw_histogram(ax: Axes, curve: Curve, found: SampleStatistics) -> None:
    spread = np.where(np.isfinite(found.predicted.ratio), found.predicted.ratio, found.ratio.mean)
    place = _largest(spread)
    average = float(curve.exact[place]) if np.isfinite(curve.exact[place]) else float(found.mean.mean[place])
    words = found.name.replace("_", " ").replace(".", ", ")
    axes = curve_series(curve).axes
    where = ", ".join(f"{axis.symbol} = {axis.value_label(i)}" for axis, i in zip(axes, place, strict=True))
    ax.set_title(f"{words} at {where}", loc="left", fontsize=8.5)
    ax.set_ylabel("samples")
    ax.grid(visible=False, axis="x")
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    x = np.moveaxis(found.means, 0, -1)[place] / average
    if not (average and np.ptp(x)):
        ax.text(0.5, 0.5, "all the same", transform=ax.transAxes, color=GREY, ha="center", va="center")
        return
    logarithmic = bool(spread[place] > _WIDE and x.min() > 0.0)
    bins = max(10, min(60, round(1.6 * len(x) ** 0.5)))
    edges = np.geomspace(x.min(), x.max(), bins + 1) if logarithmic else np.linspace(x.min(), x.max(), bins + 1)
    ax.hist(x, edges.tolist(), color=_BARS, linewidth=0)
    if logarithmic:
        ax.set_xscale("log")
        log_ticks(ax.xaxis, float(x.max() / x.min()))
    ax.axvline(x.mean(), color=INK, linewidth=1.2)
    ax.axvline(float(np.median(x)), color=_MEDIAN, linewidth=1.2, linestyle=(0.0, (4.0, 2.0)))
    variance = float(found.predicted.ratio[place])
    if variance > 0.0:
        t = np.geomspace(edges[0], edges[-1], 300) if logarithmic else np.linspace(edges[0], edges[-1], 300)
        # The number of samples in a bin: one of a logarithmic axis is as wide as it is high up.
        width = t * np.log(edges[1] / edges[0]) if logarithmic else edges[1] - edges[0]
        height = len(x) * width * np.exp(-0.5 * (t - 1.0) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance)
        ax.plot(t, height, color=_GAUSS, linewidth=1.3)


def _largest(values: Array) -> tuple[int, ...]:
    place = int(np.nan_to_num(values, nan=-1.0).argmax())
    return tuple(int(i) for i in np.unravel_index(place, values.shape))


def _draw_ratio(ax: Axes, curve: Curve, found: SampleStatistics) -> None:
    axes = curve_series(curve).axes
    value, error = found.ratio
    series = Series("var/mean²", "", axes, value, error, found.predicted.ratio, (), found.z)
    along = next((i for i, axis in enumerate(axes) if len(axis.values) > 1), 0)
    view = View(series, along, count=4)
    if not np.isfinite(series.known).any():
        ax.text(0.5, 0.5, "no contribution", transform=ax.transAxes, color=GREY, ha="center", va="center")
        return
    draw_curves(ax, view)
    cut_legend(ax, view)
    ax.set_ylabel(series.value_label)
    ax.set_xlabel(view.axis.label)


def _legend() -> list[tuple[Any, str]]:
    bands = (Patch(color=GREY, alpha=0.18, linewidth=0), Line2D([], [], color=GREY, alpha=0.4, linewidth=4))
    dot = Line2D([], [], color=GREY, linestyle="", marker="o", markersize=3.5)
    return [
        (Patch(color=_BARS, linewidth=0), "samples"),
        (Line2D([], [], color=INK, linewidth=1.2), "mean"),
        (Line2D([], [], color=_MEDIAN, linewidth=1.2, linestyle=(0.0, (4.0, 2.0))), "median"),
        (Line2D([], [], color=_GAUSS, linewidth=1.3), "Gaussian of the exact variance"),
        ((*bands, dot), "var/mean², 1 and 2 \N{GREEK SMALL LETTER SIGMA}"),
        (Line2D([], [], color=GREY, linewidth=1.5), "exact"),
    ]


def _note(found: list[SampleStatistics]) -> str:
    reasons = {statistics.predicted.reason for statistics in found if statistics.predicted.reason}
    return (
        "; ".join(sorted(reasons))
        or "exact: ⟨c²⟩/(N⟨c⟩²) for a Poisson number of N defects, less by 1/N for a fixed one"
    )
