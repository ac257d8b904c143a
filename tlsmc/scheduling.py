"""In which portions blocks go to the workers, and what these need to know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlsmc.populations.streams import BATCH, Layout
from tlsmc.statistics.largest import first_number
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
    sample, block = group[0].tolist()
    first = first_number(sample, block * (layout.block_defects // BATCH))
    return {name: o.largest.floor(first) for name, o in sums.observables.items()}
