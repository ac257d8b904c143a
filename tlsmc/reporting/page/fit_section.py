"""A fit on the page: what was fitted, parameters and how far to trust them, rivals, and what to type to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlsmc.fitting import Fit
from tlsmc.fitting import summary as words
from tlsmc.fitting.file import base_of
from tlsmc.fitting.goodness import DOUBTED
from tlsmc.fitting.result import pulls
from tlsmc.formatting import coordinate, counted, number
from tlsmc.reporting import figures as plotting
from tlsmc.reporting.page.figure import figure
from tlsmc.reporting.page.html import (
    Markup,
    Section,
    code,
    element,
    facts,
    folded,
    items,
    joined,
    notice,
    paragraph,
    table,
    to_repeat,
)
from tlsmc.statistics.estimates import FALSE_ALARM

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def title(fit: Fit) -> str:
    """Heading of a fit."""
    return fit.title or base_of(fit.path).name or "Untitled fit"


def sections(fit: Fit, name: str) -> tuple[Markup, Markup, tuple[Section, ...]]:
    """A fit in brief, the figure of its data, and its sections; ``name`` begins the ids of figures."""
    drawn = plotting.fit_figures(fit)  # first: without matplotlib it ends here
    curves = "fitted curves" if fit.converged else "curves where the search ended,"
    opening = figure(drawn["data"], f"{name}-d", f"Data, {curves} and residuals", _about_data(fit))
    rise = "How far χ² rises along each parameter"
    profiles = [figure(drawn["profiles"], f"{name}-p", rise, _about_profiles(fit))] if "profiles" in drawn else []
    found = [
        Section("fitted", "What was fitted", _what_was_fitted(fit)),
        Section("parameters", "Parameters", joined([*_parameters(fit), *profiles])),
        Section("goodness", "Goodness", _goodness(fit)),
    ]
    if fit.converged:
        found.append(Section("undetermined", "Not determined", _undetermined(fit)))
    if fit.rivals:
        found.append(Section("rivals", "Rivals", _rivals(fit)))
    if fit.posterior is not None:
        found.append(Section("posterior", "Posterior", joined(_posterior(fit, drawn, name))))
    found.append(Section("provenance", "Provenance", _provenance(fit)))
    failed = [] if fit.converged else [notice(f"{words.outcome_line(fit)}.")]
    return joined([*failed, _in_brief(fit)]), opening, tuple(found)


def _in_brief(fit: Fit) -> Markup:
    """The fit in a few lines."""
    points = sum(data.points for data in fit.sets)
    lines = [f"{counted(points, 'point')} in {counted(len(fit.sets), 'data set')}, digest {fit.digest()[:12]}"]
    lines += [words.outcome_line(fit)] if fit.converged else []
    lines += [*_typeset(words.goodness_lines(fit)), *_by_status(fit), *words.verdict_lines(fit)]
    lines += [f"Posterior: {fit.posterior.verdict}"] if fit.posterior is not None else []
    return element("div", items(f"{line}." for line in lines), class_="brief")


def _by_status(fit: Fit) -> Iterator[str]:
    """Which parameters the data determine, with their values, and which not."""
    rows = dict(zip(fit.parameters, words.parameter_rows(fit)[1:], strict=True))
    groups = {
        "Determined": [_whole(p.name, "=", row[1], row[4]) for p, row in rows.items() if p.status == "determined"],
        "Only bounded": [_whole(p.name, row[1], row[4]) for p, row in rows.items() if "limit" in p.status],
        "Not determined": [p.name for p in rows if p.status == "undetermined"],
        "Stopped at a bound": [_whole(p.name, "=", row[1], row[4]) for p, row in rows.items() if "bound" in p.status],
    }
    return (f"{status}: {', '.join(named)}" for status, named in groups.items() if named)


def _whole(*pieces: str) -> str:
    """Pieces that stay on one line, if they can."""
    return " ".join(filter(None, pieces)).replace(" ", "\N{NO-BREAK SPACE}")


def _typeset(lines: Iterable[str]) -> list[str]:
    return [line.replace("chi2", "χ²") for line in lines]


def _what_was_fitted(fit: Fit) -> Markup:
    """Data sets, and what was free and what fixed."""
    rows = [
        ("Title", fit.title or "none"),
        ("Model", fit.model),
        ("Free parameters", ", ".join(p.name for p in fit.parameters)),
        ("Sample", words.volume_line(fit.volume) if fit.volume is not None else ""),
        ("Units", "kelvin, with k_B = ħ = 1" if fit.in_kelvin else "natural, k_B = ħ = 1"),
    ]
    header = ("data set", "quantity", "unit", "temperatures", "points", "rows skipped", "χ²")
    sets = [
        [d.name, d.quantity, d.unit, _temperatures(fit, d.name), str(d.points), str(d.skipped), number(d.chi2)]
        for d in fit.sets
    ]
    held = [facts("Fixed parameters", [(name, value) for name, value in words.fixed_rows(fit)])] if fit.held else []
    caption = "Data sets, and the part of χ² that each has by its own errors"
    return joined([facts("The fit", rows), table(caption, header, sets, words=(1, 2, 3)), *held])


def _temperatures(fit: Fit, name: str) -> str:
    T = fit.arrays[f"sets/{name}/temperature"]
    low, high = (coordinate("temperature", float(end), fit.in_kelvin) for end in (T.min(), T.max()))
    return low if low == high else f"{low} to {high}"


def _parameters(fit: Fit) -> Iterator[Markup]:
    header, *rows = words.parameter_rows(fit)
    cells = [[*row, parameter.status] for row, parameter in zip(rows, fit.parameters, strict=True)]
    if fit.converged:
        yield paragraph(
            "0.9864(65) means 0.9864 ± 0.0065, one standard error by the curvature of χ². The intervals are those of "
            "the profile of the likelihood: with the parameter at an end of them, the least χ² of all others is above "
            "its minimum by 1 (68 %) or 3.84 (95 %). Dots stand for an open end."
        )
    else:
        yield paragraph("Values where the search ended; they are no result, and there are no errors.")
    yield table("Free parameters", [*header, "status"], cells, words=(4, 5))


def _goodness(fit: Fit) -> Markup:
    explained = paragraph(
        f"p is the chance of a larger χ² if the model is right: below {DOUBTED:g} the model hardly describes the "
        f"data, below {FALSE_ALARM:g} it does not. Runs are residuals of one sign after each other along the "
        "temperature; by chance there are about as many as expected, and far fewer are a trend."
    )
    lines = items(f"{line}." for line in _typeset(words.goodness_lines(fit)))
    return joined([explained, lines]) if fit.converged else lines


def _undetermined(fit: Fit) -> Markup:
    leads = (
        *("What the data do not determine:", "Where the error is not symmetric:"),
        *("What they hardly tell apart:", "Other optima:"),
    )
    blocks = zip(leads, words.doubts(fit).values(), strict=True)
    found = [joined([paragraph(lead), items(f"{line}." for line in lines)]) for lead, lines in blocks if lines]
    nothing = "The data determine every parameter and tell all of them apart; no other optimum fits nearly as well."
    return joined(found or [paragraph(nothing)])


def _rivals(fit: Fit) -> Markup:
    explained = paragraph(
        "Every model is fitted to the same data with the same errors. AICc and BIC are χ² with a price for each "
        "parameter: the lower, the better. “Left out” is the mean squared deviation, over the error, of temperatures "
        "that were left out and predicted from the others. “magnetic” are impurities of spin 1/2 in place of defects, "
        "“none” has backgrounds only."
    )
    header, *rows = words.rival_rows(fit)
    compared = table("Models of the same data", _typeset(header), rows)
    reasons = words.reason_lines(fit)
    failed = [paragraph("What could not be fitted, and why:"), items(f"{line}." for line in reasons)] if reasons else []
    return joined([explained, compared, items(f"{line}." for line in words.verdict_lines(fit)), *failed])


def _posterior(fit: Fit, drawn: dict[str, Figure], name: str) -> Iterator[Markup]:
    assert fit.posterior is not None
    yield paragraph(f"{words.posterior_line(fit.posterior)}.")
    if fit.posterior.converged:
        header, *rows = words.posterior_rows(fit)
        yield table("Quantiles of the posterior", header, rows, words=(4,))
    else:
        yield paragraph("Quantiles of a chain that has not converged are not given.")
    if "posterior" in drawn:
        described = f"Histograms of {', '.join(p.name for p in fit.parameters)}, and below each other the draws of "
        described += f"every pair of them: {counted(len(fit.arrays['posterior']), 'draw')}, {fit.posterior.verdict}."
        yield figure(drawn["posterior"], f"{name}-c", "Draws of the posterior", described)


def _about_data(fit: Fit) -> str:
    """The figure of the data in words."""
    sentences = []
    for data in fit.sets:
        off = pulls(fit.arrays, data.name)
        sentences.append(
            f"{data.name}: {counted(data.points, 'point')} of {data.quantity} at T = {_temperatures(fit, data.name)}, "
            f"with the curve of the model; residuals over errors below, between {off.min():.2g} and {off.max():.2g}"
        )
    bands = " Bands are one standard error of the curve." if fit.converged else ""
    return f"{'. '.join(sentences)}.{bands} All numbers are in the tables below."


def _about_profiles(fit: Fit) -> str:
    """The figure of the profiles in words."""
    ends = [
        f"{p.name} reaches {rise.max():.2g} above the minimum"
        for p in fit.parameters
        for rise in [fit.arrays.get(f"profiles/{p.name}/rise", np.empty(0))]
        if rise.size
    ]
    lead = "One panel for each free parameter: the least χ² of all other parameters against it, with the levels of "
    return f"{lead}68 and 95 % and the parabola of the curvature. {'; '.join(ends)}."


def _provenance(fit: Fit) -> Markup:
    """Versions, digest, and the commands that repeat the fit and run what it found."""
    rows = [
        ("File", code(Path(fit.path).name) if fit.path else "kept in memory only"),
        ("tlsmc", fit.version),
        *fit.libraries.items(),
        ("Digest of the fit", code(fit.digest())),
    ]
    return joined([facts("Provenance", rows), *_repeat(fit)])


def names(fit: Fit) -> tuple[str, str]:
    """What to call the spec of a fit, and the base of the names of what it writes."""
    base = base_of(fit.path).name or "fit-fitted"
    spec = base.removesuffix("-fitted")
    return (spec if spec and spec != base else f"{base}-spec"), base


def command(fit: Fit) -> str:
    """What to type to fit again from a file of its spec."""
    spec, base = names(fit)
    settings = [word for setting in fit.overrides for word in ("--set", setting)]
    return shlex.join(["tlsmc", "fit", f"{spec}.toml", "-o", base, *settings, *fit.options])


def _repeat(fit: Fit) -> Iterator[Markup]:
    """The commands that fit again, and that run what was found."""
    spec, base = names(fit)
    if fit.source:
        promise = "The same versions give the same numbers, to rounding."
        files, whose = "the files of data that it names", "the spec of the fit"
        yield to_repeat(spec, files, command(fit), promise, whose, fit.source)
    else:
        yield paragraph("The spec was not kept with the fit.")
    if fit.fitted_spec:
        lead = "The ensemble that the fit describes, on the grid of the data, is in "
        yield paragraph(lead, code(f"{base}.toml"), ":")
        yield element("pre", code(shlex.join(["tlsmc", "run", f"{base}.toml"])))
        yield folded(f"{base}.toml, the fitted spec", fit.fitted_spec)
