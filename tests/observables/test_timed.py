"""Specific heat in a finite time and heat release: the logarithm, the law 1/t, quadrature, options with units."""

import numpy as np
import pytest
from scipy import stats

from tests.closed_forms import oracles
from tests.library import assert_fixed_point, changed
from tests.observables.examples import METAL, TUNNELLING, paper
from tests.seeds import rng
from tlsmc import closed_forms
from tlsmc.errors import SpecError
from tlsmc.observables.heat_capacity import HeatCapacity
from tlsmc.observables.heat_release import HeatRelease
from tlsmc.observables.measurable import Metal
from tlsmc.observables.program import contributions, grid_of
from tlsmc.observables.timed_heat_capacity import TimedHeatCapacity
from tlsmc.physics.measurement_time import fastest_rate
from tlsmc.populations.sampling.streams import open_interval
from tlsmc.spec.reader import parse_spec

CHI = 0.03
RELEASE = {"heat_release": {"bath": 0.2, "temperature": [0.5], "time": [1.0, 10.0]}}


# --- the logarithm ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [0.01, 0.05])
def test_the_heat_grows_by_one_half_of_f_for_every_factor_e_of_time(T):
    age = np.geomspace(1e2, 1e8, 7)
    C = TimedHeatCapacity(CHI).exact(paper(1e-18), np.array([T]), age / fastest_rate(T, CHI))[0, 0]
    slope = np.diff(C) / np.diff(np.log(age)) / (T * closed_forms.heat(1.0 / T))
    # (1 + 1/2s)/2 with s a little below the age, averaged over a decade; the slowest defects take 1e-10 off the last.
    assert (slope > 0.5 - 1e-9).all()
    assert (slope < 0.5 * (1.0 + 0.25 / age[:-1])).all()


def test_the_slope_of_sampled_defects_is_one_half():
    """The increments of 200,000 defects, with the error of their differences; false-alarm rate 1e-4 over six."""
    T, population, count = 0.05, paper(1e-18), 200_000
    observable = TimedHeatCapacity(CHI)
    t = np.geomspace(1e2, 1e8, 7) / fastest_rate(T, CHI)
    columns = population.columns(open_interval(rng("logarithm of time").random((2, count))))
    (parts,) = contributions(observable.program(population), columns, T, observable.points(t).T[:, :, None])
    steps = np.diff(parts, axis=0) / np.log(10.0) / (T * closed_forms.heat(1.0 / T))
    scores = (steps.mean(axis=1) - 0.5) / (steps.std(axis=1) / np.sqrt(count))
    assert np.abs(scores).max() < stats.norm.isf(0.5e-4 / 6)


def test_printed_forms_end_where_the_logarithm_does():
    population, T = paper(1e-9), np.array([0.01, 0.05, 0.5])
    t = np.geomspace(1e-3, 1e12, 61)
    eq8, eq2 = TimedHeatCapacity(CHI).printed(population, *grid_of(T, t))
    assert (eq8.equation, eq2.equation) == ("Eq. 8", "Eq. 2")
    exact = TimedHeatCapacity(CHI).exact(population, T, t)[0]
    claimed = np.isfinite(eq2.values)
    np.testing.assert_array_equal(claimed, np.isfinite(eq8.values))
    assert claimed[:2].any(axis=1).all()
    assert not claimed[2].any()
    np.testing.assert_allclose(eq2.values[0][claimed[0]], exact[0][claimed[0]], rtol=0.01)
    # The band's edge at 15 T and more is nothing in f, but T = E*/20 has a little less of the fast ones.
    np.testing.assert_allclose(eq2.values[1][claimed[1]], exact[1][claimed[1]], rtol=0.01)
    age = np.outer(fastest_rate(T, CHI), t)[claimed]
    middle = (age > 1e4) & (age < 2e6)
    assert middle.any()
    ratio, age = (exact[claimed] / eq8.values[claimed])[middle], age[middle]
    # Half of the logarithm and the constants, times pi^2/6; the slowest defects have 2e-3 of their time.
    np.testing.assert_allclose(ratio, np.pi**2 / 6 * (0.5 * np.log(4.0 * age) + 0.4285) / np.log(age), rtol=2e-4)
    assert TimedHeatCapacity(CHI).printed(TUNNELLING["power p"], *grid_of(T, t)) == ()


