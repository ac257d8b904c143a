"""Running an ensemble: blocks of defects in parallel, their sums collected, the file kept up to date."""

from __future__ import annotations

import datetime
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import tlsmc
from tlsmc import store
from tlsmc.blocks import BlockSums, Listed, simulate_blocks
from tlsmc.errors import SpecError
from tlsmc.results import Provenance, Run
from tlsmc.spec import Spec
from tlsmc.statistics.largest import SAMPLE_STRIDE, kept
from tlsmc.statistics.sums import ObservableSums, RunSums

#: Share of the run that checkpoints may cost, and the shortest time between two.
_CHECKPOINT_SHARE, _CHECKPOINT_PAUSE = 0.05, 1.0


def run(
    spec: Spec,
    path: str | Path | None = None,
    *,
    jobs: int = 1,
    backend: str = "loky",
    progress: bool = True,
    force: bool = False,
) -> Run:
    """Simulate a spec; with a ``path`` the run file is there from the first checkpoint on.

    Parameters
    ----------
    spec
        What to run.
    path
        File to write, None to keep the result in memory only.
    jobs
        Workers; the result is the same, bit for bit, for any number of them.
    backend
        joblib's "loky" (processes) or "threading".
    progress
        Show a bar of completed defects on stderr if that is a terminal.
    force
        Replace an existing file.

    Raises
    ------
    SpecError
        The file exists, its folder does not, or the grid needs more memory than there is.
    StoreError
        The file cannot be written, or another process is writing it.
    ValidityError
        A contribution is not finite; the message names the defect.
    """
    check_memory(spec)
    if path is None:
        return _simulate(spec, None, jobs, backend, progress)
    path = Path(path)
    check_output(path, force)
    with store.locked(path):
        check_output(path, force)
        return _simulate(spec, path, jobs, backend, progress)


def check_output(path: Path, force: bool) -> None:
    """Refuse an output file that exists (unless forced) or whose folder does not."""
    if not path.parent.is_dir():
        raise SpecError(f"-o {path}: the folder {path.parent} does not exist; make it or choose another")
    if path.is_dir():
        raise SpecError(f"-o {path}: is a folder; give the name of a file in it")
    if path.exists() and not force:
        raise SpecError(f"-o {path}: exists already; choose another name, or give --force to replace it")


