"""Parts and seeds put together: nothing is lost, nothing counted twice, and the order does not matter."""

import dataclasses
import itertools
import os

import numpy as np
import pytest

import tlsmc
from tests import library
from tests.faults import processes
from tests.library import stopped
from tlsmc.errors import SpecError, StoreError
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results import store
from tlsmc.results.run import part_mask
from tlsmc.spec.reader import parse_spec

SETTINGS = {"defects": 3 * BATCH + 17, "samples": 2}


def _files(folder, specs, **named):
    paths = []
    for i, spec in enumerate(specs):
        paths.append(folder / f"{i}.h5")
        tlsmc.run(spec, paths[-1], progress=False, **named)
    return paths


@pytest.mark.parametrize("kind", library.KINDS)
@pytest.mark.parametrize("parts", [2, 5])
def test_all_parts_are_the_whole(tmp_path, kind, parts):
    settings, paths = library.KINDS[kind], []
    for k in range(parts):
        paths.append(tmp_path / f"{k}.h5")
        run = tlsmc.run(library.spec(**settings), paths[-1], part=f"{k + 1}/{parts}", progress=False)
        assert run.provenance.part == f"{k + 1}/{parts}"
        assert not run.complete
    whole = tlsmc.merge(paths[::-1], tmp_path / "whole.h5")
    assert whole.complete
    assert whole.provenance.part == ""
    assert whole.digest() == tlsmc.open_run(tmp_path / "whole.h5").digest() == library.digest(**settings)


def test_parts_are_even_and_share_nothing():
    spec = library.spec(defects=10 * BATCH, samples=3)
    for n in (1, 2, 7, 30, 41):
        masks = [part_mask(spec, f"{k}/{n}") for k in range(1, n + 1)]
        np.testing.assert_array_equal(np.sum(masks, axis=0), np.ones((3, 10)))
        sizes = [mask.sum() for mask in masks]
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "1/2/3", "a/b", "-1/3", "1/0", "1.0/2", "²/3", "1/9999999999"])
def test_parts_that_are_none(part):
    with pytest.raises(SpecError, match=r"is not k/n with 1 <= k <= n; write for example --part 3/16"):
        tlsmc.run(library.spec(), part=part, progress=False)


def test_a_part_that_was_stopped_goes_on_as_a_part(tmp_path, monkeypatch):
    path, settings = tmp_path / "part.h5", library.KINDS["random"]
    tlsmc.run(library.spec(**settings), path, part="2/2", progress=False)
    whole = tlsmc.open_run(path)
    sums = whole.sums
    last = np.argwhere(sums.done)[-1]
    sums.done[tuple(last)], sums.counts[tuple(last)] = False, 0
    for observable in sums.observables.values():
        observable.totals[tuple(last)] = observable.products[tuple(last)] = 0.0
    path.write_bytes(store.run_image(whole.spec, sums, whole.provenance))
    assert (
        tlsmc.resume(path, progress=False).digest()
        == tlsmc.run(library.spec(**settings), part="2/2", progress=False).digest()
    )


def test_missing_parts_are_computed_by_resume(tmp_path):
    settings = library.KINDS["random"]
    paths = [tmp_path / f"{k}.h5" for k in (1, 2, 3)]
    for k, path in enumerate(paths, 1):
        tlsmc.run(library.spec(**settings), path, part=f"{k}/3", progress=False)
    some = tlsmc.merge([paths[0], paths[2]], tmp_path / "some.h5")
    assert not some.complete
    assert tlsmc.resume(tmp_path / "some.h5", progress=False).digest() == library.digest(**settings)


