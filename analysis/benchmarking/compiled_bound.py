"""The fused loop in C, compiled on the spot: what the kernel could reach at best."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.observables.program import BatchSums, Program

Array = NDArray[np.float64]

SOURCE = Path(__file__).with_name("fused.c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-fPIC")
#: Contributions that can be listed in one call.
_ROOM = 1 << 16


def compiler() -> str | None:
    """The C compiler of this machine, None if it has none."""
    return shutil.which("cc")


def compiler_version() -> str:
    """First line of what the compiler says of itself."""
    found = compiler()
    if found is None:
        return "none"
    return subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


@dataclass(frozen=True)
class Bound:
    """The compiled loop; :meth:`accumulate` has the arguments of a kernel's."""

    function: Any

    @classmethod
    def build(cls) -> Bound | None:
        """Compile and load, None without a compiler."""
        found = compiler()
        if found is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            compiled, library = str(Path(folder, "fused.o")), str(Path(folder, "fused.so"))
            # Linked with -ffast-math the library would turn off subnormal numbers in all of the process.
            for step in ([*FLAGS, "-c", str(SOURCE), "-o", compiled], ["-shared", compiled, "-o", library, "-lm"]):
                subprocess.run([found, *step], check=True, capture_output=True)
            # Once loaded the file may go.
            function = ctypes.CDLL(library).fused
        pointer, whole, real = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double
        function.argtypes = [whole, *[pointer] * 4, real, real, real, real, whole, *[pointer] * 4]
        function.argtypes += [whole, pointer, pointer, pointer]
        function.restype = whole
        return cls(function)

    def accumulate(
        self,
        program: Program,
        columns: Mapping[str, Array],
        temperature: Array,
        points: Array,
        floor: Array,
        offsets: NDArray[np.int64],
    ) -> BatchSums:
        """Sums of attenuation in the paper's drive and with its line; see ``tlsmc.observables.kernels``."""
        used = [np.ascontiguousarray(columns[name]) for name in ("E", "p", "q")]
        omega, offsets = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(offsets, dtype=np.int64)
        n_T, n_w, segments = len(temperature), len(omega), len(offsets) - 1
        totals, products = np.zeros((n_T, segments, 2, n_w)), np.zeros((n_T, segments, 3, n_w))
        room = np.empty(_ROOM, np.int64), np.empty(_ROOM), np.empty(_ROOM, np.int64)
        head, out = ([a.ctypes.data for a in arrays] for arrays in ((offsets, *used), room))
        listed = []
        for i, T in enumerate(temperature):
            least = np.ascontiguousarray(floor[:, i])
            sums = [a.ctypes.data for a in (omega, least, totals[i], products[i])]
            found = self.function(segments, *head, float(T), *program.constants, n_w, *sums, _ROOM, *out)
            if found > _ROOM:
                raise ValueError(f"{found} contributions above the floor, {_ROOM} can be listed; raise the floor")
            places, values, defects = (part[:found].copy() for part in room)
            component, frequency = np.divmod(places, n_w)
            listed.append(((component * n_T + i) * n_w + frequency, values, defects))
        parts = [np.concatenate(part) for part in zip(*listed, strict=True)]
        order = (1, 2, 0, 3)
        return BatchSums(totals.transpose(order), products.transpose(order), parts[0], parts[1], parts[2])
