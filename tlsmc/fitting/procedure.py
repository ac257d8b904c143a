"""A whole fit: optimum, errors, goodness, what is not determined, rivals, posterior."""

import math
import platform
from dataclasses import dataclass, replace

import numpy as np
import scipy

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.fitting.fitted_spec import fitted_spec
from tlsmc.fitting.goodness import goodness
from tlsmc.fitting.identifiability import identifiability, strongest_correlations
from tlsmc.fitting.model import Model
from tlsmc.fitting.model_comparison import compare_models
from tlsmc.fitting.objective import Objective, noise_at, plain_noise
from tlsmc.fitting.optimize import Optimum, best_of_starts, descend, far, with_guesses
from tlsmc.fitting.parameter_table import place_kind, plain_parameters
from tlsmc.fitting.parameters import Parameter, aliases
from tlsmc.fitting.posterior import sample_posterior, sampler_library
from tlsmc.fitting.problem import Problem
from tlsmc.fitting.result import Estimated, Fit, Fitted, chi2_of_points
from tlsmc.fitting.uncertainty import Curvature, Profile, curvature, profile, set_arrays
from tlsmc.formatting import engineering
from tlsmc.spec.toml import document
from tlsmc.units import KINDS
from tlsmc.version import VERSION

#: Rounds in which the errors follow the model, and the change in standard errors that ends them.
_MOST_ROUNDS, _SETTLED = 10, 1e-3
#: Times that a profile may lead to a better optimum.
_MOST_RETURNS = 3
#: Share of an interval that another profile must leave it by.
_BEYOND = 0.05
#: Factor between the error of the curvature and that of the profile from which on the former is not given.
_SKEW = 2.0


@dataclass(frozen=True)
class Solution:
    """Optimum, curvature and profiles of one model of the data; ``objective`` has the errors that belong to it."""

    objective: Objective
    optimum: Optimum
    bend: Curvature | None
    profiles: list[Profile]


def solve(model: Model, volume: float | None, starts: int, seed: int) -> Solution:
    """The optimum of a model with errors that follow it, then curvature and profiles of all parameters."""
    objective = Objective(model, plain_noise(model))
    optimum = best_of_starts(objective, starts, seed)
    objective, optimum = settled(objective, optimum, volume)
    for _ in range(_MOST_RETURNS):
        if not optimum.converged:
            return Solution(objective, optimum, None, [])
        bend = curvature(objective, optimum.u)
        profiles = []
        for k in range(len(model.parameters)):
            profiles.append(profile(objective, optimum.u, k, bend, optimum.others))
            if profiles[-1].better is not None:
                break
        better = profiles[-1].better
        if better is None:
            profiles = [_widened(objective, optimum, k, bend, profiles) for k in range(len(profiles))]
            return Solution(objective, optimum, bend, profiles)
        new = descend(objective, better)
        reached = 0 if new.chi2 < optimum.chi2 else optimum.reached
        new = replace(new, starts=optimum.starts, reached=reached, others=optimum.others)
        objective, optimum = settled(objective, new, volume)
    lost = replace(optimum, converged=False, message="the profiles keep finding better optima")
    return Solution(objective, lost, None, [])


def _widened(objective: Objective, optimum: Optimum, k: int, bend: Curvature, profiles: list[Profile]) -> Profile:
    """Profile ``k``, again if another one has gone beyond its ends: before a kink, it may have stopped short."""
    own = profiles[k]
    ways = np.concatenate([other.path for other in profiles])
    ends = ways[[np.argmin(ways[:, k]), np.argmax(ways[:, k])]]
    slack = _BEYOND * abs(own.high95 - own.low95) if math.isfinite(own.high95 - own.low95) else _BEYOND * bend.scales[k]
    beyond = [
        end for end, out in zip(ends, (own.low95 - ends[0][k], ends[1][k] - own.high95), strict=True) if out > slack
    ]
    return profile(objective, optimum.u, k, bend, (*optimum.others, *beyond)) if beyond else own


