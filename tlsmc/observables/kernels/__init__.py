"""Sums of per-defect contributions over a batch of defects, on a grid.

A kernel receives a :class:`Program` (two plain functions, see :class:`tlsmc.observables.base.Observable`) and knows
nothing of physics.  Grids are (temperature, point): a point is a combination
of values of all other axes, one where there are none.
"""

import functools
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from tlsmc.errors import SpecError
from tlsmc.observables.program import BatchSums

#: To find the version of a library takes a millisecond.
_version = functools.cache(importlib.metadata.version)


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel: a module of this package that has the function ``accumulate``, and what else is to know of it.

    ``requires`` is the library that it needs, empty if none; ``releases_gil`` says whether threads can run it at the
    same time.
    """

    name: str
    module: str
    requires: str = ""
    releases_gil: bool = False

    @property
    def installed(self) -> bool:
        """Whether the library that it needs is there."""
        return not self.requires or importlib.util.find_spec(self.requires) is not None

    @property
    def identity(self) -> str:
        """Name and version: sums have the same bits only with the same one."""
        return f"{self.name} {_version(self.requires)}" if self.requires else self.name

    @property
    def accumulate(self) -> Callable[..., BatchSums]:
        """Its function; see :func:`tlsmc.observables.kernels.numpy_tiles.accumulate`."""
        function: Callable[..., BatchSums] = importlib.import_module(f"{__name__}.{self.module}").accumulate
        return function


#: All kernels by name, the fastest one first.
KERNELS = {
    "numba": Kernel("numba", "numba_loops", requires="numba", releases_gil=True),
    "numpy": Kernel("numpy", "numpy_tiles"),
}


def kernel(name: str | None = None) -> Kernel:
    """The kernel of a name; by default the fastest one that is installed.

    Raises
    ------
    SpecError
        There is no such kernel, or it is not installed.
    """
    if name is None:
        return next(found for found in KERNELS.values() if found.installed)
    if name not in KERNELS:
        raise SpecError(f"--kernel {name}: is not known; choose one of {', '.join(KERNELS)}")
    if not KERNELS[name].installed:
        missing = KERNELS[name].requires
        raise SpecError(f"--kernel {name}: {missing} is not installed; install tlsmc[fast], or choose --kernel numpy")
    return KERNELS[name]
