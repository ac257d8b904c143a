"""Running an ensemble: its blocks in parallel, their sums collected, the file kept up to date."""

import contextlib
import sys
import tempfile
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tlsmc.arrays import Index
from tlsmc.errors import SpecError, StoreError, ValidityWarning, WorkerError
from tlsmc.observables.kernels import Kernel
from tlsmc.observables.kernels import kernel as kernel_of
from tlsmc.results import store
from tlsmc.results.provenance import check_same_program, fresh_provenance
from tlsmc.results.run import Run, empty_sums, part_mask
from tlsmc.results.store.output import check_output, check_same_spec
from tlsmc.simulation.blocks import (
    BlockSums,
    Task,
    block_groups,
    blocks_at_work,
    listing_thresholds,
    simulate_blocks,
    work_here,
    work_there,
)
from tlsmc.simulation.checkpoints import Collector
from tlsmc.simulation.extend import carried_over, carried_shards, extended
from tlsmc.simulation.interrupts import Interrupts
from tlsmc.simulation.resources import BUDGET, check_budget, check_memory
from tlsmc.simulation.trajectories import record
from tlsmc.simulation.workers import Workers, pool
from tlsmc.spec.spec import Spec


def run(
    spec: Spec,
    path: str | Path | None = None,
    *,
    jobs: int = 1,
    backend: str | None = None,
    scheduler: str | None = None,
    kernel: str | None = None,
    progress: bool = True,
    force: bool = False,
    part: str = "",
    budget: float = BUDGET,
) -> Run:
    """Simulate a spec; with a ``path`` the run file is there from the first checkpoint on.

    Ctrl-C, SIGTERM and SIGHUP end the run with a last checkpoint and a KeyboardInterrupt that says how to go on.

    Parameters
    ----------
    spec
        What to run.
    path
        File to write, None to keep the result in memory only.
    jobs
        Workers; the result is the same, bit for bit, for any number of them.
    backend
        "threading", "loky" (processes) or "dask" (a cluster); by default threads for the compiled kernel, which needs
        no more, and processes for the other.
    scheduler
        Address of the Dask scheduler, "tcp://host:8786", for the backend "dask".
    kernel
        "numba" or "numpy"; by default the former if it is installed.
    progress
        Show a bar of completed defects on stderr if that is a terminal.
    force
        Replace an existing file.
    part
        "k/n" to compute the k-th of n parts, to be merged with the others.
    budget
        Bytes that may be stored if the spec asks to store its defects.

    Returns
    -------
    Run
        Sums with errors, exact values and printed forms.

    Raises
    ------
    SpecError
        The file exists, its folder does not, the grid needs more memory than there is, or the store is over budget.
    StoreError
        The file cannot be written, or another process is writing it.
    ValidityError
        A contribution is not finite; the message names the defect.
    WorkerError
        A worker process died; the message names the block.  A cluster repeats what it loses with a worker.

    Examples
    --------
    >>> run = tlsmc.run(tlsmc.load_spec("small.toml"), "new.h5")
    >>> run["attenuation.relaxation"].mean.shape  # (temperatures, frequencies)
    (2, 2)
    """
    workers = Workers(jobs, backend, scheduler)
    spec = spec.executed()
    check_memory(spec)
    _check_reach(spec, workers)
    for line in spec.warnings:
        warnings.warn(line, ValidityWarning, stacklevel=2)
    wanted = part_mask(spec, part)
    provenance = fresh_provenance(part, kernel)
    if path is None:
        if spec.store != "none":
            raise SpecError(f"store = {spec.store!r}: needs a run file to stand beside; give the name of one with -o")
        collector = Collector(spec, empty_sums(spec), provenance)
        return _Simulation(collector, wanted, workers, progress).complete()
    path = Path(path)
    check_output(path, force, spec)
    with store.locked(path):
        check_output(path, force, spec)
        check_budget(spec, path, wanted, budget)
        collector = Collector(spec, empty_sums(spec), provenance, path, store.new_shards(path, spec))
        return _Simulation(collector, wanted, workers, progress).complete()


def resume(
    path: str | Path,
    *,
    defects: int | None = None,
    samples: int | None = None,
    spec: Spec | None = None,
    jobs: int = 1,
    backend: str | None = None,
    scheduler: str | None = None,
    progress: bool = True,
    budget: float = BUDGET,
) -> Run:
    """Go on with a run file; with more ``defects`` or ``samples``, in total, the run is made larger first.

    The result has the same bits as an undisturbed run of that size.

    Parameters
    ----------
    path
        The run file.
    defects, samples
        How many the run is to have in each sample, and how many samples; None for as many as it has.
    spec
        What the file must be a run of, if given.
    jobs, backend, scheduler, progress, budget
        As of :func:`run`.

    Returns
    -------
    Run
        The complete run.

    Raises
    ------
    StoreError
        The file is missing or damaged, another process is writing it, or it is from another version, kernel or spec.
    SpecError
        The run has more than was asked for, or cannot be made larger.

    Examples
    --------
    >>> tlsmc.resume("small.h5", samples=20).defects
    20000
    """
    path, workers = Path(path), Workers(jobs, backend, scheduler)
    store.open_run(path)
    with store.locked(path):
        # Another process may have finished it in between.
        run = store.open_run(path)
        check_same_program(str(path), run.provenance)
        if spec is not None:
            check_same_spec(str(path), run.spec, spec)
        larger = extended(run.spec, defects, samples)
        part = run.provenance.part
        if larger != run.spec and part:
            raise SpecError(f"{path}: is part {part} of a run, which cannot be made larger; merge all parts first")
        check_memory(larger)
        _check_reach(larger, workers)
        wanted = part_mask(larger, part)
        sums = carried_over(run, larger)
        check_budget(larger, path, wanted & ~sums.done, budget)
        with contextlib.suppress(FileNotFoundError):
            store.leftover(path).unlink()
        shards = carried_shards(run, larger, sums)
        recorded = bool(run.records) or larger.trajectories.empty
        if (sums.done | ~wanted).all() and larger == run.spec and (recorded or part):
            return run
        collector = Collector(larger.executed(), sums, run.provenance, path, shards)
        return _Simulation(collector, wanted, workers, progress).complete()


