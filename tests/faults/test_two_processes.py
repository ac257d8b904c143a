"""Two writers of one file, and a reader beside a writer."""

import tlsmc
from tests import library
from tests.faults import processes
from tlsmc.populations.sampling.streams import BATCH


def _writing(tmp_path, blocks):
    spec, path = library.toml(tmp_path / "a.toml", defects=blocks * BATCH, points=40), tmp_path / "run.h5"
    return processes.start("run", spec, "-o", path, "--jobs", 1), spec, path


def test_a_second_writer_is_refused(tmp_path):
    writer, spec, path = _writing(tmp_path, 20_000)
    try:
        processes.wait_until(path.exists)
        for arguments in (
            ("run", spec, "-o", path, "--force"),
            ("resume", path),
            ("merge", path, path, "-o", path, "--force"),
        ):
            code, out, err = processes.command(*arguments)
            assert (code, out) == (3, "")
            assert err == f"error: {path}: another process is writing it; wait for it, or choose another file\n"
        assert writer.poll() is None
    finally:
        writer.terminate()
        assert processes.finish(writer)[0] == 130
    assert tlsmc.verify(path).same_bits


def test_every_read_is_valid_and_monotonic(tmp_path):
    writer, spec, path = _writing(tmp_path, 2000)
    reads, status = [], None
    try:
        while writer.poll() is None:
            if path.exists():
                reads.append(int(tlsmc.open_run(path).sums.done.sum()))
                status = status or processes.start("status", path)
        code, _, err = processes.finish(writer)
        assert (code, err) == (0, "")
    finally:
        writer.kill()
    assert len(reads) > 20
    assert reads == sorted(reads)
    code, out, err = processes.finish(status)
    assert (code, err) == (0, "")
    assert "left as of the last checkpoint" in out
    assert tlsmc.open_run(path).digest() == tlsmc.run(tlsmc.load_spec(spec), progress=False).digest()
