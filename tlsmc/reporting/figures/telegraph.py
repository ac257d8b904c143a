"""The figure of ``tlsmc plot --telegraph``: the signal, single defects, and the spectrum with what it should be."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.diagnostics.telegraph import Bands, flicker_range, spectrum_bands, spectrum_exponent
from tlsmc.errors import SpecError
from tlsmc.formatting import number, with_error
from tlsmc.physics.switching import flicker_spectrum, telegraph_spectrum
from tlsmc.reporting.figures.curve_panel import DOT, log_ticks
from tlsmc.reporting.figures.series import Axis, raised
from tlsmc.reporting.figures.style import GREY, PALE, frame, styled
from tlsmc.results.run import Record, Run
from tlsmc.simulation.trajectories.telegraph import variances
from tlsmc.spec.trajectories import TelegraphNoise
from tlsmc.units import to_hertz, to_seconds

_SIGNAL, _EXACT = "#2a5f9e", "#222222"
_EXACT_LINE: dict[str, Any] = {"color": _EXACT, "linewidth": 1.3}
_DASHES: dict[str, Any] = {"color": "#c2571a", "linestyle": (0.0, (4.0, 2.0))}
_FLICKER: dict[str, Any] = {"color": "#3f8f4f", "linewidth": 2.6, "alpha": 0.5}
#: Bins of time that a panel shows, kept defects, and frequencies of a smooth curve.
_BINS, _KEPT, _SMOOTH = 480, 6, 200
_SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
_SUBTITLE = f"the sum of v {_SIGMA}_z in time, the level of single defects, and the spectrum of the sum"


def telegraph_figure(run: Run) -> Figure:
    """Telegraph noise: signal and states on the left, spectrum and its ratio to the exact one on the right.

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
        matplotlib is missing, or the run has recorded no telegraph noise.

    Examples
    --------
    >>> len(tlsmc.reporting.telegraph_figure(tlsmc.open_run("small.h5")).axes)
    3
    """
    noise = run.spec.trajectories.telegraph
    if noise is None or "telegraph" not in run.records:
        raise SpecError("the run has recorded no telegraph noise; add [trajectories.telegraph] to the spec")
    record = run.records["telegraph"]
    bands = spectrum_bands(record, noise)
    with styled():
        figure = Figure(figsize=(9.6, 5.6), layout="constrained")
        columns = figure.add_gridspec(1, 2, width_ratios=(1.0, 1.05))
        kept = min(_KEPT, len(record["states"]))
        left = columns[0].subgridspec(2 if kept else 1, 1)
        time = _Time.of(run, noise)
        _draw_signal(figure.add_subplot(left[0]), record, time)
        if kept:
            _draw_states(figure.add_subplot(left[1]), record, time, kept)
        right = columns[1].subgridspec(2, 1, height_ratios=(2.6, 1.0), hspace=0.0)
        upper = figure.add_subplot(right[0])
        legend = _draw_spectrum(upper, run, record, noise, bands)
        _draw_ratio(figure.add_subplot(right[1], sharex=upper), run, bands)
        return frame(figure, run, _SUBTITLE, legend, _note(run, record, noise, bands))


class _Time(NamedTuple):
    """The bins of time that a panel shows: their first places, sizes, and middles in a unit that suits."""

    edges: NDArray[np.int64]
    counts: NDArray[np.int64]
    shown: Array
    label: str

    @classmethod
    def of(cls, run: Run, noise: TelegraphNoise) -> _Time:
        kelvin = run.spec.in_kelvin
        step = (to_seconds(1.0) if kelvin else 1.0) * noise.step
        ends = np.linspace(0, noise.times, min(_BINS, noise.times) + 1)
        middles = 0.5 * step * (ends[1:] + ends[:-1])
        edges = ends.astype(np.int64)
        size, unit = Axis("time", "t", "s" if kelvin else "", middles[-1:]).display
        power = 0 if kelvin else math.floor(math.log10(middles[-1]))
        if not -2 <= power < 4:
            size, unit = 10.0**power, f"10{raised(power)} {unit}"
        return cls(edges[:-1], np.diff(edges), middles / size, f"time t ({unit})")

    def means(self, values: Array) -> Array:
        """Means over the bins."""
        return np.asarray(np.add.reduceat(values, self.edges) / self.counts)

    def frame(self, ax: Axes, title: str, quantity: str) -> None:
        ax.set_xlim(0.0, self.shown[-1] + self.shown[0])
        ax.set_xlabel(self.label)
        ax.set_ylabel(quantity)
        ax.set_title(title, loc="left")


def _draw_signal(ax: Axes, record: Record, time: _Time) -> None:
    signal = record["signal"] - record["mean"]
    low, high = (bound.reduceat(signal, time.edges) for bound in (np.minimum, np.maximum))
    ax.fill_between(time.shown, low, high, color=_SIGNAL, alpha=0.35, linewidth=0)
    ax.plot(time.shown, time.means(signal), color=_SIGNAL, linewidth=0.8)
    ax.axhline(0.0, color=GREY, linewidth=0.7)
    time.frame(ax, "signal", "signal - its mean")


def _draw_states(ax: Axes, record: Record, time: _Time, kept: int) -> None:
    """Part of each bin of time that a defect is in its upper level: a square wave, or grey if it is faster."""
    for row in range(kept):
        levels = np.unpackbits(record["states"][row], count=len(record["signal"])).astype(np.float64)
        bottom = kept - 1 - row
        top = bottom + 0.75 * time.means(levels)
        ax.fill_between(time.shown, bottom, top, color=_SIGNAL, alpha=0.75, linewidth=0, step="mid")
        words = f"{record['switches'][row]:,.0f} switches"
        ax.text(1.01, bottom + 0.3, words, transform=ax.get_yaxis_transform(), fontsize=7.0, color=GREY, va="center")
    ax.set_ylim(-0.1, kept - 0.1)
    ax.set_yticks(np.arange(kept) + 0.35, [f"{kept - 1 - i}" for i in range(kept)])
    ax.grid(visible=False, axis="y")
    time.frame(ax, "upper level", "defect")


def _frequency(run: Run) -> tuple[float, str]:
    """Factor from omega to the axis, and the label of the axis."""
    if run.spec.in_kelvin:
        return to_hertz(1.0), "frequency \N{GREEK SMALL LETTER NU} (Hz)"
    return 1.0, "angular frequency ω (natural units)"


def _draw_spectrum(ax: Axes, run: Run, record: Record, noise: TelegraphNoise, bands: Bands) -> list[tuple[Any, str]]:
    factor, _ = _frequency(run)
    # In kelvin omega is an energy: S is per frequency, in seconds.
    size = to_seconds(1.0) if run.spec.in_kelvin else 1.0
    omega, exact = record["omega"], size * record["spectrum_exact"]
    thin = np.unique(np.geomspace(1, omega.size, _SMOOTH).astype(int)) - 1
    low, high = (size * bound.reduceat(record["spectrum"], thin) for bound in (np.minimum, np.maximum))
    ax.fill_between(factor * omega[thin], low, high, color=PALE, linewidth=0, step="post", zorder=1.0)
    if bands.z.size:
        _draw_bands(ax, factor * bands.omega, bands, size * bands.exact)
    ax.plot(factor * omega[thin], exact[thin], **_EXACT_LINE)
    smooth = np.geomspace(omega[0], omega[-1], _SMOOTH)
    ax.plot(factor * smooth, size * _lorentzians(record, noise, smooth), linewidth=1.0, **_DASHES)
    within = Patch(color=_EXACT, alpha=0.15), Line2D([], [], **_EXACT_LINE)
    legend: list[tuple[Any, str]] = [
        (Line2D([], [], color=_SIGNAL, **DOT), "sampled, in bands"),
        (within, f"exact, 2 {_SIGMA} of a band"),
        (Line2D([], [], **_DASHES), "Lorentzians, without aliases"),
    ]
    law = _flicker(run, record, noise, smooth)
    if law is not None:
        ax.plot(factor * smooth, size * law, zorder=1.5, **_FLICKER)
        legend.append((Line2D([], [], **_FLICKER), "1/f law of Eq. 2"))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(0.2 * exact.min(), 5.0 * exact.max())
    log_ticks(ax.xaxis, float(omega[-1] / omega[0]))
    log_ticks(ax.yaxis, 25.0 * float(exact.max() / exact.min()))
    ax.tick_params(labelbottom=False)
    ax.set_ylabel("S(ω) (v² s)" if run.spec.in_kelvin else "S(ω) (natural units)")
    ax.set_title("spectrum", loc="left")
    return legend


def _draw_bands(ax: Axes, x: Array, bands: Bands, exact: Array | float = 1.0) -> None:
    """What was sampled, and two standard deviations about what is exact."""
    ax.fill_between(x, exact * bands.low, exact * bands.high, color=_EXACT, alpha=0.15, linewidth=0)
    ax.plot(x, exact * bands.ratio, color=_SIGNAL, linestyle="", marker="o", markersize=3.2, mew=0)


def _lorentzians(record: Record, noise: TelegraphNoise, omega: Array) -> Array:
    """Sum of the spectra of all defects."""
    variance, rate = variances(record.arrays, record["coupling"], noise.temperature), record["rate"]
    return np.array([float(np.sum(telegraph_spectrum(w, variance, rate))) for w in omega])


def _flicker(run: Run, record: Record, noise: TelegraphNoise, omega: Array) -> Array | None:
    """The law pi <v^2> (N/(L E*)) T/omega of the population of Eq. 2, None for another one."""
    population = run.spec.population
    if not population.is_paper:
        return None
    density = noise.defects / (population.defects_per_n_T * population.E_star)
    v = float(np.sqrt(np.mean(record["coupling"] ** 2)))
    return np.asarray(flicker_spectrum(omega, v, density, noise.temperature))


def _draw_ratio(ax: Axes, run: Run, bands: Bands) -> None:
    factor, label = _frequency(run)
    ax.set_xlabel(label)
    ax.set_ylabel("over exact")
    ax.axhline(1.0, color=_EXACT, linewidth=0.9)
    if not bands.z.size:
        ax.text(0.5, 0.3, "few switches make the spectrum: no band", transform=ax.transAxes, color=GREY, ha="center")
        return
    _draw_bands(ax, factor * bands.omega, bands)
    reach = 1.1 * float(max(bands.high.max() - 1.0, 1.0 - bands.low.min(), np.abs(bands.ratio - 1.0).max()))
    ax.set_ylim(max(0.0, 1.0 - reach), 1.0 + reach)


def _note(run: Run, record: Record, noise: TelegraphNoise, bands: Bands) -> str:
    exponent = spectrum_exponent(bands, flicker_range(record, noise, run.spec.material.given["chi"]))
    words = f"{noise.defects:,} defects at {noise.times:,} times"
    if exponent is None:
        return words
    fitted = with_error(exponent.value, exponent.error)
    return f"{words}; S ~ 1/ω^a below chi T/10: a = {fitted}, exact {number(exponent.exact)}"
