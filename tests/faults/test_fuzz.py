"""Specs and run files by chance: every refusal is a TlsmcError, never another exception or a crash."""

import copy
import io
import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tlsmc
from tests import library
from tests.seeds import rng
from tlsmc.errors import StoreError, TlsmcError
from tlsmc.results.store import run_image
from tlsmc.results.store.sealed import HEADER, sealed
from tlsmc.spec.reader import load_spec, parse_spec
from tlsmc.spec.spec import content_hash

EXAMPLES = [100, pytest.param(4000, marks=pytest.mark.slow)]

_names = ["uniform", "pareto", "E", "p", "low", "high", "law", "seed", "seeds", "store", "defects", "samples", "file"]
_quantities = [
    "1 K",
    "20 mK",
    "1 MHz",
    "nan K",
    "1e400 K",
    "-1 K",
    "1 parsec",
    "1 K K",
    "/dev/zero",
    "",
    "\x00",
    "\N{SNOWMAN}",
]
_words = st.sampled_from(_names + _quantities)
_scalars = st.one_of(
    _words,
    st.text(max_size=8),
    st.booleans(),
    st.none(),
    st.integers(),
    st.sampled_from([0, -1, 2**63, 10**400, -(10**30)]),
    st.floats(),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_words, inner, max_size=4)),
    max_leaves=8,
)


def _places(value, place=()):
    """All places in nested tables and lists."""
    yield place
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(inner, (*place, key))


def _changed(content, data):
    """A copy with some entries replaced, removed or added."""
    content = copy.deepcopy(content)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([p for p in _places(content) if p]))
        table = content
        for key in place[:-1]:
            table = table[key]
        what = data.draw(st.integers(0, 2))
        if what == 0:
            table[place[-1]] = data.draw(_values)
        elif what == 1:
            del table[place[-1]]
        elif isinstance(table, dict):
            table[data.draw(_words)] = data.draw(_values)
        if not content:
            break
    return content


def _only_ours(function, *arguments):
    """Call a function that may raise a TlsmcError and nothing else."""
    try:
        return function(*arguments)
    except TlsmcError:
        return None


def _settings(examples):
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


@pytest.mark.parametrize("examples", EXAMPLES)
def test_specs(examples):
    @_settings(examples)
    @given(st.data())
    def check(data):
        spec = _only_ours(parse_spec, _changed(library.several_blocks(), data))
        if spec is not None:
            # What is accepted can be written down and read again.
            assert parse_spec(spec.resolved()).hash() == spec.hash()

    check()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_toml_texts(tmp_path, examples):
    path = library.toml(tmp_path / "a.toml", defects=10)
    text = path.read_bytes()

    @_settings(examples)
    @given(st.data())
    def check(data):
        spoilt = bytearray(text)
        for _ in range(data.draw(st.integers(1, 3))):
            start = data.draw(st.integers(0, len(spoilt)))
            end = start + data.draw(st.integers(0, 5))
            spoilt[start:end] = data.draw(st.one_of(st.binary(max_size=4), _words.map(str.encode)))
        path.write_bytes(spoilt)
        _only_ours(load_spec, path)

    check()


@pytest.fixture(scope="module")
def image():
    run = tlsmc.run(library.spec(defects=60, temperatures=(0.1,)), progress=False)
    return bytes(run_image(run.spec, run.sums, run.provenance))


def _rewritten(image, change):
    buffer = io.BytesIO(image)
    with h5py.File(buffer, "r+") as file:
        change(file)
    return bytes(sealed(buffer))


_arrays = st.one_of(
    st.floats(),
    st.integers(-(2**63), 2**63 - 1),
    st.lists(st.floats(), max_size=3),
    st.lists(st.lists(st.integers(-5, 5), min_size=2, max_size=2), max_size=3),
    st.sampled_from([np.zeros((1, 1), "u1"), np.zeros((1, 1), "i8"), np.full((1, 1), np.nan), np.zeros((0, 3))]),
    st.just(np.bytes_(b"x")),
)


