"""``tlsmc tails`` and ``tlsmc reweight``: on what an answer hangs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.cli.output import plot_base, print_heading, print_json, print_table
from tlsmc.diagnostics.comparison import judged
from tlsmc.diagnostics.reweighting import reweight as reweighted
from tlsmc.diagnostics.sensitivity import DEFECTS, Sensitivity, ranked, sensitivities
from tlsmc.diagnostics.tails import FRACTIONS, Culprit, CurveTails, curve_culprits, run_tails
from tlsmc.errors import SpecError
from tlsmc.formatting import axis_title, coordinate, number, with_error
from tlsmc.results.run import Curve, Run
from tlsmc.results.store import open_run
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.toml import apply_setting, parse_setting

#: Grid points of each curve in the table, heaviest tail first, unless all are asked for.
_SHOWN = 3
#: Grid points of each curve whose largest contributors are named in JSON.
_NAMED = 3


def tails(options: argparse.Namespace) -> None:
    """Tail index, shares, effective number and the defects behind them; with --sensitivity a ranked table."""
    run = open_run(options.file)
    found = run_tails(run)
    slopes = _slopes(run, options) if options.sensitivity else []
    if options.plot:
        from tlsmc.reporting.figures import plot_tails

        files = [str(path) for path in plot_tails(run, found, slopes, plot_base(options.file, options.output))]
        if options.json:
            print_json({"files": files})
        else:
            print("\n".join(files))
    elif options.json:
        curves = {name: _tails_data(run[name], result) for name, result in found.items()}
        print_json({"complete": run.complete, "curves": curves, "sensitivity": [_slope_data(s) for s in slopes]})
    else:
        _print_tails(run, found, options.all)
        if slopes:
            _print_slopes(run, slopes)


def _slopes(run: Run, options: argparse.Namespace) -> list[Sensitivity]:
    if options.defects is not None and options.defects < 2:
        raise SpecError(f"--defects {options.defects}: is below 2; give the number of defects to vary")
    return ranked(sensitivities(run.spec, options.defects or DEFECTS))


def _print_tails(run: Run, found: dict[str, CurveTails], everything: bool) -> None:
    print_heading(run)
    tops = [f"top {100 * f:g} %" for f in FRACTIONS]
    for name, result in found.items():
        curve = run[name]
        refusal = judged(curve)[1]
        print(f"\n{name}: heaviest tails first{f'; {refusal}' if refusal else ''}")
        axes = (axis_title(axis, run.spec.in_kelvin) for axis in curve.axes)
        places = result.worst_first()
        rows = [_tail_row(curve, result, place) for place in (places if everything else places[:_SHOWN])]
        print_table([*axes, "tail index", "statistics", *tops, "largest", "effective", "rests on"], rows)
        _print_culprits(curve_culprits(curve, places[0]))


def _tail_row(curve: Curve, result: CurveTails, place: tuple[int, int]) -> list[str]:
    shares = zip(result.shares[place], result.share_errors[place], strict=True)
    return [
        *_where(curve, place),
        with_error(float(result.index[place]), float(result.index_error[place])),
        result.meaning(place),
        *(with_error(float(share), float(error)) for share, error in shares),
        number(float(result.largest[place])),
        f"{result.effective[place]:,.0f}",
        result.rests_on(place),
    ]


def _where(curve: Curve, place: tuple[int, int]) -> list[str]:
    """Coordinates of a grid point as people write them."""
    values = zip(curve.axes, _values(curve, place), strict=True)
    return [coordinate(axis, value, curve.run.spec.in_kelvin) for axis, value in values]


def _print_culprits(culprits: list[Culprit]) -> None:
    for culprit in culprits:
        made = ", ".join(f"{name} = {value:.6g}" for name, value in culprit.columns.items())
        print(f"    defect {culprit.index} of sample {culprit.sample}: {culprit.share:.3%} of the sum, {made}")


def _values(curve: Curve, place: tuple[int, int]) -> list[float]:
    axes = curve.gridded.axes
    return [axes[axis][place[k]] for k, axis in enumerate(curve.axes)]


def _tails_data(curve: Curve, result: CurveTails) -> dict[str, Any]:
    worst = result.worst_first()
    named = [
        {
            **dict(zip(curve.axes, _values(curve, place), strict=True)),
            "defects": [
                {"sample": c.sample, "index": c.index, "share": c.share, **c.columns}
                for c in curve_culprits(curve, place)
            ],
        }
        for place in worst[:_NAMED]
    ]
    points = [
        {
            **dict(zip(curve.axes, _values(curve, place), strict=True)),
            "tail_index": result.index[place],
            "tail_index_error": result.index_error[place],
            "tail_index_interval": [result.index_low[place], result.index_high[place]],
            "meaning": result.meaning(place),
            "shares": {f"{f:g}": s for f, s in zip(FRACTIONS, result.shares[place], strict=True)},
            "share_errors": {f"{f:g}": e for f, e in zip(FRACTIONS, result.share_errors[place], strict=True)},
            "largest_over_sum": result.largest[place],
            "effective_defects": result.effective[place],
        }
        for place in worst
    ]
    return {"defects": result.defects, "share_defects": result.share_defects, "points": points, "largest": named}


def _print_slopes(run: Run, slopes: list[Sensitivity]) -> None:
    print("\nd ln(answer) / d ln(parameter), where each answer hangs most on it, strongest first")
    rows = []
    for slope in slopes:
        place = slope.strongest
        value = with_error(float(slope.derivative[place]), float(slope.error[place]))
        where = ", ".join(_where(run[slope.curve], place))
        rows.append([slope.curve, slope.parameter, f"{slope.value:.6g}", value, where])
    print_table(("curve", "parameter", "value", "derivative", "at"), rows)


def _slope_data(slope: Sensitivity) -> dict[str, Any]:
    return {
        "curve": slope.curve,
        "parameter": slope.parameter,
        "value": slope.value,
        "derivative": slope.derivative,
        "error": slope.error,
        "strongest": {"place": list(slope.strongest), "derivative": float(slope.derivative[slope.strongest])},
    }


def reweight(options: argparse.Namespace) -> None:
    """Observables of other laws from the defects of a run."""
    run = open_run(options.file)
    content = run.spec.resolved()
    for setting in options.set:
        apply_setting(content, *parse_setting(setting))
    new = parse_spec(content, Path("."))
    results = reweighted(run.spec, new)
    if options.json:
        print_json({name: vars_of(result) for name, result in results.items()})
        return
    print(f"{run.spec.title}, reweighted: " + "; ".join(options.set))
    first = next(iter(results.values()))
    print(f"  {first.effective:,.0f} of {first.defects:,} defects effectively")
    target = Run(new, run.sums, run.provenance)
    for name, result in results.items():
        curve = target[name]
        exact = np.reshape(curve.exact, result.mean.shape)
        print(f"\n{name}: {curve.label}")
        axes = (axis_title(axis, new.in_kelvin) for axis in curve.axes)
        rows = [
            [
                *_where(curve, place),
                with_error(float(result.mean[place]), float(result.error[place])),
                f"{exact[place]:.6g}",
                number(float(result.tail_index[place])),
            ]
            for place in _selection(result.mean.shape)
        ]
        print_table([*axes, "reweighted", "exact", "tail index"], rows)


def _selection(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """An even selection of grid points."""
    rows, columns = (sorted({*np.linspace(0, n - 1, most).astype(int)}) for n, most in zip(shape, (6, 4), strict=True))
    return [(int(i), int(j)) for i in rows for j in columns]


def vars_of(result: Any) -> dict[str, Any]:
    """Fields of a dataclass with slots."""
    return {name: getattr(result, name) for name in result.__slots__}
