"""Alternating repetitions, their medians and ranges, and child processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tlsmc

#: The command line of the project, run by this interpreter.
PROGRAM = (sys.executable, "-m", "tlsmc")


@dataclass(frozen=True, slots=True)
class Spread:
    """Median of repetitions, the smallest and the largest."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(float(np.median(values)), float(min(values)), float(max(values)), len(values))

    def times(self, factor: float) -> Spread:
        """In another unit."""
        return Spread(self.median * factor, self.low * factor, self.high * factor, self.count)

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g}-{self.high:.3g})"


def ratio(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Spread of the ratios of repetitions that were made one after the other."""
    return Spread.of([a / b for a, b in zip(above, below, strict=True)])


def alternating(contestants: Mapping[str, Callable[[], float]], repetitions: int) -> dict[str, list[float]]:
    """What each contestant returns, one after the other and in reverse in every second round."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(repetitions):
        for name in list(contestants)[:: -1 if number % 2 else 1]:
            found[name].append(contestants[name]())
    return found


@dataclass(frozen=True, slots=True)
class Child:
    """Wall time and peak memory of a process, start to end."""

    seconds: float
    peak: int


def child(*command: str | Path) -> Child:
    """Run a command to its end.

    Raises
    ------
    RuntimeError
        It failed; the message holds what it wrote.
    """
    # The children use the very package that this process does.
    places = [str(Path(tlsmc.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    words = [sys.executable, str(Path(__file__).with_name("measured.py")), *map(str, command)]
    printed = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    result = json.loads(printed)
    if result["status"]:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {result['status']}: {result['errors']}")
    return Child(result["seconds"], result["peak"])


def tlsmc_run(spec: Path, kernel: str = "numba", jobs: int = 1) -> Child:
    """``tlsmc run SPEC -o FILE`` as a process."""
    output = spec.with_suffix(".h5")
    return child(*PROGRAM, "run", spec, "-o", output, "--force", "--kernel", kernel, "--jobs", str(jobs))
