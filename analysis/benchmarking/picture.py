"""The picture: cost of an evaluation, of a whole process, and of an error."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarking.errors import RIVALS, SAMPLINGS
from benchmarking.report import Part
from tlsmc.reporting.figures.style import GREY, styled

COLOURS = ("#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#ff7f0e")


def draw(parts: dict[str, Part]) -> Figure:
    """Four panels: throughput, cost of a process, time to the first target against chi, goals."""
    with styled():
        figure = Figure(figsize=(10.4, 8.0), layout="constrained")
        # Columns of their own: long labels on one side must not narrow the panels of the other.
        left, right = figure.subfigures(1, 2, squeeze=False)[0]
        upper, lower = left.subplots(2, 1)
        _throughput(upper, parts)
        _goals(lower, parts)
        upper, lower = right.subplots(2, 1)
        _cost(upper, parts)
        _errors(lower, parts)
        return figure


def _throughput(ax: Axes, parts: dict[str, Part]) -> None:
    ns = {**parts["kernels"].data["ns"], **parts["processes"].data["ns"]}
    names = [name for name in ns if name != "kernel numba in process"][::-1]
    values = [ns[name] for name in names]
    medians = [value.median for value in values]
    spans = [[v.median - v.low for v in values], [v.high - v.median for v in values]]
    colours = [COLOURS[0] if name.startswith(("tlsmc", "kernel")) else GREY for name in names]
    ax.barh(names, medians, xerr=spans, color=colours, error_kw={"elinewidth": 0.8})
    ax.set(xscale="log", xlabel="ns per (defect, T, omega)")
    ax.set_title("Loops alone (top) and whole processes", loc="left")
    ax.grid(visible=False, axis="y")


def _cost(ax: Axes, parts: dict[str, Part]) -> None:
    cost = parts["ladders"].data["cost"]
    # The grid of the ladder of defects comes first, and the number of defects of the ladder of grids last.
    series = {
        "more defects": [(side, n, s) for side, n, s in cost if side == cost[0][0]],
        "larger grid": [(side, n, s) for side, n, s in cost if n == cost[-1][1]],
    }
    for (label, points), colour, marker in zip(series.items(), COLOURS, ("o", "s"), strict=False):
        points = sorted(points, key=lambda point: point[1] * point[0] ** 2)
        x, y = [n * side**2 for side, n, _ in points], [s.median for _, _, s in points]
        ax.plot(x, y, marker=marker, color=colour, markersize=4.0, label=label)
    ax.set(xscale="log", yscale="log", xlabel="defects x temperatures x frequencies", ylabel="seconds")
    ax.set_title("Whole process, numba, one worker", loc="left")
    ax.legend()


def _errors(ax: Axes, parts: dict[str, Part]) -> None:
    attempts = parts["errors"].data["attempts"]
    target = attempts[0]["target"]
    for way, colour in zip((*SAMPLINGS, *RIVALS), COLOURS, strict=True):
        points = sorted((a["chi"], a["seconds"]) for a in attempts if a["way"] == way and a["target"] == target)
        x, y = [chi for chi, _ in points], [seconds.median for _, seconds in points]
        style = "--" if way in RIVALS else "-"
        ax.plot(x, y, marker="o", markersize=4.0, color=colour, linestyle=style, label=way)
    ax.set(xscale="log", yscale="log", xlabel=r"$\chi$", ylabel="seconds")
    ax.set_title(f"Time to a relative error of {target:g} on the whole grid", loc="left")
    ax.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.18))


def _goals(ax: Axes, parts: dict[str, Part]) -> None:
    goals = [goal for part in parts.values() for goal in part.goals if goal.measured is not None][::-1]
    for row, goal in enumerate(goals):
        assert goal.measured is not None
        found = goal.measured.median
        # A cost may come out at nothing or less.
        share = goal.bound / max(found, 1e-2 * goal.bound) if goal.at_most else found / goal.bound
        ax.plot(share, row, "o", color=COLOURS[1] if goal.reached else COLOURS[2], markersize=5.0)
    ax.axvline(1.0, color=GREY, linewidth=0.8)
    ax.set_yticks(range(len(goals)), [textwrap.fill(goal.what, 42) for goal in goals], fontsize=6.5)
    ax.set(xscale="log", xlabel="measured over aimed at (inverse where at most)")
    ax.set_title("Goals: reached right of the line", loc="left")
    ax.grid(visible=False, axis="y")
