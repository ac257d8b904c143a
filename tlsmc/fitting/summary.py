"""A fit as people read it: one line for each fact."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.stats import norm

from tlsmc.fitting.goodness import DOUBTED
from tlsmc.fitting.result import Estimated, Fit, Posterior, pulls
from tlsmc.formatting import METRIC_PREFIXES, counted, engineering, number, table, with_error
from tlsmc.statistics.estimates import FALSE_ALARM
from tlsmc.units import to_seconds

#: Outliers that are named, and the share of the points that are outliers rather than a wrong model.
_MOST_OUTLIERS, _SHARE = 3, 0.1


def report(fit: Fit) -> str:
    """The whole report."""
    lines = [fit.title or "untitled", *_about_data(fit), "", outcome_line(fit), *table(parameter_rows(fit), left=1)]
    if fit.held:
        lines.append(f"  fixed: {', '.join(f'{name} = {value}' for name, value in fixed_rows(fit))}")
    lines += ["", *goodness_lines(fit)]
    for heading, found in doubts(fit).items():
        lines += ["", heading, *(f"  {line}" for line in found)] if found else []
    if fit.rivals:
        lines += ["", "Rivals", *table(rival_rows(fit), left=1)]
        lines += [f"  {sentence}" for sentence in (*reason_lines(fit), *verdict_lines(fit))]
    if fit.posterior is not None:
        lines += ["", posterior_line(fit.posterior)]
        lines += table(posterior_rows(fit), left=1) if fit.posterior.converged else []
    return "\n".join(lines)


def _about_data(fit: Fit) -> Iterator[str]:
    for data in fit.sets:
        skipped = f", {counted(data.skipped, 'row')} skipped" if data.skipped else ""
        yield f"  {data.name}: {data.quantity}, {counted(data.points, 'point')}{skipped}, chi2 {number(data.chi2)}"
    if fit.volume is not None:
        yield f"  {volume_line(fit.volume)}"


def volume_line(volume: float) -> str:
    """What a finite sample means for the errors."""
    return f"all of one sample of {volume:g} cm^3: its defects are part of the errors"


def outcome_line(fit: Fit) -> str:
    """Whether the fit converged, and from how many starts."""
    if not fit.converged:
        return f"The fit did not converge: {fit.message.rstrip('.')}; there are no errors"
    return f"{fit.reached} of {fit.starts} starts came to this optimum"


def doubts(fit: Fit) -> dict[str, list[str]]:
    """What the data leave open, under four headings."""
    others = []
    for other in fit.others:
        shown = [shown_unit(replace(fit[name], value=value), fit.in_kelvin) for name, value in other.items()]
        pairs = zip(other.items(), shown, strict=True)
        values = (f"{name} = {value * factor:.4g} {unit}".rstrip() for (name, value), (factor, unit) in pairs)
        others.append(f"{', '.join(values)} fits nearly as well")
    skewed = [p.name for p in fit.parameters if p.status == "determined" and p.error is None]
    no_parabola = "chi2 is no parabola there, so that only the intervals of the profile mean something"
    return {
        "Not determined": list(fit.sentences),
        "No symmetric error": [f"{name}: {no_parabola}" for name in skewed],
        "Hardly told apart": [f"{a} and {b} are correlated by {c:+.4f}" for a, b, c in fit.correlated],
        "Another optimum": others,
    }


def parameter_rows(fit: Fit) -> list[list[str]]:
    """Header and a row for each free parameter."""
    rows = [["parameter", "value", "68 %", "95 %", "unit"]]
    for parameter in fit.parameters:
        factor, unit = shown_unit(parameter, fit.in_kelvin)
        ends = ((parameter.low68, parameter.high68), (parameter.low95, parameter.high95))
        rows.append([parameter.name, _value(parameter, factor), *(_interval(*pair, factor) for pair in ends), unit])
    return rows


def fixed_rows(fit: Fit) -> list[list[str]]:
    """Name and value, with its unit, of each parameter that was fixed."""
    shown = [(p, *shown_unit(p, fit.in_kelvin)) for p in fit.held]
    return [[p.name, f"{(p.value or 0.0) * factor:.6g} {unit}".rstrip()] for p, factor, unit in shown]


def _value(parameter: Estimated, factor: float) -> str:
    if parameter.status == "upper limit" and parameter.high95 is not None:
        return f"< {parameter.high95 * factor:.3g}"
    if parameter.status == "lower limit" and parameter.low95 is not None:
        return f"> {parameter.low95 * factor:.3g}"
    if parameter.value is None:
        return parameter.status
    if parameter.error is None:
        remark = "" if parameter.status == "determined" else f" ({parameter.status})"
        return f"{parameter.value * factor:.4g}{remark}"
    return with_error(parameter.value * factor, parameter.error * factor)


def _interval(low: float | None, high: float | None, factor: float) -> str:
    ends = ("..." if x is None else f"{x * factor:.4g}" for x in (low, high))
    return "-" if low is None and high is None else " to ".join(ends)


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
    return 10.0**-power, f"{METRIC_PREFIXES[power]}K"


def goodness_lines(fit: Fit) -> list[str]:
    """chi2 and the runs of residuals of one sign, with what they mean."""
    good = fit.goodness
    chi2 = f"chi2 = {number(good.chi2)} for {good.dof} degrees of freedom"
    if not fit.converged:
        return [f"{chi2} where the search ended"]
    words = "the model describes the data"
    if good.p_value < DOUBTED:
        words = f"the model {'does not describe' if good.p_value < FALSE_ALARM else 'hardly describes'} the data"
    if good.p_value > 1.0 - FALSE_ALARM:
        words = "far less than there should be, the errors of the data are too large"
    if not math.isfinite(good.p_value):
        words = "no freedom is left to judge the fit"
    lines = [f"{chi2}, p = {number(good.p_value)}: {words}"]
    signs = "the residuals have a trend" if good.runs_p < FALSE_ALARM else "the signs of the residuals are random"
    if math.isfinite(good.runs_p):
        runs = f"{counted(good.runs, 'run')} of one sign, {good.runs_expected:.1f} expected"
        lines.append(f"{runs}, p = {number(good.runs_p)}: {signs}")
    else:
        lines.append("too few residuals have one of the signs for a test of runs")
    return [*lines, *outlier_lines(fit)]


def outlier_lines(fit: Fit) -> list[str]:
    """Points farther off than the farthest of all by chance, but for one fit in a hundred."""
    points = sum(data.points for data in fit.sets)
    limit, found = float(norm.isf(0.005 / points)), []
    for data in fit.sets if fit.volume is None else ():
        off, T = np.abs(pulls(fit.arrays, data.name)), fit.arrays[f"sets/{data.name}/temperature"]
        found += [(float(off[i]), data.name, float(T[i])) for i in np.flatnonzero(off > limit)]
    if len(found) > _SHARE * points:
        return []
    found.sort(reverse=True)
    lines = [
        f"outlier: {name} at T = {engineering(T, 'K') if fit.in_kelvin else f'{T:.4g}'} is {off:.3g} errors off"
        for off, name, T in found[:_MOST_OUTLIERS]
    ]
    more = len(found) - len(lines)
    return [*lines, f"and {counted(more, 'point')} more"] if more > 0 else lines


def rival_rows(fit: Fit) -> list[list[str]]:
    """Header and a row for each model of the data, the fit's own first."""
    rows = [["model", "parameters", "chi2", "p", "AICc", "BIC", "left out"]]
    for r in fit.rivals:
        cells = (r.chi2, r.p_value, r.aicc, r.bic, r.validation)
        rows.append([r.name, str(r.parameters or "-"), *("-" if x is None else number(x) for x in cells)])
    return rows


