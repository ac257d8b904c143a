"""What a run offers, checked against its defects drawn again and summed in the plainest way."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import constants

import tlsmc
from tests.library import small_content
from tlsmc.errors import SpecError
from tlsmc.observables.program import contributions
from tlsmc.results.curve import curve_names
from tlsmc.results.run import Run
from tlsmc.units import HBAR_OVER_KB

OBSERVABLES = {
    "attenuation": {"temperature": [0.3, 2.0], "frequency": [0.05, 0.4, 3.0]},
    "heat_capacity": {"temperature": [0.1, 0.5, 3.0]},
}


def _run(**population):
    settings = {"seed": 5, "p_min": 1e-4, "observables": OBSERVABLES, "defects": 10_000, "samples": 2} | population
    return tlsmc.run(tlsmc.parse_spec(small_content(**settings)), progress=False)


@pytest.fixture(scope="module")
def run():
    return _run()


def _all_contributions(run, name):
    """Contribution of every defect of a run to a curve, shape (defects, temperatures, frequencies)."""
    curve, layout = run[name], run.spec.layout
    program = curve.gridded.observable.program(run.spec.population)
    parts = []
    for sample, block in itertools.product(range(layout.samples), range(layout.blocks)):
        for _, points in layout.batches(sample, block, run.spec.population.dimensions):
            columns = run.spec.population.columns(points)
            value = np.empty((points.shape[1], *curve.gridded.grid))
            for i, T in enumerate(curve.gridded.T):
                for j, row in enumerate(curve.gridded.points):
                    found = contributions(program, columns, float(T), row)
                    value[:, i, j] = sum(found[part] for part in curve.parts)
            parts.append(value.reshape(-1, *curve.gridded.shape))
    return np.concatenate(parts)


# Names


def test_names(run):
    expected = [f"attenuation.{part}" for part in ("resonant", "relaxation", "total")]
    assert run.names == (*expected, "heat_capacity", "linewidth.mean", "linewidth.overdamped")
    for name in run.names:
        assert run[name].name == name
        assert run[name].label == run[name].gridded.observable.LABELS[run[name].component]


def test_an_observable_stands_for_its_sum_or_its_leading_component(run):
    assert run["attenuation"].name == "attenuation.total"
    assert run["linewidth"].name == "linewidth.mean"
    assert run["heat_capacity"].name == "heat_capacity"
    gridded = run["heat_capacity"].gridded
    assert curve_names(gridded) == {"heat_capacity": "heat_capacity"}


@pytest.mark.parametrize("name", ["attenuation.resnant", "attenuation.", "heat_capacity.heat_capacity", "", "heat"])
def test_unknown_names(run, name):
    with pytest.raises(SpecError, match="the run has no curve"):
        run[name]


# Means and errors


@pytest.mark.parametrize("name", ["attenuation.resonant", "attenuation.relaxation", "attenuation", "heat_capacity"])
def test_mean_and_error_are_those_of_the_defects(run, name):
    values = _all_contributions(run, name)
    curve = run[name]
    assert len(values) == run.defects == 20_000
    axes = len(curve.axes)
    np.testing.assert_allclose(curve.mean, values.mean(axis=0).reshape(curve.mean.shape), rtol=1e-12)
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    np.testing.assert_allclose(curve.error, error.reshape(curve.error.shape), rtol=1e-9)
    assert curve.mean.ndim == axes
    assert curve.mean.shape == curve.error.shape == curve.exact.shape


def test_a_poisson_number_of_defects_adds_its_own_fluctuation():
    run = _run(count="poisson")
    values = _all_contributions(run, "heat_capacity")
    assert len(values) != 20_000
    curve = run["heat_capacity"]
    np.testing.assert_allclose(curve.mean, values.sum(axis=0) / 20_000, rtol=1e-12)
    np.testing.assert_allclose(curve.error, np.sqrt((values**2).sum(axis=0)) / 20_000, rtol=1e-12)


def test_sobol_errors_come_from_the_scatter_of_scrambles():
    # Two samples of two full blocks of 4,096: four scrambles.
    curve = _run(sampling="sobol", defects=8192)["heat_capacity"]
    means = curve.block_totals / 4096
    assert len(means) == 4
    np.testing.assert_allclose(curve.mean, means.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(curve.error, means.std(axis=0, ddof=1) / 2.0, rtol=1e-6)
    random = _run(defects=8192)["heat_capacity"]
    assert (curve.error < 0.1 * random.error).all()


@pytest.mark.parametrize(
    "population", [{"defects": 1, "samples": 1}, {"sampling": "sobol", "samples": 1, "defects": 9}]
)
def test_one_defect_or_one_scramble_has_no_error(population):
    curve = _run(**population)["heat_capacity"]
    assert np.isfinite(curve.mean).all()
    assert np.isnan(curve.error).all()


def test_an_unfinished_run_averages_over_its_finished_blocks(run):
    done = run.sums.done.copy()
    done[0, 1] = False
    part = Run(run.spec, dataclasses.replace(run.sums, done=done), run.provenance)
    assert not part.complete
    assert run.complete
    # The blocks of 10,000 defects are 4,096, 4,096 and 1,808 long.
    np.testing.assert_array_equal(part.block_sizes, [[4096, 0, 1808], [4096, 4096, 1808]])
    assert part.defects == 20_000 - 4096
    values = _all_contributions(run, "heat_capacity")
    kept = np.delete(values, slice(4096, 8192), axis=0)
    np.testing.assert_allclose(part["heat_capacity"].mean, kept.mean(axis=0), rtol=1e-12)


def test_a_run_that_has_not_begun_knows_nothing(run):
    sums = dataclasses.replace(run.sums, done=np.zeros_like(run.sums.done))
    curve = Run(run.spec, sums, run.provenance)["attenuation.resonant"]
    assert np.isnan(curve.mean).all()
    assert np.isnan(curve.error).all()
    assert np.isfinite(curve.exact).all()


# Exact and printed


def test_the_exact_sum_is_the_sum_of_the_exact_parts(run):
    parts = [run[f"attenuation.{part}"].exact for part in ("resonant", "relaxation")]
    np.testing.assert_array_equal(run["attenuation"].exact, parts[0] + parts[1])


def test_printed_forms_belong_to_their_curve(run):
    equations = {name: [form.equation for form in run[name].printed] for name in run.names}
    assert equations["attenuation.resonant"] == ["Eq. 15", "Eq. 18"]
    assert equations["attenuation.relaxation"] == ["Eq. 16", "Eq. 17"]
    assert equations["attenuation.total"] == []
    for name in run.names:
        for form in run[name].printed:
            assert form.values.shape == run[name].gridded.shape


# Measurable quantities, with the run of the shared fixture: gold by the paper's numbers, tau_phi = 3 ns


def test_no_measurable_quantities_in_natural_units(run):
    assert all(run[name].measurable == {} for name in run.names)


def test_specific_heat_in_measurable_units(small_run):
    curve, metal = small_run["heat_capacity"], small_run.spec.metal
    quantities = curve.measurable
    unit, value, error = quantities["C_T"]
    assert unit == "J/(K cm^3)"
    np.testing.assert_allclose(value, metal.defect_density * constants.k * curve.mean, rtol=1e-12)
    np.testing.assert_allclose(error / value, curve.error / curve.mean, rtol=1e-9)
    # Eq. 7 as printed: C_e = 3 n_e k_B T/(2 eps_F), with 3e22 cm^-3 and 5 eV.
    unit, ratio, _ = quantities["C_T/C_e"]
    fermi_temperature = 5.0 * constants.e / constants.k
    electrons = 1.5 * 3e22 * constants.k * curve.gridded.T / fermi_temperature
    assert unit == ""
    np.testing.assert_allclose(ratio, value / electrons, rtol=1e-9)


def test_dephasing_in_measurable_units(small_run):
    curve = small_run["dephasing"]
    unit, rate, rate_error = curve.measurable["1/tau_in"]
    assert unit == "1/s"
    # E* tau_in >> 1: tau_phi = tau_in, and n_T was chosen for a saturated time of 3 ns (Eqs. 5 and 6).
    np.testing.assert_allclose(rate, curve.mean / 3e-9, rtol=1e-9)
    np.testing.assert_allclose(rate_error / rate, curve.error / curve.mean, rtol=1e-9)
    unit, tau, error = curve.measurable["tau_phi"]
    assert unit == "s"
    np.testing.assert_allclose(tau * curve.mean, 3e-9, rtol=1e-9)
    # A time is one over a rate, to first order in the relative error.
    np.testing.assert_allclose(error / tau, curve.error / curve.mean, rtol=0.01)


def test_dissipated_power_in_measurable_units(small_run):
    unit, power, _ = small_run["attenuation"].measurable["W"]
    assert unit == "W/cm^3"
    curve = small_run["attenuation"]
    # W = (n_T a^2/2) (omega/E*) F in energies per volume and time, k_B K/hbar = 1/HBAR_OVER_KB per second.
    omega = curve.gridded.values[1] / HBAR_OVER_KB
    energy = constants.k * 1e-3**2 / 0.02
    expected = 0.5 * small_run.spec.metal.defect_density * energy * omega * curve.mean
    np.testing.assert_allclose(power, expected, rtol=1e-9)


# xarray


def test_to_xarray(small_run):
    xarray = pytest.importorskip("xarray")
    curve = small_run["attenuation.resonant"]
    data = curve.to_xarray()
    assert isinstance(data, xarray.Dataset)
    assert data.sizes == {"temperature": 2, "frequency": 3}
    assert data.attrs == {"name": "attenuation.resonant", "label": "F_res"}
    for key in ("mean", "error", "exact"):
        assert data[key].dims == ("temperature", "frequency")
        np.testing.assert_array_equal(data[key], getattr(curve, key))
    np.testing.assert_allclose(data["temperature"], [0.01, 0.05])
    np.testing.assert_allclose(data["frequency"], 2.0 * np.pi * HBAR_OVER_KB * np.array([1e8, 2e8, 4e8]))
    assert data["frequency"].attrs["units"] == "K"


def test_to_xarray_without_frequency_and_units(run):
    pytest.importorskip("xarray")
    data = run["heat_capacity"].to_xarray()
    assert data["mean"].dims == ("temperature",)
    assert data["temperature"].attrs["units"] == "1"


# Digest


def test_the_digest_tells_runs_apart(run):
    assert _run().digest() == run.digest()
    assert _run(defects=10_001).digest() != run.digest()
    assert len(run.digest()) == 64
