"""What a worker is given to do, here or on another machine."""

from __future__ import annotations

import os
import platform
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import WorkerError
from tlsmc.populations.sampling.streams import BATCH, Layout
from tlsmc.results.provenance import Provenance, fresh_provenance, other_maker
from tlsmc.simulation.blocks import BlockSums, Keep, simulate_blocks
from tlsmc.spec.spec import Spec
from tlsmc.statistics.largest import first_number
from tlsmc.statistics.sums import RunSums


def work_here(
    notes: str,
    spec: Spec,
    group: NDArray[np.int64],
    floors: dict[str, NDArray[np.float64]] | None,
    keep: Keep | None,
    kernel: str,
) -> BlockSums:
    """:func:`simulate_blocks` in a worker of this machine, which leaves a note of the blocks that it is at."""
    note = Path(notes, f"{os.getpid()}-{threading.get_ident()}")

    def begin(rows: NDArray[np.int64]) -> None:
        (sample, block), (last, _) = rows[0].tolist(), rows[-1].tolist()
        samples = f"samples {sample} to {last}" if last > sample else f"sample {sample}"
        note.write_text(f"block {block} of {samples}", encoding="utf-8")

    results = simulate_blocks(spec, group, floors, keep, begin, kernel)
    note.unlink(missing_ok=True)
    return results


def work_there(
    made: Provenance,
    spec: Spec,
    group: NDArray[np.int64],
    floors: dict[str, NDArray[np.float64]] | None,
    keep: Keep | None,
    kernel: str,
) -> BlockSums:
    """:func:`simulate_blocks` in a worker of a cluster, which has to be the program that began the run."""
    differ = other_maker(made, fresh_provenance(kernel=kernel), f"on {platform.node()}")
    if differ:
        raise WorkerError(f"a worker of the cluster differs: {differ}; install the same versions everywhere")
    return simulate_blocks(spec, group, floors, keep, kernel_name=kernel)


def begun(notes: str) -> str:
    """The blocks that the workers of this machine were at."""
    found = (note.read_text(encoding="utf-8") for note in Path(notes).iterdir())
    # A worker may have died while it was writing its note.
    blocks = sorted(block for block in found if block)
    return f"at {' or '.join(blocks)}" if blocks else "between two blocks"


def block_groups(missing: NDArray[np.int64], jobs: int) -> list[NDArray[np.int64]]:
    """Blocks in groups that grow with what has been handed out, up to a share that keeps all workers busy."""
    groups, start = [], 0
    most = max(1, len(missing) // (8 * jobs))
    while start < len(missing):
        size = min(most, 1 + start // (8 * jobs))
        groups.append(missing[start : start + size])
        start += size
    return groups


def list_floors(layout: Layout, sums: RunSums, group: NDArray[np.int64]) -> dict[str, NDArray[np.float64]] | None:
    """What a contribution in a group of blocks must exceed to be listed, None as long as the lists are not full."""
    if any((o.largest.values[:, -1] == -np.inf).any() for o in sums.observables.values()):
        return None
    sample, block = group[0].tolist()
    first = first_number(sample, block * (layout.block_defects // BATCH))
    return {name: o.largest.floor(first) for name, o in sums.observables.items()}
