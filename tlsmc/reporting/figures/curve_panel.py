"""One panel: curves with bands, exact values and printed forms; and the strip of pulls that goes below."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from tlsmc.arrays import Array
from tlsmc.reporting.figures.series import Axis, Series, is_log, raised
from tlsmc.reporting.figures.style import GREY, PALE

#: Maps of perceptually even lightness, readable with any colour vision, cut off before they get too pale: for values of
#: another axis, and for temperatures.
_MAPS = (("viridis", 0.05, 0.83), ("plasma", 0.03, 0.83))
_SHORT_SPAN = 50.0
DOT: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3.5}
_ONE_CURVE = "#2a5f9e"
_BROAD: dict[str, Any] = {"linestyle": (0.0, (2.2, 1.1)), "dash_capstyle": "butt", "linewidth": 3.0, "zorder": 1.5}
_FORM_STYLES: dict[bool, dict[str, Any]] = {
    True: {**_BROAD, "markeredgewidth": 3.0, "alpha": 0.42},
    False: {"linestyle": (0.0, (1.0, 1.6)), "linewidth": 1.2, "alpha": 0.9, "zorder": 1.4},
}
#: What the bands about means are, in words.
BANDS = "1 and 2 \N{GREEK SMALL LETTER SIGMA} bands"


@dataclass(frozen=True, slots=True)
class Cut:
    """A curve along one axis at one value of each other."""

    color: str
    label: str
    index: tuple[int | slice, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A series seen along one axis, cut at a few values of another one and in the middle of all further ones."""

    series: Series
    along: int
    count: int = 5

    @property
    def axis(self) -> Axis:
        """The horizontal axis."""
        return self.series.axes[self.along]

    @property
    def across(self) -> int | None:
        """Position of the axis that is cut at a few values: the first other one with several, or the only other one."""
        others = [k for k in range(len(self.series.axes)) if k != self.along]
        return max(others, key=lambda k: len(self.series.axes[k].values) > 1, default=None)

    def index(self, pick: int) -> tuple[int | slice, ...]:
        """Where the curve at one value of the axis :attr:`across` is in the arrays of the series."""
        middle = [len(axis.values) // 2 for axis in self.series.axes]
        return tuple(
            slice(None) if k == self.along else pick if k == self.across else middle[k] for k in range(len(middle))
        )

    @property
    def fixed(self) -> list[str]:
        """The middles of all further axes, in words."""
        axes = (axis for k, axis in enumerate(self.series.axes) if k not in (self.along, self.across))
        return [f"{axis.symbol} = {axis.value_label(len(axis.values) // 2)}" for axis in axes]

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The curves to draw, from low to high, spread over the grid."""
        if self.across is None:
            return (Cut(_ONE_CURVE, "", (slice(None),)),)
        other = self.series.axes[self.across]
        length = len(other.values)
        picks = np.unique(np.linspace(0, length - 1, min(self.count, length)).round().astype(int)).tolist()
        name, low, high = _MAPS[min(self.along, 1)]
        shades = np.linspace(low, high, len(picks)) if len(picks) > 1 else [low + 0.4 * (high - low)]
        return tuple(
            Cut(colors.to_hex(colormaps[name](shade)), other.value_label(pick), self.index(pick))
            for pick, shade in zip(picks, shades, strict=True)
        )


def views(series: Series, count: int = 5) -> list[View]:
    """A series along each axis of more than one point, or along the first."""
    alongs = [along for along, axis in enumerate(series.axes) if len(axis.values) > 1]
    return [View(series, along, count) for along in alongs or [0]]


def draw_curves(ax: Axes, view: View) -> None:
    """Sampled means with bands of one and two standard errors, and exact curves."""
    series, x = view.series, view.axis.shown
    set_scales(ax, view)
    bottom = ax.get_ylim()[0]
    for cut in view.cuts:
        mean, error = series.mean[cut.index], np.nan_to_num(series.error[cut.index])
        for width, alpha in ((2.0, 0.18), (1.0, 0.32)):
            low, high = np.maximum(mean - width * error, bottom), np.maximum(mean + width * error, bottom)
            if len(x) > 1:
                ax.fill_between(x, low, high, color=cut.color, alpha=alpha, linewidth=0)
            else:
                ax.vlines(x, low, high, color=cut.color, alpha=alpha, linewidth=7)
        ax.plot(x, series.exact[cut.index], color=cut.color, linewidth=1.3, **_lone(x))
        ax.plot(x, mean, color=cut.color, linestyle="", marker="o", markersize=2.9, markeredgewidth=0)


def draw_forms(ax: Axes, view: View, asymptotics: bool = True) -> None:
    """The paper's formulas as printed: broad dashes, which show beneath an exact curve that they agree with."""
    x = view.axis.shown
    for form in (form for form in view.series.forms if form.leading or asymptotics):
        for cut in view.cuts:
            style = _lone(x) | _FORM_STYLES[form.leading]
            ax.plot(x, form.values[cut.index], color=cut.color, **style)


def _lone(x: Array) -> dict[str, Any]:
    """A marker for a curve of a single point, which has no line."""
    return {"marker": "_" if len(x) == 1 else "", "markersize": 12}


def draw_pulls(ax: Axes, view: View) -> None:
    """Pulls with the band of +-2."""
    ax.axhspan(-2.0, 2.0, color=PALE, alpha=0.7, linewidth=0)
    ax.axhline(0.0, color=GREY, linewidth=0.7)
    pulls = view.series.pulls
    for cut in view.cuts:
        ax.plot(view.axis.shown, pulls[cut.index], color=cut.color, linewidth=0.6, alpha=0.5)
        ax.plot(view.axis.shown, pulls[cut.index], color=cut.color, linestyle="", marker="o", markersize=2.4, mew=0)
    largest = np.abs(pulls[np.isfinite(pulls)]).max(initial=0.0)
    limit = max(3.5, 1.15 * float(largest))
    ax.set_ylim(-limit, limit)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True, symmetric=True))
    ax.grid(visible=False, axis="y")


