"""Figures of a fit: data with curves, bands and residuals; profiles; the posterior."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter
from scipy.interpolate import PchipInterpolator

from tlsmc.arrays import Array
from tlsmc.fitting.result import Estimated, Fit, Fitted
from tlsmc.fitting.summary import shown_unit
from tlsmc.formatting import coordinate, number
from tlsmc.observables.quantities import QUANTITIES
from tlsmc.reporting.figures.style import GREY, heading, panels, printable, save_figure, settle, styled

_COLOURS = ("#1f4e8c", "#c2571a", "#3f8f4f", "#8c3a8c", "#b8901f")
#: Data sets in a row at most.
_COLUMNS = 3
_PROFILES = "least chi2 above its minimum; dotted: 68 and 95 %; dashed: the parabola of the curvature"


def plot_fit(fit: Fit, base: str | Path, formats: Iterable[str] = ("png", "svg")) -> list[Path]:
    """Write all figures of a fit, see :func:`fit_figures`.

    Parameters
    ----------
    fit
        What :func:`tlsmc.fitting.fit` gave.
    base
        Folder and beginning of the file names: ``out/gold`` gives ``out/gold-data.png``, ...
    formats
        Of "png", "svg" and "pdf".

    Returns
    -------
    list of Path
        The files written, in order.

    Raises
    ------
    SpecError
        matplotlib is missing, a format is unknown, or a file cannot be written.

    Examples
    --------
    >>> [path.name for path in tlsmc.reporting.plot_fit(tlsmc.fitting.open_fit("wire.fit.h5"), "wire", ["svg"])]
    ['wire-data.svg', 'wire-profiles.svg']
    """
    formats = tuple(formats)
    return [
        path for name, figure in fit_figures(fit).items() for path in save_figure(figure, f"{base}-{name}", formats)
    ]


def fit_figures(fit: Fit) -> dict[str, Figure]:
    """Figures of a fit.

    Parameters
    ----------
    fit
        What :func:`tlsmc.fitting.fit` gave.

    Returns
    -------
    dict of matplotlib.figure.Figure
        "data", "profiles" of a fit that converged, "posterior" if it was drawn.

    Raises
    ------
    SpecError
        matplotlib is missing.

    Examples
    --------
    >>> sorted(tlsmc.reporting.fit_figures(tlsmc.fitting.open_fit("wire.fit.h5")))
    ['data', 'profiles']
    """
    figures = {"data": data_figure(fit), "profiles": profile_figure(fit), "posterior": corner_figure(fit)}
    return {name: figure for name, figure in figures.items() if figure is not None}


def data_figure(fit: Fit) -> Figure:
    """Two panels for each data set: points with the fitted curve and its band, residuals below."""
    columns = min(_COLUMNS, len(fit.sets))
    rows = math.ceil(len(fit.sets) / columns)
    with styled():
        figure = Figure(figsize=(max(5.4, 4.4 * columns), 4.6 * rows + 0.6), layout="constrained")
        axes = figure.subplots(2 * rows, columns, squeeze=False, height_ratios=(3.2, 1.0) * rows)
        # Row by row, each data set has the panel below its own too.
        uppers, lowers = axes[::2].ravel(), axes[1::2].ravel()
        for upper, lower, data in zip(uppers, lowers, fit.sets, strict=False):
            _draw_set(upper, lower, fit, data)
        for ax in (*uppers[len(fit.sets) :], *lowers[len(fit.sets) :]):
            ax.set_axis_off()
        curves = "fitted curves with one standard error" if fit.converged else "curves where the search ended"
        return _frame(figure, fit, f"data, {curves}, and residuals")


def _draw_set(upper: Axes, lower: Axes, fit: Fit, data: Fitted) -> None:
    def get(names: str) -> list[Array]:
        return [fit.arrays[f"sets/{data.name}/{name}"] for name in names.split()]

    T, other, value, error, model = get("temperature second value error model")
    smooth_T, smooth_other, curve, band = get("curve_temperature curve_second curve curve_band")
    shown = np.unique(smooth_other)
    for k, at in enumerate(shown):
        tone = _COLOURS[k % len(_COLOURS)]
        here = (smooth_other == at) | (np.isnan(smooth_other) & np.isnan(at))
        upper.plot(smooth_T[here], curve[here], color=tone, linewidth=1.4, label=_label(data, float(at), fit.in_kelvin))
        low, high = curve[here] - band[here], curve[here] + band[here]
        upper.fill_between(smooth_T[here], low, high, color=tone, alpha=0.2, linewidth=0)
    for at in np.unique(other):
        here = (other == at) | (np.isnan(other) & np.isnan(at))
        known = np.flatnonzero((shown == at) | (np.isnan(shown) & np.isnan(at)))
        tone = _COLOURS[int(known[0]) % len(_COLOURS)] if known.size else GREY
        upper.errorbar(T[here], value[here], error[here], fmt="o", markersize=3.2, color=tone, elinewidth=0.8)
        lower.plot(T[here], (value[here] - model[here]) / error[here], "o", markersize=2.8, color=tone)
    lower.sharex(upper)
    _scales(upper, T, value)
    upper.tick_params(labelbottom=False)
    for level, style in ((0.0, "-"), (2.0, ":"), (-2.0, ":")):
        lower.axhline(level, color=GREY, linewidth=0.7, linestyle=style)
    lower.set_xlabel("T [K]" if fit.in_kelvin else "T")
    upper.set_ylabel(_with_unit(data.quantity, data.unit if data.unit != "1" else ""), parse_math=False)
    lower.set_ylabel("residual / error")
    upper.set_title(printable(data.name), loc="left", parse_math=False)
    if len(shown) > 1:
        upper.legend(title="")


def _label(data: Fitted, other: float, in_kelvin: bool) -> str:
    if not math.isfinite(other):
        return ""
    known = QUANTITIES.get(data.quantity)
    return coordinate(known.axis if known else "frequency", other, in_kelvin)


def _scales(ax: Axes, T: Array, value: Array) -> None:
    if T.max() > 5.0 * T.min():
        ax.set_xscale("log")
    if (value > 0.0).all() and value.max() > 5.0 * value.min():
        ax.set_yscale("log")


def profile_figure(fit: Fit) -> Figure | None:
    """The rise of chi2 along each parameter, with the levels of 68 and 95 %; None if there are no profiles."""
    shown = [p for p in fit.parameters if f"profiles/{p.name}/value" in fit.arrays]
    if not shown:
        return None
    columns = min(4, len(shown))
    with styled():
        figure, axes = panels(len(shown), columns, (max(5.4, 2.9 * columns), 2.6), 0.9, sharey=True)
        for ax, parameter in zip(axes.flat, shown, strict=False):
            _draw_profile(ax, fit, parameter)
        return _frame(figure, fit, _PROFILES)


def _draw_profile(ax: Axes, fit: Fit, parameter: Estimated) -> None:
    factor, unit = shown_unit(parameter, fit.in_kelvin)
    x, rise = (fit.arrays[f"profiles/{parameter.name}/{name}"] for name in ("value", "rise"))
    ax.plot(x * factor, rise, "o", color=_COLOURS[0], markersize=3.0)
    smooth = _smooth_profile(x, rise, parameter.log)
    ax.plot(smooth[0] * factor, smooth[1], color=_COLOURS[0], linewidth=1.2)
    if parameter.value is not None and parameter.error is not None:
        grid = np.linspace(x.min(), x.max(), 80)
        relative = np.log(grid / parameter.value) * parameter.value if parameter.log else grid - parameter.value
        ax.plot(grid * factor, (relative / parameter.error) ** 2, color=GREY, linestyle="--", linewidth=0.9)
    if parameter.log and x.min() > 0.0 and x.max() > 10.0 * x.min():
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))
    for level in (1.0, 3.84):
        ax.axhline(level, color=GREY, linestyle=":", linewidth=0.8)
    ax.set_ylim(-0.2, 6.0)
    ax.set_xlabel(_with_unit(parameter.name, unit), parse_math=False)


def _with_unit(name: str, unit: str, between: str = " ") -> str:
    return f"{printable(name)}{between}[{printable(unit)}]" if unit else printable(name)


def _smooth_profile(x: Array, rise: Array, log: bool) -> tuple[Array, Array]:
    """A curve through the points of a profile: its root with a sign is nearly straight, and monotonic."""
    least = int(np.argmin(rise))
    root = np.sign(np.arange(len(x)) - least) * np.sqrt(np.maximum(rise, 0.0))
    grid = np.geomspace(x[0], x[-1], 200) if log else np.linspace(x[0], x[-1], 200)
    distinct = np.concatenate([[True], np.diff(x) > 0.0])
    if distinct.sum() < 2:
        return x, rise
    return grid, PchipInterpolator(x[distinct], root[distinct])(grid) ** 2


def corner_figure(fit: Fit) -> Figure | None:
    """Draws of the posterior, one and two parameters at a time; None if none were drawn."""
    if "posterior" not in fit.arrays:
        return None
    draws, n = fit.arrays["posterior"], len(fit.parameters)
    with styled():
        figure = Figure(figsize=(1.5 * n + 1.2, 1.4 * n + 1.6), layout="constrained")
        axes = figure.subplots(n, n, squeeze=False, sharex="col")
        for (row, column), ax in np.ndenumerate(axes):
            if column > row:
                ax.set_axis_off()
            else:
                _draw_pair(ax, fit, draws, row, column)
        verdict = fit.posterior.verdict if fit.posterior else ""
        return _frame(figure, fit, f"posterior: {verdict.partition(';')[0]}")


def _draw_pair(ax: Axes, fit: Fit, draws: Array, row: int, column: int) -> None:
    factor, unit = shown_unit(fit.parameters[column], fit.in_kelvin)
    x = draws[:, column] * factor
    if row == column:
        ax.hist(x, bins=30, color=_COLOURS[0], alpha=0.6, linewidth=0)
        ax.set_yticks([])
    else:
        y = draws[:, row] * shown_unit(fit.parameters[row], fit.in_kelvin)[0]
        ax.plot(x, y, ".", color=_COLOURS[0], alpha=0.35, markersize=1.8, markeredgewidth=0.0, rasterized=True)
        ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.xaxis.set_major_locator(MaxNLocator(3))
    if column:
        ax.yaxis.set_major_formatter(NullFormatter())
    if row == len(fit.parameters) - 1:
        ax.set_xlabel(_with_unit(fit.parameters[column].name, unit, "\n"), fontsize=7.5, parse_math=False)
    if column == 0 and row:
        ax.set_ylabel(printable(fit.parameters[row].name), fontsize=7.5, parse_math=False)


def _frame(figure: Figure, fit: Fit, subtitle: str) -> Figure:
    """Title and subtitle above, chi2 below, the panels in between."""
    good = fit.goodness
    state = f"p = {number(good.p_value)}" if fit.converged else "not converged"
    note = f"chi2 = {number(good.chi2)} for {good.dof} degrees of freedom, {state}"
    heading(figure, fit.title or "Fit", printable(subtitle).replace("$", r"\$"), note)
    return settle(figure, 0.22 / figure.get_figheight())
