"""Loss and frequency shift of a resonator: sharp lines, quadrature, causality, variance."""

import numpy as np
import pytest

from tests.closed_forms import oracles
from tests.observables.examples import TUNNELLING, paper
from tests.seeds import rng
from tlsmc import closed_forms
from tlsmc.observables.loss_tangent import LossTangent
from tlsmc.observables.program import contributions, grid_of
from tlsmc.populations.sampling.streams import open_interval

T, OMEGA = np.array([0.001, 0.005, 0.02, 0.05]), np.array([0.01, 0.1])


@pytest.mark.parametrize("intensity", [0.0, 10.0])
def test_sharp_lines_give_tanh_and_digamma(intensity):
    loss, shift = LossTangent(1e-5, intensity).exact(paper(1e-12), T, OMEGA)
    x = OMEGA / T[:, None]
    np.testing.assert_allclose(loss, closed_forms.loss_tangent(x, intensity), rtol=1e-5)
    np.testing.assert_allclose(shift, closed_forms.frequency_shift(x), rtol=1e-7)


@pytest.mark.parametrize("chi", [1e-3, 0.01, 0.1])
@pytest.mark.parametrize("intensity", [0.0, 10.0])
def test_closed_forms_hold_where_they_are_claimed(chi, intensity):
    observable, population = LossTangent(chi, intensity), paper(1e-12)
    hot = np.append(T, [0.2, 3.0])
    exact = observable.exact(population, hot, OMEGA)
    for form, values, rtol in zip(
        observable.printed(population, *grid_of(hot, OMEGA)), exact, (0.02, 0.005), strict=True
    ):
        claimed = np.isfinite(form.values)
        assert not claimed[-2:].any()
        assert claimed.any() or chi * np.sqrt(1.0 + intensity) > 0.1
        np.testing.assert_allclose(values[claimed], form.values[claimed], rtol=rtol)
    assert observable.printed(TUNNELLING["power p"], *grid_of(hot, OMEGA)) == ()


def test_power_takes_loss_and_leaves_the_shift():
    low, high = (LossTangent(1e-4, power).exact(paper(1e-12), T, OMEGA) for power in (0.0, 99.0))
    np.testing.assert_allclose(low[0] / high[0], 10.0, rtol=1e-3)
    np.testing.assert_allclose(low[1], high[1], rtol=1e-3)


@pytest.mark.parametrize("name", list(TUNNELLING))
def test_quadrature_resolves_the_lines(name):
    # Another order of the rule tells its error; the shift is a small difference of what is above and below omega.
    population, observable, warm = TUNNELLING[name], LossTangent(0.03, 2.0), np.array([0.02, 0.05, 0.3])
    exact = observable.exact(population, warm, OMEGA)
    program, points = observable.program(population), observable.points(OMEGA)
    for j, omega in enumerate(OMEGA):
        columns, weights = population.nodes(warm, float(omega), order=18)
        for i, temperature in enumerate(warm):
            for k, part in enumerate(contributions(program, columns, float(temperature), points[j])):
                error = abs(weights @ part - exact[k, i, j])
                assert error <= 1e-9 * abs(exact[k, i, j]) + 1e-12 * (weights @ np.abs(part))


def test_exact_by_a_product_rule():
    """Loss and shift in one complex integral over E and p = sech^2 u, lines broad enough for a plain rule."""
    chi, omega, temperature, power, p_min = 0.5, 0.3, 0.2, 2.0, 0.05
    u, du = oracles.panels(np.linspace(0.0, oracles.depth(p_min), 5))
    expected = 0.0
    for p, weight in zip(np.cosh(u) ** -2.0, du, strict=True):
        line = [omega + k * p / 20 for k in (-2, -1, -0.3, 0, 0.3, 1, 2)]
        E, dE = oracles.panels([0.0, omega / 2, *line, 0.6, 1.0])
        responses = []
        for difference in (np.tanh(E / (2 * temperature)), np.ones_like(E)):
            Gamma = chi * p * E / (2 * difference)
            left = ((omega - E) ** 2 + Gamma**2) / ((omega - E) ** 2 + (1 + power) * Gamma**2)
            lines = 1 / (E - omega - 1j * Gamma) + 1 / (E + omega + 1j * Gamma)
            responses.append(dE @ (p * difference * left * lines))
        expected += weight * np.array(responses)
    warm, cold = expected
    loss, shift = LossTangent(chi, power).exact(paper(p_min), np.array([temperature]), np.array([omega]))
    assert float(loss[0, 0]) == pytest.approx(warm.imag / np.pi, rel=1e-9)
    assert float(shift[0, 0]) == pytest.approx((cold - warm).real / (2 * np.pi), rel=1e-9)


def test_the_shift_belongs_to_the_loss_by_causality():
    """Kramers-Kronig: chi'(omega) = (2/pi) P int x chi''(x)/(x^2 - omega^2) dx of each defect, so of the sum.

    A defect's line does not depend on omega, so that the relation is exact; the grid's step is what the test sees.
    """
    chi, temperature = 0.3, np.array([0.4])
    population = TUNNELLING["power p"]
    # These defects respond on [0.2, 1] and on the wings; omega is halfway between two of the midpoints (k + 1/2) h.
    h, omega = 0.02, 0.5
    x = (np.arange(800) + 0.5) * h
    loss = LossTangent(chi).exact(population, temperature, x)[0, 0]
    cold = LossTangent(chi).exact(population, np.array([1e-3]), x)[0, 0]
    kernel = 2.0 / np.pi * x / (x * x - omega * omega) * h
    shift = 0.5 * ((cold - loss) * kernel).sum()
    # Beyond the last x the loss falls as x^-3, which leaves 1e-6.
    exact = LossTangent(chi).exact(population, temperature, np.array([omega]))[1, 0, 0]
    assert shift == pytest.approx(float(exact), rel=1e-3)


@pytest.mark.parametrize("chi", [0.3, 0.03])
def test_one_defect_shifts_by_a_bounded_amount_and_the_variance_is_finite(chi):
    population, omega = paper(1e-12), 0.1
    observable = LossTangent(chi)
    columns = population.columns(open_interval(rng("bounded").random((2, 200_000))))
    # On the line and its flanks, down to the smallest p.
    columns["E"] = omega * (1.0 + chi * columns["p"] * rng("flanks").uniform(-2.0, 2.0, 200_000))
    for temperature in (1e-3, 0.05, 3.0):
        _, shift = contributions(observable.program(population), columns, temperature, np.array([omega]))
        scale = population.defects_per_n_T / np.pi
        # p/(2 Gamma) = tanh/(chi omega) at most, for each of two temperatures, and the partner's 1/(2 omega).
        assert np.abs(shift).max() < 0.5 * scale * (2.0 / (chi * omega) + 1.0 / omega) * 1.1
    assert observable.refusal("shift") == ""


def test_the_variance_of_the_shift_grows_as_one_over_chi():
    population, omega, temperature = paper(1e-6), 0.1, 0.05
    variances = []
    for chi in (1e-2, 1e-3, 1e-4):
        columns, weights = population.nodes(np.array([temperature]), omega)
        program = LossTangent(chi).program(population)
        _, shift = contributions(program, columns, temperature, np.array([omega]))
        variances.append(chi * (weights @ shift**2))
    assert variances[1] == pytest.approx(variances[2], rel=0.02)
    assert variances[0] == pytest.approx(variances[2], rel=0.1)
