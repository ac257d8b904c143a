"""Commands that read a run file: ``show``, ``compare``, ``plot``, ``digest``, ``export``."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

from tlsmc.cli.output import plot_base, print_heading, print_json, print_table, summary
from tlsmc.diagnostics.comparison import Comparison, compare_curve, judged
from tlsmc.errors import StoreError
from tlsmc.formatting import axis_title, coordinate, measured_axis, number, with_error
from tlsmc.results.run import Curve, Run
from tlsmc.results.store import open_run, sealed_kind

#: Grid values of each axis that a table shows unless asked for all.
_SHOWN = 6
#: What `plot` draws instead of curves, if asked to.
_PICTURES = ("convergence", "samples", "defects", "telegraph")


def digest(options: argparse.Namespace) -> None:
    """One hash of all block sums."""
    run = open_run(options.file)
    if options.json:
        print_json({"digest": run.digest(), "complete": run.complete})
    else:
        print(run.digest())


def show(options: argparse.Namespace) -> None:
    """What a run holds, or a fit."""
    if sealed_kind(options.file) == "fit file":
        from tlsmc.cli import fitfile

        fitfile.show(options)
        return
    run = open_run(options.file)
    curves = _curves(run, options.curve)
    if options.json:
        print_json(summary(run) | {"curves": {curve.name: _curve_data(curve) for curve in curves}})
        return
    print_heading(run)
    for curve in curves:
        _print_curve(curve, options.all)


def _curves(run: Run, names: list[str] | None) -> list[Curve]:
    return [run[name] for name in names or run.names]


def _print_curve(curve: Curve, everything: bool) -> None:
    kelvin = curve.run.spec.in_kelvin
    print(f"\n{curve.name}: {curve.label}")
    header = [*(axis_title(axis, kelvin) for axis in curve.axes), "sampled", "exact", "z"]
    measurable = curve.measurable
    header += [f"{name} [{unit}]" if unit else name for name, (unit, _, _) in measurable.items()]
    rows = []
    # A z that `compare` refuses is not shown here either.
    usable = judged(curve)[0].reshape(curve.mean.shape)
    for place, values in _grid(curve, everything):
        mean, error, exact = (array[place] for array in (curve.mean, curve.error, curve.exact))
        z = (mean - exact) / error if usable[place] else np.nan
        cells = [coordinate(axis, value, kelvin) for axis, value in zip(curve.axes, values, strict=True)]
        cells += [with_error(mean, error), number(exact), f"{z:+.1f}" if np.isfinite(z) else "-"]
        cells += [with_error(value[place], spread[place]) for _, value, spread in measurable.values()]
        rows.append(cells)
    print_table(header, rows)


def _grid(curve: Curve, everything: bool) -> Iterable[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Places on a curve's grid and the coordinates there, all or an even selection."""
    axes = list(curve.gridded.axes.values())
    chosen = [range(len(a)) if everything else sorted({*np.linspace(0, len(a) - 1, _SHOWN).astype(int)}) for a in axes]
    for place in np.stack(np.meshgrid(*chosen, indexing="ij"), axis=-1).reshape(-1, len(axes)):
        yield tuple(int(i) for i in place), tuple(axis[i] for axis, i in zip(axes, place, strict=True))


def _curve_data(curve: Curve) -> dict[str, Any]:
    data: dict[str, Any] = dict(curve.gridded.axes)
    data |= {"label": curve.label, "mean": curve.mean, "error": curve.error, "exact": curve.exact}
    data["measurable"] = {
        name: {"unit": unit, "value": value, "error": error} for name, (unit, value, error) in curve.measurable.items()
    }
    return data


