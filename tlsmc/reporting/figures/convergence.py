"""The figure of ``tlsmc plot --convergence``: running means of every curve over the number of defects."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from tlsmc.arrays import Array
from tlsmc.reporting.figures.curve_panel import BANDS, banded, power_label
from tlsmc.reporting.figures.curves import selected
from tlsmc.reporting.figures.series import curve_series
from tlsmc.reporting.figures.style import GREY, curve_words, frame, instead, panels, styled
from tlsmc.results.convergence import Convergence, convergence
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run

#: Colours of the grid point of median and of largest relative error.
_TYPICAL, _WORST = "#2a5f9e", "#c2571a"
#: The panels show the bands of all but this first part of the defects in full.
_WILD = 0.03
_SUBTITLE = "running means over what they converge to, at two grid points of each curve"
_NOTE = "the typical point is named first; each mean is over the same defects as all earlier ones, and more"


@dataclass(frozen=True, slots=True)
class Trace:
    """Running mean at one grid point and its error, both over the exact value or, without one, the last mean."""

    place: tuple[int, ...]
    mean: Array
    error: Array


def convergence_figure(run: Run, names: Iterable[str] | None = None) -> Figure:
    """Running means and errors over the number of defects, at the grid points of median and of largest relative error.

    Parameters
    ----------
    run
        A run, complete or not.
    names
        Curves ("attenuation.resonant") or observables ("attenuation": all of its curves); all by default.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for each curve.

    Raises
    ------
    SpecError
        matplotlib is missing, or a name is unknown.

    Examples
    --------
    >>> len(tlsmc.reporting.convergence_figure(tlsmc.open_run("small.h5"), ["dephasing"]).axes)
    1
    """
    curves = [run[name] for name in selected(run, names)]
    columns = min(2, len(curves))
    with styled():
        figure, grid = panels(len(curves), columns, (9.6 if columns > 1 else 5.8, 1.9), 1.2, sharex=True)
        for ax, curve in zip(grid.flat, curves, strict=False):
            _panel(ax, curve)
        # A panel with nothing below it has the labels of the axis that all share.
        for ax in grid.flat[len(curves) - columns : len(curves)]:
            ax.set_xlabel("number of defects")
            ax.tick_params(labelbottom=True)
        for row in grid[:, 0]:
            row.set_ylabel("running mean")
        figure.align_ylabels(grid[:, 0])
        return frame(figure, run, _SUBTITLE, _legend(), _NOTE)


def traces(curve: Curve, found: Convergence) -> list[Trace]:
    """The grid points of median and of largest relative error, one if they are the same, none if all means vanish."""
    if not len(found.counts):
        return []
    exact, mean = curve.exact, found.mean[-1]
    reference = np.where(np.isfinite(exact) & (exact != 0.0), exact, mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(reference != 0.0, np.abs(found.error[-1] / reference), np.nan)
    usable = np.flatnonzero(np.isfinite(relative))
    if usable.size:
        order = usable[np.argsort(relative.flat[usable], kind="stable")]
        chosen = dict.fromkeys((order[len(order) // 2], order[-1]))
    else:
        # Without errors the middle of the grid stands for all of it.
        chosen = dict.fromkeys(np.flatnonzero(np.ravel(reference))[:: max(1, reference.size // 2)][1:2])
    found_at = []
    for place in (tuple(map(int, np.unravel_index(number, mean.shape))) for number in chosen):
        index: tuple[slice | int, ...] = (slice(None), *place)
        running, spread = found.mean[index], found.error[index]
        found_at.append(Trace(place, running / reference[place], spread / abs(reference[place])))
    return found_at


def _panel(ax: Axes, curve: Curve) -> None:
    found = convergence(curve)
    shown = traces(curve, found)
    axes = curve_series(curve).axes
    if not shown:
        ax.set_title(curve_words(curve.name), loc="left")
        instead(ax, "no contribution")
        ax.set_yticks([])
        return
    ax.axhline(1.0, color=GREY, linewidth=0.9)
    for trace, color in zip(shown, (_TYPICAL, _WORST), strict=False):
        for width, alpha in ((2.0, 0.15), (1.0, 0.28)):
            low, high = trace.mean - width * trace.error, trace.mean + width * trace.error
            ax.fill_between(found.counts, low, high, color=color, alpha=alpha, linewidth=0)
        ax.plot(found.counts, trace.mean, color=color, linewidth=1.1, marker="o", markersize=2.6, mew=0)
    if len(found.counts) > 1:
        ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(power_label))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10)))
    ax.set_ylim(*_limits(found, shown))
    ax.ticklabel_format(axis="y", useOffset=False)
    where = "; ".join(
        ", ".join(axis.value_label(i) for axis, i in zip(axes, trace.place, strict=True)) for trace in shown
    )
    ax.set_title(f"{curve_words(curve.name)} at {where}", loc="left", fontsize=8.5)


def _limits(found: Convergence, shown: list[Trace]) -> tuple[float, float]:
    """Limits that hold all but the wild beginning, and the value that is converged to."""
    settled = found.counts >= _WILD * found.counts[-1]
    means = np.array([trace.mean[settled] for trace in shown])
    spread = 2.0 * np.nan_to_num([trace.error[settled] for trace in shown])
    low, high = float((means - spread).min(initial=1.0)), float((means + spread).max(initial=1.0))
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin


def _legend() -> list[tuple[Any, str]]:
    points = ((_TYPICAL, f"typical point, {BANDS}"), (_WORST, "point of largest relative error"))
    entries = [(banded(color, marker="o", markersize=3.0, linewidth=1.1), words) for color, words in points]
    line = Line2D([], [], color=GREY, linewidth=0.9)
    return [*entries, (line, "exact value, or the last mean where there is none")]
