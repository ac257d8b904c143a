"""Fit files: what comes back, what is refused when it is opened, and numbers that do not agree with each other."""

import json
import os
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from tests.reporting.fits import half_fit, lost_fit, make_fit, spec, with_posterior, write_data
from tlsmc.errors import SpecError, StoreError
from tlsmc.fitting import open_fit, parse_fit, verify_fit, write_fit
from tlsmc.fitting.file import base_of
from tlsmc.fitting.procedure import fixed_parameters
from tlsmc.fitting.summary import report
from tlsmc.results.store import sealed as image


@pytest.mark.parametrize("make", [make_fit, lost_fit, half_fit, lambda: with_posterior(make_fit())])
def test_all_fits_come_back_and_are_sound(tmp_path, make):
    found = make()
    write_fit(found, tmp_path / "a.fit.h5")
    again = verify_fit(tmp_path / "a.fit.h5")
    assert again.plain() == found.plain()
    assert again.digest() == found.digest()
    assert again.path == str(tmp_path / "a.fit.h5")


def test_a_file_of_before_has_no_more_than_it_had(tmp_path, monkeypatch):
    found = make_fit()
    plain = {k: v for k, v in found.plain().items() if k not in ("overrides", "options", "held", "libraries")}
    monkeypatch.setattr(type(found), "plain", lambda self: plain)
    write_fit(found, tmp_path / "a.fit.h5")
    again = open_fit(tmp_path / "a.fit.h5")
    assert (again.overrides, again.options, again.held, again.libraries) == ((), (), (), {})
    assert report(again) == report(found)


def test_digests_differ_where_fits_do():
    found = make_fit()
    arrays = {**found.arrays, "coordinates": found.arrays["coordinates"] + 1e-12}
    digests = {f.digest() for f in (found, replace(found, title="x"), replace(found, arrays=arrays))}
    assert len(digests) == 3
    assert replace(found, path="elsewhere").digest() == found.digest()


def _first(found, **changes):
    return {"parameters": (replace(found.parameters[0], **changes), *found.parameters[1:])}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (lambda f: {"title": 5}, "title: is not what belongs there"),
        (lambda f: {"in_kelvin": 1}, "in_kelvin: is not"),
        (lambda f: {"volume": "1"}, "volume: is not"),
        (lambda f: _first(f, value="<b>"), "parameters: is not"),
        (lambda f: {"goodness": replace(f.goodness, dof=1.5)}, "goodness: is not"),
        (lambda f: {"others": ({"chi": [1.0]},)}, "others: is not"),
        (lambda f: {"parameters": f.parameters * 2}, "a name is there twice"),
        (lambda f: {"sets": ()}, "a name is there twice, or none is"),
        (lambda f: {"sets": (replace(f.sets[0], name="other"),)}, "arrays/sets/other/curve: is missing"),
        (lambda f: {"sets": (replace(f.sets[0], points=11),)}, r"has the shape \(12,\) where \(11,\) belongs"),
        (lambda f: _array(f, "sets/tau/error", np.zeros(12)), "has a temperature or an error that cannot be"),
        (lambda f: _array(f, "profiles/chi/rise", np.zeros(2)), "arrays/profiles/chi/rise: has the shape"),
        (lambda f: {"posterior": with_posterior(f).posterior}, "arrays/posterior: is missing"),
        (lambda f: _array(with_posterior(f), "posterior", np.ones((9, 2))) | _drawn(f), r"has the shape \(9, 2\)"),
        (lambda f: _array(with_posterior(f), "x", np.ones(1)) | _drawn(f, chi=(1.0,)), "has no quantiles"),
    ],
)
def test_what_is_no_fit_is_refused_when_it_is_opened(tmp_path, changes, says):
    found = make_fit()
    write_fit(replace(found, **changes(found)), tmp_path / "a.fit.h5")
    with pytest.raises(StoreError, match=says):
        open_fit(tmp_path / "a.fit.h5")


def _array(found, name, values):
    return {"arrays": {**found.arrays, name: values}}


