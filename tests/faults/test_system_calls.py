"""A stop after every system call of a run, and every loss of power: no outcome reads as wrong or loses a checkpoint.

The recorder is a library put before the C library, so that the calls are those that the program really makes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tests import library
from tests.faults import replay
from tests.seeds import rng
from tlsmc.errors import TlsmcError
from tlsmc.populations.sampling import streams
from tlsmc.populations.sampling.streams import BATCH

#: A run whose every checkpoint makes a promise: the number of defects that may never be lost again.
PROGRAM = """
import os, struct, sys
from pathlib import Path
import tlsmc
from tests import library
from tlsmc.populations.sampling import streams
from tlsmc.results import store
from tlsmc.simulation import checkpoints

streams.MAX_BLOCKS = 2
checkpoints.PAUSE, checkpoints.SHARE = 0.0, 1e9
write, log = store.replace_file, os.open(os.environ["RECORD_LOG"], os.O_WRONLY | os.O_APPEND)

def promising(path, image):
    write(path, image)
    text = str(tlsmc.open_run(path).defects).encode()
    os.write(log, struct.pack("<cIII", b"P", 0, 0, len(text)) + text)

store.replace_file = promising
path, defects = Path(sys.argv[1]), int(sys.argv[2])
if path.exists():
    tlsmc.resume(path, defects=defects, progress=False)
else:
    tlsmc.run(library.spec(defects=defects, temperatures=(0.1,), store="population"), path, progress=False)
"""
DEFECTS, LARGER = 2 * BATCH, 3 * BATCH + 5
SITES = ("run file", "folder", "shard", "folder of shards")


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    """The compiled library."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs Linux and a C compiler to record system calls")
    made = tmp_path_factory.mktemp("recorder") / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


def _record(recorder, folder, defects):
    """Operations of a run in ``folder/disk``."""
    disk, log = folder / "disk", folder / "log"
    disk.mkdir(exist_ok=True)
    settings = {"LD_PRELOAD": str(recorder), "RECORD_ROOT": f"{disk}", "RECORD_LOG": str(log)}
    environment = os.environ | settings | {"PYTHONPATH": str(library.ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", PROGRAM, disk / "run.h5", str(defects)], env=environment, check=True)
    return replay.read_log(log, disk)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Blocks so large that few of them show everything; here, nothing needs to be safe from a loss of power."""
    monkeypatch.setattr(streams, "MAX_BLOCKS", 2)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="module")
def recorded(recorder, tmp_path_factory):
    """A run from nothing: two blocks."""
    folder = tmp_path_factory.mktemp("recorded")
    return _record(recorder, folder, DEFECTS), folder / "disk", {".": None}


@pytest.fixture
def expected():
    """Digest of the undisturbed run."""
    return library.digest(defects=DEFECTS, temperatures=(0.1,))


def _outcomes(operations, root, before, label, promised=0):
    """All states after a stop, each with the number of defects that had been promised by then."""
    generator, seen = rng(label), set()
    for stop in range(len(operations) + 1):
        disk = _after(operations[:stop], root, before)
        states = [disk.now(), *disk.after_power_cut(generator)]
        if stop < len(operations) and operations[stop].kind == "W":
            for part in generator.integers(0, len(operations[stop].data), 2):
                torn = _after(operations[:stop], root, before)
                torn.apply(operations[stop], root, int(part))
                states.append(torn.now())
        for state in states:
            key = (
                disk.promise,
                frozenset(
                    (path, hashlib.sha256(c.encode() if c == "folder" else c).digest()) for path, c in state.items()
                ),
            )
            if key not in seen:
                seen.add(key)
                yield state, int(disk.promise or promised)


def _after(operations, root, before):
    disk = replay.Disk.holding(before)
    for operation in operations:
        disk.apply(operation, root)
    return disk


def _fault(state, promised, folder, expected, defects):
    """What is wrong with an outcome, empty if nothing is."""
    replay.write_out(state, folder)
    path = folder / "run.h5"
    spec = library.spec(defects=defects, temperatures=(0.1,), store="population")
    try:
        if path.exists():
            found = tlsmc.verify(path, blocks=1, rng=np.random.default_rng(0)).run
            if found.defects < promised:
                return f"{found.defects} defects where {promised} were promised"
            run = tlsmc.resume(path, defects=max(defects, found.spec.layout.defects), progress=False)
        elif promised:
            return f"no file where {promised} defects were promised"
        else:
            run = tlsmc.run(spec, path, progress=False)
        if run.digest() != expected:
            return "another digest"
        tlsmc.verify(path, blocks=0)
        left = [p.name for p in folder.rglob("*.tmp")]
        return f"left {left}" if left else ""
    except TlsmcError as error:
        return str(error)
    finally:
        shutil.rmtree(folder)


def _faults(outcomes, folder, expected, defects=DEFECTS):
    """What is wrong with each outcome that something is wrong with."""
    for i, (state, promised) in enumerate(outcomes):
        fault = _fault(state, promised, folder / str(i), expected, defects)
        if fault:
            yield fault


def test_the_record_is_what_happened(recorded):
    operations, root, before = recorded
    disk = _after(operations, root, before)
    there = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert {path: content for path, content in disk.now().items() if content != "folder"} == there
    assert {operation.site for operation in operations if operation.kind == "S"} == set(SITES)
    assert disk.promise == str(DEFECTS)


def test_every_stop_and_every_loss_of_power(recorded, expected, tmp_path):
    outcomes = list(_outcomes(*recorded, "stops"))
    # Before the first checkpoint there is nothing, after the last everything; both and much in between are there.
    assert len(outcomes) > 30
    assert {promised for _, promised in outcomes} == {0, BATCH, DEFECTS}
    assert list(_faults(outcomes, tmp_path, expected)) == []


def _without(operations, site, after_mkdir=False):
    """The same program without one of its calls of fsync."""
    kept, made = [], False
    for operation in operations:
        made = made or operation.kind == "M"
        if operation.kind == "S" and operation.site == site:
            first, made = made, False
            if first == after_mkdir:
                continue
        kept.append(operation)
    return kept


@pytest.mark.parametrize(
    ("site", "after_mkdir"), [*((site, False) for site in SITES), ("folder", True)], ids=[*SITES, "folder after mkdir"]
)
def test_no_fsync_can_be_spared(recorded, expected, tmp_path, site, after_mkdir):
    operations, root, before = recorded
    spared = _without(operations, site, after_mkdir)
    assert len(spared) < len(operations)
    assert next(_faults(_outcomes(spared, root, before, "spared"), tmp_path, expected), "") != ""


@pytest.mark.slow
def test_every_stop_of_a_run_that_is_made_larger(recorder, tmp_path):
    # Blocks of one batch become blocks of two: shards are joined, and the old ones removed at the very end.
    disk = tmp_path / "disk"
    disk.mkdir()
    tlsmc.run(library.spec(defects=DEFECTS, temperatures=(0.1,), store="population"), disk / "run.h5", progress=False)
    before = {str(p.relative_to(disk)): p.read_bytes() if p.is_file() else None for p in disk.rglob("*")} | {".": None}
    assert len(before) == 5
    operations = _record(recorder, tmp_path, LARGER)
    assert [operation.kind for operation in operations].count("U") >= 3
    outcomes = _outcomes(operations, disk, before, "larger", promised=DEFECTS)
    expected = library.digest(defects=LARGER, temperatures=(0.1,))
    assert list(_faults(outcomes, tmp_path / "outcomes", expected, LARGER)) == []
