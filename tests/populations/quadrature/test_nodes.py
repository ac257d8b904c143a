"""Panels, grading and the nodes of one law, against integrals known in closed form."""

import math

import numpy as np
import pytest

from tlsmc.errors import ValidityError
from tlsmc.physics.absorption import resonant_line
from tlsmc.physics.thermal import thermal_susceptibility
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.half_normal import HalfNormal
from tlsmc.populations.laws.log_normal import LogNormal
from tlsmc.populations.laws.log_uniform import LogUniform
from tlsmc.populations.laws.pareto import Pareto
from tlsmc.populations.laws.power import Power
from tlsmc.populations.laws.tabulated import Tabulated
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.quadrature.nodes import (
    energy_nodes,
    graded_distances,
    law_edges,
    merge_edges,
    nearest_origin,
    panel_nodes,
    resolve,
    separate,
)

LAWS = {
    "uniform": Uniform(low=0.0, high=1.0),
    "uniform off zero": Uniform(low=0.4, high=0.6),
    "log-uniform": LogUniform(low=1e-12, high=1.0),
    "power, singular": Power(low=0.0, high=1.0, exponent=-0.9),
    "power, root": Power(low=0.0, high=1.0, exponent=0.5),
    "power, steep": Power(low=1e-6, high=1.0, exponent=-2.5),
    "exponential": Exponential(mean=1.0),
    "half-normal": HalfNormal(sigma=1.0),
    "log-normal": LogNormal(median=1.0, sigma=0.5),
    "log-normal, narrow": LogNormal(median=1.0, sigma=0.01),
    "log-normal, wide": LogNormal(median=1.0, sigma=5.0),
    "pareto": Pareto(low=0.1, index=4.0),
    "pareto, heavy": Pareto(low=0.1, index=0.3),
}
FEATURES = [(None, None), (0.2, 0.03), (0.01, 0.7), ([1e-3, 3.0], 0.05), (None, 1.0), (1e4, 1e-5)]


def _average(f, law, temperatures=None, omega=None, order=12):
    x, w = energy_nodes(law, temperatures, omega, order)
    return float(np.dot(w, f(x)))


def test_linear_panels_integrate_polynomials_exactly():
    # One panel touches its origin, the other is short compared with its distance from it.
    x, w = panel_nodes(np.array([0.0, 2.0]), np.array([1.0, 5.0]), np.array([0.0, 0.0]), 6)
    assert x.shape == w.shape == (2, 6)
    assert (w * x**11).sum(axis=1) == pytest.approx([1 / 12, (5.0**12 - 2.0**12) / 12], rel=1e-14)


@pytest.mark.parametrize(("lo", "hi", "side"), [(3.01, 1e3, 1.0), (-1e3, 2.99, -1.0)])
def test_logarithmic_panels_are_exact_for_inverse_distances(lo, hi, side):
    x, w = panel_nodes(np.array(lo), np.array(hi), np.array(3.0), 4)
    exact = side * math.log(abs(hi - 3.0) / abs(lo - 3.0))
    # Subtracting 3 again loses two digits at the near end.
    assert float((w / (side * (x - 3.0))).sum()) == pytest.approx(exact, rel=1e-12)
    assert bool((w > 0).all())
    assert bool(((x > lo) & (x < hi)).all())


def test_edges_and_origins():
    assert merge_edges(1.0, 4.0, [0.5, 1.0, 3.0], [[2.0, 3.0], [4.0, 9.0]], 2.5).tolist() == [1.0, 2.0, 2.5, 3.0, 4.0]
    origins = nearest_origin(np.array([0.0, 1.0, 4.5]), np.array([1.0, 4.0, 4.9]), [0.0, 2.0, 5.0])
    # 2 lies inside the second panel, from which 0 and 5 are equally far; the first of them wins.
    assert origins.tolist() == [0.0, 0.0, 5.0]
    assert graded_distances(2e-4, 0.5).tolist() == pytest.approx([0.5, 0.05, 5e-3, 5e-4])


