"""Tuples of any length for compiled loops, one element at a time.

The recursion is unrolled when it is compiled, so that sums stay in registers and a loop over defects vectorises.
"""

from typing import Any

from numba.extending import overload

#: Sums may be reordered and infinities compared as if there were no NaN; a NaN still shows in the sums.
FLAGS: dict[str, Any] = {"fastmath": {"reassoc", "contract", "nsz", "arcp", "nnan"}, "error_model": "numpy"}


def window(arrays: Any, start: Any, stop: Any) -> Any:
    """Elements start to stop of each of a tuple of arrays."""


def column(arrays: Any, i: Any) -> Any:
    """Elements i of a tuple of arrays."""


def zeros(like: Any) -> Any:
    """As many zeros as a tuple has elements."""


def plus(a: Any, b: Any) -> Any:
    """Sum of two tuples."""


def times(x: Any, b: Any) -> Any:
    """A number times a tuple."""


def pairs(c: Any) -> Any:
    """Products of all pairs of elements, (0, 0), (0, 1), ..., (1, 1), ..."""


def above(c: Any, least: Any) -> Any:
    """How many elements exceed those of another tuple."""


@overload(window, jit_options=FLAGS, strict=False)
def _window_of(arrays: Any, start: Any, stop: Any) -> Any:
    if len(arrays) == 1:
        return lambda arrays, start, stop: (arrays[0][start:stop],)
    return lambda arrays, start, stop: (arrays[0][start:stop], *window(arrays[1:], start, stop))


@overload(column, jit_options=FLAGS, strict=False)
def _column_of(arrays: Any, i: Any) -> Any:
    if len(arrays) == 1:
        return lambda arrays, i: (arrays[0][i],)
    return lambda arrays, i: (arrays[0][i], *column(arrays[1:], i))


@overload(zeros, jit_options=FLAGS, strict=False)
def _zeros_of(like: Any) -> Any:
    if len(like) == 1:
        return lambda like: (0.0,)
    return lambda like: (0.0, *zeros(like[1:]))


@overload(plus, jit_options=FLAGS, strict=False)
def _plus_of(a: Any, b: Any) -> Any:
    if len(a) == 1:
        return lambda a, b: (a[0] + b[0],)
    return lambda a, b: (a[0] + b[0], *plus(a[1:], b[1:]))


@overload(times, jit_options=FLAGS, strict=False)
def _times_of(x: Any, b: Any) -> Any:
    if len(b) == 1:
        return lambda x, b: (x * b[0],)
    return lambda x, b: (x * b[0], *times(x, b[1:]))


@overload(pairs, jit_options=FLAGS, strict=False)
def _pairs_of(c: Any) -> Any:
    if len(c) == 1:
        return lambda c: (c[0] * c[0],)
    return lambda c: times(c[0], c) + pairs(c[1:])


@overload(above, jit_options=FLAGS, strict=False)
def _above_of(c: Any, least: Any) -> Any:
    if len(c) == 1:
        return lambda c, least: int(c[0] > least[0])
    return lambda c, least: int(c[0] > least[0]) + above(c[1:], least[1:])
