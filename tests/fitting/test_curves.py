"""Predicted curves: those of the observables, to 1e-7, in the units of the data."""

import time

import numpy as np
import pytest

from tests.fitting.synthetic import CHI, E_STAR, N_T, content, electrons_and_heat, sound, write_csv
from tests.seeds import rng
from tlsmc import closed_forms
from tlsmc.fitting.curves import curve, points_of
from tlsmc.fitting.objective import Objective, plain_noise
from tlsmc.fitting.problem import parse_fit
from tlsmc.observables.measurable import Metal
from tlsmc.spec.registry import OBSERVABLES
from tlsmc.units import HBAR_OVER_KB, OUTPUT_UNITS

T = np.array([0.004, 0.02, 0.1, 0.5])


@pytest.mark.parametrize("part", ["resonant", "relaxation", "total"])
def test_attenuation_is_that_of_the_closed_forms(tmp_path, part):
    problem = sound(tmp_path, T, [1e8, 1e9], curve=part)
    model = problem.model
    (data,) = model.sets
    Omega, theta = data.other_axis / E_STAR, 2.0 * data.temperature / E_STAR
    exact = np.zeros(len(data))
    if part != "relaxation":
        exact += closed_forms.F_res(CHI, Omega, theta, p_min=1e-12)
    if part != "resonant":
        exact += closed_forms.F_rel(CHI, Omega, theta, p_min=1e-12)
    np.testing.assert_allclose(model.predict(model.start)[0], exact, rtol=1e-7)


def test_electrons_and_heat_are_the_measurable_quantities(tmp_path):
    model = electrons_and_heat(tmp_path, T).model
    tau, heat = model.predict(model.start)
    metal = Metal(CHI, dict(model.ensemble.material)["fermi_energy"], 3e22, N_T)
    for name, quantity, values, power in (("dephasing", "tau_phi", tau, -1.0), ("heat_capacity", "C_T", heat, 1.0)):
        observable = OBSERVABLES.find(name)()
        mean = observable.exact(model.ensemble.population, T)[0]
        derived = {d.name: d for d in observable.derived(model.ensemble.population, metal, T)}[quantity]
        expected = (OUTPUT_UNITS[derived.unit][0] * derived.of(mean)) ** power
        np.testing.assert_allclose(values, expected, rtol=1e-9)


def _problem(folder, quantity, unit, population=None, material=None, values="0.01", **data):
    spec = content(data={"d": {"file": "d.csv", "quantity": quantity, **data}}, parameters={"E_star": {}})
    spec["population"]["parameters"] = population or spec["population"]["parameters"]
    spec["material"] |= material or {}
    write_csv(folder / "d.csv", f"T [K],value [{unit}],error", T, 1.0, 1.0)
    return parse_fit(spec, folder)


def test_units_and_inverses_say_the_same(tmp_path):
    rate = _problem(tmp_path, "1/tau_phi", "1/s").model
    expected = rate.predict(rate.start)[0]
    for unit, factor in (("1/ns", 1e9), ("ms^-1", 1e3)):
        model = _problem(tmp_path, "1/tau_phi", unit).model
        np.testing.assert_allclose(factor * model.predict(model.start)[0], expected, rtol=1e-12)
    model = _problem(tmp_path, "tau_phi", "ns").model
    np.testing.assert_allclose(1e9 / model.predict(model.start)[0], expected, rtol=1e-12)
    heat = _problem(tmp_path, "C", "J/(K cm^3)").model
    over_T = _problem(tmp_path, "C/T", "mJ/(K^2 m^3)").model
    left, right = heat.predict(heat.start)[0] / T, over_T.predict(over_T.start)[0]
    np.testing.assert_allclose(left * 1e9, right, rtol=1e-12)


def test_power_is_eq_14(tmp_path):
    a = 1e-3
    model = _problem(tmp_path, "W", "W/cm^3", material={"drive_amplitude": "1 mK"}, frequency="1 GHz").model
    (data,) = model.sets
    F = curve(points_of(data, model.ensemble), model.ensemble.population)
    natural = 0.5 * N_T * a * a * data.other_axis / E_STAR * F
    np.testing.assert_allclose(model.predict(model.start)[0], natural * OUTPUT_UNITS["power density"][0], rtol=1e-12)
    np.testing.assert_allclose(data.other_axis, 2.0 * np.pi * 1e9 * HBAR_OVER_KB)


