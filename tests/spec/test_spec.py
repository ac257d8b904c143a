"""Specs: what is filled in, what a hash stands for, and that resolved() is a fixed point."""

import copy
import math
import tomllib
from pathlib import Path

import pytest

from tests.library import BARE, UNITS, assert_fixed_point, changed
from tests.observables.examples import options, variants
from tlsmc.errors import SpecError
from tlsmc.spec.material import PRESETS
from tlsmc.spec.reader import load_spec, parse_spec
from tlsmc.spec.registry import MODELS, OBSERVABLES

RUNS = Path(__file__).parents[2] / "runs"
#: Those of one run each; a sweep is several.
STUDIES = [path for path in sorted(RUNS.glob("*.toml")) if "sweep" not in tomllib.loads(path.read_text("utf-8"))]

E_TABLE, P_TABLE = "population/parameters/E", "population/parameters/p"
GRID = "observables/attenuation/temperature"


@pytest.fixture
def tabulated(tmp_path):
    (tmp_path / "density.csv").write_text("# E in mK\nE,density\n0,1\n10,2.5\n30,1e-3\n")
    law = {"law": "tabulated", "file": "density.csv", "unit": "1 mK"}
    content = copy.deepcopy(UNITS)
    content["population"]["parameters"] = {"E": law, "p": {"law": "tunnelling", "low": 1e-9}}
    return parse_spec(content, folder=tmp_path)


@pytest.mark.parametrize("content", [BARE, UNITS], ids=["bare", "units"])
def test_resolved_is_a_fixed_point(content):
    assert_fixed_point(parse_spec(content))


def test_resolved_carries_a_table_with_it(tabulated, tmp_path):
    (tmp_path / "density.csv").unlink()
    assert_fixed_point(tabulated)
    assert tabulated.resolved()["population"]["parameters"]["E"]["table"] == [[0.0, 1.0], [10.0, 2.5], [30.0, 1e-3]]
    assert tabulated.population.laws["E"].support == pytest.approx((0.0, 0.030))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_resolved_of_the_studies_is_a_fixed_point(path):
    spec = load_spec(path)
    assert spec.source == path.read_text()
    assert_fixed_point(spec)


def test_resolved_of_several_seeds_is_a_fixed_point():
    content = changed("seeds", [[5, 2], [7, 1]])
    del content["seed"]
    content["population"]["samples"] = 3
    spec = parse_spec(content)
    assert_fixed_point(spec)
    assert spec.layout.origin(2) == (7, 0)


def test_resolved_has_every_default():
    resolved = parse_spec(BARE).resolved()
    assert resolved["store"] == "none"
    assert resolved["population"]["samples"] == 1
    assert resolved["population"]["sampling"] == "random"
    assert resolved["population"]["count"] == "fixed"
    assert resolved["population"]["parameters"]["E"] == {"law": "uniform", "low": 0.0, "high": 1.0}
    assert resolved["observables"]["attenuation"] == BARE["observables"]["attenuation"] | {
        "drive": "paper",
        "lineshape": "resonant",
    }
    # Attenuation brings its monitor of overdamped defects along.
    assert resolved["observables"]["linewidth"] == {"temperature": [0.1, 1.0]}
    assert resolved["material"] == {"chi": 0.3}


def test_presets_can_be_changed_entry_by_entry():
    for name, values in PRESETS.items():
        spec = parse_spec(changed("material", {"preset": name, "chi": 0.1}))
        assert spec.material.electron_density == float(values["electron_density"].split()[0])
    mixed = parse_spec(changed("material", {"preset": "gold", "chi": 0.1, "fermi_energy": "2 eV"}))
    assert mixed.material.fermi_energy == pytest.approx(2.0 * 1.602176634e-19 / 1.380649e-23)


def test_the_hash_is_that_of_the_numbers():
    reference = parse_spec(BARE).hash()
    assert parse_spec(changed("title", "another")).hash() == reference
    assert parse_spec(changed("population/samples", 1)).hash() == reference
    assert parse_spec(changed("store", "contributions")).hash() == reference
    assert parse_spec(BARE, source="text", overrides=("a=b",)).hash() == reference
    changes = {
        "seed": 6,
        "population/defects": 1001,
        "population/sampling": "sobol",
        "population/count": "poisson",
        "material/chi": 0.3 + 1e-16,
        GRID: [0.1, 1.0 + 2**-52],
        P_TABLE: {"law": "tunnelling", "low": 1.1e-6},
        "observables/attenuation/drive": "sigma_z",
    }
    hashes = {parse_spec(changed(path, value)).hash() for path, value in changes.items()}
    assert len(hashes | {reference}) == len(changes) + 1


