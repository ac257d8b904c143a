"""The figure of ``tlsmc tails``: tail indices, who carries the sums, and which parameters decide the answers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from tlsmc.arrays import place_of_largest
from tlsmc.diagnostics.sensitivity import Sensitivity
from tlsmc.diagnostics.tails import FRACTIONS, CurveTails
from tlsmc.formatting import counted
from tlsmc.reporting.figures.series import Axis, is_log
from tlsmc.reporting.figures.style import GREY, curve_words, frame, styled
from tlsmc.results.run import Run

#: The tail index is drawn in this range; laws of a bounded size, far below it, lie on its lower edge.
_LOWEST, _HIGHEST = -1.2, 1.6
#: Bounds of the tail index and what it means in between.
_MEANINGS = ((_LOWEST, 0.5, "finite variance"), (0.5, 1.0, "infinite variance"), (1.0, np.inf, "infinite mean"))
_MOST_SLOPES = 16
_SUBTITLE = "how much each average rests on its largest contributions"
#: Colours that differ in lightness too, and shades from the few defects to the many.
_CURVES = ("#1f4e8c", "#c2571a", "#3f8f4f", "#8c3a8c", "#b8901f", "#2f9c9c", "#8a8a8a", "#d0708c")
_SHADES = (*(colors.to_hex(colormaps["plasma"](x)) for x in (0.05, 0.38, 0.68)), "#dddddd")


def tails_figure(run: Run, found: dict[str, CurveTails], slopes: Sequence[Sensitivity] = ()) -> Figure:
    """Tail index against temperature, shares at the heaviest tail and, if there are any, derivatives.

    Parameters
    ----------
    run
        A run, complete or not.
    found
        What :func:`tlsmc.diagnostics.run_tails` gave.
    slopes
        Sensitivities, the strongest first, see :func:`tlsmc.diagnostics.sensitivities`.

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
    >>> run = tlsmc.open_run("small.h5")
    >>> len(tlsmc.reporting.tails_figure(run, tlsmc.diagnostics.run_tails(run)).axes)
    2
    """
    tones = {name: _CURVES[k % len(_CURVES)] for k, name in enumerate(found)}
    shown = [slope for slope in slopes if np.isfinite(slope.derivative[slope.strongest])][:_MOST_SLOPES]
    upper, lower = max(3.0, 0.34 * len(found) + 1.2), 0.21 * len(shown) + 0.7 if shown else 0.0
    with styled():
        figure = Figure(figsize=(9.6, upper + lower + 1.0), layout="constrained")
        grid = figure.add_gridspec(2 if shown else 1, 2, height_ratios=(upper, lower) if shown else (1.0,))
        _draw_index(figure.add_subplot(grid[0, 0]), run, found, tones)
        _draw_shares(figure.add_subplot(grid[0, 1]), found, tones)
        if shown:
            _draw_slopes(figure.add_subplot(grid[1, :]), shown, tones)
        return frame(figure, run, _SUBTITLE, _legend(), _note(run, found))


def _draw_index(ax: Axes, run: Run, found: dict[str, CurveTails], tones: dict[str, str]) -> None:
    """Tail index with its 95 % band, where the tail is heaviest at each temperature."""
    kelvin = run.spec.in_kelvin
    everything = np.concatenate([run[name].gridded.T for name in found])
    axis = Axis("temperature", "T", "K" if kelvin else "", np.unique(everything))
    size = axis.display[0]
    top = 0.7
    for name, tails in found.items():
        x = run[name].gridded.T / size
        rows = [a.reshape(len(x), -1) for a in (tails.index, tails.index_low, tails.index_high)]
        worst = np.nan_to_num(rows[0], nan=-np.inf).argmax(axis=1)[:, None]
        index, low, high = (np.clip(np.take_along_axis(a, worst, axis=1)[:, 0], _LOWEST, None) for a in rows)
        known = np.isfinite(index)
        high = np.where(np.isfinite(high), high, _HIGHEST)
        ax.fill_between(x, low, high, where=known, color=tones[name], alpha=0.18, linewidth=0)
        ax.plot(x, index, color=tones[name], marker="o", markersize=2.9, linewidth=1.3)
        top = max(top, float(high[known].max(initial=top)))
    top = min(top + 0.1, max(_HIGHEST, top if top < 3.0 else 3.0))
    for low_edge, high_edge, words in _MEANINGS:
        if low_edge > _LOWEST:
            ax.axhline(low_edge, color=GREY, linewidth=0.8, linestyle=(0.0, (4.0, 2.0)))
        if low_edge < top - 0.1:
            style: dict[str, Any] = {"color": GREY, "fontsize": 7.5, "ha": "right", "va": "top"}
            ax.text(0.985, min(high_edge, top) - 0.03, words, transform=ax.get_yaxis_transform(), **style)
    ax.set_ylim(_LOWEST - 0.05, top)
    # Without a single known index the axis would have no limits, which a logarithmic one must have.
    ax.update_datalim([(x, 0.0) for x in axis.shown])
    ax.autoscale_view(scaley=False)
    if is_log(axis.values):
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(axis.label)
    ax.set_ylabel("tail index")
    ax.set_title("statistics: is there an error bar?", loc="left")


def _draw_shares(ax: Axes, found: dict[str, CurveTails], tones: dict[str, str]) -> None:
    """Stacked bars: what the top defects carry of each sum, where they carry most of it."""
    for row, tails in enumerate(found.values()):
        carried = np.nan_to_num(tails.shares)
        place = place_of_largest(carried[..., 1])
        if not carried[place].any():
            ax.text(0.01, row, "no contribution", color=GREY, fontsize=8.0, va="center")
            continue
        edges = np.concatenate([[0.0], carried[place], [1.0]])
        ax.barh(row, np.diff(edges), left=edges[:-1], height=0.62, color=_SHADES, linewidth=0)
    ax.set_yticks(range(len(found)), [curve_words(name) for name in found])
    for label, tone in zip(ax.get_yticklabels(), tones.values(), strict=True):
        label.set_color(tone)
        label.set_fontweight("bold")
    ax.set_ylim(max(len(found), 3) - 0.5, -0.5)
    ax.set_xlim(0.0, 1.0)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("share of the sum")
    ax.set_title("physics: who carries the sum?", loc="left")


def _draw_slopes(ax: Axes, slopes: Sequence[Sensitivity], tones: dict[str, str]) -> None:
    """Ranked logarithmic derivatives."""
    values = np.array([s.derivative[s.strongest] for s in slopes])
    errors = np.array([s.error[s.strongest] for s in slopes])
    rows = np.arange(len(slopes))
    ax.barh(rows, values, height=0.6, color=[tones.get(s.curve, GREY) for s in slopes], alpha=0.8, linewidth=0)
    ax.errorbar(values, rows, xerr=2.0 * errors, fmt="none", ecolor="black", elinewidth=0.9, capsize=2.0)
    ax.axvline(0.0, color=GREY, linewidth=0.7)
    ax.set_yticks(rows, [f"{curve_words(s.curve)}:  {s.parameter}" for s in slopes])
    ax.set_ylim(len(slopes) - 0.4, -0.6)
    ax.xaxis.set_major_locator(MaxNLocator(9))
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("d ln(average) / d ln(parameter), where it is largest, with two standard errors")
    ax.set_title("which parameter does the answer depend on?", loc="left")


def _legend() -> list[tuple[Any, str]]:
    percent = [f"{100.0 * fraction:g}" for fraction in FRACTIONS]
    names = [f"top {percent[0]} %", *(f"{a} to {b} %" for a, b in pairwise(percent)), "all others"]
    line = (Patch(color=GREY, alpha=0.25, linewidth=0), Line2D([], [], color=GREY, marker="o", markersize=2.9))
    return [(line, "index, 95 %"), *((Patch(color=c), name) for c, name in zip(_SHADES, names, strict=True))]


def _note(run: Run, found: dict[str, CurveTails]) -> str:
    drawn = next(iter(found.values())).share_defects
    others = " or ".join(dict.fromkeys(" and ".join(run[name].axes[1:]) for name in found if run[name].axes[1:]))
    place = f"temperature and {others}" if others else "temperature"
    shares = f"shares of {counted(drawn, 'defect')} at the {place} of the largest"
    return f"index at the {others} of the heaviest tail; {shares}" if others else shares