def set_scales(ax: Axes, view: View) -> None:
    """Logarithmic axes where they suit, and limits that hold the values (asymptotics may leave them)."""
    x, known = view.axis.shown, view.series.known
    if is_log(x):
        ax.set_xscale("log")
        log_ticks(ax.xaxis, float(x.max() / x.min()))
    elif len(x) == 1:
        ax.set_xticks(x)
    if not known.size:
        return
    low, high = float(known.min()), float(known.max())
    if view.series.logarithmic:
        ax.set_yscale("log")
        log_ticks(ax.yaxis, high / low)
        margin = (high / low) ** 0.06
        ax.set_ylim(low / margin, high * margin)
    else:
        error = np.nan_to_num(view.series.error)
        low = min(low, float(np.nan_to_num(view.series.mean - 2.0 * error, nan=low).min()))
        high = max(high, float(np.nan_to_num(view.series.mean + 2.0 * error, nan=high).max()))
        if low > 0.0 and low < 0.5 * high:
            low = 0.0
        margin = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
        ax.set_ylim(low - (margin if low else 0.0), high + margin)
        power = view.series.power
        ax.ticklabel_format(axis="y", style="sci" if power else "plain", scilimits=(power, power), useOffset=False)
        # The power stands in the axis label.
        ax.yaxis.get_offset_text().set_visible(False)


def log_ticks(axis: XAxis | YAxis, span: float) -> None:
    """Labels at 1, 2 and 5 on a short logarithmic axis, at powers of ten on a long one."""
    short = span < _SHORT_SPAN
    if short:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(_plain if short or isinstance(axis, XAxis) else power_label))
    axis.set_minor_formatter(NullFormatter())


def _plain(value: float, place: object) -> str:
    """A tick label: a number as long as it is short, else a power of ten."""
    return f"{value:g}" if 0.999e-3 <= value < 1e5 else power_label(value, place)


def power_label(value: float, _: object) -> str:
    """A tick label with a power of ten."""
    exponent = math.floor(math.log10(value) + 1e-9) if value > 0.0 else 0
    factor, power = f"{value / 10.0**exponent:.3g}", f"10{raised(exponent)}"
    return power if factor == "1" else f"{factor} · {power}"


def cut_legend(ax: Axes, view: View) -> None:
    """What the colours are, above the panel."""
    if view.across is None:
        return
    title = ", ".join([*view.fixed, f"{view.series.axes[view.across].symbol} ="])
    style: dict[str, Any] = {"marker": "o", "markersize": 3.5, "linewidth": 1.6}
    handles = [Line2D([], [], linestyle="", label=title)]
    handles += [Line2D([], [], color=cut.color, label=cut.label, **style) for cut in view.cuts]
    style = {"handlelength": 1.2, "handletextpad": 0.4, "columnspacing": 1.0, "borderpad": 0.2, "borderaxespad": 0.0}
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=len(handles), **style)


def banded(color: str, **style: Any) -> tuple[Patch | Line2D, ...]:
    """Legend entry of a mean within bands of one and two standard errors."""
    inner = Line2D([], [], color=color, alpha=0.4, linewidth=4)
    return Patch(color=color, alpha=0.18, linewidth=0), inner, Line2D([], [], color=color, **style)


def style_handles(series: Series, asymptotics: bool = True) -> Iterator[tuple[Any, str]]:
    """Legend entries of the kinds of line: sampled, exact and printed."""
    if np.isfinite(series.mean).any():
        *bands, dot = banded(GREY, **DOT)
        yield ((*bands, dot), f"sampled, {BANDS}") if np.isfinite(series.error).any() else (dot, "sampled")
    if np.isfinite(series.exact).any():
        yield Line2D([], [], color=GREY, linewidth=1.5), "exact"
    forms = {form.equation: form for form in series.forms if np.isfinite(form.values).any()}
    for form in forms.values():
        if form.leading or asymptotics:
            kind = "printed" if form.leading else "asymptotic"
            # What has no equation number is a known law, but not the paper's.
            label = f"{form.equation}, {kind}" if form.equation.startswith("Eq. ") else form.equation
            yield Line2D([], [], color=GREY, **_FORM_STYLES[form.leading]), label
