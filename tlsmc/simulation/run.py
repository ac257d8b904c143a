"""Running an ensemble: blocks of defects in parallel, their sums collected, the file kept up to date."""

from __future__ import annotations

import contextlib
import functools
import sys
import tempfile
import warnings
from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tlsmc.errors import SpecError, StoreError, ValidityWarning, WorkerError
from tlsmc.results import store
from tlsmc.results.provenance import Provenance, check_maker, fresh_provenance
from tlsmc.results.run import Run, empty_sums, part_mask
from tlsmc.results.store.output import check_output
from tlsmc.simulation.blocks import BlockSums, simulate_blocks
from tlsmc.simulation.checkpoints import Collector
from tlsmc.simulation.extend import carried_over, carried_shards, extended
from tlsmc.simulation.interrupts import Interrupts
from tlsmc.simulation.resources import BUDGET, check_budget, check_memory, how_to_go_on
from tlsmc.simulation.scheduler import begun, block_groups, list_floors, work_here, work_there
from tlsmc.simulation.trajectories import record
from tlsmc.simulation.workers import Workers, delayed, pool
from tlsmc.spec.difference import check_same_spec
from tlsmc.spec.spec import Spec
from tlsmc.statistics.sums import RunSums

#: Share of the run that checkpoints may cost, and the shortest time between two.
_CHECKPOINT_SHARE, _CHECKPOINT_PAUSE = 0.05, 1.0

__all__ = ["check_output", "resume", "run"]


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
    """
    workers = Workers(jobs, backend, scheduler)
    check_memory(spec)
    _check_reach(spec, workers)
    for line in spec.warnings:
        warnings.warn(line, ValidityWarning, stacklevel=2)
    wanted = part_mask(spec, part)
    provenance = fresh_provenance(part, kernel)
    if path is None:
        if spec.store != "none":
            raise SpecError(f"store = {spec.store!r}: needs a run file to stand beside; give the name of one with -o")
        return _simulate(_collector(spec, empty_sums(spec), provenance, None, None), wanted, workers, progress)
    path = Path(path)
    check_output(path, force, spec)
    with store.locked(path):
        check_output(path, force, spec)
        check_budget(spec, path, wanted, budget)
        shards = None
        if spec.store != "none":
            shards = store.ShardFolder(path, spec, np.zeros(wanted.shape, np.uint32))
            shards.prepare()
        collector = _collector(spec, empty_sums(spec), provenance, path, shards)
        return _simulate(collector, wanted, workers, progress)


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

    The result has the same bits as an undisturbed run of that size.  With a ``spec``, the file must be a run of it.
    The other parameters are those of :func:`run`.

    Raises
    ------
    StoreError
        The file is missing or damaged, another process is writing it, or it is from another version, kernel or spec.
    SpecError
        The run has more than was asked for, or cannot be made larger.
    """
    path, workers = Path(path), Workers(jobs, backend, scheduler)
    store.read_run(path)
    with store.locked(path):
        # Another process may have finished it in between.
        run = store.read_run(path)
        check_maker(str(path), run.provenance)
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
        recorded = bool(run.records) or larger.plan.empty
        if (sums.done | ~wanted).all() and larger == run.spec and (recorded or part):
            return run
        return _simulate(_collector(larger, sums, run.provenance, path, shards), wanted, workers, progress)


def _check_reach(spec: Spec, workers: Workers) -> None:
    """Refuse to have the machines of a cluster write shards: their folders are not this one's."""
    if workers.remote and spec.store != "none":
        raise SpecError(
            f"--backend dask: its workers cannot write what store = {spec.store!r} keeps; use --part instead"
        )


def _collector(
    spec: Spec, sums: RunSums, before: Provenance, path: Path | None, shards: store.ShardFolder | None
) -> Collector:
    return Collector(spec, sums, before, path, shards, share=_CHECKPOINT_SHARE, pause=_CHECKPOINT_PAUSE)


