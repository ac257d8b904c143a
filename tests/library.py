"""Specs and small runs that tests of several rooms share, and what every spec must do."""

import copy
import fcntl
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.simulation import run as ensemble
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import Spec

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"

#: Curves of the run of the fixture ``run_file``.
CURVES = [
    "attenuation.resonant",
    "attenuation.relaxation",
    "attenuation.total",
    "dephasing",
    "heat_capacity",
    "linewidth.mean",
    "linewidth.overdamped",
]

BARE = {
    "title": "bare",
    "seed": 5,
    "population": {
        "model": "tunnelling",
        "defects": 1000,
        "parameters": {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": 1e-6}},
    },
    "material": {"chi": 0.3},
    "observables": {"attenuation": {"temperature": [0.1, 1.0], "frequency": [0.05, 0.5]}},
}
UNITS = {
    "title": "with units",
    "store": "population",
    "seed": 5,
    "population": {
        "model": "tunnelling",
        "defects": 1000,
        "samples": 3,
        "count": "poisson",
        "parameters": {
            "Delta": {"law": "exponential", "mean": "20 mK"},
            "Lambda": {"law": "log_uniform", "low": "1 uK", "high": "1 ueV"},
        },
    },
    "material": {"preset": "gold", "chi": 0.03, "dephasing_time": "3 ns", "drive_amplitude": "1 mK"},
    "observables": {
        "attenuation": {
            "temperature": {"start": "5 mK", "stop": "1 K", "points": 7},
            "frequency": {"start": "1 MHz", "stop": "1 GHz", "points": 4, "spacing": "linear"},
            "drive": "sigma_z",
            "lineshape": "bloch",
        },
        "heat_capacity": {"temperature": ["1 mK", "20 ueV", "1 K"], "electrons": "free-electron"},
        "dephasing": {"temperature": {"start": "3 mK", "stop": "1 K", "points": 5}, "thermal_weight": "none"},
    },
}

#: A run of two blocks with title, source, units and overrides.
SMALL = parse_spec(
    {
        "title": "a small run, with a \N{GREEK SMALL LETTER CHI}",
        "seed": 11,
        "population": {
            "model": "tunnelling",
            "defects": 300,
            "samples": 2,
            "parameters": {"E": {"law": "uniform", "high": "20 mK"}, "p": {"law": "tunnelling", "low": 1e-6}},
        },
        "material": {"chi": 0.3},
        "observables": {
            "attenuation": {"temperature": ["10 mK", "1 K"], "frequency": ["1 MHz", "100 MHz", "1 GHz"]},
            "heat_capacity": {"temperature": ["1 mK", "10 mK", "1 K"]},
        },
    },
    source="# a comment\ntitle = 1\n",
    overrides=("population.defects=300",),
)

#: A run of two seconds with every observable, in kelvin, with 10 blocks: the joint test has one combination.
SMALL_TOML = """
title = "small"
seed = 3

[population]
model = "tunnelling"
defects = 40_000

[population.parameters]
E = { law = "uniform", high = "20 mK" }
p = { law = "tunnelling", low = 1e-6 }

[material]
preset = "paper"
chi = 0.3
dephasing_time = "3 ns"
drive_amplitude = "1 mK"

[observables.attenuation]
temperature = ["10 mK", "50 mK"]
frequency = { start = "100 MHz", stop = "400 MHz", points = 3 }

[observables.heat_capacity]
temperature = ["2 mK", "20 mK", "0.2 K"]

[observables.dephasing]
temperature = ["2 mK", "20 mK", "0.2 K"]
"""


#: Runs of several blocks of each way to draw defects.
KINDS = {
    "random": {"defects": 5 * BATCH + 17, "samples": 2},
    "poisson": {"defects": 3 * BATCH + 100, "samples": 2, "count": "poisson"},
    "sobol": {"defects": 4 * BATCH + 50, "samples": 2, "sampling": "sobol"},
}


def small_content(
    *, seed=1, chi=0.3, p_min=1e-3, T=(0.1, 1.0), omega=(0.1, 0.5), observables=None, **population
) -> dict[str, object]:
    """Content of a spec of 1000 defects in natural units; further settings go to its population."""
    grids = {"temperature": list(T), "frequency": list(omega)}
    if observables is None:
        without = {"temperature": list(T)}
        observables = {"attenuation": grids, "heat_capacity": without, "dephasing": without}
    return {
        "seed": seed,
        "population": {
            "model": "tunnelling",
            "defects": 1000,
            "parameters": {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": p_min}},
        }
        | population,
        "material": {"chi": chi},
        "observables": observables,
    }


def kondo_content(*, seed=1, observables=None, defects=6000, **parameters) -> dict[str, object]:
    """Content of a spec of Kondo defects; ``parameters`` are their laws, by default both uniform."""
    uniform = {"T_K": {"law": "uniform", "high": 1.0}, "Delta": {"law": "uniform", "high": 0.2}}
    return {
        "seed": seed,
        "population": {"model": "kondo", "defects": defects, "parameters": parameters or uniform},
        "observables": observables or {"kondo_dephasing": {"temperature": [0.1, 1.0]}},
    }


def several_blocks(*, seed=1, temperatures=(0.1, 1.0), store="none", **population) -> dict[str, object]:
    """Content of a spec of several blocks: two observables on a small grid."""
    grid = {"temperature": list(temperatures)}
    observables = {"dephasing": grid, "heat_capacity": grid}
    population = {"defects": 3 * BATCH + 17} | population
    return {"title": "small", "store": store} | small_content(seed=seed, observables=observables, **population)


def spec(**settings) -> Spec:
    """The spec of :func:`several_blocks`."""
    return parse_spec(several_blocks(**settings))


def digest(**settings) -> str:
    """Digest of the undisturbed run."""
    return tlsmc.run(spec(**settings), progress=False).digest()


def stopped(path, monkeypatch, after=2, error=KeyboardInterrupt, **settings) -> str:
    """An unfinished run file: the run is stopped after some groups of blocks.  Returns what it says then."""
    real, calls = ensemble.simulate_blocks, []

    def stopping(*arguments, **named):
        if len(calls) == after:
            raise error
        calls.append(1)
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "simulate_blocks", stopping)
        with pytest.raises(error) as caught:
            tlsmc.run(spec(**settings), path, progress=False)
    return str(caught.value)


def once(factory, name, make):
    """What ``make`` returns, made once for all workers of a test run: the others read it from the disk."""
    folder = factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with open(folder / f"{name}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / f"{name}.pickle"
        if not path.exists():
            path.write_bytes(pickle.dumps(make()))
        return pickle.loads(path.read_bytes())


def toml(path, *, seed=1, points=40, store="none", **population):
    """Write a spec file of a run that takes a while: each block some hundredth of a second."""
    entries = "\n".join(f"{key} = {value!r}".replace("'", '"') for key, value in population.items())
    path.write_text(
        f"seed = {seed}\nstore = '{store}'\n[population]\nmodel = 'tunnelling'\n{entries}\n"
        "[population.parameters]\nE = { law = 'uniform', high = 1.0 }\np = { law = 'tunnelling', low = 1e-3 }\n"
        "[material]\nchi = 0.3\n"
        f"[observables.heat_capacity]\ntemperature = {{ start = 0.01, stop = 1.0, points = {points} }}\n",
        encoding="utf-8",
    )
    return path


def changed(path, value, base=BARE):
    """A copy of a spec with one entry changed, added, or removed (value ``...``)."""
    content = copy.deepcopy(base)
    table = content
    *outer, last = path.split("/")
    for name in outer:
        table = table[name]
    if value is ...:
        del table[last]
    else:
        table[last] = value
    return content


def assert_fixed_point(spec: Spec) -> None:
    resolved = spec.resolved()
    again = parse_spec(resolved)
    assert again == spec
    assert again.hash() == spec.hash()
    assert again.resolved() == resolved
    # Through JSON, as in the run file: the same to the last bit of every number.
    stored = parse_spec(json.loads(json.dumps(resolved)))
    assert stored == spec
    assert stored.hash() == spec.hash()
    for gridded in spec.observables:
        np.testing.assert_array_equal(stored.gridded(gridded.name).T, gridded.T)
        np.testing.assert_array_equal(stored.gridded(gridded.name).points, gridded.points)


def refused(result, status, *pieces) -> None:
    """A command ended with ``status`` and one line on stderr that holds all ``pieces``."""
    given, out, err = result
    assert given == status
    assert out == ""
    assert err.startswith("error: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    for piece in pieces:
        assert piece in err


def copied_package(folder: Path) -> Path:
    """A copy of the package in ``folder``, for tests that add files to it; returns the folder."""
    shutil.copytree(ROOT / "tlsmc", folder / "tlsmc", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run_python(code: str, package: Path, folder: Path) -> str:
    """What a new interpreter prints that finds the package, and others, in these folders and works in the second."""
    paths = os.pathsep.join(map(str, (package, folder)))
    check = f"import tlsmc; assert tlsmc.__file__.startswith({str(package)!r}), tlsmc.__file__\n"
    environment = os.environ | {"PYTHONPATH": paths}
    command = [sys.executable, "-c", check + code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
