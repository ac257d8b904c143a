"""How far the results can be trusted: tails, validity of the formulas, convergence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tlsmc.diagnostics.comparison import VARIANCE_LIMIT, Comparison
from tlsmc.diagnostics.tails import CurveTails
from tlsmc.formatting import counted, grid_point, number
from tlsmc.reporting import cells
from tlsmc.reporting import figures as plotting
from tlsmc.reporting.page.figure import figure
from tlsmc.reporting.page.html import Markup, items, joined, link, paragraph, slug, table
from tlsmc.results.convergence import Convergence, convergence
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run

#: Parts of the defects whose errors are given beside the last one.
_PARTS = (16, 4)


def heaviest(found: dict[str, CurveTails]) -> str:
    """The heaviest tail of a run in words, empty if none is known."""
    known = {name: float(np.nanmax(t.index)) for name, t in found.items() if np.isfinite(t.index).any()}
    if not known:
        return ""
    name = max(known, key=lambda key: known[key])
    return f"Heaviest tail: index {known[name]:.2g} ({name}); below {VARIANCE_LIMIT:g} an error bar can be trusted."


def tails(run: Run, found: dict[str, CurveTails], name: str) -> Markup:
    """The heaviest tail of each curve: its index, what that means, who carries the sum; and the figure."""
    if not found:
        return paragraph("No block is done yet.")
    explained = paragraph(
        "The tail index k is that of a generalised Pareto law fitted to the largest contributions: below 1/2 the "
        "variance is finite and an error bar means what it says; from 1 on even the mean is infinite. “Rests on” "
        "tells which defects make the answer: an average can have a perfect error bar and still be set by the few "
        "in a tail."
    )
    header = ["curve", "at", *cells.TAILS]
    rows = [_tail_row(run[curve], tail) for curve, tail in found.items()]
    drawn = counted(next(iter(found.values())).share_defects, "defect")
    caption = f"The heaviest tail of each curve; shares of the sum are from {drawn}"
    svg = plotting.svg_text(plotting.tails_figure(run, found, []))
    words = "Left: tail index of each curve against temperature with its 95 % interval, and the limits of a finite "
    words += "variance and mean. Right: shares of the sum that the largest contributions carry."
    shown = figure(svg, f"{name}-t", "How much each average rests on its largest contributions", words)
    return joined([explained, table(caption, header, rows, words=(1, 3, len(header) - 1)), shown])


def _tail_row(curve: Curve, tails: CurveTails) -> list[str]:
    place = tails.worst_first()[0]
    where = grid_point(curve.gridded.axes, place, curve.run.spec.in_kelvin)
    return [curve.name, where, *cells.tail(tails, place)]


def fraction_curves(run: Run) -> list[Curve]:
    """Curves that are fractions of defects for which a formula is extrapolated."""
    return [run[name] for name in run.names if "fraction" in run[name].label]


def fractions_in_words(run: Run) -> Iterator[tuple[str, str]]:
    """Curve and one sentence for each fraction of defects outside the range of a formula."""
    for curve in fraction_curves(run):
        mean = curve.mean
        if np.isfinite(mean).any():
            place = np.unravel_index(int(np.nanargmax(mean)), mean.shape)
            what = curve.label.removeprefix("fraction ").removesuffix(" fraction")
            where = grid_point(curve.gridded.axes, tuple(int(i) for i in place), curve.run.spec.in_kelvin)
            yield curve.name, f"{curve.gridded.name}: at most {mean[place]:.2%} of the defects are {what} (at {where})."


def validity(run: Run, results: dict[str, Comparison], place: str) -> Markup:
    """For which defects the formulas are extrapolated, what is missing, what has no error.

    ``place`` is the id of the section with the results.
    """
    refused = [name for name, result in results.items() if result.verdict == "refused"]
    lines = [
        _completeness(run),
        *(
            joined([words, " ", link("All temperatures", f"{place}-{slug(name)}"), "."])
            for name, words in fractions_in_words(run)
        ),
        *run.spec.warnings,
        *(f"{name}: {run[name].refusal}." for name in run.names if run[name].refusal),
        f"No z-score for {', '.join(refused)}; the reasons are given above." if refused else "",
        "Independent defects, golden-rule rates and linear response, as in the paper; no interactions between defects.",
    ]
    return items(line for line in lines if line)


def _completeness(run: Run) -> str:
    part = f" This is part {run.provenance.part} of a larger run." if run.provenance.part else ""
    if run.complete:
        blocks = run.sums.done.size
        return f"Complete: all {blocks:,} blocks are done." if blocks > 1 else "Complete: the only block is done."
    return f"Incomplete: {run.share_done} of the defects are done; what is there is an unbiased sample.{part}"


def convergence_of(run: Run, name: str) -> Markup:
    """Errors over the number of defects, and what the means have changed since."""
    if not run.defects:
        return paragraph("No block is done yet.")
    explained = paragraph(
        "Errors of independent defects fall as the root of their number: a quarter of the defects has twice the error. "
        "The last column is the change of the mean since a quarter of the defects, in its own standard errors; "
        "beyond 3 something does not converge."
    )
    header = ["curve", "at", *(f"error at 1/{part}" for part in _PARTS), "error of all", "change since 1/4"]
    rows = [_convergence_row(run[curve], convergence(run[curve])) for curve in run.names]
    svg = plotting.svg_text(plotting.convergence_figure(run))
    words = "For each curve the running mean over the exact value, with bands of one and two standard errors, against "
    words += "the number of defects, at a typical grid point and at that of the largest relative error."
    shown = figure(svg, f"{name}-c", "Running means over the number of defects", words)
    caption = "Relative errors at the grid point where the last one is largest"
    return joined([explained, table(caption, header, rows, words=(1,)), shown])


def _convergence_row(curve: Curve, found: Convergence) -> list[str]:
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(found.error / found.mean)
    last = relative[-1]
    if not np.isfinite(last).any():
        return [curve.name, "no error can be given", *["-"] * (len(_PARTS) + 2)]
    worst = np.nanargmax(np.where(np.isfinite(last), last, np.nan))
    place = tuple(int(i) for i in np.unravel_index(worst, last.shape))
    early = [int(np.abs(found.counts / found.counts[-1] - 1.0 / part).argmin()) for part in _PARTS]
    errors = [number(float(relative[(k, *place)])) if k < len(found.counts) - 1 else "-" for k in early]
    change = float(found.change[(early[-1], *place)])
    moved = f"{change:+.1f}" if np.isfinite(change) else "-"
    return [
        curve.name,
        grid_point(curve.gridded.axes, place, curve.run.spec.in_kelvin),
        *errors,
        number(float(last[place])),
        moved,
    ]
