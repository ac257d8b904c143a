"""Pieces of metal and noise: figures over runs of samples_wire, samples_narrow_line and telegraph_noise in runs/.

Three figures, each from run files that are made in a folder and kept there, so that a second call only draws:

* spread: var/mean^2 of 1/tau_phi against the number N of defects, from 10 to 100,000, with the closed form
  (2/3) <g^2>/(n_T V <g>^2) at three temperatures; and the same of resonant attenuation with its exact second moment;
* narrow_line: histograms of the resonant attenuation of samples with few and with many defects;
* flicker: the spectrum of telegraph noise over more than four decades with the law pi v^2 (n_T/E*) T/omega.

    python analysis/trajectories.py [-o FOLDER] [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import tlsmc
from tlsmc.closed_forms import dephasing_spread
from tlsmc.diagnostics.samples import SampleStatistics, predicted_spread, sample_statistics
from tlsmc.diagnostics.telegraph import flicker_range, spectrum_bands, spectrum_exponent
from tlsmc.physics.switching import flicker_spectrum
from tlsmc.reporting.figures import save_figure
from tlsmc.reporting.figures.style import GREY, INK, styled
from tlsmc.results.run import Run
from tlsmc.spec.sweep import is_sweep, load_sweep

Array = NDArray[np.float64]

RUNS = Path(__file__).parent.parent / "runs"
#: Numbers of defects of a sample, and samples of each.
NUMBERS, SAMPLES = (10, 32, 100, 316, 1000, 3162, 10_000, 31_623, 100_000), 400
FEW, MANY = 300, 30_000
COLOURS = ("#1f4e8c", "#c2571a", "#3f8f4f")


def made(folder: Path, name: str, spec: str, *settings: str) -> Run:
    """The run file NAME of a spec in runs/ with settings, computed unless it is there and of the same content."""
    source = RUNS / spec
    wanted = load_sweep(source, settings)[0].spec if is_sweep(source) else tlsmc.load_spec(source, settings)
    path = folder / f"{name}.h5"
    if path.exists():
        run = tlsmc.open_run(path)
        if run.complete and run.spec.resolved() == wanted.resolved():
            return run
    return tlsmc.run(wanted, path, force=True, progress=False)


def wires(folder: Path, numbers: tuple[int, ...], samples: int) -> dict[int, Run]:
    """Wires of the same cross-section, as long as makes so many defects."""
    # One of 1 um has 599.8.
    base = tlsmc.load_spec(RUNS / "samples_wire.toml")
    per_cm = base.metal.defect_density * base.population.defects_per_n_T * 40e-7 * 20e-7
    return {
        N: made(
            folder,
            f"wire_{N}",
            "samples_wire.toml",
            f'material.length="{N / per_cm!r} cm"',
            f"population.samples={samples}",
            'observables.dephasing.temperature=["1 mK", "5 mK", "100 mK"]',
        )
        for N in numbers
    }


def lines(folder: Path, numbers: tuple[int, ...], samples: int) -> dict[int, Run]:
    """Samples of the narrow line with so many defects."""
    name = "samples_narrow_line.toml"
    point = 'sweep.product={{ "population.defects" = [{}] }}'
    return {N: made(folder, f"line_{N}", name, point.format(N), f"population.samples={samples}") for N in numbers}


def spread_figure(wire: dict[int, Run], line: dict[int, Run]) -> Figure:
    with styled():
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        first = next(iter(wire.values()))
        N = np.geomspace(min(wire), max(wire), 100)
        population, gridded = first.spec.population, first.spec.gridded("dephasing")
        for k, T in enumerate(gridded.axes["temperature"]):
            t = T / population.E_star
            exact = dephasing_spread(t, N / population.defects_per_n_T, p_min=population.p_min)
            found = [sample_statistics(run["dephasing"]) for run in wire.values()]
            label = f"T = {t:g} E*"
            _points(left, list(wire), found, (k,), COLOURS[k], label)
            left.plot(N, exact, color=COLOURS[k], linewidth=1.2)
        left.set_title("dephasing: (2/3) ⟨g²⟩/(n_T V ⟨g⟩²), lines", loc="left")
        for k, part in enumerate(("resonant", "relaxation")):
            name = f"attenuation.{part}"
            found = [sample_statistics(run[name]) for run in line.values()]
            _points(right, list(line), found, (0, 0), COLOURS[k], part)
            size, run = next(iter(line.items()))
            N = np.geomspace(min(line), max(line), 100)
            right.plot(N, predicted_spread(run[name]).ratio[0, 0] * size / N, color=COLOURS[k], linewidth=1.2)
        right.set_title("attenuation with a narrow line: ⟨c²⟩/(N ⟨c⟩²), lines", loc="left")
        for ax in (left, right):
            ax.axhline(1.0, color=GREY, linewidth=0.8)
            ax.set(xscale="log", yscale="log", xlabel="number N of defects in a sample", ylabel="var/mean²")
            ax.legend()
        return figure


def _points(
    ax: Axes, x: list[int], found: list[SampleStatistics], place: tuple[int, ...], color: str, label: str
) -> None:
    """Ratios with errors, hollow where the samples are too few for their kurtosis."""
    y = np.array([statistics.ratio.mean[place] for statistics in found])
    error = np.array([statistics.ratio.error[place] for statistics in found])
    ax.errorbar(x, y, yerr=error, color=color, linestyle="", elinewidth=1.0)
    good = np.array([np.isfinite(statistics.z[place]) for statistics in found])
    style = {"color": color, "linestyle": "", "marker": "o", "markersize": 3.6}
    ax.plot(np.array(x)[good], y[good], **style, label=label)
    ax.plot(np.array(x)[~good], y[~good], **style, markerfacecolor="white")


def histogram_figure(few: Run, many: Run) -> Figure:
    with styled():
        figure = Figure(figsize=(9.6, 3.6), layout="constrained")
        for ax, run in zip(figure.subplots(1, 2), (few, many), strict=True):
            curve = run["attenuation.resonant"]
            found = sample_statistics(curve)
            x = found.means[:, 0, 0] / curve.exact[0, 0]
            bins = np.geomspace(x.min(), x.max(), 41) if run is few else np.linspace(x.min(), x.max(), 41)
            ax.hist(x, bins, color="#9fb8d8", linewidth=0)
            if run is few:
                ax.set_xscale("log")
            for value, color, words in (
                (x.mean(), INK, "mean"),
                (np.median(x), COLOURS[1], "median"),
                (np.exp(np.log(x).mean()), COLOURS[2], "typical"),
            ):
                ax.axvline(value, color=color, linewidth=1.2, label=f"{words} {value:.2f}")
            variance = found.predicted.ratio[0, 0]
            t = np.geomspace(bins[0], bins[-1], 400) if run is few else np.linspace(bins[0], bins[-1], 400)
            width = t * np.log(bins[1] / bins[0]) if run is few else bins[1] - bins[0]
            density = np.exp(-0.5 * (t - 1.0) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance)
            ax.plot(t, len(x) * width * density, color=COLOURS[0], label="Gaussian of the exact variance")
            size = run.spec.layout.defects
            ax.set_title(f"N = {size:,}: var/mean² = {found.ratio.mean[0, 0]:.3g}, exact {variance:.3g}", loc="left")
            ax.set(xlabel="resonant attenuation of a sample / average", ylabel="samples")
            ax.set_ylim(0.0, 1.45 * ax.get_ylim()[1])
            ax.legend(ncols=2)
        return figure


def flicker_figure(run: Run) -> Figure:
    plan, record, population = run.spec.trajectories.telegraph, run.records["telegraph"], run.spec.population
    bands = spectrum_bands(record, plan)
    fitted = spectrum_exponent(bands, flicker_range(record, plan, run.spec.material.given["chi"]))
    density = plan.defects / (population.defects_per_n_T * population.E_star)
    law = flicker_spectrum(bands.omega, 1.0, density, plan.temperature)
    with styled():
        figure = Figure(figsize=(6.4, 5.2), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.4, 1.0))
        upper.plot(bands.omega, law, color=COLOURS[2], linewidth=3.0, alpha=0.45, label="π v² (n_T/E*) T/ω")
        upper.plot(bands.omega, bands.exact, color=INK, linewidth=1.2, label="exact, of these defects")
        points = {"color": COLOURS[0], "linestyle": "", "marker": "o", "markersize": 3.2}
        upper.plot(bands.omega, bands.exact * bands.ratio, **points, label="sampled")
        words = "" if fitted is None else f": 1/ω^{fitted.value:.4f} ± {fitted.error:.4f}, exact {fitted.exact:.4f}"
        upper.set_title(f"telegraph noise of {plan.defects:,} defects{words}", loc="left")
        upper.set(xscale="log", yscale="log", ylabel="S(ω) (natural units)")
        upper.legend()
        lower.fill_between(bands.omega, bands.low, bands.high, color=INK, alpha=0.15, linewidth=0)
        lower.plot(bands.omega, bands.ratio, **points)
        lower.axhline(1.0, color=INK, linewidth=0.9)
        lower.set(xlabel="angular frequency ω (natural units)", ylabel="over exact")
        return figure


def main() -> None:
    parser = argparse.ArgumentParser(description="Figures of samples and of telegraph noise.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    parser.add_argument("--quick", action="store_true", help="few samples and short signals, to see that all works")
    options = parser.parse_args()
    numbers, samples = (NUMBERS, SAMPLES) if not options.quick else ((10, 300), 50)
    few, many = (FEW, MANY) if not options.quick else (FEW, 1000)
    folder = options.output
    folder.mkdir(exist_ok=True)
    line = lines(folder, (*numbers, few, many), samples)
    noise = (
        ("trajectories.telegraph.times=1_048_576", "trajectories.telegraph.segment=131_072")
        if not options.quick
        else ("trajectories.telegraph.times=16_384", "trajectories.telegraph.segment=1024")
    )
    figures = {
        "spread": spread_figure(wires(folder, numbers, samples), dict(sorted(line.items()))),
        "narrow_line": histogram_figure(line[few], line[many]),
        "flicker": flicker_figure(made(folder, "noise", "telegraph_noise.toml", *noise)),
    }
    for name, figure in figures.items():
        for path in save_figure(figure, folder / f"trajectories_{name}"):
            print(path)


if __name__ == "__main__":
    main()
