"""``tlsmc report``: where the page goes, and what is refused."""

import json
import shutil
import sys
from pathlib import Path

import pytest

import tlsmc
from tests.reporting.pages import content, read, rows, table
from tlsmc.results.store import sealed as image

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with a file."""
    path = tmp_path_factory.mktemp("run") / "small.h5"
    return tlsmc.run(tlsmc.parse_spec(content(defects=1_000, only=("dephasing",))), path, progress=False)


@pytest.fixture
def run_file(run, tmp_path):
    """The file of the run in a folder of the test's own."""
    return Path(shutil.copy(run.path, tmp_path / "small.h5"))


def test_the_command_writes_the_page(call, run_file, run):
    status, out, err = call("report", run_file)
    page = run_file.with_suffix(".html")
    assert (status, out, err) == (0, f"{page}\n", "")
    assert sorted(p.name for p in run_file.parent.iterdir()) == ["small.h5", "small.html"]
    tree = read(page.read_text(encoding="utf-8"))
    assert run.digest() in tree.text
    assert dict(rows(table(tree, "Provenance")))["File"] == "small.h5"
    assert str(run_file.parent) not in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_figures")
def test_an_existing_page_is_kept_unless_forced(call, run_file, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("mine", encoding="utf-8")
    status, out, err = call("report", run_file, "-o", page)
    assert (status, out) == (2, "")
    assert "exists already" in err
    assert page.read_text(encoding="utf-8") == "mine"
    status, out, _ = call("report", run_file, run_file, "-o", page, "--force", "--json")
    assert (status, json.loads(out)) == (0, {"file": str(page)})
    assert len(read(page.read_text(encoding="utf-8")).all("h1")) == 1


@pytest.mark.parametrize(
    ("output", "status", "piece"),
    [("no/page.html", 2, "does not exist"), ("", 2, "is a folder"), ("small.h5", 2, "run")],
)
def test_places_that_are_refused(call, run_file, output, status, piece):
    before = run_file.read_bytes()
    given, out, err = call("report", run_file, "-o", run_file.parent / output, "--force")
    assert (given, out) == (status, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert piece in err
    assert run_file.read_bytes() == before
    assert [p.name for p in run_file.parent.iterdir()] == ["small.h5"]


def test_bad_run_files_and_a_missing_matplotlib(call, run_file, tmp_path, monkeypatch):
    status, out, err = call("report", run_file, tmp_path / "none.h5")
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert "none.h5" in err
    for name in [
        n for n in sys.modules if n.partition(".")[0] == "matplotlib" or n.startswith("tlsmc.reporting.figures.")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert call("report", run_file) == (2, "", "error: plot needs matplotlib; install tlsmc[plot]\n")
    assert not run_file.with_suffix(".html").exists()


@pytest.mark.usefixtures("no_figures")
def test_a_page_that_cannot_be_written_leaves_nothing(call, run_file, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image, "_write_through", full)
    status, out, err = call("report", run_file, "-o", tmp_path / "page.html")
    assert (status, out, err.count("\n")) == (4, "", 1)
    assert [p.name for p in tmp_path.iterdir()] == ["small.h5"]