def reason_lines(fit: Fit) -> list[str]:
    """Why some rivals could not be fitted."""
    return [f"{rival.name}: {rival.reason}" for rival in fit.rivals if rival.reason]


def verdict_lines(fit: Fit) -> list[str]:
    """Which model is preferred, and how strongly."""
    return fit.verdict.split("; ") if fit.verdict else []


def posterior_line(found: Posterior) -> str:
    """How the posterior was drawn, and whether it can be believed."""
    return (
        f"Posterior: {found.steps} steps of {found.walkers} walkers, acceptance {found.acceptance:.2f}, "
        f"autocorrelation {found.autocorrelation:.3g} steps, {found.effective:.0f} independent draws: {found.verdict}"
    )


def posterior_rows(fit: Fit) -> list[list[str]]:
    """Header and a row of quantiles for each free parameter."""
    rows = [["parameter", "median", "68 %", "95 %", "unit"]]
    quantiles = {} if fit.posterior is None else fit.posterior.quantiles
    for parameter in fit.parameters if quantiles else ():
        factor, unit = shown_unit(parameter, fit.in_kelvin)
        q = [x * factor for x in quantiles[parameter.name]]
        rows.append([parameter.name, f"{q[2]:.4g}", f"{q[1]:.4g} to {q[3]:.4g}", f"{q[0]:.4g} to {q[4]:.4g}", unit])
    return rows
