"""``tlsmc discriminate``: which measurement would decide between two specs."""

from __future__ import annotations

import math
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tlsmc.cli.output import picked, print_json, print_table
from tlsmc.errors import SpecError
from tlsmc.formatting import axis_title, coordinate, number
from tlsmc.units import natural

if TYPE_CHECKING:
    from tlsmc.diagnostics.discrimination import Discrimination, Experiment, Ranking

#: A relative spread from sample to sample from which on a Gaussian law is a guess.
WIDE = 0.3


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("spec_a", help="TOML file of the first hypothesis")
    parser.add_argument("spec_b", help="TOML file of the second")
    overlap = "(default: where the grids of the specs overlap)"
    parser.add_argument("--temperature", nargs="+", metavar="T", help=f'range, "10 mK" "1 K" {overlap}')
    parser.add_argument("--frequency", nargs="+", metavar="NU", help=f'range, "1 MHz" "10 GHz" {overlap}')
    parser.add_argument("--precision", type=float, default=0.03, help="relative error of one point (default: 0.03)")
    parser.add_argument("--points", type=int, default=5, help="most points to place, one after the other (default: 5)")
    parser.add_argument("--volume", help='of one sample, "40 nm x 20 nm x 1 um" (default: the defects of the specs)')
    parser.add_argument(
        "--free-amplitude",
        choices=("attenuation", "all", "none"),
        default="attenuation",
        help="what is known but for a factor, so that only its shape counts (default: attenuation)",
    )


def run(options: Namespace) -> None:
    """Print the ranking of the quantities that both specs predict."""
    from tlsmc.diagnostics.discrimination import Experiment, discriminate
    from tlsmc.observables.quantities import COMPARED
    from tlsmc.spec.reader import load_spec

    a, b = load_spec(options.spec_a), load_spec(options.spec_b)
    experiment = Experiment(
        precision=options.precision,
        points=options.points,
        temperature=_range(options.temperature, "temperature", "energy", a.in_kelvin),
        frequency=_range(options.frequency, "frequency", "frequency", a.in_kelvin),
        volume=None if options.volume is None else volume_of(options.volume, a.in_kelvin),
        shape_only={"attenuation": ("attenuation",), "all": tuple(COMPARED), "none": ()}[options.free_amplitude],
    )
    ranking = discriminate(a, b, experiment)
    if options.json:
        print_json(_data(ranking, experiment, a.in_kelvin))
        return
    print(f"A: {a.title or options.spec_a}\nB: {b.title or options.spec_b}")
    numbers = " and ".join(f"{count:,.0f} ({name})" for name, count in zip("AB", ranking.found[0].defects, strict=True))
    source = "of the specs" if options.volume is None else "of the volume"
    print(f"  one sample has {numbers} defects, the number {source}; {100 * experiment.precision:g} % at every point")
    if ranking.found[0].same:
        print("A and B cannot be told apart by any quantity here")
    for found in ranking.found:
        print(f"\n{sentence(found, experiment, a.in_kelvin, found is ranking.found[0])}")
        _print_design(found, a.in_kelvin)
    for name, reason in ranking.refused.items():
        print(f"\n{name}: not asked; {reason}")


def _range(given: Sequence[str] | None, axis: str, kind: str, in_kelvin: bool) -> tuple[float, float] | None:
    """Range of an axis from one or two texts."""
    if given is None:
        return None
    if len(given) > 2:
        raise SpecError(f"--{axis}: has {len(given)} values; give the lowest and the highest, or one")
    values = [_quantity(f"--{axis}", text, kind, in_kelvin) for text in given]
    return values[0], values[-1]


def _quantity(place: str, text: str, kind: str, in_kelvin: bool) -> float:
    try:
        return natural(text if in_kelvin else float(text), kind)
    except SpecError as error:
        raise error.at(place) from None
    except ValueError:
        raise SpecError(f"{place}: {text!r} is not a number; the specs have no units") from None


def volume_of(text: str, in_kelvin: bool) -> float:
    """A volume in cm^3, or natural units: "40 nm x 20 nm x 1 um" or "8e-16 cm^3"; a bare number without units."""
    sides = re.split(r"\s+x\s+", text.strip())
    if len(sides) == 3:
        return math.prod(_quantity("--volume", side, "length", in_kelvin) for side in sides)
    return _quantity("--volume", text, "volume", in_kelvin)


