"""Where two-level systems that explain tau_phi dominate: C_T/C_e and W/W_glass over E* and chi, the paper's conclusion.

For every (E*, chi) the density n_T is the one that gives tau_phi = 3 ns in gold (Eqs. 5 and 6).  Left: specific heat
over that of the electrons at T = E*/10; the band of ratios that conventions leave open, from the printed Eq. 9 with
L = 30 down to free electrons and the L of Eq. 2's own measure for an hour, is between the two lines where each is 1.
Right: relaxation attenuation over that of a metallic glass with P_g = 1e16/(cm^3 K) and the same coupling at the same
T, n_T/(E* P_g) min(1, E*/T), at T = 0.1 K.

    python analysis/dominance.py [-o FOLDER] [--points N]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tlsmc import closed_forms
from tlsmc.physics.electrons import ELECTRON_HEATS, density_ratio, inelastic_time
from tlsmc.physics.measurement_time import fastest_rate
from tlsmc.reporting.figures import save_figure
from tlsmc.reporting.figures.style import INK, styled
from tlsmc.units import HBAR_OVER_KB, natural

Array = NDArray[np.float64]

WIDTHS, CROSS_SECTIONS = (1e-3, 20.0), (1e-3, 1.0)
#: The paper's numbers for gold: Fermi energy, electron density, dephasing time, and the glass's density of states.
FERMI_ENERGY, ELECTRONS, TAU_PHI = natural("5 eV", "energy"), 3e22, natural("3 ns", "time")
GLASS, PRINTED_L, HOUR, GLASS_T = 1e16, 30.0, 3600.0 / HBAR_OVER_KB, 0.1


def density(width: Array, chi: Array) -> Array:
    """n_T per cm^3 that gives tau_phi, by Eqs. 5 and 6."""
    return np.asarray(ELECTRONS * density_ratio(chi[:, None], FERMI_ENERGY, inelastic_time(width, TAU_PHI)))


def heat_ratios(width: Array, chi: Array) -> tuple[Array, Array]:
    """C_T/C_e at T = E*/10: printed (f = 1, L = 30, Eq. 7), and as follows (Eq. 2's L of an hour, free electrons)."""
    n_T, T = density(width, chi), width / 10.0
    per_defect = n_T * T / width
    printed = per_defect * PRINTED_L / ELECTRON_HEATS["paper"](T, ELECTRONS, FERMI_ENERGY)
    measured = closed_forms.time_logarithm(HOUR * fastest_rate(T, chi[:, None]))
    free = ELECTRON_HEATS["free-electron"](T, ELECTRONS, FERMI_ENERGY)
    return printed, per_defect * measured * closed_forms.heat(10.0) / free


def glass_ratio(width: Array, chi: Array) -> Array:
    """W_rel of the band over that of the glass at the same T, coupling and chi."""
    return density(width, chi) / width / GLASS * np.minimum(1.0, width / GLASS_T)


def draw(points: int) -> Figure:
    width, chi = np.geomspace(*WIDTHS, points), np.geomspace(*CROSS_SECTIONS, points)
    printed, following = heat_ratios(width, chi)
    with styled():
        figure = Figure(figsize=(9.6, 4.6), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        _map(figure, left, width, chi, following, r"$C_T/C_e$ at $T = E^{*}/10$")
        for values, style, name in ((printed, "--", "printed"), (following, "-", "follows")):
            _contour(left, width, chi, values, style, name)
        _map(figure, right, width, chi, glass_ratio(width, chi), r"$W_{\mathrm{rel}}/W_{\mathrm{glass}}$ at 0.1 K")
        _contour(right, width, chi, glass_ratio(width, chi), "-", "equal")
        for ax in (left, right):
            ax.plot(
                [0.02],
                [0.03],
                marker="o",
                color="#d62728",
                markersize=5.0,
                linestyle="",
                label="E* = 20 mK, chi = 0.03",
            )
        left.set_ylabel(r"$\chi$")
        left.legend(loc="lower left")
        figure.suptitle(
            r"Defects that give $\tau_\varphi$ = 3 ns in gold, against electrons and a glass", x=0.01, ha="left"
        )
        return figure


def _map(figure: Figure, ax: Axes, width: Array, chi: Array, ratio: Array, label: str) -> None:
    ax.set(xscale="log", yscale="log", xlabel=r"$E^{*}$ (K)", xlim=WIDTHS, ylim=CROSS_SECTIONS)
    ax.grid(visible=False)
    shades = ax.pcolormesh(width, chi, ratio, norm=LogNorm(1e-3, 1e5), cmap="viridis", rasterized=True)
    figure.colorbar(shades, ax=ax, label=label, pad=0.02)


def _contour(ax: Axes, width: Array, chi: Array, ratio: Array, style: str, name: str) -> None:
    if ratio.min() < 1.0 < ratio.max():
        ax.contour(width, chi, ratio, levels=[1.0], colors=[INK], linestyles=[style], linewidths=1.4)
        ax.plot([], [], color=INK, linestyle=style, label=f"1: {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Where two-level systems dominate specific heat and attenuation.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    parser.add_argument("--points", type=int, default=81, help="points along each axis")
    options = parser.parse_args()
    for path in save_figure(draw(options.points), options.output / "dominance"):
        print(path)
    here = (np.array([0.02]), np.array([0.03]))
    printed, following = (float(ratio[0, 0]) for ratio in heat_ratios(*here))
    print(f"E* = 20 mK, chi = 0.03: C_T/C_e = {printed:.3g} as printed, {following:.3g} as follows; ", end="")
    print(f"W_rel/W_glass = {float(glass_ratio(*here)[0, 0]):.3g} at 0.1 K")


if __name__ == "__main__":
    main()
