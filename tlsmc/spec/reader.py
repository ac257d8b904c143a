"""Reading a spec: from a TOML file, or from a dictionary with its content."""

from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.errors import SpecError
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.populations.laws.base import Law
from tlsmc.populations.sampling.proposals import PROPOSALS
from tlsmc.populations.sampling.streams import COUNTS, SAMPLINGS, Layout
from tlsmc.populations.user_code import code_of
from tlsmc.spec.law import make_law, read_law
from tlsmc.spec.material import Material, read_material
from tlsmc.spec.observable import check_formula, read_observable
from tlsmc.spec.registry import MODELS, OBSERVABLES, of_material
from tlsmc.spec.spec import STORES, GriddedObservable, Spec
from tlsmc.spec.table import Table, shown
from tlsmc.spec.toml import apply_setting, parse_setting, read_toml
from tlsmc.spec.trajectories import Trajectories, read_trajectories
from tlsmc.spec.user import Deferred, UserFiles, deferred_population, guarded
from tlsmc.units import AXIS_KINDS, has_unit, natural

_MOST_SEED, _MOST_SAMPLES, _MOST_DEFECTS, _MOST_POINTS = 2**63 - 1, 500_000, 10**12, 100_000


def load_spec(path: str | Path, overrides: tuple[str, ...] = ()) -> Spec:
    """Read a spec from a TOML file.

    Parameters
    ----------
    path
        The file; others that it names are sought beside it.
    overrides
        Settings on top of it, such as ``population.defects=1000``.

    Returns
    -------
    Spec
        Everything that determines a run.

    Raises
    ------
    SpecError
        The file cannot be read or is no spec; the message names the entry.

    Examples
    --------
    >>> tlsmc.load_spec("small.toml", ("population.samples=4",)).layout.samples
    4
    """
    content, source = read_toml(path)
    for setting in overrides:
        apply_setting(content, *parse_setting(setting))
    if "sweep" in content:
        raise SpecError(f"{path}: has a [sweep], several runs in one spec; use `tlsmc run`, or load_sweep in Python")
    return parse_spec(content, Path(path).parent, source, overrides)


def parse_spec(
    content: dict[str, Any],
    folder: Path = Path("."),
    source: str = "",
    overrides: tuple[str, ...] = (),
    *,
    execute: bool = True,
    gridded: bool = True,
) -> Spec:
    """Make a spec of the content of a TOML file.

    Parameters
    ----------
    content
        Nested dictionaries, as of :mod:`tomllib` or :meth:`Spec.resolved`.
    folder
        Where files that it names are sought.
    source, overrides
        Text of the file and settings on top of it, which a run file keeps.
    execute
        Whether laws and observables that users wrote are executed; else they are :class:`~tlsmc.spec.user.Deferred`.
    gridded
        Whether there must be observables on grids; a fit needs none.

    Returns
    -------
    Spec
        Everything that determines a run.

    Raises
    ------
    SpecError
        An entry is missing, unknown or not what it must be; the message names it.

    Examples
    --------
    >>> content = tlsmc.load_spec("small.toml").resolved() | {"seed": 2}
    >>> tlsmc.parse_spec(content).layout.seed
    2
    """
    root, files = Table(content, ""), UserFiles(folder, execute)
    population = root.table("population")
    model = population.string("model")
    kind = population.located("model", MODELS.find, model)
    made = _read_population(population, kind, files)
    material = read_material(root.table("material", {}), kind.CHI)
    needed = gridded or "observables" in content
    observables = _read_observables(root, model, made, material, files) if needed else ()
    number = None if isinstance(made, Deferred) else material.defects(made)
    layout = _read_layout(root, population, number)
    spec = Spec(
        title=root.string("title", ""),
        layout=layout,
        model=model,
        population=made,
        material=material,
        observables=observables,
        in_kelvin=_any_unit(content, made, observables),
        proposal=population.choice("proposal", PROPOSALS, "none"),
        store=root.choice("store", STORES, "none"),
        trajectories=_read_trajectories(root, model, material, layout, files),
        source=source,
        overrides=overrides,
    )
    population.finish()
    # What `tlsmc fit` reads; a run has no use for it.
    root.raw("fit", None)
    root.finish()
    # A proposal that cannot be made is an error of the spec, not of the run.
    if not isinstance(made, Deferred):
        population.located("proposal", lambda: spec.sampler)
    return spec


