"""The numpy kernel against a double loop over grid points and defects."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from tests.seeds import rng
from tlsmc.observables.kernels import kernel, numpy_tiles
from tlsmc.observables.kernels.numpy_tiles import TILE_ELEMENTS
from tlsmc.observables.program import Program, contributions

T = np.array([0.5, 1.0, 3.0])
POINTS = np.array([[0.1, 7.0], [0.2, -7.0], [0.4, 0.0], [1.0, 1.0]])


def _at_temperature(columns, temperature, constants):
    x, y = columns
    return x * temperature, constants[0] * y


def _at_point(state, point, constants):
    a, b = state
    omega, offset = point
    # No powers: those of floats and of arrays may differ in the last bit.
    return a * omega + constants[1], b / (omega + a * a), (offset - a) * (offset - a)


PROGRAM = Program(("x", "y"), 3, _at_temperature, _at_point, (2.0, 0.25))


def _identity(state, point, constants):
    return state


# Without frequency the state itself is the contribution: one-dimensional arrays reach the sums.
FLAT = Program(("x",), 2, lambda columns, temperature, constants: (columns[0] * temperature, columns[0]), _identity, ())


def _columns(count, label="kernel"):
    generator = rng(f"{label} {count}")
    return {"x": generator.random(count), "y": generator.standard_normal(count), "unused": np.full(count, np.nan)}


def _loop(program, columns, points):
    """Every contribution by itself: values[component, temperature, frequency, defect]."""
    used = [columns[name] for name in program.columns]
    values = np.empty((program.components, len(T), len(points), len(used[0])))
    for i, temperature in enumerate(T):
        for j, point in enumerate(points):
            for n in range(len(used[0])):
                state = program.at_temperature(tuple(float(c[n]) for c in used), float(temperature), program.constants)
                values[:, i, j, n] = program.at_point(state, tuple(map(float, point)), program.constants)
    return values


def accumulate(*arguments):
    """Sums over all defects as one segment."""
    sums = numpy_tiles.accumulate(*arguments)
    return replace(sums, totals=sums.totals[0], products=sums.products[0])


def _floors(program, points, value):
    return np.full((program.components, len(T), len(points)), value)


# Counts at and around a tile, and the smallest ones.
TILE = TILE_ELEMENTS // len(POINTS)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 1000])
def test_sums_and_products_are_those_of_a_double_loop(count):
    columns = _columns(count)
    values = _loop(PROGRAM, columns, POINTS)
    sums = accumulate(PROGRAM, columns, T, POINTS, _floors(PROGRAM, POINTS, np.inf))
    assert sums.totals.shape == (3, 3, 4)
    assert sums.products.shape == (6, 3, 4)
    assert PROGRAM.pairs == ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    # Terms of either sign: rounding is relative to the sum of their magnitudes.
    np.testing.assert_allclose(sums.totals, values.sum(axis=-1), rtol=0, atol=1e-14 * np.abs(values).sum(-1).max())
    for m, (a, b) in enumerate(PROGRAM.pairs):
        product = values[a] * values[b]
        scale = np.abs(product).sum(axis=-1).max()
        np.testing.assert_allclose(sums.products[m], product.sum(axis=-1), rtol=0, atol=1e-14 * scale)
    assert sums.places.size == sums.values.size == sums.defects.size == 0


@pytest.mark.parametrize("count", [TILE - 1, TILE, TILE + 1, 3 * TILE + 7])
def test_no_defect_is_lost_or_counted_twice_at_the_edges_of_tiles(count):
    columns = _columns(count)
    sums = accumulate(PROGRAM, columns, T, POINTS, _floors(PROGRAM, POINTS, np.inf))
    for i, temperature in enumerate(T):
        for j, point in enumerate(POINTS):
            for k, part in enumerate(contributions(PROGRAM, columns, float(temperature), point)):
                assert sums.totals[k, i, j] == pytest.approx(math.fsum(part), abs=1e-13 * math.fsum(abs(part)))
    everything = accumulate(PROGRAM, columns, T, POINTS, _floors(PROGRAM, POINTS, -np.inf))
    # Every defect is listed once at every place.
    order = np.lexsort((everything.defects, everything.places))
    assert everything.places.size == 36 * count
    np.testing.assert_array_equal(everything.places[order], np.repeat(np.arange(36), count))
    np.testing.assert_array_equal(everything.defects[order], np.tile(np.arange(count), 36))


def test_an_observable_without_frequency_has_one_column():
    columns = _columns(257)
    points = np.zeros((1, 1))
    sums = accumulate(FLAT, columns, T, points, _floors(FLAT, points, 0.9))
    np.testing.assert_allclose(
        sums.totals[:, :, 0], [T * columns["x"].sum(), np.full(3, columns["x"].sum())], rtol=1e-13
    )
    for i, temperature in enumerate(T):
        mine = sums.places == i
        np.testing.assert_array_equal(np.sort(sums.defects[mine]), np.flatnonzero(columns["x"] * temperature > 0.9))


@pytest.mark.parametrize("seed", range(20))
def test_listed_contributions_are_all_those_above_the_floor(seed):
    columns = _columns(500, f"listed {seed}")
    values = _loop(PROGRAM, columns, POINTS)
    # A floor of its own at every place, at one of the values: equal is not above.
    rank = rng(f"floor {seed}").integers(0, 500, values.shape[:3])
    floor = np.take_along_axis(np.sort(values, axis=-1), rank[..., None], axis=-1)[..., 0]
    sums = accumulate(PROGRAM, columns, T, POINTS, floor)
    above = values > floor[..., None]
    expected = [
        (*np.unravel_index(place, floor.shape), int(n)) for place, n in zip(sums.places, sums.defects, strict=True)
    ]
    assert len(set(expected)) == len(expected) == above.sum()
    for (k, i, j, n), value in zip(expected, sums.values, strict=True):
        assert above[k, i, j, n]
        assert value == values[k, i, j, n]


def test_an_empty_batch_adds_nothing():
    columns = {name: np.empty(0) for name in ("x", "y")}
    sums = accumulate(PROGRAM, columns, T, POINTS, _floors(PROGRAM, POINTS, -np.inf))
    assert not sums.totals.any()
    assert not sums.products.any()
    assert sums.places.size == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_what_is_not_finite_shows_in_the_products(bad):
    # The caller looks at the products alone: a contribution whose square overflows has no error bar.
    columns = _columns(50)
    columns["x"][17] = bad
    sums = accumulate(PROGRAM, columns, T, POINTS, _floors(PROGRAM, POINTS, np.inf))
    assert not np.isfinite(sums.products).all()


def test_columns_are_left_alone():
    columns = _columns(100)
    before = {name: column.copy() for name, column in columns.items()}
    for column in columns.values():
        column.flags.writeable = False
    accumulate(PROGRAM, columns, T, POINTS, _floors(PROGRAM, POINTS, 0.5))
    for name, column in columns.items():
        np.testing.assert_array_equal(column, before[name])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["numpy", "numba"])
def test_the_bits_of_a_segment_do_not_depend_on_its_neighbours(name, weighted):
    # Short, empty and long ones, at and around the length at which they get tiles of their own.
    lengths = [3, 0, 1, 100, TILE // 2, TILE // 2 + 1, 3 * TILE + 5, 0, 17, TILE, 2, 40, 0]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    columns = _columns(offsets[-1], "segments")
    if weighted:
        columns["weight"] = rng("segment weights").random(offsets[-1])
    sums_of, floor = kernel(name).accumulate, _floors(PROGRAM, POINTS, 2.0)
    together = sums_of(PROGRAM, columns, T, POINTS, floor, offsets)
    assert together.totals.shape == (len(lengths), 3, 3, 4)
    listed = []
    for segment, (start, stop) in enumerate(itertools.pairwise(offsets)):
        # Not a slice: an array of its own begins elsewhere in memory.
        part = {name: column[start:stop].copy() for name, column in columns.items()}
        alone = sums_of(PROGRAM, part, T, POINTS, floor)
        np.testing.assert_array_equal(together.totals[segment], alone.totals[0])
        np.testing.assert_array_equal(together.products[segment], alone.products[0])
        listed += zip(alone.places, alone.values, alone.defects + start, strict=True)
    assert 0 < len(listed) < 36 * offsets[-1]
    assert sorted(listed) == sorted(zip(together.places, together.values, together.defects, strict=True))
