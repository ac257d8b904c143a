"""What an addition touches, counted in a copy of the package: one file, and one entry where there is a table."""

import difflib
import json

import pytest

from tests.docs.pages import EXAMPLES
from tests.library import ROOT, copied_package, run_python

LAW = next(text for name, text in EXAMPLES.items() if name.endswith("laws/triangular.py"))
#: An observable with a frequency axis: one there is, as somebody might have written it.
OBSERVABLE = (ROOT / "tlsmc/observables/loss_tangent.py").read_text().replace("class LossTangent(", "class MyLoss(")
QUANTITY = """    MeasuredQuantity(
        "my loss", "loss of my own", {"tunnelling": ("my_loss", "loss")}, headings=("my heading",), needs_axis=True
    ),
"""
COMMAND = '''"""``tlsmc hello``: say hello."""

from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("whom")


def run(options: Namespace) -> None:
    print(f"hello {options.whom}")
'''

#: Each addition: files that are new, and files with lines put in before a line.
ADDITIONS = {
    "law": ({"populations/laws/triangular.py": LAW}, {}),
    "observable": ({"observables/my_loss.py": OBSERVABLE}, {}),
    "quantity": ({}, {"observables/quantities.py": ("_ALL = (\n", QUANTITY)}),
    "command": ({"cli/hello.py": COMMAND}, {"cli/__init__.py": ("COMMANDS = {\n", '    "hello": "say hello",\n')}),
}

USE = """
import json
import numpy as np
import tlsmc
from tlsmc.cli import main
from tlsmc.fitting import fit, parse_fit

content = {
    "seed": 3,
    "population": {
        "model": "tunnelling",
        "defects": 20_000,
        "parameters": {"E": {"law": "triangular", "high": "1 K"}, "p": {"law": "tunnelling", "low": 1e-3}},
    },
    "material": {"chi": 0.3},
    "observables": {"my_loss": {"temperature": ["50 mK", "100 mK", "200 mK"], "frequency": ["1 GHz", "2 GHz"]}},
}
run = tlsmc.run(tlsmc.parse_spec(content), "run.h5", kernel="numpy", progress=False)
loss = tlsmc.open_run("run.h5")["my_loss.loss"]
pulls = (loss.mean - loss.exact) / loss.error

T, nu = np.meshgrid([0.05, 0.1, 0.2], [1.0, 2.0], indexing="ij")
rows = [f"{t},{f},{x},{0.01 * x}" for t, f, x in zip(T.ravel(), nu.ravel(), loss.exact.ravel())]
open("mine.csv", "w").write("\\n".join(["T [K],f [GHz],my heading,error", *rows]))
content["fit"] = {"data": {"mine": {"file": "mine.csv", "quantity": "my loss"}}, "parameters": {"chi": {"start": 0.2}}}
found = fit(parse_fit(content))
status = main(["hello", "world"])
fitted = {"chi": found.parameters[0].value, "chi2": found.goodness.chi2}
print(json.dumps({"pulls": pulls.tolist(), "status": status} | fitted))
"""


@pytest.fixture(scope="module")
def additions(tmp_path_factory):
    """A folder with a copy of the package and all additions, and what each of these has touched."""
    folder = copied_package(tmp_path_factory.mktemp("copy"))
    package, touched = folder / "tlsmc", {}
    for name, (new, changed) in ADDITIONS.items():
        before = _texts(package)
        for file, text in new.items():
            (package / file).write_text(text)
        for file, (line, text) in changed.items():
            old = (package / file).read_text()
            assert old.count(line) == 1
            (package / file).write_text(old.replace(line, line + text))
        touched[name] = _differences(before, _texts(package))
    return folder, touched


def _texts(package):
    return {str(file.relative_to(package)): file.read_text() for file in package.rglob("*.py")}


def _differences(before, after):
    """New files, and the lines that were taken from and put into others."""
    new = {name for name in after if name not in before}
    changed = {}
    for name in before:
        lines = [text.splitlines(keepends=True) for text in (before[name], after[name])]
        marks = [line for line in difflib.ndiff(*lines) if line[0] in "+-"] if lines[0] != lines[1] else []
        if marks:
            changed[name] = [sum(line[0] == sign for line in marks) for sign in "-+"]
    return new, changed


@pytest.mark.parametrize("name", ["law", "observable"])
def test_a_law_or_an_observable_is_one_file(additions, name):
    new, changed = additions[1][name]
    assert (len(new), changed) == (1, {})


def test_a_quantity_is_one_entry(additions):
    new, changed = additions[1]["quantity"]
    assert (new, changed) == (set(), {"observables/quantities.py": [0, 3]})


def test_a_command_is_one_file_and_its_row(additions):
    new, changed = additions[1]["command"]
    assert (new, changed) == ({"cli/hello.py"}, {"cli/__init__.py": [0, 1]})


@pytest.mark.slow
def test_all_of_them_work(additions):
    folder, _ = additions
    answer = run_python(USE, folder, folder).splitlines()
    assert "hello world" in answer
    found = json.loads(answer[-1])
    # Six points of the same defects, with pulls of unit variance each.
    assert max(abs(z) for row in found["pulls"] for z in row) < 5.0
    assert found["status"] == 0
    assert found["chi"] == pytest.approx(0.3, rel=1e-3)
    assert found["chi2"] < 1e-3


def test_the_new_command_is_in_the_help(additions):
    folder, _ = additions
    code = "from tlsmc.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert "say hello" in run_python(code, folder, folder)