def test_other_seeds_are_more_samples(tmp_path):
    specs = [library.spec(seed=seed, **(SETTINGS | {"samples": n})) for seed, n in ((9, 1), (4, 2), (7, 1))]
    paths = _files(tmp_path, specs)
    run = tlsmc.merge(paths, tmp_path / "all.h5")
    again = tlsmc.open_run(tmp_path / "all.h5")
    assert run.complete
    assert run.spec.layout.streams == again.spec.layout.streams == ((4, 2), (7, 1), (9, 1))
    assert run.defects == 4 * SETTINGS["defects"]
    # A spec that names the seeds gives the same run.
    content = library.several_blocks(**(SETTINGS | {"samples": 4}))
    del content["seed"]
    fresh = tlsmc.run(parse_spec(content | {"seeds": [[4, 2], [7, 1], [9, 1]]}), progress=False)
    assert fresh.spec.hash() == run.spec.hash()
    assert fresh.digest() == run.digest() == again.digest()
    # So does any order, and putting two together first.
    for order in itertools.permutations(paths):
        assert tlsmc.merge(order, tmp_path / "again.h5", force=True).digest() == run.digest()
    tlsmc.merge(paths[:2], tmp_path / "two.h5")
    assert tlsmc.merge([tmp_path / "two.h5", paths[2]], tmp_path / "three.h5").digest() == run.digest()
    tlsmc.verify(tmp_path / "all.h5", blocks=50)
    assert "seeds 4, 7, 9" in processes.command("show", tmp_path / "all.h5")[1]
    # The mean is that of all defects.
    singles = [tlsmc.open_run(path) for path in paths]
    weights = [single.defects for single in singles]
    means = np.average([single["heat_capacity"].mean for single in singles], axis=0, weights=weights)
    np.testing.assert_allclose(run["heat_capacity"].mean, means, rtol=1e-13)
    # Each sample is what its seed gives.
    for sample, single, own in ((0, singles[1], 0), (1, singles[1], 1), (2, singles[2], 0), (3, singles[0], 0)):
        for name, column in single.population(own).items():
            np.testing.assert_array_equal(run.population(sample)[name], column)


def test_a_merged_run_can_be_made_larger(tmp_path):
    paths = _files(tmp_path, [library.spec(seed=s, defects=BATCH + 5) for s in (1, 2)])
    tlsmc.merge(paths, tmp_path / "all.h5")
    run = tlsmc.resume(tmp_path / "all.h5", defects=2 * BATCH, samples=4, progress=False)
    assert run.spec.layout.streams == ((1, 1), (2, 3))
    content = library.several_blocks(defects=2 * BATCH, samples=4)
    del content["seed"]
    assert run.digest() == tlsmc.run(parse_spec(content | {"seeds": [[1, 1], [2, 3]]}), progress=False).digest()


def test_tiny_runs(tmp_path):
    paths = _files(tmp_path, [library.spec(seed=s, defects=5, samples=3) for s in (1, 2)])
    content = library.several_blocks(defects=5, samples=6)
    del content["seed"]
    expected = tlsmc.run(parse_spec(content | {"seeds": [[1, 3], [2, 3]]}), progress=False).digest()
    assert tlsmc.merge(paths, tmp_path / "all.h5").digest() == expected


def test_overlap_is_refused(tmp_path):
    paths = _files(tmp_path, [library.spec(**SETTINGS)] * 2)
    with pytest.raises(SpecError, match=r"1\.h5: block 0 of sample 0 of seed 1 is in .*0\.h5 too \(8 blocks are\)"):
        tlsmc.merge(paths, tmp_path / "all.h5")
    with pytest.raises(SpecError, match="leave one of the two files out"):
        tlsmc.merge([paths[0], paths[0]], tmp_path / "all.h5")
    tlsmc.run(library.spec(**SETTINGS), tmp_path / "a.h5", part="1/2", progress=False)
    tlsmc.run(library.spec(**SETTINGS), tmp_path / "b.h5", part="2/3", progress=False)
    with pytest.raises(SpecError, match=r"\(2 blocks are\)"):
        tlsmc.merge([tmp_path / "a.h5", tmp_path / "b.h5"], tmp_path / "all.h5")
    # Two seeds and one of them again.
    tlsmc.run(library.spec(seed=2, **SETTINGS), tmp_path / "c.h5", progress=False)
    tlsmc.merge([paths[0], tmp_path / "c.h5"], tmp_path / "two.h5")
    with pytest.raises(SpecError, match=r"block 0 of sample 0 of seed 2 is in .*two\.h5 too"):
        tlsmc.merge([tmp_path / "two.h5", tmp_path / "c.h5"], tmp_path / "all.h5")
    assert not (tmp_path / "all.h5").exists()
    assert not [name for name in os.listdir(tmp_path) if name.endswith((".lock", ".tmp"))]


