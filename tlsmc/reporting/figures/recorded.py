"""Figures of what a run has recorded: how its samples are distributed, and what tracked defects contribute."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tlsmc.arrays import Array, place_of_largest
from tlsmc.diagnostics.samples import FEWEST_SAMPLES, SampleStatistics, sample_statistics
from tlsmc.errors import SpecError
from tlsmc.reporting.figures.curve_panel import (
    BANDS,
    DOT,
    View,
    banded,
    cut_legend,
    draw_curves,
    log_ticks,
    set_scales,
    views,
)
from tlsmc.reporting.figures.curves import selected
from tlsmc.reporting.figures.series import Series, curve_series
from tlsmc.reporting.figures.style import GREY, INK, curve_words, frame, instead, panels, styled
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run

_BARS, _MEDIAN, _GAUSS = "#9fb8d8", "#c2571a", "#2a5f9e"
#: var/mean^2 above which samples are shown on a logarithmic scale: most of them are far from the mean then.
_WIDE = 0.5
_EXACT = "exact: ⟨c²⟩/(N⟨c⟩²) for a Poisson number of N defects, less by 1/N for a fixed one"
_SPREADS = "samples over their exact average where they differ most, and var/mean² over the grid"


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
        figure, rows = panels(2 * len(found), 2, (9.6, 2.5), 1.1)
        for (left, right), statistics in zip(rows, found, strict=True):
            _draw_histogram(left, run[statistics.name], statistics)
            _draw_ratio(right, run[statistics.name], statistics)
        rows[-1, 0].set_xlabel("sample / average")
        reasons = {statistics.predicted.reason for statistics in found if statistics.predicted.reason}
        return frame(figure, run, _SPREADS, _samples_legend(), "; ".join(sorted(reasons)) or _EXACT)


def _draw_histogram(ax: Axes, curve: Curve, found: SampleStatistics) -> None:
    spread = np.where(np.isfinite(found.predicted.ratio), found.predicted.ratio, found.ratio.mean)
    place = place_of_largest(np.nan_to_num(spread, nan=-1.0))
    average = float(curve.exact[place]) if np.isfinite(curve.exact[place]) else float(found.mean.mean[place])
    axes = curve_series(curve).axes
    where = ", ".join(f"{axis.symbol} = {axis.value_label(i)}" for axis, i in zip(axes, place, strict=True))
    ax.set_title(f"{curve_words(found.name)} at {where}", loc="left", fontsize=8.5)
    ax.set_ylabel("samples")
    ax.grid(visible=False, axis="x")
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    x = np.moveaxis(found.means, 0, -1)[place] / average
    if not (average and np.ptp(x)):
        instead(ax, "all the same")
        return
    logarithmic = bool(spread[place] > _WIDE and x.min() > 0.0)
    bins = max(10, min(60, round(1.6 * len(x) ** 0.5)))
    spaced = np.geomspace if logarithmic else np.linspace
    edges = spaced(x.min(), x.max(), bins + 1)
    ax.hist(x, edges.tolist(), color=_BARS, linewidth=0)
    if logarithmic:
        ax.set_xscale("log")
        log_ticks(ax.xaxis, float(x.max() / x.min()))
    ax.axvline(x.mean(), color=INK, linewidth=1.2)
    ax.axvline(float(np.median(x)), color=_MEDIAN, linewidth=1.2, linestyle=(0.0, (4.0, 2.0)))
    variance = float(found.predicted.ratio[place])
    if variance > 0.0:
        t = spaced(edges[0], edges[-1], 300)
        # The number of samples in a bin: one of a logarithmic axis is as wide as it is high up.
        width = t * np.log(edges[1] / edges[0]) if logarithmic else edges[1] - edges[0]
        height = len(x) * width * np.exp(-0.5 * (t - 1.0) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance)
        ax.plot(t, height, color=_GAUSS, linewidth=1.3)


def _draw_ratio(ax: Axes, curve: Curve, found: SampleStatistics) -> None:
    axes = curve_series(curve).axes
    value, error = found.ratio
    series = Series("var/mean²", "", axes, value, error, found.predicted.ratio, (), found.z)
    view = views(series, count=4)[0]
    if not np.isfinite(series.known).any():
        instead(ax, "no contribution")
        return
    draw_curves(ax, view)
    cut_legend(ax, view)
    ax.set_ylabel(series.value_label)
    ax.set_xlabel(view.axis.label)


def _samples_legend() -> list[tuple[Any, str]]:
    return [
        (Patch(color=_BARS, linewidth=0), "samples"),
        (Line2D([], [], color=INK, linewidth=1.2), "mean"),
        (Line2D([], [], color=_MEDIAN, linewidth=1.2, linestyle=(0.0, (4.0, 2.0))), "median"),
        (Line2D([], [], color=_GAUSS, linewidth=1.3), "Gaussian of the exact variance"),
        (banded(GREY, **DOT), f"var/mean², {BANDS.removesuffix(' bands')}"),
        (Line2D([], [], color=GREY, linewidth=1.5), "exact"),
    ]


#: Parameter that colours the lines, by model, and its symbol.
_COLOURS = {"tunnelling": ("p", "$p$"), "kondo": ("T_K", "$T_K$")}
#: Decades below the largest contribution that a panel shows.
_DECADES = 7.0
#: Bit of ``why`` of the largest contributors.
_LARGEST = 4
_SHARES = "contributions of single defects over the average contribution"


def defects_figure(run: Run, names: Iterable[str] | None = None) -> Figure:
    """What tracked defects contribute, along each axis of more than one point.

    Parameters
    ----------
    run
        A run, complete or not.
    names
        Curves ("attenuation.resonant") or observables ("attenuation": all of its curves); all by default.

    Returns
    -------
    matplotlib.figure.Figure
        Panels for each curve that is one component.

    Raises
    ------
    SpecError
        matplotlib is missing, a name is unknown, or the run has tracked no defects.

    Examples
    --------
    >>> len(tlsmc.reporting.defects_figure(tlsmc.open_run("small.h5"), ["dephasing"]).axes)
    3
    """
    if "defects" not in run.records:
        raise SpecError("the run has tracked no defects; add [trajectories.defects] to the spec")
    curves = [run[name] for name in selected(run, names)]
    curves = [curve for curve in curves if len(curve.parts) == 1]
    if names is None:
        curves = [curve for curve in curves if not curve.gridded.observable.IS_MONITOR] or curves
    if not curves:
        raise SpecError("a sum of mechanisms has no contributions of its own; choose one of its parts with --curve")
    record = run.records["defects"]
    column, symbol = _COLOURS[run.spec.model]
    # Rounding may leave a colour that is exactly 0.
    shade = np.maximum(record[column], np.finfo(float).tiny)
    scale = colors.LogNorm(float(shade.min()), max(float(shade.max()), 1.0001 * float(shade.min())))
    with styled():
        seen = [(curve, view) for curve in curves for view in _shares(run, curve)]
        tones = colormaps["viridis"](scale(shade))
        figure, rows = panels(len(seen), 2, (9.6, 2.5), 1.1)
        for ax, (curve, view) in zip(rows.flat, seen, strict=False):
            _draw_defects(ax, curve, view, tones, (record["why"] & _LARGEST) > 0)
        for row in rows:
            row[0].set_ylabel("contribution/average")
        mappable = ScalarMappable(scale, colormaps["viridis"])
        figure.colorbar(mappable, ax=rows, location="right", shrink=0.6, aspect=40, pad=0.02).set_label(symbol)
        note = f"{len(shade)} defects; absolute values, {_DECADES:g} decades down from the largest"
        return frame(figure, run, _SHARES, _defects_legend(), note)


def _shares(run: Run, curve: Curve) -> list[View]:
    """|contributions|/average of all tracked defects, the defect first, along each axis of more than one point."""
    values = run.records[f"defects/{curve.gridded.name}"]["contributions"][:, curve.parts[0]]
    average = np.where(np.isfinite(curve.exact) & (curve.exact != 0.0), curve.exact, curve.mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.abs(values.reshape(-1, *curve.mean.shape) / average)
    shares = np.where(np.isfinite(shares), shares, 0.0)
    floor = shares.max(initial=0.0) * 10.0**-_DECADES
    shown = np.where(shares > floor, shares, np.nan)
    nothing = np.full(shares.shape, np.nan)
    axes = curve_series(curve).axes
    return views(Series("contribution/average", "", axes, shown, nothing, nothing, (), nothing), count=1)


def _draw_defects(ax: Axes, curve: Curve, view: View, tones: Array, large: NDArray[np.bool_]) -> None:
    cut, values = "", view.series.mean
    if view.across is not None:
        other = view.series.axes[view.across]
        middle = len(other.values) // 2
        cut = f" at {', '.join([*view.fixed, f'{other.symbol} = {other.value_label(middle)}'])}"
        values = values[(slice(None), *view.index(middle))]
    ax.set_title(f"{curve_words(curve.name)}{cut}", loc="left", fontsize=8.5)
    ax.set_xlabel(view.axis.label)
    set_scales(ax, view)
    if not view.series.known.size:
        instead(ax, "no contribution")
        return
    for line, tone, thick in zip(values, tones, large, strict=True):
        marker = "o" if len(view.axis.values) == 1 else ""
        style: dict[str, Any] = {"linewidth": 1.5 if thick else 0.7, "linestyle": (0, (3.0, 1.2)) if thick else "-"}
        ax.plot(view.axis.shown, line, color=tone, marker=marker, markersize=3.0, alpha=0.85, **style)
    ax.axhline(1.0, color=INK, linewidth=0.9)


def _defects_legend() -> list[tuple[Any, str]]:
    return [
        (Line2D([], [], color=GREY, linewidth=0.8), "chosen or random"),
        (Line2D([], [], color=GREY, linewidth=1.6, linestyle=(0, (3.0, 1.2))), "largest share of a sum somewhere"),
        (Line2D([], [], color=INK, linewidth=0.9), "the average defect"),
    ]
