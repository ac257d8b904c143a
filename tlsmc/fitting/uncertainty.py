"""Errors of the parameters, from the curvature of chi2 and from its profile, and of the curves."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tlsmc.arrays import Array
from tlsmc.fitting.objective import PRESSED, Objective, derivatives
from tlsmc.fitting.optimize import inside, newton
from tlsmc.measurements.dataset import DataSet

#: Standard deviations of a normal law that hold 68.27 % and 95 %.
ONE, TWO = 1.0, 1.959964
#: Accuracy of the ends of an interval, in standard deviations.
_ACCURACY = 0.01
_MOST_STEPS = 12
#: Steps at each point of a profile, and the fall of chi2 that is the last one worth having.
_MOST_NEWTON, _ENOUGH = 60, 1e-4
#: Longest first step of a profile, in the size of a coordinate.
_LONGEST = 1.5
#: First step of a way from another optimum, over that.
_SHORTEST = 0.1
#: Temperatures of a smooth curve, and curves of one data set at most.
_SMOOTH, _MOST_CURVES = 60, 5


@dataclass(frozen=True, slots=True)
class Curvature:
    """Covariance of the coordinates, singular values and directions of the scaled Jacobian."""

    covariance: Array
    singular: Array
    directions: Array
    scales: Array

    @property
    def error(self) -> Array:
        """Standard errors of the coordinates."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def correlation(self) -> Array:
        """Correlation of the coordinates."""
        return np.asarray(self.covariance / np.outer(self.error, self.error))


@dataclass(frozen=True, slots=True)
class Profile:
    """Least chi2 above the minimum for given coordinates of one parameter, and the intervals that follow.

    The ends of an interval are infinite where chi2 does not rise enough before the bound.  ``better`` are coordinates
    that fit better than the optimum, if the profile came across any, and ``path`` all coordinates at the points within
    the interval of 95 %, shape (points, parameters): where the data allow the parameters to go.
    """

    u: Array
    rise: Array
    low68: float
    high68: float
    low95: float
    high95: float
    path: Array
    better: Array | None = None


def curvature(objective: Objective, u: Array) -> Curvature:
    """Errors if chi2 were a parabola: (J^T J)^-1, from the singular values of J in units of the scales.

    What a bound holds moves no further, and adds nothing to the errors of the others.
    """
    scales = objective.scales
    jacobian = objective.jacobian(u) * scales
    _, singular, directions = np.linalg.svd(jacobian, full_matrices=False)
    stopped = objective.bound_pressure(u) > 0.0
    scaled = np.diag(1.0 / np.maximum((jacobian**2).sum(axis=0), 1e-300))
    scaled[np.ix_(~stopped, ~stopped)] = _inverse(jacobian[:, ~stopped])
    return Curvature(scaled * np.outer(scales, scales), singular, directions, scales)


def _inverse(jacobian: Array) -> Array:
    """(J^T J)^-1, finite however flat a direction is."""
    _, singular, directions = np.linalg.svd(jacobian, full_matrices=False)
    safe = np.maximum(singular, 1e-12 * max(float(singular.max(initial=0.0)), 1e-300))
    return np.asarray((directions.T / safe**2) @ directions)


def profile(objective: Objective, u: Array, k: int, bend: Curvature, others: tuple[Array, ...] = ()) -> Profile:
    """Profile of parameter ``k`` to both sides until chi2 has risen by 3.84, by secants on its root.

    ``others`` are optima that fit nearly as well as ``u``.
    """
    walk = _Walk(objective, u, k, bend, others)
    (low68, low95), (high68, high95) = walk.side(-1.0), walk.side(1.0)
    points = np.array(walk.points)[np.argsort([x for x, _ in walk.points])]
    return Profile(points[:, 0], points[:, 1], low68, high68, low95, high95, np.array(walk.path), walk.better)


class _Point(NamedTuple):
    """A place of the profiled parameter, the root of the rise of chi2 there, and all coordinates."""

    x: float
    root: float
    u: Array


