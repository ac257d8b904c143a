"""Results with their errors, how they agree with exact averages and formulas, and how far they can be trusted."""

from collections.abc import Iterator

import numpy as np

from tlsmc.arrays import place_of_largest
from tlsmc.diagnostics.comparison import VARIANCE_LIMIT, Comparison
from tlsmc.diagnostics.tails import CurveTails
from tlsmc.formatting import counted, even_places, grid_point, number
from tlsmc.reporting import cells
from tlsmc.reporting import figures as plotting
from tlsmc.reporting.page.figure import describe, figure
from tlsmc.reporting.page.html import Markup, Section, element, items, joined, link, paragraph, slug, table
from tlsmc.results.convergence import convergence
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run
from tlsmc.statistics.estimates import FALSE_ALARM

#: Values of each axis in a table of results; grids of no more points than this are shown in full.
_SHOWN, _IN_FULL = 6, 48
_MARKS = {"agrees": "good", "differs": "bad", "refused": "unsure"}


def agreement(results: dict[str, Comparison], place: str) -> Markup:
    """Every curve against its exact value, what was refused and why, and sampled over printed.

    ``place`` is the id of the section with the results.
    """
    rows = []
    for name, result in results.items():
        verdict, *numbers = cells.agreement(result)
        mark = element("span", verdict, class_=_MARKS[verdict])
        rows.append([link(name, f"{place}-{slug(name)}"), mark, *numbers])
    header = ("curve", "verdict", "points", "χ²", "dof", "p", "max |z|")
    explained = paragraph(
        "z = (sampled - exact)/error at each grid point. χ² tests all points of a curve at once with the covariance "
        "of its blocks, as the same defects are behind all of them; p is the chance of a larger χ². A curve differs "
        f"if p < {FALSE_ALARM:g}; it is refused where no error can be trusted."
    )
    reasons = items(f"{name}: {result.reason}." for name, result in results.items() if result.reason)
    refused = [paragraph("What was left out, and why:"), reasons] if reasons else []
    return joined([explained, table("Sampled against exact", header, rows, words=(1,)), *refused, *_printed(results)])


def _printed(results: dict[str, Comparison]) -> Iterator[Markup]:
    rows = cells.printed(results)
    if rows:
        header = ("curve", "equation", "sampled/printed", "remark")
        caption = "Sampled over printed, averaged over the grid points where the paper makes a claim and a z is given"
        yield table(caption, header, rows, words=(1, 3))
    else:
        yield paragraph("The paper prints no formula for these curves.")


def how_to_read(run: Run) -> Markup:
    """What the notation in the tables of results means."""
    frequency = "; nu = omega/2 pi is the ordinary frequency" if run.spec.in_kelvin else ""
    return paragraph(
        "0.9864(65) means 0.9864 ± 0.0065, one standard error of the mean. No z is given where an error cannot be "
        f"trusted (above){frequency}."
    )


def curves(run: Run, results: dict[str, Comparison], name: str) -> tuple[Section, ...]:
    """One section for each curve: its figure and its numbers."""
    return tuple(_curve(run, run[curve], results[curve], f"{name}-{k}") for k, curve in enumerate(run.names))


def _curve(run: Run, curve: Curve, result: Comparison, name: str) -> Section:
    picture = plotting.curve_figure(run, curve.name)
    title = f"{curve.name}: {curve.label}"
    bands = "with bands of one and two standard errors" if np.isfinite(curve.error).any() else "without errors"
    drawn = [f"{curve.label}: sampled means {bands}"]
    drawn += ["exact average"] * bool(np.isfinite(curve.exact).any())
    caption = ", ".join([*drawn, *dict.fromkeys(form.equation for form in curve.printed)])
    shown = figure(picture, name, caption, describe(curve, result))
    return Section(slug(curve.name), title, joined([shown, _numbers(curve, result)]))


