"""The section ``[fit]`` of a spec: data sets, free and fixed parameters, volume, rivals."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.errors import SpecError
from tlsmc.fitting.background import BACKGROUNDS, Coefficient
from tlsmc.fitting.curves import Medium, component_of, observable_for
from tlsmc.fitting.data import SET_NAME, DataSet, read_data
from tlsmc.fitting.model import Model, needs_amplitude
from tlsmc.fitting.parameters import Parameter, aliases, read_parameter, with_settings
from tlsmc.fitting.ranges import check_ranges
from tlsmc.populations import Population
from tlsmc.registry import suggestion
from tlsmc.settings import apply_setting, parse_setting, read_toml
from tlsmc.spec import GEOMETRY, MATERIAL_KINDS, Spec
from tlsmc.specfile import parse_spec
from tlsmc.tables import Table, shown
from tlsmc.units import AXIS_KINDS

#: Models to which the one of the spec may be compared.
RIVALS = ("tunnelling", "kondo", "magnetic", "none")

_MOST_STARTS, _MOST_STEPS = 1000, 10**6
#: The unitary limit, and a p_min = 1/cosh^2 L that can still be told from 0.
_LARGEST_VALUES = {"material.chi": 1.0, "L": 300.0}
#: Bounds of an amplitude: none, as far as its logarithm goes.
_SMALLEST, _LARGEST = 1e-200, 1e200


@dataclass(frozen=True)
class Problem:
    """A spec with a ``[fit]``, read: what is to be fitted, and how."""

    spec: Spec
    model: Model
    volume: float | None
    starts: int
    rivals: tuple[str, ...]
    steps: int
    content: dict[str, Any]
    source: str
    overrides: tuple[str, ...] = ()


def load_fit(path: str | Path, overrides: tuple[str, ...] = ()) -> Problem:
    """Read a spec with a section ``[fit]`` and the data that it names, with settings ``KEY=VALUE`` on top.

    Raises
    ------
    SpecError
        The spec or a data file is not what it must be; the message names file, row and column.
    """
    content, source = read_toml(path)
    for setting in overrides:
        apply_setting(content, *parse_setting(setting))
    if "fit" not in content:
        raise SpecError(f"{path}: has no [fit]; add [fit.data.NAME] with the file of your data")
    return parse_fit(content, Path(path).parent, source, overrides)


def parse_fit(
    content: dict[str, Any], folder: Path = Path("."), source: str = "", overrides: tuple[str, ...] = ()
) -> Problem:
    """Make a problem of the content of a TOML file; data files are sought in ``folder``."""
    rest = {key: value for key, value in content.items() if key != "fit"}
    model = rest.get("population", {}).get("model") if isinstance(rest.get("population"), dict) else None
    # A fit needs no grids: those of the data are used.
    stand_in = "kondo_heat_capacity" if model == "kondo" else "heat_capacity"
    rest.setdefault("observables", {stand_in: {"temperature": [1.0]}})
    spec = parse_spec(rest, folder, source, overrides)
    table = Table(content["fit"], "fit")
    sets = _read_sets(table, folder, spec, content.get("observables", {}))
    volume = _read_volume(table, spec)
    rivals = table.raw("rivals", [])
    if not isinstance(rivals, list) or not set(rivals) <= set(RIVALS):
        raise SpecError(f"{table.at('rivals')}: {shown(rivals)} is not a list of {', '.join(RIVALS)}; mend it")
    problem = Problem(
        spec=spec,
        model=_read_model(table.table("parameters", {}), spec, sets, volume),
        volume=volume,
        starts=table.integer("starts", 1, _MOST_STARTS, 4),
        rivals=tuple(rivals),
        steps=table.integer("steps", 100, _MOST_STEPS, 20_000),
        content=content,
        source=source,
        overrides=overrides,
    )
    table.finish()
    check_ranges(problem.model)
    return problem


def _read_volume(table: Table, spec: Spec) -> float | None:
    """Volume of the sample, in the section or by the sizes in the material."""
    sizes = [value for key, value in spec.material if key in GEOMETRY]
    given = table.raw("volume", None)
    if given is None:
        return float(np.prod(sizes)) if sizes else None
    if sizes:
        raise SpecError(f"{table.at('volume')}: the material has {', '.join(GEOMETRY)} too; give one of the two")
    volume: float = table.quantity("volume", "volume")
    if volume <= 0.0:
        raise SpecError(f"{table.at('volume')}: {shown(given)} is not above 0; give the volume of the sample")
    return volume


def _read_sets(table: Table, folder: Path, spec: Spec, observables: dict[str, Any]) -> tuple[DataSet, ...]:
    tables = table.tables("data")
    if not tables:
        raise SpecError("fit.data: is empty; add [fit.data.NAME] with file and quantity")
    found = []
    for name, inner in tables.items():
        if not SET_NAME.fullmatch(name) or name in (*MATERIAL_KINDS, "population", "material", "L", "t_exp"):
            raise SpecError(f"{inner.place}: {name!r} cannot be the name of a data set; choose another")
        data = read_data(inner, name, folder, spec.in_kelvin)
        options = dict(observables.get(data.quantity.observables.get(spec.model, ""), {}))
        options = {key: value for key, value in options.items() if key not in AXIS_KINDS}
        found.append(replace(data, options=options | data.options))
    return tuple(found)


def _read_model(table: Table, spec: Spec, sets: tuple[DataSet, ...], volume: float | None) -> Model:
    material = {key: value for key, value in spec.material if key != "dephasing_time"}
    given = _tables(table, spec.population, sets)
    n_T = spec.metal.defect_density
    if n_T is not None:
        if "dephasing_time" in dict(spec.material) and "material.defect_density" not in given:
            raise SpecError("material.dephasing_time: would change in the fit; give defect_density, or let n_T be free")
        material["defect_density"] = n_T
    medium = Medium(spec.model, spec.population, material)
    free: list[Parameter] = []
    fixed: dict[str, float] = {}
    for place, (name, inner) in given.items():
        if place.partition(".")[0] not in {data.name for data in sets}:
            _read_one(inner, name, place, medium, free, fixed)
    own, held = set_parameters(sets, given)
    parameters = (p if spec.in_kelvin else replace(p, unit="") for p in (*free, *own))
    model = Model(sets, medium, tuple(parameters), fixed | held)
    _check(model, volume)
    return model


def _tables(table: Table, population: Population, sets: tuple[DataSet, ...]) -> dict[str, tuple[str, Table]]:
    """Tables of ``[fit.parameters]`` by the place that each is about."""
    short = aliases(population)
    found: dict[str, tuple[str, Table]] = {}
    names = {f"{data.name}.{c}" for data in sets for c in coefficients(data)}
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


def _read_one(
    table: Table, name: str, place: str, medium: Medium, free: list[Parameter], fixed: dict[str, float]
) -> None:
    """Put a parameter of the defects or the material where it belongs, with the free or with the fixed ones."""
    kind, default = place_kind(table, place, medium)
    if _is_fixed(table):
        value = table.positive("fixed", kind)
        table.finish()
        assert value is not None
        if place == "material.chi" and value > 1.0:
            raise SpecError(f"{table.at('fixed')}: {value:g} is outside (0, 1]; chi is over its unitary limit")
        fixed[place] = value
        return
    parameter = read_parameter(table, name, place, kind, default, _LARGEST_VALUES.get(place, np.inf))
    free.append(parameter)


def place_kind(table: Table, place: str, medium: Medium) -> tuple[str, float | None]:
    """Kind of a parameter of the defects or the material, and its value in the spec, None if there is none."""
    if place == "L":
        return "number", medium.population.defects_per_n_T
    if place == "t_exp":
        return "time", None
    head, _, rest = place.partition(".")
    if head == "material":
        entries = [key for key in MATERIAL_KINDS if key not in ("dephasing_time", *GEOMETRY)]
        if rest not in entries:
            raise SpecError(f"{table.place}: is not known; {suggestion(rest, entries)}")
        return MATERIAL_KINDS[rest], medium.material.get(rest)
    parts = place.split(".")
    laws = medium.population.laws
    if len(parts) != 4 or parts[2] not in laws:
        raise SpecError(f"{table.place}: is not a parameter of a law; write for example population.parameters.E.high")
    law = laws[parts[2]]
    known = {f.name: f.metadata.get("kind") for f in fields(law)}  # type: ignore[arg-type]
    form = known.get(parts[3])
    if form not in ("quantity", "number"):
        raise SpecError(f"{table.place}: is no number of that law; {suggestion(parts[3], known)}")
    kind = medium.population.KINDS[parts[2]] if form == "quantity" else "number"
    value = getattr(law, parts[3])
    return kind, value if value > 0.0 else None


def _is_fixed(table: Table) -> bool:
    """Whether a parameter is held, and then nothing else is said of it."""
    if table.raw("fixed", None) is None:
        return False
    others = sorted(_ENTRIES & set(table.content) - {"fixed"})
    if others:
        raise SpecError(f"{table.at(others[0])}: means nothing for a fixed parameter; leave it or fixed out")
    return True


def coefficients(data: DataSet) -> dict[str, Coefficient]:
    """Parameters that a data set has of its own."""
    found = {c.name: c for name in data.backgrounds for c in BACKGROUNDS[name].coefficients}
    return {"amplitude": Coefficient("amplitude", 1.0)} | found if data.amplitude else found


def set_parameters(
    sets: tuple[DataSet, ...], given: dict[str, tuple[str, Table]]
) -> tuple[list[Parameter], dict[str, float]]:
    """Free and fixed amplitudes and coefficients of backgrounds."""
    free, fixed = [], {}
    for data in sets:
        for name, about in coefficients(data).items():
            place = f"{data.name}.{name}"
            table = given[place][1] if place in given else Table({}, f"fit.parameters.{place}")
            if _is_fixed(table):
                fixed[place] = float(table.quantity("fixed", "number"))
                table.finish()
                continue
            free.append(with_settings(plain_parameter(data, about), table))
    return free, fixed


def plain_parameter(data: DataSet, about: Coefficient) -> Parameter:
    """A parameter of a data set before the spec says anything about it."""
    place = f"{data.name}.{about.name}"
    if about.name == "amplitude":
        return Parameter(place, place, "number", "", 1.0, _SMALLEST, _LARGEST, True, None, True)
    limits = ("default", "default")
    if about.name == "T_M":
        return Parameter(place, place, "number", "K", about.start, about.low, about.high, True, limits=limits)
    if about.name == "exponent":
        return Parameter(place, place, "number", "", about.start, about.low, about.high, False, limits=limits)
    unit = (f"1/({data.unit})" if data.quantity.inverse else data.unit) if data.unit not in ("", "1") else ""
    unit = _over_kelvin(unit, about.power)
    return Parameter(place, place, "number", unit, about.start, about.low, about.high, False, None, True)


def _over_kelvin(unit: str, power: float) -> str:
    if not power:
        return unit
    text = "(2/3)" if power < 1.0 else "" if power == 1.0 else f"{power:g}"
    return f"{unit or '1'} K^-{text or 1}"


def _check(model: Model, volume: float | None) -> None:
    """Refuse what cannot be fitted, before anything is computed."""
    values = model.values(model.start)
    medium = model.medium_at(values)
    for data in model.sets:
        component_of(data, observable_for(data, medium))
        if needs_amplitude(data, medium) and not data.amplitude:
            raise SpecError(
                f"fit.data.{data.name}.amplitude: the material does not tell the scale of {data.quantity.name}; "
                "complete [material], or set amplitude = true"
            )
    if volume is not None and "defect_density" not in medium.material:
        raise SpecError("fit.volume: needs the density of defects; give defect_density, or let n_T be free")
    if not model.parameters:
        raise SpecError("fit.parameters: no parameter is free; add for example E_star = {}")
    priors = sum(p.prior is not None for p in model.parameters)
    if len(model.parameters) > model.points + priors:
        raise SpecError(
            f"fit.parameters: {len(model.parameters)} parameters are free and there are {model.points} points; "
            "fix some, or give more data"
        )


def with_sets(model: Model, sets: tuple[DataSet, ...], **changes: Any) -> Model:
    """The same model for other points."""
    return replace(model, sets=sets, _memory=OrderedDict(), **changes)
