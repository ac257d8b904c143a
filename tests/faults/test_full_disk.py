"""A disk that is full: exit status 4, one line, and the run goes on when there is space again."""

import resource
import subprocess

import pytest

import tlsmc
from tests import library
from tests.faults import processes
from tlsmc.populations.sampling.streams import BATCH


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tlsmc-test", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs is not allowed here; the limit on file sizes is tested instead")
    yield folder
    subprocess.run(["umount", folder], check=True)


def _fill(folder, leave):
    """Leave only so many bytes free."""
    block = b"x" * 4096
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError:
            file.truncate(max(0, file.tell() // 4096 * 4096 - leave))


def _refused(result, path):
    code, out, err = result
    assert code == 4, err
    assert out == ""
    lines = [line for line in err.splitlines() if not line.startswith("storing ")]
    assert len(lines) == 1, err
    assert lines[0].startswith("error: ")
    assert "space left" in lines[0] or "are free" in lines[0]
    assert str(path) in lines[0]
    assert not list(path.parent.glob("*.tmp"))
    assert not list(path.parent.glob("*.lock"))


def _completes(spec, path, jobs=1):
    expected = tlsmc.run(tlsmc.load_spec(spec, ("store=none",)), progress=False).digest()
    arguments = ("resume", path) if path.exists() else ("run", spec, "-o", path)
    code, _, err = processes.command(*arguments, "--jobs", jobs)
    assert code == 0, err
    assert tlsmc.verify(path).run.digest() == expected


@pytest.mark.parametrize(("leave", "jobs"), [(8192, 2), pytest.param(0, 1, marks=pytest.mark.slow)])
def test_full_at_the_first_write(tmp_path, small_disk, leave, jobs):
    spec, path = library.toml(tmp_path / "a.toml", defects=3 * BATCH, points=40), small_disk / "run.h5"
    _fill(small_disk, leave)
    _refused(processes.command("run", spec, "-o", path, "--jobs", jobs), path)
    assert not path.exists()
    (small_disk / "filler").unlink()
    _completes(spec, path, jobs)


def test_full_in_a_checkpoint(tmp_path, small_disk):
    # A run file of 130 kB, which a checkpoint needs twice.
    spec, path = library.toml(tmp_path / "a.toml", defects=60 * BATCH, points=40), small_disk / "run.h5"
    process = processes.start("run", spec, "-o", path, "--jobs", 1)
    processes.wait_until(path.exists)
    _fill(small_disk, 0)
    _refused(processes.finish(process), path)
    kept = tlsmc.open_run(path)
    assert 0 < kept.sums.done.sum() < 60
    _refused(processes.command("resume", path, "--jobs", 1), path)
    assert tlsmc.open_run(path).digest() == kept.digest()
    (small_disk / "filler").unlink()
    _completes(spec, path)


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_full_in_a_shard(tmp_path, small_disk, jobs):
    # One shard of two fits; the free space is looked at before the run, so something else fills the disk during it.
    spec = library.toml(tmp_path / "a.toml", defects=2 * BATCH, points=2)
    path = small_disk / "run.h5"
    code = (
        "import shutil, sys; from types import SimpleNamespace; from tlsmc import cli; "
        "from tlsmc.simulation import checkpoints, resources; "
        "resources.shutil = SimpleNamespace(disk_usage=lambda path: SimpleNamespace(free=10**12)); "
        "checkpoints.PAUSE, checkpoints.SHARE = 0.0, 1e9; sys.exit(cli.main())"
    )
    _fill(small_disk, 240_000)
    arguments = ("run", spec, "-o", path, "--store", "population", "--jobs", jobs)
    _refused(_with_code(code, arguments), path)
    assert tlsmc.open_run(path).sums.done.sum() == 1
    assert len(list((small_disk / "run.h5.d").iterdir())) == 1
    (small_disk / "filler").unlink()
    _completes(spec, path, jobs)


def _with_code(code, arguments):
    eager, processes.EAGER = processes.EAGER, code
    try:
        return processes.command(*arguments)
    finally:
        processes.EAGER = eager


@pytest.mark.parametrize(
    ("limit", "store", "jobs"),
    [
        (3000, "none", 1),
        pytest.param(50_000, "none", 2, marks=pytest.mark.slow),
        pytest.param(100_000, "population", 2, marks=pytest.mark.slow),
    ],
)
def test_a_limit_on_the_size_of_files(tmp_path, jobs, limit, store):
    spec, path = library.toml(tmp_path / "a.toml", defects=10 * BATCH, points=60, store=store), tmp_path / "run.h5"

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    _refused(
        processes.command(
            "run", spec, "-o", path, "--jobs", jobs, preexec_fn=limited, env={"PYTHONDONTWRITEBYTECODE": "1"}
        ),
        path,
    )
    _completes(spec, path, jobs)
