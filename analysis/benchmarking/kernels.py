"""The inner loops: kernels of the project and the loop in C, on the same defects in one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarking.compiled_bound import Bound
from benchmarking.problem import Array, Size, loaded, spec_text
from benchmarking.report import Goal, Part, Table
from benchmarking.timing import Spread, alternating, ratio
from tlsmc.observables.kernels import kernel
from tlsmc.observables.program import BatchSums, Program
from tlsmc.results.defects import Pack, packs

#: A floor that nothing exceeds, finite for a compiler that knows no infinities.
_NOTHING = 1e300


@dataclass(frozen=True, slots=True)
class Work:
    """Defects in the packs in which a run hands them to its kernel, with formula and grid."""

    program: Program
    temperature: Array
    points: Array
    packs: list[Pack]

    @classmethod
    def of(cls, folder: Path, side: int, defects: int) -> Work:
        spec = loaded(folder, spec_text(side, defects))
        gridded = spec.gridded("attenuation")
        blocks = np.array([(0, block) for block in range(spec.layout.blocks)])
        points = gridded.points
        return cls(gridded.observable.program(spec.population), gridded.T, points, list(packs(spec, blocks)))

    @property
    def defects(self) -> int:
        return sum(int(pack.offsets[-1]) for pack in self.packs)

    @property
    def evaluations(self) -> int:
        return self.defects * len(self.temperature) * len(self.points)

    def sums(self, accumulate: Callable[..., BatchSums], pack: Pack, floor: Array) -> BatchSums:
        """The one place where a kernel is called: both mechanisms, three second moments, looks at the floor."""
        return accumulate(self.program, pack.columns, self.temperature, self.points, floor, pack.offsets)

    def seconds(self, accumulate: Callable[..., BatchSums]) -> float:
        """Time for all batches."""
        floor = np.full((self.program.components, len(self.temperature), len(self.points)), _NOTHING)
        begin = time.perf_counter()
        for pack in self.packs:
            self.sums(accumulate, pack, floor)
        return time.perf_counter() - begin


def loops(bound: Bound | None) -> dict[str, Callable[..., BatchSums]]:
    """Contestants by name."""
    found = {"kernel numba": kernel("numba").accumulate, "kernel numpy": kernel("numpy").accumulate}
    return found if bound is None else {**found, "C": bound.accumulate}


def measure(size: Size, folder: Path) -> Part:
    """Throughput of the loops and the ratio of the fused kernel to C."""
    bound = Bound.build()
    work = Work.of(folder, size.side, size.kernel_defects)
    contestants = loops(bound)
    check = agreement(work, contestants)
    fast = {name: partial(work.seconds, loop) for name, loop in contestants.items() if name != "kernel numpy"}
    found = alternating(fast, size.kernel_pairs)
    found |= alternating({"kernel numpy": partial(work.seconds, contestants["kernel numpy"])}, size.repetitions)
    rows = [(name, Spread.of(times).times(1e9 / work.evaluations)) for name, times in found.items()]
    largest = max(int(pack.offsets[-1]) for pack in work.packs)
    note = f"{work.defects:,} defects in packs of up to {largest:,}, {size.side} x {size.side} grid, "
    note += "one processor, nothing above the floor."
    what = "throughput of the fused kernel over that of the C loop"
    if bound is None:
        note += " There is no C compiler (`cc`), so the bound is left out."
        goal = Goal(what, 0.9, None, missing="no C compiler")
    else:
        goal = Goal(what, 0.9, ratio(found["C"], found["kernel numba"]))
    table = Table("Inner loops, ns per (defect, T, omega)", ("loop", "ns"), list(rows), note)
    return Part([goal], [table], {"ns": dict(rows), "agreement": check})


def agreement(work: Work, contestants: dict[str, Callable[..., BatchSums]]) -> dict[str, float]:
    """Largest relative difference of the sums from the kernel in numpy, and of the number of contributions listed.

    The floor is thirty times the mean here, so that some are.  All loops are compiled when this is done.
    """
    nothing = np.full((work.program.components, len(work.temperature), len(work.points)), _NOTHING)
    pack = work.packs[0]
    reference = work.sums(contestants["kernel numpy"], pack, nothing)
    floor = 30.0 * reference.totals.sum(axis=0) / pack.offsets[-1]
    reference = work.sums(contestants["kernel numpy"], pack, floor)
    found = {}
    for name, loop in contestants.items():
        sums = work.sums(loop, pack, floor)
        parts = (np.abs(sums.totals / reference.totals - 1.0), np.abs(sums.products / reference.products - 1.0))
        found[name] = float(max(part.max() for part in parts))
        found[f"{name}, listed"] = abs(len(sums.values) / len(reference.values) - 1.0)
    return found
