"""Kernel in numba: one fused, vectorised loop over the defects for each grid point.

The loop is built around an observable's own second step, :attr:`Program.at_frequency`, and the physics functions that
it calls, compiled from the very code that numpy runs.  What depends on temperature only stays in numpy, whose
exponentials are faster.  The machine code is kept on disk under a name that changes with the source of the formula.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import types as python_types
from collections.abc import Callable, Mapping
from typing import Any

import numba
import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from tlsmc.kernels import numpy_tiles
from tlsmc.kernels.program import WEIGHT, Array, BatchSums, Program, identity
from tlsmc.kernels.unrolled import FLAGS, above, column, pairs, plus, times, window, zeros

#: Defects between two looks at whether a contribution is large enough to be listed.
_TILE = 512
#: Contributions listed at first in one call; more make the call start again with room for all.
_ROOM = 1 << 14


def accumulate(
    program: Program, columns: Mapping[str, Array], temperature: Array, points: Array, floor: Array
) -> BatchSums:
    """Sum contributions over a batch; see :func:`tlsmc.kernels.numpy_tiles.accumulate`."""
    if program.at_frequency is identity:
        # Nothing to fuse: the contributions are there once the temperature is known.
        return numpy_tiles.accumulate(program, columns, temperature, points, floor)
    used = tuple(columns[name] for name in program.columns)
    count, n_w = len(used[0]), len(points)
    totals = np.zeros((program.components, len(temperature), n_w))
    products = np.zeros((len(program.pairs), len(temperature), n_w))
    weight = (columns[WEIGHT],) if WEIGHT in columns else ()
    loop = fused_loop(program.at_frequency, program.components, points.shape[1], bool(weight))
    room = _room(_ROOM)
    listed = []
    for i, T in enumerate(temperature):
        with np.errstate(all="ignore"):
            state = program.at_temperature(used, float(T), program.constants)
        arrays = tuple(np.full(count, part, dtype=np.float64) for part in (*state, *weight))
        arguments = (arrays, points, program.constants, np.ascontiguousarray(floor[:, i]))
        total, product, found = _once(loop, arguments, room)
        if found > len(room[0]):
            room = _room(2 * found)
            total, product, found = _once(loop, arguments, room)
        totals[:, i], products[:, i] = total, product
        places, values, defects = (part[:found] for part in room)
        component, frequency = np.divmod(places, n_w)
        listed.append(((component * len(temperature) + i) * n_w + frequency, values.copy(), defects.copy()))
    parts = [np.concatenate(part) for part in zip(*listed, strict=True)]
    return BatchSums(totals, products, parts[0], parts[1], parts[2])


def _room(size: int) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """Arrays for listed contributions: places, values, defects."""
    return np.empty(size, np.int64), np.empty(size), np.empty(size, np.int64)


def _once(loop: Callable[..., int], arguments: tuple[Any, ...], room: tuple[Any, ...]) -> tuple[Array, Array, int]:
    components, n_w = arguments[3].shape
    total, product = np.zeros((components, n_w)), np.zeros((components * (components + 1) // 2, n_w))
    return total, product, loop(*arguments, total, product, *room)


@functools.cache
def fused_loop(at_frequency: Callable[..., Any], components: int, width: int, weighted: bool) -> Callable[..., int]:
    """Compiled loop over all frequencies and defects at one temperature, for one formula.

    ``components`` is the number of contributions, ``width`` the length of a row of grid points; in a ``weighted``
    loop the last array is not part of the state but the defects' weights.
    """
    sources = [f"weighted {weighted}"]
    step = _compiled(at_frequency, sources)
    names = {
        **_loop.__globals__,
        "contribution": numba.njit(_weighted_by(step) if weighted else _plain(step), **FLAGS),
        "COMPONENTS": components,
        "WIDTH": width,
    }
    fingerprint = hashlib.sha256("".join(sources).encode()).hexdigest()[:16]
    made = python_types.FunctionType(_loop.__code__, names, "_loop")
    # The name under which numba keeps the machine code: it changes with the formula and all that it calls.
    made.__qualname__ = f"_loop_{components}_{width}_{fingerprint}"
    compiled: Callable[..., int] = numba.njit(made, nogil=True, cache=True, **FLAGS)
    return compiled


def _compiled(function: Callable[..., Any], sources: list[str]) -> Callable[..., Any]:
    """The function with every plain function that it calls compiled, and their sources in order."""
    assert isinstance(function, python_types.FunctionType)
    sources.append(inspect.getsource(function))

    def resolve(value: Any) -> Any:
        if isinstance(value, python_types.FunctionType):
            return _compiled(value, sources)
        sources.append(repr(value) if isinstance(value, int | float | str | tuple) else "")
        return value

    names = {
        name: resolve(value) if name in function.__code__.co_names else value
        for name, value in function.__globals__.items()
    }
    cells = tuple(python_types.CellType(resolve(cell.cell_contents)) for cell in function.__closure__ or ())
    made = python_types.FunctionType(function.__code__, names, function.__name__, function.__defaults__, cells)
    compiled: Callable[..., Any] = numba.njit(made, **FLAGS)
    return compiled


def _plain(step: Callable[..., Any]) -> Callable[..., Any]:
    def contribution(row: Any, point: Any, constants: Any) -> Any:
        return step(row, point, constants)

    return contribution


def _weighted_by(step: Callable[..., Any]) -> Callable[..., Any]:
    def contribution(row: Any, point: Any, constants: Any) -> Any:
        return times(row[-1], step(row[:-1], point, constants))

    return contribution


# Names that each compiled copy of the loop gets its own values of.
contribution: Callable[..., Any] = identity
COMPONENTS = WIDTH = 1


def _loop(
    arrays: tuple[Array, ...],
    points: Array,
    constants: tuple[float, ...],
    floor: Array,
    totals: Array,
    products: Array,
    places: Any,
    values: Array,
    defects: Any,
) -> int:
    """Add to totals and products, list what exceeds the floor; returns how many that are, listed or not."""
    count = arrays[0].shape[0]
    found = 0
    for start in range(0, count, _TILE):
        # Windows that begin at 0: an index of a plain range is known not to be negative, so that loads stay contiguous.
        tile = window(arrays, start, min(start + _TILE, count))
        size = tile[0].shape[0]
        for j in range(points.shape[0]):
            point = to_fixed_tuple(points[j], WIDTH)
            least = to_fixed_tuple(floor[:, j], COMPONENTS)
            total = zeros(least)
            product = pairs(total)
            hits = 0
            for i in range(size):
                parts = contribution(column(tile, i), point, constants)
                total = plus(total, parts)
                product = plus(product, pairs(parts))
                hits += above(parts, least)
            for k in range(len(total)):
                totals[k, j] += total[k]
            for k in range(len(product)):
                products[k, j] += product[k]
            if hits:
                for i in range(size):
                    parts = contribution(column(tile, i), point, constants)
                    for k in range(len(parts)):
                        if parts[k] > least[k]:
                            if found < places.shape[0]:
                                places[found] = k * points.shape[0] + j
                                values[found] = parts[k]
                                defects[found] = start + i
                            found += 1
    return found
