"""The README is true: its commands run, its examples work, its tables agree with the code."""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import MISSING
from pathlib import Path

import pytest

import tlsmc
from tests.library import ROOT
from tlsmc import cli, closed_forms
from tlsmc.populations.fields import described
from tlsmc.results.run import curve_names
from tlsmc.spec.material import MATERIAL_KINDS, PRESETS
from tlsmc.spec.registry import LAWS, MODELS, OBSERVABLES
from tlsmc.spec.spec import GriddedObservable
from tlsmc.spec.table import Table
from tlsmc.units import KINDS, natural

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)

#: Files that the README asks the reader to write, and their contents.
EXAMPLES = {
    content.partition("\n")[0].removeprefix("# "): content.partition("\n")[2]
    for kind, content in BLOCKS
    if content.startswith("# tlsmc/")
}

#: A spec with no more than it must have.
LEAST = """
seed = 1
[population]
model = "tunnelling"
defects = 10
[population.parameters]
E = { law = "uniform", high = 1.0 }
p = { law = "tunnelling" }
[observables.heat_capacity]
temperature = { start = 0.1, stop = 1.0, points = 3 }
"""


def blocks(language):
    """Contents of the code blocks of a language, in order."""
    return [content for kind, content in BLOCKS if kind == language]


def table(heading):
    """Rows of the table that begins with this header, as dictionaries with the marks of code taken away."""
    lines = TEXT.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    header, _, *rows = (_cells(line) for line in lines[start : lines.index("", start)])
    return [dict(zip(header, row, strict=True)) for row in rows]


def _cells(line):
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _code(cell):
    return re.findall(r"`([^`]*)`", cell)


# Set-up


def test_set_up_is_two_lines_of_commands():
    (run,), (test,) = (content.splitlines() for content in blocks("bash") if "venv" in content)
    for line, last in (
        (run, ".venv/bin/tlsmc run runs/gold_wire.toml"),
        (test, ".venv/bin/python -m pytest -n 2 --dist loadfile"),
    ):
        make, install, use = line.split(" && ")
        assert make == "python3.11 -m venv .venv"
        assert re.fullmatch(r"\.venv/bin/pip install (-e )?'\.\[(plot|test)\]'", install)
        assert use == last
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"plot", "test"} <= set(content["project"]["optional-dependencies"])
    assert content["project"]["requires-python"] == ">=3.11"


def test_the_picture_and_all_links_are_there():
    links = [link for link in re.findall(r"\]\(([^)]*)\)", TEXT) if "://" not in link]
    assert "analysis/figures/gold_wire.svg" in links
    for name in (*links, *re.findall(r"`((?:analysis|runs|tests|tlsmc)/[\w/.]+)`", TEXT)):
        assert (ROOT / name).exists() or name in EXAMPLES, name
    assert (ROOT / "analysis/figures/gold_wire.svg").stat().st_size < 300 * 1024


