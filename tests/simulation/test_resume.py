"""Runs that end early, and that they end as if nothing had happened."""

import dataclasses
import os
import re
import signal
import threading

import numpy as np
import pytest

import tlsmc
from tests import library
from tests.faults import processes
from tests.library import stopped
from tlsmc.errors import SpecError, StoreError
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results import store
from tlsmc.simulation import checkpoints
from tlsmc.simulation import run as ensemble
from tlsmc.simulation.interrupts import Interrupts


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("kind", library.KINDS)
def test_a_resumed_run_is_the_undisturbed_one(tmp_path, monkeypatch, kind, jobs):
    path, settings = tmp_path / "run.h5", library.KINDS[kind]
    stopped(path, monkeypatch, **settings)
    unfinished = tlsmc.open_run(path)
    assert 0 < unfinished.sums.done.sum() < unfinished.sums.done.size
    run = tlsmc.resume(path, jobs=jobs, progress=False)
    assert run.complete
    assert run.digest() == tlsmc.open_run(path).digest() == library.digest(**settings)
    assert os.listdir(tmp_path) == ["run.h5"]


def test_it_can_be_stopped_again_and_again(tmp_path, monkeypatch):
    path, settings = tmp_path / "run.h5", library.KINDS["random"]
    stopped(path, monkeypatch, after=1, **settings)
    real, shares = ensemble.simulate_blocks, []

    def one_more(*arguments, calls=[], **named):  # noqa: B006
        calls.append(1)
        if len(calls) % 3 == 0:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "simulate_blocks", one_more)
        while not tlsmc.open_run(path).complete:
            try:
                tlsmc.resume(path, progress=False)
            except KeyboardInterrupt:
                shares.append(tlsmc.open_run(path).defects)
    assert len(shares) > 2
    assert shares == sorted(set(shares))
    assert tlsmc.open_run(path).digest() == library.digest(**settings)


def test_the_time_of_all_sittings_adds_up(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch)
    before = tlsmc.open_run(path).provenance
    monkeypatch.setattr(checkpoints.time, "monotonic", iter(np.arange(1e4, 1e6, 10.0)).__next__)
    after = tlsmc.resume(path, progress=False).provenance
    assert after.started == before.started
    assert after.wall_seconds >= before.wall_seconds + 10.0


def test_the_message_has_the_command(tmp_path, monkeypatch):
    path = tmp_path / "a run.h5"
    message = stopped(path, monkeypatch, defects=4 * BATCH)
    assert message == f"50.0% of the defects are saved in {path}; `tlsmc resume '{path}'` goes on"
    assert processes.command("resume", path, "--jobs", 1)[0] == 0
    assert tlsmc.open_run(path).complete


def test_any_error_saves_what_is_done(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch, error=ZeroDivisionError)
    assert tlsmc.open_run(path).sums.done.sum() == 2
    assert os.listdir(tmp_path) == ["run.h5"]


def test_stopped_before_the_first_block(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    assert stopped(path, monkeypatch, after=0).startswith("0.0% of the defects are saved")
    assert tlsmc.resume(path, progress=False).digest() == library.digest()
    # What was there is not given up for nothing.
    path.write_bytes(b"precious")
    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "simulate_blocks", lambda *arguments, **named: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            tlsmc.run(library.spec(), path, progress=False, force=True)
    assert path.read_bytes() == b"precious"


def test_a_complete_run_is_left_alone(tmp_path):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(), path, progress=False)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert tlsmc.resume(path, progress=False).complete
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert os.listdir(tmp_path) == ["run.h5"]


def test_half_written_files_are_dropped(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch)
    store.leftover(path).write_bytes(b"half a checkpoint")
    tlsmc.resume(path, progress=False)
    assert os.listdir(tmp_path) == ["run.h5"]


# --- run on what is there already ------------------------------------------------------------------------------------


def test_run_says_how_to_resume(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch, defects=4 * BATCH)
    before = path.read_bytes()
    with pytest.raises(
        SpecError, match=r"is this very run, 50\.0% done; `tlsmc resume .*run\.h5` goes on with it, --force"
    ):
        tlsmc.run(library.spec(defects=4 * BATCH), path, progress=False)
    with pytest.raises(
        SpecError, match=r"unfinished run of another spec \(population.defects = 16384 there, 20480 here\)"
    ):
        tlsmc.run(library.spec(defects=5 * BATCH), path, progress=False)
    assert path.read_bytes() == before
    assert tlsmc.run(library.spec(defects=4 * BATCH), path, progress=False, force=True).complete
    with pytest.raises(SpecError, match="exists already; choose another name"):
        tlsmc.run(library.spec(defects=4 * BATCH), path, progress=False)


# --- what must agree -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("version", "0.0.9", "tlsmc 0.0.9 (here "),
        ("numpy", "1.0", "numpy 1.0 (here "),
        ("kernel", "abacus", "kernel abacus (here "),
    ],
)
def test_another_version_or_kernel_is_refused(tmp_path, monkeypatch, field, value, words):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch)
    run = tlsmc.open_run(path)
    made = dataclasses.replace(run.provenance, **{field: value})
    path.write_bytes(store.run_image(run.spec, run.sums, made))
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        tlsmc.resume(path, progress=False)
    assert words in str(caught.value)
    assert "go on with the same" in str(caught.value)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.h5"]
    # It can be read all the same.
    assert tlsmc.open_run(path).defects == run.defects


