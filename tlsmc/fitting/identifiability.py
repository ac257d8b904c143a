"""Directions in which the data do not determine the parameters, in words."""

import math
from itertools import combinations

import numpy as np

from tlsmc.arrays import Array
from tlsmc.fitting.model import Model
from tlsmc.fitting.objective import PRESSED
from tlsmc.fitting.parameters import Parameter
from tlsmc.fitting.uncertainty import TWO, Curvature, Profile

#: A direction is undetermined if its error is above this: a factor of e for parameters varied in the logarithm.
LIMIT = 1.0
#: Shares of a parameter in a direction below this are left out of the words.
_SMALL = 0.2
#: A combination is determined if it varies by less than this share of what its parameters do.
_STAYS = 0.2


def identifiability(
    model: Model, bend: Curvature, profiles: list[Profile], where: str, pressure: Array
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Judge singular values and profiles; ``where`` names the temperatures of the data.

    ``pressure`` is what :meth:`tlsmc.fitting.objective.Objective.bound_pressure` gives at the optimum.  Returns what
    each parameter is, "determined", "upper limit", "lower limit", "undetermined" or "at its bound", and sentences.
    """
    pinned = [
        _pinned(p, float(f.path[0][k]), h)
        for k, (p, f, h) in enumerate(zip(model.parameters, profiles, pressure, strict=True))
    ]
    status = tuple(
        "at its bound" if stop else _status(found, float(scale))
        for stop, found, scale in zip(pinned, profiles, bend.scales, strict=True)
    )
    # Flat directions at the optimum, and those in which the profiles went: far from it they may be others.
    directions = [v for v, s in zip(bend.directions, bend.singular, strict=True) if s * LIMIT < 1.0]
    directions += [_farthest(p, k) / bend.scales for k, p in enumerate(profiles) if status[k] != "determined"]
    path = np.concatenate([p.path for p in profiles]) / bend.scales
    words: dict[frozenset[int], str] = {}
    for direction in directions:
        leading = _leading(direction)
        open_ones = {status[i] for i in leading} - {"determined"}
        if len(leading) > 1 and open_ones and not words.get(frozenset(leading)):
            sentence = _combination(model, bend, path, direction, leading, where)
            # Limits of one parameter by itself are said below.
            if not sentence and "undetermined" in open_ones:
                *several, last = (model.names[i] for i in leading)
                sentence = f"the data ({where}) do not tell {', '.join(several)} and {last} apart"
            words[frozenset(leading)] = sentence
    named = {i for leading, sentence in words.items() if sentence for i in leading}
    sentences = [sentence for sentence in words.values() if sentence]
    for k, (parameter, found) in enumerate(zip(model.parameters, profiles, strict=True)):
        if status[k] != "undetermined" or k not in named:
            sentences += _alone(parameter, status[k], found, where)
    return status, (*filter(None, pinned), *sentences)


def _pinned(parameter: Parameter, u: float, pressure: float) -> str:
    """That a parameter would go on but for a bound which somebody chose, "" if it would not."""
    low, high = parameter.bounds
    upper = u > 0.5 * (low + high)
    whose = parameter.limits[int(upper)]
    if not whose or pressure <= PRESSED:
        return ""
    origin = "given in the spec" if whose == "stated" else "by default, as the spec gives none"
    value = f"{parameter.value(u):.4g} {parameter.unit}".rstrip()
    return f"{parameter.name} stopped at its bound {value}, {origin}: the best value lies beyond; widen it"


def _status(found: Profile, scale: float) -> str:
    """What can be said of one parameter."""
    below, above = math.isinf(found.low95), math.isinf(found.high95)
    if below or above:
        return "undetermined" if below and above else "upper limit" if below else "lower limit"
    # Both ends may be closed by what another parameter cannot do: a wide interval is no determination.
    return "undetermined" if found.high95 - found.low95 > 2.0 * TWO * LIMIT * scale else "determined"


def _alone(parameter: Parameter, verdict: str, found: Profile, where: str) -> list[str]:
    """What is to be said of one parameter by itself, nothing if it is determined."""
    if verdict in ("upper limit", "lower limit"):
        upper = verdict == "upper limit"
        side, way = ("from above: below", "smaller") if upper else ("from below: above", "larger")
        value = f"{parameter.value(found.high95 if upper else found.low95):.3g} {parameter.unit}".rstrip()
        return [f"{parameter.name} is only bounded {side} {value} at 95 %, no {way} value is excluded ({where})"]
    if verdict == "undetermined":
        return [f"{parameter.name} is not determined by the data ({where}): its profile is flat"]
    return []


def _leading(direction: Array) -> list[int]:
    """Parameters that a direction is about, the leading one first."""
    size = np.abs(direction)
    return [int(i) for i in np.argsort(-size) if size[i] > _SMALL * size.max()]


def _farthest(found: Profile, k: int) -> Array:
    """Displacement of all coordinates where parameter ``k`` has gone farthest, zero if it went nowhere."""
    moved = found.path - found.path[0]
    return np.asarray(moved[np.argmax(np.abs(moved[:, k]))])


def _combination(model: Model, bend: Curvature, path: Array, direction: Array, leading: list[int], where: str) -> str:
    """The combination of two parameters that stays while they move along a direction, "" if none does.

    ``path`` are all places that the profiles found to be allowed: on all of them it must stay, not only at the optimum.
    """
    if len(leading) != 2 or not all(model.parameters[i].log for i in leading):
        return ""
    names = [model.names[i] for i in leading]
    w = np.array([-direction[leading[1]], direction[leading[0]]])
    w = w / np.abs(w).max() * (1.0 if w[0] > 0.0 else -1.0)
    exponents = [round(float(x), 1) for x in w]
    width = float(np.ptp(path[:, leading] @ np.array(exponents)))
    moved = float(np.ptp(path[:, leading], axis=0).min())
    if width > _STAYS * moved or width > 2.0 * TWO * LIMIT:
        return ""
    product = " ".join(n if e == 1.0 else f"{n}^{e:g}" for n, e in zip(names, exponents, strict=True))
    kind = "product" if exponents == [1.0, 1.0] else "combination"
    if exponents == [1.0, -1.0]:
        kind, product = "ratio", "/".join(names)
    # From the directions that are determined at the optimum.
    along, strong = bend.directions[:, leading] @ np.array(exponents), bend.singular * LIMIT >= 1.0
    of_optimum = float(np.sqrt(((along[strong] / bend.singular[strong]) ** 2).sum()))
    error = 100.0 * max(of_optimum, width / (2.0 * TWO))
    return (
        f"only the {kind} {product} is determined by the data ({where}, to {error:.2g} %), "
        f"{names[0]} and {names[1]} are not"
    )


def strongest_correlations(model: Model, bend: Curvature, above: float = 0.95) -> list[tuple[str, str, float]]:
    """Pairs of parameters that the data hardly tell apart, the worst first."""
    correlation = bend.correlation
    pairs = [
        (model.names[i], model.names[j], float(correlation[i, j]))
        for i, j in combinations(range(len(model.names)), 2)
        if abs(correlation[i, j]) > above
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))
