"""Tools shared by the tests of the formulas: exact comparison, sampling of arguments, compilation.

The exact values come from mpmath with 50 digits, written from the equations and not from the code.  The
double-precision inputs count as exact.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from tests.seeds import rng

mp = mpmath.mp.clone()
mp.dps = 50

#: A few roundings of 1.1e-16 for each of the 10 or so operations and the elementary functions of a formula.
ROUNDING = 4e-15

#: Scalars, arrays and compiled loops use different exp and pow, each right to an ulp; Eq. 4 cubes such a difference.
AGREEMENT = 2e-15

#: Below this the result of a formula may come from subnormal numbers, which carry fewer digits.
FLOOR = 1e-300

#: Property tests draw the same examples on every machine.
PROPERTY = settings(derandomize=True, deadline=None, max_examples=60)


def assert_accurate(got: Iterable[float], exact: Iterable[Any], rtol: float = ROUNDING) -> None:
    """Every value agrees with its exact value to ``rtol``, or both are below the double range."""
    pairs = list(zip(got, exact, strict=True))
    assert pairs
    for index, (value, truth) in enumerate(pairs):
        error = abs(mp.mpf(float(value)) - truth)
        assert error <= rtol * abs(truth) + FLOOR, f"point {index}: {value!r} is off {mp.nstr(truth, 20)}"


def near(expected: float, rel: float) -> Any:
    """Equality to ``rel`` alone: pytest's own default would add an absolute 1e-12."""
    return pytest.approx(expected, rel=rel, abs=0.0)


def log_uniform(label: str, low: float, high: float, size: int) -> NDArray[np.float64]:
    """Points between ``low`` and ``high``, both included, uniform in the logarithm."""
    points = np.exp(rng(label).uniform(np.log(low), np.log(high), size))
    points[:2] = low, high
    return rng(label + " order").permutation(points)


def functions_of(module: types.ModuleType) -> list[Callable[..., Any]]:
    """The functions defined in ``module``: a new formula is tested the day it appears."""
    found = [f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == module.__name__]
    assert found
    return found


def sample_arguments(function: Callable[..., Any], size: int) -> list[NDArray[np.float64]]:
    """Positive arguments for ``function``, three decades wide."""
    names = inspect.signature(function).parameters
    return [log_uniform(f"{function.__name__} {name}", 1e-2, 10.0, size) for name in names]


@functools.cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` compiled by numba, with the formulas it calls."""
    numba = pytest.importorskip("numba", reason="numba is not installed: the compiled formulas cannot be compared")
    scope = dict(function.__globals__)
    for name in function.__code__.co_names:
        if inspect.isfunction(scope.get(name)):
            scope[name] = compiled(scope[name])
    return numba.njit(types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__))


def check_scalars_and_arrays(function: Callable[..., Any]) -> None:
    """Floats, 0-d arrays, vectors, tables and broadcast arguments give the same numbers."""
    arguments = sample_arguments(function, 12)
    vector = np.asarray(function(*arguments))
    assert vector.dtype == np.float64
    assert np.isfinite(vector).all()
    floats = [function(*map(float, point)) for point in zip(*arguments, strict=True)]
    scalars = [function(*map(np.asarray, point)) for point in zip(*arguments, strict=True)]
    table = np.asarray(function(*(values.reshape(3, 4) for values in arguments)))
    assert table.shape == (*vector.shape[:-1], 3, 4)
    for other in (np.asarray(floats).T, np.asarray(scalars).T, table.reshape(vector.shape)):
        np.testing.assert_allclose(other, vector, rtol=AGREEMENT, atol=0.0)
    if len(arguments) > 1:
        first, *rest = arguments
        product = np.asarray(function(first[:, None], *rest))
        np.testing.assert_allclose(np.diagonal(product, axis1=-2, axis2=-1), vector, rtol=AGREEMENT, atol=0.0)


def check_compiled(function: Callable[..., Any]) -> None:
    """The compiled scalar function and the array formula agree to rounding."""
    scalar = compiled(function)
    arguments = sample_arguments(function, 50)
    values = [scalar(*map(float, point)) for point in zip(*arguments, strict=True)]
    np.testing.assert_allclose(np.asarray(values).T, np.asarray(function(*arguments)), rtol=AGREEMENT, atol=0.0)
