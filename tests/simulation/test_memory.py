"""Peak memory of whole processes: it does not grow with the number of defects."""

import subprocess
import sys

import pytest

from tests import library

# The peak of a child process begins at that of its parent: a small one in between starts it.
LAUNCHER = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def _peak(spec, tmp_path, *options):
    """Peak memory in MB of a run of a spec."""
    run = [sys.executable, "-m", "tlsmc", "run", spec, "-o", tmp_path / "run.h5", "--force", *options]
    launched = [sys.executable, "-c", LAUNCHER, *map(str, run)]
    done = subprocess.run(launched, check=True, capture_output=True, text=True, cwd=library.ROOT)
    return int(done.stdout) * 1024 / 1e6


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_memory_does_not_grow_with_the_number_of_defects(tmp_path, kernel):
    spec = library.toml(tmp_path / "spec.toml", points=2)
    few, many = (_peak(spec, tmp_path, "--defects", n, "--jobs", 1, "--kernel", kernel) for n in (100_000, 100_000_000))
    assert many - few < 50.0


@pytest.mark.slow
def test_a_large_grid_on_two_workers(tmp_path):
    spec = library.toml(tmp_path / "spec.toml")
    text = spec.read_text(encoding="utf-8").partition("[observables")[0]
    grid = (
        "temperature = { start = 0.01, stop = 10, points = 64 }\nfrequency = { start = 0.001, stop = 10, points = 64 }"
    )
    spec.write_text(f"{text}[observables.attenuation]\n{grid}\n", encoding="utf-8")
    assert _peak(spec, tmp_path, "--defects", 1_000_000, "--jobs", 2, "--kernel", "numba") < 500.0
