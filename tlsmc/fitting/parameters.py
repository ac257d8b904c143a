"""Parameters of a fit: where they act, their bounds and priors, and the coordinates in which they are varied.

A positive parameter is varied in its logarithm, so that its error is a relative one and a flat prior is flat in ln;
a coefficient of a background that may be 0 is varied as it is.
"""

import math
from dataclasses import dataclass, replace

from tlsmc.errors import SpecError
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.spec.table import Table
from tlsmc.units import KINDS

#: Bounds of a parameter over its start where the spec gives none.
_SPAN = 1e3
#: How far they are from the start for a parameter that may be negative.
_SIGNED_SPAN = 3.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known beforehand: normal with ``centre`` and ``width`` in the coordinate of the parameter."""

    centre: float
    width: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """One free parameter.

    ``place`` says what it changes: a dotted place of the spec, ``L`` or ``t_exp``, or ``SET.COEFFICIENT`` of a data
    set.  ``log`` is whether it is varied in its logarithm; ``guess`` whether its start follows from the data, because
    a curve is linear in it and the spec gives none.  ``limits`` says of both bounds whether they are "stated" in the
    spec or a "default", "" if nothing can be beyond: no negative coefficient, no chi above 1.
    """

    name: str
    place: str
    kind: str
    unit: str
    start: float
    low: float
    high: float
    log: bool
    prior: Prior | None = None
    guess: bool = False
    limits: tuple[str, str] = ("", "")

    def coordinate(self, value: float) -> float:
        """Coordinate of a value."""
        return (math.log(value) if value > 0.0 else -math.inf) if self.log else value

    def value(self, coordinate: float) -> float:
        """Value at a coordinate."""
        return math.exp(coordinate) if self.log else coordinate

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds of the coordinate."""
        return self.coordinate(self.low), self.coordinate(self.high)

    @property
    def set_name(self) -> str:
        """Data set that the parameter belongs to, empty if it is one of the defects."""
        head, _, _ = self.place.partition(".")
        return "" if head in ("population", "material") or "." not in self.place else head


def read_parameter(table: Table, name: str, place: str, kind: str, default: float | None, top: float) -> Parameter:
    """A free parameter of the defects or the material from its table in ``[fit.parameters]``.

    ``default`` is its value in the spec, ``top`` the largest value that makes sense.
    """
    unit = KINDS[kind][2] if any(isinstance(entry, str) for entry in table.content.values()) else ""
    low, high, start = (table.optional(key, kind) for key in ("low", "high", "start"))
    if low is not None and high is not None and not low < high:
        raise SpecError(f"{table.place}: low = {_shown(low, unit)} is not below high = {_shown(high, unit)}; swap them")
    if start is None:
        start = default
        if start is not None and ((low is not None and start < low) or (high is not None and start > high)):
            raise SpecError(
                f"{table.place}: the spec's value {_shown(start, unit)} is outside the bounds; give a start inside"
            )
    if start is None and low is not None and high is not None:
        start = math.sqrt(low * high)
    if start is None:
        raise SpecError(f"{table.place}: has no start; give start, or low and high")
    ends = start / _SPAN, min(top, start * _SPAN)
    made = Parameter(name, place, kind, KINDS[kind][2], start, *ends, True, limits=("default", "default"))
    return with_settings(made, table, top, unit)


def read_signed(table: Table, name: str, place: str, default: float) -> Parameter:
    """A free parameter that may be negative, such as an exponent: varied as it is, within 3 of its start by default."""
    table = Table({"start": default} | table.content, table.place)
    start = table.quantity("start", "number")
    ends, limits = (start - _SIGNED_SPAN, start + _SIGNED_SPAN), ("default", "default")
    return with_settings(Parameter(name, place, "number", "", start, *ends, False, limits=limits), table)


def with_settings(parameter: Parameter, table: Table, top: float = math.inf, unit: str = "") -> Parameter:
    """A parameter with the start, bounds and prior of its table.

    ``top`` is the largest value that makes sense; messages show values in ``unit``.
    """
    given = {
        key: table.quantity(key, parameter.kind) for key in ("start", "low", "high") if table.raw(key, None) is not None
    }
    prior = _read_prior(table, parameter.kind, parameter.log)
    table.finish()
    low, high = given.get("low", parameter.low), given.get("high", parameter.high)
    start = given.get("start", min(max(parameter.start, low), high))
    below, above = (
        "stated" if key in given else limit for key, limit in zip(("low", "high"), parameter.limits, strict=True)
    )
    limits, guess = (below, "" if high == top else above), parameter.guess and "start" not in given
    shown_low, shown_high, shown_start = (_shown(x, unit) for x in (low, high, start))
    if not low < high:
        raise SpecError(
            f"{table.place}: low = {shown_low} is not below high = {shown_high}; swap them or widen the range"
        )
    if high > top:
        raise SpecError(f"{table.place}: high = {shown_high} is beyond {top:g}, the largest value there is; lower it")
    between = f"is outside {shown_low} ... {shown_high}"
    if not low <= start <= high:
        raise SpecError(f"{table.place}: start = {shown_start} {between}; choose one inside, or give low and high")
    if parameter.log and low <= 0.0:
        raise SpecError(f"{table.place}: low = {shown_low} is not above 0; give a positive bound")
    if prior is not None and not low <= parameter.value(prior.centre) <= high:
        centre = _shown(parameter.value(prior.centre), unit)
        raise SpecError(f"{table.place}.prior: value = {centre} {between}; move one of them")
    return replace(parameter, start=start, low=low, high=high, prior=prior, guess=guess, limits=limits)


def _shown(value: float, unit: str) -> str:
    return f"{value:.6g} {unit}".rstrip()


def _read_prior(table: Table, kind: str, log: bool) -> Prior | None:
    """``prior = { value = "20 mK", factor = 1.5 }`` in the logarithm, or ``{ value = 3, width = 1 }``."""
    if table.raw("prior", None) is None:
        return None
    inner = table.table("prior")
    value = inner.quantity("value", kind)
    if log and value <= 0.0:
        raise SpecError(f"{inner.at('value')}: {value:g} is not above 0; give a positive value")
    key = "factor" if log and ("factor" in inner.content or "width" not in inner.content) else "width"
    spread = inner.positive(key, "number" if key == "factor" else kind)
    if key == "factor" and spread <= 1.0:
        raise SpecError(f"{inner.at(key)}: {spread:g} is not above 1; one deviation is a factor such as 1.5")
    inner.finish()
    if not log:
        return Prior(value, spread)
    return Prior(math.log(value), math.log(spread) if key == "factor" else spread / value)


def aliases(population: Population) -> dict[str, str]:
    """Short names of parameters and the places in the spec that they stand for."""
    found = {"chi": "material.chi", "n_T": "material.defect_density", "L": "L", "t_exp": "t_exp"}
    names = {"E": "E_star", "Delta": "Delta_star", "T_K": "T_K_star"}
    if "Lambda" in population.laws:
        names["Delta"] = "E_star"
    for parameter, law in population.laws.items():
        for law_field, info in described(law) if parameter in names else ():
            # E* is the quantity that equals the characteristic value of the law.
            if info.kind == "quantity" and getattr(law, law_field.name) == law.characteristic:
                found.setdefault(names[parameter], f"population.parameters.{parameter}.{law_field.name}")
    return found