def _read_layout(root: Table, population: Table, number: float | None) -> Layout:
    """The layout of a run; ``number`` is that of the defects in the volume of the material, None without one."""
    if number is not None and number > _MOST_DEFECTS:
        raise SpecError(f"material: the piece of metal has {number:.3g} defects, at most 1e12 can be; make it smaller")
    volume = () if number is None else (max(1, round(number)),)
    seeds = _read_seeds(root)
    settings = {
        "seed": seeds[0][0] if seeds else root.integer("seed", 0, _MOST_SEED),
        "seeds": seeds,
        "defects": population.integer("defects", 1, _MOST_DEFECTS, *volume),
        "samples": population.integer("samples", 1, _MOST_SAMPLES, 1),
        "sampling": population.choice("sampling", SAMPLINGS, "random"),
        "count": population.choice("count", COUNTS, "fixed"),
    }
    layout: Layout = population.located("sampling", Layout, **settings)
    return layout


def _read_seeds(root: Table) -> tuple[tuple[int, int], ...]:
    """Pairs (seed, samples) of a run that was merged from several seeds; none otherwise."""
    if root.raw("seeds", None) is None:
        return ()
    if "seed" in root.content:
        raise SpecError("seeds: seed is given too; give one of them")
    found = []
    for i, row in enumerate(root.rows("seeds")):
        pair = Table(dict(zip(("seed", "samples"), row, strict=True)), f"seeds[{i}]")
        found.append((pair.integer("seed", 0, _MOST_SEED), pair.integer("samples", 1, _MOST_SAMPLES)))
    return tuple(found)


def _read_population(table: Table, kind: type[Population], files: UserFiles) -> Population:
    laws = _read_laws(table, kind, files)
    if any(isinstance(law, Deferred) for law in laws.values()):
        return deferred_population(kind, laws)
    population: Population = table.located("parameters", kind, laws)
    return population


def _read_laws(population: Table, kind: type[Population], files: UserFiles) -> dict[str, Law]:
    kinds, joint = kind.KINDS, kind.JOINT
    laws = {}
    for name, table in population.tables("parameters").items():
        if name not in kinds:
            raise SpecError(f"{table.place}: unknown parameter; the model has {', '.join(kinds)}")
        if name in joint:
            table.choice("law", (name,), name)
            laws[name] = make_law(table, joint[name], kinds[name], files.folder, folder=str(files.folder))
        else:
            laws[name] = read_law(table, kinds[name], files)
    return laws


def _read_observables(
    root: Table, model: str, population: Population, material: Material, files: UserFiles
) -> tuple[GriddedObservable, ...]:
    tables = root.tables("observables")
    if not tables:
        raise SpecError(f"observables: is empty; add for example [observables.{OBSERVABLES.names()[0]}]")
    found: dict[str, GriddedObservable] = {}
    for name, table in sorted(tables.items()):
        observable = read_observable(name, table, model, material.given, files)
        axes = {axis: read_grid(table, axis) for axis in observable.AXES}
        found[name] = GriddedObservable(name, observable, axes)
        if code_of(type(observable)):
            guarded(table, check_formula, observable, population, *(np.array(values[:1]) for values in axes.values()))
    for gridded in tuple(found.values()):
        for name in gridded.observable.MONITORS:
            monitor, T = of_material(OBSERVABLES.find(name), material.given, {}), gridded.axes["temperature"]
            found.setdefault(name, GriddedObservable(name, monitor, {"temperature": T}))
    return tuple(found[name] for name in sorted(found))