def _numbers(curve: Curve, result: Comparison) -> Markup:
    """Table of means, errors, exact values and z, and what the material makes of the means."""
    rows = list(cells.values(curve, result.z, places(curve)))
    header = [*cells.axis_titles(curve), *cells.value_titles(curve)]
    whole = curve.mean.size
    some = f", {len(rows)} of {whole:,} grid points (tlsmc export writes all)" if len(rows) < whole else ""
    return table(f"{curve.name}{some}", header, rows, heads=len(curve.axes))


def places(curve: Curve) -> list[tuple[int, ...]]:
    """Grid points of a table: all of a small grid, an even selection of a large one."""
    shape = curve.mean.shape
    most = max(shape) if curve.mean.size <= _IN_FULL else _SHOWN
    return list(even_places(shape, most))


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
    rows = []
    for curve, tail in found.items():
        place = tail.worst_first()[0]
        where = grid_point(run[curve].gridded.axes, place, run.spec.in_kelvin)
        rows.append([curve, where, *cells.tail(tail, place)])
    drawn = counted(next(iter(found.values())).share_defects, "defect")
    caption = f"The heaviest tail of each curve; shares of the sum are from {drawn}"
    picture = plotting.tails_figure(run, found, [])
    words = "Left: tail index of each curve against temperature with its 95 % interval, and the limits of a finite "
    words += "variance and mean. Right: shares of the sum that the largest contributions carry."
    shown = figure(picture, f"{name}-t", "How much each average rests on its largest contributions", words)
    return joined([explained, table(caption, header, rows, words=(1, 3, len(header) - 1)), shown])


def fractions_in_words(run: Run) -> Iterator[tuple[str, str]]:
    """Curve and one sentence for each fraction of defects outside the range of a formula."""
    for curve in (run[name] for name in run.names if "fraction" in run[name].label):
        if np.isfinite(curve.mean).any():
            place = place_of_largest(curve.mean)
            what = curve.label.removeprefix("fraction ").removesuffix(" fraction")
            most, where = f"{curve.mean[place]:.2%}", grid_point(curve.gridded.axes, place, run.spec.in_kelvin)
            yield curve.name, f"{curve.gridded.name}: at most {most} of the defects are {what} (at {where})."


def validity(run: Run, results: dict[str, Comparison], place: str) -> Markup:
    """For which defects the formulas are extrapolated, what is missing, what has no error.

    ``place`` is the id of the section with the results.
    """
    refused = [name for name, result in results.items() if result.verdict == "refused"]
    results_of = {name: link("All temperatures", f"{place}-{slug(name)}") for name in run.names}
    lines = [
        _completeness(run),
        *(joined([words, " ", results_of[name], "."]) for name, words in fractions_in_words(run)),
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
    rows = [_convergence_row(run[curve]) for curve in run.names]
    picture = plotting.convergence_figure(run)
    words = "For each curve the running mean over the exact value, with bands of one and two standard errors, against "
    words += "the number of defects, at a typical grid point and at that of the largest relative error."
    shown = figure(picture, f"{name}-c", "Running means over the number of defects", words)
    caption = "Relative errors at the grid point where the last one is largest"
    return joined([explained, table(caption, header, rows, words=(1,)), shown])


def _convergence_row(curve: Curve) -> list[str]:
    found = convergence(curve)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(found.error / found.mean)
    last = relative[-1]
    if not np.isfinite(last).any():
        return [curve.name, "no error can be given", *["-"] * (len(_PARTS) + 2)]
    place = place_of_largest(np.where(np.isfinite(last), last, np.nan))
    early = [int(np.abs(found.counts / found.counts[-1] - 1.0 / part).argmin()) for part in _PARTS]
    errors = [number(float(relative[(k, *place)])) if k < len(found.counts) - 1 else "-" for k in early]
    change = float(found.change[(early[-1], *place)])
    moved = f"{change:+.1f}" if np.isfinite(change) else "-"
    where = grid_point(curve.gridded.axes, place, curve.spec.in_kelvin)
    return [curve.name, where, *errors, number(float(last[place])), moved]