def test_separated_panels_are_short_at_every_origin():
    origins = np.array([0.0, 0.3, 0.7, 1.4])
    edges = separate(np.array([0.0, 0.3, 0.3 + 1e-9, 0.7, 1.0]), origins)
    lo, hi = edges[:-1, None], edges[1:, None]
    gap = np.maximum(lo - origins, origins - hi)[:, 1:]
    limit = np.where(nearest_origin(edges[:-1], edges[1:], origins)[:, None] == origins[1:], 9.1, 3.0) * gap
    assert bool(((gap <= 0.0) | (hi - lo <= limit)).all())
    assert {0.0, 0.3, 0.3 + 1e-9, 0.7, 1.0} <= set(edges.tolist())
    assert len(edges) < 40


def test_a_hidden_step_is_refused():
    law = Uniform(low=0.0, high=1.0 / 3.0)
    with pytest.raises(ValidityError, match="give its kinks"):
        resolve(np.array([0.0, 1.0]), [0.0], law.pdf, lambda x: 0.5 * law.cdf(x), 8)
    with pytest.raises(ValidityError, match="above 0"):
        energy_nodes(law, [0.1, 0.0], None, 12)
    with pytest.raises(ValidityError, match="above 0"):
        energy_nodes(law, None, math.nan, 12)


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("name", LAWS)
def test_weights_and_first_moment(name, features):
    law = LAWS[name]
    x, w = energy_nodes(law, *features, 12)
    low, high = law.support
    assert float(w.sum()) == pytest.approx(1.0, abs=1e-12)
    assert bool((w >= 0).all())
    # A node moved off a resonance on the edge may stand outside by a few spacings of doubles.
    assert low * (1 - 2e-15) <= x.min()
    assert x.max() <= high * (1 + 2e-15)
    if name == "log-normal, wide":
        assert float(np.dot(w, x < 1.0)) == pytest.approx(0.5, abs=0.2)  # its mean is that of the lost tail
    elif math.isfinite(law.expectation):
        assert float(np.dot(w, x)) == pytest.approx(law.expectation, rel=2e-11)


@pytest.mark.parametrize("omega", [1e-6, 0.02, 0.5, 1.0 - 1e-9, 1.0, 1.001, 1.5])
@pytest.mark.parametrize("relative_width", [1e-12, 1e-9, 1e-6, 1e-3, 0.1, 1.0, 30.0])
def test_area_of_a_line_of_any_width(omega, relative_width):
    Gamma = relative_width * omega
    exact = (math.atan2(Gamma, omega - 1.0) - math.atan2(Gamma, omega)) / math.pi
    value = _average(lambda E: resonant_line(omega, E, Gamma), LAWS["uniform"], omega=omega)
    # A line with its centre eps omega off is another line by eps omega/Gamma.
    assert value == pytest.approx(exact, rel=1e-10 + 1e-15 / relative_width)


@pytest.mark.parametrize("T", [1e-9, 1e-4, 0.03, 1.0, 50.0, 1e6])
@pytest.mark.parametrize("omega", [None, 1e-3, 0.6])
def test_thermal_factors(T, omega):
    exact = 2.0 * T * math.tanh(0.5 / T)
    for temperatures in (T, [T], [1e-4, T, 2.0]):
        value = _average(lambda E: thermal_susceptibility(E, T), LAWS["uniform"], temperatures, omega)
        assert value == pytest.approx(exact, rel=2e-12)


@pytest.mark.parametrize("T", [1e-3, 0.1, 10.0])
def test_singular_density_with_a_thermal_factor(T):
    # For P(E) ~ E^-0.9 and f = exp(-E/T) the integral is an incomplete gamma function.
    from scipy.special import gamma, gammainc

    exact = 0.1 * T**0.1 * gamma(0.1) * gammainc(0.1, 1.0 / T)
    value = _average(lambda E: np.exp(-E / T), LAWS["power, singular"], T)
    assert value == pytest.approx(float(exact), rel=1e-11)


def test_tabulated_density_with_many_kinks(tmp_path):
    values = np.linspace(0.0, 2.0, 41)
    density = values * (2.0 - values) * (1.2 + np.cos(7.0 * values))
    file = tmp_path / "density.csv"
    np.savetxt(file, np.column_stack([values, density]), delimiter=",")
    law = Tabulated(file=str(file))
    x, w = energy_nodes(law, 0.1, 0.31, 12)
    assert float(w.sum()) == pytest.approx(1.0, abs=1e-12)
    assert float(np.dot(w, x)) == pytest.approx(law.expectation, rel=1e-12)
    assert set(values[1:-1].tolist()) <= set(law_edges(law, 12).tolist())
