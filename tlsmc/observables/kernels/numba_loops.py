"""Kernel in numba: one fused, vectorised loop over the defects for each grid point.

The loop is built around an observable's own second step, :attr:`Program.at_point`, and the physics functions that
it calls, compiled from the very code that numpy runs.  What depends on temperature only stays in numpy, whose
exponentials are faster.  The machine code is kept on disk under a name that changes with the source of the formula.
"""

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

from tlsmc.arrays import Array
from tlsmc.errors import CodeError
from tlsmc.observables.kernels.unrolled import FLAGS, above, column, pairs, plus, times, window, zeros
from tlsmc.observables.program import BatchSums, Program, concatenated, identity, whole
from tlsmc.populations.base import WEIGHT
from tlsmc.populations.user_code import user_file

#: Defects between two looks at whether a contribution is large enough to be listed.
_TILE = 256
#: Defects of a tile that are looked at one by one if any of them has such a contribution.
_PIECE = 16
#: Contributions listed at first in one call; more make the call start again with room for all.
_ROOM = 1 << 14


def accumulate(
    program: Program,
    columns: Mapping[str, Array],
    temperature: Array,
    points: Array,
    floor: Array,
    offsets: NDArray[np.int64] | None = None,
) -> BatchSums:
    """Sum contributions over segments of the defects; see :func:`tlsmc.observables.kernels.numpy_tiles.accumulate`."""
    used = tuple(columns[name] for name in program.columns)
    n_T, n_points, offsets = len(temperature), len(points), whole(used[0]) if offsets is None else offsets
    totals = np.zeros((n_T, len(offsets) - 1, program.components, n_points))
    products = np.zeros((n_T, len(offsets) - 1, len(program.pairs), n_points))
    weight = (columns[WEIGHT],) if WEIGHT in columns else ()
    loop = fused_loop(program.at_point, program.components, points.shape[1], bool(weight))
    room = _room(_ROOM)
    listed: list[Any] = []
    for i, T in enumerate(temperature):
        with np.errstate(all="ignore"):
            state = program.at_temperature(used, float(T), program.constants)
        arrays = tuple(_of_each_defect(part, used[0]) for part in (*state, *weight))
        arguments = (arrays, offsets, points, program.constants, np.ascontiguousarray(floor[:, i]))
        try:
            found = loop(*arguments, totals[i], products[i], *room)
        except numba.core.errors.NumbaError as error:
            raise _not_compiled(program.at_point, error) from None
        if found > len(room[0]):
            room = _room(2 * found)
            totals[i], products[i] = 0.0, 0.0
            found = loop(*arguments, totals[i], products[i], *room)
        places, values, defects = (part[:found] for part in room)
        component, point = np.divmod(places, n_points)
        listed.append(((component * n_T + i) * n_points + point, values.copy(), defects.copy()))
    order = (1, 2, 0, 3)
    return BatchSums(totals.transpose(order), products.transpose(order), *concatenated(listed))


def _not_compiled(step: Callable[..., Any], error: Exception) -> CodeError:
    file = user_file(step.__code__.co_filename) or step.__module__
    # The message of numba repeats, in many lines, which of its stages it has come to.
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Failed in ")]
    fault = " ".join(" ".join(lines[:1]).split())[:200]
    return CodeError(f"{file}: {step.__name__} cannot be compiled by numba ({fault}); kernel numpy may work")


def _of_each_defect(part: Any, column: Array) -> Array:
    """An intermediate result as one contiguous array with an element for each defect."""
    if isinstance(part, np.ndarray) and part.shape == column.shape and part.dtype == np.float64:
        return np.ascontiguousarray(part)
    return np.full(column.shape, part, dtype=np.float64)


def _room(size: int) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """Arrays for listed contributions: places, values, defects."""
    return np.empty(size, np.int64), np.empty(size), np.empty(size, np.int64)


@functools.cache
def fused_loop(at_point: Callable[..., Any], components: int, width: int, weighted: bool) -> Callable[..., int]:
    """Compiled loop over all points and defects at one temperature, for one formula.

    ``components`` is the number of contributions, ``width`` the length of a row of grid points; in a ``weighted``
    loop the last array is not part of the state but the defects' weights.
    """
    sources = [f"weighted {weighted}"]
    step = _compiled(at_point, sources)
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
    # The module of a user's file has its checksum in its name.
    sources += [function.__module__, inspect.getsource(function)]

    def resolve(value: Any) -> Any:
        if isinstance(value, python_types.FunctionType):
            return _compiled(value, sources)
        sources.append(repr(value) if isinstance(value, int | float | str | tuple) else "")
        if isinstance(value, np.ndarray):
            sources.append(value.tobytes().hex())
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
    offsets: Any,
    points: Array,
    constants: tuple[float, ...],
    floor: Array,
    totals: Array,
    products: Array,
    places: Any,
    values: Array,
    defects: Any,
) -> int:
    """Add to totals and products of each segment, list what exceeds the floor; returns how many do, listed or not."""
    found = 0
    for segment in range(offsets.shape[0] - 1):
        for start in range(offsets[segment], offsets[segment + 1], _TILE):
            # Windows that begin at 0: an index of a plain range is known not to be negative, and loads stay contiguous.
            tile = window(arrays, start, min(start + _TILE, offsets[segment + 1]))
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
                    totals[segment, k, j] += total[k]
                for k in range(len(product)):
                    products[segment, k, j] += product[k]
                if hits:
                    # Found by halves: first which pieces have one, still as vectors, then the defects one by one.
                    for begin in range(0, size, _PIECE):
                        piece = window(tile, begin, min(begin + _PIECE, size))
                        hits = 0
                        for i in range(piece[0].shape[0]):
                            hits += above(contribution(column(piece, i), point, constants), least)
                        if hits:
                            for i in range(piece[0].shape[0]):
                                parts = contribution(column(piece, i), point, constants)
                                for k in range(len(parts)):
                                    if parts[k] > least[k]:
                                        if found < places.shape[0]:
                                            places[found] = k * points.shape[0] + j
                                            values[found] = parts[k]
                                            defects[found] = start + begin + i
                                        found += 1
    return found
