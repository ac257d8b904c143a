"""One claim of the paper beside what follows and what is sampled, and the rules by which a verdict is given.

A verdict compares two computed numbers, what is printed and what follows exactly; no verdict is written down.  What is
printed is a formula (:func:`formula`), a number in digits (:func:`number`), a range (:func:`within`) or a bound
(:func:`bound`).  What the ensemble gives must agree with what follows, or there is no verdict (``DISPUTED``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

HOLDS, UP_TO_A_FACTOR, FAILS = "holds", "holds up to a factor", "does not follow"
MISPRINT, DISPUTED, OPEN = "misprint", "sampling disagrees", "not decided"
VERDICTS = (HOLDS, UP_TO_A_FACTOR, FAILS, MISPRINT, DISPUTED, OPEN)

#: Relative difference up to which two equal expressions count as equal: what quadrature is good for.
EXACT = 1e-6
#: Relative difference up to which a limiting law counts as reached.
CLOSE = 0.05
#: A factor is one number if it changes by less than this from one point to another, much less deep in the limit.
STEADY = 1.25
#: Factor up to which a number or a range that is off still holds up to a factor.
LARGEST_FACTOR = 10.0
#: Standard errors between sampled and exact from which the row is disputed; chance does it once in two million.
LARGEST_Z = 5.0

RULES = (
    f"formula: {HOLDS!r} within {EXACT:g} (an equality) or {100 * CLOSE:g} % (a limiting law, deep in the limit); "
    f"{UP_TO_A_FACTOR!r} if exact/printed changes by less than a factor {STEADY:g} to a second point (of a limiting "
    "law, one much less deep)",
    f"number: {HOLDS!r} if the exact one rounds to the printed digits; {UP_TO_A_FACTOR!r} within {LARGEST_FACTOR:g}",
    f"range: {HOLDS!r} inside; {UP_TO_A_FACTOR!r} within {LARGEST_FACTOR:g} of its nearer end; "
    "its printed value is the geometric mean",
    f"bound: {HOLDS!r} on the side that is claimed",
    f"otherwise {FAILS!r}; {MISPRINT!r} if the reading that the remark names gets a better verdict",
    f"{DISPUTED!r} if sampled and exact differ by more than {LARGEST_Z:g} errors; {OPEN!r} if there is neither",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence or an equation of the paper says of a number that follows exactly, and the verdict on it.

    ``shown`` is how the printed number is to be shown, empty for as any number.
    """

    relation: str
    printed: float
    exact: float
    verdict: str
    shown: str = ""


def _judged(relation: str, printed: float, exact: float, verdict: str, corrected: Reading | None = None) -> Reading:
    """Reading with the ``verdict`` for numbers that are finite, and for no better a ``corrected`` reading."""
    own = verdict if math.isfinite(exact) and math.isfinite(printed) else FAILS
    # The verdicts are listed best first.
    misprint = corrected is not None and VERDICTS.index(corrected.verdict) < VERDICTS.index(own)
    return Reading(relation, printed, exact, MISPRINT if misprint else own)


def formula(
    printed: float,
    exact: float,
    elsewhere: float = math.nan,
    tolerance: float = EXACT,
    corrected: Reading | None = None,
) -> Reading:
    """A printed formula; ``elsewhere`` is exact/printed at a second point and tells a factor from a wrong dependence.

    Without it only equality will do.  ``tolerance`` is :data:`EXACT` for an equality, :data:`CLOSE` for a limiting law;
    ``corrected`` is the reading with a suspected misprint put right.
    """
    ratio = exact / printed
    change = ratio / elsewhere if elsewhere else math.inf
    factor = UP_TO_A_FACTOR if 1.0 / STEADY <= change <= STEADY else FAILS
    return _judged("formula", printed, exact, HOLDS if abs(ratio - 1.0) <= tolerance else factor, corrected)


def equality(printed: Sequence[float], exact: Sequence[float], tolerance: float = EXACT) -> Reading:
    """A printed formula at two points."""
    return formula(float(printed[0]), float(exact[0]), float(exact[1] / printed[1]), tolerance)


def limiting_law(printed: Sequence[float], exact: Sequence[float]) -> Reading:
    """A printed limiting law at two points: one deep in the limit, one much less deep."""
    return equality(printed, exact, CLOSE)


