"""The figure of ``tlsmc plot --defects``: what each tracked defect contributes over the grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.reporting.figures.curve_panel import View, set_scales
from tlsmc.reporting.figures.curves import selected
from tlsmc.reporting.figures.series import Series, curve_series
from tlsmc.reporting.figures.style import GREY, INK, frame, styled
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run

#: Parameter that colours the lines, by model, and its symbol.
_COLOURS = {"tunnelling": ("p", "$p$"), "kondo": ("T_K", "$T_K$")}
#: Decades below the largest contribution that a panel shows.
_DECADES = 7.0
#: Bit of ``why`` of the largest contributors.
_LARGEST = 4
_SUBTITLE = "contributions of single defects over the average contribution"


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
        views = [(curve, view) for curve in curves for view in _views(curve)]
        figure = Figure(figsize=(9.6, 2.5 * -(-len(views) // 2) + 1.1), layout="constrained")
        rows = figure.subplots(-(-len(views) // 2), 2, squeeze=False)
        for ax, (curve, view) in zip(rows.flat, views, strict=False):
            _panel(ax, curve, view, scale(shade), (record["why"] & _LARGEST) > 0)
        for ax in rows.flat[len(views) :]:
            ax.set_visible(False)
        for row in rows:
            row[0].set_ylabel("contribution/average")
        mappable = ScalarMappable(scale, colormaps["viridis"])
        figure.colorbar(mappable, ax=rows, location="right", shrink=0.6, aspect=40, pad=0.02).set_label(symbol)
        frame(figure, run, _SUBTITLE, _legend(), _note(run))
        return figure


def _views(curve: Curve) -> list[View]:
    """A curve along each axis of more than one point."""
    series = _series(curve)
    alongs = [i for i, axis in enumerate(series.axes) if len(axis.values) > 1] or [0]
    return [View(series, along, count=1) for along in alongs]


def _series(curve: Curve) -> Series:
    """The curve's axes with |contributions|/average of all tracked defects, the defect first."""
    values = curve.run.records[f"defects/{curve.gridded.name}"]["contributions"][:, curve.parts[0]]
    average = np.where(np.isfinite(curve.exact) & (curve.exact != 0.0), curve.exact, curve.mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.abs(values.reshape(-1, *curve.mean.shape) / average)
    shares = np.where(np.isfinite(shares), shares, 0.0)
    floor = shares.max(initial=0.0) * 10.0**-_DECADES
    shown = np.where(shares > floor, shares, np.nan)
    nothing = np.full(shares.shape, np.nan)
    return Series("contribution/average", "", curve_series(curve).axes, shown, nothing, nothing, (), nothing)


def _panel(ax: Axes, curve: Curve, view: View, shade: Array, large: NDArray[np.bool_]) -> None:
    words = curve.name.replace("_", " ").replace(".", ", ")
    cut, values = "", view.series.mean
    if view.across is not None:
        other = view.series.axes[view.across]
        middle = len(other.values) // 2
        cut = f" at {', '.join([*view.fixed, f'{other.symbol} = {other.value_label(middle)}'])}"
        values = values[(slice(None), *view.index(middle))]
    ax.set_title(f"{words}{cut}", loc="left", fontsize=8.5)
    ax.set_xlabel(view.axis.label)
    set_scales(ax, view)
    if not view.series.known.size:
        ax.text(0.5, 0.5, "no contribution", transform=ax.transAxes, color=GREY, ha="center", va="center")
        return
    palette = colormaps["viridis"]
    for line, tone, thick in zip(values, shade, large, strict=True):
        marker = "o" if len(view.axis.values) == 1 else ""
        style: dict[str, Any] = {"linewidth": 1.5 if thick else 0.7, "linestyle": (0, (3.0, 1.2)) if thick else "-"}
        ax.plot(view.axis.shown, line, color=palette(float(tone)), marker=marker, markersize=3.0, alpha=0.85, **style)
    ax.axhline(1.0, color=INK, linewidth=0.9)


def _legend() -> list[tuple[Any, str]]:
    return [
        (Line2D([], [], color=GREY, linewidth=0.8), "chosen or random"),
        (Line2D([], [], color=GREY, linewidth=1.6, linestyle=(0, (3.0, 1.2))), "largest share of a sum somewhere"),
        (Line2D([], [], color=INK, linewidth=0.9), "the average defect"),
    ]


def _note(run: Run) -> str:
    count = len(run.records["defects"]["why"])
    return f"{count} defects; absolute values, {_DECADES:g} decades down from the largest"
