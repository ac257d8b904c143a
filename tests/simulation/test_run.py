"""Runs: the same numbers however they are computed, what is written, and what is refused."""

import os
import re

import numpy as np
import pytest

import tlsmc
from tests.library import small_content
from tlsmc.errors import SpecError, StoreError, ValidityError
from tlsmc.observables.program import contributions
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results import store
from tlsmc.simulation import checkpoints
from tlsmc.simulation import resources as outputs
from tlsmc.simulation import run as ensemble
from tlsmc.spec.reader import parse_spec


def _spec(**settings):
    return parse_spec(small_content(**settings))


def _run(path=None, jobs=1, backend="loky", force=False, **settings):
    return tlsmc.run(_spec(**settings), path, jobs=jobs, backend=backend, force=force, progress=False)


# --- the same bits ---------------------------------------------------------------------------------------------------

KINDS = {
    "random": {"defects": 9 * BATCH + 17, "samples": 2},
    "poisson": {"defects": 3 * BATCH, "samples": 3, "count": "poisson"},
    "sobol": {"defects": 5 * BATCH, "samples": 2, "sampling": "sobol"},
    "small samples": {"defects": 7, "samples": 60},
    "small poisson samples": {"defects": 2, "samples": 60, "count": "poisson"},
}


@pytest.fixture(scope="module", params=KINDS)
def reference(request):
    """A run by one worker, and its settings."""
    return KINDS[request.param], _run(**KINDS[request.param])


@pytest.mark.parametrize(("jobs", "backend"), [(1, "threading"), (2, "threading"), (4, "threading"), (2, "loky")])
def test_workers_and_backends_change_no_bit(reference, jobs, backend):
    settings, run = reference
    assert _run(jobs=jobs, backend=backend, **settings).digest() == run.digest()


@pytest.mark.parametrize("kind", ["random", *(pytest.param(k, marks=pytest.mark.slow) for k in KINDS if k != "random")])
def test_four_processes_change_no_bit(kind):
    assert _run(jobs=4, **KINDS[kind]).digest() == _run(**KINDS[kind]).digest()


def test_runs_are_complete_and_count_their_defects(reference):
    settings, run = reference
    layout = run.spec.layout
    assert run.complete
    assert run.defects == settings["samples"] * settings["defects"]
    assert run.sums.counts.shape == (layout.samples, layout.blocks)
    if layout.count == "fixed":
        np.testing.assert_array_equal(run.sums.counts.sum(axis=1), settings["defects"])


def _columns(spec):
    """(sample, batch, columns) of every batch of a run."""
    layout, population = spec.layout, spec.population
    for sample in range(layout.samples):
        for block in range(layout.blocks):
            for batch, points in layout.batches(sample, block, population.dimensions):
                yield sample, batch, population.columns(points)


def test_sums_and_largest_are_those_of_all_defects(reference):
    _, run = reference
    batches = list(_columns(run.spec))
    for gridded in run.spec.observables:
        sums = run.sums.observables[gridded.name]
        program, rows = gridded.observable.program(run.spec.population), gridded.points
        numbers = np.concatenate(
            [sample * 2**44 + batch * 2**14 + np.arange(len(columns["E"])) for sample, batch, columns in batches]
        )
        place = 0
        for k in range(program.components):
            for i, T in enumerate(gridded.T):
                for j, row in enumerate(rows):
                    values = np.concatenate([contributions(program, c, float(T), row)[k] for _, _, c in batches])
                    assert sums.totals[:, :, k, i, j].sum() == pytest.approx(values.sum(), rel=1e-12, abs=0)
                    diagonal = program.pairs.index((k, k))
                    assert sums.products[:, :, diagonal, i, j].sum() == pytest.approx(
                        (values**2).sum(), rel=1e-12, abs=0
                    )
                    keep = min(sums.largest.keep, len(values))
                    order = np.lexsort((numbers, -values))[:keep]
                    # Rounding may differ between one column of the grid and all of them, hence not the same bits.
                    np.testing.assert_allclose(sums.largest.values[place, :keep], values[order], rtol=1e-12)
                    clear = np.flatnonzero(np.abs(np.diff(values[order])) > 1e-9 * values[order[:-1]])[:-1] + 1
                    clear = clear[np.isin(clear + 1, np.append(clear, keep))]
                    np.testing.assert_array_equal(sums.largest.defects[place, clear], numbers[order][clear])
                    place += 1


def test_a_longer_run_begins_with_the_same_blocks():
    short, longer = _run(defects=3 * BATCH), _run(defects=5 * BATCH, samples=2)
    for name, sums in short.sums.observables.items():
        np.testing.assert_array_equal(longer.sums.observables[name].totals[:1, :3], sums.totals)
        np.testing.assert_array_equal(longer.sums.observables[name].products[:1, :3], sums.products)


def test_observables_see_the_same_defects_alone_or_together():
    together, grid = _run(), {"temperature": [0.1, 1.0]}
    alone = _run(observables={"dephasing": grid})
    np.testing.assert_array_equal(
        alone.sums.observables["dephasing"].totals, together.sums.observables["dephasing"].totals
    )
    assert alone.names == ("dephasing",)


def test_seeds_differ():
    assert _run(seed=1).digest() != _run(seed=2).digest()