def test_equal_specs_have_equal_hashes_whatever_the_numbers_are_written_as():
    for path, value in ((GRID, [0.1, 1]), (E_TABLE, {"law": "uniform", "high": 1}), ("material/chi", "0.3")):
        assert parse_spec(changed(path, value)) == parse_spec(BARE)
        assert parse_spec(changed(path, value)).hash() == parse_spec(BARE).hash()


def test_dephasing_time_becomes_a_density():
    spec = parse_spec(UNITS)
    # Eq. 5 with hbar/tau_phi = 2.546 mK, E* = 20 mK: E* tau > 1, so tau_in = tau_phi.
    hbar_over_tau = 1.054571817e-34 / 1.380649e-23 / 3e-9
    fermi_energy = 5.53 * 1.602176634e-19 / 1.380649e-23
    expected = 3.0 * math.pi / (8.0 * 0.03) * hbar_over_tau / fermi_energy * 5.90e22
    assert spec.metal.defect_density == pytest.approx(expected, rel=1e-9)
    assert spec.metal.drive_amplitude == pytest.approx(1e-3)


@pytest.mark.parametrize("name", OBSERVABLES.names())
def test_study_by_name(name):
    kind = OBSERVABLES.find(name)
    # Options without a default have to be given.
    content = changed("observables", {name: options(variants(name)[0]) | {axis: [0.5] for axis in kind.AXES}})
    model = kind.MODELS[0]
    if model != "tunnelling":
        parameters = {parameter: {"law": "exponential", "mean": 1.0} for parameter in MODELS.find(model).PARAMETERS[0]}
        content["population"] = {"model": model, "defects": 10, "parameters": parameters}
    spec = parse_spec(content)
    assert_fixed_point(spec)
    assert spec.gridded(name).name == name
    with pytest.raises(SpecError, match=f"no observable 'nothing'; it has .*{name}"):
        spec.gridded("nothing")


class TestLoading:
    SOURCE = (
        'title = "small"\nseed = 1\n[population]\nmodel = "tunnelling"\ndefects = 100\n'
        '[population.parameters]\nE = { law = "uniform", high = 1.0 }\np = { law = "tunnelling" }\n'
        "[observables.heat_capacity]\ntemperature = [0.1, 1.0]\n"
    )

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "run.toml"
        path.write_text(self.SOURCE)
        return path

    def test_overrides_change_one_entry_each(self, path):
        spec = load_spec(path, ("population.defects = 2000", "population.parameters.p.low=1e-3", "title=two words"))
        assert spec.layout.defects == 2000
        assert spec.population.p_min == 1e-3
        assert spec.title == "two words"
        assert spec.source == self.SOURCE
        assert spec.overrides == ("population.defects = 2000", "population.parameters.p.low=1e-3", "title=two words")
        cut = load_spec(path, ("observables.dephasing.temperature=[0.5]",))
        assert cut.gridded("dephasing").axes == {"temperature": (0.5,)}
        assert load_spec(path, ("material.chi=0.1", "material.chi=0.2")).metal.chi == 0.2

    @pytest.mark.parametrize(
        ("setting", "wanted"),
        [
            ("population.defects", "is not KEY=VALUE"),
            ("=3", "is not a dotted key"),
            ("population..defects=3", "is not a dotted key"),
            ("seed.x=3", "seed is not a table"),
            ("population.defects=many", "population.defects: 'many' is not a whole number"),
            ("population.defcts=3", "did you mean 'defects'"),
            ("population.defects=" + "[" * 5000, "population.defects"),
        ],
    )
    def test_bad_overrides(self, path, setting, wanted):
        with pytest.raises(SpecError) as caught:
            load_spec(path, (setting,))
        assert wanted in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300

    def test_unreadable_files(self, tmp_path):
        for name, content in (("not toml", b"[[["), ("not text", b"\xff\xfe\x00"), ("deep", b"a = " + b"[" * 10_000)):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(SpecError, match=f"{name}: (is not TOML|cannot be read)") as caught:
                load_spec(tmp_path / name)
            assert "\n" not in str(caught.value)
        for path in (tmp_path / "missing", tmp_path, tmp_path / "not toml" / "below"):
            with pytest.raises(SpecError, match="cannot be read"):
                load_spec(path)

    def test_tables_are_sought_beside_the_spec(self, path, monkeypatch, tmp_path):
        (tmp_path / "density.csv").write_text("0,1\n1,1\n")
        monkeypatch.chdir("/")
        spec = load_spec(path, ('population.parameters.E={law="tabulated", file="density.csv"}',))
        assert spec.population.laws["E"].support == (0.0, 1.0)