def compare(options: argparse.Namespace) -> None:
    """Sampled against exact and printed."""
    run = open_run(options.file)
    results = [compare_curve(run[name]) for name in run.names]
    if options.json:
        print_json(
            {"complete": run.complete, "observables": {result.name: _comparison_data(result) for result in results}}
        )
        return
    print_heading(run)
    print("\nSampled against exact")
    rows = [
        [r.name, r.verdict, str(r.points), number(r.chi2), str(r.dof), number(r.p_value), number(r.max_abs_z)]
        for r in results
    ]
    print_table(("curve", "verdict", "points", "chi2", "dof", "p", "max |z|"), rows)
    for result in results:
        if result.reason:
            print(f"  {result.name}: {result.reason}")
    print("\nSampled over printed, averaged over the grid")
    rows = [
        [result.name, ratio.equation, with_error(ratio.ratio, ratio.ratio_error), ratio.remark]
        for result in results
        for ratio in result.printed
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _comparison_data(result: Comparison) -> dict[str, Any]:
    keys = ("points", "chi2", "dof", "p_value", "max_abs_z", "verdict", "reason")
    forms = [
        {"equation": p.equation, "ratio": p.ratio, "ratio_error": p.ratio_error, "remark": p.remark}
        for p in result.printed
    ]
    leading = forms[0] if forms else None
    return {key: getattr(result, key) for key in keys} | {"printed": leading, "printed_forms": forms}


def plot(options: argparse.Namespace) -> None:
    """Pictures of every curve, or of a fit."""
    from tlsmc.reporting import figures as plotting

    if sealed_kind(options.file) == "fit file":
        from tlsmc.cli import fitfile

        fitfile.plot(options, _PICTURES)
        return
    run = open_run(options.file)
    base = plot_base(options.file, options.output)
    names = [curve.name for curve in _curves(run, options.curve)] if options.curve else None
    kind = next((kind for kind in _PICTURES if getattr(options, kind)), "run")
    draw = getattr(plotting, f"plot_{kind}")
    written = draw(run, base, formats=tuple(options.format or ("png", "svg")), names=names)
    if options.json:
        print_json({"files": [str(path) for path in written]})
    else:
        print("\n".join(str(path) for path in written))


def export(options: argparse.Namespace) -> None:
    """All curves as CSV, one file each."""
    run = open_run(options.file)
    base = plot_base(options.file, options.output)
    written = []
    for curve in _curves(run, options.curve):
        path = base.with_name(f"{base.name}.{curve.name}.csv")
        try:
            with path.open("w", newline="", encoding="utf-8") as file:
                _write_csv(curve, file)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another folder with -o") from None
        written.append(str(path))
    if options.json:
        print_json({"files": written})
    else:
        sys.stdout.write("".join(f"{name}\n" for name in written))


def _write_csv(curve: Curve, file: TextIO) -> None:
    kelvin = curve.run.spec.in_kelvin
    writer = csv.writer(file, lineterminator="\n")
    printed = {form.equation: curve._shaped(np.broadcast_to(form.values, curve.gridded.grid)) for form in curve.printed}
    measurable = curve.measurable
    header = [_csv_axis(axis, kelvin) for axis in curve.axes] + ["mean", "error", "exact", *printed]
    for name, (of, _, _) in measurable.items():
        header += [f"{name} [{of}]" if of else name, f"{name} error"]
    writer.writerow(header)
    for place, values in _grid(curve, True):
        arrays = [curve.mean, curve.error, curve.exact, *printed.values()]
        arrays += [array for _, value, error in measurable.values() for array in (value, error)]
        if kelvin:
            values = tuple(measured_axis(axis, v)[0] for axis, v in zip(curve.axes, values, strict=True))
        writer.writerow([repr(float(v)) for v in (*values, *(array[place] for array in arrays))])


def _csv_axis(axis: str, in_kelvin: bool) -> str:
    """Heading of a grid column: T in K, the ordinary frequency nu in Hz and t in s, or natural units and omega."""
    name = "temperature" if axis == "temperature" else axis_title(axis, in_kelvin)
    return f"{name} [{measured_axis(axis, 0.0)[1]}]" if in_kelvin else name
