"""A piece of metal with width, thickness and length: its number of defects follows from n_T."""

import json

import pytest

import tlsmc
from tests.library import assert_fixed_point, small_content
from tlsmc import cli
from tlsmc.errors import SpecError
from tlsmc.spec.reader import parse_spec
from tlsmc.units import natural

WIRE = {"width": "40 nm", "thickness": "20 nm", "length": "1 um"}
#: n_T by Eqs. 5 and 6 from 3 ns, as in the tests of the metal, and L = ln(2 + ...) of p_min = 1e-12.
GOLD = {"preset": "paper", "chi": 0.03, "dephasing_time": "3 ns"}


def _content(material=GOLD | WIRE, defects=None, p_min=1e-12):
    content = small_content(p_min=p_min, observables={"dephasing": {"temperature": ["1 mK"]}})
    population = content["population"]
    del population["defects"]
    population["parameters"]["E"]["high"] = "20 mK"
    if defects is not None:
        population["defects"] = defects
    return content | {"material": material}


def _message(content):
    with pytest.raises(SpecError) as caught:
        parse_spec(content)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_lengths():
    assert natural("1 um", "length") == pytest.approx(1e-4, rel=1e-14)
    assert natural("30 nm", "length") == pytest.approx(3e-6, rel=1e-14)
    assert natural(0.5, "length") == 0.5


def test_the_number_is_n_T_V_L():
    spec = parse_spec(_content())
    # E* tau_phi = 7.86 makes tau_in = tau_phi; n_T = 3 pi/8/chi x hbar/(eps_F tau) n_e, and L = ln(4e12)/2.
    n_T = 3.0 * 3.141592653589793 / 8.0 / 0.03 * (1.054571817e-34 / 3e-9) / (5.0 * 1.602176634e-19) * 3e22
    expected = n_T * (4e-6 * 2e-6 * 1e-4) * 14.508657738524219
    assert spec.metal.defect_density == pytest.approx(n_T, rel=1e-8)
    assert spec.layout.defects == round(expected) == 600
    assert spec.resolved()["population"]["defects"] == 600


def test_natural_units_go_by_any_unit_of_length():
    material = {"chi": 0.3, "defect_density": 8.0, "width": 5.0, "thickness": 2.0, "length": 1.5}
    content = _content(material)
    content["population"]["parameters"]["E"]["high"] = 1.0
    content["observables"]["dephasing"]["temperature"] = [0.1]
    spec = parse_spec(content)
    assert spec.layout.defects == round(120.0 * spec.population.defects_per_n_T)
    assert_fixed_point(spec)


def test_a_tiny_piece_has_one_defect():
    spec = parse_spec(_content(GOLD | WIRE | {"length": "1 pm"}))
    assert spec.layout.defects == 1
    assert_fixed_point(spec)


def test_the_resolved_spec_has_number_and_volume():
    spec = parse_spec(_content())
    assert_fixed_point(spec)
    resolved = spec.resolved()
    assert {"width", "thickness", "length"} < set(resolved["material"])
    changed = json.loads(json.dumps(resolved))
    changed["population"]["defects"] = 601
    assert "601" in _message(changed)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (_content(defects=1000), ["population.defects", "1000", "600", "[material]", "give one of the two"]),
        (_content(GOLD | {"width": "1 um", "length": "1 um"}), ["material.thickness", "missing", "width and length"]),
        (_content({"chi": 0.03} | WIRE), ["material.defect_density", "missing", "dephasing_time"]),
        (_content(GOLD | WIRE | {"length": "100 km"}), ["material", "1e12", "smaller"]),
        (_content(GOLD | WIRE | {"width": "3 K"}), ["material.width", "'3 K'", "30 nm"]),
        (_content(GOLD | WIRE | {"width": "0 nm"}), ["material.width", "not positive"]),
        (_content(GOLD), ["population.defects", "missing"]),
    ],
)
def test_refusals(content, says):
    message = _message(content)
    for words in says:
        assert words in message


def test_a_wire_cannot_be_resumed_to_another_number(tmp_path):
    spec = parse_spec(_content())
    run = tlsmc.run(spec, tmp_path / "wire.h5", progress=False)
    assert run.defects == 600
    assert tlsmc.open_run(run.path).spec == spec
    with pytest.raises(SpecError, match=r"population\.defects: 5000 are not the 600"):
        tlsmc.resume(run.path, defects=5000, progress=False)
    assert tlsmc.resume(run.path, samples=2, progress=False).defects == 1200


def test_a_report_shows_the_piece(tmp_path):
    pytest.importorskip("matplotlib")
    run = tlsmc.run(parse_spec(_content()), tmp_path / "wire.h5", progress=False)
    assert cli.main(["report", run.path]) == 0
    page = (tmp_path / "wire.html").read_text(encoding="utf-8")
    for words in ("thickness of a sample", "40 nm", "20 nm", "1 um"):
        assert words in page
