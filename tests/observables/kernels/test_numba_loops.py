"""The compiled kernel against the one in numpy, for every observable and every value of its options."""

import subprocess
import sys

import numpy as np
import pytest

from tests.observables.examples import populations, variants
from tests.seeds import rng
from tlsmc.observables.kernels import kernel, numpy_tiles
from tlsmc.populations.base import WEIGHT
from tlsmc.spec.registry import OBSERVABLES

pytest.importorskip("numba", reason="the compiled kernel is an extra")

from tlsmc.observables.kernels import numba_loops

T, OMEGA = np.array([0.05, 0.4, 3.0]), np.array([0.01, 0.3, 0.9, 5.0])
# Not a multiple of the loop's tile.
DEFECTS = 3 * 512 + 77


def _case(observable, weighted=False):
    population = next(iter(populations(observable).values()))
    program = observable.program(population)
    label = f"kernels agree {type(observable).__name__}"
    columns = population.columns(rng(label).random((population.dimensions, DEFECTS)))
    if weighted:
        columns[WEIGHT] = rng(label + " weights").random(DEFECTS)
    return program, columns, observable.points(*[OMEGA] * (len(observable.AXES) - 1))


def _check(program, columns, points, floor):
    expected = numpy_tiles.accumulate(program, columns, T, points, floor)
    found = numba_loops.accumulate(program, columns, T, points, floor)
    np.testing.assert_allclose(found.totals, expected.totals, rtol=1e-12)
    np.testing.assert_allclose(found.products, expected.products, rtol=1e-12)
    order, other = (np.lexsort((sums.defects, sums.places)) for sums in (found, expected))
    np.testing.assert_array_equal(found.places[order], expected.places[other])
    np.testing.assert_array_equal(found.defects[order], expected.defects[other])
    np.testing.assert_allclose(found.values[order], expected.values[other], rtol=1e-12)
    return found


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", OBSERVABLES.names())
def test_agrees_with_numpy(name, weighted):
    for observable in variants(name):
        program, columns, points = _case(observable, weighted)
        shape = (program.components, len(T), len(points))
        highest = numpy_tiles.accumulate(program, columns, T, points, np.full(shape, np.inf))
        # A floor between contributions: one that equals a contribution would hang on its last bit.
        floor = 3.7 * highest.totals[0] / DEFECTS
        _check(program, columns, points, floor)


def test_more_is_listed_than_there_was_room_for(monkeypatch):
    program, columns, points = _case(variants("attenuation")[0])
    monkeypatch.setattr(numba_loops, "_ROOM", 5)
    floor = np.full((program.components, len(T), len(points)), -1.0)
    found = _check(program, columns, points, floor)
    assert len(found.values) == floor.size * DEFECTS


def test_machine_code_is_kept_between_processes(tmp_path):
    script = (
        "import numpy as np\n"
        "from tests.observables.kernels.test_numba_loops import _case, T\n"
        "from tests.observables.examples import variants\n"
        "from tlsmc.observables.kernels import numba_loops\n"
        "program, columns, points = _case(variants('attenuation')[0])\n"
        "floor = np.full((2, len(T), len(points)), np.inf)\n"
        "numba_loops.accumulate(program, columns, T, points, floor)\n"
        "stats = numba_loops.fused_loop(program.at_point, 2, points.shape[1], False).stats\n"
        "print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))\n"
    )
    counts = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        counts.append(done.stdout.split())
    assert counts == [["0", "1"], ["1", "0"]]


def test_kernels_by_name():
    assert kernel("numpy").accumulate is numpy_tiles.accumulate
    assert kernel("numba").accumulate is numba_loops.accumulate