def test_another_spec_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch)
    with pytest.raises(StoreError, match=r"holds another run: seed = 1 there, 2 here; give that spec"):
        tlsmc.resume(path, spec=library.spec(seed=2), progress=False)
    laws = library.several_blocks()["population"]["parameters"] | {"E": {"law": "uniform", "high": 2.0}}
    with pytest.raises(StoreError, match=r"population.parameters.E.high = 1.0 there, 2.0 here"):
        tlsmc.resume(path, spec=library.spec(parameters=laws), progress=False)
    assert tlsmc.resume(path, spec=library.spec(), progress=False).complete


def test_another_schema_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch)
    path.write_bytes(path.read_bytes().replace(b"schema 1\n", b"schema 2\n", 1))
    with pytest.raises(StoreError, match="has schema 2, this version reads 1"):
        tlsmc.resume(path, progress=False)


def test_missing_and_damaged_files_are_refused(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        tlsmc.resume(tmp_path / "none.h5", progress=False)
    (tmp_path / "bad.h5").write_bytes(b"x" * 1000)
    with pytest.raises(StoreError, match="is not a run file"):
        tlsmc.resume(tmp_path / "bad.h5", progress=False)
    assert os.listdir(tmp_path) == ["bad.h5"]


# --- when to write ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cost", [0.001, 0.2, 5.0])
def test_checkpoints_cost_at_most_a_twentieth(monkeypatch, cost):
    clock = [0.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: clock[0])

    def write(path, image):
        clock[0] += cost

    monkeypatch.setattr(store, "replace_file", write)
    monkeypatch.setattr(store, "run_image", lambda *content: b"")
    spec = library.spec()
    collector = checkpoints.Collector(
        spec, ensemble.empty_sums(spec), ensemble.fresh_provenance(), library.ROOT / "x.h5"
    )
    written = []
    while clock[0] < 1000.0:
        clock[0] += 0.1
        if collector.due:
            collector.checkpoint()
            written.append(clock[0])
    assert min(np.diff(written)) >= 1.0
    # The first one of all, whose cost nobody knows, may come early; from then on the share is kept.
    assert all(cost * (n + 1) <= 0.05 * (t - cost) + 1e-9 for n, t in enumerate(written) if n > 0)
    assert max(np.diff(written)[1:]) < max(1.2, 21 * cost + 1.2)


def test_signals_wait_for_the_end_of_a_held_stretch():
    before = signal.getsignal(signal.SIGTERM)
    reached = []

    def held():
        with Interrupts() as interrupts:
            with interrupts.deferred():
                os.kill(os.getpid(), signal.SIGTERM)
                reached.append("inside")
            reached.append("after")

    with pytest.raises(KeyboardInterrupt):
        held()
    assert reached == ["inside"]
    # Under nohup the tests themselves were told to ignore it.
    ignored = signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), Interrupts():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, ignored)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_outside_the_main_thread(tmp_path):
    digests = []
    thread = threading.Thread(target=lambda: digests.append(tlsmc.run(library.spec(), progress=False).digest()))
    thread.start()
    thread.join()
    assert digests == [library.digest()]


# --- in processes of their own ---------------------------------------------------------------------------------------


def _begun(tmp_path, jobs, backend, blocks=1000, points=60, eager=True):
    spec = library.toml(tmp_path / "long.toml", defects=blocks // 2 * BATCH, samples=2, points=points)
    path = tmp_path / "run.h5"
    process = processes.start("run", spec, "-o", path, "--jobs", jobs, "--backend", backend, eager=eager)
    processes.wait_until(lambda: path.exists() and tlsmc.open_run(path).sums.done.sum() > 4 * jobs)
    return process, path, spec


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("jobs", "backend"), [(1, "loky"), (2, "loky"), (2, "threading")])
def test_a_signal_ends_the_run_in_good_order(tmp_path, jobs, backend, number):
    process, path, _ = _begun(tmp_path, jobs, backend)
    process.send_signal(number)
    code, out, err = processes.finish(process)
    assert code == 130, err
    assert out == ""
    assert err.startswith("interrupted: ")
    assert err.endswith(f"of the defects are saved in {path}; `tlsmc resume {path}` goes on\n")
    assert err.count("\n") == 1
    assert not tlsmc.open_run(path).complete
    assert sorted(os.listdir(tmp_path)) == ["long.toml", "run.h5"]


def test_a_worker_that_dies_ends_the_run_with_the_block(tmp_path):
    process, path, spec = _begun(tmp_path, 2, "loky", blocks=60, points=600, eager=False)
    victims = processes.workers(process)
    assert victims
    processes.kill(victims[0])
    code, out, err = processes.finish(process)
    assert (code, out) == (1, ""), err
    assert err.count("\n") == 1
    # Which block it was at, unless the kill hit it between two.
    found = re.search(
        r"error: a worker process died \(killed, perhaps for its memory\) (at block \d+ of sample|between)", err
    )
    assert found, err
    assert f"`tlsmc resume {path}` goes on" in err
    saved = tlsmc.open_run(path)
    assert 0 < saved.sums.done.sum() < saved.sums.done.size
    assert processes.command("resume", path, "--jobs", 2)[0] == 0
    assert tlsmc.open_run(path).digest() == tlsmc.run(tlsmc.load_spec(spec), progress=False).digest()
