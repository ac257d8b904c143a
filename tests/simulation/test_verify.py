"""``verify``: a sound file passes, and sums that are not those of the spec do not, however well they are sealed."""

import json
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tests import library
from tests.faults import processes
from tests.library import stopped
from tests.seeds import rng
from tlsmc.errors import StoreError
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results import store

#: Written by the first version that had this format; it must open for ever.
OLD = Path(__file__).parents[1] / "data" / "run_schema_1.h5"


@pytest.fixture(params=library.KINDS)
def run(request):
    return tlsmc.run(library.spec(**library.KINDS[request.param]), progress=False)


def _write(path, run):
    path.write_bytes(store.run_image(run.spec, run.sums, run.provenance))
    return path


def test_a_sound_file(tmp_path, run):
    checked = tlsmc.verify(_write(tmp_path / "run.h5", run), blocks=100)
    assert len(checked.recomputed) == run.sums.done.size
    assert checked.same_bits
    assert checked.run.digest() == run.digest()
    assert tlsmc.verify(tmp_path / "run.h5", blocks=0).recomputed == ()


def test_an_unfinished_file(tmp_path, monkeypatch):
    stopped(tmp_path / "run.h5", monkeypatch)
    assert tlsmc.verify(tmp_path / "run.h5", blocks=10).recomputed == ((0, 0), (0, 1))
    stopped(tmp_path / "empty.h5", monkeypatch, after=0)
    assert tlsmc.verify(tmp_path / "empty.h5").recomputed == ()


def test_blocks_are_drawn_at_random(tmp_path):
    path = _write(tmp_path / "run.h5", tlsmc.run(library.spec(defects=20 * BATCH), progress=False))
    drawn = {tlsmc.verify(path, blocks=2).recomputed for _ in range(6)}
    # All six the same two of 20 blocks: once in 2e11 times.
    assert len(drawn) > 1
    assert tlsmc.verify(path, rng=rng("a")).recomputed == tlsmc.verify(path, rng=rng("a")).recomputed


def _changes(run):
    """Changes of the sums of a run that no checksum can notice, and words of the message."""
    sums = run.sums.observables["heat_capacity"]
    largest = sums.largest

    def swap():
        largest.values[0, [0, 1]] = largest.values[0, [1, 0]]

    def nan():
        sums.totals[0, 1, 0, 0, 0] = np.nan

    return {
        "counts": (
            lambda: run.sums.counts.__setitem__((0, 1), run.sums.counts[0, 1] - 1),
            "which cannot be|other defects",
        ),
        "undone": (lambda: run.sums.done.__setitem__((0, 1), False), "defects, which cannot be"),
        "nan": (nan, "block 1 of sample 0 has a sum that is not finite"),
        "infinite product": (lambda: sums.products.__setitem__((0, 1), np.inf), "a product that is not finite"),
        "too large": (
            lambda: sums.totals.__setitem__((0, 1), sums.totals[0, 1] * 30),
            "too large for its sum of squares",
        ),
        "other sum": (lambda: sums.totals.__setitem__((0, 1), sums.totals[0, 1] * (1 + 1e-6)), "has other sums"),
        "other product": (
            lambda: sums.products.__setitem__((0, 1), sums.products[0, 1] * (1 + 1e-6)),
            "has other sums",
        ),
        "order": (swap, "is not in descending order"),
        "no such defect": (lambda: largest.defects.__setitem__((0, 0), 2**62), "names a defect that the run has not"),
        "twice": (lambda: largest.defects.__setitem__((0, 0), largest.defects[0, 1]), "names a defect twice"),
        "too few": (lambda: largest.values.__setitem__((0, -1), -np.inf), "lacks entries"),
        "largest": (
            lambda: largest.values.__setitem__((0, 0), largest.values[0, 0] * 1.01),
            "other largest contributions",
        ),
    }


@pytest.mark.parametrize("change", _changes(tlsmc.run(library.spec(defects=1), progress=False)))
def test_changed_sums_are_noticed(tmp_path, run, change):
    apply, words = _changes(run)[change]
    apply()
    with pytest.raises(StoreError, match=words) as caught:
        tlsmc.verify(_write(tmp_path / "run.h5", run), blocks=1000)
    assert str(caught.value).startswith(str(tmp_path / "run.h5"))
    assert "\n" not in str(caught.value)


def test_a_missing_large_contribution_is_noticed(tmp_path):
    run = tlsmc.run(library.spec(), progress=False)
    largest = run.sums.observables["heat_capacity"].largest
    largest.values[0, 3:-1], largest.defects[0, 3:-1] = largest.values[0, 4:].copy(), largest.defects[0, 4:].copy()
    largest.defects[0, -1] = 4096 * 2  # some other one in the last place
    with pytest.raises(StoreError, match="other largest contributions"):
        tlsmc.verify(_write(tmp_path / "run.h5", run), blocks=1000)


def test_rounding_of_another_machine_is_said(tmp_path):
    run = tlsmc.run(library.spec(), progress=False)
    run.sums.observables["heat_capacity"].totals *= 1.0 + 1e-15
    assert not tlsmc.verify(_write(tmp_path / "run.h5", run), blocks=1000).same_bits


def test_the_commands(tmp_path):
    path = _write(tmp_path / "run.h5", tlsmc.run(library.spec(), progress=False))
    code, out, err = processes.command("verify", path, "--blocks", 2)
    assert (code, err) == (0, "")
    assert "sound; the sums of 4 blocks" in out
    assert "the same bit for bit" in out
    code, out, err = processes.command("verify", path, "--json")
    found = json.loads(out)
    assert (code, found["sound"], found["same_bits"], len(found["blocks"])) == (0, True, True, 3)
    image = bytearray(path.read_bytes())
    image[-100] ^= 1
    path.write_bytes(image)
    code, out, err = processes.command("verify", path)
    assert (code, out) == (3, "")
    assert err.startswith(f"error: {path}: is damaged")
    assert err.count("\n") == 1
    assert processes.command("verify", path, "--blocks", -1)[0] == 2


def test_status_of_an_unfinished_run(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch, defects=4 * BATCH)
    code, out, err = processes.command("status", path)
    assert (code, err) == (0, "")
    assert "8,192 of 16,384 defects done (50.0%)" in out
    assert "defects a second" in out
    assert f"tlsmc resume {path}" in out
    assert "mean so far" in out
    found = json.loads(processes.command("status", path, "--json")[1])
    assert (found["defects_done"], found["defects"], found["complete"]) == (8192, 16384, False)
    assert found["rate"] > 0
    assert found["seconds_left"] == pytest.approx(8192 / found["rate"])
    assert set(found["curves"]) == set(tlsmc.open_run(path).names)
    for command in ("show", "compare"):
        out = processes.command(command, path)[1]
        assert "unfinished: 50.0%" in out
    tlsmc.resume(path, progress=False)
    assert "complete after" in processes.command("status", path)[1]


def test_status_of_a_part(tmp_path):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(defects=4 * BATCH), path, part="1/4", progress=False)
    out = processes.command("status", path)[1]
    assert "(part 1/4)" in out
    assert "4,096 of 4,096 defects done (100.0%)" in out


def test_a_file_of_the_first_version_opens():
    run = tlsmc.open_run(OLD)
    assert OLD.stat().st_size < 200_000
    assert run.complete
    assert run.provenance.version == "0.1.0"
    assert run.digest() == json.loads(OLD.with_suffix(".json").read_text())["digest"]
    assert run.defects == 2 * (BATCH + 100)
    for name in run.names:
        assert np.isfinite(run[name].mean).all()
    tlsmc.verify(OLD, blocks=1)
