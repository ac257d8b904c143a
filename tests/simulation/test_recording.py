"""Trajectories: what a run records besides its sums, bit for bit the same however it was computed."""

import itertools

import h5py
import numpy as np
import pytest
import xarray

import tlsmc
from tests import library
from tlsmc.errors import SpecError
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results.curve import Curve
from tlsmc.results.defects import block_contributions, numbered_columns
from tlsmc.simulation import resources as outputs
from tlsmc.simulation import run as ensemble
from tlsmc.simulation.trajectories import record_bytes
from tlsmc.spec.reader import parse_spec
from tlsmc.statistics.largest import defect_numbers

TELEGRAPH = {"temperature": 0.5, "step": 3.0, "times": 2048, "defects": 700, "keep": 5, "segment": 128}
EVERYTHING = {
    "convergence": 7,
    "samples": True,
    "defects": {"random": 30, "largest": 4, "chosen": [0, 5000]},
    "telegraph": TELEGRAPH,
}


def _content(plan=EVERYTHING, **population):
    return library.several_blocks(**population) | {"trajectories": plan}


def _run(path=None, plan=EVERYTHING, *, jobs=1, backend=None, kernel="numpy", **population):
    spec = parse_spec(_content(plan, **population))
    return tlsmc.run(spec, path, jobs=jobs, backend=backend, kernel=kernel, progress=False)


def _assert_same(found, expected):
    assert list(found) == list(expected)
    for name, record in expected.items():
        assert found[name].axes == record.axes
        assert list(found[name].arrays) == sorted(record.arrays)
        for key, values in record.arrays.items():
            np.testing.assert_array_equal(found[name][key], values, strict=True)


@pytest.fixture(scope="module")
def run():
    return _run(samples=2)


def test_the_file_gives_back_what_was_recorded(run, tmp_path):
    path = tmp_path / "run.h5"
    _run(path, samples=2)
    _assert_same(tlsmc.open_run(path).records, dict(sorted(run.records.items())))


@pytest.mark.parametrize(("jobs", "backend"), [(2, "threading"), (3, "threading"), (2, "loky")])
def test_workers_change_no_bit(run, tmp_path, jobs, backend):
    _run(tmp_path / "run.h5", jobs=jobs, backend=backend, samples=2)
    _assert_same(tlsmc.open_run(tmp_path / "run.h5").records, dict(sorted(run.records.items())))


def test_what_is_recorded_changes_no_sum_and_no_hash(run):
    plain = parse_spec(library.several_blocks(samples=2))
    assert run.spec != plain
    assert run.spec.hash() == plain.hash()
    assert run.digest() == tlsmc.run(plain, kernel="numpy", progress=False).digest()
    assert parse_spec(run.spec.resolved()) == run.spec


@pytest.mark.parametrize("where", ["simulate_blocks", "record"])
def test_an_interruption_changes_no_bit(run, tmp_path, monkeypatch, where):
    path, calls, real = tmp_path / "run.h5", [], getattr(ensemble, where)

    def stopping(*arguments, **named):
        calls.append(1)
        if len(calls) == (2 if where == "simulate_blocks" else 1):
            raise KeyboardInterrupt
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, where, stopping)
        with pytest.raises(KeyboardInterrupt, match="tlsmc resume"):
            _run(path, samples=2)
    stopped = tlsmc.open_run(path)
    assert not stopped.records
    assert stopped.complete == (where == "record")
    tlsmc.resume(path, progress=False)
    _assert_same(tlsmc.open_run(path).records, dict(sorted(run.records.items())))
    # A finished run has nothing left to record.
    before = path.stat().st_mtime_ns
    tlsmc.resume(path, progress=False)
    assert path.stat().st_mtime_ns == before


