"""Wrong models are rejected, right ones preferred."""

from dataclasses import replace

import numpy as np
import pytest

from tests.fitting.synthetic import content, electrons_and_heat, measured, write_csv
from tests.seeds import rng
from tlsmc.fitting import fit, parse_fit
from tlsmc.fitting.model_comparison import corrected_aic, rival_model, verdict
from tlsmc.fitting.result import Rival
from tlsmc.fitting.summary import report


def _kondo_data(folder, T):
    """tau_0/tau_phi of Kondo defects, falling above T_K* = 50 mK, as data of an unknown scale."""
    write_csv(folder / "d.csv", "T [K],value,error", T, 1.0, 1.0)
    data = {"d": {"file": "d.csv", "quantity": "1/tau_phi", "units": {"value": "arb."}}}
    spec = content(data=data, parameters={"T_K_star": {}, "Delta_star": {"fixed": "10 mK"}})
    spec["population"]["model"] = "kondo"
    spec["population"]["parameters"] = {
        "T_K": {"law": "uniform", "high": "50 mK"},
        "Delta": {"law": "uniform", "high": "10 mK"},
    }
    model = measured(parse_fit(spec, folder).model, rng("kondo curve"))
    (made,) = model.sets
    write_csv(folder / "d.csv", "T [K],value,error", T, made.value, made.error)
    return data, spec


@pytest.mark.slow
def test_a_kondo_curve_is_no_tunnelling_curve(tmp_path):
    data, _ = _kondo_data(tmp_path, np.geomspace(0.01, 3.0, 20))
    found = fit(parse_fit(content(data=data, parameters={"E_star": {}}, starts=2), tmp_path), rivals=True)
    assert found.converged
    assert found.goodness.p_value < 1e-6
    assert found.goodness.runs_p < 0.05
    assert "does not describe" in report(found)
    rivals = {rival.name: rival for rival in found.rivals}
    assert list(rivals) == ["tunnelling", "kondo", "magnetic", "none"]
    assert rivals["kondo"].p_value > 1e-3
    assert rivals["kondo"].values["T_K_star"] == pytest.approx(0.05, rel=0.5)
    assert rivals["kondo"].aicc < rivals["tunnelling"].aicc - 10.0
    assert rivals["kondo"].validation < rivals["tunnelling"].validation
    assert "kondo is decisively preferred to tunnelling" in found.verdict


@pytest.mark.slow
def test_kondo_parameters_come_back(tmp_path):
    _, spec = _kondo_data(tmp_path, np.geomspace(0.01, 3.0, 10))
    spec["fit"]["parameters"] = {"T_K_star": {"start": "100 mK"}, "Delta_star": {"fixed": "10 mK"}}
    found = fit(parse_fit(spec, tmp_path))
    T_K = found["T_K_star"]
    # Five standard errors: a false alarm of 6e-7.
    assert abs(T_K.value - 0.05) < 5.0 * T_K.error
    assert found.goodness.p_value > 1e-4


def test_no_defects_are_preferred_where_there_are_none(tmp_path):
    """Gamma T + beta T^3 alone: the density of defects is only bounded, and backgrounds do as well."""
    T = np.geomspace(0.1, 3.0, 20)
    exact = 2.0 * T + 3.0 * T**3
    value = exact * (1.0 + 0.03 * rng("no defects").standard_normal(20))
    write_csv(tmp_path / "d.csv", "T [K],value [uJ/(K cm^3)],error", T, value, 0.03 * exact)
    data = {"d": {"file": "d.csv", "quantity": "C", "background": "heat"}}
    parameters = {"n_T": {"low": "1e8 cm^-3", "start": "1e14 cm^-3"}}
    found = fit(parse_fit(content(data=data, parameters=parameters, rivals=["none"]), tmp_path))
    assert found["n_T"].status == "upper limit"
    none = found.rivals[1]
    assert none.name == "none"
    assert none.parameters == 2
    # One parameter more costs 2 or more unless chance pays for it (chi2 of one degree of freedom above 12: 5e-4).
    assert none.aicc < found.rivals[0].aicc + 12.0


def test_rivals_have_the_same_data_and_backgrounds(tmp_path):
    model = electrons_and_heat(tmp_path, np.geomspace(0.01, 1.0, 6)).model
    kondo = rival_model(model, "kondo")
    assert kondo.names == ("T_K_star", "Delta_star", "n_T")
    none = rival_model(model, "none")
    assert none.names == ("tau.A", "tau.B", "heat.gamma", "heat.beta")
    magnetic = rival_model(model, "magnetic")
    assert magnetic.names == ("tau.A", "tau.B", "tau.M", "tau.T_M", "heat.gamma", "heat.beta")
    for rival in (kondo, none, magnetic):
        for ours, theirs in zip(model.sets, rival.sets, strict=True):
            np.testing.assert_array_equal(ours.value, theirs.value)
    assert np.isfinite(np.concatenate(kondo.predict(kondo.start))).all()


def test_what_has_no_curve_says_so(tmp_path):
    write_csv(tmp_path / "d.csv", "T [K],value,error", np.geomspace(0.01, 0.1, 8), 1.0, 0.1)
    data = {"d": {"file": "d.csv", "quantity": "1/Q", "frequency": "5 GHz", "amplitude": True}}
    model = parse_fit(content(data=data, parameters={"chi": {}}), tmp_path).model
    with pytest.raises(Exception, match="1/Q has no curve for kondo defects"):
        rival_model(model, "kondo")
    with pytest.raises(Exception, match="magnetic impurities are for 1/tau_phi"):
        rival_model(model, "magnetic")


def test_criteria():
    # Burnham and Anderson: chi2 + 2k + 2k(k+1)/(n-k-1).
    assert corrected_aic(10.0, 2, 7) == pytest.approx(10.0 + 4.0 + 12.0 / 4.0)
    assert corrected_aic(10.0, 2, 3) == np.inf


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (1.0, "b does as well as a"),
        (4.0, "slightly preferred"),
        (8.0, "clearly preferred"),
        (50.0, "decisively preferred"),
    ],
)
def test_strength_of_a_preference(gap, words):
    first = Rival("a", 1, 10.0, 0.5, 12.0, 12.0, 1.0)
    other = replace(first, name="b", aicc=12.0 + gap, validation=0.9)
    said = verdict([other, first])
    assert words in said
    assert ("cross-validation disagrees" in said) == (gap > 2.0)
    wrong = replace(first, p_value=1e-9)
    assert "a itself does not describe the data" in verdict([wrong, other])
    assert verdict([Rival("a", reason="no")]) == "no model could be fitted"
