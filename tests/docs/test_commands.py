"""Every command and every block of code of the README and the manual works, and prints what is shown."""

import contextlib
import io
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tlsmc
from tests.docs.pages import EXAMPLES, LEAST, PAGES, README, ROOT, TOPICS, content
from tlsmc.cli import main, parser

#: Studies whose commands have output or files that a page shows; the others are run with fewer defects.
WHOLE = ("quickstart", "fit_wire", "samples_wire")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The folder in which all commands have run, page after page, and what each printed; a command is run once."""
    pytest.importorskip("matplotlib")
    folder, printed = tmp_path_factory.mktemp("session"), {}
    with contextlib.chdir(folder):
        for line in (line for page in PAGES for line in commands_of(page)):
            if line not in printed:
                printed[line] = run(line)
    return folder, printed


def commands_of(page):
    return [line for block in page.blocks("bash") if "venv" not in block for line in block.splitlines()]


def run(line):
    """What a command prints; it must not complain."""
    program, *arguments = shlex.split(line)
    assert program == "tlsmc"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    # A run says beforehand what it is going to record; nothing else may be there to complain of.
    complaints = [words for words in err.getvalue().splitlines() if not words.startswith("recording trajectories: ")]
    assert (status, complaints) == (0, []), line
    if arguments[0] == "new" and "-o" in arguments and arguments[1] not in WHOLE:
        spec = Path(arguments[-1])
        spec.write_text(re.sub(r"(?m)^defects = .*", "defects = 5_000", spec.read_text(encoding="utf-8")), "utf-8")
    return out.getvalue()


@pytest.mark.parametrize("page", [page for page in PAGES if page.blocks("text")], ids=lambda page: page.name)
def test_what_is_shown_is_printed(session, page):
    printed = "".join(session[1][line] for line in commands_of(page))
    for block in page.blocks("text"):
        for part in block.split("...\n"):
            assert part in printed


def test_files_are_written(session):
    folder, printed = session
    names = {path.name for path in folder.iterdir()}
    assert {"my.toml", "my.h5", "my-attenuation.relaxation.svg", "my.heat_capacity.csv"} <= names
    assert {"fit-fitted.fit.h5", "fit-fitted.toml"} <= names
    for word in ("plot", "export"):
        files = [
            Path(name) for line, out in printed.items() if line.startswith(f"tlsmc {word}") for name in out.split()
        ]
        assert files
        assert {file.name for file in files} <= names


@pytest.mark.parametrize("page", [page for page in PAGES if page.blocks("python")], ids=lambda page: page.name)
def test_python_runs(session, page, monkeypatch, capsys):
    pytest.importorskip("xarray")
    monkeypatch.chdir(session[0])
    names = {}
    for block in page.blocks("python"):
        if not block.startswith("# tlsmc/"):
            exec(compile(block, page.name, "exec"), names)
    out = capsys.readouterr().out
    if page is TOPICS["run-file"]:
        assert "('sample', 'block', 'component', 'temperature', 'frequency')" in out
    if "result" in names:
        # A false alarm of 6e-7.
        relaxation = names["result"].printed[0]
        assert abs(relaxation.ratio - 0.5) < 5.0 * relaxation.ratio_error


def test_python_of_the_readme_is_ten_lines():
    (block,) = README.blocks("python")
    assert len(block.splitlines()) == 10


# Specs


def merged(into, more):
    for key, value in more.items():
        if (
            isinstance(value, dict)
            and isinstance(into.get(key), dict)
            and "law" not in value
            and "function" not in value
        ):
            merged(into[key], value)
        else:
            into[key] = value
    return into


TOML = [(page, block) for page in PAGES for block in page.blocks("toml")]


@pytest.mark.parametrize(("page", "block"), TOML, ids=lambda value: getattr(value, "name", ""))
def test_specs_are_read(page, block, tmp_path):
    given = tomllib.loads(block)
    if "project" in given:
        return
    if not {"population", "material", "observables", "sweep", "fit"} & set(given):
        given = {"population": {"parameters": given}}
    spec = merged(content(), given)
    if "joint" in spec["population"]["parameters"]:
        spec["population"] |= {"model": "kondo", "parameters": given["population"]["parameters"]}
        spec["observables"] = {"kondo_dephasing": {"temperature": ["1 K"]}}
    spec.setdefault("material", {}).setdefault("chi", 0.03)
    write_files(tmp_path)
    if "sweep" in spec:
        from tlsmc.spec.sweep import load_sweep

        (tmp_path / "sweep.toml").write_text(LEAST + block, encoding="utf-8")
        assert len(load_sweep(tmp_path / "sweep.toml")) in (2, 6)
    elif "fit" in spec:
        from tlsmc.fitting import parse_fit

        spec["population"]["parameters"]["E"] = {"law": "uniform", "high": "20 mK"}
        assert parse_fit(spec, tmp_path)
    else:
        assert tlsmc.parse_spec(spec, tmp_path)


def write_files(folder):
    """What the specs of the pages name."""
    (folder / "band.csv").write_text("0,1\n10,1\n20,0\n", encoding="utf-8")
    (folder / "sound.csv").write_text("T [mK],f [GHz],F,error\n10,0.1,1.0,0.1\n20,0.1,0.8,0.1\n", encoding="utf-8")
    law, observable = EXAMPLES.values()
    (folder / "my_law.py").write_text(f"{law}\n\ndef sample(points):\n    return points\n", encoding="utf-8")
    (folder / "my_observable.py").write_text(observable, encoding="utf-8")


# What is not run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_languages_are_known(page):
    assert page.languages <= {"bash", "sh", "python", "text", "toml"}


@pytest.mark.parametrize("line", [line for page in PAGES for block in page.blocks("sh") for line in block.splitlines()])
def test_other_commands_can_be_read(line):
    for command in re.split(r"&&|&", line):
        if words := shlex.split(command):
            known = ("tlsmc", "dask", "python3.11")
            assert words[0] in known or (words[0].startswith(".venv/bin/") and "." not in words[0][10:]), line
            if words[0] == "tlsmc":
                assert parser().parse_args(words[1:])


# Set-up


def set_up():
    return [block.rstrip("\n") for block in README.blocks("bash") if "venv" in block]


def test_set_up_is_two_lines():
    used = (".venv/bin/tlsmc run runs/gold_wire.toml", ".venv/bin/python -m pytest -n 2 --dist loadfile")
    installed = (".venv/bin/pip install '.[fast,plot]'", ".venv/bin/pip install -e '.[test]'")
    make = "python3.11 -m venv .venv"
    assert set_up() == [f"{make} && {install} && {use}" for install, use in zip(installed, used, strict=True)]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"fast", "plot", "test"} <= set(project["optional-dependencies"])
    assert project["requires-python"] == ">=3.11"


def installed():
    """The command as it was installed with the interpreter that runs the tests."""
    program = Path(sys.executable).with_name("tlsmc")
    assert program.exists(), "tlsmc is not installed in this environment; pip install -e '.[test]'"
    return str(program)


def test_the_main_job_runs(tmp_path):
    spec = set_up()[0].split()[-1]
    words = [installed(), "run", str(ROOT / spec), "--defects", "3000"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["gold_wire.h5"]
    assert tlsmc.open_run(tmp_path / "gold_wire.h5").complete