def sentence(found: Discrimination, experiment: Experiment, in_kelvin: bool, first: bool = False) -> str:
    """What a quantity decides, in words; ``first`` if none does better."""
    from tlsmc.diagnostics.discrimination import LEVELS

    best, what = found.best, f"{found.quantity}{' (shape only)' if found.shape_only else ''}"
    if found.same:
        return f"{what}: A and B cannot be told apart, their {'shapes' if found.shape_only else 'values'} are the same"
    where = " against ".join(" and ".join(_cells(found, place, in_kelvin)) for place in best.places)
    unit = "pair" if found.shape_only else "point"
    head = f"{what} at {where}{' tells them apart best' if first else ''}: {best.separation:.3g} sigma per {unit}"
    counts = [best.repetitions(level) for level in LEVELS]
    needed = [
        _needed(found, level, unit)
        for level, count, harder in zip(LEVELS, counts, [*counts[1:], None], strict=True)
        if count is None or count != harder
    ]
    return f"{head} at {100 * experiment.precision:g} %, " + "; ".join(needed)


def _needed(found: Discrimination, level: float, unit: str) -> str:
    count = found.best.repetitions(level)
    if count is not None:
        return f"{count:,} {unit}{'s are' if count > 1 else ' is'} enough for {level:g} sigma"
    return (
        f"{level:g} sigma never: the spread of one sample limits it to {found.best.limit:.3g}, "
        f"{found.best.samples(level):,} samples measured once each are enough"
    )


def _cells(found: Discrimination, place: int, in_kelvin: bool) -> list[str]:
    return [coordinate(axis, value, in_kelvin) for axis, value in _point(found, place).items()]


def _print_design(found: Discrimination, in_kelvin: bool) -> None:
    from tlsmc.observables.quantities import COMPARED

    if found.same:
        return
    best, scale = found.best, found.scale
    spread, ratio = math.sqrt(max(best.spread)), math.exp(best.difference)
    between = " between the two" if found.shape_only else ""
    by_b, by_a = (number(value) for value in best.separations)
    print(
        f"  {scale}: A/B = {ratio:.4g}{between}, spread {100 * spread:.2g} % from sample to sample; if A holds, B is "
        f"off by {by_a} sigma, if B holds, A by {by_b}"
    )
    if scale == COMPARED[found.quantity].bare and not found.shape_only:
        print("  the specs give no scale for it, which is taken to be the same in both")
    if spread > WIDE:
        print("  with so large a spread its law is not Gaussian: take the sigma as a guide")
    if found.lost:
        print(f"  points left out: {found.lost}, with no positive exact value there")
    axes = [axis_title(axis, in_kelvin) for axis in found.axes]
    rows = [
        [str(k), *_cells(found, place, in_kelvin), *(number(float(value)) for value in (*chi2, separation))]
        for k, (place, chi2, separation) in enumerate(
            zip(found.design.places, found.design.chi2, found.design.separations, strict=True), 1
        )
    ]
    print_table(["points", *axes, "chi2 of A", "chi2 of B", "sigma"], rows)


def _data(ranking: Ranking, experiment: Experiment, in_kelvin: bool) -> dict[str, Any]:
    entries = {}
    for found in ranking.found:
        words = sentence(found, experiment, in_kelvin, found is ranking.found[0])
        about = picked(found, "same shape_only scale defects") | {"points_left_out": found.lost}
        entries[found.quantity] = {"sentence": words, **about, **_contrast_data(found)}
    about = {"precision": experiment.precision, "ranking": [found.quantity for found in ranking.found]}
    return about | {"quantities": entries, "refused": ranking.refused}


def _contrast_data(found: Discrimination) -> dict[str, Any]:
    """The best point or pair, and the points chosen one after the other."""
    from tlsmc.diagnostics.discrimination import LEVELS

    best, design = found.best, found.design
    chosen = {
        name: [_point(found, place) for place in one.places] for name, one in (("best", best), ("design", design))
    }
    needed = [{"sigma": x, "repetitions": best.repetitions(x), "samples": best.samples(x)} for x in LEVELS]
    excludes = dict(zip(("excludes_a", "excludes_b"), best.separations, strict=True))
    spread = {"spread": [math.sqrt(variance) for variance in best.spread]}
    contrast = picked(best, "difference separation limit") | spread | excludes | {"needed": needed}
    steps = {"chi2": design.chi2, "separation": design.separations}
    return {"best": {"points": chosen["best"]} | contrast, "design": {"points": chosen["design"]} | steps}


def _point(found: Discrimination, place: int) -> dict[str, float]:
    return dict(zip(found.axes, found.where(place), strict=True))
