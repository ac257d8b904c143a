"""Names and classes: a module with one subclass is an entry; nothing is imported, and nothing harms, unasked."""

import json
import subprocess
import sys

import pytest

import tlsmc
from tests.library import changed, copied_package, run_python, small_content
from tlsmc.errors import SpecError
from tlsmc.observables.heat_capacity import HeatCapacity
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.registry import LAWS, MODELS, OBSERVABLES

SPEC = """
seed = 3
[population]
model = "tunnelling"
defects = 2000
[population.parameters]
E = { law = "exponential", mean = "20 mK" }
p = { law = "tunnelling", low = 1e-5 }
[observables.heat_capacity]
temperature = ["5 mK", "50 mK"]
"""

COMMANDS = [
    "run s.toml -o s.h5 --kernel numpy",
    "show s.h5",
    "digest s.h5",
    "verify s.h5",
    "compare s.h5",
    "export s.h5",
]

ASK = f"""
import json, sys
from tlsmc.cli import main
for command in {COMMANDS}:
    assert main(command.split()) == 0, command
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def test_commands_import_only_what_the_spec_names(tmp_path):
    (tmp_path / "s.toml").write_text(SPEC)
    answer = subprocess.run([sys.executable, "-c", ASK], cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = set(json.loads(answer.stderr.splitlines()[-1]))

    def of(registry):
        return {name for name in registry.names() if f"{registry.package}.{name}" in loaded}

    assert of(OBSERVABLES) == {"heat_capacity"}
    assert of(MODELS) == {"tunnelling"}
    # The model of tunnelling defects knows the closed forms of three laws.
    assert of(LAWS) == {"exponential", "log_uniform", "tunnelling", "uniform"}


HELPERS = {
    "observables/helper.py": "def helper():\n    return 3\n",
    "observables/broken.py": "raise RuntimeError('two\\nlines')\n",
    "observables/two.py": "from tlsmc.observables.base import Observable as O\nclass A(O): ...\nclass B(O): ...\n",
    "populations/widths.py": "WIDTHS = (1.0, 2.0)\n",
    "populations/broken.py": "import no_such_module\n",
    "populations/laws/helper.py": "from tlsmc.populations.laws.base import Law\n",
    "populations/laws/broken.py": "1 / 0\n",
}

TRY = """
import json
from tlsmc.cli import main
from tlsmc.errors import SpecError
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.registry import LAWS, MODELS, OBSERVABLES
assert main("run s.toml -o s.h5 --kernel numpy".split()) == 0
says = {}
for registry in (OBSERVABLES, MODELS, LAWS):
    for name in ("helper", "widths", "broken", "two", "nothing"):
        try:
            registry.find(name)
        except SpecError as error:
            says[f"{registry.key} {name}"] = str(error)
