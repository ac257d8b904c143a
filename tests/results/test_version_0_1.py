"""Files of version 0.1 open, verify and give the digest that they were made with, and so does what makes them."""

import json

import h5py
import numpy as np
import pytest

import tlsmc
from tests.library import DATA, ROOT
from tlsmc.fitting.file import open_fit, verify_fit
from tlsmc.results.store.runfile import run_image
from tlsmc.simulation.trajectories import record
from tlsmc.simulation.verify import verify

DIGESTS = json.loads((DATA / "digests_0_1.json").read_text())


@pytest.mark.parametrize("name", DIGESTS["files"])
def test_a_run_file_gives_its_digest(name):
    run = tlsmc.open_run(DATA / name)
    assert run.complete
    assert run.digest() == DIGESTS["files"][name]
    for curve in run.names:
        assert run[curve].mean.shape == run[curve].exact.shape == run[curve].gridded.shape
    assert verify(DATA / name, blocks=1).run.digest() == DIGESTS["files"][name]


def _datasets(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize("name", DIGESTS["files"])
def test_a_run_file_has_the_layout_of_version_0_1(name, tmp_path):
    run = tlsmc.open_run(DATA / name)
    records = record(run, lambda function, arguments: [function(argument) for argument in arguments])
    checksums = None if run.stored is None else run.stored.checksums
    (tmp_path / "again.h5").write_bytes(run_image(run.spec, run.sums, run.provenance, checksums, records))
    before, after = _datasets(DATA / name), _datasets(tmp_path / "again.h5")
    assert list(before) == list(after)
    for key, values in before.items():
        np.testing.assert_array_equal(values, after[key], err_msg=key)


@pytest.mark.parametrize("kernel", DIGESTS["quickstart"])
def test_the_quickstart_gives_the_digest_of_version_0_1(kernel):
    if kernel == "numba":
        pytest.importorskip("numba")
    run = tlsmc.run(tlsmc.load_spec(ROOT / "runs" / "quickstart.toml"), kernel=kernel, progress=False)
    assert run.digest() == DIGESTS["quickstart"][kernel]


def test_a_fit_file_opens_and_verifies():
    path = DATA / "fit_0_1.fit.h5"
    assert verify_fit(path).parameters == open_fit(path).parameters
