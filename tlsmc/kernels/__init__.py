"""Sums of per-defect contributions over a batch of defects, on a grid.

A kernel receives a :class:`Program` (two plain functions, see :class:`tlsmc.observables.base.Observable`) and knows
nothing of physics.  Grids are (temperature, frequency); an observable without frequency has one column.
"""

from tlsmc.kernels.numpy_tiles import accumulate
from tlsmc.kernels.program import BatchSums, Constants, Program, State, contributions

__all__ = ["BatchSums", "Constants", "Program", "State", "accumulate", "contributions"]
