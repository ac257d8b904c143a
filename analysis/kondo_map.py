"""Where Kondo defects saturate the dephasing time: maps of tau_0/tau_phi over Delta*/T_K* and T/T_K* (Eq. 22).

The left map is the rate in units of its unitary limit, the right one its logarithmic slope in T: saturation is where
the slope is small.  Dashed is the paper's window, (Delta*/T_K*)^2 < T/T_K* < 1, from the printed Eq. 23; the bar is
the measured range, 40 mK to 1 K, with the Delta* = 200 mK and T_K* = 1 K that the paper takes for it.

    python analysis/kondo_map.py [-o FOLDER] [--points N]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tlsmc import kondo_mean
from tlsmc.reporting.figures import save_figure
from tlsmc.reporting.figures.style import GREY, INK, styled

Array = NDArray[np.float64]

WIDTHS, TEMPERATURES = (1e-2, 1e2), (1e-3, 1e2)
#: A rate that changes by less than this power of T looks saturated over a decade.
FLAT = 0.1
MEASURED, WIDTH = (0.04, 1.0), 0.2


def rates(width: Array, T: Array) -> Array:
    """tau_0/tau_phi for T_K and Delta uniform, shape (temperatures, widths), in units of T_K*."""
    return np.asarray(kondo_mean(1.0 / T[:, None], width / T[:, None]))


def draw(points: int) -> Figure:
    width, T = np.geomspace(*WIDTHS, points), np.geomspace(*TEMPERATURES, points)
    rate = rates(width, T)
    slope = np.gradient(np.log(rate), np.log(T), axis=0)
    with styled():
        figure = Figure(figsize=(9.6, 5.0), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        # First: labels of contours find their place on the final scale only.
        for ax in (left, right):
            _window(ax)
        shades = left.pcolormesh(width, T, np.log10(rate), cmap="viridis", vmin=-3.0, vmax=0.0, rasterized=True)
        lines = left.contour(width, T, rate, levels=[0.01, 0.1, 0.5, 0.9], colors="white", linewidths=0.8)
        left.clabel(lines, fmt="%g", fontsize=7.5)
        _bar(figure, left, shades, r"$\log_{10}\,\tau_0/\tau_\varphi$")
        shades = right.pcolormesh(width, T, slope, cmap="RdBu_r", vmin=-1.0, vmax=1.0, rasterized=True)
        lines = right.contour(width, T, slope, levels=[-FLAT, FLAT], colors=INK, linewidths=0.9, linestyles="solid")
        right.clabel(lines, fmt="%g", fontsize=7.5)
        _bar(figure, right, shades, r"$d\,\ln(\tau_0/\tau_\varphi)/d\,\ln T$")
        left.set_ylabel(r"$T/T_K^{*}$")
        title = r"Kondo defects with $T_K$ and $\Delta$ uniform up to $T_K^{*}$ and $\Delta^{*}$"
        figure.suptitle(title, x=0.01, ha="left")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        return figure


def _bar(figure: Figure, ax: Axes, shades: object, label: str) -> None:
    figure.colorbar(shades, ax=ax, label=label, pad=0.02)  # type: ignore[arg-type]


def _window(ax: Axes) -> None:
    """The paper's window of saturation and the measured range."""
    ax.set(xscale="log", yscale="log", xlim=WIDTHS, ylim=TEMPERATURES, xlabel=r"$\Delta^{*}/T_K^{*}$")
    ax.grid(visible=False)
    edge = np.geomspace(max(WIDTHS[0], TEMPERATURES[0] ** 0.5), 1.0)
    label = r"saturation by Eq. 23: $(\Delta^{*}/T_K^{*})^2 < T/T_K^{*} < 1$"
    ax.plot([WIDTHS[0], 1.0, *edge[::-1]], [1.0, 1.0, *edge[::-1] ** 2], color=GREY, linestyle="--", label=label)
    label = r"measured: 40 mK to 1 K, for $T_K^{*}$ = 1 K and $\Delta^{*}$ = 200 mK"
    ax.plot([WIDTH, WIDTH], MEASURED, color="#d62728", linewidth=3.0, solid_capstyle="butt", label=label)


def report(points: int = 33) -> str:
    """What the map says of the measured range, in one line."""
    T = np.geomspace(*MEASURED, points)
    rate = rates(np.array([WIDTH]), T)[:, 0]
    return (
        f"40 mK to 1 K with T_K* = 1 K, Delta* = 200 mK: tau_0/tau_phi from {rate.min():.3f} to {rate.max():.3f}, "
        f"{rate[0]:.3f} at 40 mK and {rate[-1]:.3f} at 1 K"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Maps of the dephasing rate of Kondo defects.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    parser.add_argument("--points", type=int, default=61, help="points along each axis")
    options = parser.parse_args()
    for path in save_figure(draw(options.points), options.output / "kondo_map"):
        print(path)
    print(report())


if __name__ == "__main__":
    main()
