"""The examples of the page on extensions in a plain installation: a user's files, and a package that offers them."""

import json
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from tests.docs.pages import EXAMPLES
from tests.library import ROOT, run_python

pytestmark = pytest.mark.slow

SPEC = """
seed = 3
[population]
model = "tunnelling"
defects = 20_000
[population.parameters]
E = {{ {law}, high = "20 mK" }}
p = {{ law = "tunnelling", low = 1e-5 }}
[observables.entropy]
temperature = ["5 mK", "50 mK", "2 K"]
{function}
"""

RUN = """
import json
import tlsmc
spec = tlsmc.load_spec("spec.toml")
run = tlsmc.run(spec, "run.h5", kernel={kernel!r}, jobs=2, backend="loky", progress=False)
stored = tlsmc.open_run("run.h5")
verdicts = {{name: found.verdict for name, found in tlsmc.diagnostics.compare(stored).items()}}
assert tlsmc.verify("run.h5", blocks=1).same_bits
print(json.dumps({{"digest": stored.digest(), "verdicts": verdicts, "entropy": stored["entropy"].mean.tolist()}}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what pip would install: the files of a wheel."""
    sources, folder = (tmp_path_factory.mktemp(name) for name in ("sources", "installed"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    for name in ("tlsmc", "runs"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    subprocess.run([sys.executable, "-W", "ignore", "-c", build], cwd=sources, check=True, capture_output=True)
    (wheel,) = (sources / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def examples():
    """The files of the page, by the names of the classes."""
    return {
        name: next(text for text in EXAMPLES.values() if f"class {name}(" in text) for name in ("Triangular", "Entropy")
    }


@pytest.fixture
def beside(tmp_path, examples):
    """A folder with the user's files beside a spec."""
    tmp_path = tmp_path / "beside"
    tmp_path.mkdir()
    (tmp_path / "my_law.py").write_text(examples["Triangular"])
    (tmp_path / "my_observable.py").write_text(examples["Entropy"])
    function = 'function = "my_observable.py:Entropy"'
    (tmp_path / "spec.toml").write_text(SPEC.format(law='function = "my_law.py:Triangular"', function=function))
    return tmp_path


@pytest.fixture
def package(tmp_path, examples):
    """A folder with an installed package that offers the same, and a spec."""
    tmp_path = tmp_path / "package"
    tmp_path.mkdir()
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "__init__.py").touch()
    about = tmp_path / "my_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    for module, name in (("triangular", "Triangular"), ("entropy", "Entropy")):
        (tmp_path / "my_package" / f"{module}.py").write_text(examples[name])
    (about / "entry_points.txt").write_text(
        "[tlsmc.laws]\ntriangular = my_package.triangular:Triangular\n"
        "[tlsmc.observables]\nentropy = my_package.entropy:Entropy\n"
    )
    (tmp_path / "spec.toml").write_text(SPEC.format(law='law = "triangular"', function=""))
    return tmp_path


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_both_ways_give_the_same_run(installed, beside, package, kernel):
    mine, offered = (
        json.loads(run_python(RUN.format(kernel=kernel), installed, folder)) for folder in (beside, package)
    )
    assert mine == offered
    assert mine["verdicts"] == {"entropy": "agrees"}
    # ln 2 for each defect far above the band.
    L = np.arctanh(np.sqrt(1.0 - 1e-5))
    assert mine["entropy"][-1] == pytest.approx(L * np.log(2.0), rel=1e-4)


def test_the_installation_has_its_manual_and_presets(installed, tmp_path):
    say = "from tlsmc.cli import main; main(['help', 'extending']); main(['new', 'quickstart'])"
    text = run_python(say, installed, tmp_path)
    assert "class Triangular(Law)" in text
    assert "[population.parameters]" in text