def check_memory(spec: Spec) -> None:
    """Refuse a run whose block sums do not fit the memory, counted twice: once to hold them, once to write them."""
    need = 0
    for study in spec.studies:
        components = len(study.observable.COMPONENTS)
        sums = spec.layout.samples * spec.layout.blocks * (components + components * (components + 1) // 2)
        places = components * int(np.prod(study.grid))
        listed = 2 * places * kept(places, spec.layout.samples * spec.layout.defects)
        need += 2 * 8 * (int(np.prod(study.grid)) * sums + listed)
    have = physical_memory()
    if need > have:
        raise SpecError(
            f"observables: the grids need {need / 1e9:.3g} GB for block sums, {have / 1e9:.3g} GB are there; "
            "take fewer points or samples"
        )


def physical_memory() -> int:
    """Bytes of memory in this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def empty_sums(spec: Spec) -> RunSums:
    """Block sums of a run that has not begun."""
    layout = spec.layout
    sums = RunSums.empty(layout.samples, layout.blocks)
    for study in spec.studies:
        components = len(study.observable.COMPONENTS)
        keep = kept(components * study.grid[0] * study.grid[1], layout.samples * layout.defects)
        sums.observables[study.name] = ObservableSums.empty(layout.samples, layout.blocks, components, study.grid, keep)
    return sums


@dataclass(slots=True)
class _Collector:
    """Takes in finished blocks and writes checkpoints so rarely that they cost little."""

    spec: Spec
    sums: RunSums
    path: Path | None
    started: float
    stamp: str
    last: float
    pending: dict[str, list[Listed]]
    cost: float = 0.0

    def take(self, blocks: list[BlockSums]) -> int:
        """Add finished blocks; returns the nominal number of defects in them."""
        for block in blocks:
            place = (block.sample, block.block)
            for name, (totals, products, _) in block.observables.items():
                sums = self.sums.observables[name]
                sums.totals[place], sums.products[place] = totals, products
            self.sums.counts[place] = block.count
            self.sums.done[place] = True
        for name, sums in self.sums.observables.items():
            pending = self.pending[name]
            pending += [block.observables[name][2] for block in blocks]
            # Merging costs more than waiting: each time, the lists are worth as much as all that came before.
            if sum(len(values) for _, values, _ in pending) > sums.largest.values.size:
                self._merge(name)
        ranges = [self.spec.layout.block_range(block.block) for block in blocks]
        defects = sum(last - first for first, last in ranges)
        pause = max(_CHECKPOINT_PAUSE, self.cost / _CHECKPOINT_SHARE)
        if self.path is not None and time.monotonic() - self.last > pause:
            self.checkpoint()
        return defects

    def settle(self) -> None:
        """Bring the lists of the largest contributions up to date."""
        for name in self.pending:
            self._merge(name)

    def _merge(self, name: str) -> None:
        if self.pending[name]:
            listed = zip(*self.pending[name], strict=True)
            self.sums.observables[name].largest.absorb(*(np.concatenate(part) for part in listed))
            self.pending[name] = []

    def checkpoint(self) -> None:
        """Write the file as it stands."""
        self.settle()
        assert self.path is not None
        begin = time.monotonic()
        store.replace_file(self.path, store.run_image(self.spec, self.sums, self.provenance()))
        self.last = time.monotonic()
        self.cost = self.last - begin

    def provenance(self) -> Provenance:
        return Provenance(
            version=tlsmc.__version__,
            python=platform.python_version(),
            numpy=np.__version__,
            kernel="numpy",
            machine=f"{platform.system()} {platform.machine()}",
            started=self.stamp,
            wall_seconds=round(time.monotonic() - self.started, 3),
        )


def _simulate(spec: Spec, path: Path | None, jobs: int, backend: str, progress: bool) -> Run:
    now = time.monotonic()
    stamp = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    collector = _Collector(spec, empty_sums(spec), path, now, stamp, now, {study.name: [] for study in spec.studies})
    total = spec.layout.samples * spec.layout.defects
    shown = progress and sys.stderr.isatty()
    with tqdm(total=total, unit=" defects", unit_scale=True, disable=not shown, desc=spec.title[:30] or "run") as bar:
        for blocks in _finished(spec, collector.sums, jobs, backend):
            bar.update(collector.take(blocks))
    collector.settle()
    if path is not None:
        collector.checkpoint()
    return Run(spec, collector.sums, collector.provenance(), str(path or ""))


def _finished(spec: Spec, sums: RunSums, jobs: int, backend: str) -> Iterator[list[BlockSums]]:
    """Results of the missing blocks, in groups, in the order in which they finish."""
    groups = _groups(np.argwhere(~sums.done), jobs)
    if jobs == 1:
        for group in groups:
            yield simulate_blocks(spec, group, _floors(sums, group))
        return
    # The first block alone: what it finds to be large spares all others from listing too much.
    yield simulate_blocks(spec, groups[0], _floors(sums, groups[0]))
    # The floors are looked up when a task is handed out: those of later tasks are the higher.
    tasks = (joblib.delayed(simulate_blocks)(spec, group, _floors(sums, group)) for group in groups[1:])
    yield from joblib.Parallel(n_jobs=jobs, backend=backend, return_as="generator_unordered", batch_size=1)(tasks)


def _groups(missing: NDArray[np.int64], jobs: int) -> list[NDArray[np.int64]]:
    """Blocks in groups that grow with what has been handed out, up to a share that keeps all workers busy."""
    groups, start = [], 0
    most = max(1, len(missing) // (8 * jobs))
    while start < len(missing):
        size = min(most, 1 + start // (8 * jobs))
        groups.append(missing[start : start + size])
        start += size
    return groups


def _floors(sums: RunSums, group: NDArray[np.int64]) -> dict[str, NDArray[np.float64]] | None:
    """What a contribution must exceed to be listed, None as long as the lists are not full."""
    if not sums.done.any() or any((o.largest.values[:, -1] == -np.inf).any() for o in sums.observables.values()):
        return None
    first = int(group[0, 0]) * SAMPLE_STRIDE
    return {name: o.largest.floor(first) for name, o in sums.observables.items()}
