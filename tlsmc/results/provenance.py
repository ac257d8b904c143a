"""With what a run was made, and whether this program may go on with it."""

import datetime
import platform
from dataclasses import dataclass

import numpy as np

from tlsmc.errors import StoreError
from tlsmc.observables.kernels import KERNELS, kernel
from tlsmc.version import SAME_BITS, VERSION


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

    @property
    def usable_kernel(self) -> str:
        """The kernel that made the run, or the plain one if that is not installed here."""
        name = self.kernel_name
        return name if name in KERNELS and KERNELS[name].installed else "numpy"


def fresh_provenance(part: str = "", kernel_name: str | None = None) -> Provenance:
    """Provenance of a run that begins here and now."""
    return Provenance(
        version=VERSION,
        python=platform.python_version(),
        numpy=np.__version__,
        kernel=kernel(kernel_name).identity,
        machine=f"{platform.system()} {platform.machine()}",
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        wall_seconds=0.0,
        part=part,
    )


def check_same_program(path: str, provenance: Provenance) -> None:
    """Refuse to go on with what another version or kernel began: the bits would not be those of one run.

    Raises
    ------
    StoreError
        It says what differs.
    """
    this = fresh_provenance(kernel_name=provenance.usable_kernel)
    differ = other_program(provenance, this, "here")
    if differ:
        raise StoreError(f"{path}: was begun with {differ}; go on with the same, or run the spec again")


def other_program(provenance: Provenance, other: Provenance, where: str) -> str:
    """Versions and kernel that differ between two runs, empty if none makes other bits."""
    names = {"version": "tlsmc ", "numpy": "numpy ", "kernel": "kernel "}
    pairs = [(text, getattr(provenance, field), getattr(other, field)) for field, text in names.items()]
    differ = [(text, one, two) for text, one, two in pairs if one != two and not {one, two} <= {*SAME_BITS}]
    return ", ".join(f"{text}{one} ({where} {two})" for text, one, two in differ)
