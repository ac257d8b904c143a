"""Time and evaluations to a relative error at the worst grid point, against integration point by point."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarking.problem import Array, Size, exact, grid, loaded, spec_text
from benchmarking.report import Goal, Part, Table
from benchmarking.rivals import Answer, by_cubature, by_vegas
from benchmarking.timing import Spread, ratio
from tlsmc.simulation.target import relative_error, run_to_target

CURVE = "attenuation.total"
SAMPLINGS = ("random", "proposal", "sobol + proposal")
RIVALS = ("vegas, T ascending", "vegas, T descending", "cubature")
#: chi of the goals, and the pair whose numbers of defects are compared.
_GOAL_CHIS, _FEW, _MANY, _SIMPLE = (0.03, 1e-3), 1e-4, 0.1, 1e-2


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to the whole grid, scaled up where a part was done: own worst error, worst distance from exact.

    ``missed`` is the number of points whose own error is above the target, of ``points`` that were done; ``pull``
    is the largest distance in units of the own error.
    """

    seconds: float
    evaluations: float
    error: float
    distance: float
    pull: float
    missed: int
    points: int
    #: Extrapolated with 1/error^2 from a run of as many defects as allowed.
    extrapolated: bool = False


def by_tlsmc(size: Size, folder: Path, chi: float, sampling: str, target: float, seed: int) -> Attempt:
    """Defects until F has the error everywhere; evaluations are per grid point, that is, defects."""
    spec = loaded(folder, spec_text(size.error_side, size.defect_limit, chi, seed, sampling))
    begin = time.perf_counter()
    path = folder / "target.h5"
    done = run_to_target(spec, path, target, curves=(CURVE,), force=True, progress=False, kernel="numba")
    seconds = time.perf_counter() - begin
    curve, truth = done[CURVE], exact(chi, *grid(size.error_side))
    error = relative_error(done, curves=(CURVE,))
    distance = float(np.abs(curve.mean / truth - 1.0).max())
    pull = float(np.abs((curve.mean - truth) / curve.error).max())
    late = error > target
    factor = (error / target) ** 2 if late else 1.0
    points = size.error_side**2
    missed = int(np.count_nonzero(curve.error > target * curve.mean))
    return Attempt(seconds * factor, done.defects * factor, error, distance, pull, missed, points, late)


