"""The scatter from one finite sample to another: exact moments, formulas and explicit ensembles."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from tests.fitting.synthetic import CHI, E_STAR, N_T, content, electrons_and_heat, sound, write_csv
from tests.seeds import rng
from tlsmc.fitting.curves import curve, points_of
from tlsmc.fitting.objective import sample_covariance
from tlsmc.fitting.problem import parse_fit
from tlsmc.observables.averages import relative_moments

T = np.array([0.005, 0.02, 0.1])


def test_dephasing_has_the_spread_of_its_thermal_weight(tmp_path):
    """var/mean^2 of 1/tau_phi over samples is (2/3) <g^2>/(n_T V <g>^2)."""
    volume = 1e-15
    model = electrons_and_heat(tmp_path, T).model
    covariance = sample_covariance(model, model.start, volume)[:3, :3]
    mean = model.predict(model.start)[0]

    def moment(k, x):
        return quad(lambda E: (E / np.sinh(E)) ** k if E else 1.0, 0.0, 1.0 / x, epsabs=0.0)[0] * x

    ratios = np.array([moment(2, t / E_STAR) / moment(1, t / E_STAR) ** 2 for t in T])
    np.testing.assert_allclose(np.diag(covariance) / mean**2, 2.0 / 3.0 * ratios / (N_T * volume), rtol=1e-4)


@pytest.mark.parametrize("kind", ["electrons", "sound", "kondo", "rectangle"])
def test_moments_are_those_of_explicit_defects(tmp_path, kind):
    """Second moments of all pairs of points, against 400,000 defects.

    The largest deviation of at most 36 correlated pairs, in standard errors from 20 batches (Student's t, 19 degrees of
    freedom, beyond 6: 9e-6 for each), is a false alarm less often than 4e-4.
    """
    if kind == "electrons":
        model = electrons_and_heat(tmp_path, T).model
    elif kind == "sound":
        model = sound(tmp_path, T, [1e8, 1e9]).model
    else:
        spec = content(data={"d": {"file": "d.csv", "quantity": "C"}}, parameters={"n_T": {}})
        write_csv(tmp_path / "d.csv", "T [K],value [J/(K cm^3)],error", T, 1.0, 1.0)
        if kind == "kondo":
            spec["population"]["model"] = "kondo"
            laws = {"T_K": {"law": "uniform", "high": "50 mK"}, "Delta": {"law": "uniform", "high": "20 mK"}}
            spec["fit"]["data"]["d"]["options"] = {"heat": "emery-kivelson"}
        else:
            laws = {
                "Delta": {"law": "uniform", "high": "20 mK"},
                "Lambda": {"law": "log_uniform", "low": "1 uK", "high": "20 mK"},
            }
        spec["population"]["parameters"] = laws
        model = parse_fit(spec, tmp_path).model
    population, points = model.ensemble.population, [points_of(data, model.ensemble) for data in model.sets]
    exact = relative_moments(points, population)[1]
    random = rng(f"moments {kind}")
    means = np.concatenate([curve(own, population) for own in points])
    batches = []
    for _ in range(20):
        columns = population.columns(random.random((2, 20_000)))
        c = np.concatenate([own.contributions(population, columns) for own in points])
        batches.append(c @ c.T / c.shape[1] / np.outer(means, means))
    mean, error = np.mean(batches, axis=0), np.std(batches, axis=0, ddof=1) / np.sqrt(20)
    assert (np.abs(mean - exact) < 6.0 * error + 1e-6 * exact).all()
    assert (error < 0.1 * exact).all()


def test_moments_of_several_frequencies_do_not_hang_on_the_nodes(tmp_path):
    model = sound(tmp_path, T, [1e8, 3e8, 1e9]).model
    points = [points_of(data, model.ensemble) for data in model.sets]
    fine = relative_moments(points, model.ensemble.population, order=10)[1]
    np.testing.assert_allclose(relative_moments(points, model.ensemble.population)[1], fine, rtol=1e-3)


def test_the_covariance_is_in_the_units_of_the_data(tmp_path):
    volume = 1e-15
    write_csv(tmp_path / "d.csv", "T [K],value [ns],error", T, 1.0, 1.0)
    spec = content(data={"d": {"file": "d.csv", "quantity": "tau_phi"}}, parameters={"E_star": {}}, volume=volume)
    tau = parse_fit(spec, tmp_path).model
    rate = electrons_and_heat(tmp_path, T).model
    rate = replace(rate, sets=rate.sets[:1])
    relative = [
        sample_covariance(m, m.start, volume) / np.outer(m.predict(m.start)[0], m.predict(m.start)[0])
        for m in (tau, rate)
    ]
    np.testing.assert_allclose(*relative, rtol=1e-3)
    assert tau.ensemble.material["chi"] == CHI
