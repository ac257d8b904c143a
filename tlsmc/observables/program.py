"""The form in which an observable's formula reaches a kernel, and what a kernel returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.populations.base import WEIGHT

Constants = tuple[float, ...]
State = tuple[Any, ...]
#: The two steps of an observable's formula, see :meth:`tlsmc.observables.base.Observable.formula`.
Formula = tuple[Callable[[State, float, Constants], State], Callable[[State, Any, Constants], State]]


@dataclass(frozen=True, slots=True)
class Program:
    """A per-defect formula: ``at_point(at_temperature(columns, T, c), point, c)`` gives the contributions."""

    columns: tuple[str, ...]
    components: int
    at_temperature: Callable[[State, float, Constants], State]
    at_point: Callable[[State, Any, Constants], State]
    constants: Constants

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of components whose products are summed, (0, 0), (0, 1), ..., (1, 1), ..."""
        return tuple((i, j) for i in range(self.components) for j in range(i, self.components))


@dataclass(frozen=True, slots=True)
class BatchSums:
    """What a kernel makes of some defects.

    ``totals`` and ``products`` have shape (segments, components or pairs, temperatures, points).  ``places``,
    ``values`` and ``defects`` list the contributions above the floor: flat index into (component, temperature,
    point), contribution, position of the defect.
    """

    totals: Array
    products: Array
    places: NDArray[np.int64]
    values: Array
    defects: NDArray[np.int64]


def contributions(program: Program, columns: Mapping[str, Array], T: float, point: Array) -> State:
    """Contributions of each defect at one grid point, with its weight, one array per component."""
    state = program.at_temperature(tuple(columns[name] for name in program.columns), T, program.constants)
    parts = program.at_point(state, tuple(point), program.constants)
    return tuple(part * columns[WEIGHT] for part in parts) if WEIGHT in columns else parts


def identity(state: State, point: Any, constants: Constants) -> State:
    """Second step of a formula that depends on temperature alone: the state is the contribution."""
    return state


def combinations(*axes: Array) -> Array:
    """All combinations of values of some axes, shape (points, axes), the last one fastest; one of a 0 without axes."""
    if not axes:
        return np.zeros((1, 1))
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def grid_of(*axes: Array) -> tuple[Array, ...]:
    """The axes of a grid as arrays that broadcast to its shape."""
    return tuple(np.meshgrid(*axes, indexing="ij", sparse=True))


def whole(column: Array) -> NDArray[np.int64]:
    """Offsets of all defects as one segment."""
    return np.array([0, len(column)])


def concatenated(listed: list[tuple[NDArray[np.int64], Array, NDArray[np.int64]]]) -> tuple[Any, Any, Any]:
    """Places, values and defects of several lists one after the other."""
    if not listed:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    places, values, defects = (np.concatenate(part) for part in zip(*listed, strict=True))
    return places, values, defects
