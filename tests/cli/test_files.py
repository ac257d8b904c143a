"""Commands that read a run file: what they refuse alike, and that they change nothing."""

import hashlib

import pytest

from tests.library import refused
from tlsmc.cli import EXIT_SPEC, EXIT_STORE


@pytest.mark.parametrize("command", ["show", "compare", "plot", "digest", "export"])
@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_bad_run_files(call, tmp_path, run_file, command, json_option):
    refused(call(command, tmp_path / "none.h5", *json_option), EXIT_STORE, "none.h5", "cannot be read")
    other = tmp_path / "other.h5"
    other.write_text("something else")
    refused(call(command, other, *json_option), EXIT_STORE, "other.h5", "is not a run file")
    image = bytearray(run_file.read_bytes())
    image[-1] ^= 1
    run_file.write_bytes(image)
    refused(call(command, run_file, *json_option), EXIT_STORE, "small.h5", "is damaged")


@pytest.mark.parametrize("command", ["show", "plot", "export"])
def test_an_unknown_curve_is_refused_before_anything_is_written(call, run_file, command):
    result = call(command, run_file, "--curve", "attenuation.resnant")
    refused(result, EXIT_SPEC, "'attenuation.resnant'", "'attenuation.resonant'")
    assert [p.name for p in run_file.parent.iterdir()] == [run_file.name]


@pytest.mark.parametrize("command", ["plot", "export"])
def test_an_output_that_is_not_a_folder(call, run_file, command):
    refused(call(command, run_file, "-o", run_file.parent / "none"), EXIT_STORE, "none", "is not a folder")


def test_reading_changes_no_run_file(call, run_file):
    before = hashlib.sha256(run_file.read_bytes()).digest()
    for command in ("show", "compare", "digest", "export"):
        assert call(command, run_file)[0] == 0
    assert hashlib.sha256(run_file.read_bytes()).digest() == before
