"""Observables of Kondo defects: reference numbers, the paper's printed forms, the refusal of literal Eq. 21."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tests.observables.examples import other_axes, uniform, variants
from tests.seeds import rng, seed
from tlsmc.diagnostics.comparison import compare_curve
from tlsmc.observables.kondo_attenuation import KondoAttenuation
from tlsmc.observables.kondo_dephasing import KondoDephasing
from tlsmc.observables.kondo_heat_capacity import KondoHeatCapacity
from tlsmc.observables.measurable import Metal
from tlsmc.observables.program import contributions, grid_of
from tlsmc.physics.electrons import electron_specific_heat, inelastic_rate
from tlsmc.physics.kondo import kondo_relaxation_power
from tlsmc.populations.kondo import Kondo
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.sampling.streams import open_interval
from tlsmc.spec.reader import load_spec, parse_spec

ROOT = Path(__file__).parents[2]
REFERENCE = json.loads((ROOT / "tests" / "data" / "kondo.json").read_text())
NAMES = ("kondo_attenuation", "kondo_dephasing", "kondo_heat_capacity")


def _reference(row, T):
    x, y = row["T_K_over_T"] * T, row["Delta_over_T"] * T
    if row["law"] == "uniform":
        return uniform(x, y)
    return Kondo({"T_K": Exponential(mean=x), "Delta": Exponential(mean=y)})


def _row_id(row):
    return f"{row['law']}-{row['T_K_over_T']}-{row['Delta_over_T']}"


# --- reference numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", REFERENCE, ids=_row_id)
def test_exact_dephasing_is_the_reference_number(row):
    T = 0.37
    values = KondoDephasing(row["cross_section"]).exact(_reference(row, T), np.array([T]))
    assert values.shape == (1, 1)
    assert float(values[0, 0]) == pytest.approx(row["mean"], rel=1e-7)


@pytest.mark.parametrize("row", REFERENCE, ids=_row_id)
def test_sampled_dephasing_is_the_reference_number(row):
    """Four standard errors for each of 14 rows: a false alarm in one of 1,100 runs of the whole test."""
    T, count = 0.37, 400_000
    observable, population = KondoDephasing(row["cross_section"]), _reference(row, T)
    columns = population.columns(open_interval(rng(f"kondo {_row_id(row)}").random((2, count))))
    (part,) = contributions(observable.program(population), columns, T, ())
    assert abs(part.mean() - row["mean"]) < 4.0 * part.std(ddof=1) / math.sqrt(count)


# --- literal Eq. 21 --------------------------------------------------------------------------------------------


def _literal_run(sampling="random"):
    law = {"law": "exponential", "mean": 1.0}
    content = {
        "seed": seed("literal"),
        "population": {
            "model": "kondo",
            "defects": 20_000,
            "sampling": sampling,
            "parameters": {"T_K": law, "Delta": law},
        },
        "material": {"chi": 1.0, "fermi_energy": 5e4, "electron_density": 3e22, "defect_density": 1e16},
        "observables": {
            "kondo_dephasing": {"cross_section": "literal", "temperature": [0.1, 1.0, 10.0]},
            "kondo_heat_capacity": {"temperature": [0.1, 0.3]},
        },
    }
    return tlsmc.run(parse_spec(content), progress=False)


@pytest.mark.parametrize("sampling", ["random", "sobol"])
def test_literal_cross_section_has_a_tail_index_instead_of_an_error(sampling):
    run = _literal_run(sampling)
    curve = run["kondo_dephasing"]
    assert np.isfinite(curve.mean).all()
    assert np.isnan(curve.error).all()
    assert np.isposinf(curve.exact).all()
    result = compare_curve(curve)
    assert (result.verdict, result.points, result.dof) == ("refused", 0, 0)
    assert np.isnan(result.z).all()
    assert np.isnan(result.max_abs_z)
    assert all(np.isnan(form.ratio) and np.isnan(form.ratio_error) for form in result.printed)
    before, _, index = result.reason.partition("; tail index ")
    assert "diverges as l^-2" in before
    assert "mean is infinite; no error and no z-score" in before
    # P(chi~ > c) ~ c^(-1/2) is the index 2; fitted to a few dozen values.
    assert 1.0 < float(index.split()[0]) < 3.5
    # The others of the same run keep theirs.
    assert compare_curve(run["kondo_heat_capacity.heat_capacity"]).verdict == "agrees"
    assert (run["kondo_heat_capacity.heat_capacity"].error > 0.0).all()


def test_only_the_literal_cross_section_is_refused():
    refusals = {o.cross_section: o.refusal("kondo_dephasing") for o in variants("kondo_dephasing")}
    assert set(refusals) == {"unitary", "literal", "smooth"}
    assert [name for name, reason in refusals.items() if reason] == ["literal"]
    for name in ("kondo_attenuation", "kondo_heat_capacity"):
        assert not any(o.refusal(component) for o in variants(name) for component in o.COMPONENTS)


# --- normalisation, options, material --------------------------------------------------------------------------


def test_attenuation_is_the_power_over_n_T_a2_Omega_half():
    population, T, omega, a = uniform(2.0, 0.7), 0.4, 0.03, 0.1
    columns = population.columns(open_interval(rng("power").random((2, 1000))))
    (F,) = contributions(KondoAttenuation().program(population), columns, T, np.array([omega]))
    power = kondo_relaxation_power(omega, columns["T_K"], columns["Delta"], T, a)
    np.testing.assert_allclose(F * 0.5 * a * a * omega / 2.0, power, rtol=1e-13)


@pytest.mark.parametrize(("drive", "factor"), [("sigma_z", 4.0), ("asymmetry", 1.0)])
def test_drives_differ_by_the_factor_of_eq_12(drive, factor):
    population, T, omega = uniform(1.0, 0.2), np.array([0.1, 2.0]), np.array([0.01, 1.0])
    paper, other = (KondoAttenuation(d).exact(population, T, omega) for d in ("paper", drive))
    np.testing.assert_allclose(other, factor * paper, rtol=1e-13)


@pytest.mark.parametrize(("T_star", "width"), [(5.0, 0.1), (5.0, 1.5), (5.0, 30.0), (0.9, 0.3)])
def test_fraction_outside_the_range_of_the_paper(T_star, width):
    # Inside are T_K > 1 and Delta < sqrt(T_K), at T = 1; the integral of min(width, sqrt x) from 1 to T*.
    turn = min(max(1.0, width**2), max(1.0, T_star))
    inside = (2.0 / 3.0 * (turn**1.5 - 1.0) + width * (max(1.0, T_star) - turn)) / (T_star * width)
    for observable in variants("kondo_heat_capacity"):
        exact = observable.exact(uniform(T_star, width), np.array([1.0]))
        assert float(exact[1, 0]) == pytest.approx(1.0 - inside, rel=1e-9)


def test_dephasing_time_is_that_at_saturation():
    given = {"fermi_energy": "5 eV", "electron_density": "3e22 cm^-3", "dephasing_time": "3 ns"}
    spec = load_spec(ROOT / "runs" / "kondo_gold.toml")
    assert spec.material == _parsed(given | {"drive_amplitude": "1 mK"}).material
    for material in (given, given | {"chi": 0.03}):
        metal = _parsed(material).metal
        assert metal.defect_density == pytest.approx(5.170e-8 * 3e22, rel=1e-3)
        rate, time = KondoDephasing().derived(spec.population, metal, np.ones(1))
        assert (rate.name, time.name) == ("1/tau_phi", "tau_phi")
        # 3 ns in units of hbar/K.
        assert float(time.of(np.array(1.0))) == pytest.approx(3e-9 * 1.309e11, rel=1e-3)
        assert float(rate.of(np.array(0.25)) * time.of(np.array(0.25))) == pytest.approx(1.0)


def _parsed(material):
    axis = {"temperature": ["1 K"]}
    laws = {name: {"law": "uniform", "high": "1 K"} for name in ("T_K", "Delta")}
    return parse_spec(
        {
            "seed": 1,
            "population": {"model": "kondo", "defects": 10, "parameters": laws},
            "material": material,
            "observables": {"kondo_dephasing": axis},
        }
    )


def test_measurable_quantities():
    metal = Metal(fermi_energy=5e4, electron_density=3e22, defect_density=1e16, drive_amplitude=1e-3)
    population, T, omega = uniform(2.0, 0.2), np.array([0.1, 1.0]), np.array([0.01, 0.1, 1.0])
    (rate, _) = KondoDephasing().derived(population, metal, T)
    assert float(rate.of(np.array(1.0))) == pytest.approx(inelastic_rate(1.0, 1e16, 3e22, 5e4))
    (power,) = KondoAttenuation().derived(population, metal, *grid_of(T, omega))
    np.testing.assert_allclose(power.of(np.ones((2, 3)))[1], 0.5 * 1e16 * 1e-6 * omega / 2.0)
    heat, ratio = KondoHeatCapacity().derived(population, metal, T)
    mean = np.array([0.3, 0.1])
    np.testing.assert_allclose(ratio.of(mean), heat.of(mean) / electron_specific_heat(T, 3e22, 5e4))
    for observable in (o for name in NAMES for o in variants(name)):
        derived = observable.derived(population, Metal(), T, *other_axes(observable, [1.0]))
        assert {one.scale for one in derived} == {None}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_depends_on_the_unit_of_energy(name):
    scale, T = 3e-4, np.array([0.05, 1.0])
    for observable in variants(name):
        others = other_axes(observable, [0.01, 2.0])
        here = observable.exact(uniform(1.0, 0.2), T, *others)
        there = observable.exact(uniform(scale, 0.2 * scale), scale * T, *(scale * axis for axis in others))
        np.testing.assert_allclose(there, here, rtol=1e-9)


# --- a whole run -----------------------------------------------------------------------------------------------


def test_run_file_round_trip_and_comparison(tmp_path):
    """Four curves at the false-alarm rate of a comparison, 1e-3 each."""
    settings = ("population.defects=40000", f"seed={seed('kondo gold')}")
    run = tlsmc.run(load_spec(ROOT / "runs" / "kondo_gold.toml", settings), tmp_path / "kondo.h5", progress=False)
    stored = tlsmc.open_run(tmp_path / "kondo.h5")
    assert stored.spec == run.spec
    assert stored.digest() == run.digest()
    assert stored.names == (
        "kondo_attenuation",
        "kondo_dephasing",
        "kondo_heat_capacity.heat_capacity",
        "kondo_heat_capacity.outside",
    )
    for name in stored.names:
        np.testing.assert_array_equal(stored[name].mean, run[name].mean)
        result = compare_curve(stored[name])
        assert result.verdict == "agrees", result
        assert result.points > 0.6 * stored[name].mean.size
    assert list(stored["kondo_dephasing"].measurable) == ["1/tau_phi", "tau_phi"]
    plateau = stored["kondo_dephasing"].measurable["tau_phi"][1][20:28]
    assert ((plateau > 3e-9) & (plateau < 3.6e-9)).all()
