"""Integration point by point: vegas with its map carried from point to point, and scipy's cubature."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import gvar  # type: ignore[import-untyped]
import numpy as np
import vegas  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.integrate import cubature

from benchmarking.problem import integrand

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """F on a grid with errors, shape (temperatures, columns), seconds, integrand evaluations, points in time."""

    mean: Array
    error: Array
    seconds: float
    evaluations: int

    def missed(self, target: float) -> int:
        """Points whose own error is above the target."""
        return int(np.count_nonzero(~(self.error <= target * np.abs(self.mean))))


def by_vegas(chi: float, T: Array, omega: Array, target: float, limit: int, seed: int) -> Answer:
    """Vegas in batch mode at every point, in the order of ``T`` at each frequency, with the map carried over.

    Five iterations train the map at the first temperature and two at each later one.  Then come five iterations a
    time, each time as many evaluations as the last error asks for, until the error is reached or ``limit`` used up.
    """
    gvar.ranseed(seed)
    mean, error = np.full((2, len(T), len(omega)), np.nan)
    begin, used = time.perf_counter(), 0
    for j, w in enumerate(omega):
        integrator = vegas.Integrator([[0.0, 1.0], [0.0, 1.0]])
        for i, t in enumerate(T):
            function = vegas.lbatchintegrand(integrand(chi, float(t), float(w)))
            integrator(function, nitn=2 if i else 5, neval=_FIRST)
            mean[i, j], error[i, j], calls = _vegas_point(integrator, function, target, limit)
            used += calls + (2 if i else 5) * _FIRST
    return Answer(mean, error, time.perf_counter() - begin, used)


#: Evaluations of the first iterations, and iterations averaged.
_FIRST, _ITERATIONS = 2_000, 5


def _vegas_point(integrator: vegas.Integrator, function: object, target: float, limit: int) -> tuple[float, float, int]:
    calls, used = _FIRST, 0
    while True:
        result = integrator(function, nitn=_ITERATIONS, neval=calls)
        used += result.sum_neval
        mean, error = float(result.mean), float(result.sdev)
        if error <= target * abs(mean) or used >= limit:
            return mean, error, used
        # Its error falls faster than 1/sqrt(calls) while the strata get smaller.
        wanted = 1.1 * (error / (target * abs(mean))) ** 1.5 if mean else 8.0
        calls = min(int(calls * min(8.0, max(1.5, wanted))), max(_FIRST, (limit - used) // _ITERATIONS))


def by_cubature(chi: float, T: Array, omega: Array, target: float, limit: int) -> Answer:
    """Adaptive Gauss-Kronrod cubature at every point, of at most ``limit`` evaluations."""
    mean, error = np.full((2, len(T), len(omega)), np.nan)
    begin, used = time.perf_counter(), 0
    for i, t in enumerate(T):
        for j, w in enumerate(omega):
            function = integrand(chi, float(t), float(w))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = cubature(
                    function, [0.0, 0.0], [1.0, 1.0], rtol=target, atol=0.0, max_subdivisions=limit // (4 * _NODES)
                )
            mean[i, j], error[i, j] = float(result.estimate), float(result.error)
            used += _NODES * (1 + 4 * result.subdivisions)
    return Answer(mean, error, time.perf_counter() - begin, used)


#: Nodes of the rule gk21 in two dimensions; a subdivision makes four regions of one.
_NODES = 441