def test_a_larger_run_records_anew(tmp_path):
    plan = EVERYTHING | {"defects": {"random": 30, "largest": 4, "chosen": [7]}}
    _run(tmp_path / "run.h5", plan, defects=BATCH)
    found = tlsmc.resume(tmp_path / "run.h5", defects=3 * BATCH + 17, progress=False)
    _assert_same(tlsmc.open_run(tmp_path / "run.h5").records, dict(sorted(_run(None, plan).records.items())))
    assert found.complete


def test_parts_record_nothing_until_they_are_whole(tmp_path):
    spec = parse_spec(_content(samples=2))
    for k in (1, 2):
        part = tlsmc.run(spec, tmp_path / f"{k}.h5", part=f"{k}/2", kernel="numpy", progress=False)
        assert not part.records
    whole = tlsmc.merge([tmp_path / "1.h5", tmp_path / "2.h5"], tmp_path / "whole.h5")
    assert not whole.records
    tlsmc.resume(tmp_path / "whole.h5", progress=False)
    _assert_same(tlsmc.open_run(tmp_path / "whole.h5").records, dict(sorted(_run(samples=2).records.items())))


def test_other_libraries_read_the_records(tmp_path):
    path = tmp_path / "run.h5"
    run = _run(path, samples=2)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["trajectories/telegraph/signal"], run.records["telegraph"]["signal"])
    group = "trajectories/defects/dephasing"
    with xarray.open_dataset(path, group=group, engine="h5netcdf", phony_dims="sort") as data:
        assert data["contributions"].dims == ("defect", "component", "temperature", "frequency")
        np.testing.assert_array_equal(data["temperature"], [0.1, 1.0])


def test_the_last_running_mean_is_the_mean(run):
    for gridded in run.spec.observables:
        record = run.records[f"convergence/{gridded.name}"]
        assert record.axes["mean"] == ("component", "temperature", "frequency", "count")
        assert record["count"][-1] == run.defects
        assert (np.diff(record["count"]) > 0).all()
        for k, name in enumerate(gridded.observable.COMPONENTS):
            curve = Curve(run.spec, run.sums, gridded, name)
            np.testing.assert_array_equal(record["mean"][k, ..., -1].reshape(curve.mean.shape), curve.mean)
            np.testing.assert_array_equal(record["error"][k, ..., -1].reshape(curve.mean.shape), curve.error)


def test_the_mean_of_the_samples_is_the_mean(run):
    for gridded in run.spec.observables:
        values = run.records[f"samples/{gridded.name}"]["mean"]
        assert values.shape == (2, len(gridded.observable.COMPONENTS), *gridded.grid)
        for k, name in enumerate(gridded.observable.COMPONENTS):
            mean = Curve(run.spec, run.sums, gridded, name).mean.reshape(gridded.grid)
            np.testing.assert_allclose(values.mean(axis=0)[k], mean, rtol=1e-13)


@pytest.mark.parametrize("kind", library.KINDS)
def test_tracked_defects_are_those_of_the_run(kind):
    settings = library.KINDS[kind]
    chosen = [] if kind == "poisson" else [0, 5000, settings["defects"] - 1]
    run = _run(None, {"defects": {"random": 30, "largest": 4, "chosen": chosen}}, **settings)
    about, population = run.records["defects"], run.population(0)
    numbers = defect_numbers(about["sample"], about["batch"], about["position"])
    assert (np.diff(numbers) > 0).all()
    assert ((about["why"] & 1) > 0).sum() == len(chosen)
    assert ((about["why"] & 2) > 0).sum() == 30
    columns = {name: about[name] for name in run.spec.population.COLUMNS}
    for name, column in numbered_columns(run.spec, numbers).items():
        np.testing.assert_array_equal(columns[name], column)
    # Random and chosen ones are of the first sample, and a chosen one is the one at its position.
    first = about["sample"] == 0
    assert first[(about["why"] & 3) > 0].all()
    assert np.isin(columns["E"][first], population["E"]).all()
    np.testing.assert_array_equal(columns["E"][(about["why"] & 1) > 0], population["E"][chosen])
    for gridded in run.spec.observables:
        values = np.moveaxis(block_contributions(gridded, run.spec.population, columns), -1, 0)
        np.testing.assert_array_equal(run.records[f"defects/{gridded.name}"]["contributions"], values)


