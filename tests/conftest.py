"""Fixtures that several test modules share."""

import shutil
from pathlib import Path

import pytest

import tlsmc
from tlsmc.cli import main

ROOT = Path(__file__).resolve().parent.parent

#: A run of two seconds with every observable, in kelvin, with 10 blocks: the joint test has one combination.
SMALL = """
title = "small"
seed = 3

[population]
model = "tunnelling"
defects = 40_000

[population.parameters]
E = { law = "uniform", high = "20 mK" }
p = { law = "tunnelling", low = 1e-6 }

[material]
preset = "paper"
chi = 0.3
dephasing_time = "3 ns"
drive_amplitude = "1 mK"

[observables.attenuation]
temperature = ["10 mK", "50 mK"]
frequency = { start = "100 MHz", stop = "400 MHz", points = 3 }

[observables.heat_capacity]
temperature = ["2 mK", "20 mK", "0.2 K"]

[observables.dephasing]
temperature = ["2 mK", "20 mK", "0.2 K"]
"""


@pytest.fixture(scope="session")
def _small_run_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    spec = folder / "small.toml"
    spec.write_text(SMALL, encoding="utf-8")
    tlsmc.run(tlsmc.load_spec(spec), folder / "small.h5", progress=False)
    return folder / "small.h5"


@pytest.fixture
def run_file(_small_run_file, tmp_path):
    """A finished run file in a folder of the test's own."""
    return Path(shutil.copy(_small_run_file, tmp_path / "small.h5"))


@pytest.fixture
def spec_file(tmp_path):
    """The spec of :func:`run_file`."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_run(_small_run_file):
    """The run in :func:`run_file`, opened."""
    return tlsmc.open_run(_small_run_file)


@pytest.fixture
def call(capsys):
    """Run one command; returns exit status, stdout and stderr."""

    def command(*arguments):
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        output = capsys.readouterr()
        return status, output.out, output.err

    return command
