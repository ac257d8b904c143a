"""What a fit holds: parameters that are not varied, by the names and in the units that people know."""

from __future__ import annotations

from tlsmc.fitting.parameter_table import coefficients, place_kind, plain_parameter
from tlsmc.fitting.parameters import aliases
from tlsmc.fitting.problem import Problem
from tlsmc.fitting.result import Estimated
from tlsmc.spec.table import Table
from tlsmc.units import KINDS


def held_parameters(problem: Problem) -> tuple[Estimated, ...]:
    """The fixed entries of ``[fit.parameters]``."""
    short = {place: name for name, place in aliases(problem.spec.population).items()}
    found = []
    for place, value in problem.model.fixed.items():
        kind, unit = _kind_and_unit(problem, place)
        unit = unit if problem.spec.in_kelvin else ""
        found.append(Estimated(short.get(place, place), unit, kind, False, "fixed", value, None))
    return tuple(found)


def _kind_and_unit(problem: Problem, place: str) -> tuple[str, str]:
    head, _, rest = place.partition(".")
    for data in problem.model.sets:
        if data.name == head:
            own = plain_parameter(data, coefficients(data)[rest])
            return own.kind, own.unit
    kind, _ = place_kind(Table({}, place), place, problem.model.medium)
    return kind, KINDS[kind][2]
