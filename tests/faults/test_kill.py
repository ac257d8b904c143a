"""SIGKILL at any moment: what is left opens, and goes on to the same digest."""

import os
import time

import pytest

import tlsmc
from tests import library
from tests.faults import processes
from tests.seeds import rng
from tlsmc.populations.sampling.streams import BATCH


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_again_and_again(tmp_path, jobs, kills):
    spec = library.toml(tmp_path / "a.toml", defects=100 * BATCH, points=20, store="population")
    expected = tlsmc.run(tlsmc.load_spec(spec, ("store=none",)), progress=False).digest()
    path, generator, done, killed, finished = tmp_path / "run.h5", rng(f"kills {jobs} {kills}"), 0, 0, 0
    while killed < kills:
        arguments = ("resume", path) if path.exists() else ("run", spec, "-o", path)
        process = processes.start(*arguments, "--jobs", jobs, "--backend", "loky")
        # From before the first import to the middle of the run: half of the kills wait for some progress first.
        if generator.random() < 0.5:
            processes.wait_until(lambda process=process, done=done: process.poll() is not None or _blocks(path) > done)
        time.sleep(float(generator.uniform(0.0, 0.3)))
        processes.kill(process.pid)
        # Workers end by themselves, and with them the last holders of the pipes.
        if processes.finish(process, timeout=60)[0] == 0:
            finished += 1
            assert tlsmc.open_run(path).digest() == expected
            path.unlink()
            done = 0
            continue
        killed += 1
        # Nothing that was there is gone.
        assert _blocks(path) >= done
        done = _blocks(path)
    arguments = ("resume", path) if path.exists() else ("run", spec, "-o", path)
    code, _, err = processes.command(*arguments, "--jobs", jobs)
    assert code == 0, err
    run = tlsmc.verify(path).run
    assert run.digest() == expected
    assert sorted(os.listdir(tmp_path)) == ["a.toml", "run.h5", "run.h5.d"]
    assert len(os.listdir(tmp_path / "run.h5.d")) == run.sums.done.size


def _blocks(path):
    return int(tlsmc.open_run(path).sums.done.sum()) if path.exists() else 0
