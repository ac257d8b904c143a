"""Commands in processes of their own, to be stopped and killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.library import ROOT

#: Begins like ``python -m tlsmc``, with a checkpoint after every group of blocks.
EAGER = (
    "import sys; from tlsmc import cli; from tlsmc.simulation import checkpoints; "
    "checkpoints.PAUSE, checkpoints.SHARE = 0.0, 1e9; sys.exit(cli.main())"
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
