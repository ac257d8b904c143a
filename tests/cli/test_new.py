"""``tlsmc new``."""

import tomllib

import pytest

import tlsmc
from tests.library import ROOT, refused
from tlsmc.cli import EXIT_SPEC, EXIT_STORE
from tlsmc.spec.sweep import is_sweep, load_sweep


def test_new_lists_the_studies(call, parsed):
    titles = {p.stem: tomllib.loads(p.read_text(encoding="utf-8"))["title"] for p in (ROOT / "runs").glob("*.toml")}
    assert parsed("new") == dict(sorted(titles.items()))
    _, out, _ = call("new")
    assert [line.split("  ")[0].rstrip() for line in out.splitlines()] == sorted(titles)


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "runs").glob("*.toml")))
def test_new_writes_a_study_that_can_be_read(call, tmp_path, name):
    text = (ROOT / "runs" / f"{name}.toml").read_text(encoding="utf-8")
    assert call("new", name) == (0, text, "")
    output = tmp_path / "mine.toml"
    assert call("new", name, "-o", output) == (0, f"tlsmc run {output}\n", "")
    assert output.read_text(encoding="utf-8") == text
    if is_sweep(output):
        assert load_sweep(output)
    else:
        assert tlsmc.load_spec(output).title


def test_new_json(parsed, tmp_path):
    assert parsed("new", "quickstart")["preset"] == "quickstart"
    assert parsed("new", "quickstart", "-o", tmp_path / "a.toml") == {"file": str(tmp_path / "a.toml")}


def test_new_refuses(call, tmp_path):
    refused(call("new", "gold"), EXIT_SPEC, "'gold'", "'gold_wire'")
    taken = tmp_path / "taken.toml"
    taken.write_text("mine")
    refused(call("new", "quickstart", "-o", taken), EXIT_SPEC, "exists")
    assert taken.read_text() == "mine"
    refused(call("new", "quickstart", "-o", tmp_path / "no" / "a.toml"), EXIT_STORE, "No such file")
