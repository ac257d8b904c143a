"""The run file: what it holds, how it is replaced, and who may write it."""

import dataclasses
import multiprocessing
import os

import h5py
import numpy as np
import pytest

import tlsmc
from tests.library import SMALL
from tlsmc.errors import StoreError
from tlsmc.results import store
from tlsmc.results.provenance import Provenance
from tlsmc.results.store.sealed import HEADER, locked, replace_file


@pytest.fixture(scope="module")
def run():
    return tlsmc.run(SMALL, progress=False)


@pytest.fixture(scope="module")
def image(run):
    return bytes(store.run_image(run.spec, run.sums, run.provenance))


@pytest.fixture
def path(tmp_path, image):
    path = tmp_path / "run.h5"
    path.write_bytes(image)
    return path


class TestReadBack:
    def test_everything_is_equal(self, run, path):
        again = store.open_run(path)
        assert again.spec == run.spec
        assert again.spec.source == run.spec.source
        assert again.spec.overrides == run.spec.overrides
        assert again.provenance == run.provenance
        assert again.path == str(path)
        assert again.digest() == run.digest()
        for (name, mine), (other, theirs) in zip(run.sums.arrays(), again.sums.arrays(), strict=True):
            assert name == other
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)
        for name in run.names:
            np.testing.assert_array_equal(again[name].mean, run[name].mean)
            np.testing.assert_array_equal(again[name].error, run[name].error)

    def test_equal_content_gives_equal_bytes(self, run, image, path):
        assert store.run_image(run.spec, run.sums, run.provenance) == image
        again = store.open_run(path)
        assert store.run_image(again.spec, again.sums, again.provenance) == image

    def test_an_unfinished_run_reads_back_too(self, run, path):
        sums = store.open_run(path).sums
        sums.done[1, 0] = False
        path.write_bytes(store.run_image(run.spec, sums, run.provenance))
        again = store.open_run(path)
        assert not again.complete
        assert again.defects == 300
        np.testing.assert_array_equal(again.sums.done, sums.done)

    def test_long_and_strange_texts_survive(self, run, tmp_path):
        strange = "\N{GREEK SMALL LETTER CHI} = 0.3 # \t'\"\\ \N{PILE OF POO}\n" * 20_000
        spec = dataclasses.replace(run.spec, title=strange, source=strange, overrides=(strange,))
        path = tmp_path / "strange.h5"
        path.write_bytes(store.run_image(spec, run.sums, run.provenance))
        again = store.open_run(path)
        assert (again.spec.title, again.spec.source, again.spec.overrides) == (strange, strange, (strange,))


class TestOtherReaders:
    def test_plain_h5py(self, run, path):
        with h5py.File(path) as file:
            group = file["attenuation"]
            assert group["totals"].shape == (2, 1, 2, 2, 3)
            assert [group["totals"].dims[i].label or next(iter(group["totals"].dims[i])) for i in range(5)] == [
                "sample",
                "block",
                "component",
                "temperature",
                "frequency",
            ]
            np.testing.assert_array_equal(group["temperature"][()], run.spec.gridded("attenuation").T)
            assert group["temperature"].attrs["units"] == b"K"
            assert group["component"][()].tolist() == [b"resonant", b"relaxation"]
            assert group["pair"][()].tolist() == [
                b"resonant*resonant",
                b"resonant*relaxation",
                b"relaxation*relaxation",
            ]
            total = group["totals"][()].sum(axis=(0, 1))
            np.testing.assert_allclose(total[1] / 600, run["attenuation.relaxation"].mean, rtol=1e-14)

    def test_xarray_finds_the_coordinates(self, run, path):
        xarray = pytest.importorskip("xarray")
        pytest.importorskip("h5netcdf")
        with xarray.open_dataset(path, engine="h5netcdf", group="attenuation") as data:
            assert data["totals"].dims == ("sample", "block", "component", "temperature", "frequency")
            gridded = run.spec.gridded("attenuation")
            np.testing.assert_array_equal(data["temperature"].values, gridded.T)
            np.testing.assert_array_equal(data["frequency"].values, gridded.values[1])
            assert data["temperature"].attrs["units"] in (b"K", "K")
            total = data["totals"].sel(component=b"relaxation").sum(("sample", "block"))
            np.testing.assert_allclose(total.values / 600, run["attenuation.relaxation"].mean, rtol=1e-14)
        with xarray.open_dataset(path, engine="h5netcdf", group="heat_capacity") as data:
            assert data.sizes["temperature"] == 3

    def test_results_as_a_dataset(self, run):
        pytest.importorskip("xarray")
        data = run["attenuation.resonant"].to_xarray()
        assert data["mean"].dims == ("temperature", "frequency")
        np.testing.assert_array_equal(data["error"].values, run["attenuation.resonant"].error)
        np.testing.assert_array_equal(data["temperature"].values, run.spec.gridded("attenuation").T)

    def test_nothing_but_plain_data_is_inside(self, path):
        with h5py.File(path) as file:
            assert file.userblock_size == HEADER
            found = []
            file.visititems(lambda name, item: found.append((name, item)))
            assert len(found) > 20
            for _, item in found:
                if isinstance(item, h5py.Dataset):
                    assert item.chunks is None
                    assert item.dtype.kind in "Sfiu"


