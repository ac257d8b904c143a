"""Run files that are refused: damaged ones, and those of a stranger, which must do no harm."""

import io
import subprocess
import sys

import h5py
import numpy as np
import pytest

import tlsmc
from tests.library import SMALL
from tests.seeds import rng
from tlsmc.errors import StoreError
from tlsmc.results import store
from tlsmc.results.store.sealed import HEADER, read_sealed, sealed


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


def _refused(path, content, words=()):
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        store.open_run(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    for word in words:
        assert word in message
    return message


class TestDamage:
    def test_every_bit_of_the_header_matters(self, tmp_path):
        path, image = tmp_path / "short.h5", bytes(sealed(io.BytesIO(bytes(HEADER) + b"content")))
        path.write_bytes(image)
        assert read_sealed(path) == image
        for position in range(HEADER):
            for bit in range(8):
                spoilt = bytearray(image)
                spoilt[position] ^= 1 << bit
                path.write_bytes(spoilt)
                with pytest.raises(StoreError):
                    read_sealed(path)

    def test_bits_of_the_body_matter(self, path, image):
        generator = rng("bit flips")
        positions = generator.integers(HEADER, len(image), 300)
        for position, bit in zip(positions, generator.integers(0, 8, 300), strict=True):
            spoilt = bytearray(image)
            spoilt[position] ^= 1 << int(bit)
            path.write_bytes(spoilt)
            with pytest.raises(StoreError, match="is damaged"):
                store.open_run(path)

    def test_truncations_and_additions_are_noticed(self, path, image):
        lengths = [0, 1, 15, 100, HEADER - 1, HEADER, HEADER + 1, len(image) - 1]
        lengths += rng("truncation").integers(0, len(image), 100).tolist()
        for length in lengths:
            _refused(path, image[:length])
        _refused(path, image + b"\0", ["bytes where"])
        _refused(path, b"\0" + image)
        _refused(path, image[:HEADER] + image[HEADER:][::-1], ["is damaged"])

    def test_other_files_are_refused(self, path, tmp_path):
        _refused(path, b"", ["is not a run file"])
        _refused(path, b"title = 1\n" * 100, ["is not a run file"])
        with h5py.File(path, "w") as file:
            file["x"] = 1.0
        _refused(path, path.read_bytes(), ["is not a run file"])
        for name in ("missing.h5", ".", "run.h5/below"):
            with pytest.raises(StoreError, match="cannot be read"):
                store.open_run(tmp_path / name)

    def test_another_schema_is_named(self, path, image):
        other = image[:HEADER].replace(b"schema 1\n", b"schema 2\n") + image[HEADER:]
        _refused(path, other, ["has schema 2, this version reads 1", "version that wrote it"])


def _spoilt(image, change):
    """A run file with a valid seal whose content was changed by ``change(file)``."""
    buffer = io.BytesIO(image)
    with h5py.File(buffer, "r+") as file:
        change(file)
    return bytes(sealed(buffer))


def _replaced(name, **settings):
    """A change that writes a dataset anew with other settings."""

    def change(file):
        values = file[name][()]
        del file[name]
        file.create_dataset(name, data=values, **settings)

    return change


class TestStrangers:
    def test_a_mere_rewrite_is_accepted(self, path, image, run):
        path.write_bytes(_spoilt(image, lambda file: file.attrs.create("note", 1)))
        assert store.open_run(path).digest() == run.digest()

    @pytest.mark.parametrize("target", ["totals", "attenuation", "spec_resolved"])
    @pytest.mark.parametrize("kind", ["soft", "external"])
    def test_links_are_not_followed(self, path, image, tmp_path, kind, target):
        secret = tmp_path / "secret.h5"
        with h5py.File(io.BytesIO(image)) as ours, h5py.File(secret, "w") as file:
            for name in ours:
                ours.copy(name, file)

        def change(file):
            group, name = (file["attenuation"], "totals") if target == "totals" else (file, target)
            place = group.name.rstrip("/") + "/" + name
            file.move(place, "/elsewhere")
            group[name] = h5py.SoftLink("/elsewhere") if kind == "soft" else h5py.ExternalLink(str(secret), place)

        _refused(path, _spoilt(image, change), [f"{kind.capitalize()}Link, which is not followed"])

    def test_dangling_links_and_missing_members(self, path, image):
        def dangling(file):
            del file["heat_capacity/totals"]
            file["heat_capacity/totals"] = h5py.SoftLink("/nowhere")

        _refused(path, _spoilt(image, dangling), ["SoftLink"])
        for name in ("spec_hash", "done", "attenuation", "heat_capacity/rank", "heat_capacity/products", "provenance"):
            _refused(
                path, _spoilt(image, lambda file, name=name: file.pop(name)), [name.rpartition("/")[2], "is missing"]
            )

    def test_external_storage_is_not_read(self, path, image, tmp_path):
        (tmp_path / "passwords").write_bytes(bytes(range(256)) * 10)

        def change(file):
            shape = file["heat_capacity/totals"].shape
            del file["heat_capacity/totals"]
            outside = [(str(tmp_path / "passwords"), 0, h5py.h5f.UNLIMITED)]
            file["heat_capacity"].create_dataset("totals", shape, "f8", external=outside)

        _refused(path, _spoilt(image, change), ["stored outside"])

    def test_virtual_datasets_are_not_read(self, path, image, tmp_path):
        with h5py.File(tmp_path / "secret.h5", "w") as file:
            file["x"] = np.ones((2, 1, 1, 3, 1))

        def change(file):
            shape = file["heat_capacity/totals"].shape
            del file["heat_capacity/totals"]
            layout = h5py.VirtualLayout(shape, "f8")
            layout[...] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", shape=(2, 1, 1, 3, 1))
            file["heat_capacity"].create_virtual_dataset("totals", layout)

        _refused(path, _spoilt(image, change), ["virtually"])

    @pytest.mark.parametrize(
        "settings", [{"compression": "gzip"}, {"chunks": True}, {"fletcher32": True}, {"shuffle": True}]
    )
    def test_filters_and_chunks_are_not_read(self, path, image, settings):
        _refused(path, _spoilt(image, _replaced("heat_capacity/totals", **settings)), ["heat_capacity/totals"])

    def test_a_huge_sparse_dataset_is_refused_unread(self, path, image):
        def change(file):
            del file["heat_capacity/totals"]
            file["heat_capacity"].create_dataset("totals", (2, 1, 1, 10**12), "f8", chunks=(1, 1, 1, 1024))

        _refused(path, _spoilt(image, change), ["heat_capacity/totals"])

        def many(file):
            del file["heat_capacity/rank"]
            file["heat_capacity"].create_dataset("rank", (10**12,), "i8", chunks=(1024,))

        _refused(path, _spoilt(image, many), ["rank"])

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("counts", np.zeros((2, 1), "f8")),
            ("counts", np.zeros((2, 1), ">i8")),
            ("counts", np.zeros((3, 1), "i8")),
            ("done", np.zeros((2, 1), "i4")),
            ("heat_capacity/totals", np.zeros(6)),
            ("heat_capacity/totals", np.zeros((2, 1, 1, 3, 1), "c16")),
            ("heat_capacity/totals", np.zeros((2, 1, 1, 3, 1), [("a", "f8")])),
            ("heat_capacity/largest_defects", np.zeros((1, 3, 1, 5), "i8")),
            ("heat_capacity/rank", np.zeros((2, 2))),
            ("heat_capacity/rank", np.zeros(0)),
            ("spec_hash", np.array(b"0" * 65)),
            ("spec_hash", np.array(b"0" * 64)),
            ("spec_hash", 3.0),
            ("spec_resolved", np.array(b"\xff\xfe")),
            ("spec_resolved", np.array(b"not json")),
            ("spec_resolved", np.array(b"{}")),
            ("spec_resolved", np.array(b"[" * 100_000)),
            ("spec_resolved", np.array(b"3")),
            ("spec_overrides", np.array(b"3")),
            ("provenance", np.array(b"[]")),
            ("provenance", np.array(b'{"version": 1}')),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_wrong_types_shapes_and_texts(self, path, image, name, values):
        def change(file):
            del file[name]
            file[name] = values

        _refused(path, _spoilt(image, change))

    def test_object_types(self, path, image):
        def variable_text(file):
            del file["spec_hash"]
            file.create_dataset("spec_hash", data="0" * 64, dtype=h5py.string_dtype())

        def references(file):
            del file["counts"]
            data = file.create_dataset("counts", (2, 1), dtype=h5py.ref_dtype)
            data[...] = file["done"].ref

        def ragged(file):
            del file["counts"]
            file.create_dataset("counts", (2, 1), dtype=h5py.vlen_dtype("i8"))

        for change in (variable_text, references, ragged):
            _refused(path, _spoilt(image, change), ["not trustworthy"])

    def test_a_group_for_a_dataset_and_the_reverse(self, path, image):
        def group(file):
            del file["done"]
            file.create_group("done")

        def dataset(file):
            del file["attenuation"]
            file["attenuation"] = 1.0

        def datatype(file):
            del file["done"]
            file["done"] = np.dtype("u1")

        for change in (group, dataset, datatype):
            _refused(path, _spoilt(image, change), ["not trustworthy"])

    def test_a_spec_that_is_not_the_hashed_one(self, path, image):
        def change(file):
            text = file["spec_resolved"][()].replace(b'"seed": 11', b'"seed": 12')
            del file["spec_resolved"]
            file["spec_resolved"] = np.array(text)

        _refused(path, _spoilt(image, change), ["spec and its hash differ"])

    def test_a_body_that_is_no_hdf5(self, path):
        _refused(path, bytes(sealed(io.BytesIO(bytes(HEADER) + rng("noise").bytes(4096)))), ["does not hold a run"])
        _refused(path, bytes(sealed(io.BytesIO(bytes(HEADER)))), ["does not hold a run"])

    def test_random_damage_under_a_valid_seal_is_an_error_or_harmless(self, path, image):
        # Someone who seals a damaged body gets an error or other numbers, never a crash.  In a process of its own.
        code = (
            "import sys, warnings\nfrom pathlib import Path\n"
            "from tlsmc.results import store\nfrom tlsmc.errors import StoreError\n"
            "warnings.simplefilter('error')\n"
            "for name in sys.argv[1:]:\n"
            "    try:\n        store.open_run(Path(name))\n"
            "    except StoreError as error:\n        assert '\\n' not in str(error)\n"
        )
        generator, files = rng("sealed damage"), []
        for number in range(60):
            spoilt = bytearray(image)
            # The first kilobytes are where HDF5 keeps its structure.
            for position in generator.integers(HEADER, min(len(image), HEADER + 8192), 3):
                spoilt[position] = int(generator.integers(256))
            files.append(path.with_name(f"{number}.h5"))
            files[-1].write_bytes(sealed(io.BytesIO(spoilt)))
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, files)], capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
