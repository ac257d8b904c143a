"""Fits of every kind that a report has to cope with."""

import functools
import re
import tempfile
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np

from tests.fitting.synthetic import content, measured, write_csv
from tests.reporting.pages import HOSTILE
from tests.seeds import rng
from tlsmc.fitting import Fit, fit, parse_fit
from tlsmc.fitting import optimize as optimum
from tlsmc.fitting.result import Posterior, Rival

#: Texts that are not free: what they are decides how the rest is shown.
_WORDS = {"status", "kind", "quantity", "model"}
#: More than a title can do harm with: a formula that cannot be set.
EVIL = f"{HOSTILE} $\\frac$"


def write_data(folder: Path) -> None:
    """1/tau_phi and C of the truth with 3 % noise, in the files that :func:`spec` names."""
    T = np.geomspace(0.003, 0.5, 12)
    for name, unit in (("tau", "1/s"), ("heat", "J/(K cm^3)")):
        write_csv(folder / f"{name}.csv", f"T [K],value [{unit}],error", T, 1.0, 1.0)
    for data in measured(parse_fit(spec(), folder).model, rng("fits of reports")).sets:
        header = f"T [K],value [{data.unit}],error"
        write_csv(folder / f"{data.name}.csv", header, data.temperature, data.value, data.error)


def spec(**sections):
    """Two curves of one wire; ``sections`` are further ones of ``[fit]``."""
    data = {"tau": {"file": "tau.csv", "quantity": "1/tau_phi"}, "heat": {"file": "heat.csv", "quantity": "C"}}
    parameters = {"E_star": {}, "chi": {"low": 1e-4}, "n_T": {}}
    return content(**({"data": data, "parameters": parameters, "rivals": ["none"], "starts": 2} | sections))


def _fitted(**sections) -> Fit:
    with tempfile.TemporaryDirectory() as name:
        write_data(Path(name))
        return fit(parse_fit(spec(**sections), Path(name)))


@functools.cache
def make_fit() -> Fit:
    """A fit that converged, with one rival."""
    return _fitted()


@functools.cache
def lost_fit() -> Fit:
    """A fit that did not converge."""
    most = optimum.MOST_EVALUATIONS, optimum.MOST_NEWTON
    optimum.MOST_EVALUATIONS, optimum.MOST_NEWTON = 2, 0
    try:
        return _fitted(starts=1)
    finally:
        optimum.MOST_EVALUATIONS, optimum.MOST_NEWTON = most


@functools.cache
def half_fit() -> Fit:
    """A fit to C alone: n_T L is all that there is to know, with another parameter fixed and one sample."""
    parameters = {"E_star": {}, "n_T": {}, "L": {"high": 300}, "t_exp": {"fixed": "2 s"}}
    data = {"heat": {"file": "heat.csv", "quantity": "C"}}
    return _fitted(data=data, parameters=parameters, volume="1e-12 cm^3")


def with_posterior(found: Fit, *, converged: bool = True) -> Fit:
    """The same with a posterior, as if it had been drawn."""
    draws = np.array([p.value for p in found.parameters]) * (1.0 + 0.01 * rng("draws").standard_normal((300, 3)))
    levels = (0.025, 0.16, 0.5, 0.84, 0.975)
    quantiles = {p.name: tuple(np.quantile(x, levels).tolist()) for p, x in zip(found.parameters, draws.T, strict=True)}
    verdict = "converged" if converged else "not converged: 100 steps are only 2 autocorrelation times"
    drawn = Posterior(100, 12, 0.4, 2.0 if converged else 50.0, 600.0, converged, verdict, quantiles)
    return replace(found, posterior=drawn, arrays={**found.arrays, "posterior": draws})


def with_rivals(found: Fit) -> Fit:
    """The same with a rival that could not be fitted."""
    reason = "1/tau_phi has no curve for those defects"
    return replace(found, rivals=(*found.rivals, Rival("kondo", reason=reason)))


def hostile(found: Fit) -> Fit:
    """The same fit whose every text would do harm if it were taken for HTML, or for a formula."""
    names = [*(p.name for p in found.parameters), *(s.name for s in found.sets)]
    arrays = {}
    for place, array in found.arrays.items():
        name = next((n for n in names if re.fullmatch(rf"(sets|profiles)/{re.escape(n)}/\w+", place)), None)
        arrays[place.replace(f"/{name}/", f"/{name}{EVIL}/") if name else place] = array
    return replace(_harmed(found), title=HOSTILE, arrays=arrays)


def _harmed(value):
    if isinstance(value, str):
        return value + EVIL
    if isinstance(value, tuple):
        return tuple(map(_harmed, value))
    if isinstance(value, dict):
        return {_harmed(key): _harmed(inner) for key, inner in value.items()}
    if is_dataclass(value):
        kept = {*_WORDS, "arrays"}
        return replace(value, **{f.name: _harmed(getattr(value, f.name)) for f in fields(value) if f.name not in kept})
    return value
