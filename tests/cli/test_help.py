"""``tlsmc help``: the pages of the manual."""

import pydoc
import re

import pytest

from tests.library import ROOT, refused
from tlsmc.cli import COMMANDS, EXIT_SPEC

PAGES = {path.stem[3:]: path.read_text(encoding="utf-8") for path in sorted((ROOT / "tlsmc" / "manual").glob("*.md"))}


def test_the_pages_are_listed_in_their_order(call, parsed):
    titles = parsed("help")
    assert list(titles) == list(PAGES)
    for name, title in titles.items():
        assert PAGES[name].startswith(f"# {title}\n")
    _, out, _ = call("help")
    assert [line.split()[0] for line in out.splitlines()] == list(PAGES)
    assert "\\" not in out


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_words_and_no_marks(call, parsed, name):
    assert parsed("help", name) == {"topic": name, "text": PAGES[name]}
    status, out, err = call("help", name)
    assert (status, err) == (0, "")
    assert out.startswith(PAGES[name].partition("\n")[0].replace("\\*", "*"))
    for mark in ("<!--", ".md)", "\\*", "\\<"):
        assert mark not in out
    prose = re.sub(r"[^\w\s]", "", re.sub(r"<!--.*?-->|\]\([^)]*\)|\\\\", "", PAGES[name]))
    assert re.sub(r"[^\w\s]", "", re.sub(r"\]\([^)]*\)", "", out)).split() == prose.split()


def test_a_command_without_a_page_shows_its_options(call, parsed):
    for name in set(COMMANDS) - set(PAGES):
        _, text, _ = call(name, "--help")
        assert call("help", name) == (0, text, "")
    assert parsed("help", "digest")["text"].startswith("usage: tlsmc digest ")


def test_a_terminal_gets_a_pager(call, monkeypatch):
    shown = []
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(pydoc, "pager", shown.append)
    call("help", "laws")
    assert len(shown) == 1
    assert shown[0].startswith("# Laws")


@pytest.mark.parametrize(
    ("setting", "page"),
    [
        ("population.parameters.E.law=unifrom", "laws"),
        ("population.model=tunneling", "models"),
        ("observables.atenuation.temperature=[1]", "observables"),
        ('material.chi="3 K"', "units"),
    ],
)
def test_errors_name_the_page_that_helps(call, spec_file, setting, page):
    assert page in PAGES
    refused(call("run", spec_file, "--set", setting), EXIT_SPEC, f"(see tlsmc help {page})")


def test_a_misspelt_topic(call):
    refused(call("help", "lwas"), EXIT_SPEC, "no page 'lwas'", "did you mean 'laws'?")
    refused(call("help", "xyzzy"), EXIT_SPEC, "choose one of quickstart, ")