def settled(objective: Objective, optimum: Optimum, volume: float | None) -> tuple[Objective, Optimum]:
    """Errors that are relative to the model, or those of a finite sample, follow the optimum until it stays."""
    model = objective.model
    follows = volume is not None or any(data.relative for data in model.sets)
    if not follows or not optimum.converged:
        return objective, optimum
    for _ in range(_MOST_ROUNDS):
        objective = Objective(model, noise_at(model, optimum.u, volume))
        found = descend(objective, optimum.u)
        found = replace(found, starts=optimum.starts, reached=optimum.reached, others=optimum.others)
        errors = np.maximum(curvature(objective, found.u).error, 1e-12)
        # Only as far as the data determine a coordinate can it settle.
        moved = float((np.abs(found.u - optimum.u) / errors).max())
        optimum = found
        if moved < _SETTLED or not optimum.converged:
            return objective, optimum
    unsettled = replace(optimum, converged=False, message="errors that follow the model do not settle")
    return objective, unsettled


def fit(problem: Problem, *, rivals: bool = False, sample: bool = False, progress: bool = True) -> Fit:
    """Fit a problem.

    Parameters
    ----------
    problem
        What :func:`tlsmc.fitting.load_fit` has read.
    rivals
        Whether to compare with every other model that is possible, not only with those that the spec names.
    sample
        Whether to draw the posterior, too; needs emcee.
    progress
        Whether to show on a terminal how far the drawing is.

    Returns
    -------
    Fit
        Values, errors and intervals, what the data cannot tell, and how well the curves fit.

    Raises
    ------
    SpecError
        The parameters cannot be told apart by any data, or emcee is missing.

    Examples
    --------
    >>> fit = tlsmc.fitting.fit(tlsmc.fitting.load_fit("wire.toml"))
    >>> print(f"{fit['n_T'].value:.2g} +- {fit['n_T'].error:.1g} {fit['n_T'].unit}")
    9.7e+15 +- 1e+14 cm^-3
    """
    model, seed = problem.model, problem.spec.layout.seed
    _check_dependence(model)
    if sample:
        sampler_library()
    solution = solve(model, problem.volume, problem.starts, seed)
    optimum, result = solution.optimum, _result(problem, solution)
    result = replace(result, options=("--rivals",) * rivals + ("--sample",) * sample)
    if not optimum.converged:
        return result
    if rivals or problem.rivals:
        found, verdict = compare_models(problem, solution.objective, optimum, () if rivals else problem.rivals)
        result = replace(result, rivals=found, verdict=verdict)
    if sample and solution.bend is not None:
        posterior, draws = sample_posterior(solution.objective, optimum.u, solution.bend, problem.steps, seed, progress)
        libraries = {**result.libraries, "emcee": str(sampler_library().__version__)}
        result = replace(result, posterior=posterior, libraries=libraries, arrays={**result.arrays, "posterior": draws})
    return result


