"""In which portions blocks go to the workers, and how these are begun and ended."""

from __future__ import annotations

import contextlib
import multiprocessing.resource_tracker
import os
import signal
import threading
import time
import warnings
from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from tlsmc.blocks import BlockSums
from tlsmc.populations.streams import BATCH, Layout
from tlsmc.statistics.largest import defect_numbers
from tlsmc.statistics.sums import RunSums


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
    sample, block = group[0]
    first = int(defect_numbers(sample, block * (layout.block_defects // BATCH), np.int64(0)))
    return {name: o.largest.floor(first) for name, o in sums.observables.items()}


@contextlib.contextmanager
def uninterruptible_children() -> Iterator[None]:
    """Ctrl-C goes to the whole group of processes; those begun in here leave it to their parent to end them."""
    # It unblocks the signal when it starts, so it has to be there already.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with(parent: int) -> None:
    """Have this process end soon after its ``parent`` does, even if that is killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def closing(results: Generator[BlockSums]) -> Iterator[Generator[BlockSums]]:
    """Close at the end, without joblib's advice on tasks that were begun in vain."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module=r"joblib\.")
            results.close()
