"""Small runs for the tests of what a run survives."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import tlsmc
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.spec.reader import parse_spec

ROOT = Path(__file__).resolve().parents[2]

KINDS = {
    "random": {"defects": 5 * BATCH + 17, "samples": 2},
    "poisson": {"defects": 3 * BATCH + 100, "samples": 2, "count": "poisson"},
    "sobol": {"defects": 4 * BATCH + 50, "samples": 2, "sampling": "sobol"},
}


def content(*, seed=1, temperatures=(0.1, 1.0), store="none", **population):
    """A spec as a dictionary: two observables on a small grid."""
    return {
        "title": "small",
        "seed": seed,
        "store": store,
        "population": {
            "model": "tunnelling",
            "defects": 3 * BATCH + 17,
            "parameters": {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": 1e-3}},
        }
        | population,
        "material": {"chi": 0.3},
        "observables": {
            "dephasing": {"temperature": list(temperatures)},
            "heat_capacity": {"temperature": list(temperatures)},
        },
    }


def spec(**settings):
    """The spec of :func:`content`."""
    return parse_spec(content(**settings))


def digest(**settings):
    """Digest of the undisturbed run."""
    return tlsmc.run(spec(**settings), progress=False).digest()


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


#: Begins like ``python -m tlsmc``, with a checkpoint after every group of blocks.
EAGER = (
    "import sys; from tlsmc import cli, ensemble; "
    "ensemble._CHECKPOINT_PAUSE, ensemble._CHECKPOINT_SHARE = 0.0, 1e9; sys.exit(cli.main())"
)


def start(*arguments, eager=True, **settings):
    """Start the command line in a process of its own."""
    how = ["-c", EAGER] if eager else ["-m", "tlsmc"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | settings.pop("env", {})
    return subprocess.Popen(
        [sys.executable, *how, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=settings.pop("preexec_fn", _heed_signals),
        **settings,
    )


def _heed_signals():
    """A process in the background of a script is born ignoring Ctrl-C, and so would be what it starts."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def finish(process, timeout=120):
    """Exit status, stdout and stderr of a process."""
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode, out, err


def command(*arguments, **settings):
    """Run the command line; exit status, stdout and stderr."""
    return finish(start(*arguments, **settings))


def wait_until(condition, timeout=60.0):
    """Wait for a condition; an error if it does not come true."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("nothing happened")
        time.sleep(0.005)


def workers(process):
    """Process ids of the workers of a run, by their parent."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
            line = (entry / "cmdline").read_bytes() if fields and int(fields[1]) == process.pid else b""
        except OSError:
            continue
        if b"popen_loky" in line or b"loky.backend.popen" in line:
            found.append(int(entry.name))
    return found


def kill(pid, number=signal.SIGKILL):
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