def read_grid(table: Table, axis: str) -> tuple[float, ...]:
    """Grid points of an axis in natural units, positive and strictly increasing.

    ``{ start = "5 mK", stop = "1 K", points = 32, spacing = "log" }`` (or "linear"), or a list of values.
    """
    entry, kind = table.raw(axis), AXIS_KINDS[axis]
    if isinstance(entry, list):
        place = table.at(axis)
        if not entry:
            raise SpecError(f"{place}: is an empty grid; give at least one value")
        points = [table.located(f"{axis}[{i}]", natural, value, kind) for i, value in enumerate(entry)]
        for i, (value, point) in enumerate(zip(entry, points, strict=True)):
            if point <= 0.0:
                raise SpecError(f"{place}[{i}]: {shown(value)} is not above 0; give a positive {axis}")
            if i and point <= points[i - 1]:
                raise SpecError(f"{place}[{i}]: {shown(value)} does not exceed the value before it; sort the grid")
        return tuple(points)
    return _read_range(Table(entry, table.at(axis)), axis, kind)


def _read_range(table: Table, axis: str, kind: str) -> tuple[float, ...]:
    start, stop = table.quantity("start", kind), table.quantity("stop", kind)
    count = table.integer("points", 1, _MOST_POINTS)
    spacing = table.choice("spacing", ("log", "linear"), "log")
    table.finish()
    if start <= 0.0:
        raise SpecError(f"{table.at('start')}: {shown(table.content['start'])} is not above 0; give a positive {axis}")
    if count == 1 and start == stop:
        return (start,)
    if stop <= start:
        raise SpecError(f"{table.at('stop')}: {shown(table.content['stop'])} is not above start; swap them")
    if count == 1:
        raise SpecError(f"{table.at('points')}: 1 cannot span start to stop; give at least 2 points")
    points = np.geomspace(start, stop, count) if spacing == "log" else np.linspace(start, stop, count)
    if not (np.diff(points) > 0.0).all():
        raise SpecError(f"{table.at('points')}: {count} points between {start!r} and {stop!r} coincide; take fewer")
    return tuple(points.tolist())


def _read_trajectories(root: Table, model: str, material: Material, layout: Layout, files: UserFiles) -> Trajectories:
    table = root.table("trajectories", {})
    trajectories = read_trajectories(table, layout, files)
    if trajectories.telegraph is not None:
        place = table.at("telegraph")
        if model != "tunnelling":
            raise SpecError(f"{place}: is for model tunnelling, not {model!r}; remove it")
        if material.chi is None:
            raise SpecError(f"material.chi: is missing; {place} needs it")
    return trajectories


# Entries that are texts without being quantities; every other text of a law or an observable is one too.
_NAMES = frozenset(
    {"model", "sampling", "count", "proposal", "law", "file", "function", "sha256", "declared", "spacing", "chi"}
)


def _any_unit(content: dict[str, Any], population: Population, observables: tuple[GriddedObservable, ...]) -> bool:
    """Whether any quantity of the spec carries a unit."""
    things = (*population.laws.values(), *(gridded.observable for gridded in observables))
    if any(isinstance(thing, Deferred) for thing in things):
        # A run file has units everywhere or nowhere.
        return any(has_unit(table["temperature"][0]) for table in content["observables"].values())
    words = {field.name for thing in things for field, info in described(thing) if info.kind in ("", "text", "path")}

    def units_in(value: object) -> bool:
        if isinstance(value, dict):
            return any(units_in(inner) for name, inner in value.items() if name not in _NAMES | words)
        if isinstance(value, list):
            return any(map(units_in, value))
        return has_unit(value)

    return any(units_in(content.get(part, {})) for part in ("population", "material", "observables", "trajectories"))