POPULATIONS = {
    "wide": {"E": {"law": "exponential", "mean": "20 mK"}, "p": {"law": "uniform", "low": 1e-3, "high": 1.0}},
    "rectangle": {
        "Delta": {"law": "uniform", "high": "20 mK"},
        "Lambda": {"law": "log_uniform", "low": "1 uK", "high": "20 mK"},
    },
}


@pytest.mark.parametrize("quantity", ["F", "C", "1/tau_phi", "loss_tangent"])
@pytest.mark.parametrize("name", POPULATIONS)
def test_other_populations_by_quadrature(tmp_path, quantity, name):
    units = {"C": "J/(K cm^3)", "1/tau_phi": "1/s"}
    extra = {"frequency": "300 MHz"} if quantity in ("F", "loss_tangent") else {}
    model = _problem(tmp_path, quantity, units.get(quantity, ""), POPULATIONS[name], **extra).model
    (data,) = model.sets
    points = points_of(data, model.ensemble)
    observable = points.observable
    others = [np.unique(data.other_axis)] * (len(observable.AXES) - 1)
    values = observable.exact(model.ensemble.population, T, *others).reshape(-1, len(T))
    expected = values[list(points.parts)].sum(axis=0)
    np.testing.assert_allclose(curve(points, model.ensemble.population), expected, rtol=1e-6)


KONDO = {
    "dephasing": ("1/tau_phi", "1/s", {}, None),
    "paper's heat": ("C", "J/(K cm^3)", {}, None),
    "Emery and Kivelson's heat": ("C", "J/(K cm^3)", {"heat": "emery-kivelson"}, None),
    "attenuation": ("F", "", {}, [1e7, 3e9]),
}
KONDO_LAWS = {
    "uniform": {"T_K": {"law": "uniform", "high": "300 mK"}, "Delta": {"law": "uniform", "high": "100 mK"}},
    "log-normal": {
        "T_K": {"law": "log_normal", "median": "100 mK", "sigma": 1.0},
        "Delta": {"law": "exponential", "mean": "50 mK"},
    },
}


@pytest.mark.parametrize("name", KONDO)
@pytest.mark.parametrize("laws", KONDO_LAWS)
def test_kondo_curves_at_many_temperatures(tmp_path, monkeypatch, name, laws):
    """They are computed at some of the temperatures, and right at all of them."""
    quantity, unit, options, nu = KONDO[name]
    grid = np.geomspace(5e-3, 1.0, 300)
    points = np.meshgrid(grid, nu or [1.0])
    write_csv(tmp_path / "d.csv", f"T [K],f [Hz],value [{unit}],error", *points, 1.0, 1.0)
    data = {"d": {"file": "d.csv", "quantity": quantity, "options": options, "amplitude": True}}
    spec = content(data=data, parameters={"population.parameters.T_K.high": {}})
    spec["population"] = {"model": "kondo", "defects": 1000, "parameters": KONDO_LAWS[laws]}
    if laws == "log-normal":
        spec["fit"]["parameters"] = {"T_K_star": {}}
    model = parse_fit(spec, tmp_path).model
    (data,) = model.sets
    asked = []
    population, points = model.ensemble.population, points_of(data, model.ensemble)
    observable = points.observable
    nodes = type(population).nodes

    def counted(self, temperatures=None, omega=None, order=14):
        asked.append(temperatures)
        return nodes(self, temperatures, omega, order)

    monkeypatch.setattr(type(population), "nodes", counted)
    found = curve(points, population)
    assert len(asked) <= 150
    monkeypatch.undo()
    for k in rng(f"temperatures {name}").choice(len(data), 6, replace=False):
        axes = [axis[k : k + 1] for axis in (points.T, *points.others)]
        exact = observable.exact(population, *axes)[0].item()
        assert found[k] == pytest.approx(exact, rel=3e-6, abs=1e-7 * found.max())


