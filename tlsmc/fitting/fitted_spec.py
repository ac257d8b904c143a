"""The fitted spec: an ordinary spec with the fitted values, on the grids of the data."""

from copy import deepcopy
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.fitting.curves import points_of
from tlsmc.fitting.problem import Problem
from tlsmc.spec.material import GEOMETRY, MATERIAL_KINDS
from tlsmc.spec.registry import OBSERVABLES
from tlsmc.spec.toml import apply_setting, document
from tlsmc.units import AXIS_KINDS, text

#: Points of an axis at most; more of the data are replaced by as many in between.
_MOST_POINTS = 32


def fitted_spec(problem: Problem, values: dict[str, float]) -> str:
    """The text of a spec that `tlsmc run` can run: the ensemble that the fit describes."""
    content = {key: deepcopy(value) for key, value in problem.content.items() if key not in ("fit", "sweep")}
    kelvin = problem.spec.in_kelvin
    for place, value in values.items():
        head, _, rest = place.partition(".")
        if head == "population":
            name, key = rest.split(".")[1:]
            known = problem.spec.population.KINDS[name]
            # A text carries a unit; what the spec does not have is written with one.
            kind = known if isinstance(content["population"]["parameters"][name].get(key, ""), str) else "number"
            apply_setting(content, place, text(_short(value), kind, kelvin))
        elif head == "material":
            content.setdefault("material", {}).pop("dephasing_time", None)
            apply_setting(content, place, text(_short(value), MATERIAL_KINDS[rest], kelvin))
        elif place == "L" and "p" in problem.spec.population.laws:
            # L = artanh sqrt(1 - p_min) of Eq. 2.
            content["population"]["parameters"]["p"]["low"] = float(np.cosh(value) ** -2)
    if any(key in content.get("material", {}) for key in GEOMETRY):
        # N = n_T V L follows from the fitted density.
        content["population"].pop("defects", None)
    content["title"] = f"{content.get('title') or 'Fit'} (fitted)"
    content["observables"] = _observables(problem, values, content.get("observables", {}))
    return "# Written by tlsmc fit: the ensemble that the fit describes, on the grid of the data.\n\n" + document(
        content
    )


def _short(value: float) -> float:
    return float(f"{value:.8g}")


def _observables(problem: Problem, values: dict[str, float], given: dict[str, Any]) -> dict[str, Any]:
    """The observables behind the data, each on the temperatures and frequencies of all data sets that it predicts."""
    ensemble = problem.model.ensemble_at(values)
    result: dict[str, Any] = {}
    columns: dict[tuple[str, str], list[Array]] = {}
    for data in problem.model.sets:
        points = points_of(data, ensemble)
        name = OBSERVABLES.name(type(points.observable))
        result.setdefault(name, {k: v for k, v in given.get(name, {}).items() if k not in AXIS_KINDS} | data.options)
        for axis, own in zip(points.observable.AXES, (points.T, *points.others), strict=True):
            columns.setdefault((name, axis), []).append(own)
    for (name, axis), arrays in columns.items():
        grid = _grid(np.concatenate(arrays))
        result[name][axis] = [text(x, AXIS_KINDS[axis], problem.spec.in_kelvin) for x in grid]
    return result


def _grid(values: Array) -> list[float]:
    distinct = sorted({_short(float(x)) for x in values})
    if len(distinct) <= _MOST_POINTS:
        return distinct
    return sorted({_short(x) for x in np.geomspace(distinct[0], distinct[-1], _MOST_POINTS).tolist()})
