"""Time of one residual vector of a fit, for curves that close and for those that are quadratures."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarking.problem import Size
from benchmarking.report import Goal, Part, Table
from benchmarking.timing import Spread, alternating
from tlsmc.fitting import parse_fit
from tlsmc.fitting.objective import Objective, plain_noise

#: Points of a data set.
_POINTS = 1000
_P = {"law": "tunnelling"}
_LAWS: dict[str, dict[str, Any]] = {
    "paper": {"E": {"law": "uniform", "high": "20 mK"}, "p": _P},
    "other band": {"E": {"law": "exponential", "mean": "20 mK"}, "p": _P},
    "rectangle": {
        "Delta": {"law": "uniform", "high": "20 mK"},
        "Lambda": {"law": "log_uniform", "low": "1 uK", "high": "20 mK"},
    },
    "Kondo": {"T_K": {"law": "uniform", "high": "300 mK"}, "Delta": {"law": "uniform", "high": "100 mK"}},
}
#: Laws, quantity, unit, options and number of frequencies of each case.
_CASES: dict[str, tuple[str, str, str, dict[str, str], int]] = {
    "paper, attenuation": ("paper", "F", "", {}, 25),
    "paper, loss tangent": ("paper", "loss_tangent", "", {}, 10),
    "other band, attenuation": ("other band", "F", "", {}, 10),
    "other band, dephasing": ("other band", "1/tau_phi", "1/s", {}, 1),
    "rectangle of Delta and Lambda, heat": ("rectangle", "C", "J/(K cm^3)", {}, 1),
    "rectangle of Delta and Lambda, attenuation": ("rectangle", "F", "", {}, 10),
    "Kondo, dephasing": ("Kondo", "1/tau_phi", "1/s", {}, 1),
    "Kondo, heat": ("Kondo", "C", "J/(K cm^3)", {}, 1),
    "Kondo, heat of Emery and Kivelson": ("Kondo", "C", "J/(K cm^3)", {"heat": "emery-kivelson"}, 1),
    "Kondo, attenuation": ("Kondo", "F", "", {}, 10),
}
#: The case that has a goal, in milliseconds.
_GOAL = ("paper, attenuation", 50.0)


def measure(size: Size, folder: Path) -> Part:
    """Residuals of 1,000 points at new parameters each time."""
    contestants: dict[str, Callable[[], float]] = {}
    for name, case in _CASES.items():
        contestants[name] = partial(_milliseconds, _objective(folder, *case))
        contestants[name]()
    found = {name: Spread.of(times) for name, times in alternating(contestants, max(5, size.repetitions)).items()}
    name, bound = _GOAL
    goal = Goal(f"fit: residuals of {_POINTS:,} points of the {name}, ms", bound, found[name], at_most=True)
    rows: list[tuple[Any, ...]] = list(found.items())
    return Part([goal], [Table(f"One residual vector of {_POINTS:,} points", ("curve", "ms"), rows)], {})


def _objective(
    folder: Path, laws: str, quantity: str, unit: str, options: dict[str, str], frequencies: int
) -> Objective:
    """A fit of one parameter to points at temperatures from 5 mK to 1 K."""
    T, nu = np.meshgrid(np.geomspace(5e-3, 1.0, _POINTS // frequencies), np.geomspace(1e8, 1e10, frequencies))
    lines = [f"{t!r},{f!r},1.0,1.0" for t, f in zip(T.ravel().tolist(), nu.ravel().tolist(), strict=True)]
    (folder / "points.csv").write_text("\n".join([f"T [K],f [Hz],value [{unit}],error", *lines]) + "\n")
    model, free = ("kondo", "T_K_star") if laws == "Kondo" else ("tunnelling", "E_star")
    data = {"file": "points.csv", "quantity": quantity, "options": options, "amplitude": True}
    content = {
        "seed": 1,
        "population": {"model": model, "defects": 1000, "parameters": _LAWS[laws]},
        "material": {"preset": "paper", "chi": 0.05, "defect_density": "1e17 cm^-3"},
        "fit": {"data": {"points": data}, "parameters": {free: {}}},
    }
    problem = parse_fit(content, folder)
    return Objective(problem.model, plain_noise(problem.model))


def _milliseconds(objective: Objective) -> float:
    # No two vectors have the same parameters, so that no curve is remembered.
    u = objective.model.start
    u[0] += 1e-6 * (time.perf_counter_ns() % 1000)
    begin = time.perf_counter()
    objective.residuals(u)
    return 1e3 * (time.perf_counter() - begin)
