"""What workers are given to do, in which portions, and how they do it here or on another machine."""

from __future__ import annotations

import os
import platform
import threading
from pathlib import Path

import numpy as np

from tlsmc.arrays import Array, Index
from tlsmc.errors import WorkerError
from tlsmc.populations.sampling.streams import BATCH, Layout
from tlsmc.results.provenance import Provenance, fresh_provenance, other_program
from tlsmc.simulation.blocks import BlockSums, Task, simulate_blocks
from tlsmc.statistics.largest import first_number
from tlsmc.statistics.sums import RunSums


def work_here(notes: str, task: Task) -> BlockSums:
    """:func:`simulate_blocks` in a worker of this machine, which leaves a note of the blocks that it is at."""
    note = Path(notes, f"{os.getpid()}-{threading.get_ident()}")

    def begin(rows: Index) -> None:
        (sample, block), (last, _) = rows[0].tolist(), rows[-1].tolist()
        samples = f"samples {sample} to {last}" if last > sample else f"sample {sample}"
        note.write_text(f"block {block} of {samples}", encoding="utf-8")

    results = simulate_blocks(task, begin)
    note.unlink(missing_ok=True)
    return results


def work_there(provenance: Provenance, task: Task) -> BlockSums:
    """:func:`simulate_blocks` in a worker of a cluster, which has to be the program that began the run."""
    differ = other_program(provenance, fresh_provenance("", task.kernel), f"on {platform.node()}")
    if differ:
        raise WorkerError(f"a worker of the cluster differs: {differ}; install the same versions everywhere")
    return simulate_blocks(task)


def blocks_at_work(notes: str) -> str:
    """The blocks that the workers of this machine were at, by their notes."""
    texts = (note.read_text(encoding="utf-8") for note in Path(notes).iterdir())
    # A worker may have died while it was writing its note.
    blocks = sorted(block for block in texts if block)
    return f"at {' or '.join(blocks)}" if blocks else "between two blocks"


def block_groups(missing: Index, jobs: int) -> list[Index]:
    """Blocks in groups that grow with what has been handed out, up to a share that keeps all workers busy."""
    groups, start = [], 0
    most = max(1, len(missing) // (8 * jobs))
    while start < len(missing):
        size = min(most, 1 + start // (8 * jobs))
        groups.append(missing[start : start + size])
        start += size
    return groups


def listing_thresholds(layout: Layout, sums: RunSums, group: Index) -> dict[str, Array] | None:
    """What a contribution in a group of blocks must exceed to be listed, None as long as the lists are not full."""
    if any((o.largest.values[:, -1] == -np.inf).any() for o in sums.observables.values()):
        return None
    sample, block = group[0].tolist()
    first = first_number(sample, block * (layout.block_defects // BATCH))
    return {name: o.largest.threshold(first) for name, o in sums.observables.items()}
