"""The command line itself: help, usage, exit status, and what is imported when."""

import os
import re
import shutil
import subprocess
import sys

import pytest

import tlsmc
from tests.library import ROOT, refused
from tlsmc.cli import COMMANDS, EXIT_SPEC, EXIT_STORE


def test_help_and_usage_import_nothing_heavy():
    script = (
        "import contextlib, sys\nfrom tlsmc.cli import COMMANDS, main\n"
        "for words in ['--help'], ['--version'], ['run'], *([name, '--help'] for name in COMMANDS):\n"
        "    with contextlib.suppress(SystemExit):\n        main(words)\n"
        "heavy = {'numpy', 'scipy', 'h5py', 'pint', 'joblib', 'tqdm', 'matplotlib', 'xarray'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: ") == 1 + len(COMMANDS)


def test_help_of_all_imports_no_command():
    script = (
        "import sys\nfrom tlsmc.cli import main\ntry:\n    main(['--help'])\nfinally:\n"
        "    assert not [name for name in sys.modules if name.startswith('tlsmc.cli.')]"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_plain_run_imports_no_more_than_it_needs(tmp_path):
    """What takes as long to import as a short run takes to run is left to the commands that use it."""
    script = (
        "import sys\nfrom tlsmc.cli import main\ncode = main(sys.argv[1:])\n"
        "names = ('scipy.signal', 'scipy.stats', 'scipy.integrate', 'scipy.interpolate', 'matplotlib', 'distributed')\n"
        "heavy = {name for name in names if name in sys.modules}\n"
        "sys.exit(str(heavy) if heavy else code)"
    )
    words = ["run", "runs/quickstart.toml", "-o", str(tmp_path / "run.h5"), "--defects", "100", "--jobs", "1"]
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_command_is_a_file_and_its_row(tmp_path):
    copy = shutil.copytree(ROOT / "tlsmc", tmp_path / "tlsmc", ignore=shutil.ignore_patterns("__pycache__"))
    table = copy / "cli" / "__init__.py"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("COMMANDS = {\n", 'COMMANDS = {\n    "greet": "say hello",\n'), encoding="utf-8")
    (copy / "cli" / "greet.py").write_text(
        "from tlsmc.cli.output import print_json\n\n\n"
        "def add_arguments(parser):\n    parser.add_argument('name')\n\n\n"
        "def run(options):\n    print_json(options.name) if options.json else print('hello', options.name)\n",
        encoding="utf-8",
    )
    for words, says in (
        (["greet", "you"], "hello you\n"),
        (["greet", "you", "--json"], '"you"\n'),
        (["--help"], "\n    greet       say hello\n"),
        (["help", "greet"], "\nSay hello.\n"),
    ):
        with _process(*words, cwd=tmp_path) as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
        assert says in out.decode()


def test_version(call):
    assert call("--version") == (0, f"tlsmc {tlsmc.__version__}\n", "")


def test_help_names_every_command(call):
    status, out, _ = call("--help")
    assert status == 0
    assert re.findall(r"^    (\w+)", out, flags=re.M) == list(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        ([], "COMMAND"),
        (["bogus"], "invalid choice: 'bogus'"),
        (["run"], "spec"),
        (["run", "a.toml", "--jobs", "many"], "'many'"),
        (["run", "a.toml", "--backend", "bogus"], "'bogus'"),
        (["show"], "file"),
        (["show", "a.h5", "--bogus"], "--bogus"),
        (["plot", "a.h5", "--format", "bmp"], "'bmp'"),
    ],
)
def test_usage_errors_are_one_line(call, arguments, piece):
    refused(call(*arguments), EXIT_SPEC, piece, "see tlsmc")


def _process(*arguments, cwd=ROOT):
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "tlsmc", *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_is_no_error(run_file, unbuffered, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with _process("show", run_file, "--json") as process:
        process.stdout.close()
        message = process.stderr.read()
        status = process.wait(60)
    assert (status, message) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "status"), [(["new"], 0), (["new", "nothing"], EXIT_SPEC), (["show", "nothing.h5"], EXIT_STORE)]
)
def test_exit_status_of_the_process(arguments, status):
    with _process(*arguments) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert b"Traceback" not in err
    assert (out == b"") == bool(status)
