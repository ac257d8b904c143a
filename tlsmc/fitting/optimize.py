"""The best parameters: trust-region least squares from several starts."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, lsq_linear
from scipy.stats import qmc

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.fitting.model import Model
from tlsmc.fitting.objective import Objective
from tlsmc.measurements.backgrounds import BACKGROUNDS, evaluate
from tlsmc.measurements.dataset import DataSet

#: Evaluations of the residuals in one descent at most.
MOST_EVALUATIONS = 300
#: Newton's steps after that at most.
MOST_NEWTON = 40
#: Relative change that ends the trust region, and that of chi2 that ends Newton's steps.
_FAST, _PRECISION = 1e-6, 1e-12
#: Candidates that are looked at for each start.
_CANDIDATES = 16
#: Optima are the same one if their chi2 differ by less.
_SAME = 1e-3
#: Random starts keep within this of the given one, in the logarithm, where the bounds are wider.
_REACH = math.log(1e3)

#: Longest step, in the size of a coordinate.
_LONGEST = 2.0
#: Damping of the first step and the largest: over the square of the slopes of the residuals.
_DAMPING, _MOST_DAMPING = 1e-6, 1e8
#: Shares of the expected fall of chi2 below and above which the damping changes.
_BAD, _GOOD = 0.25, 0.75


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the descents ended.

    ``u`` are coordinates, ``reached`` the number of starts that came to the best optimum out of ``starts``, ``others``
    the different optima that fit nearly as well (chi2 less than 3.84 above).
    """

    u: Array
    chi2: float
    converged: bool
    message: str
    starts: int = 1
    reached: int = 1
    others: tuple[Array, ...] = ()


def descend(objective: Objective, u: Array) -> Optimum:
    """One descent from coordinates ``u``: by the trust region as long as that is fast, then by Newton's steps."""
    start = objective.residuals, inside(objective, u), objective.jacobian, objective.model.bounds
    # A residual that cannot be computed is so large that its square overflows in the trial of a step.
    with np.errstate(over="ignore"):
        found = least_squares(*start, "trf", _FAST, _FAST, _FAST, "jac", max_nfev=MOST_EVALUATIONS)
    end, arrived = newton(objective, found.x, MOST_NEWTON, _PRECISION * (1.0 + 2.0 * float(found.cost)))
    return Optimum(end, objective.chi2(end), arrived or found.status > 0, found.message)


def newton(objective: Objective, u: Array, most: int, gain: float, without: int | None = None) -> tuple[Array, bool]:
    """At most ``most`` steps of Levenberg and Marquardt from ``u``, of all coordinates but one; whether they arrived.

    They have where a step is expected to lower chi2, and does, by less than ``gain``.  They are exact for a coefficient
    that belongs at its bound, where the interior steps of scipy's trust region only creep.
    """
    low, high = objective.model.bounds
    others = np.arange(len(u)) != without
    longest = _LONGEST * objective.scales
    r, damping = objective.residuals(u), _DAMPING
    jacobian = objective.jacobian(u, without=without)
    for _ in range(most):
        room = (np.maximum(low - u, -longest)[others], np.minimum(high - u, longest)[others])
        step = _step(jacobian, r, room, damping)
        new = u.copy()
        new[others] = np.clip(u[others] + step, low[others], high[others])
        expected = float(r @ r - ((r + jacobian @ (new - u)[others]) ** 2).sum())
        r_new = objective.residuals(new)
        won = float(r @ r - r_new @ r_new)
        if abs(won) < gain and expected < gain:
            return (new if won > 0.0 else u), True
        damping *= 0.1 if won > _GOOD * expected else 10.0 if won < _BAD * expected else 1.0
        if won > 0.0:
            u, r, jacobian = new, r_new, objective.jacobian(new, without=without)
        elif damping > _MOST_DAMPING:
            break
    return u, False


def _step(jacobian: Array, r: Array, room: tuple[Array, Array], damping: float) -> Array:
    """The best step for straight residuals, within the room that there is."""
    size = np.linalg.norm(jacobian, axis=0)
    size = np.where(size > 0.0, size, 1.0)
    damped = np.vstack([jacobian / size, np.sqrt(damping) * np.eye(len(size))])
    # The solver wants some room, which there is none of at a bound.
    bounds = (np.minimum(room[0] * size, -1e-12), np.maximum(room[1] * size, 1e-12))
    found = lsq_linear(damped, np.concatenate([-r, np.zeros(len(size))]), bounds, method="bvls").x
    return np.asarray(found / size)