@pytest.mark.parametrize("name", ["paper", "rectangular", "exponential E"])
def test_after_a_long_time_it_is_the_heat_capacity(name):
    T, population = np.array([0.05, 0.7]), TUNNELLING[name]
    C = TimedHeatCapacity(0.3).exact(population, T, np.array([1e15]))
    np.testing.assert_allclose(C, HeatCapacity().exact(population, T)[..., None], rtol=1e-9)


@pytest.mark.parametrize("name", list(TUNNELLING))
def test_derived_L_is_that_of_eq_8(name):
    T, t, population = np.array([0.05, 0.7]), np.array([10.0, 1e20]), TUNNELLING[name]
    observable = TimedHeatCapacity(0.3)
    C = observable.exact(population, T, t)[0]
    logarithm, heat = observable.derived(population, Metal(), *grid_of(T, t))
    assert (logarithm.name, logarithm.unit) == ("L", "")
    assert (heat.name, heat.scale, heat.needs) == ("C_T", None, ("defect_density",))
    L = logarithm.of(C)
    np.testing.assert_allclose(L[:, 1], population.defects_per_n_T, rtol=1e-9)
    assert (L[:, 0] < L[:, 1]).all()
    if population.is_paper:
        np.testing.assert_allclose(L, C / (T * closed_forms.heat(1.0 / T))[:, None], rtol=1e-12)


def test_measurable_heat_is_that_of_the_heat_capacity():
    T, t, population, mean = np.array([0.1, 1.0]), np.array([1.0, 2.0, 3.0]), paper(), np.full((2, 3), 0.3)
    _, *timed = TimedHeatCapacity(CHI).derived(population, METAL, *grid_of(T, t))
    full = HeatCapacity().derived(population, METAL, T[:, None])
    assert [d.name for d in timed] == [d.name for d in full] == ["C_T", "C_T/C_e"]
    for one, other in zip(timed, full, strict=True):
        np.testing.assert_array_equal(one.of(mean), np.broadcast_to(other.of(mean), (2, 3)))


# --- quadrature ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("observable", [TimedHeatCapacity(0.3), HeatRelease(0.3, 0.05)], ids=["heat", "release"])
@pytest.mark.parametrize("name", list(TUNNELLING))
def test_quadrature_resolves_the_front(observable, name):
    # exp(-t/T1) is a step in ln p; a higher order of the rule tells its error.
    population, T, t = TUNNELLING[name], np.array([0.02, 0.3]), np.geomspace(1e-2, 1e6, 9)
    coarse = observable.quadrature(population, T, t)[0]
    program, points = observable.program(population), observable.points(t)
    columns, weights = population.nodes(observable.scales(T), order=24)
    fine = [[weights @ contributions(program, columns, float(a), row)[0] for row in points] for a in T]
    # Relative to the most that comes up at the temperature: a front that has passed the last defect leaves exp(-20).
    largest = np.abs(fine).max(axis=1, keepdims=True) if isinstance(observable, TimedHeatCapacity) else np.abs(fine)
    assert (np.abs(coarse - fine) <= 1e-10 * np.maximum(largest, 1e-9 * np.abs(fine).max())).all()


@pytest.mark.parametrize(("T", "t"), [(0.05, 300.0), (0.7, 4e4)])
def test_exact_by_a_product_rule(T, t):
    """The average over E and u of the formulas, written anew."""
    chi, bath, p_min = 0.3, 0.2, 1e-6
    u, du = oracles.panels(np.linspace(0.0, oracles.depth(p_min), 9))
    p = np.cosh(u) ** -2.0

    def average(f, scale):
        E, dE = oracles.panels([0.0, *(k * scale for k in (1, 2, 4, 8, 16) if k * scale < 1.0), 1.0])
        return dE @ f(E[:, None], p) @ du

    def heat(E, p):
        y = E / (2.0 * T)
        return (y / np.cosh(y)) ** 2 * -np.expm1(-chi * p * E / np.tanh(y) * t)

    def release(E, p):
        rate = chi * p * E / np.tanh(E / (2.0 * bath))
        return E * (1.0 / (1.0 + np.exp(E / T)) - 1.0 / (1.0 + np.exp(E / bath))) * rate * np.exp(-rate * t)

    population, grid = paper(p_min), (np.array([T]), np.array([t]))
    exact = TimedHeatCapacity(chi).exact(population, *grid)[0, 0, 0]
    assert exact == pytest.approx(average(heat, T), rel=1e-11)
    exact = HeatRelease(chi, bath).exact(population, *grid)[0, 0, 0]
    assert exact == pytest.approx(average(release, min(T, bath)), rel=1e-11)


