"""The picture of the README is what the code draws of the run that the README makes."""

import re
import subprocess
import sys

import numpy as np
import pytest

import tlsmc
from tests.docs.pages import ROOT

PICTURE = ROOT / "analysis" / "figures" / "gold_wire.svg"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run_file(tmp_path_factory):
    pytest.importorskip("numba")
    path = tmp_path_factory.mktemp("picture") / "gold_wire.h5"
    tlsmc.run(tlsmc.load_spec(ROOT / "runs" / "gold_wire.toml"), path, progress=False)
    return path


def test_the_picture_is_of_this_run(run_file):
    (digest,) = re.findall(r"digest ([0-9a-f]+)", PICTURE.read_text(encoding="utf-8"))
    assert tlsmc.open_run(run_file).digest().startswith(digest)


def test_the_picture_is_what_the_code_draws(run_file, tmp_path):
    pytest.importorskip("matplotlib")
    made = tmp_path / "made.svg"
    script = ROOT / "analysis" / "readme_figure.py"
    subprocess.run([sys.executable, script, run_file, "-o", made], check=True, capture_output=True, cwd=ROOT)
    (words, numbers), (expected_words, expected_numbers) = map(taken_apart, (made, PICTURE))
    assert words == expected_words
    np.testing.assert_allclose(numbers, expected_numbers, atol=0.01)


def taken_apart(path):
    """Texts and numbers of an SVG; names that matplotlib makes up are left out."""
    text = re.sub(r"\b[a-z]+[0-9a-f]{10}\b", "", path.read_text(encoding="utf-8"))
    number = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
    return re.sub(number, "0", text), [float(found) for found in re.findall(number, text)]