def _check_reach(spec: Spec, workers: Workers) -> None:
    """Refuse to have the machines of a cluster write shards: their folders are not this one's."""
    if workers.remote and spec.store != "none":
        raise SpecError(
            f"--backend dask: its workers cannot write what store = {spec.store!r} keeps; use --part instead"
        )


@dataclass(frozen=True, slots=True)
class _Simulation:
    """A run on its way: what is done of it, the blocks that are ``wanted``, and who computes them."""

    collector: Collector
    wanted: NDArray[np.bool_]
    workers: Workers
    progress: bool

    @property
    def kernel(self) -> Kernel:
        return kernel_of(self.collector.before.kernel_name)

    def complete(self) -> Run:
        """Compute what is wanted and not done yet; whatever ends it early, what is done gets saved."""
        collector = self.collector
        try:
            with Interrupts() as interrupts:
                self._compute(interrupts)
                if collector.sums.done.all() and not collector.spec.trajectories.empty:
                    self._record(interrupts)
        except KeyboardInterrupt:
            self._save(always=True)
            raise KeyboardInterrupt(collector.remedy) from None
        except WorkerError as error:
            self._save()
            raise WorkerError(f"{error}; {collector.remedy}") from None
        except BaseException:
            with contextlib.suppress(StoreError):
                self._save()
            raise
        return collector.result()

    def _save(self, always: bool = False) -> None:
        """A last checkpoint if there is something new, or if ``always`` and there is no file yet."""
        path = self.collector.path
        if path is not None and (self.collector.unsaved or (always and not path.exists())):
            self.collector.checkpoint()

    def _compute(self, interrupts: Interrupts) -> None:
        """Take in the missing blocks as they come, under a bar of progress."""
        collector, sizes = self.collector, self.collector.spec.layout.block_sizes
        shown = self.progress and sys.stderr.isatty()
        total, done = (int((sizes * mask).sum()) for mask in (self.wanted, self.wanted & collector.sums.done))
        title = collector.spec.title[:30] or "run"
        bar = tqdm(total=total, initial=done, unit=" defects", unit_scale=True, disable=not shown, desc=title)
        # Closed at once if anything goes wrong, so that no worker is left running.
        with bar, contextlib.closing(self._results()) as results:
            for blocks in results:
                with interrupts.deferred():
                    bar.update(collector.take(blocks))
                    if collector.due:
                        collector.checkpoint()
        with interrupts.deferred():
            if collector.path is None:
                collector.settle()
            else:
                collector.checkpoint()
                if collector.shards is not None:
                    collector.shards.tidy()

    def _record(self, interrupts: Interrupts) -> None:
        """Record the trajectories of a complete run; the sums are safe by now."""
        with pool(self.workers, self.kernel.releases_gil) as ready:
            self.collector.records = record(self.collector.result(), ready.mapped)
        if self.collector.path is not None:
            with interrupts.deferred():
                self.collector.checkpoint()

    def _results(self) -> Generator[BlockSums]:
        """Results of the missing blocks, in groups, in the order in which they finish."""
        workers, remote = self.workers, self.workers.remote
        missing = np.argwhere(self.wanted & ~self.collector.sums.done)
        with pool(workers, self.kernel.releases_gil) as ready:
            groups = block_groups(missing, ready.size)
            # The first block comes before all others: knowing what is large in it, they list less in vain.
            alone = len(groups) if workers.jobs == 1 and not remote else 1
            for group in groups[:alone]:
                yield simulate_blocks(self._task(group))
            if len(groups) == alone:
                return
            with tempfile.TemporaryDirectory(prefix="tlsmc-", ignore_cleanup_errors=True) as notes:
                work = partial(work_there, self.collector.before) if remote else partial(work_here, notes)
                # A task is made when it is handed out: the listing thresholds of later ones are the higher.
                tasks = (self._task(group) for group in groups[alone:])
                try:
                    yield from ready.unordered(work, tasks)
                except WorkerError as error:
                    raise WorkerError(str(error) if remote else f"{error} {blocks_at_work(notes)}") from None

    def _task(self, group: Index) -> Task:
        collector = self.collector
        thresholds = listing_thresholds(collector.spec.layout, collector.sums, group)
        store_block = None if collector.shards is None else collector.shards.write
        return Task(collector.spec, group, self.kernel.name, thresholds, store_block)
