"""What the data do not determine is said in words, and not given as a number."""

from dataclasses import replace

import numpy as np
import pytest

from tests.fitting.synthetic import content, electrons_and_heat, measured, sound, write_csv
from tests.seeds import rng
from tlsmc.fitting import fit, parse_fit
from tlsmc.fitting.identifiability import _status, identifiability
from tlsmc.fitting.problem import Problem
from tlsmc.fitting.summary import report
from tlsmc.fitting.uncertainty import Curvature, Profile


def _fitted(problem: Problem, label: str, noise=0.03):
    return fit(replace(problem, model=measured(problem.model, rng(label), noise=noise)))


def test_only_a_product_is_determined(tmp_path):
    """Dephasing alone knows chi n_T: at T >> E* not even E*."""
    T = np.geomspace(0.4, 2.0, 10)
    write_csv(tmp_path / "tau.csv", "T [K],value [1/s],error", T, 1.0, 1.0)
    data = {"tau": {"file": "tau.csv", "quantity": "1/tau_phi"}}
    wide = {"chi": {"low": 1e-4}, "n_T": {"low": "1e14 cm^-3", "high": "1e20 cm^-3"}}
    found = _fitted(parse_fit(content(data=data, parameters=wide), tmp_path), "product")
    assert found.converged
    assert "determined" not in {p.status for p in found.parameters}
    assert all(p.error is None for p in found.parameters)
    text = report(found)
    assert "only the product" in text
    assert "chi n_T" in text or "n_T chi" in text
    assert "400 mK to 2 K" in text


def test_chi_cannot_be_known_from_resonant_absorption_of_sharp_lines(tmp_path):
    """Omega >> chi theta only: F_res is pi tanh(Omega/theta) whatever chi."""
    problem = sound(
        tmp_path,
        np.geomspace(5e-4, 4e-3, 8),
        [5e7, 2e8],
        curve="resonant",
        chi={"low": 1e-6, "start": 1e-4},
        E_star={"fixed": "20 mK"},
    )
    found = _fitted(problem, "sharp")
    chi = found["chi"]
    assert chi.status in ("upper limit", "undetermined")
    assert (chi.value, chi.error) == (None, None)
    assert found["sound.amplitude"].status == "determined"
    assert any(sentence.startswith("chi is ") for sentence in found.sentences)
    if chi.status == "upper limit":
        assert chi.low95 is None
        assert chi.high95 > 1e-4
        assert "< " in report(found)


def test_relaxation_with_a_free_amplitude_knows_only_a_product(tmp_path):
    problem = sound(
        tmp_path,
        np.geomspace(1e-3, 6e-3, 8),
        [1e8, 4e8],
        curve="relaxation",
        chi={"low": 1e-7, "start": 1e-4},
        E_star={"fixed": "20 mK"},
    )
    found = _fitted(problem, "relaxation")
    assert found["chi"].status != "determined"
    assert found["sound.amplitude"].status != "determined"
    assert any("product chi sound.amplitude" in s or "product sound.amplitude chi" in s for s in found.sentences)


def _judged(tmp_path, path, ends):
    """What is said of chi and n_T with a singular direction (1, -1) and profiles that went along ``path``."""
    model = electrons_and_heat(tmp_path, np.array([0.1, 1.0]), E_star={"fixed": "20 mK"}).model
    tilt = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2.0)
    bend = Curvature(np.eye(2), np.array([50.0, 1e-3]), tilt, np.ones(2))
    profiles = [Profile(np.zeros(1), np.zeros(1), -1.0, 1.0, *ends[k], np.array(path)) for k in range(2)]
    return identifiability(model, bend, profiles, "T = 1 K", np.zeros(2))


def test_a_combination_must_hold_wherever_the_profiles_went(tmp_path):
    """One that stays only at the optimum is not determined."""
    open_ends = [(-np.inf, 1.0), (-1.0, np.inf)]
    status, (sentence, *_) = _judged(tmp_path, [[0.0, 0.0], [-3.0, 3.01], [-6.0, 5.99]], open_ends)
    assert status == ("upper limit", "lower limit")
    # Alone along (1, 1)/sqrt 2 with the singular value 50, the product has an error of sqrt(2)/50.
    assert sentence.startswith("only the product chi n_T is determined by the data (T = 1 K, to 2.8 %)")
    bent, sentences = _judged(tmp_path, [[0.0, 0.0], [-0.1, 0.1], [-6.0, 0.5], [-0.1, 4.0]], open_ends)
    assert bent == status
    assert [sentence.partition(" is ")[0] for sentence in sentences] == ["chi", "n_T"]
    _, closed = _judged(tmp_path, [[0.0, 0.0], [-0.1, 0.1], [-6.0, 0.5], [-0.1, 4.0]], [(-np.inf, np.inf)] * 2)
    assert closed == ("the data (T = 1 K) do not tell chi and n_T apart",)


def test_a_wide_interval_is_no_determination():
    """Both ends may be closed by a bound of another parameter, decades apart."""
    path = np.zeros((1, 1))
    ends = {"low68": -1.0, "high68": 1.0, "path": path}
    narrow = Profile(np.zeros(1), np.zeros(1), low95=-1.9, high95=1.9, **ends)
    wide = Profile(np.zeros(1), np.zeros(1), low95=-1.9, high95=6.0, **ends)
    assert [_status(p, 1.0) for p in (narrow, wide)] == ["determined", "undetermined"]
    assert [_status(p, 3.0) for p in (narrow, wide)] == ["determined", "determined"]


def test_data_that_tell_everything_have_nothing_to_report(tmp_path):
    found = _fitted(electrons_and_heat(tmp_path, np.geomspace(0.003, 0.5, 12)), "everything")
    assert {p.status for p in found.parameters} == {"determined"}
    assert found.sentences == ()
    assert "Not determined" not in report(found)


def test_a_prior_makes_determined_what_the_data_leave_open(tmp_path):
    T = np.geomspace(0.4, 2.0, 10)
    write_csv(tmp_path / "tau.csv", "T [K],value [1/s],error", T, 1.0, 1.0)
    data = {"tau": {"file": "tau.csv", "quantity": "1/tau_phi"}}
    parameters = {"chi": {"low": 1e-4, "prior": {"value": 0.05, "factor": 1.2}}, "n_T": {}}
    found = _fitted(parse_fit(content(data=data, parameters=parameters), tmp_path), "prior")
    assert {p.status for p in found.parameters} == {"determined"}
    assert found["chi"].error / found["chi"].value == pytest.approx(np.log(1.2), rel=0.05)
    assert found["n_T"].error / found["n_T"].value == pytest.approx(np.log(1.2), rel=0.05)