@pytest.mark.parametrize("examples", EXAMPLES)
def test_run_files_with_other_content(tmp_path, image, examples):
    path = tmp_path / "run.h5"
    with h5py.File(io.BytesIO(image)) as file:
        names = []
        file.visit(names.append)
        resolved = json.loads(file["spec_resolved"][()])
        provenance = json.loads(file["provenance"][()])

    @_settings(examples)
    @given(st.data())
    def check(data):
        def change(file):
            what = data.draw(st.integers(0, 4))
            name = data.draw(st.sampled_from(names))
            if what == 0:
                spec = _changed(resolved, data)
                for key, text in (("spec_resolved", json.dumps(spec)), ("spec_hash", content_hash(spec))):
                    del file[key]
                    file[key] = np.array(text.encode())
            elif what == 1:
                del file["provenance"]
                file["provenance"] = np.array(json.dumps(_changed(provenance, data)).encode())
            else:
                del file[name]
                if what == 2:
                    file[name] = data.draw(_arrays)
                elif what == 3:
                    links = [h5py.SoftLink("/"), h5py.SoftLink(f"/{name}"), h5py.ExternalLink("x.h5", "/")]
                    file[name] = data.draw(st.sampled_from(links))
                else:
                    file[name] = file[data.draw(st.sampled_from([n for n in names if n in file]))]

        try:
            spoilt = _rewritten(image, change)
        except (ValueError, TypeError, OverflowError, OSError, UnicodeEncodeError):
            return
        path.write_bytes(spoilt)
        run = _only_ours(tlsmc.open_run, path)
        if run is not None:
            _only_ours(lambda: tlsmc.verify(path, blocks=1))

    check()


@pytest.mark.parametrize("files", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_run_files_with_other_bytes_under_a_good_seal(tmp_path, image, files):
    # In a process of its own: the library for the format might crash, which must not end the tests.
    code = (
        "import sys\nimport tlsmc\nfrom tlsmc.errors import StoreError\n"
        "for number in range(int(sys.argv[2])):\n"
        "    print(number, flush=True)\n"
        "    try:\n        tlsmc.verify(f'{sys.argv[1]}/{number}.h5', blocks=0)\n    except StoreError:\n        pass\n"
    )
    generator = rng(f"sealed {files}")
    for number in range(files):
        spoilt = bytearray(image)
        for position in generator.integers(HEADER, len(image), int(generator.integers(1, 6))):
            spoilt[position] = int(generator.integers(256))
        (tmp_path / f"{number}.h5").write_bytes(sealed(io.BytesIO(spoilt)))
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path, str(files)], capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, f"file {done.stdout.split()[-1]}: {done.stderr[-2000:]}"


def test_links_in_a_circle_and_too_many_objects(tmp_path, image):
    path = tmp_path / "run.h5"

    def circle(file):
        file["dephasing/back"] = file["/"]

    def twice(file):
        file["other"] = file["done"]

    def many(file):
        for number in range(5000):
            file.create_group(f"many/{number}")

    def soft(file):
        file["one"], file["two"] = h5py.SoftLink("/two"), h5py.SoftLink("/one")

    cases = ((circle, "leads back into the file"), (twice, "leads back"), (many, "one object more"), (soft, "SoftLink"))
    for change, words in cases:
        path.write_bytes(_rewritten(image, change))
        with pytest.raises(StoreError, match=words):
            tlsmc.open_run(path)


def test_a_file_that_asks_for_other_files_is_refused(tmp_path, image):
    def change(file):
        spec = json.loads(file["spec_resolved"][()])
        spec["population"]["parameters"]["E"] = {"law": "tabulated", "file": "/etc/hostname"}
        for key, text in (("spec_resolved", json.dumps(spec)), ("spec_hash", content_hash(spec))):
            del file[key]
            file[key] = np.array(text.encode())

    (tmp_path / "run.h5").write_bytes(_rewritten(image, change))
    with pytest.raises(StoreError, match="names the file '/etc/hostname', which is not read"):
        tlsmc.open_run(tmp_path / "run.h5")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.h5")
    for path in (tmp_path / "pipe.h5", "/dev/zero"):
        with pytest.raises(StoreError, match="it is not a file"):
            tlsmc.open_run(path)
