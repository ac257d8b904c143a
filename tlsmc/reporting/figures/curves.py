"""One figure per curve and per measurable quantity, their files, and one compact figure of a whole run."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tlsmc.reporting.figures.curve_panel import (
    View,
    cut_legend,
    draw_curves,
    draw_forms,
    draw_pulls,
    style_handles,
    views,
)
from tlsmc.reporting.figures.series import Series, curve_series, quantity_series, symbol
from tlsmc.reporting.figures.style import curve_words, frame, panels, save_figure, styled
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
    seen = views(series)
    # A quantity made of a curve has the pulls of the curve.
    pulls = not series.derived and bool(np.isfinite(series.pulls).any())
    with styled():
        size = (9.6 if len(seen) > 1 else 5.8, 5.6 if pulls else 4.4)
        figure = Figure(figsize=size, layout="constrained")
        heights = (3.4, 1.0) if pulls else (1.0,)
        shape = len(heights), len(seen)
        rows = figure.subplots(*shape, sharex="col", sharey="row", squeeze=False, height_ratios=heights)
        for axes, view in zip(rows.T, seen, strict=True):
            _draw_view(axes[0], view)
            if pulls:
                draw_pulls(axes[1], view)
            axes[-1].set_xlabel(view.axis.label)
        for row, label in zip(rows[:, 0], (series.value_label, "pull"), strict=False):
            row.set_ylabel(label)
        figure.align_ylabels(rows[:, 0])
        note = _SAME_DEFECTS if pulls else ""
        return frame(figure, run, _subtitle(name, series), tuple(style_handles(series)), note)


def _draw_view(ax: Axes, view: View, asymptotics: bool = True) -> None:
    draw_curves(ax, view)
    draw_forms(ax, view, asymptotics)
    cut_legend(ax, view)


def _subtitle(name: str, series: Series) -> str:
    words = curve_words(name.partition("-")[0])
    shown = symbol(series.label)
    if not shown.startswith("$"):
        # A label in words says itself which component it is.
        words = words.partition(",")[0]
    return f"{words}: {shown}"


#: Panels of first choice, each with the measurable quantity that is shown instead if the material allows it.
_PANELS = {
    "attenuation.resonant": ("resonant attenuation", ""),
    "attenuation.relaxation": ("relaxation attenuation", ""),
    "heat_capacity": ("specific heat", "C_T/C_e"),
    "dephasing": ("dephasing", "1/tau_in"),
}
_MOST = 4
_SUBTITLE = "means over sampled defects, the exact averages, and what the paper prints"


def overview(run: Run) -> Figure:
    """One compact figure of the whole run: at most four panels against temperature.

    Parameters
    ----------
    run
        A run, complete or not.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    SpecError
        matplotlib is missing.

    Examples
    --------
    >>> len(tlsmc.reporting.overview(tlsmc.open_run("small.h5")).axes)
    4
    """
    chosen = list(_chosen(run))
    columns = 2 if len(chosen) == _MOST else len(chosen)
    with styled():
        figure, grid = panels(len(chosen), columns, (max(4.6 * columns, 5.8), 2.9), 0.9)
        for ax, (title, series) in zip(grid.flat, chosen, strict=True):
            view = View(series, 0, count=4)
            _draw_view(ax, view, asymptotics=False)
            ax.set_title(title, loc="left", pad=6.0 if view.across is None else 19.0)
            ax.set_ylabel(series.value_label)
            ax.set_xlabel(view.axis.label)
        figure.align_ylabels(grid[:, 0])
        return frame(figure, run, _SUBTITLE, _legend(series for _, series in chosen))


def _chosen(run: Run) -> Iterator[tuple[str, Series]]:
    preferred = [name for name in _PANELS if name in run.names]
    others = [name for name in run.names if name not in preferred]
    for name in [*preferred, *others][:_MOST]:
        title, quantity = _PANELS.get(name, (curve_words(name), ""))
        curve = run[name]
        yield title, quantity_series(curve, quantity) if quantity in curve.measurable else curve_series(curve)


def _legend(panels: Iterable[Series]) -> list[tuple[Any, str]]:
    """Entries of all panels, the printed formulas under one name."""
    entries: dict[str, Any] = {}
    for series in panels:
        for handle, label in style_handles(series, asymptotics=False):
            entries.setdefault("printed in the paper" if label.startswith("Eq. ") else label, handle)
    return [(handle, label) for label, handle in entries.items()]
