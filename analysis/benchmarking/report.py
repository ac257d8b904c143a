"""What is measured, as Markdown and as JSON."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import math
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarking.compiled_bound import compiler_version
from benchmarking.timing import Spread


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure with the value that it is to have at least (or at most)."""

    what: str
    bound: float
    measured: Spread | None
    at_most: bool = False
    #: Why there is no figure.
    missing: str = ""

    @property
    def reached(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured.median <= self.bound if self.at_most else self.measured.median >= self.bound


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text, numbers and spreads."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    note: str = ""


@dataclass
class Part:
    """What one group of measurements found; ``data`` is for the picture and the checks."""

    goals: list[Goal] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


def machine() -> dict[str, str]:
    """Machine and versions."""
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "numba", "vegas")}
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "processors": str(os.cpu_count()),
        "load before the start": load,
        "python": platform.python_version(),
        **versions,
        "C compiler": compiler_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


def as_json(size: str, about: dict[str, str], parts: dict[str, Part]) -> str:
    """Everything, for machines; a number that is not finite becomes null."""
    goals = [{**asdict(goal), "reached": goal.reached} for part in parts.values() for goal in part.goals]
    tables = [asdict(table) for part in parts.values() for table in part.tables]
    data = {name: part.data for name, part in parts.items()}
    content = {"size": size, "machine": about, "goals": goals, "tables": tables, "data": data}
    return json.dumps(_plain(content), indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Spread):
        return asdict(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def as_markdown(size: str, about: dict[str, str], parts: dict[str, Part]) -> str:
    """Everything, for people."""
    goals = [goal for part in parts.values() for goal in part.goals]
    rows: list[tuple[Any, ...]] = [(g.what, _bound(g), g.measured or g.missing, _verdict(g)) for g in goals]
    tables = [Table("Figures", ("what", "at least", "measured (median, min-max)", "reached"), rows)]
    tables += [table for part in parts.values() for table in part.tables]
    head = f"# tlsmc beside its alternatives ({size})\n\nAll from one run of `analysis/benchmark.py`; medians of "
    head += "alternating repetitions with the smallest and the largest, ratios of neighbouring repetitions.\n"
    about_rows: list[tuple[Any, ...]] = list(about.items())
    return "\n".join([head, *map(_markdown, (Table("Machine", ("", ""), about_rows), *tables))])


def _bound(goal: Goal) -> str:
    return f"at most {goal.bound:g}" if goal.at_most else f"{goal.bound:g}"


def _verdict(goal: Goal) -> str:
    return {None: "-", True: "yes", False: "**no**"}[goal.reached]


def _markdown(table: Table) -> str:
    lines = [f"## {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in table.rows]
    return "\n".join([*lines, ""])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
