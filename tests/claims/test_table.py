"""The manual's table of claims is what the program says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_manual_shows_what_the_ensembles_give():
    places = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    words = [sys.executable, ROOT / "analysis" / "claims_table.py"]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": places})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in (ROOT / "tlsmc/manual/16-paper.md").read_text(encoding="utf-8")
