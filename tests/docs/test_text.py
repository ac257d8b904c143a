"""What stands in marks of code within the text exists, links lead somewhere, and the README keeps its size."""

import ast
import contextlib
import functools
import importlib.util
import inspect
import re
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

import tlsmc
from tests.docs.keys import asked
from tests.docs.pages import EXAMPLES, PAGES, README, ROOT, TOPICS
from tests.docs.tables import commands
from tlsmc import closed_forms, diagnostics, fitting, observables, reporting, units
from tlsmc.cli import parser
from tlsmc.errors import SpecError
from tlsmc.fitting.parameters import aliases
from tlsmc.measurements.backgrounds import BACKGROUNDS
from tlsmc.measurements.conversion import portion
from tlsmc.observables.base import Observable
from tlsmc.observables.kernels import KERNELS
from tlsmc.observables.quantities import QUANTITIES
from tlsmc.populations import laws
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.populations.laws.base import Law
from tlsmc.spec.material import PRESETS
from tlsmc.spec.registry import LAWS, MODELS, OBSERVABLES
from tlsmc.units import KINDS, natural

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

#: Words that stand for what the reader has, and those of other programs.
PLACEHOLDERS = {"NAME", "KEY", "VALUE", "FILE.d/", ".h5", ".fit.h5", "[observables.NAME]", "{ fixed = value }"}
OTHERS = {"pytest", "arb.", "%", ".", ",", "nan", "Total", "LICENSE", "pyproject.toml", ".ci/run", "lint-imports"}
PLACEHOLDERS |= {"function", "sample", "add_arguments(parser)", "run(options)"}
SUFFIXES = ("csv", "h5", "html", "py", "toml")
#: Verdicts, and a group of a run file.
RESULTS = {"differs", "refused", "/trajectories", "error: place: value, bound; remedy"}
#: Symbols of the paper that are names in the code.
SYMBOLS = {"Gamma", "T", "omega", "Omega", "theta", "L", "n_T"}


# The README


def test_the_readme_is_short():
    assert README.text.count("\n") <= 150
    assert len(README.text.encode()) <= 10_000


def test_every_page_answers_one_question():
    for number, (topic, page) in enumerate(TOPICS.items(), 1):
        title, _, answers = page.text.partition("\n")[0].removeprefix("# ").partition(": ")
        assert page.path.name.startswith(f"{number:02}-"), topic
        assert title
        assert answers, topic
        assert f"[`{topic}`]({page.name})" in README.text


# Links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in page.links:
        assert "://" in link or (page.path.parent / link).exists(), link
    for topic in re.findall(r"tlsmc help ([\w-]+)`\]", page.text):
        assert f"[`tlsmc help {topic}`]({TOPICS[topic].path.name})" in page.text


def test_pictures():
    for page in PAGES:
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", page.text):
            assert (page.path.parent / picture).stat().st_size < 300 * 1024
    assert "](analysis/figures/gold_wire.svg)" in README.text


# Code within the text


@functools.cache
def words():
    """Names that the program knows."""
    registries = (LAWS, MODELS, OBSERVABLES)
    kinds = [registry.find(name) for registry in registries for name in registry.names()]
    options = [one for kind in kinds for one in described(kind)]
    rooms = (tlsmc, closed_forms, diagnostics, fitting, reporting, fitting.Fit, *kinds)
    rooms += (observables.base, observables.program, laws.base, units, Law, Observable, Population)
    package = ROOT / "tlsmc"
    known = {
        *(name for registry in registries for name in registry.names()),
        *(kind.__name__ for kind in (*kinds, Law, Observable, Population)),
        *(field.name for field, _ in options),
        *(value for _, info in options for value in info.options),
        *(part for kind in kinds for part in (*getattr(kind, "COMPONENTS", ()), *getattr(kind, "SUMS", ()))),
        *(name for room in rooms for name in dir(room) if not name.startswith("_")),
        *(field.name for field in fields(fitting.Fit)),
        *(word for page in PAGES for text in page.blocks("text") for word in text.split()),
        *(path.stem for path in map(Path, EXAMPLES)),
        *units.AXES,
        *(name for model in MODELS.names() for name in MODELS.find(model).KINDS),
        *(file.stem for folder in (package, ROOT / "runs") for file in folder.iterdir()),
        *(alias for study in ("quickstart", "kondo_gold") for alias in _aliases(study)),
        *(key for place, keys in asked()[0].items() for key in (*place.split("."), *keys)),
        *asked()[1],
    }
    known = known.union(PRESETS, KERNELS, QUANTITIES, KINDS, BACKGROUNDS, TOPICS, commands())
    known |= {registry.group for registry in registries}
    return known.union(PROJECT["optional-dependencies"], PLACEHOLDERS, OTHERS, RESULTS, SYMBOLS)