def test_the_largest_contributors_are_tracked():
    run = _run(None, {"defects": {"largest": 3}}, samples=2)
    about = run.records["defects"]
    assert (about["why"] == 4).all()
    numbers = set(defect_numbers(about["sample"], about["batch"], about["position"]).tolist())
    for gridded, place in itertools.product(run.spec.observables, range(2)):
        # Of one component and its two temperatures: the larger share of the two is always among them.
        sums = run.sums.observables[gridded.name]
        shares = sums.largest.values[:2, 0] / sums.totals.sum(axis=(0, 1))[0, :, 0]
        if place == np.argmax(shares):
            assert int(sums.largest.defects[place, 0]) in numbers


def test_random_defects_are_spread_evenly():
    numbers = []
    for seed in range(40):
        about = _run(None, {"defects": {"random": 50}}, seed=seed, defects=4 * BATCH).records["defects"]
        numbers.append(about["batch"] * BATCH + about["position"])
        assert len(set(numbers[-1].tolist())) == 50
    counts, _ = np.histogram(np.concatenate(numbers), bins=8, range=(0, 4 * BATCH))
    # 2,000 defects in 8 bins, fixed seeds: chi^2 of 7 degrees of freedom exceeds 40 with a chance of 1e-6.
    assert ((counts - 250.0) ** 2 / 250.0).sum() < 40.0


