"""Laws as tables of a spec: in and out."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.populations.laws.base import Law
from tlsmc.spec.registry import LAWS
from tlsmc.spec.table import Table
from tlsmc.units import text


def read_law(table: Table, kind: str, folder: Path) -> Law:
    """The law that a table names, of a parameter of a physical ``kind``; its files are sought in ``folder``."""
    return make_law(table, table.located("law", LAWS.find, table.string("law")), kind, folder)


def make_law(table: Table, law: type[Law], kind: str, place_of_files: Path, **given: Any) -> Law:
    """A law of a known class from the entries of a table, with some arguments ``given``."""
    arguments = dict(given)
    for spec_field in (f for f in fields(law) if f.init and "kind" in f.metadata):  # type: ignore[arg-type]
        if spec_field.name in table.content:
            arguments[spec_field.name] = _argument(table, spec_field, kind, place_of_files)
        else:
            table.raw(spec_field.name, None)
    table.finish()
    made: Law = _created(table, law, arguments)
    return made


def _argument(table: Table, spec_field: Any, kind: str, folder: Path) -> object:
    key, form = spec_field.name, spec_field.metadata["kind"]
    if form == "path":
        return str(folder / table.string(key))
    if form == "rows":
        return table.rows(key)
    if form == "text":
        return table.string(key)
    return table.quantity(key, kind if form == "quantity" else "number")


def _created(table: Table, kind: type[Any], arguments: dict[str, Any]) -> Any:
    """An instance from the entries of a table; what is missing or wrong is an error with the table's place."""
    for spec_field in fields(kind):
        if spec_field.init and spec_field.default is MISSING and spec_field.name not in arguments:
            raise SpecError(f"{table.at(spec_field.name)}: is missing; add it")
    return table.located("", kind, **arguments)


def law_entry(law: Law, kind: str, in_kelvin: bool) -> dict[str, Any]:
    """The table that :func:`read_law` reads as this law, in natural units."""
    entry: dict[str, Any] = {"law": type(law).__module__.rpartition(".")[2]}
    for law_field in fields(law):  # type: ignore[arg-type]
        form, value = law_field.metadata.get("kind"), getattr(law, law_field.name)
        if form == "quantity":
            entry[law_field.name] = text(value, kind, in_kelvin)
        elif form in ("number", "text"):
            entry[law_field.name] = value
        elif form == "rows":
            entry[law_field.name] = [list(row) for row in value]
    return entry