def inside(objective: Objective, u: Array) -> Array:
    """Coordinates moved off the bounds, on which no descent may begin."""
    low, high = objective.model.bounds
    span = np.where(np.isfinite(high - low), high - low, objective.scales)
    return np.asarray(np.clip(u, low + 1e-9 * span, high - 1e-9 * span))


def best_of_starts(objective: Objective, starts: int, seed: int) -> Optimum:
    """The best optimum of descents from the given start and from the best of many random ones."""
    begins = _starts(objective, starts, seed)
    starts = len(begins)
    ends = [descend(objective, u) for u in begins if objective.possible(u)]
    if not ends:
        u = objective.model.start
        return Optimum(u, math.inf, False, "the curves cannot be computed at any start", starts, 0)
    ends.sort(key=lambda end: (not end.converged, end.chi2))
    best = ends[0]
    reached = [end for end in ends if end.chi2 - best.chi2 < _SAME * max(1.0, 1e-3 * best.chi2)]
    apart = [e.u for e in ends if e.converged and e.chi2 - best.chi2 < 3.84 and far(objective, e.u, best.u).any()]
    return Optimum(best.u, best.chi2, best.converged, best.message, starts, len(reached), tuple(apart))


def far(objective: Objective, first: Array, second: Array) -> NDArray[np.bool_]:
    """In which coordinates two optima differ by more than a tenth of their size."""
    return np.asarray(np.abs(first - second) > 0.1 * objective.scales)


def _starts(objective: Objective, starts: int, seed: int) -> list[Array]:
    model = objective.model
    given = with_guesses(objective, model.start)
    varied = [k for k, p in enumerate(model.parameters) if not p.guess]
    if starts == 1 or not varied:
        return [given]
    low, high = (bound[varied] for bound in model.bounds)
    centre = model.start[varied]
    low, high = np.maximum(low, centre - _REACH), np.minimum(high, centre + _REACH)
    power = math.ceil(math.log2(_CANDIDATES * starts))
    cube = qmc.Sobol(len(varied), rng=np.random.default_rng(seed)).random_base2(power)
    candidates = []
    for point in cube:
        u = model.start.copy()
        u[varied] = low + (high - low) * point
        u = with_guesses(objective, u)
        candidates.append((objective.chi2(u), u))
    candidates.sort(key=lambda pair: pair[0])
    return [given, *(u for _, u in candidates[: starts - 1])]


def with_guesses(objective: Objective, u: Array) -> Array:
    """Coordinates with the amplitudes and backgrounds that fit best, as far as curves are linear in them."""
    model, result = objective.model, u.copy()
    values = model.values(u)
    for data in model.sets:
        try:
            guesses = _linear_guesses(model, data, values)
        except (SpecError, ValidityError):  # bounds of two parameters of one law may cross
            return result
        for k, p in enumerate(model.parameters):
            if p.place in guesses:
                low, high = p.bounds
                result[k] = min(max(p.coordinate(guesses[p.place]), low), high)
    return result


def _linear_guesses(model: Model, data: DataSet, values: dict[str, float]) -> dict[str, float]:
    """Least squares for the amplitude and the coefficients of one data set, the other parameters as they are."""
    wanted = [p for p in model.parameters if p.guess and p.set_name == data.name]
    if not wanted:
        return {}
    ensemble, own = model.ensemble_at(values), model.own(data, values)
    y, error = data.additive
    weight = 1.0 / error
    fixed = {**own, **{p.place.partition(".")[2]: 0.0 for p in wanted}}
    known = evaluate(data.backgrounds, data.temperature, fixed)
    columns = []
    for p in wanted:
        name = p.place.partition(".")[2]
        if name == "amplitude":
            columns.append(model.of_defects(data, ensemble, 1.0))
        else:
            one = {**fixed, name: 1.0}
            used = [b for b in data.backgrounds if any(c.name == name for c in BACKGROUNDS[b].coefficients)]
            columns.append(evaluate(tuple(used), data.temperature, one))
    if model.defects and not any(p.place.endswith(".amplitude") for p in wanted):
        known = known + model.of_defects(data, ensemble, own.get("amplitude", 1.0))
    matrix = np.stack(columns, axis=1) * weight[:, None]
    if not np.isfinite(matrix).all():
        return {}
    size = np.linalg.norm(matrix, axis=0) + 1e-300
    floor = [-np.inf if p.low == -np.inf else 0.0 for p in wanted]
    target = (y - known) * weight
    found = lsq_linear(matrix / size, target, bounds=(floor, np.inf)).x
    # Nothing begins at a bound: the descent would stick to it.
    least = 1e-3 * float(np.linalg.norm(target))
    found = np.where((np.array(floor) == 0.0) & (found < least), least, found)
    return {p.place: float(x) for p, x in zip(wanted, found / size, strict=True)}
