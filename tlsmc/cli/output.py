"""What commands share: tables and JSON, the heading of a run, files that hold a run or a fit, files to write."""

from __future__ import annotations

import csv
import json
import math
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlsmc.errors import SpecError, StoreError
from tlsmc.formatting import table

if TYPE_CHECKING:
    from tlsmc.fitting import Fit
    from tlsmc.results.curve import Curve
    from tlsmc.results.run import Run


def print_json(value: object) -> None:
    """Print plain data as JSON; NaN and infinity, which JSON lacks, become null."""
    print(json.dumps(_plain(value), indent=2))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # an array or a number of numpy, which need not be imported to say so
        return _plain(value.tolist())
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "  ") -> None:
    """Print right-aligned columns under a header."""
    print("\n".join(table([header, *rows], indent=indent)))


def print_files(files: Iterable[object], as_json: bool) -> None:
    """Print the names of the files that were written."""
    names = [str(file) for file in files]
    print_json({"files": names}) if as_json else print("\n".join(names))


def print_heading(run: Run) -> None:
    """Title, size, laws and provenance of a run."""
    layout, made = run.spec.layout, run.provenance
    print(run.spec.title or "untitled")
    print(
        f"  {layout.samples} x {layout.defects:,} defects ({layout.sampling}, {layout.count} count), {layout.seed_text}"
    )
    for name, law in run.spec.population.laws.items():
        print(f"  {name}: {law}")
    print(
        f"  tlsmc {made.version}, {made.kernel} kernel, numpy {made.numpy}, {made.started}, {made.wall_seconds:.1f} s"
    )
    if run.missing_code:
        print(f"  no exact values: {run.missing_code}")
    if not run.complete:
        print(f"  unfinished: {run.sums.done.mean():.1%} of the blocks are done, all numbers are from those")
    if math.isfinite(run.overdamped_fraction):
        print(f"  overdamped (Gamma > E): at most {run.overdamped_fraction:.2%} of the defects")


def summary(run: Run) -> dict[str, object]:
    """What a finished run says of itself."""
    size, made = picked(run.spec.layout, "samples defects seed"), picked(run.provenance, "wall_seconds kernel")
    about = {"file": run.path, "title": run.spec.title, **size, **picked(run, "complete"), **made}
    hashes = {"spec_hash": run.spec.hash(), "digest": run.digest()}
    return about | picked(run, "overdamped_fraction") | hashes


def picked(result: object, names: str) -> dict[str, Any]:
    """These attributes of a result, for JSON."""
    return {name: getattr(result, name) for name in names.split()}


def coordinates(curve: Curve, place: Sequence[int]) -> dict[str, float]:
    """Values of the axes at a place on a curve's grid."""
    return {axis: values[i] for (axis, values), i in zip(curve.gridded.axes.items(), place, strict=False)}


def open_subject(path: str) -> Run | Fit:
    """What a file holds, a run or a fit."""
    if is_fit_file(path):
        from tlsmc.fitting import open_fit

        return open_fit(path)
    from tlsmc.results.store import open_run

    return open_run(path)


def is_fit_file(path: str) -> bool:
    """Whether a file says of itself that it is a fit file; everything else is read as a run file."""
    from tlsmc.results.store import sealed_kind

    return sealed_kind(path) == "fit file"


def refuse_for_fit(options: Namespace, *names: str) -> None:
    """Refuse options that mean nothing for a fit."""
    for name in names:
        value = getattr(options, name)
        if value is not None and value is not False:
            raise SpecError(f"--{name}: is for a run, and {options.file} is a fit file; leave it out")


def output_base(file: str, output: str | None) -> Path:
    """Path that output names start with: the file's without its endings, in the folder asked for."""
    folder = Path(output) if output else Path(file).parent
    if not folder.is_dir():
        raise StoreError(f"-o {folder}: is not a folder; make it or choose another")
    if not is_fit_file(file):
        return folder / Path(file).stem
    from tlsmc.fitting.file import base_of

    return folder / base_of(file).name


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write a table, the header first."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another folder with -o") from None
