"""Joint laws of T_K and Delta, written by the user as a function in a file."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tlsmc
from tests.library import kondo_content
from tests.populations import joint_laws
from tests.populations.examples import PAIRS, unit_points
from tlsmc.errors import SpecError, ValidityError
from tlsmc.populations.joint import Joint
from tlsmc.populations.kondo import Kondo
from tlsmc.spec.reader import parse_spec

LAWS = Path(joint_laws.__file__)


def _joint(name, folder=LAWS.parent, **kwargs):
    given = {"function": f"{LAWS.name}:{name}", "T_K": 2.0, "Delta": 0.5} | kwargs
    return Kondo({"joint": Joint(folder=str(folder), **given)})


def test_joint_law_maps_the_unit_square():
    points = unit_points("joint")
    expected = joint_laws.correlated(points)
    for population in (_joint("correlated"), Kondo.from_joint(joint_laws.correlated, T_K=2.0, Delta=0.5)):
        columns = population.columns(points)
        np.testing.assert_array_equal(columns["T_K"], 2.0 * expected[0])
        np.testing.assert_array_equal(columns["Delta"], 0.5 * expected[1])
        assert (population.E_star, population.Delta_star) == (2.0, 0.5)
        assert population.columns(np.zeros((2, 0)))["T_K"].shape == (0,)


def test_a_function_and_its_name_are_the_same_law():
    assert Kondo.from_joint(joint_laws.correlated, T_K=2.0, Delta=0.5) == _joint("correlated")
    assert _joint("correlated") != _joint("correlated", T_K=2.1)
    assert _joint("correlated") != _joint("independent")


def test_joint_law_of_independent_parameters_is_eq_19():
    points = unit_points("independent")
    made = _joint("independent", T_K=1.0, Delta=3.0).columns(points)
    for key, column in Kondo(PAIRS["exponential"]).columns(points).items():
        np.testing.assert_allclose(made[key], column, rtol=1e-14)


def test_joint_law_has_no_density():
    population = _joint("correlated")
    with pytest.raises(ValidityError, match=r"joint_laws\.py:correlated: no density"):
        population.nodes(1.0)
    for method in ("ppf", "pdf", "cdf"):
        with pytest.raises(ValidityError, match="only be sampled"):
            getattr(population.laws["joint"], method)(np.array([0.5]))
    with pytest.raises(ValidityError, match="only be sampled"):
        _ = population.laws["joint"].support


BAD = {
    "one_row": r"returned the shape \(8,\) for points \(2, 8\)",
    "transposed": r"returned the shape \(8, 2\)",
    "not_a_number": r"T_K = nan at \(",
    "infinite": r"Delta = inf at \(",
    "zero": r"Delta = 0\.0 at \(",
    "negative": r"T_K = -",
    "text": "ValueError",
    "failing": "RuntimeError: two lines",
    "noisy": "other values when called again",
    "CONSTANT": "defines no function 'CONSTANT'",
    "missing": "defines no function 'missing'",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_functions_are_refused_in_one_line(name):
    with pytest.raises(SpecError, match=BAD[name]) as caught:
        _joint(name).columns(unit_points("bad"))
    assert str(caught.value).startswith(f"joint law joint_laws.py:{name}: ")
    assert "\n" not in str(caught.value)


def test_a_bad_value_beyond_the_first_points_is_found():
    with pytest.raises(SpecError, match="T_K = nan"):
        _joint("rarely_bad").columns(unit_points("rare"))


def test_a_function_cannot_spoil_the_points():
    points = unit_points("spoil")
    before = points.copy()
    _joint("spoiling").columns(points)
    np.testing.assert_array_equal(points, before)


@pytest.mark.parametrize("reference", ["sample", "law.py", ":sample", "law.py:", "law.py:a.b", "law.py:no such"])
def test_bad_references_are_refused(reference):
    with pytest.raises(SpecError, match="is not FILE:NAME"):
        Joint(function=reference, T_K=1.0, Delta=1.0)


@pytest.mark.parametrize("scale", ["T_K", "Delta"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_bad_scales_are_refused(scale, value):
    with pytest.raises(SpecError, match=f"{scale} = "):
        _joint("correlated", **{scale: value})


def test_functions_without_a_name_in_a_file_are_refused():
    def local(points):
        return points

    for function in (lambda points: points, local, np.sqrt, Kondo.columns, "sample"):
        with pytest.raises(SpecError, match="top level of a file"):
            Kondo.from_joint(function, T_K=1.0, Delta=1.0)
    namespace = {}
    exec("def typed(points): return points", namespace)
    with pytest.raises(SpecError, match="no source file"):
        Kondo.from_joint(namespace["typed"], T_K=1.0, Delta=1.0)


@pytest.fixture
def copied(tmp_path):
    """A spec beside its law, in a folder of its own."""
    shutil.copy(LAWS, tmp_path / "law.py")
    content = kondo_content(joint={"function": "law.py:correlated", "T_K": "1 K", "Delta": "200 mK"})
    content["observables"]["kondo_dephasing"]["temperature"] = ["10 mK", "100 mK"]
    return content, tmp_path


def test_a_spec_names_the_joint_law(copied):
    content, folder = copied
    spec = parse_spec(content, folder)
    assert spec.in_kelvin
    assert spec.population == _joint("correlated", folder, function="law.py:correlated", T_K=1.0, Delta=0.2)
    entry = spec.resolved()["population"]["parameters"]["joint"]
    assert entry | {"sha256": ""} == {
        "law": "joint",
        "function": "law.py:correlated",
        "T_K": "1.0 K",
        "Delta": "0.2 K",
        "sha256": "",
    }


def test_resolved_is_a_fixed_point_wherever_the_file_is(copied):
    content, folder = copied
    spec = parse_spec(content, folder)
    again = parse_spec(json.loads(json.dumps(spec.resolved())), Path("/nowhere"))
    assert again == spec
    assert again.hash() == spec.hash()


def test_another_file_is_another_law(copied):
    content, folder = copied
    first = parse_spec(content, folder)
    with (folder / "law.py").open("a") as file:
        file.write("\n# one more line\n")
    assert parse_spec(content, folder).hash() != first.hash()
    with pytest.raises(SpecError, match=r"law\.py:correlated: the file has changed"):
        first.population.columns(unit_points("changed"))


def test_reading_executes_nothing(copied):
    content, folder = copied
    (folder / "law.py").write_text("raise SystemExit('executed')\n")
    spec = parse_spec(content, folder)
    assert parse_spec(spec.resolved(), folder) == spec
    with pytest.raises(SystemExit, match="executed"):
        spec.population.columns(unit_points("executed"))


@pytest.mark.parametrize(("name", "wanted"), [("none.py", "is not a file"), (".", "is not a file")])
def test_a_missing_file_is_refused_at_once(copied, name, wanted):
    content, folder = copied
    content["population"]["parameters"]["joint"]["function"] = f"{name}:sample"
    with pytest.raises(SpecError, match=rf"population\.parameters\.joint: .*{wanted}"):
        parse_spec(content, folder)


@pytest.mark.parametrize("key", ["folder", "live", "mean"])
def test_unknown_keys_of_a_joint_law_are_refused(copied, key):
    content, folder = copied
    content["population"]["parameters"]["joint"][key] = "x"
    with pytest.raises(SpecError, match=rf"population\.parameters\.joint\.{key}: unknown key"):
        parse_spec(content, folder)


@pytest.mark.parametrize("sampling", ["random", "sobol"])
def test_a_run_with_a_joint_law_can_be_repeated_from_its_file(copied, sampling):
    content, folder = copied
    content["population"]["sampling"] = sampling
    run = tlsmc.run(parse_spec(content, folder), folder / "joint.h5", progress=False)
    (folder / "law.py").rename(folder / "kept.py")
    stored = tlsmc.open_run(folder / "joint.h5")
    assert stored.digest() == run.digest()
    assert stored.spec == run.spec
    assert np.isnan(stored["kondo_dephasing"].exact).all()
    (folder / "kept.py").rename(folder / "law.py")
    again = tlsmc.run(parse_spec(stored.spec.resolved(), folder), progress=False)
    assert again.digest() == run.digest()
