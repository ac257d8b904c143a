"""A Dask cluster on the loopback address: a real scheduler and workers, one of which is killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

import tlsmc
from tests import library
from tests.faults import processes
from tlsmc.errors import SpecError, WorkerError
from tlsmc.simulation import run as ensemble
from tlsmc.simulation.workers import Workers

pytest.importorskip("distributed")


def _started(*arguments):
    command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def _line(process, pattern):
    """First match in what a process says; what comes later is read and dropped, so that it never waits for us."""
    for text in process.stderr:
        found = re.search(pattern, text)
        if found:
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return found[1] if found.groups() else found[0]
    raise AssertionError(f"{process.args} ended")


@contextlib.contextmanager
def _cluster(workers=2):
    """Address of a scheduler and the processes of its workers."""
    processes = [_started("scheduler", "--host", "127.0.0.1", "--port", "0")]
    try:
        address = _line(processes[0], r"(tcp://127\.0\.0\.1:\d+)")
        for _ in range(workers):
            options = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
            processes.append(_started("worker", address, *options))
        for process in processes[1:]:
            _line(process, "Registered to")
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
            process.stderr.close()


@pytest.fixture(scope="module")
def cluster():
    with _cluster() as made:
        yield made[0]


SETTINGS = {"defects": 40 * 4096, "samples": 2}


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_a_cluster_changes_no_bit(cluster, tmp_path, kernel):
    here = tlsmc.run(library.spec(**SETTINGS), kernel=kernel, progress=False)
    path = tmp_path / "run.h5"
    there = tlsmc.run(library.spec(**SETTINGS), path, kernel=kernel, backend="dask", scheduler=cluster, progress=False)
    assert there.digest() == here.digest() == tlsmc.open_run(path).digest()


def test_the_command_line_runs_on_a_cluster_and_resumes_there(cluster, tmp_path):
    path, there = tmp_path / "run.h5", ("--backend", "dask", "--scheduler", cluster)
    spec = library.toml(tmp_path / "spec.toml", points=4, **SETTINGS)
    code, out, err = processes.command("run", spec, "-o", path, *there)
    assert (code, err) == (0, "")
    assert tlsmc.open_run(path).digest() in out
    code, _, err = processes.command("resume", path, "--samples", 3, *there)
    assert (code, err) == (0, "")
    here = tlsmc.run(tlsmc.load_spec(spec, ("population.samples=3",)), progress=False)
    assert tlsmc.open_run(path).digest() == here.digest()


def test_what_a_killed_worker_had_is_computed_by_another(tmp_path):
    settings = {"defects": 200 * 4096, "samples": 3}
    with _cluster() as (address, workers):
        path, found = tmp_path / "run.h5", []
        thread = threading.Thread(
            target=lambda: found.append(
                tlsmc.run(library.spec(**settings), path, backend="dask", scheduler=address, progress=False)
            )
        )
        thread.start()
        while not path.exists():
            assert thread.is_alive()
            time.sleep(0.01)
        assert not tlsmc.open_run(path).complete
        os.kill(workers[0].pid, signal.SIGKILL)
        thread.join()
    assert found[0].complete
    assert found[0].digest() == library.digest(**settings)


def test_another_program_on_the_cluster_is_refused(cluster, monkeypatch):
    real = ensemble.fresh_provenance
    monkeypatch.setattr(
        ensemble, "fresh_provenance", lambda part="", kernel=None: replace(real(part, kernel), numpy="1.0")
    )
    with pytest.raises(WorkerError, match=r"differs: numpy 1\.0 \(on .*install the same versions everywhere"):
        tlsmc.run(library.spec(**SETTINGS), backend="dask", scheduler=cluster, progress=False)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"jobs": 0}, "--jobs 0: is below 1"),
        ({"backend": "mpi"}, "--backend mpi: is not known; choose one of loky, threading, dask"),
        ({"backend": "dask"}, "go together"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "go together"),
    ],
)
def test_a_choice_of_workers_that_is_none(choice, message):
    with pytest.raises(SpecError, match=message):
        Workers(**choice)


def test_a_scheduler_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("tlsmc.simulation.workers._PATIENCE", 0.3)
    with pytest.raises(SpecError, match=r"--scheduler tcp://127\.0\.0\.1:9: does not answer .*`dask scheduler`"):
        tlsmc.run(library.spec(), backend="dask", scheduler="tcp://127.0.0.1:9", progress=False)


def test_a_scheduler_without_workers(monkeypatch):
    monkeypatch.setattr("tlsmc.simulation.workers._PATIENCE", 0.5)
    with _cluster(workers=0) as (address, _), pytest.raises(SpecError, match=r"has no workers; .*`dask worker tcp:"):
        tlsmc.run(library.spec(), backend="dask", scheduler=address, progress=False)


def test_a_cluster_stores_no_defects(tmp_path):
    with pytest.raises(SpecError, match=r"cannot write what store = 'population' keeps; use --part"):
        tlsmc.run(
            library.spec(store="population"),
            tmp_path / "run.h5",
            backend="dask",
            scheduler="tcp://127.0.0.1:9",
            progress=False,
        )
