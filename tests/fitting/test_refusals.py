"""What cannot be fitted is refused in one line with its place, before anything is computed."""

import numpy as np
import pytest

from tests.fitting.synthetic import content
from tlsmc.errors import SpecError
from tlsmc.fitting.problem import parse_fit
from tlsmc.fitting.procedure import fit

GOOD = "T [mK],value [1/ns],error\n10,0.3,0.01\n20,0.31,0.01\n40,0.33,0.01\n80,0.34,0.01\n"
TAU = {"file": "d.csv", "quantity": "1/tau_phi"}


def _parse(folder, csv=GOOD, data=(), parameters=None, **sections):
    (folder / "d.csv").write_text(csv, encoding="utf-8")
    spec = content(
        data={"d": TAU | dict(data)}, parameters={"E_star": {}} if parameters is None else parameters, **sections
    )
    return parse_fit(spec, folder)


def test_the_good_one_is_good(tmp_path):
    problem = _parse(tmp_path)
    assert problem.model.names == ("E_star",)
    np.testing.assert_allclose(problem.model.sets[0].temperature, [0.01, 0.02, 0.04, 0.08])


@pytest.mark.parametrize(
    ("csv", "pieces"),
    [
        (GOOD.replace("[mK]", "[m]"), ["units.temperature", "'m'", "temperature"]),
        (GOOD.replace("[mK]", "[GHz]"), ["units.temperature", "'GHz'"]),
        (GOOD.replace("[1/ns]", "[ns]"), ["units.value", "'ns'", "a rate", "1/s"]),
        (GOOD.replace("[1/ns]", "[furlong]"), ["units.value"]),
        (GOOD.replace("[1/ns]", "[9**9**9]"), ["units.value", "not a unit"]),
        (GOOD.replace(" [mK]", ""), ["units.temperature", "missing", "unit"]),
        (GOOD.replace(" [1/ns]", ""), ["units.value", "missing"]),
        (GOOD.replace("0.33,0.01", "0.33,-0.01"), ["row 4", "column 'error'", "-0.01", "not above 0"]),
        (GOOD.replace("0.33,0.01", "0.33,0"), ["row 4", "column 'error'", "0 is not above 0"]),
        (GOOD.replace("40,", "-40,"), ["row 4", "column 'T'", "-40"]),
        (GOOD.replace("0.33", "NaN"), ["row 4", "column 'value'", "'NaN'", "missing"]),
        (GOOD.replace("0.33", "0.3.3"), ["row 4", "column 'value'", "'0.3.3'"]),
        (GOOD.replace("0.33,0.01", "0.33"), ["row 4", "2 columns"]),
        (GOOD.replace("error", "spread"), ["no errors", "'T [mK]', 'value [1/ns]', 'spread'", "relative_error"]),
        (GOOD.replace("error", "error [ns]"), ["units.error", "d.csv", "column 'error [ns]'", "'ns'", "a rate"]),
        (GOOD.replace("error", "error [arb.]"), ["units.error", "d.csv", "column 'error [arb.]'", "'1/ns'"]),
        (GOOD.replace("error", "error [%]").replace("0.33,", "0,"), ["row 4", "column 'value'", "per cent of 0"]),
        (GOOD.replace("mK", "degC"), ["units.temperature", "column 'T [degC]'", "offset", "to K"]),
        (GOOD.replace("1/ns", "dB/cm"), ["units.value", "'dB/cm'"]),
        (GOOD.replace("1/ns", "1/"), ["units.value", "'1/'", "not a unit"]),
        (GOOD.replace("error", "rate [1/ns]"), ["columns.value", "'value [1/ns]' and 'rate [1/ns]'"]),
        (GOOD.replace("T [mK]", "omega [Hz]"), ["columns.temperature", "'omega [Hz]'"]),
        (GOOD + "Total,,\n", ["columns.temperature", "row 6", "column 'T'", "'Total'", 'missing = ["Total"]']),
        (GOOD + "end\n", ["d.file", "row 6", "1 columns", 'missing = ["end"]']),
        ("1,2\n" + GOOD, ["d.file", "row 1", "2 columns", "skip = 1"]),
        (GOOD.replace("0.33", "0.\x0033"), ["d.file", "row 4", "NUL"]),
        (GOOD.replace(",", " ").replace("error", "error in spring"), ["row 1", "does not part into 3 headings"]),
        (GOOD.replace("value", "yield"), ["columns.value", "'yield [1/ns]'"]),
        (GOOD.replace("[mK]", "[MK]"), ["2T/E*", "does not overlap", "check the unit"]),
        ("T [mK],value [1/ns],error\n10,-,0.01\n", ["no point"]),
    ],
)
def test_data(tmp_path, csv, pieces):
    with pytest.raises(SpecError) as caught:
        _parse(tmp_path, csv)
    message = str(caught.value)
    for piece in pieces:
        assert piece in message, message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("data", "pieces"),
    [
        ({"quantity": "1/tau"}, ["quantity", "'1/tau_phi'"]),
        ({"file": "no.csv"}, ["file", "No such file"]),
        ({"colums": {}}, ["unknown key", "columns"]),
        ({"columns": {"value": "x"}}, ["columns.value", "'x'"]),
        ({"columns": {"values": 2}}, ["unknown key", "value"]),
        ({"units": {"value": "1/K"}}, ["units.value", "'1/K'"]),
        ({"background": "linear"}, ["background", "'linear'"]),
        ({"error": 0.1}, ["given twice"]),
        ({"range": ["1 K"]}, ["range"]),
        ({"range": ["1 K", "2 K"]}, ["no point"]),
        ({"amplitude": "yes"}, ["amplitude", "true nor false"]),
        ({"options": {"thermal_weight": "odd"}}, ["thermal_weight", "'odd'"]),
        ({"options": {"drive": "paper"}}, ["options", "drive"]),
        ({"curve": "total"}, ["curve", "'total'"]),
        ({"separator": "dot"}, ["separator", "'dot'"]),
        ({"skip": -1}, ["skip", "-1"]),
        ({"skip": 100}, ["file", "d.csv", "no data after its first 100 lines"]),
        ({"volume": "3 mm^3"}, ["volume", "1/tau_phi", "C, C/T"]),
    ],
)
def test_settings_of_the_data(tmp_path, data, pieces):
    with pytest.raises(SpecError) as caught:
        _parse(tmp_path, data=data)
    for piece in ["fit.data.d", *pieces]:
        assert piece in str(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "pieces"),
    [
        ({}, ["no parameter is free"]),
        ({"E_start": {}}, ["E_start", "'E_star'"]),
        ({"E_star": {"strat": 1.0}}, ["E_star", "strat", "start"]),
        ({"E_star": {"start": "2 K", "high": "1 K"}}, ["E_star", "start = 2", "outside"]),
        ({"E_star": {"low": "1 K", "high": "2 K"}}, ["E_star", "0.02", "outside the bounds"]),
        ({"E_star": {"low": "1 K", "high": "1 mK", "start": "0.1 K"}}, ["E_star", "not below high"]),
        ({"E_star": {"start": "-1 K"}}, ["not positive"]),
        ({"E_star": {"start": "1 s"}}, ["E_star.start"]),
        ({"chi": {"high": 2.0}}, ["chi", "beyond 1"]),
        ({"chi": {"fixed": 2.0}}, ["chi", "outside (0, 1]"]),
        ({"chi": {"prior": {"value": 0.1, "factor": 0.5}}}, ["factor", "not above 1"]),
        ({"chi": {}, "material.chi": {}}, ["given twice"]),
        ({"population.parameters.E.width": {}}, ["no number of that law"]),
        ({"population.parameters.X.high": {}}, ["not a parameter of a law"]),
        ({"material.length": {}}, ["material.length", "not known"]),
        ({"t_exp": {}}, ["t_exp", "no start"]),
        ({"d.amplitude": {}}, ["d.amplitude", "not known"]),
        (
            {"E_star": {}, "chi": {}, "n_T": {}, "L": {}, "population.parameters.p.low": {}},
            ["5 parameters", "4 points"],
        ),
    ],
)
def test_parameters(tmp_path, parameters, pieces):
    with pytest.raises(SpecError) as caught:
        _parse(tmp_path, parameters=parameters)
    for piece in ["fit.parameters", *pieces]:
        assert piece in str(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("sections", "pieces"),
    [
        ({"volume": "1 m"}, ["fit.volume", "a volume"]),
        ({"volume": -1.0}, ["fit.volume", "not above 0"]),
        ({"rivals": ["glass"]}, ["fit.rivals"]),
        ({"starts": 0}, ["fit.starts"]),
        ({"stars": 3}, ["fit.stars", "starts"]),
    ],
)
def test_the_section(tmp_path, sections, pieces):
    with pytest.raises(SpecError) as caught:
        _parse(tmp_path, **sections)
    for piece in pieces:
        assert piece in str(caught.value), str(caught.value)


