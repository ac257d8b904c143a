"""The types of arrays of the whole package."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Real numbers.
Array = NDArray[np.float64]
#: Whole numbers that count or number things.
Index = NDArray[np.int64]
#: Real numbers of any precision.
AnyArray = NDArray[np.floating[Any]]
