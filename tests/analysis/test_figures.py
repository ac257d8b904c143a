"""Scripts of analysis/ at reduced size: they run, and say and draw what they should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

#: Script, its options for a small figure, and what it prints about its result.
SCRIPTS = {
    "attenuation_maps": (["--defects", "20000", "--points", "7"], ""),
    "dephasing_window": (["--defects", "8192"], r"saturated within 10 % down to 40 mK: E\* up to 57 mK"),
    # 0.1 L/chi with L = 30 printed; pi/8 of Eq. 9 with the L of an hour at 2 mK, [ln(4 t/tau_min)]/2 + 0.43 = 13.6.
    "dominance": (["--points", "9"], r"C_T/C_e = 100 as printed, 22\.6 as follows; W_rel/W_glass = 51\.7"),
    "kondo_map": (["--points", "9"], r"tau_0/tau_phi from 0\.\d+ to 0\.\d+"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_script(tmp_path, name):
    options, said = SCRIPTS[name]
    words = [sys.executable, ROOT / "analysis" / f"{name}.py", "-o", tmp_path, *options]
    places = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": places})
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(said, done.stdout)
    for suffix in ("svg", "png"):
        assert (tmp_path / f"{name}.{suffix}").stat().st_size > 10_000
        assert str(tmp_path / f"{name}.{suffix}") in done.stdout
