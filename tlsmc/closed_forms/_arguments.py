"""The checks that the closed forms make on what they are given, and the form of what they give back."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError


def _refuse(name: str, values: Array, valid: NDArray[np.bool_], bound: str, remedy: str) -> None:
    if not valid.all():
        worst = float(values[~valid][0])
        raise ValidityError(f"{name} = {worst!r} is not {bound}: {remedy}")


def _numbers(name: str, value: ArrayLike) -> Array:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValidityError(f"{name} = {value!r} is not a real number: give a float or an array of floats") from None


def positive(name: str, value: ArrayLike, remedy: str) -> Array:
    """``value`` as an array of float64, all of it positive and finite, or a ValidityError."""
    values = _numbers(name, value)
    _refuse(name, values, (values > 0) & np.isfinite(values), "positive and finite", remedy)
    return values


def coupling(value: ArrayLike) -> Array:
    """The dimensionless coupling chi of a defect to the electrons, 0 < chi <= 1, or a ValidityError."""
    values = _numbers("chi", value)
    remedy = "give the dimensionless coupling to the electrons"
    _refuse("chi", values, (values > 0) & (values <= 1), "in (0, 1]", remedy)
    return values


def sound_arguments(chi: ArrayLike, Omega: ArrayLike, theta: ArrayLike) -> tuple[Array, Array, Array]:
    """The arguments chi, omega/E* and 2T/E* of the attenuation."""
    return coupling(chi), positive("Omega", Omega, "give omega/E*"), positive("theta", theta, "give 2T/E*")


def cut_off(value: float) -> float:
    """The lower cut-off p_min of the tunnelling fraction, one number in [0, 1), or a ValidityError."""
    values = _numbers("p_min", value)
    if values.ndim:
        raise ValidityError(f"p_min has shape {values.shape}, not (): give one number and call once per cut-off")
    _refuse("p_min", values, np.asarray((values >= 0) & (values < 1)), "in [0, 1)", "0 is the paper's integral")
    return float(values)


def choice(name: str, value: str, known: Iterable[str]) -> str:
    """``value`` if it is one of ``known``, or a ValidityError."""
    names = tuple(known)
    if value not in names:
        raise ValidityError(f"{name} = {value!r} is not known: choose one of {', '.join(names)}")
    return value


def unpacked(values: ArrayLike) -> Array:
    """``values``, an array of no dimensions as the numpy scalar in it, as numpy's own functions return it."""
    result: Array = np.asarray(values, dtype=np.float64)[()]
    return result


def tiled(tile: Callable[..., Array], size: int, *arguments: Array) -> Array:
    """``tile`` of the broadcast ``arguments``, called with vectors of at most ``size`` points."""
    arrays = np.broadcast_arrays(*arguments)
    flat = [array.ravel() for array in arrays]
    result = np.empty(arrays[0].size)
    for first in range(0, result.size, size):
        part = slice(first, first + size)
        result[part] = tile(*(array[part] for array in flat))
    return unpacked(result.reshape(arrays[0].shape))