def number(digits: str, exact: float, scale: float = 1.0, corrected: Reading | None = None) -> Reading:
    """A number printed in digits, ``"3e-8"``, times ``scale``, which carries units and symbols printed with it."""
    printed = float(digits) * scale
    mantissa = digits.lower().partition("e")[0].replace(".", "").strip("-+").lstrip("0")
    rounded = float(f"{exact / scale:.{len(mantissa) - 1}e}")
    factor = UP_TO_A_FACTOR if 1.0 / LARGEST_FACTOR <= exact / printed <= LARGEST_FACTOR else FAILS
    return _judged("number", printed, exact, HOLDS if rounded == float(digits) else factor, corrected)


def within(low: float, high: float, exact: float) -> Reading:
    """A range that is said to hold the number."""
    near = UP_TO_A_FACTOR if low / LARGEST_FACTOR <= exact <= high * LARGEST_FACTOR else FAILS
    reading = _judged("range", math.sqrt(low * high), exact, HOLDS if low <= exact <= high else near)
    return replace(reading, shown=f"{low:.3g} ... {high:.3g}")


def bound(limit: float, exact: float, above: bool = False) -> Reading:
    """A value that the number is said to be below, or ``above``."""
    holds = (exact > limit) == above and exact != limit
    reading = _judged("bound", limit, exact, HOLDS if holds else FAILS)
    return replace(reading, shown=f"{'>' if above else '<'} {limit:.4g}")


@dataclass(frozen=True, slots=True)
class Sampled:
    """What an ensemble gives: a value, its standard error, the run and the point; ``why`` if the error is missing."""

    value: float
    error: float
    run: str
    why: str = ""

    def times(self, factor: float) -> Sampled:
        """The value multiplied by an exact number."""
        return Sampled(self.value * factor, self.error * abs(factor), self.run, self.why)

    def over(self, other: Sampled) -> Sampled:
        """Ratio to the result of an independent ensemble."""
        ratio = self.value / other.value
        error = math.hypot(self.error / other.value, ratio * other.error / other.value)
        return Sampled(ratio, error, f"{self.run}; over {other.run}", self.why or other.why)

    def dividing(self, number: float) -> Sampled:
        """An exact number over the value."""
        return Sampled(number / self.value, abs(number / self.value**2) * self.error, self.run, self.why)

    def inverted(self, target: float, slope: float, at: float) -> Sampled:
        """Place where the sampled curve passes ``target``: near ``at``, by its derivative ``slope`` there.

        ``slope`` is d(value)/d ln(place); the step is one of Newton's, so it takes a value close to the target.
        """
        place = at * math.exp((target - self.value) / slope)
        return Sampled(place, place * self.error / abs(slope), self.run, self.why)


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the audit; NaN where a column has no number, and ``missing`` says why.

    ``ratio`` is sampled/printed, or exact/printed where nothing is sampled.  ``run`` names an ensemble of
    :mod:`tlsmc.claims.ensembles` and the point on its grid.
    """

    place: str
    statement: str
    relation: str
    printed: float
    exact: float
    sampled: float
    error: float
    ratio: float
    ratio_error: float
    verdict: str
    run: str
    unit: str = ""
    remark: str = ""
    missing: str = ""
    shown: str = field(default="", repr=False)


def claim(
    place: str, statement: str, reading: Reading, sampled: Sampled | str, *, unit: str = "", remark: str = ""
) -> Claim:
    """Row of a ``reading``; ``sampled`` is what an ensemble gives, or the reason why nothing is sampled."""
    found = sampled if isinstance(sampled, Sampled) else Sampled(math.nan, math.nan, "", sampled)
    disputed = abs(found.value - reading.exact) > LARGEST_Z * found.error + EXACT * abs(reading.exact)
    leading = found.value if math.isfinite(found.value) else reading.exact
    return Claim(
        place=place,
        statement=statement,
        relation=reading.relation,
        printed=reading.printed,
        exact=reading.exact,
        sampled=found.value,
        error=found.error,
        ratio=leading / reading.printed,
        ratio_error=found.error / abs(reading.printed),
        verdict=DISPUTED if disputed else reading.verdict,
        run=found.run,
        unit=unit,
        remark=remark,
        missing=found.why,
        shown=reading.shown,
    )


def undecided(place: str, statement: str, why: str, remark: str = "") -> Claim:
    """Row of a sentence that nothing here can test, with the reason."""
    nothing = (math.nan,) * 6
    return Claim(place, statement, "none", *nothing, verdict=OPEN, run="", remark=remark, missing=why)