def _drawn(found, **quantiles):
    posterior = with_posterior(found).posterior
    return {"posterior": replace(posterior, quantiles=posterior.quantiles | quantiles)}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (lambda f: {"sets": (replace(f.sets[0], chi2=1.0), f.sets[1])}, "tau: its chi2 is not that of its points"),
        (lambda f: _array(f, "sets/tau/value", 1.01 * f.arrays["sets/tau/value"]), "tau: its chi2"),
        (lambda f: {"goodness": replace(f.goodness, chi2=3.0)}, "chi2 is less than its parts"),
        (lambda f: {"goodness": replace(f.goodness, p_value=0.5)}, "p is not that of chi2"),
        (lambda f: _first(f, low68=1.0), "E_star: its value and its intervals are not in order"),
        (lambda f: _first(f, error=-1.0), "E_star: has an error that cannot be"),
        (lambda f: {"converged": False}, "E_star: has errors, and the fit did not converge"),
        (lambda f: {"arrays": with_posterior(f).arrays} | _drawn(f, chi=(1.0, 2.0, 0.0, 1.0, 2.0)), "chi: its quant"),
    ],
)
def test_numbers_that_do_not_agree_are_found(tmp_path, changes, says):
    found = make_fit()
    write_fit(replace(found, **changes(found)), tmp_path / "a.fit.h5")
    open_fit(tmp_path / "a.fit.h5")
    with pytest.raises(StoreError, match=says) as error:
        verify_fit(tmp_path / "a.fit.h5")
    assert str(error.value).startswith(f"{tmp_path / 'a.fit.h5'}: ")
    assert str(error.value).endswith("; do not use it, fit again")


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("a/gold.fit.h5", "a/gold"),
        ("gold.h5", "gold"),
        ("gold.toml", "gold"),
        ("gold.html", "gold"),
        (".h5", ".h5"),
        ("", "."),
    ],
)
def test_base_of_names(path, base):
    assert str(base_of(path)) == base


def test_kinds_of_files(tmp_path, run_file):
    write_fit(make_fit(), tmp_path / "gold.fit.h5")
    os.mkfifo(tmp_path / "pipe")
    kinds = {name: image.sealed_kind(tmp_path / name) for name in ("gold.fit.h5", "small.h5", "pipe", "none", ".")}
    assert list(kinds.values()) == ["fit file", "run file", "", "", ""]


# What a fit knows of its spec


def test_names_that_no_file_can_hold_are_refused(tmp_path):
    for name in ("a/b", "<b>", "L", "t_exp", "chi", "x" * 41):
        entry = {name: {"file": "tau.csv", "quantity": "1/tau_phi"}}
        write_data(tmp_path)
        with pytest.raises(SpecError, match="cannot be the name of a data set"):
            parse_fit(spec(data=entry), tmp_path)


def test_what_is_fixed_is_told_with_its_unit():
    found = half_fit()
    (held,) = found.held
    assert (held.name, held.unit, held.status, held.value) == ("t_exp", "1/K", "fixed", found.fixed["t_exp"])
    assert "\n  fixed: t_exp = 2 s\n" in report(found)


def test_fixed_parameters_of_all_kinds(tmp_path):
    write_data(tmp_path)
    data = spec()["fit"]["data"]
    data["tau"] |= {"background": "dephasing"}
    parameters = {
        "n_T": {},
        "E_star": {"fixed": "30 mK"},
        "chi": {"fixed": 0.1},
        "population.parameters.p.low": {"fixed": 1e-6},
        "tau.A": {"fixed": 2.0},
    }
    held = fixed_parameters(parse_fit(spec(data=data, parameters=parameters), tmp_path))
    found = replace(make_fit(), held=held)
    assert "fixed: E_star = 30 mK, chi = 0.1, population.parameters.p.low = 1e-06, tau.A = 2 1/s K^-(2/3)\n" in report(
        found
    )


def test_natural_units_have_no_units(tmp_path):
    made = spec(parameters={"E_star": {}, "chi": {}, "t_exp": {"fixed": 3.0}})
    made["population"]["parameters"]["E"]["high"] = 1.0
    made["material"] = {"chi": 0.05}
    made["fit"]["data"] = {"s": {"file": "s.csv", "quantity": "F"}}
    rows = "\n".join(f"{T},0.1,{0.01 * T},0.001" for T in (0.1, 0.2, 0.4, 0.8))
    (tmp_path / "s.csv").write_text(f"T,f,value,error\n{rows}\n", encoding="utf-8")
    problem = parse_fit(made, tmp_path)
    assert [(p.name, p.unit) for p in problem.model.parameters] == [("E_star", ""), ("chi", "")]


def test_a_spec_from_python_is_kept_as_text(tmp_path):
    assert tomllib.loads(make_fit().source) == json.loads(json.dumps(spec()))
    assert make_fit().overrides == ()
