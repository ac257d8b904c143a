"""Reading a spec: from a TOML file, or from a dictionary with its content."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.grids import read_grid
from tlsmc.lawfile import make_law, read_law
from tlsmc.observables import observable_class, observable_names
from tlsmc.plans import Plan, read_plan
from tlsmc.populations import model_class, model_names
from tlsmc.populations.laws import Law
from tlsmc.populations.proposals import PROPOSALS
from tlsmc.populations.streams import COUNTS, SAMPLINGS, Layout
from tlsmc.settings import apply_setting, parse_setting, read_toml
from tlsmc.spec import GEOMETRY, MATERIAL_KINDS, STORES, Spec, Study, volume_defects
from tlsmc.tables import Table
from tlsmc.units import has_unit

#: Electron densities (cm^-3) and Fermi energies of metals, from Ashcroft and Mermin, Solid State Physics (1976),
#: Table 2.1; "paper" are the round numbers of the paper's own estimates for gold.
PRESETS = {
    "paper": {"electron_density": "3e22 cm^-3", "fermi_energy": "5 eV"},
    "gold": {"electron_density": "5.90e22 cm^-3", "fermi_energy": "5.53 eV"},
    "silver": {"electron_density": "5.86e22 cm^-3", "fermi_energy": "5.49 eV"},
    "copper": {"electron_density": "8.47e22 cm^-3", "fermi_energy": "7.00 eV"},
    "aluminium": {"electron_density": "18.1e22 cm^-3", "fermi_energy": "11.7 eV"},
}

_MOST_SEED, _MOST_SAMPLES, _MOST_DEFECTS = 2**63 - 1, 500_000, 10**12


def load_spec(path: str | Path, overrides: tuple[str, ...] = ()) -> Spec:
    """Read a spec from a TOML file, with ``KEY=VALUE`` settings on top (``population.defects=1000``)."""
    content, source = read_toml(path)
    for setting in overrides:
        apply_setting(content, *parse_setting(setting))
    if "sweep" in content:
        raise SpecError(f"{path}: has a [sweep], several runs in one spec; use `tlsmc run`, or load_sweep in Python")
    return parse_spec(content, Path(path).parent, source, overrides)


def parse_spec(
    content: dict[str, Any], folder: Path = Path("."), source: str = "", overrides: tuple[str, ...] = ()
) -> Spec:
    """Make a spec of the content of a TOML file; files that it names are sought in ``folder``."""
    root = Table(content, "")
    population = root.table("population")
    model = population.choice("model", model_names())
    laws = _read_laws(population, model, folder)
    made = population.located("parameters", model_class(model), laws)
    material = _read_material(root.table("material", {}), model_class(model).CHI)
    studies = _read_studies(root, model, dict(material))
    layout = _read_layout(root, population, volume_defects(dict(material), made))
    spec = Spec(
        title=root.string("title", ""),
        layout=layout,
        model=model,
        population=made,
        material=material,
        studies=studies,
        in_kelvin=_any_unit(content),
        proposal=population.choice("proposal", PROPOSALS, "none"),
        store=root.choice("store", STORES, "none"),
        plan=_read_plan(root, model, dict(material), layout, folder),
        source=source,
        overrides=overrides,
    )
    population.finish()
    # What `tlsmc fit` reads; a run has no use for it.
    root.raw("fit", None)
    root.finish()
    # A proposal that cannot be made is an error of the spec, not of the run.
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


def _read_laws(population: Table, model: str, folder: Path) -> dict[str, Law]:
    kinds, joint = model_class(model).KINDS, model_class(model).JOINT
    laws = {}
    for name, table in population.tables("parameters").items():
        if name not in kinds:
            raise SpecError(f"{table.place}: unknown parameter; the model {model} has {', '.join(kinds)}")
        if name in joint:
            table.choice("law", (name,), name)
            laws[name] = make_law(table, joint[name], kinds[name], folder, folder=str(folder))
        else:
            laws[name] = read_law(table, kinds[name], folder)
    return laws


def _read_material(table: Table, fixed_chi: float | None) -> tuple[tuple[str, float], ...]:
    preset = table.raw("preset", None)
    if preset is not None:
        defaults = PRESETS[table.choice("preset", PRESETS)]
        table.content = defaults | {k: v for k, v in table.content.items() if k != "preset"}
    values = {key: table.positive(key, kind) for key, kind in MATERIAL_KINDS.items()}
    table.finish()
    chi = values["chi"]
    if chi is not None and chi > 1.0:
        raise SpecError(f"{table.at('chi')}: {chi!r} is outside (0, 1]; it is a cross-section over its unitary limit")
    if values["dephasing_time"] is not None:
        if values["defect_density"] is not None:
            raise SpecError(f"{table.at('dephasing_time')}: defect_density is given too; give one, the other follows")
        for key in ("chi", "fermi_energy", "electron_density"):
            if values[key] is None and not (key == "chi" and fixed_chi):
                raise SpecError(f"{table.at(key)}: is missing; Eq. 5 needs it to turn dephasing_time into a density")
    _check_geometry(table, values)
    return tuple((key, value) for key, value in values.items() if value is not None)


def _check_geometry(table: Table, values: dict[str, float | None]) -> None:
    given = [key for key in GEOMETRY if values[key] is not None]
    for key in GEOMETRY:
        if given and values[key] is None:
            raise SpecError(f"{table.at(key)}: is missing, {' and '.join(given)} given; a volume needs all of them")
    if given and values["defect_density"] is None and values["dephasing_time"] is None:
        raise SpecError(
            f"{table.at('defect_density')}: is missing; give it or dephasing_time, or no volume: N = n_T V L follows"
        )


def _read_studies(root: Table, model: str, material: dict[str, float]) -> tuple[Study, ...]:
    tables = root.tables("observables")
    if not tables:
        raise SpecError(f"observables: is empty; add for example [observables.{observable_names()[0]}]")
    studies = [_read_study(name, table, model, material) for name, table in sorted(tables.items())]
    if "attenuation" in tables and "linewidth" not in tables:
        # Attenuation uses Gamma, so the run reports for which defects Gamma > E.
        (attenuation,) = (s for s in studies if s.name == "attenuation")
        monitor = observable_class("linewidth")(chi=material["chi"])  # type: ignore[call-arg]
        studies.append(Study("linewidth", monitor, attenuation.temperature, (0.0,)))
    return tuple(sorted(studies, key=lambda study: study.name))


def _read_study(name: str, table: Table, model: str, material: dict[str, float]) -> Study:
    try:
        kind = observable_class(name)
    except SpecError as error:
        raise error.at(table.place) from None
    if model not in kind.MODELS:
        raise SpecError(f"{table.place}: is for model {' or '.join(kind.MODELS)}, not {model!r}; remove it")
    arguments: dict[str, Any] = {}
    for spec_field in fields(kind):  # type: ignore[arg-type]
        if "material" in spec_field.metadata:
            key = spec_field.metadata["material"]
            if key not in material:
                raise SpecError(f"material.{key}: is missing; {table.place} needs it")
            arguments[spec_field.name] = material[key]
        elif "options" in spec_field.metadata:
            arguments[spec_field.name] = table.choice(
                spec_field.name, spec_field.metadata["options"], spec_field.default
            )
        elif spec_field.default is MISSING or table.raw(spec_field.name, None) is not None:
            arguments[spec_field.name] = table.quantity(spec_field.name, spec_field.metadata["kind"])
    axes = {axis: read_grid(table, axis) for axis in kind.AXES}
    table.finish()
    observable = table.located("", kind, **arguments)
    return Study(name, observable, axes.pop("temperature"), next(iter(axes.values()), (0.0,)))


def _read_plan(root: Table, model: str, material: dict[str, float], layout: Layout, folder: Path) -> Plan:
    table = root.table("trajectories", {})
    plan = read_plan(table, layout, folder)
    if plan.telegraph is not None:
        place = table.at("telegraph")
        if model != "tunnelling":
            raise SpecError(f"{place}: is for model tunnelling, not {model!r}; remove it")
        if "chi" not in material:
            raise SpecError(f"material.chi: is missing; {place} needs it")
    return plan


def _any_unit(content: dict[str, Any]) -> bool:
    """Whether any quantity of the spec carries a unit."""

    def walk(value: object) -> bool:
        if isinstance(value, dict):
            return any(walk(inner) for name, inner in value.items() if name not in _NAMES)
        if isinstance(value, list):
            return any(map(walk, value))
        return has_unit(value)

    return any(walk(content.get(part, {})) for part in ("population", "material", "observables", "trajectories"))


# Entries that are texts without being quantities; every option of an observable that has names is one too.
_NAMES = frozenset(
    {"model", "sampling", "count", "proposal", "law", "file", "function", "sha256", "spacing", "chi"}
) | {
    spec_field.name
    for name in observable_names()
    for spec_field in fields(observable_class(name))  # type: ignore[arg-type]
    if "kind" not in spec_field.metadata
}
