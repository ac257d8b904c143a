"""One figure per curve and per measurable quantity, and their files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tlsmc.reporting.figures.curve_panel import View, cut_legend, draw_curves, draw_forms, draw_pulls, style_handles
from tlsmc.reporting.figures.series import Series, curve_series, quantity_series, symbol
from tlsmc.reporting.figures.style import frame, save_figure, styled
from tlsmc.results.curve import curve_names
from tlsmc.results.run import Run

_SAME_DEFECTS = "the same defects at every point: neighbouring pulls go together"


def plot_run(
    run: Run, base: str | Path, formats: Iterable[str] = ("png", "svg"), names: Iterable[str] | None = None
) -> list[Path]:
    """Write one figure per curve, and one per measurable quantity that the material makes of it.

    Parameters
    ----------
    run
        A run, complete or not.
    base
        Folder and beginning of the file names: ``out/gold`` gives ``out/gold-dephasing.png``, ...
    formats
        Of "png", "svg" and "pdf".
    names
        Curves ("attenuation.resonant") or observables ("attenuation": all of its curves); all by default.

    Returns
    -------
    list of Path
        The files written, in order.

    Raises
    ------
    SpecError
        matplotlib is missing, a name or format is unknown, or a file cannot be written.

    Examples
    --------
    >>> [path.name for path in tlsmc.reporting.plot_run(tlsmc.open_run("small.h5"), "gold", ["svg"], ["dephasing"])]
    ['gold-dephasing.svg']
    """
    formats, written = tuple(formats), []
    for name in selected(run, names):
        curve = run[name]
        written += _write(run, name, curve_series(curve), base, formats)
        for quantity in curve.measurable:
            written += _write(run, f"{name}-{quantity}", quantity_series(curve, quantity), base, formats)
    return written


def selected(run: Run, names: Iterable[str] | None) -> tuple[str, ...]:
    """Curves of the given names; the name of an observable stands for all of its curves."""
    if names is None:
        return run.names
    observables = {gridded.name: tuple(curve_names(gridded)) for gridded in run.spec.observables}
    chosen = [curve for name in names for curve in observables.get(name) or (run[name].name,)]
    return tuple(dict.fromkeys(chosen))


def _write(run: Run, name: str, series: Series, base: str | Path, formats: tuple[str, ...]) -> list[Path]:
    plain = re.sub(r"[^\w.-]+", "_over_", name)
    return save_figure(series_figure(run, name, series), f"{base}-{plain}", formats)


def curve_figure(run: Run, name: str) -> Figure:
    """One curve with its error band, exact values, printed forms and pulls.

    Parameters
    ----------
    run
        A run, complete or not.
    name
        Name of the curve, "attenuation.resonant".

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    SpecError
        matplotlib is missing, or the name is unknown.

    Examples
    --------
    >>> len(tlsmc.reporting.curve_figure(tlsmc.open_run("small.h5"), "dephasing").axes)
    2
    """
    return series_figure(run, name, curve_series(run[name]))


def series_figure(run: Run, name: str, series: Series) -> Figure:
    """Panels along each axis that has more than one point, with pulls below where there are any."""
    views = [View(series, along) for along, axis in enumerate(series.axes) if len(axis.values) > 1]
    views = views or [View(series, 0)]
    # A quantity made of a curve has the pulls of the curve.
    pulls = not series.derived and bool(np.isfinite(series.pulls).any())
    with styled():
        size = (9.6 if len(views) > 1 else 5.8, 5.6 if pulls else 4.4)
        figure = Figure(figsize=size, layout="constrained")
        heights = (3.4, 1.0) if pulls else (1.0,)
        shape = len(heights), len(views)
        rows = figure.subplots(*shape, sharex="col", sharey="row", squeeze=False, height_ratios=heights)
        for column, view in enumerate(views):
            _column(list(rows[:, column]), view)
        for row, label in zip(rows[:, 0], (series.value_label, "pull"), strict=False):
            row.set_ylabel(label)
        figure.align_ylabels(rows[:, 0])
        legend = tuple(style_handles(series))
        frame(figure, run, _subtitle(name, series), legend, _SAME_DEFECTS if pulls else "")
        return figure


def _column(axes: list[Axes], view: View) -> None:
    draw_curves(axes[0], view)
    draw_forms(axes[0], view)
    cut_legend(axes[0], view)
    if len(axes) > 1:
        draw_pulls(axes[1], view)
    axes[-1].set_xlabel(view.axis.label)


def _subtitle(name: str, series: Series) -> str:
    words = name.partition("-")[0].replace("_", " ").replace(".", ", ")
    shown = symbol(series.label)
    if not shown.startswith("$"):
        # A label in words says itself which component it is.
        words = words.partition(",")[0]
    return f"{words}: {shown}"
