"""Laws as tables of a spec: in and out."""

from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path
from typing import Any, cast

from tlsmc.errors import SpecError
from tlsmc.populations.fields import described
from tlsmc.populations.laws.base import Law
from tlsmc.spec.registry import LAWS
from tlsmc.spec.table import Table
from tlsmc.spec.user import Deferred, UserFiles, check_law, code_entry, guarded, load_class, read_code
from tlsmc.units import text


def read_law(table: Table, kind: str, files: UserFiles) -> Law:
    """The law that a table names, of a parameter of a physical ``kind``: ``law = NAME``, or a user's ``function``."""
    if "law" in table.content or "function" not in table.content:
        return make_law(table, table.located("law", LAWS.find, table.string("law")), kind, files.folder)
    code = read_code(table, files.folder)
    if not files.execute:
        again = Table(dict(table.content), table.place)
        return cast(Law, Deferred(table.content, partial(read_law, again, kind, UserFiles(files.folder))))
    law: Law = guarded(table, make_law, table, load_class(table, code, Law), kind, files.folder)
    guarded(table, check_law, law)
    return law


def make_law(table: Table, law: type[Law], kind: str, place_of_files: Path, **given: Any) -> Law:
    """A law of a known class from the entries of a table, with some arguments ``given``."""
    arguments = dict(given)
    for spec_field, info in described(law):
        table.raw(spec_field.name, None)
        if spec_field.name in table.content:
            arguments[spec_field.name] = _argument(table, spec_field.name, info.kind, kind, place_of_files)
    table.finish()
    for spec_field in fields(cast(Any, law)):
        if spec_field.init and spec_field.default is MISSING and spec_field.name not in arguments:
            raise SpecError(f"{table.at(spec_field.name)}: is missing; add it")
    made: Law = table.located("", law, **arguments)
    return made


def _argument(table: Table, key: str, form: str, kind: str, folder: Path) -> object:
    if form == "path":
        return str(folder / table.string(key))
    if form == "rows":
        return table.rows(key)
    if form == "text":
        return table.string(key)
    return table.quantity(key, kind if form == "quantity" else "number")


def law_entry(law: Law, kind: str, in_kelvin: bool) -> dict[str, Any]:
    """The table that :func:`read_law` reads as this law, in natural units."""
    if isinstance(law, Deferred):
        return dict(law.entry)
    entry = code_entry(type(law)) or {"law": LAWS.name(type(law))}
    for law_field, info in described(law):
        value = getattr(law, law_field.name)
        if info.kind == "quantity":
            entry[law_field.name] = text(value, kind, in_kelvin)
        elif info.kind == "rows":
            entry[law_field.name] = [list(row) for row in value]
        elif info.kind != "path":
            entry[law_field.name] = value
    return entry