# The tour


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """The folder in which the commands of the tour have run, and what each printed."""
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("tour")
    commands = [line for content in blocks("bash") if "venv" not in content for line in content.splitlines()]
    printed = {}
    for line in commands:
        program, *arguments = shlex.split(line)
        assert program == "tlsmc"
        done = subprocess.run(
            [_installed(), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        # A run says beforehand what it is going to record; nothing else may be there to complain of.
        complaints = [words for words in done.stderr.splitlines() if not words.startswith("recording trajectories: ")]
        assert (done.returncode, complaints) == (0, []), line
        printed[line] = done.stdout
    return folder, printed


def _installed():
    """The command as it was installed with the interpreter that runs the tests."""
    program = Path(sys.executable).with_name("tlsmc")
    assert program.exists(), "tlsmc is not installed in this environment; pip install -e '.[test]'"
    return str(program)


def test_the_main_job_runs(tmp_path):
    (line,) = (content for content in blocks("bash") if "gold_wire" in content)
    program, *arguments = shlex.split(line.rpartition(" && ")[2])
    assert program == ".venv/bin/tlsmc"
    arguments = [str(ROOT / part) if part.endswith(".toml") else part for part in arguments]
    subprocess.run([_installed(), *arguments, "--defects", "3000"], cwd=tmp_path, check=True, capture_output=True)
    assert [p.name for p in tmp_path.iterdir()] == ["gold_wire.h5"]
    assert tlsmc.open_run(tmp_path / "gold_wire.h5").complete


def test_the_tour_prints_what_the_readme_shows(tour):
    _, printed = tour
    (show,) = (out for line, out in printed.items() if line.startswith("tlsmc show"))
    (compared,) = (out for line, out in printed.items() if line.startswith("tlsmc compare"))
    shown, comparison = blocks("text")
    assert shown in show
    for part in comparison.split("...\n"):
        assert part in compared


def test_the_tour_writes_what_the_readme_says(tour):
    folder, printed = tour
    names = {p.name for p in folder.iterdir()}
    assert {"my.toml", "my.h5", "my-attenuation.relaxation.svg", "my.heat_capacity.csv"} <= names
    assert {"fit-fitted.fit.h5", "fit-fitted.toml", "fit-fitted.html", "both.html"} <= names
    for line in ("tlsmc plot", "tlsmc export"):
        files = next(out for command, out in printed.items() if command.startswith(line)).split()
        assert files
        assert set(files) <= names


def test_python_blocks_run(tour, monkeypatch, capsys):
    pytest.importorskip("xarray")
    monkeypatch.chdir(tour[0])
    namespace = {}
    for content in blocks("python"):
        if not content.startswith("# tlsmc/"):
            exec(compile(content, "README.md", "exec"), namespace)
    out = capsys.readouterr().out
    assert "Eq. 15" in out
    assert "('sample', 'block', 'component', 'temperature', 'frequency')" in out
    # 2 s of defects are enough for five errors, a false alarm of 6e-7.
    relaxation = namespace["result"].printed[0]
    assert abs(relaxation.ratio - 0.5) < 5.0 * relaxation.ratio_error


# Extending


def test_the_examples_of_a_law_and_an_observable_work(tmp_path):
    package = tmp_path / "tlsmc"
    shutil.copytree(ROOT / "tlsmc", package, ignore=shutil.ignore_patterns("__pycache__"))
    assert list(EXAMPLES) == ["tlsmc/populations/laws/triangular.py", "tlsmc/observables/entropy.py"]
    for name, code in EXAMPLES.items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    spec = LEAST.replace('law = "uniform", high = 1.0', 'law = "triangular", high = "20 mK"')
    spec = spec.replace("observables.heat_capacity", "observables.entropy").replace("defects = 10", "defects = 100_000")
    (tmp_path / "spec.toml").write_text(spec.replace("0.1, stop = 1.0", '"2 mK", stop = "20 K"'), encoding="utf-8")
    script = (
        "import json, sys, tlsmc\n"
        f"assert tlsmc.__file__.startswith({str(tmp_path)!r})\n"
        "from tlsmc.diagnostics.comparison import compare\n"
        "run = tlsmc.run(tlsmc.load_spec('spec.toml'), 'out.h5')\n"
        "curve = tlsmc.open_run('out.h5')['entropy']\n"
        "law, result = run.spec.population.laws['E'], compare(run)['entropy']\n"
        "chances = [0.01 * k for k in range(1, 100)]\n"
        "error = max(abs(float(law.cdf(law.ppf(u))) - u) for u in chances)\n"
        "step = 1e-5 * law.high\n"
        "middle = [(float(law.ppf(u)), float(law.pdf(law.ppf(u)))) for u in chances]\n"
        "slope = max(abs((law.cdf(x + step) - law.cdf(x - step)) / (2 * step * y) - 1) for x, y in middle)\n"
        "print(json.dumps([float(curve.exact[-1]), float(curve.mean[-1]), result.verdict, error, float(slope)]))\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    exact, mean, verdict, quantile, slope = json.loads(done.stdout)
    # ln 2 for each of L = ln(4/p_min)/2 defects far above the band, whatever the law: both are known.
    assert exact == pytest.approx(0.693147 * 14.508658, rel=1e-5)
    assert mean == pytest.approx(exact, rel=1e-6)
    assert verdict == "agrees"
    assert quantile < 1e-12
    assert slope < 1e-6


# The reference


def _expected(rows, expected):
    """The rows of a table are the expected ones, in that order."""
    assert rows == expected, "the README should say: " + "\n".join(map(str, expected))


def test_sections_and_keys(monkeypatch):
    asked = {}
    finish = Table.finish

    def recorded(self):
        asked.setdefault(self.place, []).extend(key for key in self._known if key not in asked.get(self.place, ()))
        finish(self)

    monkeypatch.setattr(Table, "finish", recorded)
    spec = tlsmc.parse_spec(tomllib.loads(LEAST))
    rows = table("section")
    for section in ("", "population"):
        given = [key for row in rows for key in _code(row["key"]) if _code(row["section"]) == [section] * bool(section)]
        assert sorted(given) == sorted(asked[section])
    assert sorted(_code(row["key"])[0] for row in table("key | default | meaning")) == sorted(
        asked["observables.heat_capacity.temperature"]
    )
    resolved = spec.resolved()
    for row in rows:
        content = resolved[row["section"].strip("`")] if row["section"] else resolved
        (default,) = _code(row["default"]) or [""]
        given = tomllib.loads(LEAST).get(row["section"].strip("`"), {}) if row["section"] else tomllib.loads(LEAST)
        key = row["key"].strip("`")
        if default:
            assert key not in given
            assert tomllib.loads(f"value = {default}")["value"] == content[key]
        elif not row["default"]:
            assert key in given


def test_grid_defaults():
    rows = {row["key"].strip("`"): _code(row["default"]) for row in table("key | default | meaning")}
    assert {key for key, default in rows.items() if default} == {"spacing"}
    grid = tlsmc.parse_spec(tomllib.loads(LEAST)).gridded("heat_capacity").temperature
    assert grid == pytest.approx([0.1, 10**-0.5, 1.0])
    assert rows["spacing"] == ['"log"']


def test_a_key_without_default_is_required():
    for name in (_code(row["key"])[0] for row in table("section") if not row["default"]):
        content = tomllib.loads(LEAST)
        (content if name in content else content["population"]).pop(name)
        with pytest.raises(tlsmc.SpecError, match=rf"^(population\.)?{name}: is missing"):
            tlsmc.parse_spec(content)


def test_kinds_of_quantities():
    assert [row["kind"] for row in table("kind")] == list(KINDS)
    for row in table("kind"):
        (example,) = _code(row["example"])
        assert natural(tomllib.loads(f"value = {example}")["value"], row["kind"]) > 0.0


def test_models():
    expected = []
    for name in MODELS.names():
        kind = MODELS.find(name)
        sets = " or ".join(f"`{', '.join(names)}`" for names in kind.PARAMETERS)
        kinds = ", ".join(f"`{key}` {of}" for key, of in kind.KINDS.items())
        expected.append({"model": f"`{name}`", "parameters": sets, "kinds": kinds})
    _expected(table("model"), expected)


def test_laws():
    expected = []
    for name in LAWS.names():
        parameters = described(LAWS.find(name))
        kinds = ", ".join(f"`{field.name}` {info.kind}" for field, info in parameters)
        defaults = ", ".join(f"`{f.name} = {_toml(f.default)}`" for f, _ in parameters if f.default is not MISSING)
        expected.append({"law": f"`{name}`", "parameters": kinds, "default": defaults})
    keys = ("law", "parameters", "default")
    _expected([{key: row[key] for key in keys} for row in table("law")], expected)


def _toml(value):
    return f'"{value}"' if isinstance(value, str) else "[]" if value == () else repr(value)


def test_characteristic_values_of_laws():
    from tests.populations.laws.examples import good_laws

    meaning = {row["law"].strip("`"): row["E\\*"] for row in table("law")}
    for label, law in good_laws().items():
        said = meaning[label.rpartition("-")[0]]
        if said == "mean":
            assert law.characteristic == law.expectation
        else:
            assert law.characteristic == (1.0 if said == "1" else getattr(law, said))


def test_material():
    rows = {row["key"].strip("`"): row["kind"] for row in table("key | kind")}
    assert rows.pop("preset") == "name"
    assert rows == MATERIAL_KINDS


def test_presets():
    rows = table("preset")
    assert [row["preset"].strip("`") for row in rows] == sorted(PRESETS)
    for row in rows:
        given = {key.strip("`"): row[key].strip("`") for key in ("`electron_density`", "`fermi_energy`")}
        assert given == PRESETS[row["preset"].strip("`")]


def test_observables():
    expected = []
    for name in OBSERVABLES.names():
        kind = OBSERVABLES.find(name)
        needs = [f"`{info.material}`" for _, info in described(kind) if info.material]
        options = [_option(f, info) for f, info in described(kind) if not info.material]
        gridded = GriddedObservable(name, kind, (), ())
        expected.append(
            {
                "observable": f"`{name}`",
                "axes": ", ".join(kind.AXES),
                "needs": ", ".join(needs),
                "option: values, the default first": "; ".join(options),
                "curves": ", ".join(f"`{curve}`" for curve in curve_names(gridded)),
            }
        )
    _expected(table("observable"), expected)


def _option(field, info):
    """An option as the table shows it: its values, or the kind of quantity that it is and its default, if any."""
    if info.options:
        values = [field.default, *(o for o in info.options if o != field.default)]
        return f"`{field.name}`: " + ", ".join(f"`{value}`" for value in values)
    default = "" if field.default is MISSING else f", `{field.default!r}`"
    return f"`{field.name}`: {info.kind}{default}"


def test_every_observable_is_explained():
    for name in OBSERVABLES.names():
        assert f"\n* `{name}`: " in TEXT


def _subcommands():
    (action,) = (a for a in cli.parser()._actions if isinstance(a, argparse._SubParsersAction))
    return action.choices


def test_commands():
    expected = []
    for name, command in _subcommands().items():
        shown, options = [name], []
        for action in command._actions:
            if not action.option_strings:
                word = action.dest.upper()
                shown.append(f"[{word}]" if action.nargs == "?" else word)
            elif "--help" not in action.option_strings:
                options.append("`" + "/".join(action.option_strings) + "`")
        expected.append({"command": f"`tlsmc {' '.join(shown)}`", "options": ", ".join(options)})
    _expected([{key: row[key] for key in ("command", "options")} for row in table("command")], expected)


def test_exit_statuses():
    codes = {value for name, value in vars(cli).items() if name.startswith("EXIT_")}
    assert [int(row["exit status"]) for row in table("exit status")] == sorted({0} | codes)


def test_every_closed_form_is_named():
    for name in closed_forms.__all__:
        assert re.search(rf"\b{name}\b", TEXT), name


def test_numbers_in_the_prose():
    from tlsmc.diagnostics.comparison import _BLOCKS_PER_MODE, FALSE_ALARM, FEWEST_EFFECTIVE, FINEST, VARIANCE_LIMIT
    from tlsmc.populations.laws.tunnelling import Tunnelling
    from tlsmc.populations.sampling.streams import MAX_SCRAMBLES

    prose = " ".join(TEXT.split())
    for words in (
        f"fewer than {FEWEST_EFFECTIVE} defects effectively contribute",
        f"below {FINEST:g} of the value".replace("e-09", "e-9"),
        f"`differs` if p < {FALSE_ALARM:g}",
        f"one for every {_BLOCKS_PER_MODE} blocks",
        f"at most {MAX_SCRAMBLES} independent scrambles",
        f"1 GHz is {natural('1 GHz', 'frequency'):.5f} K",
        f"1 ns is {natural('1 ns', 'time'):.1f}/K",
        f"L = {Tunnelling().log_range:.1f} for p_min = 1e-12",
    ):
        assert words in prose, words
    assert VARIANCE_LIMIT == 0.5
