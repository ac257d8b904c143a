"""``tlsmc tails``: how much each answer hangs on its tail, and on which cut-off."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from tlsmc.cli.output import coordinates, output_base, picked, print_files, print_heading, print_json, print_table
from tlsmc.errors import SpecError
from tlsmc.formatting import with_error

if TYPE_CHECKING:
    from tlsmc.diagnostics.sensitivity import Sensitivity
    from tlsmc.diagnostics.tails import CurveTails
    from tlsmc.results.curve import Curve
    from tlsmc.results.run import Run

#: Grid points of each curve in the table, heaviest tail first, unless all are asked for.
_SHOWN = 3
#: Grid points of each curve whose largest contributors are named in JSON.
_NAMED = 3


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Tail index, shares and the defects behind each average; with --sensitivity, a ranked table of "
        "d ln(answer)/d ln(parameter) for every parameter of every law."
    )
    parser.add_argument("file", help="run file")
    parser.add_argument("--sensitivity", action="store_true", help="rank the parameters that the answers hang on")
    parser.add_argument("--defects", type=int, help="defects to vary for --sensitivity (default: 131,072)")
    parser.add_argument("--all", action="store_true", help="every grid point, not the heaviest tails only")
    parser.add_argument("--plot", action="store_true", help="draw instead of printing")
    parser.add_argument("-o", "--output", help="folder for --plot (default: that of the run file)")


def run(options: Namespace) -> None:
    """Print, draw or give as JSON the tail diagnostics of every curve and, if asked for, the sensitivities."""
    from tlsmc.diagnostics.tails import run_tails
    from tlsmc.results.store import open_run

    result = open_run(options.file)
    found = run_tails(result)
    slopes = []
    if options.sensitivity:
        from tlsmc.diagnostics.sensitivity import DEFECTS, ranked, sensitivities

        if options.defects is not None and options.defects < 2:
            raise SpecError(f"--defects {options.defects}: is below 2; give the number of defects to vary")
        slopes = ranked(sensitivities(result.spec, options.defects or DEFECTS))
    if options.plot:
        from tlsmc.reporting.figures import save_figure, tails_figure

        base = output_base(options.file, options.output)
        print_files(save_figure(tails_figure(result, found, slopes), f"{base}-tails"), options.json)
    elif options.json:
        curves = {name: _tails_data(result[name], tails) for name, tails in found.items()}
        ranks = [
            picked(slope, "curve parameter value derivative error")
            | {"strongest": {"place": slope.strongest, "derivative": slope.derivative[slope.strongest]}}
            for slope in slopes
        ]
        print_json({"complete": result.complete, "curves": curves, "sensitivity": ranks})
    else:
        print_heading(result)
        for name, tails in found.items():
            _print_tails(result[name], tails, options.all)
        if slopes:
            _print_slopes(result, slopes)


def _print_tails(curve: Curve, tails: CurveTails, everything: bool) -> None:
    from tlsmc.diagnostics.comparison import comparable_points
    from tlsmc.diagnostics.tails import largest_contributors
    from tlsmc.reporting import cells

    refusal = comparable_points(curve)[1]
    print(f"\n{curve.name}: heaviest tails first{f'; {refusal}' if refusal else ''}")
    places = tails.worst_first()
    shown = places if everything else places[:_SHOWN]
    rows = [[*cells.at(curve, place), *cells.tail(tails, place)] for place in shown]
    print_table([*cells.axis_titles(curve), *cells.TAILS], rows)
    for defect in largest_contributors(curve, places[0]):
        columns = ", ".join(f"{name} = {value:.6g}" for name, value in defect.columns.items())
        print(f"    defect {defect.index} of sample {defect.sample}: {defect.share:.3%} of the sum, {columns}")


def _tails_data(curve: Curve, tails: CurveTails) -> dict[str, Any]:
    from tlsmc.diagnostics.tails import FRACTIONS, largest_contributors

    worst = tails.worst_first()
    largest = []
    for place in worst[:_NAMED]:
        found = [picked(defect, "sample index share") | defect.columns for defect in largest_contributors(curve, place)]
        largest.append(coordinates(curve, place) | {"defects": found})
    points = [
        coordinates(curve, place)
        | {
            "tail_index": tails.index[place],
            "tail_index_error": tails.index_error[place],
            "tail_index_interval": [tails.index_low[place], tails.index_high[place]],
            "meaning": tails.meaning(place),
            "shares": {f"{f:g}": s for f, s in zip(FRACTIONS, tails.shares[place], strict=True)},
            "share_errors": {f"{f:g}": e for f, e in zip(FRACTIONS, tails.share_errors[place], strict=True)},
            "largest_over_sum": tails.largest[place],
            "effective_defects": tails.effective[place],
        }
        for place in worst
    ]
    return {"defects": tails.defects, "share_defects": tails.share_defects, "points": points, "largest": largest}


def _print_slopes(result: Run, slopes: list[Sensitivity]) -> None:
    from tlsmc.reporting import cells

    print("\nd ln(answer) / d ln(parameter), where each answer hangs most on it, strongest first")
    rows = []
    for slope in slopes:
        value = with_error(float(slope.derivative[slope.strongest]), float(slope.error[slope.strongest]))
        where = ", ".join(cells.at(result[slope.curve], slope.strongest))
        rows.append([slope.curve, slope.parameter, f"{slope.value:.6g}", value, where])
    print_table(("curve", "parameter", "value", "derivative", "at"), rows)