class TestReplace:
    def test_content_and_leftovers(self, tmp_path):
        path = tmp_path / "a.h5"
        for content in (b"one", b"", b"x" * 3_000_000):
            replace_file(path, content)
            assert path.read_bytes() == content
            assert os.listdir(tmp_path) == ["a.h5"]

    def test_a_failed_write_leaves_the_old_file(self, tmp_path, monkeypatch):
        path = tmp_path / "a.h5"
        replace_file(path, b"old")
        real, calls = os.write, []

        def full(descriptor, content):
            calls.append(1)
            if len(calls) > 1:
                raise OSError(28, "No space left on device")
            return real(descriptor, content[:2])

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(store.NoSpaceError, match="no space left"):
            replace_file(path, b"newer")
        monkeypatch.undo()
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["a.h5"]

    def test_short_writes_are_continued(self, tmp_path, monkeypatch):
        real = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, content: real(descriptor, content[:1]))
        replace_file(tmp_path / "a.h5", b"0123456789")
        assert (tmp_path / "a.h5").read_bytes() == b"0123456789"

    def test_a_missing_folder_is_named(self, tmp_path):
        with pytest.raises(StoreError, match="cannot be written"):
            replace_file(tmp_path / "none" / "a.h5", b"x")


def _hold(path, connection):
    with locked(path):
        connection.send("held")
        connection.recv()


class TestLock:
    def test_a_second_writer_is_refused_and_the_lock_removed(self, tmp_path):
        path = tmp_path / "a.h5"
        with locked(path):
            assert os.listdir(tmp_path) == ["a.h5.lock"]
            # flock is held by the open file, so the same process is a second writer too.
            with pytest.raises(StoreError, match="another process is writing it"), locked(path):
                pass
            assert os.listdir(tmp_path) == ["a.h5.lock"]
            with locked(tmp_path / "b.h5"):
                pass
        assert os.listdir(tmp_path) == []
        with locked(path):
            pass
        assert os.listdir(tmp_path) == []

    def test_an_error_inside_releases_it(self, tmp_path):
        with pytest.raises(ZeroDivisionError), locked(tmp_path / "a.h5"):
            raise ZeroDivisionError
        with locked(tmp_path / "a.h5"):
            pass
        assert os.listdir(tmp_path) == []

    def test_a_stale_lock_file_is_no_lock(self, tmp_path):
        (tmp_path / "a.h5.lock").write_bytes(b"")
        with locked(tmp_path / "a.h5"):
            pass
        assert os.listdir(tmp_path) == []

    def test_another_process_is_refused_until_the_holder_is_gone(self, tmp_path):
        path = tmp_path / "a.h5"
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_hold, args=(path, theirs))
        process.start()
        try:
            assert ours.poll(60)
            assert ours.recv() == "held"
            with pytest.raises(StoreError, match="another process is writing it"), locked(path):
                pass
            with pytest.raises(StoreError, match="another process is writing it"):
                tlsmc.run(SMALL, path, progress=False)
            assert not path.exists()
        finally:
            # Killed, it cannot tidy up: the kernel drops the lock with the process.
            process.kill()
            process.join(60)
        assert os.listdir(tmp_path) == ["a.h5.lock"]
        with locked(path):
            pass
        assert os.listdir(tmp_path) == []

    def test_a_missing_folder_is_named(self, tmp_path):
        with pytest.raises(StoreError, match="cannot be written"), locked(tmp_path / "none" / "a.h5"):
            pass


def test_provenance_has_only_plain_values(run):
    for field in dataclasses.fields(Provenance):
        assert isinstance(getattr(run.provenance, field.name), str | float | int)