def _aliases(study):
    return aliases(tlsmc.load_spec(ROOT / "runs" / f"{study}.toml").population)


def is_known(text):
    return any(check(text) for check in (is_word, is_command, is_option, is_path, is_file, is_toml, is_python))


def is_word(text):
    bare = text.strip("[]\"'")
    dotted = not bare.startswith("tlsmc") and set(bare.split(".")) <= words()
    return text in words() or dotted or is_quantity(bare)


def is_quantity(text):
    for kind in KINDS:
        with contextlib.suppress(SpecError):
            natural(text, kind)
            return True
    with contextlib.suppress(SpecError):
        return portion(text, in_kelvin=True) is not None
    return False


def is_command(text):
    if text.startswith("python -m "):
        return importlib.util.find_spec(text.split()[2]) is not None
    program, _, arguments = text.partition(" ")
    if program != "tlsmc" or arguments in ("", "COMMAND --help", *commands()):
        return program == "tlsmc"
    command, _, topic = arguments.partition(" ")
    if command == "help" and topic not in ("TOPIC", *TOPICS):
        return False
    try:
        return parser().parse_args(shlex.split(arguments.replace("TOPIC", "spec"))) is not None
    except SystemExit as end:
        return end.code == 0


def is_option(text):
    actions = [action for command, _ in commands().values() for action in command._actions]
    return text.split()[0] in {option for action in actions for option in action.option_strings}


def is_path(text):
    path, *arguments = text.removeprefix("pytest ").split()
    # What the set-up makes need not be in every checkout.
    there = path == ".venv/bin/tlsmc" or ("/" in path and (ROOT / path).exists())
    return there and all(re.fullmatch(r"--\w+|\d+", word) for word in arguments)


def is_file(text):
    """Whether a file is one that a command or a spec of some page names, or comes from one of those."""
    name, _, suffix = text.partition(".")
    blocks = (block for page in PAGES for kind in ("bash", "toml") for block in page.blocks(kind))
    return suffix.rpartition(".")[2] in SUFFIXES and any(f"{name}." in block for block in blocks)


def is_toml(text):
    for attempt in (text, f"fixed = {text}"):
        with contextlib.suppress(tomllib.TOMLDecodeError):
            return all(_is_entry(key, value) for key, value in tomllib.loads(attempt).items())
    return False


def _is_entry(key, value):
    if isinstance(value, dict):
        return all(_is_entry(inner, inside) for inner, inside in value.items())
    if isinstance(value, str):
        return key in words() and (is_word(value) or re.match(r"my_(law|observable)\.py:", value))
    return key in words()


def is_python(text):
    """Code that names what is public."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.alias)}
    names = {name for name in names if re.fullmatch(r"tlsmc[\w.]*", name)}
    return bool(names) and all(_resolves(name) for name in names)


def _resolves(name):
    try:
        return functools.reduce(getattr, name.split(".")[1:], tlsmc) is not None
    except AttributeError:
        return False


#: What the manual knows before the program does.
NOT_YET = ("tlsmc.laws", "tlsmc.observables", "E = { function")
STALE = (
    "tlsmc help lows",
    "colour",
    "lorentzian",
    "tlsmc frobnicate",
    "tlsmc run --colour x",
    "--colour",
    "runs/none.toml",
    "tlsmc.none",
)


@pytest.mark.parametrize("text", [*STALE, 'sampling = "halton"', "colour = 3", "tlsmc.run(tlsmc.none)", "my.colour"])
def test_what_is_not_there_is_noticed(text):
    assert not is_known(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_within_the_text_is_known(page):
    assert [text for text in page.inline if not is_known(text)] == []


def test_public_names_are_told():
    """Every public name is in the manual, and its docstring says what it is."""
    text = "".join(page.text for page in PAGES)
    for room in (tlsmc, closed_forms, diagnostics, fitting, reporting):
        for name in room.__all__:
            assert f"`{room.__name__}.{name}`" in text, name
            assert inspect.getdoc(getattr(room, name))
