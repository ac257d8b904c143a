"""The audit of the paper in one picture: what follows, and what the ensembles give, over what is printed.

One line for each claim that is a number or a formula, with the sampled ratio and two standard errors, and the exact one
as a ring; the colour is the verdict of `tlsmc claims`.  Ratios beyond the axis are written at its edge.  Claims that
are bounds have no ratio and are left out.

    python analysis/claims.py [-o FOLDER] [--defects N] [--seed S] [--jobs J]
"""

from __future__ import annotations

import argparse
import math
import os
import textwrap
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from tlsmc.claims import Audit, Claim, audit
from tlsmc.claims.base import DISPUTED, FAILS, HOLDS, MISPRINT, UP_TO_A_FACTOR
from tlsmc.claims.ensembles import DEFECTS, SEED
from tlsmc.reporting.figures import save_figure
from tlsmc.reporting.figures.style import GREY, INK, styled

#: Colour and marker of each verdict.
MARKS = {
    HOLDS: ("#3f8f4f", "o"),
    UP_TO_A_FACTOR: ("#2a5f9e", "s"),
    MISPRINT: ("#b8901f", "D"),
    FAILS: ("#c2571a", "X"),
    DISPUTED: ("#8c3a8c", "P"),
}
#: Ends of the axis, letters of a statement, inches for a line and for all around.
ENDS, LETTERS, LINE, AROUND = (1e-2, 1e2), 84, 0.148, 1.15


def shown(claim: Claim) -> bool:
    return claim.relation not in ("bound", "none") and math.isfinite(claim.ratio)


def draw(found: Audit) -> Figure:
    topics = [(title, [claim for claim in rows if shown(claim)]) for title, rows in found.topics]
    topics = [(title, rows) for title, rows in topics if rows]
    lines = sum(len(rows) + 1 for _, rows in topics)
    with styled():
        figure = Figure(figsize=(10.0, LINE * lines + AROUND), layout="constrained")
        ax = figure.subplots()
        places, labels, line = [], [], 0
        for title, rows in topics:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
            ax.text(ENDS[0], line, f" {title} ", va="center", fontsize=7.5, color=GREY, fontweight="bold", bbox=box)
            for claim in rows:
                line += 1
                mark(ax, claim, line)
                places.append(line)
                labels.append(textwrap.shorten(f"{claim.place}: {claim.statement}", LETTERS, placeholder=" …"))
            line += 1
        ax.axvline(1.0, color=INK, linewidth=0.8, zorder=1)
        ax.set(xscale="log", xlim=ENDS, ylim=(line - 0.4, -0.8), xlabel="ratio to what is printed")
        ax.set_yticks(places, labels, fontsize=7.0, parse_math=False)
        ax.tick_params(axis="y", length=0)
        ax.grid(visible=False, axis="y")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        figure.suptitle("The paper, audited: sampled and exact over printed", x=0.01, ha="left", fontsize=11.0)
        legend(figure, found)
        return figure


def mark(ax: Axes, claim: Claim, line: int) -> None:
    """One claim; an arrow and the number where it is off the axis."""
    colour, symbol = MARKS[claim.verdict]
    if not ENDS[0] < claim.ratio < ENDS[1]:
        left = claim.ratio <= ENDS[0]
        end = ENDS[0] * 1.09 if left else ENDS[1] / 1.09
        ax.plot(end, line, marker="<" if left else ">", color=colour, markersize=4.0)
        words = f"{claim.ratio:.2g}" if math.isfinite(claim.exact) else f"infinite; sampled {claim.ratio:.2g}"
        ax.text(
            end * (1.12 if left else 1 / 1.12), line, words, ha="left" if left else "right", va="center", fontsize=6.5
        )
        return
    ax.plot(
        claim.exact / claim.printed, line, "o", markersize=7.0, markerfacecolor="none", color=GREY, markeredgewidth=0.6
    )
    spread = 2.0 * claim.ratio_error if math.isfinite(claim.ratio_error) else 0.0
    filled = colour if math.isfinite(claim.sampled) else "white"
    ax.errorbar(claim.ratio, line, xerr=spread, fmt=symbol, color=colour, markersize=3.6, mfc=filled, elinewidth=1.1)


def legend(figure: Figure, found: Audit) -> None:
    handles = []
    for verdict, (colour, symbol) in MARKS.items():
        count = sum(claim.verdict == verdict for claim in found.claims if shown(claim))
        if count:
            handles.append(Line2D([], [], linestyle="", marker=symbol, color=colour, label=f"{verdict} ({count})"))
    ring = {"linestyle": "", "marker": "o", "markerfacecolor": "none", "markeredgewidth": 0.6}
    handles.append(Line2D([], [], color=GREY, markersize=7.0, label="exact", **ring))  # type: ignore[arg-type]
    handles.append(Line2D([], [], color=INK, markersize=3.6, label="nothing sampled: exact only", **ring))  # type: ignore[arg-type]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def main() -> None:
    parser = argparse.ArgumentParser(description="The ratios of the audit of the paper, one line for each claim.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write to (default: this one)")
    parser.add_argument("--defects", type=int, default=DEFECTS, help="defects in each ensemble")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of all randomness")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers (default: all processors)")
    options = parser.parse_args()
    found = audit(options.defects, seed=options.seed, jobs=options.jobs)
    for path in save_figure(draw(found), options.output / "claims"):
        print(path)


if __name__ == "__main__":
    main()
