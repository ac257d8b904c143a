"""The posterior of the parameters by the affine-invariant ensemble sampler of emcee, and whether it has converged."""

import math
import sys
from typing import Any

import numpy as np
from tqdm import tqdm

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.fitting.objective import Objective
from tlsmc.fitting.optimize import inside
from tlsmc.fitting.result import Posterior
from tlsmc.fitting.uncertainty import Curvature

#: Steps between two looks at the chain, and autocorrelation times that it must be long.
_CHUNK, _LONG = 250, 50.0
#: Acceptance between these is healthy.
_ACCEPTANCE = (0.15, 0.8)
_QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
_MOST_KEPT = 4000
#: Widest spread of the first walkers, in the size of a coordinate.
_WIDEST = 0.5


def sample_posterior(
    objective: Objective, u: Array, bend: Curvature, most_steps: int, seed: int, progress: bool = False
) -> tuple[Posterior, Array]:
    """Draw the posterior, flat in the coordinates within their bounds but for the priors of the spec.

    The chain goes on until it is 50 autocorrelation times long, or has ``most_steps`` steps.  Returns the summary and
    draws of shape (draws, parameters), as values.

    Raises
    ------
    SpecError
        emcee is not installed.
    """
    emcee = sampler_library()
    low, high = objective.model.bounds

    def log_probability(x: Array) -> float:
        if (x < low).any() or (x > high).any():
            return -math.inf
        return -0.5 * objective.chi2(x) if objective.possible(x) else -math.inf

    dimensions = len(u)
    walkers = max(4 * dimensions, 10)
    rng = np.random.default_rng(seed)
    sampler = emcee.EnsembleSampler(walkers, dimensions, log_probability)
    random = np.random.RandomState(rng.integers(2**32))
    # The first walkers are around the optimum, as far apart as the errors.
    cloud = u + np.minimum(bend.error, _WIDEST * bend.scales) * rng.standard_normal((walkers, dimensions))
    first = np.stack([inside(objective, x) for x in cloud])
    state: Any = emcee.State(first, random_state=random.get_state())
    tau = math.inf
    with tqdm(total=most_steps, unit=" steps", disable=not (progress and sys.stderr.isatty()), desc="posterior") as bar:
        while sampler.iteration < most_steps:
            steps = min(_CHUNK, most_steps - sampler.iteration)
            state = sampler.run_mcmc(state, steps)
            bar.update(steps)
            tau = float(np.max(sampler.get_autocorr_time(tol=0)))
            if sampler.iteration >= 2 * _CHUNK and sampler.iteration > _LONG * tau:
                break
    return _summary(objective, sampler, tau)


def sampler_library() -> Any:
    """The module emcee, or the error that says how to get it."""
    try:
        import emcee
    except ModuleNotFoundError:
        raise SpecError("--sample needs emcee; install tlsmc[fit]") from None
    return emcee


def _summary(objective: Objective, sampler: Any, tau: float) -> tuple[Posterior, Array]:
    model, steps = objective.model, int(sampler.iteration)
    known = math.isfinite(tau) and tau > 0.0
    burnt = min(int(5.0 * tau) if known else steps // 2, steps // 2)
    chain = sampler.get_chain(discard=burnt, flat=True)
    values = {p.name: np.exp(x) if p.log else x for p, x in zip(model.parameters, chain.T, strict=True)}
    draws = np.stack([x[:: max(1, len(x) // _MOST_KEPT)][:_MOST_KEPT] for x in values.values()], axis=1)
    quantiles = {name: tuple(np.quantile(x, _QUANTILES).tolist()) for name, x in values.items()}
    acceptance = float(np.mean(sampler.acceptance_fraction))
    time, effective = (tau, len(chain) / tau) if known else (math.nan, 0.0)
    fault = _judged(steps, tau, acceptance)
    about = (steps, int(sampler.nwalkers), acceptance, time, effective)
    return Posterior(*about, not fault, fault or "converged", quantiles), draws


def _judged(steps: int, tau: float, acceptance: float) -> str:
    """What is wrong with a chain, empty if nothing is."""
    if not math.isfinite(tau) or tau <= 0.0:
        return "not converged: the walkers do not move"
    faults = []
    if steps <= _LONG * tau:
        faults.append(
            f"not converged: {steps} steps are only {steps / tau:.0f} autocorrelation times, {_LONG:.0f} are "
            "needed; raise steps"
        )
    if not _ACCEPTANCE[0] <= acceptance <= _ACCEPTANCE[1]:
        faults.append(
            f"an acceptance of {acceptance:.2f} is outside {_ACCEPTANCE[0]} ... {_ACCEPTANCE[1]}: "
            "the posterior is not of a shape that the sampler can follow"
        )
    return "; ".join(faults)
