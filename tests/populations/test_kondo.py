"""Populations of Kondo defects with independent laws, and their quadrature nodes."""

import numpy as np
import pytest

from tests.library import kondo_content
from tests.populations.examples import PAIRS, unit_points
from tlsmc.errors import SpecError, ValidityError
from tlsmc.physics.kondo import cross_section_unitary, kondo_relaxation_power
from tlsmc.physics.kondo_heat import heat_paper
from tlsmc.populations.kondo import Kondo
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.log_normal import LogNormal
from tlsmc.populations.laws.pareto import Pareto
from tlsmc.populations.laws.tabulated import Tabulated
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.registry import MODELS


def _averages(population, T, temperatures=None, order=14):
    columns, weights = population.nodes(T if temperatures is None else temperatures, order=order)
    T_K, Delta = columns["T_K"], columns["Delta"]
    parts = cross_section_unitary(T_K / T, Delta / T), kondo_relaxation_power(0.03, T_K, Delta, T)
    return [float(np.dot(weights, part)) for part in (*parts, heat_paper(T_K, Delta, T))]


# --- independent laws ------------------------------------------------------------------------------------------


def test_the_model_is_registered():
    assert MODELS.names() == ["kondo", "tunnelling"]
    assert MODELS.find("kondo") is Kondo


@pytest.mark.parametrize("name", PAIRS)
def test_columns_are_the_quantiles(name):
    points = unit_points(name)
    columns = Kondo(PAIRS[name]).columns(points)
    assert list(columns) == list(Kondo.COLUMNS)
    for (key, law), row in zip(PAIRS[name].items(), points, strict=True):
        np.testing.assert_array_equal(columns[key], law.ppf(row))
        assert columns[key].flags.c_contiguous
        assert bool((columns[key] > 0.0).all())


def test_order_of_the_laws_does_not_matter():
    laws = PAIRS["exponential"]
    swapped = Kondo({"Delta": laws["Delta"], "T_K": laws["T_K"]})
    assert swapped == Kondo(laws)
    np.testing.assert_array_equal(
        swapped.columns(unit_points("order"))["T_K"], Kondo(laws).columns(unit_points("order"))["T_K"]
    )


def test_scales():
    population = Kondo({"T_K": Uniform(high=1.5), "Delta": Exponential(mean=0.3)})
    assert (population.E_star, population.Delta_star, population.defects_per_n_T) == (1.5, 0.3, 1.0)
    assert not population.is_paper
    with pytest.raises(ValidityError, match="p_min"):
        _ = population.p_min
    with pytest.raises(ValidityError, match="Delta_star"):
        _ = MODELS.find("tunnelling")({"E": Uniform(high=1.0), "p": Uniform(low=0.1, high=1.0)}).Delta_star


@pytest.mark.parametrize(
    ("laws", "wanted"),
    [
        ({"T_K": Uniform(high=1.0)}, "lack Delta"),
        ({"T_K": Uniform(high=1.0), "Delta": Uniform(high=1.0), "p": Uniform(high=1.0)}, "have p too much"),
        ({}, "{T_K, Delta} or {joint}"),
    ],
)
def test_other_parameters_are_refused(laws, wanted):
    with pytest.raises(SpecError, match=wanted):
        Kondo(laws)


@pytest.mark.parametrize(
    "law",
    [
        {"law": "uniform", "low": -1.0, "high": 1.0},
        {"law": "uniform", "low": 0.0, "high": 0.0},
        {"law": "exponential", "mean": 0.0},
        {"law": "log_uniform", "low": 0.0, "high": 1.0},
    ],
)
@pytest.mark.parametrize("name", ["T_K", "Delta"])
def test_energies_of_zero_or_below_are_refused(name, law):
    parameters = {"T_K": {"law": "uniform", "high": 1.0}, "Delta": {"law": "uniform", "high": 1.0}, name: law}
    with pytest.raises(SpecError, match=rf"population\.parameters\.{name}: ") as caught:
        parse_spec(kondo_content(**parameters))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["T_K", "Delta"])
def test_a_law_without_a_mean_is_warned_of(name):
    parameters = {"T_K": {"law": "uniform", "high": 1.0}, "Delta": {"law": "uniform", "high": 1.0}}
    assert parse_spec(kondo_content(**parameters)).warnings == ()
    parameters[name] = {"law": "pareto", "low": 0.1, "index": 1.5}
    assert parse_spec(kondo_content(**parameters)).warnings == ()
    parameters[name] = {"law": "pareto", "low": 0.1, "index": 0.9}
    (warning,) = parse_spec(kondo_content(**parameters)).warnings
    assert warning.startswith(f"population.parameters.{name}: Pareto(low=0.1, index=0.9) has no mean")
    assert "\n" not in warning


# --- nodes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("T", [0.003, 0.3, 30.0])
def test_order_tells_the_error(name, T):
    population = Kondo(PAIRS[name])
    assert _averages(population, T) == pytest.approx(_averages(population, T, order=20), rel=1e-8, abs=1e-300)
    assert _averages(population, T) != pytest.approx(_averages(population, T, order=4), rel=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_several_temperatures_together(name):
    population, grid = Kondo(PAIRS[name]), [0.02, 0.3, 4.0]
    for T in grid:
        assert _averages(population, T, grid) == pytest.approx(_averages(population, T), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("name", PAIRS)
def test_nodes_without_a_temperature(name):
    columns, weights = Kondo(PAIRS[name]).nodes()
    assert float(weights.sum()) == pytest.approx(1.0, abs=1e-10)
    for key, law in PAIRS[name].items():
        # The tail beyond the last node has 1e-11 of the probability, and more of the mean of a broad law.
        tolerance = 1e-6 if isinstance(law, Pareto | LogNormal) else 1e-9
        assert float(np.dot(weights, columns[key])) == pytest.approx(law.expectation, rel=tolerance)


def _table(rows, seed):
    x = np.linspace(0.0, 2.0, rows)
    density = x * (2.2 - x) * (1.2 + np.cos(7.0 * x + seed))
    return Tabulated(table=tuple(zip(x.tolist(), density.tolist(), strict=True)))


def test_tables_up_to_a_hundred_rows():
    T, count = 0.3, 400_000
    population = Kondo({"T_K": _table(100, 1.0), "Delta": _table(100, 2.0)})
    columns = population.columns(unit_points("tables", count))
    sampled = cross_section_unitary(columns["T_K"] / T, columns["Delta"] / T)
    # Four standard errors: a false alarm in one of 16,000 runs.
    assert abs(sampled.mean() - _averages(population, T)[0]) < 4.0 * sampled.std() / np.sqrt(count)


def test_where_curves_pass_the_kinks_of_a_table_matters_little(monkeypatch):
    population = Kondo({"T_K": Exponential(mean=1.0), "Delta": _table(50, 2.0)})
    usual = _averages(population, 0.3)
    monkeypatch.setattr("tlsmc.populations.quadrature.kondo._MANY_KINKS", 100)
    assert usual == pytest.approx(_averages(population, 0.3), rel=2e-6)


def test_larger_tables_are_left_to_sampling():
    population = Kondo({"T_K": _table(400, 1.0), "Delta": _table(400, 2.0)})
    with pytest.raises(ValidityError, match=r"nodes, above 8e\+06: sample"):
        population.nodes(0.3)