def _simulate(collector: Collector, wanted: NDArray[np.bool_], workers: Workers, progress: bool) -> Run:
    """Compute what is wanted and not done yet; whatever ends it early, what is done gets saved."""
    try:
        with Interrupts() as interrupts:
            _fill(collector, wanted, workers, progress, interrupts)
    except KeyboardInterrupt:
        _save(collector, always=True)
        raise KeyboardInterrupt(how_to_go_on(collector)) from None
    except WorkerError as error:
        _save(collector)
        raise WorkerError(f"{error}; {how_to_go_on(collector)}") from None
    except BaseException:
        with contextlib.suppress(StoreError):
            _save(collector)
        raise
    return collector.result()


def _save(collector: Collector, always: bool = False) -> None:
    """A last checkpoint if there is something new, or if ``always`` and there is no file yet."""
    path = collector.path
    if path is not None and (collector.unsaved or (always and not path.exists())):
        collector.checkpoint()


def _fill(
    collector: Collector,
    wanted: NDArray[np.bool_],
    workers: Workers,
    progress: bool,
    interrupts: Interrupts,
) -> None:
    sizes = collector.spec.layout.block_sizes
    shown = progress and sys.stderr.isatty()
    total, done = (int((sizes * mask).sum()) for mask in (wanted, wanted & collector.sums.done))
    title = collector.spec.title[:30] or "run"
    bar = tqdm(total=total, initial=done, unit=" defects", unit_scale=True, disable=not shown, desc=title)
    # Closed at once if anything goes wrong, so that no worker is left running.
    with bar, contextlib.closing(_finished(collector, wanted, workers)) as results:
        for blocks in results:
            with interrupts.held():
                bar.update(collector.take(blocks))
                if collector.due:
                    collector.checkpoint()
    with interrupts.held():
        if collector.path is None:
            collector.settle()
        else:
            collector.checkpoint()
            if collector.shards is not None:
                collector.shards.tidy()
    if collector.sums.done.all() and not collector.spec.plan.empty:
        _record(collector, workers, interrupts)


def _record(collector: Collector, workers: Workers, interrupts: Interrupts) -> None:
    """Record the trajectories of a complete run; the sums are safe by now."""
    threads = collector.before.kernel_name == "numba"
    with pool(workers, threads) as ready:
        collector.records = record(collector.result(), ready.mapped)
    if collector.path is not None:
        with interrupts.held():
            collector.checkpoint()


def _finished(collector: Collector, wanted: NDArray[np.bool_], workers: Workers) -> Generator[BlockSums]:
    """Results of the missing blocks, in groups, in the order in which they finish."""
    spec, sums, layout = collector.spec, collector.sums, collector.spec.layout
    kernel = collector.before.kernel_name
    keep = None if collector.shards is None else collector.shards.write
    missing = np.argwhere(wanted & ~sums.done)
    with pool(workers, kernel == "numba") as ready:
        groups = block_groups(missing, ready.size)
        # The first block alone: what it finds to be large spares all others from listing too much.
        alone = len(groups) if workers.jobs == 1 and not workers.remote else 1
        for group in groups[:alone]:
            yield simulate_blocks(spec, group, list_floors(layout, sums, group), keep, kernel_name=kernel)
        if len(groups) == alone:
            return
        with tempfile.TemporaryDirectory(prefix="tlsmc-", ignore_cleanup_errors=True) as notes:
            work = (
                functools.partial(work_there, collector.before)
                if workers.remote
                else functools.partial(work_here, notes)
            )
            # The floors are looked up when a task is handed out: those of later tasks are the higher.
            tasks = (
                delayed(work, spec, group, list_floors(layout, sums, group), keep, kernel) for group in groups[alone:]
            )
            try:
                yield from ready.unordered(tasks)
            except WorkerError as error:
                raise WorkerError(str(error) if workers.remote else f"{error} {begun(notes)}") from None
