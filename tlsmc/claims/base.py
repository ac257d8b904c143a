"""One claim of the paper beside what follows and what is sampled, and the rules by which a verdict is given.

A verdict compares two computed numbers, what is printed and what follows exactly; no verdict is written down.  What is
printed is a formula (:class:`Formula`), a number in digits (:class:`Number`), a range (:class:`Range`) or a bound
(:class:`Bound`).  What the ensemble gives must agree with what follows, or there is no verdict (``DISPUTED``).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(ABC):
    """What a sentence or an equation of the paper says of a number that follows exactly.

    ``corrected`` is the reading with a suspected misprint put right.
    """

    exact: float
    corrected: Reading | None = None

    @property
    def relation(self) -> str:
        """What kind of a reading it is, as in the rules."""
        return type(self).__name__.lower()

    @property
    @abstractmethod
    def printed(self) -> float:
        """The number that is printed, or that follows from the printed formula."""

    @property
    def shown(self) -> str:
        """How the printed number is to be shown, empty for as any number."""
        return ""

    @abstractmethod
    def _own_verdict(self) -> str:
        """Verdict on the reading as printed."""

    @property
    def verdict(self) -> str:
        """Verdict by the rules of :data:`RULES`."""
        own = self._own_verdict() if math.isfinite(self.exact) and math.isfinite(self.printed) else FAILS
        # The verdicts are listed best first.
        if self.corrected and VERDICTS.index(self.corrected._own_verdict()) < VERDICTS.index(own):
            return MISPRINT
        return own


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula(Reading):
    """A printed formula; ``elsewhere`` is exact/printed at a second point and tells a factor from a wrong dependence.

    Without it only equality will do.  ``tolerance`` is :data:`EXACT` for an equality, :data:`CLOSE` for a limiting law.
    """

    value: float
    elsewhere: float = math.nan
    tolerance: float = EXACT

    @property
    def printed(self) -> float:
        return self.value

    def _own_verdict(self) -> str:
        ratio = self.exact / self.value
        if abs(ratio - 1.0) <= self.tolerance:
            return HOLDS
        change = ratio / self.elsewhere if self.elsewhere else math.inf
        return UP_TO_A_FACTOR if 1.0 / STEADY <= change <= STEADY else FAILS


def equality(printed: Sequence[float], exact: Sequence[float], tolerance: float = EXACT) -> Formula:
    """A printed formula at two points."""
    elsewhere = float(exact[1] / printed[1])
    return Formula(value=float(printed[0]), exact=float(exact[0]), elsewhere=elsewhere, tolerance=tolerance)


def limiting_law(printed: Sequence[float], exact: Sequence[float]) -> Formula:
    """A printed limiting law at two points: one deep in the limit, one much less deep."""
    return equality(printed, exact, CLOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Reading):
    """A number printed in digits, ``"3e-8"``, times ``scale``, which carries units and symbols printed with it."""

    digits: str
    scale: float = 1.0

    @property
    def printed(self) -> float:
        return float(self.digits) * self.scale

    def _own_verdict(self) -> str:
        value = self.exact / self.scale
        mantissa = self.digits.lower().partition("e")[0].replace(".", "").strip("-+").lstrip("0")
        if float(f"{value:.{len(mantissa) - 1}e}") == float(self.digits):
            return HOLDS
        ratio = self.exact / self.printed
        return UP_TO_A_FACTOR if 1.0 / LARGEST_FACTOR <= ratio <= LARGEST_FACTOR else FAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Reading):
    """A range that is said to hold the number."""

    low: float
    high: float

    @property
    def printed(self) -> float:
        return math.sqrt(self.low * self.high)

    @property
    def shown(self) -> str:
        return f"{self.low:.3g} ... {self.high:.3g}"

    def _own_verdict(self) -> str:
        if self.low <= self.exact <= self.high:
            return HOLDS
        near = self.low / LARGEST_FACTOR <= self.exact <= self.high * LARGEST_FACTOR
        return UP_TO_A_FACTOR if near else FAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound(Reading):
    """A value that the number is said to be below, or ``above``."""

    limit: float
    above: bool = False

    @property
    def printed(self) -> float:
        return self.limit

    @property
    def shown(self) -> str:
        return f"{'>' if self.above else '<'} {self.limit:.4g}"

    def _own_verdict(self) -> str:
        return HOLDS if (self.exact > self.limit) == self.above and self.exact != self.limit else FAILS


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
    verdict = reading.verdict
    if abs(found.value - reading.exact) > LARGEST_Z * found.error + EXACT * abs(reading.exact):
        verdict = DISPUTED
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
        verdict=verdict,
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
