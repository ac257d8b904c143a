"""Whole processes, from start to end: throughput, workers, memory, start-up, and what a run costs beside its kernel."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import tlsmc
from benchmarking.kernels import Work
from benchmarking.problem import ROOT, Size, loaded, spec_text, write_spec
from benchmarking.report import Goal, Part, Table
from benchmarking.timing import PROGRAM, Spread, alternating, child, ratio, tlsmc_run
from tlsmc.observables.kernels import kernel

PLAIN = Path(__file__).with_name("plain_script.py")
_KERNEL, _ONE, _TWO = "kernel numba in process", "tlsmc, numba", "tlsmc, numba, 2 workers"


def measure(size: Size, folder: Path) -> Part:
    """Whole processes side by side, and the ratios that follow."""
    work = Work.of(folder, size.side, size.kernel_defects)
    contestants = _contestants(size, folder, work)
    for name in ("half as many defects, numba", _KERNEL):
        contestants[name]()  # compiles
    found = alternating(contestants, size.repetitions)
    scale = 1e9 / (size.defects * size.side**2)
    rows: list[tuple[object, ...]] = []
    for name, times in found.items():
        if not name.startswith("half"):
            rows.append((name, Spread.of(times), Spread.of(times).times(scale)))
    note = (
        f"{size.defects:,} defects, {size.side} x {size.side} grid, sampling and file included. The kernel alone is "
        f"measured with {work.defects:,} defects and scaled. The plain script applies its formula to whole arrays "
        "at each (T, omega); the hoisted one computes what does not depend on omega once for each T."
    )
    table = Table("Whole processes", ("process", "seconds", "ns per (defect, T, omega)"), rows, note)
    goals, workers = _ratios(found)
    return Part(goals, [table, workers], {"ns": {row[0]: row[2] for row in rows}})


def _contestants(size: Size, folder: Path, work: Work) -> dict[str, Callable[[], float]]:
    whole = write_spec(folder, "whole", spec_text(size.side, size.defects))
    half = write_spec(folder, "half", spec_text(size.side, size.defects // 2))

    def run(spec: Path, name: str, jobs: int) -> Callable[[], float]:
        return lambda: tlsmc_run(spec, name, jobs).seconds

    def plain(*words: str) -> Callable[[], float]:
        return lambda: child(sys.executable, PLAIN, str(size.defects), str(size.side), *words).seconds

    return {
        _KERNEL: lambda: work.seconds(kernel("numba").accumulate) * size.defects / work.defects,
        _ONE: run(whole, "numba", 1),
        _TWO: run(whole, "numba", 2),
        "half as many defects, numba": run(half, "numba", 1),
        "tlsmc, numpy": run(whole, "numpy", 1),
        "tlsmc, numpy, 2 workers": run(whole, "numpy", 2),
        "plain script": plain(),
        "plain script, hoisted": plain("hoisted"),
    }


def _ratios(found: dict[str, list[float]]) -> tuple[list[Goal], Table]:
    one, two, plain = found[_ONE], found[_TWO], found["plain script"]
    goals = [
        Goal("plain NumPy script over tlsmc, numba, one worker", 40.0, ratio(plain, one)),
        Goal("plain NumPy script over tlsmc, numpy, one worker", 10.0, ratio(plain, found["tlsmc, numpy"])),
        Goal("time in the kernel over the whole process", 0.7, ratio(found[_KERNEL], one)),
        Goal("two workers over one", 1.85, ratio(one, two)),
    ]
    weak = ratio(found["half as many defects, numba"], two)
    numpy = ratio(found["tlsmc, numpy"], found["tlsmc, numpy, 2 workers"])
    rows: list[tuple[object, ...]] = [
        ("two workers, strong, numba: same number of defects", ratio(one, two), ratio(one, two).times(0.5)),
        ("two workers, weak, numba: twice the defects", weak.times(2.0), weak),
        ("two workers, strong, numpy", numpy, numpy.times(0.5)),
        ("numba over hoisted plain script", ratio(found["plain script, hoisted"], one), "-"),
        ("numba, two workers, over plain script", ratio(plain, two), "-"),
    ]
    columns = ("what", "speed-up", "efficiency")
    return goals, Table("Scaling with workers, whole processes, and other ratios", columns, rows)


@contextlib.contextmanager
def _terminal() -> Iterator[None]:
    """Standard error is a terminal, on which a progress bar is drawn; what it shows is read and dropped."""
    master, slave = os.openpty()

    def read() -> None:
        with contextlib.suppress(OSError):
            while os.read(master, 4096):
                pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with open(slave, "w", encoding="utf-8") as screen, contextlib.redirect_stderr(screen):
        yield
    reader.join()
    os.close(master)


def overhead(size: Size, folder: Path) -> Part:
    """What run file, checkpoints and progress bar cost."""
    spec = loaded(folder, spec_text(size.side, size.defects))

    def with_file() -> float:
        begin = time.perf_counter()
        with _terminal():
            tlsmc.run(spec, folder / "overhead.h5", kernel="numba", force=True)
        return time.perf_counter() - begin

    def without() -> float:
        begin = time.perf_counter()
        tlsmc.run(spec, kernel="numba", progress=False)
        return time.perf_counter() - begin

    found = alternating({"with": with_file, "without": without}, size.repetitions)
    extra = [100.0 * (a / b - 1.0) for a, b in zip(found["with"], found["without"], strict=True)]
    goal = Goal("checkpoints and progress bar, % of the run without", 5.0, Spread.of(extra), at_most=True)
    return Part([goal], [], {"seconds": found})


def start_up(size: Size, folder: Path) -> Part:
    """Time to help, and to the result of the shortest study that comes with the project."""
    study, output = ROOT / "runs" / "quickstart.toml", folder / "quickstart.h5"
    contestants: dict[str, Callable[[], float]] = {
        "`tlsmc --help`": lambda: child(*PROGRAM, "--help").seconds,
        "`tlsmc run runs/quickstart.toml`": lambda: child(*PROGRAM, "run", study, "-o", output, "--force").seconds,
        "python alone": lambda: child(sys.executable, "-c", "pass").seconds,
    }
    found = alternating(contestants, size.repetitions)
    rows: list[tuple[object, ...]] = [(name, Spread.of(times)) for name, times in found.items()]
    return Part([], [Table("Start-up, wall time", ("process", "seconds"), rows)], {})


def ladders(size: Size, folder: Path) -> Part:
    """Cost against the numbers of defects and of grid points, and peak memory."""
    side = min(8, size.side)
    shapes = [(side, n) for n in size.defect_ladder] + [(s, size.grid_defects) for s in size.side_ladder]
    specs = {shape: write_spec(folder, f"ladder_{shape[0]}_{shape[1]}", spec_text(*shape)) for shape in shapes}
    contestants = {str(shape): partial(_seconds, specs[shape]) for shape in shapes}
    found = alternating(contestants, size.repetitions)
    rows: list[tuple[object, ...]] = []
    for points, n in shapes:
        spread = Spread.of(found[str((points, n))])
        rows.append((n, f"{points} x {points}", spread, spread.times(1e9 / (n * points**2))))
    columns = ("defects", "grid", "seconds", "ns per (defect, T, omega)")
    cost = Table("Cost of a whole process, numba, one worker", columns, rows)
    peaks: list[tuple[object, ...]] = []
    for n in size.memory:
        spec = write_spec(folder, f"memory_{n}", spec_text(side, n))
        for name in ("numba", "numpy"):
            peak = Spread.of([tlsmc_run(spec, name).peak / 1e6 for _ in range(1 if n > 1e7 else size.repetitions)])
            peaks.append((n, name, peak))
    memory = Table("Peak memory of the process", ("defects", "kernel", "MB"), peaks, f"{side} x {side} grid.")
    data = {"cost": [(points, n, Spread.of(found[str((points, n))])) for points, n in shapes]}
    return Part([], [cost, memory], data)


def _seconds(spec: Path) -> float:
    return tlsmc_run(spec).seconds
