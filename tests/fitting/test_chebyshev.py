"""Costly functions of temperature are computed at a few temperatures only, without losing their kinks."""

import numpy as np
import pytest

from tlsmc.fitting.curves import ACCURACY, POINTS, interpolated

T = np.geomspace(3e-3, 3.0, 1000)


class Counted:
    """A function that counts the temperatures at which it is asked."""

    def __init__(self, *curves):
        self.curves, self.asked = curves, 0

    def __call__(self, T):
        self.asked += len(T)
        return np.stack([curve(T) for curve in self.curves], axis=1)


def test_thermal_factors_from_a_few_temperatures():
    function = Counted(lambda T: np.cosh(0.05 / T) ** -2.0, lambda T: T * np.tanh(0.2 / T))
    found = interpolated(function, T)
    assert function.asked <= 12 * POINTS
    np.testing.assert_allclose(found, np.stack([c(T) for c in function.curves], axis=1), atol=10 * ACCURACY)


@pytest.mark.parametrize("told", [True, False])
def test_a_kink_is_kept(told):
    """Told of it, the panels end there; else they are halved until next to nothing is left around it."""

    def curve(T):
        return np.abs(np.log(T / 0.1))

    function = Counted(curve)
    found = interpolated(function, T, [0.1] if told else [])
    np.testing.assert_allclose(found[:, 0], curve(T), atol=1e-7)
    assert function.asked <= (5 if told else 20) * POINTS


@pytest.mark.parametrize("count", [1, 2, POINTS, POINTS + 1])
def test_few_temperatures_are_computed_themselves(count):
    some = T[:: len(T) // count][:count]
    function = Counted(np.sin)
    np.testing.assert_allclose(interpolated(function, some, [some[0], 0.05, np.inf])[:, 0], np.sin(some), rtol=1e-7)
    assert function.asked <= max(count, POINTS)


def test_steps_and_zeros():
    """A jump ends in temperatures that are computed themselves, a curve of zeros costs one panel each."""
    step = Counted(lambda T: 1.0 * (T > 0.1234))
    np.testing.assert_array_equal(np.round(interpolated(step, T)[:, 0], 6), 1.0 * (T > 0.1234))
    nothing = Counted(np.zeros_like)
    assert not interpolated(nothing, T).any()
    assert nothing.asked <= 4 * POINTS