class _Walk:
    """Points of one profile, each minimised over all other parameters, warm from the last one."""

    def __init__(self, objective: Objective, u: Array, k: int, bend: Curvature, others: tuple[Array, ...]) -> None:
        self.objective, self.u, self.k, self.others, self.least = objective, u, k, others, objective.chi2(u)
        low, high = objective.model.bounds
        self.low, self.high = float(low[k]), float(high[k])
        self.longest = _LONGEST * float(bend.scales[k])
        self.step = float(min(max(bend.error[k], 1e-9 * self.longest), self.longest))
        self.slope = bend.covariance[:, k] / bend.covariance[k, k]
        self.points: list[tuple[float, float]] = [(float(u[k]), 0.0)]
        self.better: Array | None = None
        self.ways: list[Array] = []
        self.path = [u]

    def side(self, sign: float) -> tuple[float, float]:
        """Ends of the intervals of 68 % and 95 % on one side."""
        self.ways = list(self.others)
        inner, last = self._end(sign, ONE, _Point(float(self.u[self.k]), 0.0, self.u))
        return inner, inner if math.isinf(inner) else self._end(sign, TWO, last)[0]

    def _end(self, sign: float, target: float, inner: _Point) -> tuple[float, _Point]:
        """Where the root of the rise of chi2 reaches ``target``; and the last point below it."""
        before, outer, repeated = _Point(float(self.u[self.k]), 0.0, self.u), None, 0
        limit = self.low if sign < 0.0 else self.high
        for _ in range(_MOST_STEPS):
            x = self._between(target, inner, outer, repeated) if outer else self._beyond(sign, target, before, inner)
            x = max(x, limit) if sign < 0.0 else min(x, limit)
            rise, u = self._minimised(x, inner.u)
            new = _Point(x, math.sqrt(max(rise, 0.0)), u)
            self.points.append((x, rise))
            if abs(new.root - target) < _ACCURACY:
                return self._open(sign, u) or x, new
            if new.root > target:
                outer, repeated = new, 0
            elif x == limit:
                return sign * math.inf, new
            else:
                before, inner, repeated = inner, new, repeated + 1
        if outer is None:
            return sign * math.inf, inner
        return self._open(sign, outer.u) or self._between(target, inner, outer, 0), inner

    def _open(self, sign: float, u: Array) -> float:
        """Infinity if chi2 has risen only because another parameter is on a bound that nobody has stated; else 0."""
        pressure = self.objective.bound_pressure(u)
        for i, p in enumerate(self.objective.model.parameters):
            side = p.limits[int(u[i] > 0.5 * sum(p.bounds))]
            if i != self.k and side == "default" and pressure[i] > PRESSED:
                return sign * math.inf
        return 0.0

    def _between(self, target: float, inner: _Point, outer: _Point, repeated: int) -> float:
        """A secant, or the middle if that has come from the same side again: there may be a corner."""
        share = (target - inner.root) / (outer.root - inner.root)
        return inner.x + (min(max(share, 0.05), 0.95) if repeated < 2 else 0.5) * (outer.x - inner.x)

    def _beyond(self, sign: float, target: float, before: _Point, inner: _Point) -> float:
        """The last secant extended; a flat profile is followed in growing steps."""
        gone = abs(inner.x - float(self.u[self.k]))
        rate = (inner.root - before.root) / abs(inner.x - before.x) if inner.x != before.x else 0.0
        wanted = (target - inner.root) / rate if rate > 0.0 else math.inf
        return inner.x + sign * min(wanted, max(self.step, 2.0 * gone))

    def _minimised(self, x: float, near: Array) -> tuple[float, Array]:
        """Rise of chi2 with parameter k at ``x``, and where the others are then."""
        rise, end = self._rise(near + self.slope * (x - near[self.k]), x)
        if rise > ONE:
            rise, end = min([(rise, end), *self._from_others(x)], key=lambda found: found[0])
        if rise < (TWO + _ACCURACY) ** 2:
            self.path.append(end)
        if rise < -1e-3:
            self.better = end
        return rise, end

    def _from_others(self, x: float) -> Iterator[tuple[float, Array]]:
        """Where the ways from other optima end: at a kink of a curve they may come lower than the one from here."""
        for i, other in enumerate(self.ways):
            rise, end, slope = math.inf, other, np.zeros_like(other)
            for place in self._places(float(other[self.k]), x):
                last = end
                rise, end = self._rise(last + slope * (place - last[self.k]), place)
                slope = (end - last) / (place - last[self.k])
            if rise < TWO**2:
                self.ways[i] = end
            yield rise, end

    def _places(self, begin: float, end: float) -> list[float]:
        """Steps of the profiled parameter on a way, a short one first: it tells where the others go."""
        first = begin + math.copysign(min(_SHORTEST * self.longest, abs(end - begin)), end - begin)
        steps = math.ceil(abs(end - first) / self.longest)
        return [place for place in (first, *np.linspace(first, end, steps + 1)[1:].tolist()) if place != begin]

    def _rise(self, begin: Array, x: float) -> tuple[float, Array]:
        begin = inside(self.objective, begin)
        begin[self.k] = x
        if len(begin) == 1:
            return self.objective.chi2(begin) - self.least, begin
        end, _ = newton(self.objective, begin, _MOST_NEWTON, _ENOUGH, without=self.k)
        return self.objective.chi2(end) - self.least, end


def set_arrays(objective: Objective, u: Array, bend: Curvature | None) -> dict[str, Array]:
    """Points, curves and bands of all data sets, by ``sets/NAME/...``; no bands where there are no errors."""
    found: dict[str, Array] = {}
    for data, error in zip(objective.model.sets, objective.model.parted(objective.noise.error), strict=True):
        arrays = {"temperature": data.temperature, "second": data.other_axis, "value": data.value, "error": error}
        arrays["model"], arrays["band"] = _banded(objective, u, bend, data)
        smooth = _smooth(data)
        arrays["curve_temperature"], arrays["curve_second"] = smooth.temperature, smooth.other_axis
        arrays["curve"], arrays["curve_band"] = _banded(objective, u, bend, smooth)
        found |= {f"sets/{data.name}/{name}": array for name, array in arrays.items()}
    return found


def _smooth(data: DataSet) -> DataSet:
    """A data set whose points lie on smooth curves at the first few of its frequencies or times."""
    others = np.unique(data.other_axis)
    others = others[np.unique(np.linspace(0, len(others) - 1, min(_MOST_CURVES, len(others))).astype(int))]
    low, high = float(data.temperature.min()), float(data.temperature.max())
    T = np.geomspace(low, high, _SMOOTH if high > low else 1)
    grid = np.tile(T, len(others)), np.repeat(others, len(T))
    blank = np.ones(len(grid[0]))
    return replace(data, temperature=grid[0], other_axis=grid[1], value=blank, error=blank)


def _banded(objective: Objective, u: Array, bend: Curvature | None, data: DataSet) -> tuple[Array, Array]:
    """Curve at the points of a data set and its standard error."""
    # A memory of its own keeps the curves at these points apart from those of the data.
    model = replace(objective.model, sets=(data,))
    curve = model.predict(u)[0]
    if bend is None:
        return curve, np.full_like(curve, np.nan)
    slopes = derivatives(lambda v: model.predict(v)[0], u, bend.scales, model.bounds)
    return curve, np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slopes, bend.covariance, slopes), 0.0))