def test_nothing_is_printed_where_nobody_watches(capfd):
    tlsmc.run(_spec(), progress=True)
    assert capfd.readouterr() == ("", "")


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_file_holds_what_memory_holds(tmp_path, jobs):
    path = tmp_path / "run.h5"
    settings = KINDS["random"]
    run = _run(path, jobs=jobs, **settings)
    again = tlsmc.open_run(path)
    assert again.spec == run.spec == _spec(**settings)
    assert again.digest() == run.digest() == _run(**settings).digest()
    assert again.complete
    assert run.path == again.path == str(path)
    assert os.listdir(tmp_path) == ["run.h5"]


def test_checkpoints_are_whole_files_of_the_same_run(tmp_path, monkeypatch):
    # One after every group of blocks, each of which must open and agree where it is done.
    monkeypatch.setattr(checkpoints, "PAUSE", 0.0)
    monkeypatch.setattr(checkpoints, "SHARE", 1e9)
    images, write = [], store.replace_file

    def keep(path, image):
        write(path, image)
        images.append(tlsmc.open_run(path))

    monkeypatch.setattr(store, "replace_file", keep)
    run = _run(tmp_path / "run.h5", defects=20 * BATCH)
    assert len(images) > 5
    assert images[-1].digest() == run.digest()
    done = [image.sums.done.sum() for image in images]
    assert done == sorted(done)
    assert done[0] < 20
    for image in images:
        where = image.sums.done
        assert image.defects == where.sum() * BATCH
        for name, sums in image.sums.observables.items():
            np.testing.assert_array_equal(sums.totals[where], run.sums.observables[name].totals[where])
            assert not sums.totals[~where].any()


def test_outputs_are_refused_before_the_run(tmp_path, monkeypatch):
    def never(*arguments):
        raise AssertionError("the run began")

    monkeypatch.setattr(ensemble, "simulate_blocks", never)
    (tmp_path / "exists.h5").write_bytes(b"precious")
    cases = {
        tmp_path / "exists.h5": r"exists already; choose another name, or give --force",
        tmp_path / "none" / "run.h5": r"the folder .*none does not exist; make it",
        tmp_path: r"is a folder; give the name of a file in it",
    }
    for path, words in cases.items():
        with pytest.raises(SpecError, match=f"-o {re.escape(str(path))}: {words}"):
            _run(path)
    with pytest.raises(SpecError, match="is a folder"):
        _run(tmp_path, force=True)
    assert (tmp_path / "exists.h5").read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["exists.h5"]


def test_force_replaces(tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(b"old")
    run = _run(path, force=True)
    assert tlsmc.open_run(path).digest() == run.digest()


def test_a_file_that_is_being_written_is_refused(tmp_path):
    with store.locked(tmp_path / "run.h5"), pytest.raises(StoreError, match="another process is writing it"):
        _run(tmp_path / "run.h5")


def test_a_grid_beyond_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(outputs, "physical_memory", lambda: 100_000)
    with pytest.raises(
        SpecError, match=r"need 0\.\d+ GB for block sums, 0\.0001 GB are there; take fewer points or samples"
    ):
        _run()
    monkeypatch.setattr(outputs, "physical_memory", lambda: 10**9)
    outputs.check_memory(_spec(defects=10**12))
    with pytest.raises(SpecError, match="take fewer points or samples"):
        outputs.check_memory(_spec(defects=10**12, samples=500_000))


# --- contributions that are not finite -------------------------------------------------------------------------------


@pytest.mark.parametrize(("jobs", "backend"), [(1, "loky"), (2, "loky"), (2, "threading")])
def test_a_contribution_that_is_not_finite_names_its_defect(tmp_path, jobs, backend):
    # So cold that (E/2T)^2 overflows: infinity times zero.
    settings = {
        "observables": {"heat_capacity": {"temperature": [1e-170, 1.0]}},
        "defects": 2 * BATCH,
        "E_low": 1.0,
    }
    low = settings.pop("E_low")
    content = small_content(**settings)
    content["population"]["parameters"]["E"] = {"law": "uniform", "low": low, "high": 2.0}
    spec = parse_spec(content)
    with pytest.raises(ValidityError) as caught:
        tlsmc.run(spec, tmp_path / "run.h5", jobs=jobs, backend=backend, progress=False)
    message = str(caught.value)
    assert "\n" not in message
    found = re.match(
        r"heat_capacity\.heat_capacity: contribution nan at T = 1e-170 of defect (\d+) in batch (\d+) "
        r"of sample 0 \(Delta = .*, E = ([\d.]+), p = .*\); narrow the laws",
        message,
    )
    assert found
    # The defect is the one that the numbers lead to.
    batch, position = int(found[2]), int(found[1])
    columns = {b: c for _, b, c in _columns(spec)}[batch]
    assert columns["E"][position] == pytest.approx(float(found[3]), rel=1e-5)
    # Neither a file nor a lock is left.
    assert os.listdir(tmp_path) == []


def test_a_failed_run_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(b"precious")
    with pytest.raises(ValidityError):
        _run(path, force=True, observables={"heat_capacity": {"temperature": [1e-170]}})
    assert path.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["run.h5"]
