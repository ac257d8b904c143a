"""The figure of ``tlsmc plot --telegraph``: the signal, single defects, and the spectrum with what it should be."""

from __future__ import annotations

import math
from typing import Any

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
from tlsmc.reporting.figures.curve_panel import log_ticks
from tlsmc.reporting.figures.series import Axis, raised
from tlsmc.reporting.figures.style import GREY, PALE, frame, styled
from tlsmc.results.run import Record, Run
from tlsmc.simulation.trajectories.telegraph import variances
from tlsmc.spec.trajectories import TelegraphNoise
from tlsmc.units import to_hertz, to_seconds

_SIGNAL, _EXACT, _LORENTZ, _FLICKER = "#2a5f9e", "#222222", "#c2571a", "#3f8f4f"
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
        left = columns[0].subgridspec(2 if kept else 1, 1, height_ratios=(1.0, 1.0) if kept else (1.0,))
        _draw_signal(figure.add_subplot(left[0]), run, record, noise)
        if kept:
            _draw_states(figure.add_subplot(left[1]), run, record, noise, kept)
        right = columns[1].subgridspec(2, 1, height_ratios=(2.6, 1.0), hspace=0.0)
        upper = figure.add_subplot(right[0])
        legend = _draw_spectrum(upper, run, record, noise, bands)
        _draw_ratio(figure.add_subplot(right[1], sharex=upper), run, bands)
        frame(figure, run, _SUBTITLE, legend, _note(run, record, noise, bands))
        return figure


def _times(run: Run, noise: TelegraphNoise) -> Axis:
    """Middles of the bins that a panel shows."""
    kelvin = run.spec.in_kelvin
    step = (to_seconds(1.0) if kelvin else 1.0) * noise.step
    edges = np.linspace(0, noise.times, min(_BINS, noise.times) + 1)
    return Axis("time", "t", "s" if kelvin else "", 0.5 * step * (edges[1:] + edges[:-1]))


def _edges(noise: TelegraphNoise) -> NDArray[np.int64]:
    return np.linspace(0, noise.times, min(_BINS, noise.times) + 1).astype(np.int64)[:-1]


def _shown(axis: Axis) -> tuple[Array, str]:
    """Times in a unit that suits the last of them, and their label."""
    size, unit = Axis(axis.quantity, axis.symbol, axis.unit, axis.values[-1:]).display
    power = 0 if axis.unit else math.floor(math.log10(axis.values[-1]))
    if not -2 <= power < 4:
        size, unit = 10.0**power, f"10{raised(power)} {unit}"
    return axis.values / size, f"{axis.quantity} {axis.symbol} ({unit})"


def _draw_signal(ax: Axes, run: Run, record: Record, noise: TelegraphNoise) -> None:
    signal, edges = record["signal"] - record["mean"], _edges(noise)
    t, label = _shown(_times(run, noise))
    counts = np.diff(np.append(edges, noise.times))
    low, high = np.minimum.reduceat(signal, edges), np.maximum.reduceat(signal, edges)
    ax.fill_between(t, low, high, color=_SIGNAL, alpha=0.35, linewidth=0)
    ax.plot(t, np.add.reduceat(signal, edges) / counts, color=_SIGNAL, linewidth=0.8)
    ax.axhline(0.0, color=GREY, linewidth=0.7)
    ax.set_xlim(0.0, t[-1] + t[0])
    ax.set_xlabel(label)
    ax.set_ylabel("signal - its mean")
    ax.set_title("signal", loc="left")


