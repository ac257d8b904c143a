"""The Kondo formulas inside a compiled scalar loop: the same code, the same numbers."""

import numpy as np
import pytest

from tests.physics.formulas import compiled
from tlsmc.physics import kondo, kondo_heat

FORMULAS = [*kondo.CROSS_SECTIONS.values(), *kondo_heat.HEATS.values(), kondo_heat.heat_paper_applies]


def defects():
    grid = np.array([0.0, 1e-5, 0.2, 1.0, 1.0 + 1e-12, 1.7, 3.0, 40.0, 1e5])
    return [a.ravel() for a in np.meshgrid(grid, grid)]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.__name__)
def test_scalar_loop_gives_the_numbers_of_the_array(formula):
    T_K, Delta = defects()
    scalar = compiled(formula)
    rest = (0.9,) if formula in (*kondo_heat.HEATS.values(), kondo_heat.heat_paper_applies) else ()
    values = [scalar(t, d, *rest) for t, d in zip(T_K.tolist(), Delta.tolist(), strict=True)]
    assert all(isinstance(value, float) for value in values)
    np.testing.assert_allclose(values, formula(T_K, Delta, *rest), rtol=1e-13, atol=1e-17)


def test_scalar_loop_gives_the_power_of_the_array():
    T_K, Delta = defects()
    scalar = compiled(kondo.kondo_relaxation_power)
    values = [scalar(0.3, t, d, 0.9, 1.0) for t, d in zip(T_K.tolist(), Delta.tolist(), strict=True)]
    np.testing.assert_allclose(values, kondo.kondo_relaxation_power(0.3, T_K, Delta, 0.9), rtol=1e-13)
