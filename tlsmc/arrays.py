"""The types of arrays of the whole package, and places in them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Real numbers.
Array = NDArray[np.float64]
#: Whole numbers that count or number things.
Index = NDArray[np.int64]
#: Real numbers of any precision.
AnyArray = NDArray[np.floating[Any]]


def place_of_largest(values: Array) -> tuple[int, ...]:
    """Where on its grid the largest of all known values is."""
    return tuple(map(int, np.unravel_index(np.nanargmax(values), values.shape)))
