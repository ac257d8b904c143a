"""What a run keeps of every defect: the same as the seed gives, within a budget, and never read as anything else."""

import os
import re
import shutil

import numpy as np
import pytest

import tlsmc
from tests import library
from tests.faults import processes
from tests.library import stopped
from tests.seeds import rng
from tlsmc.errors import SpecError, StoreError
from tlsmc.populations.sampling import streams
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results import store
from tlsmc.simulation import resources as outputs

STORES = ["population", "contributions"]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("kind", library.KINDS)
@pytest.mark.parametrize("kept", STORES)
def test_stored_and_regenerated_are_the_same(tmp_path, kept, kind, jobs):
    path, settings = tmp_path / "run.h5", library.KINDS[kind]
    tlsmc.run(library.spec(store=kept, **settings), path, jobs=jobs, progress=False)
    run, plain = tlsmc.open_run(path), tlsmc.run(library.spec(**settings), progress=False)
    # Storing changes no number of the run, and it is still the same spec.
    assert run.digest() == plain.digest()
    assert run.spec.hash() == plain.spec.hash()
    assert len(os.listdir(tmp_path / "run.h5.d")) == run.sums.done.size
    assert run.stored.checksums.all()
    for sample in range(2):
        stored, regenerated = run.population(sample), plain.population(sample)
        assert list(stored) == list(regenerated) == list(run.spec.population.COLUMNS)
        for name in stored:
            np.testing.assert_array_equal(stored[name], regenerated[name])
        assert len(stored["E"]) == run.sums.counts[sample].sum()
    for name in ("heat_capacity", "dephasing"):
        values = run.contributions(name, 1, 2)
        np.testing.assert_array_equal(values, plain.contributions(name, 1, 2))
        np.testing.assert_allclose(values.sum(axis=-1), run.sums.observables[name].totals[1, 2], rtol=1e-12)


def test_plain_h5py_reads_a_shard(tmp_path):
    import h5py

    path = tmp_path / "run.h5"
    run = tlsmc.run(library.spec(store="contributions"), path, progress=False)
    with h5py.File(tmp_path / "run.h5.d" / "000000-0000000004096-0000000008192.h5") as file:
        np.testing.assert_array_equal(file["columns/E"][()], run.population()["E"][4096:8192])
        assert file["contributions/heat_capacity"].shape == (1, 2, 1, 4096)


def test_nothing_is_stored_unless_asked(tmp_path):
    run = tlsmc.run(library.spec(), tmp_path / "run.h5", progress=False)
    assert os.listdir(tmp_path) == ["run.h5"]
    assert run.stored is None
    with pytest.raises(SpecError, match=r"sample 1: the run has 1, counted from 0; choose 0 \.\.\. 0"):
        run.population(1)
    with pytest.raises(SpecError, match="block 9: the run has 4"):
        run.contributions("dephasing", 0, 9)
    with pytest.raises(SpecError, match=r"store = 'population': needs a run file to stand beside"):
        tlsmc.run(library.spec(store="population"), progress=False)


def test_a_stored_run_is_stopped_resumed_and_made_larger(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "MAX_BLOCKS", 4)
    path = tmp_path / "run.h5"
    stopped(path, monkeypatch, store="contributions", defects=4 * BATCH)
    for defects in (4 * BATCH, 9 * BATCH + 3, 10 * BATCH):
        run = tlsmc.resume(path, defects=defects, progress=False)
        assert run.digest() == library.digest(defects=defects)
        assert tlsmc.verify(path).shards == run.spec.layout.blocks
        # What the run has outgrown is gone.
        assert len(os.listdir(tmp_path / "run.h5.d")) == run.spec.layout.blocks
        fresh = tlsmc.run(library.spec(defects=defects), progress=False).population()
        for name, column in tlsmc.open_run(path).population().items():
            np.testing.assert_array_equal(column, fresh[name])


def test_lost_shards_are_computed_anew(tmp_path):
    path = tmp_path / "run.h5"
    digest = tlsmc.run(library.spec(store="population"), path, progress=False).digest()
    shards = sorted((tmp_path / "run.h5.d").iterdir())
    content = shards[1].read_bytes()
    shards[1].unlink()
    (tmp_path / "run.h5.d" / "half.h5.tmp").write_bytes(b"")
    with pytest.raises(StoreError, match=re.escape(f"{shards[1]}: cannot be read")):
        tlsmc.open_run(path).population()
    assert tlsmc.resume(path, progress=False).digest() == digest
    assert shards[1].read_bytes() == content
    assert sorted((tmp_path / "run.h5.d").iterdir()) == shards
    shutil.rmtree(tmp_path / "run.h5.d")
    assert tlsmc.resume(path, progress=False).digest() == digest
    assert tlsmc.verify(path).shards == 4


