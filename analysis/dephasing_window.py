"""1/tau_phi against T for bands of different width E*, and C_T/T with its step at E*: the two conclusions on E*.

Left: the rate over its saturated value; the measured window, 40 mK to 1 K, is shaded.  Only bands with E* of the order
of the lowest temperature or narrower are flat in it.  Right: C_T/(n_T L) E*/T is flat on both sides of a step at
T = E*, where it falls as f(E*/T) of Eq. 8.  Points are sampled, lines exact.

    python analysis/dephasing_window.py [-o FOLDER] [--defects N]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import tlsmc
from tlsmc.reporting.figures import save_figure
from tlsmc.reporting.figures.style import GREY, styled
from tlsmc.results.run import Run
from tlsmc.spec.reader import parse_spec

#: Widths E* of the bands in K, and the window in which a saturated tau_phi was measured.
WIDTHS, WINDOW = (1e-3, 1e-2, 4e-2, 1e-1, 1.0, 10.0), (0.04, 1.0)


def sampled(width: float, defects: int) -> Run:
    """A band of a given width."""
    grid = {"temperature": {"start": "3 mK", "stop": "3 K", "points": 25}}
    laws = {"E": {"law": "uniform", "high": f"{width} K"}, "p": {"law": "tunnelling", "low": 1e-12}}
    population = {"model": "tunnelling", "defects": defects, "sampling": "sobol", "parameters": laws}
    spec = {"title": f"E* = {width} K", "seed": 20010305, "population": population}
    return tlsmc.run(parse_spec(spec | {"observables": {"dephasing": grid, "heat_capacity": grid}}), progress=False)


def draw(runs: dict[float, Run]) -> Figure:
    with styled():
        figure = Figure(figsize=(9.6, 4.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        for k, (width, run) in enumerate(runs.items()):
            color = colormaps["viridis"](0.9 * k / max(1, len(runs) - 1))
            _rate(left, run, width, color)
            _heat(right, run, width, color)
        left.axvspan(*WINDOW, color=GREY, alpha=0.15, linewidth=0.0, label="measured window")
        left.set(xscale="log", yscale="log", ylim=(1e-3, 2.0), xlabel="temperature T (K)", ylabel="rate/saturated")
        right.set(
            xscale="log",
            yscale="log",
            xlabel=r"$T/E^{*}$",
            ylabel=r"$C_T\,E^{*}/(n_T L\,T)$",
            xlim=(1e-3, 30.0),
            ylim=(1e-4, 4.0),
        )
        right.axhline(1.0, color=GREY, linewidth=2.0, alpha=0.4, linestyle="--", label="Eq. 8 as printed, f = 1")
        left.legend(loc="lower right")
        right.legend(loc="lower left")
        figure.suptitle("Bands of two-level systems up to E*: dephasing rate and specific heat", x=0.01, ha="left")
        return figure


def _rate(ax: Axes, run: Run, width: float, color: object) -> None:
    curve = run["dephasing"]
    ax.plot(curve.gridded.T, curve.exact, color=color, linewidth=1.0)
    ax.errorbar(
        curve.gridded.T, curve.mean, curve.error, fmt="o", color=color, markersize=2.6, label=f"E* = {width:g} K"
    )


def _heat(ax: Axes, run: Run, width: float, color: object) -> None:
    curve = run["heat_capacity"]
    scale = width / (curve.gridded.T * run.spec.population.defects_per_n_T)
    ax.plot(curve.gridded.T / width, scale * curve.exact, color=color, linewidth=1.0)
    ax.errorbar(curve.gridded.T / width, scale * curve.mean, scale * curve.error, fmt="o", color=color, markersize=2.6)


def widest(flatness: float = 0.1) -> float:
    """Largest E* in K whose rate is within ``flatness`` of saturation down to the lower end of the window."""
    from scipy.optimize import brentq

    return float(brentq(lambda x: tlsmc.closed_forms.dephasing(WINDOW[0] / x) - 1.0 + flatness, 1e-3, 10.0))


def main() -> None:
    parser = argparse.ArgumentParser(description="Dephasing rate and specific heat for bands of different width.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    parser.add_argument("--defects", type=int, default=131_072, help="defects of each band")
    options = parser.parse_args()
    runs = {width: sampled(width, options.defects) for width in WIDTHS}
    for path in save_figure(draw(runs), options.output / "dephasing_window"):
        print(path)
    print(f"saturated within 10 % down to {1e3 * WINDOW[0]:g} mK: E* up to {1e3 * widest():.0f} mK")


if __name__ == "__main__":
    main()
