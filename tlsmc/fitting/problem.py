"""The section ``[fit]`` of a spec: data sets, free and fixed parameters, volume, rivals."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.fitting.curves import Ensemble, points_of
from tlsmc.fitting.model import Model, missing_material
from tlsmc.fitting.parameter_table import parameter_tables, read_one, set_parameters
from tlsmc.fitting.parameters import Parameter
from tlsmc.measurements.dataset import SET_NAME, DataSet, read_data
from tlsmc.spec.material import GEOMETRY, MATERIAL_KINDS
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import Spec
from tlsmc.spec.table import Table, shown
from tlsmc.spec.toml import apply_setting, parse_setting, read_toml
from tlsmc.units import AXIS_KINDS

#: Models to which the one of the spec may be compared.
RIVALS = ("tunnelling", "kondo", "magnetic", "none")

#: Ranges of omega/E* and 2T/E* in which the closed forms are tested.
_OMEGA, _THETA = (1e-6, 1e3), (1e-4, 1e3)
_MOST_STARTS, _MOST_STEPS = 1000, 10**6


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
    """Read a spec with a section ``[fit]``, and the data that it names.

    Parameters
    ----------
    path
        The TOML file; data files are sought beside it.
    overrides
        Settings on top of it, such as ``fit.starts=8``.

    Returns
    -------
    Problem
        What :func:`tlsmc.fitting.fit` fits.

    Raises
    ------
    SpecError
        The spec or a data file is not what it must be; the message names file, row and column.

    Examples
    --------
    >>> problem = tlsmc.fitting.load_fit("wire.toml", ("fit.starts=2",))
    >>> [parameter.name for parameter in problem.model.parameters]
    ['E_star', 'n_T']
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
    """Make a problem of the content of a TOML file.

    Parameters
    ----------
    content
        Nested dictionaries, as of :mod:`tomllib`.
    folder
        Where data files are sought.
    source, overrides
        Text of the file and settings on top of it, which a fit file keeps.

    Returns
    -------
    Problem
        What :func:`tlsmc.fitting.fit` fits.

    Raises
    ------
    SpecError
        The spec or a data file is not what it must be; the message names file, row and column.

    Examples
    --------
    >>> import tomllib
    >>> with open("wire.toml", "rb") as file:
    ...     problem = tlsmc.fitting.parse_fit(tomllib.load(file))
    >>> problem.starts
    1
    """
    rest = {key: value for key, value in content.items() if key != "fit"}
    # A fit needs no grids: those of the data are used.
    spec = parse_spec(rest, folder, source, overrides, gridded=False)
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
    _check_ranges(problem.model)
    return problem


def _read_volume(table: Table, spec: Spec) -> float | None:
    """Volume of the sample, in the section or by the sizes in the material."""
    given = table.raw("volume", None)
    if given is None:
        return spec.material.volume
    if spec.material.volume is not None:
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
        name, _ = data.quantity.observables.get(spec.model, ("", ""))
        options = dict(observables.get(name, {}))
        options = {key: value for key, value in options.items() if key not in AXIS_KINDS}
        found.append(replace(data, options=options | data.options))
    return tuple(found)


def _read_model(table: Table, spec: Spec, sets: tuple[DataSet, ...], volume: float | None) -> Model:
    material = {key: value for key, value in spec.material.given.items() if key != "dephasing_time"}
    given = parameter_tables(table, spec.population, sets)
    n_T = spec.metal.defect_density
    if n_T is not None:
        if spec.material.dephasing_time is not None and "material.defect_density" not in given:
            raise SpecError("material.dephasing_time: would change in the fit; give defect_density, or let n_T be free")
        material["defect_density"] = n_T
    ensemble = Ensemble(spec.model, spec.population, material)
    free: list[Parameter] = []
    fixed: dict[str, float] = {}
    for place, (name, inner) in given.items():
        if place.partition(".")[0] not in {data.name for data in sets}:
            read_one(inner, name, place, ensemble, free, fixed)
    own, fixed_own = set_parameters(sets, given)
    parameters = (p if spec.in_kelvin else replace(p, unit="") for p in (*free, *own))
    model = Model(sets, ensemble, tuple(parameters), fixed | fixed_own)
    _check(model, volume)
    return model


def _check(model: Model, volume: float | None) -> None:
    """Refuse what cannot be fitted, before anything is computed."""
    values = model.values(model.start)
    ensemble = model.ensemble_at(values)
    for data in model.sets:
        missing = missing_material(data, ensemble)
        if missing and not data.amplitude:
            raise SpecError(
                f"fit.data.{data.name}.amplitude: the scale of {data.quantity.name} does not follow from [material]; "
                f"give {', '.join(missing)} there, or set amplitude = true"
            )
    if volume is not None and "defect_density" not in ensemble.material:
        raise SpecError("fit.volume: needs the density of defects; give defect_density, or let n_T be free")
    if not model.parameters:
        raise SpecError("fit.parameters: no parameter is free; add for example E_star = {}")
    priors = sum(p.prior is not None for p in model.parameters)
    if len(model.parameters) > model.points + priors:
        raise SpecError(
            f"fit.parameters: {len(model.parameters)} parameters are free and there are {model.points} points; "
            "fix some, or give more data"
        )


def _check_ranges(model: Model) -> None:
    """Refuse data that lie outside the range of the curves for every value that the parameters may have."""
    ensemble = model.ensemble_at(model.values(model.start))
    E_star = ensemble.population.E_star
    own = (p for p in model.parameters if p.place.startswith("population.") and p.start == E_star)
    ends = next(((p.low, p.high) for p in own), (E_star, E_star))
    for data in model.sets:
        points = points_of(data, ensemble)
        scales = [("2T/E*", 2.0 * points.T, _THETA)]
        if "frequency" in points.observable.AXES:
            scales.append(("omega/E*", points.others[0], _OMEGA))
        for what, scale, (low, high) in scales:
            least, most = scale / ends[1], scale / ends[0]
            if not ((most >= low) & (least <= high)).any():
                raise SpecError(
                    f"fit.data.{data.name}: {what} = {least[0]:.3g} ... {most[0]:.3g} does not overlap "
                    f"{low:g} ... {high:g}, where the curves are known; check the unit, or the bounds of E*"
                )
        if fault := points.observable.out_of_range(ends[1], points.T):
            raise SpecError(f"fit.data.{data.name}: {fault}")