print(json.dumps({"names": [registry.names() for registry in (OBSERVABLES, MODELS, LAWS)], "says": says}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Names and messages of a copy of the package with helpers and spoilt files in its folders."""
    folder = copied_package(tmp_path_factory.mktemp("copy"))
    for name, text in HELPERS.items():
        (folder / "tlsmc" / name).write_text(text)
    (folder / "s.toml").write_text(SPEC)
    return json.loads(run_python(TRY, folder, folder).splitlines()[-1])


def test_helpers_and_spoilt_files_harm_nothing_and_are_not_offered(answers):
    assert answers["names"] == [registry.names() for registry in (OBSERVABLES, MODELS, LAWS)]
    for asked, message in answers["says"].items():
        if "broken" not in asked:
            key, name = asked.split()
            assert message.startswith(f"{key} = {name!r} is not known; ")
            for other in ("helper", "widths", "broken", "two"):
                assert other not in message.partition(";")[2]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("observable broken", "RuntimeError: two lines"),
        ("model broken", "ModuleNotFoundError"),
        ("law broken", "ZeroDivisionError"),
    ],
)
def test_a_spoilt_file_is_named_to_who_asks_for_it(answers, asked, says):
    assert answers["says"][asked].startswith(f"{asked.split()[0]} = 'broken' cannot be imported (")
    assert says in answers["says"][asked]


# Entry points ---------------------------------------------------------------------------------------------------------

OFFERED = """
from tlsmc.observables.heat_capacity import HeatCapacity
from tlsmc.populations.laws.exponential import Exponential


class Decaying(Exponential):
    pass


class Heat(HeatCapacity):
    pass


class Nothing:
    pass
"""


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Have a package installed that offers laws and observables; returns how, by its name and entry points."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "offered.py").write_text(OFFERED)
    monkeypatch.delitem(sys.modules, "offered", raising=False)

    def install(package, laws="", observables=""):
        about = tmp_path / f"{package}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[tlsmc.laws]\n{laws}\n[tlsmc.observables]\n{observables}\n")

    return install


def _content():
    content = small_content(observables={"heat": {"temperature": [0.1, 1.0]}})
    return changed("population/parameters/E", {"law": "decaying", "mean": 1.0}, content)


def test_what_is_installed_is_found_by_its_name(offer):
    offer("plugin", "decaying = offered:Decaying", "heat = offered:Heat")
    spec = parse_spec(_content())
    assert type(spec.population.laws["E"]).__name__ == "Decaying"
    assert spec.resolved()["population"]["parameters"]["E"]["law"] == "decaying"
    assert parse_spec(spec.resolved()) == spec
    assert "decaying" in LAWS.names()
    assert "heat" in OBSERVABLES.names()
    with pytest.raises(SpecError, match="did you mean 'decaying'"):
        LAWS.find("decayin")


def test_a_run_of_what_is_installed_is_opened_with_it_only(offer, tmp_path):
    offer("plugin", "decaying = offered:Decaying", "heat = offered:Heat")
    run = tlsmc.run(parse_spec(_content()), tmp_path / "run.h5", kernel="numpy", progress=False)
    own = _content()
    own["observables"] = {"heat_capacity": own["observables"]["heat"]}
    own["population"]["parameters"]["E"]["law"] = "exponential"
    own = tlsmc.run(parse_spec(own), kernel="numpy", progress=False)
    assert (run["heat"].mean == own["heat_capacity"].mean).all()
    assert tlsmc.open_run(tmp_path / "run.h5").digest() == run.digest()
    (tmp_path / "plugin-1.0.dist-info" / "entry_points.txt").unlink()
    with pytest.raises(tlsmc.StoreError, match=r"law = 'decaying' is not known"):
        tlsmc.open_run(tmp_path / "run.h5")


def test_own_names_ask_nobody(offer):
    offer("plugin", "exponential = offered:Decaying", "heat_capacity = offered:Heat")
    assert LAWS.find("exponential") is Exponential
    assert OBSERVABLES.find("heat_capacity") is HeatCapacity


@pytest.mark.parametrize("own", ["exponential", "base"])
def test_a_clash_with_the_own_names_is_refused(offer, own):
    offer("plugin", f"{own} = offered:Decaying\ndecaying = offered:Decaying")
    with pytest.raises(SpecError, match=f"law = '{own}' is offered by the package plugin and tlsmc itself"):
        LAWS.find("decaying")


def test_a_clash_of_two_packages_is_refused(offer):
    offer("plugin", "decaying = offered:Decaying")
    offer("other", "decaying = offered:Decaying")
    with pytest.raises(SpecError, match=r"by the package (plugin and the package other|other and the package plugin);"):
        LAWS.find("decaying")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("offered:Nothing", "is no dataclass derived from Law"),
        ("offered:Heat", "is no dataclass derived from Law"),
        ("offered:Missing", "cannot be imported \\(AttributeError"),
        ("no_such_module:Law", "cannot be imported \\(ModuleNotFoundError"),
    ],
)
def test_what_is_offered_has_to_be_a_law(offer, value, says):
    offer("plugin", f"decaying = {value}")
    with pytest.raises(SpecError, match=f"law = 'decaying' of the package plugin {says}") as caught:
        parse_spec(_content())
    assert "\n" not in str(caught.value)
