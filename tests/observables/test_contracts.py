"""What every observable promises; a new file in the folder is tested from the day it appears."""

import dataclasses

import numpy as np
import pytest

from tests.observables.examples import (
    ALL,
    CASE_IDS,
    CASES,
    MATERIAL,
    METAL,
    label,
    name_of,
    options,
    other_axes,
    populations,
    variants,
)
from tests.seeds import rng
from tlsmc.errors import SpecError
from tlsmc.observables.base import Observable
from tlsmc.observables.kernels.numpy_tiles import accumulate
from tlsmc.observables.measurable import Metal
from tlsmc.observables.program import contributions, grid_of
from tlsmc.populations.fields import described
from tlsmc.populations.sampling.streams import open_interval
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.registry import OBSERVABLES
from tlsmc.units import AXES, KINDS, OUTPUT_UNITS

T = np.geomspace(1e-3, 1e3, 7)
OMEGA = [1e-6, 0.02, 0.3, 1.0, 50.0]

every = pytest.mark.parametrize("observable", ALL, ids=label)
every_case = pytest.mark.parametrize(("observable", "population"), CASES, ids=CASE_IDS)


def _columns(observable, population, count=500):
    made = populations(observable)[population]
    points = open_interval(rng(f"contract {population}").random((made.dimensions, count)))
    # Not even an accident may change the population, which other observables see too.
    columns = made.columns(points)
    for column in columns.values():
        column.flags.writeable = False
    return made, columns


def _no_floor(program, points):
    return np.full((program.components, len(T), len(points)), -np.inf)


def test_the_folder_holds_the_four_observables_of_the_paper():
    assert {"attenuation", "dephasing", "heat_capacity", "linewidth"} <= set(OBSERVABLES.names())


@every
def test_declarations(observable):
    kind = type(observable)
    assert issubclass(kind, Observable)
    assert dataclasses.is_dataclass(kind)
    assert kind.__doc__
    assert observable.MODELS
    assert observable.AXES[0] == "temperature"
    assert set(observable.AXES) <= set(AXES)
    assert not observable.RESONANT_AXIS or observable.RESONANT_AXIS in observable.AXES[1:]
    assert set(observable.MONITORS) <= set(OBSERVABLES.names())
    assert set(observable.SIGNED) <= set(observable.COMPONENTS)
    assert len(set(observable.COMPONENTS)) == len(observable.COMPONENTS) >= 1
    assert all(isinstance(observable.refusal(component), str) for component in observable.COMPONENTS)
    for name, parts in observable.SUMS.items():
        assert name not in observable.COMPONENTS
        assert set(parts) <= set(observable.COMPONENTS)
    # Labels of nothing else: a misspelt one would show nowhere.
    assert set(observable.LABELS) == {*observable.COMPONENTS, *observable.SUMS}
    for population in populations(observable).values():
        assert set(observable.COLUMNS) <= set(population.COLUMNS)
    assert kind.__dataclass_params__.frozen


@every
def test_equal_settings_are_equal_observables(observable):
    again = dataclasses.replace(observable)
    assert again == observable
    assert hash(again) == hash(observable)


@pytest.mark.parametrize("name", OBSERVABLES.names())
def test_fields_come_from_the_material_or_are_options(name):
    for field, info in described(OBSERVABLES.find(name)):
        if info.material:
            assert info.material in MATERIAL
        elif info.options:
            assert field.default in info.options
        else:
            # What is a quantity may have to be given.
            assert info.kind in KINDS
            assert field.default is dataclasses.MISSING or isinstance(field.default, float)


@pytest.mark.parametrize("name", OBSERVABLES.names())
def test_bad_settings_are_refused(name):
    kind = OBSERVABLES.find(name)
    good = variants(name)[0]
    for field, info in described(kind):
        if info.options:
            with pytest.raises(SpecError, match=f"{field.name} = 'no such'.*{info.options[-1]}"):
                dataclasses.replace(good, **{field.name: "no such"})
        elif info.kind:
            for value in (-1.0, float("nan"), float("inf")):
                with pytest.raises(SpecError, match=f"^{field.name} = {value}.*; give"):
                    dataclasses.replace(good, **{field.name: value})
        elif info.material == "chi":
            for chi in (0.0, -0.1, 1.1, float("nan")):
                with pytest.raises(SpecError, match="unitary limit"):
                    dataclasses.replace(good, **{field.name: chi})


@every_case
def test_constants_are_finite_numbers(observable, population):
    made = populations(observable)[population]
    constants = observable.constants(made)
    assert isinstance(constants, tuple)
    assert all(isinstance(value, float | int) and np.isfinite(value) for value in constants)
    assert constants == observable.constants(made)


