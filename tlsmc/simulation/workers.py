"""Workers: threads or processes of this machine, or a Dask cluster, all through joblib."""

import contextlib
import multiprocessing.resource_tracker
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import joblib
from joblib.externals.loky.process_executor import BrokenProcessPool

from tlsmc.errors import SpecError, WorkerError

#: Seconds to wait for a scheduler to answer.
_PATIENCE = 10.0

BACKENDS = ("loky", "threading", "dask")


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers compute, of which kind, and where.

    ``jobs`` is the number of workers on this machine and ``backend`` joblib's name for their kind, None for threads
    where the kernel releases the interpreter and for processes elsewhere.  With "dask" the cluster at the address
    ``scheduler`` computes, with as many workers as it has.

    Raises
    ------
    SpecError
        A number of jobs below 1, an unknown backend, or "dask" and a scheduler without each other.
    """

    jobs: int = 1
    backend: str | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise SpecError(f"--jobs {self.jobs}: is below 1; give the number of workers")
        if self.backend is not None and self.backend not in BACKENDS:
            raise SpecError(f"--backend {self.backend}: is not known; choose one of {', '.join(BACKENDS)}")
        if (self.backend == "dask") != (self.scheduler is not None):
            raise SpecError("--backend dask and --scheduler ADDRESS go together: give both, or neither")

    @property
    def remote(self) -> bool:
        """Whether the workers may be other machines."""
        return self.scheduler is not None


@dataclass(frozen=True, slots=True)
class Pool:
    """Workers that are ready; ``size`` of them compute at the same time."""

    size: int
    options: dict[str, Any]

    def unordered(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Generator[Any]:
        """Results of a function for each task as they come.  The next task is asked for when a worker is free.

        Raises
        ------
        WorkerError
            A worker process died and the tasks of it cannot be repeated.
        """
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, **self.options)
        try:
            with _uninterruptible_children():
                results: Any = parallel(joblib.delayed(function)(task) for task in tasks)
            with _closing(results):
                # Not `yield from`, which would close the results outside of that.
                for result in results:  # noqa: UP028
                    yield result
        except BrokenProcessPool:
            raise WorkerError("a worker process died (killed, perhaps for its memory)") from None

    def mapped(self, function: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
        """Results of a function for each argument, in their order."""
        found = dict(self.unordered(partial(_numbered, function), enumerate(arguments)))
        return [found[i] for i in range(len(found))]


def _numbered(function: Callable[[Any], Any], task: tuple[int, Any]) -> tuple[int, Any]:
    return task[0], function(task[1])


@contextlib.contextmanager
def pool(workers: Workers, threads: bool) -> Iterator[Pool]:
    """Make workers ready; ``threads`` says whether the work releases the interpreter."""
    if workers.scheduler is not None:
        with _cluster(workers.scheduler) as client:
            with joblib.parallel_config(backend="dask", client=client):
                yield Pool(max(1, sum(client.nthreads().values())), {})
            return
    backend = workers.backend or ("threading" if threads else "loky")
    watch: dict[str, Any] = {"initializer": _end_with, "initargs": (os.getpid(),)} if backend == "loky" else {}
    yield Pool(workers.jobs, {"n_jobs": workers.jobs, "backend": backend, **watch})


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """A client of the Dask scheduler at an address, with at least one worker."""
    try:
        import distributed
    except ImportError:
        raise SpecError("--backend dask: distributed is not installed; install tlsmc[dask]") from None
    try:
        connect: Any = distributed.Client
        client = connect(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = " ".join(str(error).split())[:200]
        raise SpecError(f"--scheduler {address}: does not answer ({reason}); start one with `dask scheduler`") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            hint = f"start some with `dask worker {address}`"
            raise SpecError(f"--scheduler {address}: has no workers; {hint}") from None
        try:
            yield client
        except distributed.KilledWorker as error:
            text = f"a task was lost with {error.allowed_failures + 1} workers of the cluster"
            raise WorkerError(f"{text}; see their logs") from None


@contextlib.contextmanager
def _uninterruptible_children() -> Iterator[None]:
    """Ctrl-C goes to the whole group of processes; those begun in here leave it to their parent to end them."""
    # It unblocks the signal when it starts, so it has to be there already.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(parent: int) -> None:
    """Have this process end soon after its ``parent`` does, even if that is killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _closing(results: Generator[Any]) -> Iterator[None]:
    """Close at the end, without joblib's advice on tasks that were begun in vain."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module=r"joblib\.")
            results.close()
