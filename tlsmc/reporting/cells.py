"""Cells of the tables that the terminal and the page show alike."""

from collections.abc import Iterable, Iterator

import numpy as np

from tlsmc.arrays import Array
from tlsmc.diagnostics.comparison import Comparison
from tlsmc.diagnostics.tails import FRACTIONS, CurveTails
from tlsmc.formatting import axis_title, coordinate, number, with_error
from tlsmc.results.curve import Curve

AGREEMENT = ("verdict", "points", "chi2", "dof", "p", "max |z|")
TAILS = ("tail index", "statistics", *(f"top {100 * f:g} %" for f in FRACTIONS), "largest", "effective", "rests on")


def axis_titles(curve: Curve) -> list[str]:
    """Headings of the grid columns of a curve."""
    return [axis_title(axis, curve.spec.in_kelvin) for axis in curve.axes]


def at(curve: Curve, place: tuple[int, ...]) -> list[str]:
    """Coordinates of a place on a curve's grid."""
    axes = zip(curve.gridded.axes.items(), place, strict=False)
    return [coordinate(axis, values[i], curve.spec.in_kelvin) for (axis, values), i in axes]


def value_titles(curve: Curve) -> list[str]:
    """Headings of :func:`values`."""
    return ["sampled", "exact", "z", *(f"{name} [{of}]" if of else name for name, (of, *_) in curve.measurable.items())]


def values(curve: Curve, z: Array, places: Iterable[tuple[int, ...]]) -> Iterator[list[str]]:
    """Place, mean with error, exact value, z and what the material makes of the mean."""
    z, measurable = z.reshape(curve.mean.shape), curve.measurable.values()
    for place in places:
        mean, error, exact = (float(array[place]) for array in (curve.mean, curve.error, curve.exact))
        cells = [*at(curve, place), with_error(mean, error), number(exact)]
        cells.append(f"{z[place]:+.1f}" if np.isfinite(z[place]) else "-")
        yield cells + [with_error(float(value[place]), float(spread[place])) for _, value, spread in measurable]


def agreement(result: Comparison) -> list[str]:
    """Verdict and test of one curve, under :data:`AGREEMENT`."""
    numbers = [str(result.points), number(result.chi2), str(result.dof), number(result.p_value)]
    return [result.verdict, *numbers, number(result.max_abs_z)]


def printed(results: dict[str, Comparison]) -> list[list[str]]:
    """Curve, equation, sampled over printed and remark, of every printed form."""
    return [
        [name, form.equation, with_error(form.ratio, form.ratio_error), form.remark]
        for name, result in results.items()
        for form in result.printed
    ]


def tail(tails: CurveTails, place: tuple[int, ...]) -> list[str]:
    """Tail index, shares and the like at a place, under :data:`TAILS`."""
    shares = zip(tails.shares[place], tails.share_errors[place], strict=True)
    return [
        with_error(float(tails.index[place]), float(tails.index_error[place])),
        tails.meaning(place),
        *(with_error(float(share), float(error)) for share, error in shares),
        number(float(tails.largest[place])),
        f"{tails.effective[place]:,.0f}",
        tails.rests_on(place),
    ]