@every_case
def test_contributions_are_finite_and_of_the_right_shape(observable, population):
    made, columns = _columns(observable, population)
    program, points = observable.program(made), observable.points(*other_axes(observable, OMEGA))
    count = len(columns["E"] if "E" in columns else next(iter(columns.values())))
    assert len(points) == len(observable.resonances(*other_axes(observable, OMEGA)))
    for temperature in T:
        parts = contributions(program, columns, float(temperature), points.T[:, :, None])
        assert len(parts) == len(observable.COMPONENTS)
        for component, part in zip(observable.COMPONENTS, parts, strict=True):
            assert np.shape(part) == ((len(points), count) if len(observable.AXES) > 1 else (count,))
            # What diverges must say so: its mean gets no error.
            assert np.isfinite(part).all() or observable.refusal(component)
            assert component in observable.SIGNED or bool((part >= 0.0).all())


@every_case
def test_one_point_and_one_defect_at_a_time_give_the_same(observable, population):
    # The formula is one for arrays and for plain floats: a kernel may feed it either.
    made, columns = _columns(observable, population, 12)
    program, points = observable.program(made), observable.points(*other_axes(observable, OMEGA))
    for temperature in (1e-3, 0.4, 1e3):
        whole = contributions(program, columns, temperature, points.T[:, :, None])
        for j, point in enumerate(points):
            row = contributions(program, columns, temperature, point)
            for i in range(12):
                one = {name: float(column[i]) for name, column in columns.items()}
                single = contributions(program, one, temperature, [float(x) for x in point])
                for part, alone, full in zip(row, single, whole, strict=True):
                    assert np.atleast_2d(full)[j, i] == pytest.approx(part[i], rel=1e-14, abs=0.0)
                    assert alone == pytest.approx(part[i], rel=1e-13, abs=1e-300)


@every_case
def test_sums_over_parts_add_up_in_any_order(observable, population):
    made, columns = _columns(observable, population)
    program, points = observable.program(made), observable.points(*other_axes(observable, OMEGA))
    floor = _no_floor(program, points)

    def sums(choice):
        part = {name: np.ascontiguousarray(column[choice]) for name, column in columns.items()}
        return accumulate(program, part, T, points, floor)

    everything = sums(slice(None))
    first, second = sums(slice(0, 171)), sums(slice(171, None))
    shuffled = sums(rng("order").permutation(500))
    # Rounding is relative to the sum of the terms' sizes, which is the sum itself where no term is negative: 500 terms,
    # at most 500 roundings.
    sizes = {"totals": np.abs(everything.totals), "products": np.abs(everything.products)}
    if observable.SIGNED:
        own = [program.pairs.index((k, k)) for k in range(program.components)]
        lengths = np.sqrt(np.take(everything.products, own, axis=-3))
        one, other = (np.take(lengths, part, axis=-3) for part in zip(*program.pairs, strict=True))
        sizes = {"totals": np.sqrt(500) * lengths, "products": one * other}
    for name, size in sizes.items():
        total = getattr(everything, name)
        assert (np.abs(getattr(first, name) + getattr(second, name) - total) <= 1e-13 * size).all()
        assert (np.abs(getattr(shuffled, name) - total) <= 1e-13 * size).all()


@every_case
def test_exact_has_a_value_for_every_component_and_grid_point(observable, population):
    made, others = populations(observable)[population], other_axes(observable, [0.02, 0.3])
    values = observable.exact(made, np.array([0.05, 2.0]), *others)
    assert values.shape == (len(observable.COMPONENTS), 2, *map(len, others))
    known, unsigned = ~np.isnan(values), [c not in observable.SIGNED for c in observable.COMPONENTS]
    # "Not known" is a statement about a component, not about single points.
    assert all(k.all() or not k.any() for k in known)
    assert known.any()
    assert bool((values[unsigned][known[unsigned]] >= 0.0).all())


@every_case
def test_printed_forms_and_measurable_quantities_belong_to_components(observable, population):
    made, axes = populations(observable)[population], (T, *other_axes(observable, OMEGA))
    grid, mesh = tuple(map(len, axes)), grid_of(*axes)
    for form in observable.printed(made, *mesh):
        assert form.component in observable.LABELS
        assert form.equation
        assert np.broadcast_shapes(form.values.shape, grid) == grid
        assert not np.isinf(form.values).any()
    assert isinstance(observable.derived(made, Metal(), *mesh), tuple)
    for quantity in observable.derived(made, METAL, *mesh):
        assert quantity.component in observable.LABELS
        assert quantity.unit in OUTPUT_UNITS
        value = quantity.of(np.full(grid, 0.5))
        assert value.shape == grid
        assert np.isfinite(value).all()
        assert bool((value > 0.0).all())


@every
def test_a_spec_reaches_every_option(observable):
    table = options(observable)
    for axis in observable.AXES:
        table[axis] = [0.1, 1.0]
    laws = populations(observable)
    parameters = {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": 1e-6}}
    if observable.MODELS[0] != "tunnelling":
        names = next(iter(laws.values())).laws
        parameters = {name: {"law": "exponential", "mean": 1.0} for name in names}
    content = {
        "seed": 1,
        "population": {"model": observable.MODELS[0], "defects": 10, "parameters": parameters},
        "material": MATERIAL,
        "observables": {name_of(observable): table},
    }
    spec = parse_spec(content)
    assert spec.gridded(name_of(observable)).observable == observable
    resolved = spec.resolved()["observables"][name_of(observable)]
    assert resolved == table