def test_measurement_time_and_free_L(tmp_path):
    write_csv(tmp_path / "d.csv", "T [K],value [J/(K cm^3)],error", T, 1.0, 1.0)
    data = {"d": {"file": "d.csv", "quantity": "C"}}
    model = parse_fit(content(data=data, parameters={"t_exp": {"start": "1 ms"}}), tmp_path).model
    timed = OBSERVABLES.find("timed_heat_capacity")(chi=CHI)
    seconds = np.array([1e-3 / HBAR_OVER_KB])
    expected = N_T * timed.exact(model.ensemble.population, T, seconds)[0, :, 0]
    np.testing.assert_allclose(
        model.predict(model.start)[0] / OUTPUT_UNITS["heat capacity density"][0], expected, rtol=1e-12
    )
    model = parse_fit(content(data=data, parameters={"L": {"start": 10.0}}), tmp_path).model
    ten, twenty = model.predict(np.log([10.0]))[0], model.predict(np.log([20.0]))[0]
    np.testing.assert_allclose(twenty, 2.0 * ten, rtol=1e-12)


def test_backgrounds_add(tmp_path):
    from tlsmc.measurements.backgrounds import evaluate

    A, B = 3.0, 5.0
    np.testing.assert_allclose(evaluate(("dephasing",), T, {"A": A, "B": B}), A * T ** (2 / 3) + B * T**3)
    np.testing.assert_allclose(evaluate(("heat",), T, {"gamma": A, "beta": B}), A * T + B * T**3)
    both = evaluate(("constant", "power"), T, {"offset": 1.0, "coefficient": 2.0, "exponent": 2.0})
    np.testing.assert_allclose(both, 1.0 + 2.0 * T**2)
    # Unitary at the Kondo temperature, a/(a + ln^2) a decade away on both sides.
    peak = evaluate(("magnetic",), np.array([0.1, 1.0, 10.0]), {"M": 2.0, "T_M": 1.0})
    a = 0.75 * np.pi**2
    np.testing.assert_allclose(peak, 2.0 * np.array([a / (a + np.log(10.0) ** 2), 1.0, a / (a + np.log(10.0) ** 2)]))
    model = _problem(tmp_path, "tau_phi", "ns", background="dephasing").model
    names = model.names
    u = model.start.copy()
    plain = model.predict(u)[0]
    u[names.index("d.A")], u[names.index("d.B")] = A, B
    np.testing.assert_allclose(1.0 / model.predict(u)[0] - 1.0 / plain, A * T ** (2 / 3) + B * T**3, rtol=1e-9)


EXPONENTIAL = {"E": {"law": "exponential", "mean": "20 mK"}, "p": {"law": "tunnelling"}}
PAPER = {"E": {"law": "uniform", "high": "20 mK"}, "p": {"law": "tunnelling"}}
#: Quantity, unit, laws, a free parameter, and the number of frequencies of 1,000 points.
THOUSAND = {
    "attenuation of the paper's population": ("F", "", PAPER, "E_star", 25),
    "attenuation of another band": ("F", "", EXPONENTIAL, "E_star", 10),
    "loss tangent": ("loss_tangent", "", PAPER, "E_star", 10),
    "dephasing by another band": ("1/tau_phi", "1/s", EXPONENTIAL, "E_star", 1),
    "heat of the standard model": ("C", "J/(K cm^3)", POPULATIONS["rectangle"], "E_star", 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", THOUSAND)
def test_a_thousand_points_take_less_than_50_ms(tmp_path, name):
    quantity, unit, laws, free, frequencies = THOUSAND[name]
    grid = np.meshgrid(np.geomspace(5e-3, 1.0, 1000 // frequencies), np.geomspace(1e8, 1e10, frequencies))
    write_csv(tmp_path / "d.csv", f"T [K],f [Hz],value [{unit}],error", *grid, 1.0, 1.0)
    spec = content(data={"d": {"file": "d.csv", "quantity": quantity}}, parameters={free: {}})
    spec["population"]["parameters"] = laws
    model = parse_fit(spec, tmp_path).model
    objective = Objective(model, plain_noise(model))
    times = []
    for k in range(12):
        u = model.start + 1e-3 * k
        start = time.perf_counter()
        assert len(objective.residuals(u)) == 1000
        times.append(time.perf_counter() - start)
    assert min(times[2:]) < 0.05