# --- heat release ----------------------------------------------------------------------------------------------


def test_the_law_one_over_t_holds_to_two_per_cent_where_it_is_claimed():
    population, T, t = paper(1e-15), np.geomspace(0.003, 0.3, 9), np.geomspace(1e-2, 1e14, 65)
    for bath in (0.002, 0.02, 0.11):
        observable = HeatRelease(CHI, bath)
        (form,) = observable.printed(population, *grid_of(T, t))
        claimed = np.isfinite(form.values)
        assert claimed.any()
        assert not claimed.all()
        assert not claimed[T > 0.125].any()
        exact = observable.exact(population, T, t)[0]
        np.testing.assert_allclose(exact[claimed], form.values[claimed], rtol=0.02)
        expected = np.pi**2 / 24 * (T[:, None] ** 2 - bath**2) / t
        np.testing.assert_allclose(form.values[claimed], np.broadcast_to(expected, exact.shape)[claimed], rtol=1e-12)
    assert HeatRelease(CHI, 0.1).printed(TUNNELLING["power p"], *grid_of(T, t)) == ()


def test_below_the_bath_heat_is_taken_up():
    t = np.array([1.0, 1e3])
    exact = HeatRelease(CHI, 0.2).exact(paper(), np.array([0.1, 0.2, 0.4]), t)[0]
    assert (exact[0] < 0.0).all()
    assert (exact[1] == 0.0).all()
    assert (exact[2] > 0.0).all()


def test_measurable_heat_release():
    population = paper(E_star=3.0)
    (power,) = HeatRelease(CHI, 0.1).derived(population, Metal(), np.ones(1), np.ones(1))
    assert (power.scale, power.needs) == (None, ("defect_density",))
    (power,) = HeatRelease(CHI, 0.1).derived(population, METAL, np.ones(1), np.ones(1))
    assert (power.name, power.unit) == ("dQ/dt", "power density")
    assert power.of(np.array(0.5)) == pytest.approx(METAL.defect_density * 9.0 * 0.5)


# --- an option that is a quantity ------------------------------------------------------------------------------


def test_a_quantity_among_the_options_is_read_with_its_unit_and_kept():
    spec = parse_spec(changed("observables", RELEASE))
    assert_fixed_point(spec)
    assert not spec.in_kelvin
    assert spec.gridded("heat_release").observable.bath == 0.2
    assert spec.resolved()["observables"]["heat_release"]["bath"] == 0.2
    other = parse_spec(changed("observables", {"heat_release": RELEASE["heat_release"] | {"bath": 0.3}}))
    assert other.hash() != spec.hash()
    # The unit of an option alone puts the run in kelvin.
    kelvin = parse_spec(changed("observables", {"heat_release": RELEASE["heat_release"] | {"bath": "200 mK"}}))
    assert kelvin.in_kelvin
    assert_fixed_point(kelvin)
    assert kelvin.resolved()["observables"]["heat_release"]["bath"] == "0.2 K"


@pytest.mark.parametrize(
    ("bath", "words"),
    [
        (..., "observables.heat_release.bath: is missing; add it"),
        (0.0, "observables.heat_release: bath = 0.0 is not above 0 or not finite; give a larger number"),
        ("1 ns", "observables.heat_release.bath: '1 ns' has the wrong dimension"),
        ([1.0], "observables.heat_release.bath: [1.0] is not an energy or a temperature"),
    ],
)
def test_refusals_of_a_quantity(bath, words):
    table = {key: value for key, value in (RELEASE["heat_release"] | {"bath": bath}).items() if value is not ...}
    with pytest.raises(SpecError) as refused:
        parse_spec(changed("observables", {"heat_release": table}))
    assert words in str(refused.value)


def test_a_number_with_a_default_need_not_be_given():
    table = {"temperature": [0.1], "frequency": [0.2]}
    assert (
        parse_spec(changed("observables", {"loss_tangent": table})).gridded("loss_tangent").observable.intensity == 0.0
    )
    with pytest.raises(SpecError, match="did you mean 'intensity'"):
        parse_spec(changed("observables", {"loss_tangent": table | {"intensty": 1.0}}))
    with pytest.raises(SpecError, match=r"loss_tangent: intensity = -1.0 is below 0 or not finite"):
        parse_spec(changed("observables", {"loss_tangent": table | {"intensity": -1.0}}))
