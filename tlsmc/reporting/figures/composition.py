"""One compact figure of a whole run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tlsmc.reporting.figures.curve_panel import View, cut_legend, draw_curves, draw_forms, style_handles
from tlsmc.reporting.figures.series import Series, curve_series, quantity_series
from tlsmc.reporting.figures.style import frame, styled
from tlsmc.results.run import Run

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
    panels = list(_chosen(run))
    columns = 2 if len(panels) == _MOST else len(panels)
    rows = len(panels) // columns
    with styled():
        figure = Figure(figsize=(max(4.6 * columns, 5.8), 2.9 * rows + 0.9), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
        for ax, (title, series) in zip(grid.flat, panels, strict=True):
            _panel(ax, title, series)
        figure.align_ylabels(grid[:, 0])
        frame(figure, run, _SUBTITLE, _legend([series for _, series in panels]))
        return figure


def _chosen(run: Run) -> Iterator[tuple[str, Series]]:
    preferred = [name for name in _PANELS if name in run.names]
    others = [name for name in run.names if name not in preferred]
    for name in [*preferred, *others][:_MOST]:
        title, quantity = _PANELS.get(name, (name.replace("_", " ").replace(".", ", "), ""))
        curve = run[name]
        yield title, quantity_series(curve, quantity) if quantity in curve.measurable else curve_series(curve)


def _panel(ax: Axes, title: str, series: Series) -> None:
    view = View(series, 0, count=4)
    draw_curves(ax, view)
    draw_forms(ax, view, asymptotics=False)
    cut_legend(ax, view)
    ax.set_title(title, loc="left", pad=6.0 if view.across is None else 19.0)
    ax.set_ylabel(series.value_label)
    ax.set_xlabel(view.axis.label)


def _legend(panels: list[Series]) -> list[tuple[Any, str]]:
    """Entries of all panels, the printed formulas under one name."""
    entries: dict[str, Any] = {}
    for series in panels:
        for handle, label in style_handles(series, asymptotics=False):
            entries.setdefault("printed in the paper" if label.startswith("Eq. ") else label, handle)
    return [(handle, label) for label, handle in entries.items()]