def test_nan_may_be_listed_as_missing(tmp_path):
    problem = _parse(tmp_path, GOOD.replace("0.33", "NaN"), data={"missing": ["nan"]})
    assert (len(problem.model.sets[0]), problem.model.sets[0].skipped) == (3, 1)


def test_a_scale_that_does_not_follow_needs_an_amplitude(tmp_path):
    (tmp_path / "d.csv").write_text(GOOD)
    spec = content(data={"d": TAU}, parameters={"E_star": {}})
    del spec["material"]["defect_density"]
    with pytest.raises(SpecError, match=r"fit\.data\.d\.amplitude: .* amplitude = true"):
        parse_fit(spec, tmp_path)
    spec["fit"]["data"]["d"] = TAU | {"amplitude": True}
    assert parse_fit(spec, tmp_path).model.names == ("E_star", "d.amplitude")
    spec["fit"]["volume"] = "1 um^3"
    with pytest.raises(SpecError, match=r"fit\.volume: .* defect_density"):
        parse_fit(spec, tmp_path)


def test_units_throughout_or_nowhere(tmp_path):
    (tmp_path / "d.csv").write_text("T [mK],frequency,value,error\n10,1,1,1\n")
    spec = content(data={"d": {"file": "d.csv", "quantity": "F", "amplitude": True}}, parameters={"chi": {}})
    with pytest.raises(SpecError, match=r"units\.frequency: is missing"):
        parse_fit(spec, tmp_path)
    spec["population"]["parameters"]["E"]["high"] = 1.0
    spec["material"] = {"chi": 0.1}
    with pytest.raises(SpecError, match="'mK' is a unit, and the spec has none"):
        parse_fit(spec, tmp_path)


def test_a_parameter_that_no_curve_depends_on(tmp_path):
    with pytest.raises(SpecError, match=r"fit\.parameters\.L: no data depend on it"):
        fit(_parse(tmp_path, parameters={"E_star": {}, "L": {}}))
