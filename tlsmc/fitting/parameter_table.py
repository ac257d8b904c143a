"""The table ``[fit.parameters]``: which parameters there are, which of them are free, and which are fixed."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tlsmc.errors import SpecError, suggestion
from tlsmc.fitting.curves import Ensemble
from tlsmc.fitting.parameters import Parameter, aliases, read_parameter, read_signed, with_settings
from tlsmc.measurements.dataset import DataSet
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.spec.material import GEOMETRY, MATERIAL_KINDS
from tlsmc.spec.table import Table

#: The unitary limit, and a p_min = 1/cosh^2 L that can still be told from 0.
_LARGEST_VALUES = {"material.chi": 1.0, "L": 300.0}


def parameter_tables(table: Table, population: Population, sets: tuple[DataSet, ...]) -> dict[str, tuple[str, Table]]:
    """Tables of ``[fit.parameters]`` by the place that each is about."""
    short = aliases(population)
    found: dict[str, tuple[str, Table]] = {}
    names = {f"{data.name}.{c}" for data in sets for c in data.coefficients}
    for name, entry in flattened(table.content, short):
        place = short.get(name, name)
        known = (*short, *names)
        if name not in known and not place.startswith(("population.parameters.", "material.")):
            raise SpecError(f"{table.at(name)}: is not known; {suggestion(name, known)}")
        content = entry if isinstance(entry, dict) else {"fixed": entry}
        if place in found:
            raise SpecError(f"{table.at(name)}: is given twice, as {found[place][0]} too; leave one out")
        found[place] = (name, Table(content, table.at(name)))
    return found


#: Entries of the table of a parameter.
_ENTRIES = {"start", "low", "high", "fixed", "prior"}


def flattened(content: dict[str, Any], short: Iterable[str], prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted names and entries: a table that is not that of a parameter is only part of a name."""
    found: list[tuple[str, Any]] = []
    for name, entry in content.items():
        full = f"{prefix}{name}"
        if isinstance(entry, dict) and entry:
            holds_tables = any(isinstance(value, dict) for key, value in entry.items() if key != "prior")
            if holds_tables or not (set(entry) <= _ENTRIES or full in short):
                found += flattened(entry, short, f"{full}.")
                continue
        found.append((full, entry))
    return found


def read_one(
    table: Table, name: str, place: str, ensemble: Ensemble, free: list[Parameter], fixed: dict[str, float]
) -> None:
    """Put a parameter of the defects or the material where it belongs, with the free or with the fixed ones."""
    kind, default = table.located("", place_kind, place, ensemble)
    signed = kind == "number" and place.startswith("population.") and _is_signed(place, ensemble)
    if _is_fixed(table):
        value = table.quantity("fixed", kind) if signed else table.positive("fixed", kind)
        table.finish()
        if place == "material.chi" and value > 1.0:
            raise SpecError(f"{table.at('fixed')}: {value:g} is outside (0, 1]; chi is over its unitary limit")
        fixed[place] = value
        return
    if signed:
        _, _, law, field = place.split(".")
        free.append(read_signed(table, name, place, float(getattr(ensemble.population.laws[law], field))))
    else:
        free.append(read_parameter(table, name, place, kind, default, _LARGEST_VALUES.get(place, np.inf)))


def _is_signed(place: str, ensemble: Ensemble) -> bool:
    """Whether a number of a law may be negative, such as an exponent: the law itself knows."""
    _, _, law, field = place.split(".")
    try:
        ensemble.population.laws[law].with_fields(**{field: -0.5})
    except (SpecError, ValueError):
        return False
    return True


def place_kind(place: str, ensemble: Ensemble) -> tuple[str, float | None]:
    """Kind of a parameter of the defects or the material, and its value in the spec, None if there is none."""
    if place == "L":
        return "number", ensemble.population.defects_per_n_T
    if place == "t_exp":
        return "time", None
    head, _, rest = place.partition(".")
    if head == "material":
        entries = [key for key in MATERIAL_KINDS if key not in ("dephasing_time", *GEOMETRY)]
        if rest not in entries:
            raise SpecError(f"is not known; {suggestion(rest, entries)}")
        return MATERIAL_KINDS[rest], ensemble.material.get(rest)
    parts = place.split(".")
    laws = ensemble.population.laws
    if len(parts) != 4 or parts[2] not in laws:
        raise SpecError("is not a parameter of a law; write for example population.parameters.E.high")
    law = laws[parts[2]]
    known = {field.name: info for field, info in described(law)}
    if parts[3] not in known or not known[parts[3]].is_number:
        raise SpecError(f"is no number of that law; {suggestion(parts[3], known)}")
    kind = ensemble.population.KINDS[parts[2]] if known[parts[3]].kind == "quantity" else "number"
    value = getattr(law, parts[3])
    return kind, value if value > 0.0 else None


def _is_fixed(table: Table) -> bool:
    """Whether a parameter is fixed, and then nothing else is said of it."""
    if table.raw("fixed", None) is None:
        return False
    for other in sorted(_ENTRIES & set(table.content) - {"fixed"}):
        raise SpecError(f"{table.at(other)}: means nothing for a fixed parameter; leave it or fixed out")
    return True


def set_parameters(
    sets: tuple[DataSet, ...], given: dict[str, tuple[str, Table]]
) -> tuple[list[Parameter], dict[str, float]]:
    """Free and fixed amplitudes and coefficients of backgrounds."""
    free, fixed = [], {}
    for data in sets:
        for plain in plain_parameters(data):
            place = plain.place
            table = given[place][1] if place in given else Table({}, f"fit.parameters.{place}")
            if _is_fixed(table):
                fixed[place] = float(table.quantity("fixed", "number"))
                table.finish()
            else:
                free.append(with_settings(plain, table))
    return free, fixed


def plain_parameters(data: DataSet) -> Iterator[Parameter]:
    """The parameters of a data set before the spec says anything about them."""
    inverse = data.quantity.inverse
    unit = "" if data.unit in ("", "1") else f"1/({data.unit})" if inverse else data.unit
    for c in data.coefficients.values():
        place, limits = f"{data.name}.{c.name}", ("", "") if c.linear else ("default", "default")
        own = c.unit(unit, data.quantity.per_T)
        yield Parameter(place, place, "number", own, c.start, c.low, c.high, c.log, None, c.linear, limits)
