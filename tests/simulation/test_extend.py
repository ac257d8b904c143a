"""Runs that are made larger: the result is that of a run which was begun with that size."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tests import library
from tests.library import stopped
from tlsmc.errors import SpecError
from tlsmc.populations.sampling import streams
from tlsmc.populations.sampling.streams import BATCH, Layout
from tlsmc.results import store
from tlsmc.simulation import run as ensemble


@pytest.fixture
def few_blocks(monkeypatch):
    """At most four blocks in a sample, so that small runs have blocks of several batches."""
    monkeypatch.setattr(streams, "MAX_BLOCKS", 4)


STEPS = [
    (7, 9),
    (100, BATCH),
    (BATCH - 1, BATCH + 1),
    (BATCH, 2 * BATCH),
    (4 * BATCH, 5 * BATCH),
    (4 * BATCH, 17 * BATCH + 3),
]
STEPS += [
    (3 * BATCH + 5, 4 * BATCH + 6),
    (7 * BATCH + 9, 8 * BATCH),
    (8 * BATCH, 8 * BATCH + 1),
    (5 * BATCH, 9 * BATCH),
]


@pytest.mark.parametrize("count", ["fixed", "poisson"])
@pytest.mark.parametrize(("first", "then"), STEPS)
@pytest.mark.usefixtures("few_blocks")
def test_more_defects(tmp_path, first, then, count):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(defects=first, count=count), path, progress=False)
    run = tlsmc.resume(path, defects=then, progress=False)
    assert run.spec == tlsmc.open_run(path).spec == library.spec(defects=then, count=count)
    assert run.digest() == tlsmc.open_run(path).digest() == library.digest(defects=then, count=count)
    assert run.spec.overrides == (f"population.defects={then}",)


@pytest.mark.usefixtures("few_blocks")
def test_old_blocks_are_used_again(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(defects=4 * BATCH), path, progress=False)
    seen, real = [], ensemble.simulate_blocks

    def watched(task):
        seen.extend(task.blocks.tolist())
        return real(task)

    monkeypatch.setattr(ensemble, "simulate_blocks", watched)
    # Four blocks of one batch are two blocks of two batches.
    tlsmc.resume(path, defects=8 * BATCH, progress=False)
    assert seen == [[0, 2], [0, 3]]


@pytest.mark.parametrize("jobs", [1, 2])
def test_more_samples(tmp_path, jobs):
    path, settings = tmp_path / "run.h5", {"defects": BATCH + 9}
    tlsmc.run(library.spec(samples=2, **settings), path, progress=False)
    run = tlsmc.resume(path, samples=5, jobs=jobs, progress=False)
    assert run.digest() == library.digest(samples=5, **settings)
    run = tlsmc.resume(path, samples=6, defects=2 * BATCH, jobs=jobs, progress=False)
    assert run.digest() == library.digest(samples=6, defects=2 * BATCH)


@pytest.mark.parametrize("count", ["fixed", "poisson"])
def test_more_of_tiny_samples(tmp_path, count):
    # The lists hold as many contributions as there are defects: they grow with the run.
    path, settings = tmp_path / "run.h5", {"defects": 3, "count": count}
    tlsmc.run(library.spec(samples=5, **settings), path, progress=False)
    assert tlsmc.resume(path, samples=70, progress=False).digest() == library.digest(samples=70, **settings)


@pytest.mark.usefixtures("few_blocks")
def test_an_unfinished_run_and_an_unfinished_extension(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch, after=3, defects=4 * BATCH, samples=2)
    real, calls = ensemble.simulate_blocks, []

    def stopping(*arguments, **named):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "simulate_blocks", stopping)
        with pytest.raises(KeyboardInterrupt):
            tlsmc.resume(path, defects=9 * BATCH + 1, progress=False)
    assert tlsmc.open_run(path).spec.layout.defects == 9 * BATCH + 1
    run = tlsmc.resume(path, defects=12 * BATCH, samples=3, progress=False)
    assert run.digest() == library.digest(defects=12 * BATCH, samples=3)
    tlsmc.verify(path, blocks=20)


def test_sobol_points_grow_as_long_as_the_scrambles_do_not_change(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "MAX_SCRAMBLES", 4)
    path, settings = tmp_path / "run.h5", {"sampling": "sobol"}
    tlsmc.run(library.spec(defects=2 * BATCH + 100, **settings), path, progress=False)
    run = tlsmc.resume(path, defects=4 * BATCH, progress=False)
    assert run.digest() == library.digest(defects=4 * BATCH, **settings)
    before = path.read_bytes()
    with pytest.raises(SpecError, match=r"scrambles of 8192 Sobol points from those of 4096.*stay below"):
        tlsmc.resume(path, defects=5 * BATCH, progress=False)
    assert path.read_bytes() == before


def test_less_is_refused(tmp_path):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(samples=2), path, progress=False)
    with pytest.raises(SpecError, match=r"--defects 5: the run has 12305 already; give the total"):
        tlsmc.resume(path, defects=5, progress=False)
    with pytest.raises(SpecError, match=r"--samples 1: the run has 2 already"):
        tlsmc.resume(path, samples=1, progress=False)
    assert tlsmc.resume(path, samples=2, defects=3 * BATCH + 17, progress=False).digest() == library.digest(samples=2)


def test_a_part_is_not_made_larger(tmp_path):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(), path, part="1/2", progress=False)
    with pytest.raises(SpecError, match=r"is part 1/2 of a run, which cannot be made larger; merge all parts first"):
        tlsmc.resume(path, samples=2, progress=False)


def test_the_lock_is_kept_while_a_run_grows(tmp_path):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(), path, progress=False)
    with store.locked(path), pytest.raises(tlsmc.StoreError, match="another process is writing it"):
        tlsmc.resume(path, samples=2, progress=False)


# --- the streams behind it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [("random", "fixed"), ("random", "poisson"), ("sobol", "fixed")])
def test_a_short_batch_holds_the_first_defects_of_the_whole_one(kinds):
    whole = dict(Layout(5, 1, BATCH, *kinds).batches(0, 0, 2))[0]
    before = 0
    for size in (1, 2, 100, 2000, BATCH - 1):
        short = dict(Layout(5, 1, size, *kinds).batches(0, 0, 2))[0]
        np.testing.assert_array_equal(short, whole[:, : short.shape[1]])
        assert before <= short.shape[1]
        before = short.shape[1]
        if kinds[1] == "fixed":
            assert before == size


def test_a_run_of_the_first_version_goes_on(tmp_path, monkeypatch):
    path = Path(shutil.copy(library.ROOT / "tests" / "data" / "run_0_1_numpy.h5", tmp_path))
    old = tlsmc.open_run(path)
    assert old.provenance.version == "0.1.0" != tlsmc.__version__
    monkeypatch.setattr(np, "__version__", old.provenance.numpy)
    run = tlsmc.resume(path, samples=3, progress=False)
    content = old.spec.resolved()
    content["population"]["samples"] = 3
    assert run.digest() == tlsmc.run(tlsmc.parse_spec(content), kernel="numpy", progress=False).digest()
