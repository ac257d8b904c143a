"""Results with their errors, and how they agree with exact averages and with the paper's formulas."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tlsmc.diagnostics.comparison import Comparison
from tlsmc.formatting import even_places
from tlsmc.reporting import cells
from tlsmc.reporting import figures as plotting
from tlsmc.reporting.page.figure import describe, figure
from tlsmc.reporting.page.html import Markup, element, items, joined, link, paragraph, slug, table
from tlsmc.reporting.page.layout import Section
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
    return tuple(_curve(run[curve], results[curve], f"{name}-{k}") for k, curve in enumerate(run.names))


def _curve(curve: Curve, result: Comparison, name: str) -> Section:
    svg = plotting.svg_text(plotting.curve_figure(curve.run, curve.name))
    title = f"{curve.name}: {curve.label}"
    bands = "with bands of one and two standard errors" if np.isfinite(curve.error).any() else "without errors"
    drawn = [f"{curve.label}: sampled means {bands}"]
    drawn += ["exact average"] * bool(np.isfinite(curve.exact).any())
    caption = ", ".join([*drawn, *dict.fromkeys(form.equation for form in curve.printed)])
    shown = figure(svg, name, caption, describe(curve, result))
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
