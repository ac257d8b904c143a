"""Directions in which the data do not determine the parameters, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tlsmc.fitting.errors import Curvature, Profile
from tlsmc.fitting.model import Model

Array = NDArray[np.float64]

#: A direction is undetermined if its error is above this: a factor of e for parameters varied in the logarithm.
LIMIT = 1.0
#: Shares of a parameter in a direction below this are left out of the words.
_SMALL = 0.2
#: A parameter with this share of undetermined directions (squared) is undetermined itself.
_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Identifiability:
    """Which parameters the data determine: "determined", "upper limit", "lower limit" or "undetermined" for each,
    and sentences that say it.
    """

    status: tuple[str, ...]
    sentences: tuple[str, ...]


def identifiability(model: Model, bend: Curvature, profiles: list[Profile], where: str) -> Identifiability:
    """Judge singular values and profiles; ``where`` names the temperatures of the data."""
    weak = [k for k, s in enumerate(bend.singular) if s * LIMIT < 1.0]
    share = (bend.directions[weak] ** 2).sum(axis=0) if weak else np.zeros(len(model.parameters))
    status = tuple(_status(share[k], profiles[k]) for k in range(len(model.parameters)))
    sentences = [_direction(model, bend, k, where) for k in weak if _of_undetermined(bend.directions[k], status)]
    for name, verdict, found, parameter in zip(model.names, status, profiles, model.parameters, strict=True):
        if verdict == "upper limit":
            limit = f"{parameter.value(found.high95):.3g}{_unit(parameter.unit)}"
            sentences.append(
                f"{name} is only bounded from above: below {limit} at 95 %; any smaller value fits as well ({where})"
            )
        elif verdict == "lower limit":
            limit = f"{parameter.value(found.low95):.3g}{_unit(parameter.unit)}"
            sentences.append(
                f"{name} is only bounded from below: above {limit} at 95 %; any larger value fits as well ({where})"
            )
        elif verdict == "undetermined" and not any(f"{name} " in s or f" {name}" in s for s in sentences):
            sentences.append(f"{name} is not determined by the data ({where}): its profile is flat")
    return Identifiability(status, tuple(dict.fromkeys(sentences)))


def _status(share: float, found: Profile) -> str:
    """What can be said of one parameter."""
    below, above = math.isinf(found.low95), math.isinf(found.high95)
    if below and above:
        return "undetermined"
    if below:
        return "upper limit"
    if above:
        return "lower limit"
    # A closed profile is the better judge: the curvature knows only the neighbourhood of the optimum.
    width = found.high68 - found.low68
    return "undetermined" if share > _SHARE and width > 2.0 * LIMIT else "determined"


def _of_undetermined(direction: Array, status: tuple[str, ...]) -> bool:
    """Whether a direction is one along which a parameter is undetermined, and not only bounded on one side."""
    leading = np.abs(direction) > _SMALL * np.abs(direction).max()
    return any(s == "undetermined" for s, is_leading in zip(status, leading, strict=True) if is_leading)


def _direction(model: Model, bend: Curvature, k: int, where: str) -> str:
    """One undetermined direction in words, and the combination that is determined in its place."""
    v = bend.directions[k] / np.abs(bend.directions[k]).max()
    leading = [i for i in np.argsort(-np.abs(v)) if abs(v[i]) > _SMALL]
    names = [model.names[i] for i in leading]
    if len(leading) == 1:
        return f"{names[0]} is not determined by the data ({where})"
    all_logs = all(model.parameters[i].log for i in leading)
    if len(leading) == 2 and all_logs:
        a, b = (float(v[i]) for i in leading)
        w = np.zeros_like(v)
        w[leading[0]], w[leading[1]] = -b, a
        w = w / np.abs(w).max() * (1.0 if w[leading[0]] > 0.0 else -1.0)
        kind = "product" if np.allclose(np.round(w[leading], 1), 1.0) else "combination"
        if np.allclose(np.abs(np.round(w[leading], 1)), 1.0) and kind != "product":
            kind = "ratio"
        error = _strong_error(bend, w)
        accuracy = f", to {100.0 * error:.2g} %" if error < LIMIT else ""
        return (
            f"only the {kind} {_power_product(w, leading, model)} is determined by the data ({where}{accuracy}), "
            f"{names[0]} and {names[1]} are not"
        )
    return f"the data ({where}) do not tell {', '.join(names[:-1])} and {names[-1]} apart"


def _power_product(w: Array, leading: list[int], model: Model) -> str:
    """Parameters with exponents, "n_T chi", "n_T/chi" or "E_star^0.5 chi"."""
    exponents = [round(float(w[i]), 1) for i in leading]
    names = [model.names[i] for i in leading]
    if exponents == [1.0, -1.0]:
        return f"{names[0]}/{names[1]}"
    return " ".join(n if e == 1.0 else f"{n}^{e:g}" for n, e in zip(names, exponents, strict=True))


def _strong_error(bend: Curvature, w: Array) -> float:
    """Error of a combination of coordinates from the directions that are determined."""
    along = bend.directions @ w
    strong = bend.singular * LIMIT >= 1.0
    return float(np.sqrt(((along[strong] / bend.singular[strong]) ** 2).sum()))


def strongest_correlations(model: Model, bend: Curvature, above: float = 0.95) -> list[tuple[str, str, float]]:
    """Pairs of parameters that the data hardly tell apart, the worst first."""
    correlation = bend.correlation
    pairs = [
        (model.names[i], model.names[j], float(correlation[i, j]))
        for i, j in combinations(range(len(model.names)), 2)
        if abs(correlation[i, j]) > above
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""