def test_the_telegraph_signal_is_the_sum_of_its_defects():
    run = _run(None, {"telegraph": TELEGRAPH | {"keep": 700, "coupling": 2.0}})
    record = run.records["telegraph"]
    population = run.population(0)
    np.testing.assert_array_equal(record["E"], population["E"][:700])
    states = np.unpackbits(record["states"], axis=1)[:, : TELEGRAPH["times"]]
    np.testing.assert_allclose(states.mean(axis=1), record["fraction"], rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(np.abs(np.diff(states.astype(int), axis=1)).sum(axis=1), record["switches"])
    signal = (2.0 * np.sqrt(population["q"][:700]))[:, None] * (2.0 * states - 1.0)
    np.testing.assert_allclose(record["signal"], signal.sum(axis=0), rtol=0, atol=1e-10)


def test_couplings_are_drawn_from_their_law():
    law = {"law": "uniform", "low": 1.0, "high": 3.0}
    few, many = (
        _run(None, {"telegraph": TELEGRAPH | {"coupling": law, "defects": n, "times": 16, "segment": 8}}).records[
            "telegraph"
        ]
        for n in (300, 5000)
    )
    couplings = many["coupling"]
    np.testing.assert_array_equal(few["coupling"], couplings[:300])
    assert couplings.min() >= 1.0
    assert couplings.max() <= 3.0
    # Mean of 5,000: 2 +- 0.0082, a fixed seed.
    assert abs(couplings.mean() - 2.0) < 5.0 * np.sqrt(4.0 / 12.0 / 5000)


@pytest.mark.parametrize("plan", [EVERYTHING, {"telegraph": TELEGRAPH}, {"samples": True}, {"convergence": 50}])
def test_the_predicted_size_is_that_of_the_file(tmp_path, plan):
    plain = tlsmc.run(parse_spec(library.several_blocks(samples=2)), tmp_path / "plain.h5", progress=False)
    run = _run(tmp_path / "run.h5", plan, samples=2)
    arrays = sum(values.nbytes for record in run.records.values() for values in record.arrays.values())
    # Axes and names are not counted.
    assert 0.4 * arrays - 10_000 < record_bytes(run.spec)
    assert arrays < record_bytes(run.spec) + 10_000
    assert plain.digest() == tlsmc.run(parse_spec(library.several_blocks(samples=2)), progress=False).digest()


def test_more_than_the_budget_is_refused_before_anything_is_computed(tmp_path):
    content = _content({"telegraph": TELEGRAPH | {"times": 10**9}})
    with pytest.raises(SpecError, match=r"trajectories: would write 8.* GB .*budget is 1 GB; take fewer .*--budget 8"):
        tlsmc.run(parse_spec(content), tmp_path / "run.h5", budget=1e9, progress=False)
    assert not (tmp_path / "run.h5").exists()
    spec = parse_spec(_content(samples=2))
    assert "recording trajectories: " in outputs.storing(spec, tmp_path / "run.h5")
    assert outputs.storing(spec, tmp_path / "run.h5", "1/2") == ""


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"convergence": -1}, r"trajectories\.convergence: -1 is outside 0"),
        ({"samples": 1}, r"trajectories\.samples: 1 is neither true nor false"),
        ({"samplse": True}, r"trajectories\.samplse: unknown key; did you mean 'samples'"),
        ({"defects": {}}, r"trajectories\.defects: tracks no defect"),
        ({"defects": {"chosen": 3}}, r"trajectories\.defects\.chosen: 3 is not a list"),
        ({"defects": {"chosen": [0, 12305]}}, r"trajectories\.defects\.chosen\[1\]: 12305 is outside 0 ... 12304"),
        ({"defects": {"chosen": [-1]}}, r"chosen\[0\]: -1 is outside"),
        ({"defects": {"random": 10**9}}, r"trajectories\.defects\.random: 1000000000 is outside"),
        ({"telegraph": TELEGRAPH | {"step": 0.0}}, r"trajectories\.telegraph\.step: 0\.0 is not positive"),
        ({"telegraph": TELEGRAPH | {"step": "-1 us"}}, r"trajectories\.telegraph\.step: '-1 us' is not positive"),
        ({"telegraph": TELEGRAPH | {"times": 0}}, r"trajectories\.telegraph\.times: 0 is outside 16"),
        ({"telegraph": TELEGRAPH | {"temperature": -0.1}}, r"telegraph\.temperature: -0\.1 is not positive"),
        ({"telegraph": TELEGRAPH | {"defects": 10**6}}, r"telegraph\.defects: 1000000 is outside 1 ... 12305"),
        ({"telegraph": TELEGRAPH | {"keep": 701}}, r"telegraph\.keep: 701 is outside 0 ... 700"),
        ({"telegraph": TELEGRAPH | {"segment": 33}}, r"telegraph\.segment: 33 is odd"),
        ({"telegraph": TELEGRAPH | {"segment": 4096}}, r"telegraph\.segment: 4096 is outside 8 ... 2048"),
        ({"telegraph": TELEGRAPH | {"coupling": {"law": "cauchy"}}}, r"telegraph\.coupling\.law: "),
        ({"telegraph": TELEGRAPH | {"coupling": "strong"}}, r"telegraph\.coupling: 'strong' is not"),
    ],
)
def test_bad_plans_are_refused_with_their_place(plan, message):
    with pytest.raises(SpecError, match=message):
        parse_spec(_content(plan))


def test_a_poisson_sample_has_no_numbers_to_choose():
    with pytest.raises(SpecError, match=r"chosen: a Poisson sample has no fixed number of defects; use random"):
        parse_spec(_content({"defects": {"chosen": [1]}}, count="poisson"))


def test_telegraph_noise_needs_chi_and_tunnelling():
    content = _content({"telegraph": TELEGRAPH})
    del content["material"]["chi"]
    with pytest.raises(SpecError, match=r"material\.chi: is missing; trajectories\.telegraph needs it"):
        parse_spec(content)
    kondo = tlsmc.load_spec(library.ROOT / "runs" / "kondo_gold.toml").resolved()
    telegraph = TELEGRAPH | {"temperature": "50 mK", "step": "1 us", "defects": 10, "keep": 0}
    with pytest.raises(SpecError, match=r"trajectories\.telegraph: is for model tunnelling, not 'kondo'"):
        parse_spec(kondo | {"trajectories": {"telegraph": telegraph}})
