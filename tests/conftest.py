"""Fixtures that several test modules share."""

import shutil
from pathlib import Path

import pytest

import tlsmc
from tests.library import SMALL_TOML
from tests.reporting.pages import without_figures
from tlsmc.cli import main


@pytest.fixture(scope="session")
def _small_run_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    spec = folder / "small.toml"
    spec.write_text(SMALL_TOML, encoding="utf-8")
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
    path.write_text(SMALL_TOML, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_run(_small_run_file):
    """The run in :func:`run_file`, opened."""
    return tlsmc.open_run(_small_run_file)


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """The test works in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def no_figures():
    """Pages have empty figures."""
    with without_figures():
        yield


@pytest.fixture
def call(capsys):
    """Run one command; returns exit status, stdout and stderr."""

    def command(*arguments):
        capsys.readouterr()
        try:
            status = main([str(a) for a in arguments])
        except SystemExit as end:
            status = int(end.code or 0)
        output = capsys.readouterr()
        return status, output.out, output.err

    return command


@pytest.fixture
def printed_by(call):
    """Run one command that has nothing to complain of; returns stdout."""

    def command(*arguments):
        status, out, err = call(*arguments)
        assert (status, err) == (0, "")
        return out

    return command
