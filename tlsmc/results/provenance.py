"""With what a run was made, and whether this program may go on with it."""

from __future__ import annotations

import datetime
import platform
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tlsmc.errors import StoreError
from tlsmc.observables.kernels import KERNELS, best_kernel, kernel_id
from tlsmc.version import VERSION

if TYPE_CHECKING:
    pass


def fresh_provenance(part: str = "", kernel: str | None = None) -> Provenance:
    """Provenance of a run that begins here and now."""
    return Provenance(
        version=VERSION,
        python=platform.python_version(),
        numpy=np.__version__,
        kernel=kernel_id(kernel or best_kernel()),
        machine=f"{platform.system()} {platform.machine()}",
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        wall_seconds=0.0,
        part=part,
    )


def check_maker(path: str, made: Provenance) -> None:
    """Refuse to go on with what another version or kernel began: the bits would not be those of one run.

    Raises
    ------
    StoreError
        It says what differs.
    """
    name = usable_kernel(made)
    differ = other_maker(made, replace(made, version=VERSION, numpy=np.__version__, kernel=kernel_id(name)), "here")
    if differ:
        raise StoreError(f"{path}: was begun with {differ}; go on with the same, or run the spec again")


def usable_kernel(made: Provenance) -> str:
    """The kernel that made a run, or the plain one if that is not installed here."""
    name = made.kernel_name
    known = name in KERNELS and (name != "numba" or best_kernel() == name)
    return name if known else "numpy"


def other_maker(made: Provenance, other: Provenance, where: str) -> str:
    """Versions and kernel that differ between two runs, empty if none."""
    names = {"version": "tlsmc ", "numpy": "numpy ", "kernel": "kernel "}
    pairs = [(text, getattr(made, field), getattr(other, field)) for field, text in names.items()]
    return ", ".join(f"{text}{one} ({where} {two})" for text, one, two in pairs if one != two)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a run comes from: program and library versions, kernel, machine, start and duration.

    ``wall_seconds`` adds up over all sittings of the run, ``rate`` is the number of defects per second of the last
    one.  ``part`` is "k/n" if the run is the k-th of n parts of a larger one.
    """

    version: str
    python: str
    numpy: str
    kernel: str
    machine: str
    started: str
    wall_seconds: float
    rate: float = 0.0
    part: str = ""

    @property
    def kernel_name(self) -> str:
        """The kernel without its version."""
        return self.kernel.partition(" ")[0]
