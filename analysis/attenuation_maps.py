"""F_res and F_rel over Omega = omega/E* and theta = 2T/E*: maps of the sampled values, and cuts beside Eqs. 15-18.

Points are sampled with their errors, lines exact, broad pale lines printed: twice the exact value for Eq. 16, and
scaling only for Eqs. 17 and 18.

    python analysis/attenuation_maps.py [-o FOLDER] [--defects N] [--points N]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

import tlsmc
from tlsmc.reporting.figures import save_figure
from tlsmc.reporting.figures.style import styled
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run
from tlsmc.spec.reader import parse_spec

CHI, OMEGA, THETA = 0.03, (1e-4, 10.0), (0.02, 20.0)
PARTS = {"resonant": r"$F_{\mathrm{res}}$", "relaxation": r"$F_{\mathrm{rel}}$"}


def sampled(defects: int, points: int) -> Run:
    """The run that the figure shows: Eq. 2 with chi = 0.03, in units of E*, with more defects drawn near the lines."""
    grid = {
        "temperature": {"start": THETA[0] / 2.0, "stop": THETA[1] / 2.0, "points": points},
        "frequency": {"start": OMEGA[0], "stop": OMEGA[1], "points": points},
    }
    laws = {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": 1e-12}}
    population = {"model": "tunnelling", "defects": defects, "proposal": "resonant", "parameters": laws}
    spec = {"title": "F over Omega and theta", "seed": 20010305, "population": population}
    return tlsmc.run(
        parse_spec(spec | {"material": {"chi": CHI}, "observables": {"attenuation": grid}}), progress=False
    )


def draw(run: Run) -> Figure:
    with styled():
        figure = Figure(figsize=(9.6, 8.4), layout="constrained")
        axes = figure.subplots(3, 2)
        for column, (part, symbol) in zip(axes.T, PARTS.items(), strict=True):
            curve = run[f"attenuation.{part}"]
            _map(figure, column[0], curve, symbol)
            _cuts(column[1], curve, symbol, along=1)
            _cuts(column[2], curve, symbol, along=0)
        title = rf"Attenuation of the band of Eq. 2, $\chi$ = {CHI}: {run.defects:,} defects"
        figure.suptitle(title, x=0.01, ha="left")
        return figure


def _map(figure: Figure, ax: Axes, curve: Curve, symbol: str) -> None:
    shown = np.ma.masked_less_equal(curve.mean, 0.0)
    norm = LogNorm(1e-4, 4.0)
    shades = ax.pcolormesh(
        curve.gridded.values[1], 2.0 * curve.gridded.T, shown, norm=norm, cmap="viridis", rasterized=True
    )
    ax.set(xscale="log", yscale="log", xlabel=r"$\Omega = \hbar\omega/E^{*}$", ylabel=r"$\theta = 2T/E^{*}$")
    ax.grid(visible=False)
    figure.colorbar(shades, ax=ax, label=f"{symbol}, sampled", pad=0.02)


def _cuts(ax: Axes, curve: Curve, symbol: str, along: int) -> None:
    """Three cuts along one axis: 0 is the temperature, 1 the frequency."""
    scales = (2.0 * curve.gridded.T, curve.gridded.values[1])
    names = (r"$\theta$", r"$\Omega$")
    x, other = scales[along], scales[1 - along]
    for k, color in zip(
        np.linspace(0, len(other) - 1, 4).astype(int)[:3] + 1, ("#3b528b", "#21918c", "#b5a300"), strict=True
    ):
        cut = (slice(None), k) if along == 0 else (k, slice(None))
        label = f"{names[1 - along]} = {other[k]:.2g}"
        ax.errorbar(
            x, curve.mean[cut], curve.error[cut], fmt="o", color=color, markersize=2.6, linewidth=0.8, label=label
        )
        ax.plot(x, curve.exact[cut], color=color, linewidth=1.0)
        for form, style in zip(curve.printed, ("--", ":"), strict=True):
            ax.plot(x, form.values[cut], color=color, linewidth=2.2, alpha=0.35, linestyle=style)
    ax.set(xscale="log", yscale="log", ylim=(1e-6, 10.0), xlabel=names[along], ylabel=symbol)
    equations = " and ".join(form.equation for form in curve.printed)
    ax.legend(title=f"dashed, dotted: {equations}", loc="lower left", fontsize=7.0, title_fontsize=7.0)


def main() -> None:
    parser = argparse.ArgumentParser(description="F_res and F_rel over Omega and theta.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    parser.add_argument("--defects", type=int, default=1_000_000, help="defects to draw")
    parser.add_argument("--points", type=int, default=33, help="points along each axis")
    options = parser.parse_args()
    for path in save_figure(draw(sampled(options.defects, options.points)), options.output / "attenuation_maps"):
        print(path)


if __name__ == "__main__":
    main()