def test_a_shard_in_the_place_of_another_is_noticed(tmp_path):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(store="population"), path, progress=False)
    first, second, *_ = sorted((tmp_path / "run.h5.d").iterdir())
    second.write_bytes(first.read_bytes())
    for read in (tlsmc.open_run(path).population, lambda: tlsmc.verify(path)):
        with pytest.raises(
            StoreError, match=re.escape(f"{second}: is not the shard that the run file lists; remove it")
        ):
            read()
    second.write_bytes(path.read_bytes())
    with pytest.raises(StoreError, match=r"is a run file, not a shard"):
        tlsmc.open_run(path).population()


@pytest.mark.parametrize("flips", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_damage_of_a_shard_is_noticed(tmp_path, flips):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(store="contributions", defects=300), path, progress=False)
    run = tlsmc.open_run(path)
    (shard,) = (tmp_path / "run.h5.d").iterdir()
    image, generator = shard.read_bytes(), rng("shard damage")
    for _ in range(flips):
        spoilt = bytearray(image)
        spoilt[generator.integers(len(image))] ^= 1 << int(generator.integers(8))
        shard.write_bytes(spoilt)
        _refused(run)
    for length in generator.integers(0, len(image), flips // 4):
        shard.write_bytes(image[:length])
        _refused(run)
    shard.write_bytes(image)
    assert len(run.population()["E"]) == 300


def _refused(run):
    with pytest.raises(StoreError) as caught:
        run.population()
    assert "\n" not in str(caught.value)


# --- how much --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", STORES)
def test_the_predicted_size_is_the_size(tmp_path, kept):
    path, spec = tmp_path / "run.h5", library.spec(store=kept, defects=5 * BATCH)
    predicted = store.shard_bytes(spec, np.ones((1, 5), bool))
    assert f"{predicted / 1e9:.3g} GB in {path}.d" in outputs.storing(spec, path)
    tlsmc.run(spec, path, progress=False)
    size = sum(shard.stat().st_size for shard in (tmp_path / "run.h5.d").iterdir())
    assert size == pytest.approx(predicted, rel=0.02)


def test_more_than_the_budget_is_refused(tmp_path):
    spec, path = library.spec(store="population", defects=5 * BATCH), tmp_path / "run.h5"
    with pytest.raises(
        SpecError, match=r"store = 'population': would write 0\.000\d+ GB beside .*, the budget is 0\.0005 GB"
    ):
        tlsmc.run(spec, path, budget=500_000, progress=False)
    assert os.listdir(tmp_path) == []
    tlsmc.run(spec, path, budget=900_000, progress=False)
    # Only what is new counts.
    with pytest.raises(SpecError, match=r"the budget is 0\.0001 GB"):
        tlsmc.resume(path, defects=8 * BATCH, budget=100_000, progress=False)
    assert tlsmc.resume(path, defects=8 * BATCH, budget=600_000, progress=False).complete


def test_more_than_the_disk_has_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(store.NoSpaceError, match=r"storing population needs .* GB are free; free some, or store less"):
        tlsmc.run(library.spec(store="population"), tmp_path / "run.h5", progress=False)


def test_the_command_prints_the_size(tmp_path):
    spec, path = library.toml(tmp_path / "a.toml", defects=BATCH, points=2), tmp_path / "run.h5"
    code, _, err = processes.command("run", spec, "-o", path, "--store", "population", "--jobs", 1)
    assert (code, err) == (0, f"storing the population: 0.000166 GB in {path}.d\n")
    code, _, err = processes.command("run", spec, "-o", tmp_path / "b.h5", "--store", "contributions", "--budget", 1e-6)
    assert code == 2
    assert "error: store = 'contributions': would write" in err


# --- merging ---------------------------------------------------------------------------------------------------------


def test_parts_and_seeds_take_their_shards_along(tmp_path):
    settings, paths = {"store": "contributions", "defects": 2 * BATCH + 7}, [tmp_path / f"{i}.h5" for i in range(3)]
    tlsmc.run(library.spec(**settings), paths[0], part="1/2", progress=False)
    tlsmc.run(library.spec(**settings), paths[1], part="2/2", progress=False)
    tlsmc.run(library.spec(seed=9, **settings), paths[2], progress=False)
    tlsmc.merge(paths, tmp_path / "all.h5")
    assert tlsmc.verify(tmp_path / "all.h5").shards == 6
    run = tlsmc.open_run(tmp_path / "all.h5")
    for sample, seed in enumerate((1, 9)):
        fresh = tlsmc.run(library.spec(seed=seed, defects=2 * BATCH + 7), progress=False).population()
        for name, column in run.population(sample).items():
            np.testing.assert_array_equal(column, fresh[name])
    tlsmc.run(library.spec(seed=10, defects=2 * BATCH + 7), tmp_path / "plain.h5", progress=False)
    with pytest.raises(SpecError, match=r"stores none, .* contributions; these do not mix"):
        tlsmc.merge([paths[0], tmp_path / "plain.h5"], tmp_path / "no.h5")