def test_other_studies_are_refused(tmp_path):
    others = [
        library.spec(seed=2, temperatures=(0.1, 2.0)),
        library.spec(seed=2, defects=BATCH),
        library.spec(seed=2, count="poisson"),
    ]
    paths = _files(tmp_path, [library.spec(), *others])
    for path, word in zip(
        paths[1:], ("observables.dephasing.temperature", "defects = 12305 in", "population.count"), strict=True
    ):
        with pytest.raises(SpecError, match=rf"is another study: .*{word}"):
            tlsmc.merge([paths[0], path], tmp_path / "all.h5")


def test_refusals_about_files(tmp_path):
    (path,) = _files(tmp_path, [library.spec()])
    with pytest.raises(SpecError, match="needs two run files at least"):
        tlsmc.merge([path], tmp_path / "all.h5")
    with pytest.raises(SpecError, match="exists already"):
        tlsmc.merge([path, path], path)
    with pytest.raises(StoreError, match="cannot be read"):
        tlsmc.merge([path, tmp_path / "none.h5"], tmp_path / "all.h5")


def test_the_command(tmp_path):
    spec = library.toml(tmp_path / "a.toml", defects=3 * BATCH, points=3)
    for k in (1, 2):
        code, out, err = processes.command("run", spec, "-o", tmp_path / f"{k}.h5", "--part", f"{k}/2", "--jobs", 1)
        assert (code, err) == (0, "")
        assert f"part {k}/2" in out
    code, out, err = processes.command("merge", tmp_path / "1.h5", tmp_path / "2.h5", "-o", tmp_path / "all.h5")
    assert (code, err) == (0, "")
    assert tlsmc.run(tlsmc.load_spec(spec), progress=False).digest() in out
    code, out, err = processes.command("merge", tmp_path / "1.h5", tmp_path / "1.h5", "-o", tmp_path / "b.h5")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_an_unfinished_run_of_another_seed(tmp_path, monkeypatch):
    (path,) = _files(tmp_path, [library.spec(**SETTINGS)])
    stopped(tmp_path / "b.h5", monkeypatch, seed=2, **SETTINGS)
    run = tlsmc.merge([path, tmp_path / "b.h5"], tmp_path / "all.h5")
    assert run.sums.done.sum() == 8 + 2
    content = library.several_blocks(**(SETTINGS | {"samples": 4}))
    del content["seed"]
    expected = tlsmc.run(parse_spec(content | {"seeds": [[1, 2], [2, 2]]}), progress=False).digest()
    assert tlsmc.resume(tmp_path / "all.h5", progress=False).digest() == expected


def test_other_kernels_and_versions_are_refused(tmp_path):
    for k, changes in enumerate(({}, {"numpy": "1.0"}, {"version": "0.0.1", "kernel": "abacus 3"}), 1):
        run = tlsmc.run(library.spec(), part=f"{k}/3", progress=False)
        made = dataclasses.replace(run.provenance, **changes)
        (tmp_path / f"{k}.h5").write_bytes(store.run_image(run.spec, run.sums, made))
    for k, words in ((2, "numpy 1.0"), (3, r"tlsmc 0.0.1 \(.*\), kernel abacus 3 ")):
        with pytest.raises(SpecError, match=rf"was made with {words}.*; make both with the same"):
            tlsmc.merge([tmp_path / "1.h5", tmp_path / f"{k}.h5"], tmp_path / "all.h5")
