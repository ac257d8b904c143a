"""Sums of per-defect contributions over a batch of defects, on a grid.

A kernel receives a :class:`Program` (two plain functions, see :class:`tlsmc.observables.base.Observable`) and knows
nothing of physics.  Grids are (temperature, frequency); an observable without frequency has one column.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable

from tlsmc.errors import SpecError
from tlsmc.observables.program import BatchSums

#: Modules of the kernels, by name.
KERNELS = {"numpy": "tlsmc.observables.kernels.numpy_tiles", "numba": "tlsmc.observables.kernels.numba_loops"}


def best_kernel() -> str:
    """The fastest kernel that is installed."""
    return "numba" if importlib.util.find_spec("numba") else "numpy"


def kernel_id(name: str) -> str:
    """Name and version of a kernel: sums have the same bits only with the same one."""
    return f"numba {importlib.metadata.version('numba')}" if name == "numba" else name


def kernel(name: str) -> Callable[..., BatchSums]:
    """The function ``accumulate`` of a kernel; see :func:`tlsmc.observables.kernels.numpy_tiles.accumulate`."""
    if name not in KERNELS:
        raise SpecError(f"--kernel {name}: is not known; choose one of {', '.join(KERNELS)}")
    if name == "numba" and best_kernel() != name:
        raise SpecError("--kernel numba: numba is not installed; install tlsmc[fast], or choose --kernel numpy")
    function: Callable[..., BatchSums] = importlib.import_module(KERNELS[name]).accumulate
    return function
