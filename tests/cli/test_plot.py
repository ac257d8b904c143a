"""``tlsmc plot`` of a run."""

import pytest


def test_plot(call, parsed, run_file):
    pytest.importorskip("matplotlib")
    status, out, err = call("plot", run_file, "--curve", "heat_capacity", "--format", "svg")
    assert (status, err) == (0, "")
    data = parsed("plot", run_file, "--curve", "heat_capacity", "--format", "svg")
    assert data["files"] == out.splitlines()
    for name in data["files"]:
        with open(name, "rb") as file:
            assert file.read(5) == b"<?xml"
