"""The room that a run needs, in memory and at the place of its file, and whether it is there."""

import os
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import SpecError
from tlsmc.results import store
from tlsmc.results.run import part_mask
from tlsmc.simulation.trajectories import record_bytes
from tlsmc.spec.spec import Spec
from tlsmc.statistics.largest import list_length

#: Bytes that a run may store of its defects unless told otherwise.
BUDGET = 10e9


def storing(spec: Spec, path: Path, part: str = "") -> str:
    """What a run is going to store of its defects, and where; empty if nothing."""
    need = store.shard_bytes(spec, part_mask(spec, part))
    what = {"population": "the population", "contributions": "the population and all contributions"}
    notices = [f"storing {what[spec.store]}: {need / 1e9:.3g} GB in {path}.d"] if spec.store in what else []
    if not spec.trajectories.empty and not part:
        notices.append(f"recording trajectories: {record_bytes(spec) / 1e6:.3g} MB in {path}")
    return "\n".join(notices)


def check_budget(spec: Spec, path: Path, blocks: NDArray[np.bool_], budget: float) -> None:
    """Refuse to store more of some blocks, a mask of shape (samples, blocks), than the budget or the disk has room for.

    Raises
    ------
    SpecError
        It is more than ``budget`` bytes.
    NoSpaceError
        It is more than is free on the disk.
    """
    need, recorded = store.shard_bytes(spec, blocks), record_bytes(spec)
    for size, what, where, fewer in (
        (recorded, "trajectories", "to", "defects, times or samples"),
        (need, f"store = {spec.store!r}", "beside", "defects"),
    ):
        if size > budget:
            raise SpecError(
                f"{what}: would write {size / 1e9:.3g} GB {where} {path}, the budget is {budget / 1e9:.3g} GB; "
                f"take fewer {fewer}, or give --budget {size / 1e9 * 1.01 + 0.001:.3g}"
            )
    free = shutil.disk_usage(path.parent).free
    if need > free:
        raise store.NoSpaceError(
            f"{path}: storing {spec.store} needs {need / 1e9:.3g} GB, {free / 1e9:.3g} GB are free; "
            "free some, or store less"
        )


def check_memory(spec: Spec) -> None:
    """Refuse a run whose block sums do not fit the memory, counted twice: once to hold them, once to write them."""
    need = 0
    for gridded in spec.observables:
        components = len(gridded.observable.COMPONENTS)
        sums = spec.layout.samples * spec.layout.blocks * (components + components * (components + 1) // 2)
        places = components * int(np.prod(gridded.grid))
        listed = 2 * places * list_length(places, spec.layout.samples * spec.layout.defects)
        need += 2 * 8 * (int(np.prod(gridded.grid)) * sums + listed)
    have = physical_memory()
    if need > have:
        raise SpecError(
            f"observables: the grids need {need / 1e9:.3g} GB for block sums, {have / 1e9:.3g} GB are there; "
            "take fewer points or samples"
        )


def physical_memory() -> int:
    """Bytes of memory in this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