def _result(problem: Problem, solution: Solution) -> Fit:
    """What a solution says, without rivals and posterior."""
    model, optimum, bend = problem.model, solution.optimum, solution.bend
    status: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    arrays = set_arrays(solution.objective, optimum.u, bend) | _profile_arrays(model, solution)
    if bend is not None:
        pressure = solution.objective.bound_pressure(optimum.u)
        where = _where(model, problem.spec.in_kelvin)
        status, sentences = identifiability(model, bend, solution.profiles, where, pressure)
    return Fit(
        title=problem.spec.title,
        version=VERSION,
        model=model.ensemble.model,
        in_kelvin=problem.spec.in_kelvin,
        converged=optimum.converged,
        message=optimum.message,
        volume=problem.volume,
        parameters=tuple(_estimated(p, k, solution, status) for k, p in enumerate(model.parameters)),
        fixed=dict(model.fixed),
        goodness=goodness(solution.objective, optimum.u),
        sentences=sentences,
        correlated=tuple(strongest_correlations(model, bend)) if bend is not None else (),
        starts=optimum.starts,
        reached=optimum.reached,
        others=_others(solution, status),
        sets=tuple(
            Fitted(d.name, d.quantity.name, d.unit, len(d), d.skipped, chi2_of_points(arrays, d.name))
            for d in model.sets
        ),
        fitted_spec=fitted_spec(problem, model.values(optimum.u)) if optimum.converged else "",
        # A problem that was put together in Python has no text of its own, and its content has all settings.
        source=problem.source or document(problem.content),
        overrides=problem.overrides if problem.source else (),
        held=fixed_parameters(problem),
        libraries={"Python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        arrays=arrays,
    )


def _others(solution: Solution, status: tuple[str, ...]) -> tuple[dict[str, float], ...]:
    """Other optima, but for those that only lie elsewhere in a direction that the data do not determine."""
    if not status:
        return ()
    parameters, u = solution.objective.model.parameters, solution.optimum.u
    known = np.array(status) == "determined"
    apart = [v for v in solution.optimum.others if far(solution.objective, v, u)[known].any()]
    return tuple({p.name: p.value(float(x)) for p, x in zip(parameters, v, strict=True)} for v in apart)


def _check_dependence(model: Model) -> None:
    """Refuse a parameter that no curve depends on."""
    objective = Objective(model, plain_noise(model))
    # At coefficients of 0 an exponent would mean nothing.
    start = with_guesses(objective, model.start)
    for parameter, slopes in zip(model.parameters, objective.jacobian(start).T, strict=True):
        if not slopes.any():
            raise SpecError(f"fit.parameters.{parameter.name}: no data depend on it; leave it out")


def _estimated(parameter: Parameter, k: int, solution: Solution, verdicts: tuple[str, ...]) -> Estimated:
    value = parameter.value(float(solution.optimum.u[k]))
    about = (parameter.name, parameter.unit, parameter.kind, parameter.log)
    if solution.bend is None:
        return Estimated(*about, "not converged", value, None)
    status, found = verdicts[k], solution.profiles[k]
    if status in ("undetermined", "at its bound"):
        return Estimated(*about, status, value if status == "at its bound" else None, None)
    ends = (found.low68, found.high68, found.low95, found.high95)
    shown = [parameter.value(x) if math.isfinite(x) else None for x in ends]
    if status != "determined":
        return Estimated(*about, status, None, None, *shown)
    # Beside a bound, or where chi2 is far from a parabola, the interval of the profile is the only one.
    error, half = float(solution.bend.error[k]), 0.5 * (found.high68 - found.low68)
    given = error * (value if parameter.log else 1.0) if half / _SKEW < error < half * _SKEW else None
    return Estimated(*about, status, value, given, *shown)


def _profile_arrays(model: Model, solution: Solution) -> dict[str, Array]:
    arrays = {}
    for parameter, found in zip(model.parameters, solution.profiles, strict=False):
        arrays[f"profiles/{parameter.name}/value"] = np.array([parameter.value(x) for x in found.u.tolist()])
        arrays[f"profiles/{parameter.name}/rise"] = found.rise
    if solution.bend is not None:
        arrays["correlation"] = solution.bend.correlation
        arrays["covariance"] = solution.bend.covariance
    arrays["coordinates"] = solution.optimum.u
    return arrays


def _where(model: Model, in_kelvin: bool) -> str:
    T = np.concatenate([data.temperature for data in model.sets])
    ends = [engineering(float(x), "K") if in_kelvin else f"{x:.4g}" for x in (T.min(), T.max())]
    return f"T = {ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"T = {ends[0]}"


def fixed_parameters(problem: Problem) -> tuple[Estimated, ...]:
    """The fixed entries of ``[fit.parameters]``."""
    short = {place: name for name, place in aliases(problem.spec.population).items()}
    own = {p.place: p for data in problem.model.sets for p in plain_parameters(data)}
    found = []
    for place, value in problem.model.fixed.items():
        kind = "number" if place in own else place_kind(place, problem.model.ensemble)[0]
        unit = own[place].unit if place in own else KINDS[kind][2]
        unit = unit if problem.spec.in_kelvin else ""
        found.append(Estimated(short.get(place, place), unit, kind, False, "fixed", value, None))
    return tuple(found)
