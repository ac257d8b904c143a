"""Observables as tables of a spec: in and out."""

from dataclasses import MISSING
from functools import partial
from typing import Any, cast

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import CodeError, SpecError
from tlsmc.observables.base import Observable
from tlsmc.observables.program import contributions
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.spec.registry import OBSERVABLES
from tlsmc.spec.table import Table
from tlsmc.spec.user import Deferred, UserFiles, code_entry, guarded, load_class, read_code
from tlsmc.units import AXIS_KINDS, text

#: Names of what a run file has beside its observables.
_TAKEN = ("sample", "block", "done", "counts", "shards", "trajectories", "provenance")


def read_observable(name: str, table: Table, model: str, material: dict[str, float], files: UserFiles) -> Observable:
    """The observable of the table ``[observables.NAME]``; its grid is left in the table."""
    if "function" not in table.content:
        try:
            kind = OBSERVABLES.find(name)
        except SpecError as error:
            raise error.at(table.place) from None
        return _made(kind, table, model, material)
    if OBSERVABLES.owns(name) or name in _TAKEN or name.startswith("spec_") or not name.isidentifier():
        raise SpecError(f"{table.place}: is no name for an observable of your own; choose another one")
    code = read_code(table, files.folder)
    declared = table.raw("declared", None)
    if not files.execute:
        known = _read_declared(Table(declared, table.at("declared")))
        again = Table(dict(table.content), table.place)
        make = partial(read_observable, name, again, model, material, UserFiles(files.folder))
        return cast(Observable, _DeferredObservable(table.content, make, **known))
    kind = load_class(table, code, Observable)
    observable: Observable = guarded(table, _made, kind, table, model, material)
    plain = guarded(table, _declared, observable)
    _read_declared(Table(plain, table.place))
    if declared not in (None, plain):
        raise CodeError(f"{table.place}: {code.function} is {plain}, not {declared}; restore the file, or run anew")
    return observable


class _DeferredObservable(Deferred):
    """An observable of a user's own in a run file that was opened."""

    parts = Observable.parts
    #: A run file lists them among its observables.
    MONITORS = ()
    IS_MONITOR = False

    def refusal(self, component: str) -> str:
        """Why no error can be given for a component, empty if there is no reason."""
        return str(self.refusals.get(component, ""))


def _made(kind: type[Observable], table: Table, model: str, material: dict[str, float]) -> Observable:
    if model not in kind.MODELS:
        raise SpecError(f"{table.place}: is for model {' or '.join(kind.MODELS)}, not {model!r}; remove it")
    arguments: dict[str, Any] = {}
    for spec_field, info in described(kind):
        key = spec_field.name
        if info.material:
            if info.material not in material:
                raise SpecError(f"material.{info.material}: is missing; {table.place} needs it")
            arguments[key] = material[info.material]
        elif info.options:
            arguments[key] = table.choice(key, info.options, spec_field.default)
        elif spec_field.default is MISSING or table.raw(key, None) is not None:
            arguments[key] = table.quantity(key, info.kind)
    for axis in kind.AXES:
        table.raw(axis)
    table.finish()
    observable: Observable = table.located("", kind, **arguments)
    return observable


def observable_entry(observable: Observable, in_kelvin: bool) -> dict[str, Any]:
    """The table that :func:`read_observable` reads as this observable, in natural units, without its grid."""
    if isinstance(observable, Deferred):
        return {key: value for key, value in observable.entry.items() if key not in AXIS_KINDS}
    entry = code_entry(type(observable))
    if entry:
        entry["declared"] = _declared(observable)
    for option, info in described(observable):
        value = getattr(observable, option.name)
        if info.options:
            entry[option.name] = value
        elif info.kind:
            entry[option.name] = text(value, info.kind, in_kelvin)
    return entry


def _declared(observable: Observable) -> dict[str, Any]:
    """What a run file says of a user's observable, so that its curves can be shown without the code."""
    return {
        "axes": list(observable.AXES),
        "resonant_axis": observable.RESONANT_AXIS,
        "components": list(observable.COMPONENTS),
        "sums": {name: list(parts) for name, parts in observable.SUMS.items()},
        "labels": dict(observable.LABELS),
        "refusals": {name: text for name in observable.COMPONENTS if (text := observable.refusal(name))},
    }


def _read_declared(table: Table) -> dict[str, Any]:
    """The attributes that :func:`_declared` wrote down, checked: a stranger may have written them."""
    axes, components = (_names(table.raw(key), table.at(key)) for key in ("axes", "components"))
    sums = {name: _names(parts, table.at("sums")) for name, parts in table.table("sums").content.items()}
    labels, refusals = table.table("labels").content, table.table("refusals").content
    known, resonant = {*components, *sums}, table.string("resonant_axis", "")
    sound = (
        axes[:1] == ("temperature",)
        and resonant in ("", *axes[1:])
        and len(set(axes)) == len(axes)
        and set(axes) <= set(AXIS_KINDS)
        and len(known) == len(components) + len(sums) > 0
        and all(map(str.isidentifier, known))
        and all(parts and set(parts) <= set(components) for parts in sums.values())
        and known <= set(labels)
        and set(refusals) <= set(components)
        and all(isinstance(word, str) for word in (*labels.values(), *refusals.values()))
    )
    if not sound:
        raise SpecError(f"{table.place}: AXES, COMPONENTS, SUMS and LABELS are not those of an observable")
    table.finish()
    return {
        "AXES": axes,
        "RESONANT_AXIS": resonant,
        "COMPONENTS": components,
        "SUMS": sums,
        "LABELS": labels,
        "refusals": refusals,
    }


def _names(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise SpecError(f"{place}: is not a list of names")
    return tuple(value)


def check_formula(observable: Observable, population: Population, temperature: Array, *others: Array) -> None:
    """Refuse a user's formula that does not give one contribution of each defect for every component."""
    columns = population.columns(np.linspace(0.2, 0.8, 3) * np.ones((population.dimensions, 1)))
    point = observable.points(*others)[0]
    parts = contributions(observable.program(population), columns, temperature[0], point)
    shapes = [np.broadcast_shapes(np.shape(part), (3,)) for part in parts]
    if shapes != [(3,)] * len(observable.COMPONENTS):
        raise CodeError(f"the formula gave {len(parts)} arrays for {len(observable.COMPONENTS)} components")
