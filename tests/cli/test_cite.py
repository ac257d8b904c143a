"""``tlsmc cite`` and ``tlsmc.citation()``: the paper, the program, and what made a file."""

import re

import tlsmc
from tests.library import DATA, refused
from tlsmc.cli import EXIT_STORE

FIT = DATA / "fit_0_1.fit.h5"


def test_the_paper_and_the_program(call, parsed):
    made = tlsmc.citation()
    assert made.paper.startswith(
        "I. L. Aleiner, B. L. Altshuler, Y. M. Galperin and T. A. Shutenko, Experimental tests"
    )
    assert made.program == f"tlsmc {tlsmc.__version__}, Monte Carlo ensembles of tunnelling two-level systems in metals"
    assert call("cite") == (0, f"{made}\n", "")
    data = {"version": tlsmc.__version__, "file": "", "digest": ""}
    assert parsed("cite") == data | {"paper": made.paper, "program": made.program, "bibtex": made.bibtex}


def test_a_run_is_cited_by_version_and_digest(parsed, run_file, small_run):
    data = parsed("cite", run_file)
    assert (data["file"], data["digest"]) == ("small.h5", small_run.digest())
    assert data["program"].endswith(f", small.h5, digest {small_run.digest()}")
    assert f"note = {{small.h5, digest {small_run.digest()}}}" in data["bibtex"]


def test_a_fit_is_cited_too(parsed):
    fit = tlsmc.fitting.open_fit(FIT)
    data = parsed("cite", FIT)
    assert (data["version"], data["digest"]) == (fit.version, fit.digest())
    assert rf"note = {{fit\_0\_1.fit.h5, digest {fit.digest()}}}" in data["bibtex"]


def test_what_was_read_from_no_file_has_a_digest(small_run):
    from dataclasses import replace

    assert tlsmc.citation(replace(small_run, path="")).program.endswith(f"metals, digest {small_run.digest()}")


def test_bibtex_can_be_parsed():
    entries = re.findall(r"@(\w+)\{(\w+),\n((?:  \w+ = \{.*\},\n)+)\}", tlsmc.citation().bibtex)
    assert [entry[:2] for entry in entries] == [("article", "Aleiner2001"), ("misc", "tlsmc")]
    for _, _, body in entries:
        assert body.count("{") == body.count("}")


def test_a_file_that_is_neither(call, tmp_path):
    refused(call("cite", tmp_path / "none.h5"), EXIT_STORE, "none.h5", "cannot be read")
