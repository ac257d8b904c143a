"""The figures of samples and noise are made, once from new runs and once from those that are there."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests.library import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_figures(tmp_path, times):
    pytest.importorskip("matplotlib")
    words = [sys.executable, "-W", "error", str(ROOT / "analysis" / "trajectories.py"), "--quick", "-o", str(tmp_path)]
    places = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    kept = {}
    for _ in range(times):
        done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": places})
        assert done.returncode == 0, done.stderr
        made = {path: path.read_bytes() for path in tmp_path.iterdir()}
        assert not kept or made == kept
        kept = made
    names = [f"trajectories_{name}" for name in ("flicker", "narrow_line", "spread")]
    assert sorted(path.stem for path in kept if path.suffix == ".svg") == names
    for name in names:
        assert ElementTree.fromstring(kept[tmp_path / f"{name}.svg"]).tag.endswith("svg")
        assert kept[tmp_path / f"{name}.png"].startswith(b"\x89PNG")
