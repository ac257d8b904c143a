"""Bit flips and truncations of a run file: none reads as right, each is one clear line."""

import pytest

import tlsmc
from tests import library
from tests.seeds import rng
from tlsmc.errors import StoreError


@pytest.mark.parametrize(("flips", "cuts"), [(100, 25), pytest.param(2000, 500, marks=pytest.mark.slow)])
def test_no_damage_reads_as_right(tmp_path, flips, cuts):
    path = tmp_path / "run.h5"
    tlsmc.run(library.spec(defects=300), path, progress=False)
    image, generator = path.read_bytes(), rng(f"damage {flips}")
    for _ in range(flips):
        spoilt = bytearray(image)
        # One in ten in the header, which is a small part of the file.
        where = 512 if generator.random() < 0.1 else len(image)
        spoilt[generator.integers(where)] ^= 1 << int(generator.integers(8))
        _refused(path, spoilt)
    for length in generator.integers(0, len(image), cuts):
        _refused(path, image[:length])
    path.write_bytes(image)
    assert tlsmc.open_run(path).complete


def _refused(path, content):
    path.write_bytes(content)
    for read in (tlsmc.open_run, tlsmc.verify, lambda p: tlsmc.resume(p, progress=False)):
        with pytest.raises(StoreError) as caught:
            read(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        assert ";" in message  # what is wrong; what to do
    assert path.read_bytes() == bytes(content)