def by_rival(size: Size, chi: float, name: str, target: float, seed: int) -> Attempt:
    """Point by point: vegas at all temperatures of some columns, cubature at some points; scaled to the whole grid."""
    T, omega = grid(size.error_side)
    omega = omega[spread_over(len(omega), size.rival_columns)]
    if name == "cubature":
        T = T[spread_over(len(T), 4)]
        answer = by_cubature(chi, T, omega[:2], target, size.evaluation_limit // 10)
        omega = omega[:2] if len(omega) > 2 else omega
    else:
        T = T[::-1] if "descending" in name else T
        answer = by_vegas(chi, T, omega, target, size.evaluation_limit, seed)
    return _scaled(answer, exact(chi, T, omega), target, size.error_side**2)


def spread_over(count: int, chosen: int) -> Array:
    """Indices spread over an axis, neither of its ends among them if there is room."""
    return np.unique(((np.arange(chosen) + 0.5) * count / chosen).astype(int))


def _scaled(answer: Answer, truth: Array, target: float, points: int) -> Attempt:
    done = answer.mean.size
    return Attempt(
        answer.seconds * points / done,
        answer.evaluations / done,
        float((answer.error / np.abs(answer.mean)).max()),
        float(np.abs(answer.mean / truth - 1.0).max()),
        float(np.abs((answer.mean - truth) / np.maximum(answer.error, 1e-300)).max()),
        answer.missed(target),
        done,
    )


def measure(size: Size, folder: Path) -> Part:
    """All ways, for each chi and target, in alternating rounds with seeds of their own."""
    found: dict[tuple[float, float, str], list[Attempt]] = {}
    # First of all once for the compiler.
    by_tlsmc(size, folder, size.chis[0], "proposal", 0.5, 0)
    for chi in size.chis:
        for target in size.targets:
            for seed in range(1, size.repetitions + 1):
                _round(size, folder, chi, target, seed, found)
    for seed in range(1, size.repetitions + 1):
        for sampling in SAMPLINGS[1:]:
            attempt = by_tlsmc(size, folder, _MANY, sampling, _SIMPLE, seed)
            found.setdefault((_MANY, _SIMPLE, sampling), []).append(attempt)
    tables = [_table(size, target, found) for target in size.targets]
    goals, ratios = _goals(size, found)
    keyed = [
        {"chi": chi, "target": target, "way": way, "seconds": Spread.of([a.seconds for a in attempts])}
        | {"pull": max(a.pull for a in attempts), "distance": max(a.distance for a in attempts)}
        | {"error": max(a.error for a in attempts), "missed": max(a.missed for a in attempts)}
        for (chi, target, way), attempts in found.items()
    ]
    return Part(goals, [*tables, ratios], {"attempts": keyed})


def _round(
    size: Size,
    folder: Path,
    chi: float,
    target: float,
    seed: int,
    found: dict[tuple[float, float, str], list[Attempt]],
) -> None:
    ways = (*SAMPLINGS, *RIVALS)
    for way in ways[:: -1 if seed % 2 else 1]:
        if way in RIVALS:
            attempt = by_rival(size, chi, way, target, seed)
        else:
            looser = [(t, a[seed - 1]) for (c, t, w), a in found.items() if (c, w) == (chi, way) and t > target]
            if looser and looser[-1][1].extrapolated:
                # It would be the same run to the limit again.
                attempt = _stricter(*looser[-1], target)
            else:
                attempt = by_tlsmc(size, folder, chi, way, target, seed)
        found.setdefault((chi, target, way), []).append(attempt)


def _stricter(looser: float, last: Attempt, target: float) -> Attempt:
    factor = (looser / target) ** 2
    return replace(last, seconds=last.seconds * factor, evaluations=last.evaluations * factor, missed=last.points)


def _table(size: Size, target: float, found: dict[tuple[float, float, str], list[Attempt]]) -> Table:
    rows: list[tuple[Any, ...]] = []
    for (chi, goal, way), attempts in found.items():
        if goal != target:
            continue
        remark = "extrapolated" if any(a.extrapolated for a in attempts) else ""
        if way in RIVALS:
            remark = f"{attempts[0].points} points, scaled"
            if any(a.missed for a in attempts):
                remark += f"; at most {max(a.missed for a in attempts)} of them not reached, a lower bound"
        seconds, evaluations = (Spread.of([getattr(a, key) for a in attempts]) for key in ("seconds", "evaluations"))
        worst = [max(getattr(a, key) for a in attempts) for key in ("error", "distance", "pull")]
        rows.append((f"{chi:g}", way, seconds, f"{evaluations.median:,.0f}", *worst, remark))
    columns = ("chi", "way", "seconds", "evaluations a point", "own error", "from exact", "pull", "remark")
    side = size.error_side
    note = (
        f"F = F_res + F_rel on a {side} x {side} grid, T from 0.1 to 10 E*, omega from 0.01 to 0.9 E*. A way is done "
        "when its own relative error is below the target at every point. Own error, distance from the exact value "
        "(relative) and pull (distance in own errors) are the worst of all points and repetitions. tlsmc: numba, one "
        f"worker, in process, file written, at most {size.defect_limit:,} defects; beyond that time and defects are "
        "extrapolated as 1/error^2. vegas and cubature do the stated number of points, scaled to the grid."
    )
    return Table(f"Time to a relative error of {target:g} at the worst point", columns, rows, note)


def _goals(size: Size, found: dict[tuple[float, float, str], list[Attempt]]) -> tuple[list[Goal], Table]:
    def series(chi: float, target: float, way: str, key: str) -> list[float]:
        return [getattr(a, key) for a in found.get((chi, target, way), [])]

    rows: list[tuple[Any, ...]] = []
    goals = []
    for chi in size.chis:
        for target in size.targets:
            vegas = [min(pair) for pair in zip(*(series(chi, target, w, "seconds") for w in RIVALS[:2]), strict=True)]
            cubature = series(chi, target, RIVALS[2], "seconds")
            ratios = {}
            for way in SAMPLINGS:
                own = series(chi, target, way, "seconds")
                ratios[way] = (ratio(vegas, own), ratio(cubature, own))
                rows.append((f"{chi:g}", f"{target:g}", way, *ratios[way]))
            if chi in _GOAL_CHIS or len(size.chis) == 1:
                what = f"time of vegas over tlsmc, sobol + proposal, to {target:g} at chi = {chi:g}"
                goals.append(Goal(what, 200.0, ratios[SAMPLINGS[-1]][0]))
    goals += [_defects_needed(size, way, found) for way in SAMPLINGS[1:]]
    columns = ("chi", "error", "tlsmc", "vegas over tlsmc", "cubature over tlsmc")
    return goals, Table("Time of others over that of tlsmc, the better order of vegas", columns, rows)


def _defects_needed(size: Size, way: str, found: dict[tuple[float, float, str], list[Attempt]]) -> Goal:
    """Defects for an error, of a sharp resonance over those of a broad one."""
    few, first = _FEW if _FEW in size.chis else size.chis[0], size.targets[0]

    def needed(chi: float, target: float) -> list[float]:
        # For exactly this error: an attempt ends somewhat below its target, or is an extrapolation to it.
        factors = [1.0 if a.extrapolated else (a.error / target) ** 2 for a in found[chi, target, way]]
        at_target = [a.evaluations * factor for a, factor in zip(found[chi, target, way], factors, strict=True)]
        return [number * (target / _SIMPLE) ** 2 for number in at_target]

    what = f"defects for {_SIMPLE:g}, chi = {few:g} over chi = {_MANY:g}, {way}"
    return Goal(what, 3.0, ratio(needed(few, first), needed(_MANY, _SIMPLE)), at_most=True)