def _draw_states(ax: Axes, run: Run, record: Record, noise: TelegraphNoise, kept: int) -> None:
    """Part of each bin of time that a defect is in its upper level: a square wave, or grey if it is faster."""
    edges = _edges(noise)
    counts = np.diff(np.append(edges, noise.times))
    t, label = _shown(_times(run, noise))
    for row in range(kept):
        levels = np.unpackbits(record["states"][row], count=noise.times).astype(np.float64)
        part = np.add.reduceat(levels, edges) / counts
        bottom = kept - 1 - row
        ax.fill_between(t, bottom, bottom + 0.75 * part, color=_SIGNAL, alpha=0.75, linewidth=0, step="mid")
        words = f"{record['switches'][row]:,.0f} switches"
        ax.text(1.01, bottom + 0.3, words, transform=ax.get_yaxis_transform(), fontsize=7.0, color=GREY, va="center")
    ax.set_xlim(0.0, t[-1] + t[0])
    ax.set_ylim(-0.1, kept - 0.1)
    ax.set_yticks(np.arange(kept) + 0.35, [f"{kept - 1 - i}" for i in range(kept)])
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(label)
    ax.set_ylabel("defect")
    ax.set_title("upper level", loc="left")


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
        low, high = (size * bands.exact * edge for edge in (bands.low, bands.high))
        ax.fill_between(factor * bands.omega, low, high, color=_EXACT, alpha=0.15, linewidth=0)
        ax.plot(
            factor * bands.omega,
            size * bands.exact * bands.ratio,
            color=_SIGNAL,
            linestyle="",
            marker="o",
            markersize=3.2,
            mew=0,
        )
    ax.plot(factor * omega[thin], exact[thin], color=_EXACT, linewidth=1.3)
    legend: list[tuple[Any, str]] = [
        (Line2D([], [], color=_SIGNAL, linestyle="", marker="o", markersize=3.5), "sampled, in bands"),
        (
            (Patch(color=_EXACT, alpha=0.15), Line2D([], [], color=_EXACT, linewidth=1.3)),
            f"exact, 2 {_SIGMA} of a band",
        ),
    ]
    smooth = np.geomspace(omega[0], omega[-1], _SMOOTH)
    ax.plot(
        factor * smooth,
        size * _lorentzians(record, noise, smooth),
        color=_LORENTZ,
        linewidth=1.0,
        linestyle=(0.0, (4.0, 2.0)),
    )
    legend.append((Line2D([], [], color=_LORENTZ, linestyle=(0.0, (4.0, 2.0))), "Lorentzians, without aliases"))
    law = _flicker(run, record, noise, smooth)
    if law is not None:
        ax.plot(factor * smooth, size * law, color=_FLICKER, linewidth=2.6, alpha=0.5, zorder=1.5)
        legend.append((Line2D([], [], color=_FLICKER, linewidth=2.6, alpha=0.5), "1/f law of Eq. 2"))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(0.2 * exact.min(), 5.0 * exact.max())
    log_ticks(ax.xaxis, float(omega[-1] / omega[0]))
    log_ticks(ax.yaxis, 25.0 * float(exact.max() / exact.min()))
    ax.tick_params(labelbottom=False)
    ax.set_ylabel("S(ω) (v² s)" if run.spec.in_kelvin else "S(ω) (natural units)")
    ax.set_title("spectrum", loc="left")
    return legend


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
    x = factor * bands.omega
    ax.fill_between(x, bands.low, bands.high, color=_EXACT, alpha=0.15, linewidth=0)
    ax.plot(x, bands.ratio, color=_SIGNAL, linestyle="", marker="o", markersize=3.2, mew=0)
    reach = 1.1 * float(max(bands.high.max() - 1.0, 1.0 - bands.low.min(), np.abs(bands.ratio - 1.0).max()))
    ax.set_ylim(max(0.0, 1.0 - reach), 1.0 + reach)


def _note(run: Run, record: Record, noise: TelegraphNoise, bands: Bands) -> str:
    exponent = spectrum_exponent(bands, flicker_range(record, noise, run.spec.material.given["chi"]))
    words = f"{noise.defects:,} defects at {noise.times:,} times"
    if exponent is None:
        return words
    fitted = with_error(exponent.value, exponent.error)
    return f"{words}; S ~ 1/ω^a below chi T/10: a = {fitted}, exact {number(exponent.exact)}"
