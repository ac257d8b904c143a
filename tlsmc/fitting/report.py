"""A fit as people read it: one line for each fact."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tlsmc.fitting.outcome import Estimated, Fit, Rival
from tlsmc.formats import number, with_error
from tlsmc.units import to_seconds

#: A fit is called wrong if its chi2 is exceeded by chance less often than this.
REJECTED = 1e-3
#: ... and doubted below this.
DOUBTED = 0.05

_PREFIXES = {-6: "u", -3: "m", 0: "", 3: "k"}


def table(rows: list[list[str]]) -> list[str]:
    """Rows of cells as aligned lines, the first column to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def report(fit: Fit) -> str:
    """The whole report."""
    lines = [fit.title or "untitled", *_about_data(fit), "", *_about_optimum(fit), *table(_parameter_rows(fit))]
    lines += _about_goodness(fit)
    lines += _block("Not determined", fit.sentences)
    pairs = [f"{a} and {b} are correlated by {c:+.4f}" for a, b, c in fit.correlated]
    lines += _block("Hardly told apart", pairs)
    others = [
        ", ".join(f"{name} = {value:.4g}" for name, value in other.items()) + " fits nearly as well"
        for other in fit.others
    ]
    lines += _block("Another optimum", others)
    if fit.rivals:
        lines += ["", "Rivals", *table(_rival_rows(fit.rivals))]
        lines += [f"  {rival.name}: {rival.reason}" for rival in fit.rivals if rival.reason]
        lines += [f"  {sentence}" for sentence in fit.verdict.split("; ")] if fit.verdict else []
    return "\n".join([*lines, *_about_posterior(fit)])


def _block(heading: str, lines: tuple[str, ...] | list[str]) -> list[str]:
    return ["", heading, *(f"  {line}" for line in lines)] if lines else []


def _about_data(fit: Fit) -> Iterator[str]:
    for data in fit.sets:
        skipped = f", {data.skipped} rows skipped" if data.skipped else ""
        yield f"  {data.name}: {data.quantity}, {data.points} points{skipped}, chi2 {number(data.chi2)}"
    if fit.volume is not None:
        yield f"  all of one sample of {fit.volume:g} cm^3: its defects are part of the errors"


def _about_optimum(fit: Fit) -> Iterator[str]:
    if not fit.converged:
        yield f"The fit did not converge: {fit.message}; there are no errors"
        return
    yield f"{fit.reached} of {fit.starts} starts came to this optimum"


def _parameter_rows(fit: Fit) -> list[list[str]]:
    rows = [["parameter", "value", "68 %", "95 %", "unit"]]
    for parameter in fit.parameters:
        factor, unit = shown_unit(parameter, fit.in_kelvin)
        rows.append([parameter.name, _value(parameter, factor), *_intervals(parameter, factor), unit])
    return rows


def _value(parameter: Estimated, factor: float) -> str:
    if parameter.status == "upper limit" and parameter.high95 is not None:
        return f"< {parameter.high95 * factor:.3g}"
    if parameter.status == "lower limit" and parameter.low95 is not None:
        return f"> {parameter.low95 * factor:.3g}"
    if parameter.value is None:
        return parameter.status
    if parameter.error is None:
        return f"{parameter.value * factor:.4g} ({parameter.status})"
    return with_error(parameter.value * factor, parameter.error * factor)


def _intervals(parameter: Estimated, factor: float) -> list[str]:
    def one(low: float | None, high: float | None) -> str:
        if low is None and high is None:
            return "-"
        ends = ["..." if x is None else f"{x * factor:.4g}" for x in (low, high)]
        return f"{ends[0]} to {ends[1]}"

    return [one(parameter.low68, parameter.high68), one(parameter.low95, parameter.high95)]


def shown_unit(parameter: Estimated, in_kelvin: bool) -> tuple[float, str]:
    """Factor and unit in which a parameter is shown: energies in mK and the like, times in s."""
    if not in_kelvin or parameter.kind == "number":
        return 1.0, parameter.unit
    if parameter.kind == "time":
        return to_seconds(1.0), "s"
    size = parameter.value or parameter.high95 or parameter.low95
    if parameter.kind != "energy" or not size:
        return 1.0, parameter.unit
    power = min(3, max(-6, 3 * math.floor(math.log10(size) / 3.0)))
    return 10.0**-power, f"{_PREFIXES[power]}K"


def _about_goodness(fit: Fit) -> Iterator[str]:
    good = fit.goodness
    yield ""
    words = "the model describes the data"
    if good.p_value < DOUBTED:
        words = f"the model {'does not describe' if good.p_value < REJECTED else 'hardly describes'} the data"
    if not math.isfinite(good.p_value):
        words = "no freedom is left to judge the fit"
    yield f"chi2 = {number(good.chi2)} for {good.dof} degrees of freedom, p = {number(good.p_value)}: {words}"
    signs = "the residuals have a trend" if good.runs_p < REJECTED else "the signs of the residuals are random"
    if math.isfinite(good.runs_p):
        yield f"{good.runs} runs of one sign, {good.runs_expected:.1f} expected, p = {number(good.runs_p)}: {signs}"


def _rival_rows(rivals: tuple[Rival, ...]) -> list[list[str]]:
    rows = [["model", "parameters", "chi2", "p", "AICc", "BIC", "left out"]]
    for r in rivals:
        cells = (r.chi2, r.p_value, r.aicc, r.bic, r.validation)
        rows.append([r.name, str(r.parameters or "-"), *("-" if x is None else number(x) for x in cells)])
    return rows


def _about_posterior(fit: Fit) -> Iterator[str]:
    found = fit.posterior
    if found is None:
        return
    yield ""
    yield (
        f"Posterior: {found.steps} steps of {found.walkers} walkers, acceptance {found.acceptance:.2f}, "
        f"autocorrelation {found.autocorrelation:.3g} steps, {found.effective:.0f} independent draws: {found.verdict}"
    )
    if not found.converged:
        return
    rows = [["parameter", "median", "68 %", "95 %", "unit"]]
    for parameter in fit.parameters:
        factor, unit = shown_unit(parameter, fit.in_kelvin)
        q = [x * factor for x in found.quantiles[parameter.name]]
        rows.append([parameter.name, f"{q[2]:.4g}", f"{q[1]:.4g} to {q[3]:.4g}", f"{q[0]:.4g} to {q[4]:.4g}", unit])
    yield from table(rows)
