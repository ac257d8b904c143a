"""Tail diagnostics: the right index, shares that brute force finds too, and the very defects behind an average."""

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

import tlsmc
from tests.library import kondo_content, small_content
from tests.seeds import seed
from tlsmc.diagnostics.sensitivity import sensitivities
from tlsmc.diagnostics.tails import FRACTIONS, NAMED, CurveTails, first_columns, largest_contributors, run_tails
from tlsmc.observables.program import contributions
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.reporting.figures import save_figure, tails_figure
from tlsmc.results.run import Run
from tlsmc.spec.reader import parse_spec
from tlsmc.statistics.largest import sample_batch_position
from tlsmc.statistics.sums import ObservableSums

T, OMEGA = (0.2, 1.0), (0.3, 0.7)


def _spec(label="tails", **settings):
    settings = {"T": T, "omega": OMEGA, "defects": 3 * BATCH + 100} | settings
    return parse_spec(small_content(seed=seed(label), **settings))


def _run(label="tails", **settings):
    return tlsmc.run(_spec(label, **settings), progress=False)


def _kondo(cross_section, defects, label):
    observables = {"kondo_dephasing": {"temperature": [0.03, 0.3], "cross_section": cross_section}}
    content = kondo_content(seed=seed(label), defects=defects, observables=observables)
    return tlsmc.run(parse_spec({"title": "kondo"} | content), progress=False)


def _all_columns(spec):
    """Columns of all defects with sample, batch and position, by a loop over the layout."""
    parts, numbers = [], []
    for sample in range(spec.layout.samples):
        for block in range(spec.layout.blocks):
            for batch, points in spec.layout.batches(sample, block, spec.population.dimensions):
                parts.append(spec.population.columns(points))
                numbers += [(sample, batch, position) for position in range(points.shape[1])]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, numbers


def _contributions(gridded, population, columns):
    """Every contribution, shape (components, temperatures, frequencies, defects), one grid point at a time."""
    program, rows = gridded.observable.program(population), gridded.points
    values = [[contributions(program, columns, t, row) for row in rows] for t in gridded.axes["temperature"]]
    return np.moveaxis(np.array(values), 2, 0).reshape(program.components, *gridded.shape, -1)


@pytest.fixture(scope="module")
def run():
    """A run that is looked at as a whole for its shares."""
    return _run()


@pytest.fixture(scope="module")
def found(run):
    return run_tails(run)


# What an index means.


def test_eq_21_as_printed_has_no_mean():
    run = _kondo("literal", 20 * BATCH, "literal")
    (tails,) = run_tails(run).values()
    for place in tails.worst_first():
        assert tails.meaning(place) == "infinite mean"
        # P(chi~ > c) falls as c^(-1/2): the index is 2.
        assert tails.index_low[place] < 2.5
        assert tails.rests_on(place) == "the top 0.01 %"
        assert tails.effective[place] < 100
    capped = run_tails(_kondo("unitary", 20 * BATCH, "literal"))["kondo_dephasing"]
    for place in capped.worst_first():
        assert capped.meaning(place) == "finite variance"


def test_averages_of_the_paper_have_finite_variance():
    run = _run("variance", chi=0.03, p_min=1e-9, defects=20 * BATCH)
    for name, tails in run_tails(run).items():
        for place in tails.worst_first():
            if name != "linewidth.overdamped":
                assert tails.meaning(place) == "finite variance", (name, place, tails.index[place])


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.2, 0.4, "finite variance"),
        (0.6, 0.9, "infinite variance"),
        (1.0, 1.5, "infinite mean"),
        (0.1, 2.0, "undecided"),
    ],
)
def test_meaning_comes_from_the_interval(low, high, words):
    assert _made(index_low=low, index_high=high).meaning((0, 0)) == words


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((0.6, 0.9, 1.0), "the top 0.01 %"),
        ((0.4, 0.6, 1.0), "the top 1 %"),
        ((0.1, 0.2, 0.51), "the top 10 %"),
        ((0.1, 0.2, 0.5), "typical defects"),
        ((np.nan, np.nan, np.nan), "nothing"),
    ],
)
def test_rests_on_the_fewest_that_carry_half(shares, words):
    assert _made(shares=shares).rests_on((0, 0)) == words


def test_worst_first():
    tails = _made(index=[[0.1, -0.5], [2.0, np.nan], [0.1, 0.4]])
    # What is not known stands before all; equal ones in the order of the grid.
    assert tails.worst_first() == [(1, 1), (1, 0), (2, 1), (0, 0), (2, 0), (0, 1)]


def _made(index=0.0, index_low=-0.1, index_high=0.1, shares=(0.1, 0.2, 0.3)):
    def grid(value):
        return np.atleast_2d(np.array(value, dtype=float))

    nothing = np.zeros((1, 1))
    return CurveTails(
        "made",
        grid(index),
        nothing,
        grid(index_low),
        grid(index_high),
        np.array(shares)[None, None, :],
        nothing,
        nothing,
        nothing,
        1,
        1,
        np.zeros((1, 1, 1), np.int64),
    )


# Against brute force.


def test_components_only(run, found):
    assert list(found) == [name for name in run.names if name != "attenuation.total"]
    for name, tails in found.items():
        assert tails.name == name
        assert tails.index.shape == run[name].gridded.shape


def test_shares_and_effective_numbers_against_brute_force(run, found):
    columns, numbers = _all_columns(run.spec)
    count = len(numbers)
    assert count == run.defects == 3 * BATCH + 100
    for gridded in run.spec.observables:
        values = np.sort(_contributions(gridded, run.spec.population, columns), axis=-1)[..., ::-1]
        for part, component in enumerate(gridded.observable.COMPONENTS):
            tails = found[gridded.name if len(values) == 1 else f"{gridded.name}.{component}"]
            assert tails.share_defects == tails.defects == count
            carried, total = values[part].cumsum(axis=-1), values[part].sum(axis=-1)
            if not total.any():
                assert tails.name == "linewidth.overdamped"
                continue
            for k, fraction in enumerate(FRACTIONS):
                expected = carried[..., int(np.ceil(fraction * count)) - 1] / total
                np.testing.assert_allclose(tails.shares[..., k], expected, rtol=1e-12)
            np.testing.assert_allclose(tails.largest, values[part, ..., 0] / total, rtol=1e-12)
            np.testing.assert_allclose(tails.effective, total**2 / (values[part] ** 2).sum(axis=-1), rtol=1e-10)


def test_errors_of_shares_are_their_scatter():
    # Seeds give independent shares: their variance over the mean of the squared errors follows F of 39 and 120 degrees
    # of freedom.  One false alarm in 1e5 for all checks together.  Not for the top 0.01 %: two defects here, but one
    # in a part, where its share is another quantity.
    runs, values, errors = 40, {}, {}
    for number in range(runs):
        for name, tails in run_tails(_run(f"shares {number}", defects=4 * BATCH, T=T[:1], omega=OMEGA[:1])).items():
            values.setdefault(name, []).append(tails.shares.reshape(-1, len(FRACTIONS))[0, 1:])
            errors.setdefault(name, []).append(tails.share_errors.reshape(-1, len(FRACTIONS))[0, 1:])
    del values["linewidth.overdamped"]
    checks = len(values) * (len(FRACTIONS) - 1)
    for name, shares in values.items():
        ratio = np.var(shares, axis=0, ddof=1) / np.mean(np.square(errors[name]), axis=0)
        low, high = stats.f.interval(1.0 - 1e-5 / checks, runs - 1, 3 * runs)
        assert bool(((ratio > low) & (ratio < high)).all()), (name, ratio)


def test_shares_of_a_long_run_are_those_of_its_first_batches(monkeypatch):
    monkeypatch.setattr("tlsmc.diagnostics.tails.SHARE_DEFECTS", 2 * BATCH)
    spec = _spec("long", defects=5 * BATCH)
    long, short = (tlsmc.run(s, progress=False) for s in (spec, _spec("long", defects=2 * BATCH)))
    for name, tails in run_tails(long).items():
        assert (tails.defects, tails.share_defects) == (5 * BATCH, 2 * BATCH)
        np.testing.assert_array_equal(tails.shares, run_tails(short)[name].shares)
    columns = first_columns(_spec("long", defects=500, samples=20), BATCH)
    assert len(columns["E"]) == 9 * 500


# The defects behind an average.

LAYOUTS = {
    "random": {},
    "samples": {"defects": 700, "samples": 5},
    "poisson": {"defects": BATCH + 50, "samples": 3, "count": "poisson"},
    "sobol": {"defects": 36 * BATCH, "sampling": "sobol", "observables": {"dephasing": {"temperature": [0.1]}}},
    "blocks of two batches": {"defects": 258 * BATCH, "observables": {"dephasing": {"temperature": [0.1]}}},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_largest_contributions_come_from_the_defects_named(layout):
    run = _run(f"contributors {layout}", **LAYOUTS[layout])
    if layout in ("sobol", "blocks of two batches"):
        assert run.spec.layout.block_defects == 2 * BATCH
    columns, numbers = _all_columns(run.spec)
    place_of = {number: k for k, number in enumerate(numbers)}
    for gridded in run.spec.observables:
        program, rows = gridded.observable.program(run.spec.population), gridded.points
        listed = run.sums.observables[gridded.name].largest
        for part, component in enumerate(gridded.observable.COMPONENTS):
            curve = run[gridded.name if program.components == 1 else f"{gridded.name}.{component}"]
            for place in np.ndindex(*gridded.shape):
                i, j = divmod(int(np.ravel_multi_index(place, gridded.shape)), len(rows))
                row = np.ravel_multi_index((part, *place), (program.components, *gridded.shape))
                contributors = largest_contributors(curve, place)
                assert len(contributors) == NAMED
                total = curve.block_totals.sum(axis=0)[place]
                for k, contributor in enumerate(contributors):
                    value, stored = listed.values[row, k], {n: np.array([v]) for n, v in contributor.columns.items()}
                    # The defect is the one of that number, to the last bit, ...
                    at = place_of[contributor.sample, contributor.batch, contributor.position]
                    assert contributor.columns == {name: column[at] for name, column in columns.items()}
                    if run.spec.layout.count == "fixed":
                        assert contributor.index == at - contributor.sample * run.spec.layout.defects
                    # ... and contributes what the run has stored.
                    found = contributions(program, stored, float(gridded.T[i]), rows[j])
                    again = float(np.ravel(found[part])[0])
                    np.testing.assert_allclose(again, value, rtol=1e-15, atol=0)
                    assert np.isnan(contributor.share) if total == 0.0 else contributor.share == value / total
                assert bool((np.diff(listed.values[row, :NAMED]) <= 0.0).all())


def test_numbers_in_the_result_name_the_same_defects(run, found):
    for name, tails in found.items():
        place = (1, 0)[: tails.index.ndim]
        contributors = largest_contributors(run[name], place)
        sample, batch, position = sample_batch_position(tails.contributors[place])
        assert [(c.sample, c.batch, c.position) for c in contributors] == list(
            zip(sample, batch, position, strict=True)
        )


# Odd runs.


def _unfinished(label):
    """A run of four blocks of which the first two are done, and the run of those two alone."""
    short, spec = _run(label, defects=2 * BATCH), _spec(label, defects=4 * BATCH)

    def padded(array):
        return np.pad(array, [(0, 0), (0, 2), *[(0, 0)] * (array.ndim - 2)])

    observables = {
        name: ObservableSums(padded(sums.totals), padded(sums.products), sums.largest)
        for name, sums in short.sums.observables.items()
    }
    sums = dataclasses.replace(
        short.sums, done=padded(short.sums.done), counts=padded(short.sums.counts), observables=observables
    )
    return Run(spec, sums, short.provenance), short


def test_an_unfinished_run_is_judged_by_what_is_done():
    part, whole = _unfinished("unfinished")
    assert not part.complete
    longer = run_tails(_run("unfinished", defects=4 * BATCH))
    for (name, tails), other in zip(run_tails(part).items(), run_tails(whole).values(), strict=True):
        for field in ("index", "index_error", "largest", "effective", "contributors"):
            np.testing.assert_array_equal(getattr(tails, field), getattr(other, field))
        # Shares ask what the population is like: those of all defects that the run will have.
        np.testing.assert_array_equal(tails.shares, longer[name].shares)


def test_a_run_that_has_just_begun():
    part, _ = _unfinished("begun")
    for sums in part.sums.observables.values():
        sums.totals[:], sums.products[:], sums.largest.values[:] = 0.0, 0.0, -np.inf
    part.sums.done[:] = False
    for name, tails in run_tails(part).items():
        assert bool(np.isnan(tails.index).all())
        assert bool(np.isnan(tails.largest).all())
        assert not tails.effective.any()
        assert largest_contributors(part[name], (0, 0)[: tails.index.ndim]) == []
        assert tails.meaning((0, 0)[: tails.index.ndim]) == "undecided"


@pytest.mark.parametrize("defects", [1, 3, 19, 25])
def test_few_defects_leave_the_index_open(defects):
    run = _run("few", defects=defects)
    for name, tails in run_tails(run).items():
        assert tails.share_defects == defects
        if defects < 20:
            assert bool(np.isnan(tails.index).all())
            assert {tails.meaning(place) for place in tails.worst_first()} == {"undecided"}
        if name == "heat_capacity":
            assert bool(np.isfinite(tails.index).all()) == (defects >= 20)
            assert bool((tails.shares[..., 0] >= 1.0 / defects).all())
        assert len(largest_contributors(run[name], (0, 0)[: tails.index.ndim])) == min(defects, NAMED)


def test_a_sum_of_nothing_rests_on_nothing():
    run = _run("nothing", chi=0.01, T=(0.01,), defects=500)
    tails = run_tails(run)["linewidth.overdamped"]
    assert tails.rests_on((0,)) == "nothing"
    assert bool(np.isnan(tails.largest[0]))
    assert all(np.isnan(contributor.share) for contributor in largest_contributors(run["linewidth.overdamped"], (0,)))


# The command.


def _strictly(text):
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.fixture
def printed_tails(monkeypatch, printed_by):
    """Run `tlsmc tails` on a run in memory; returns stdout."""

    def command(run, *arguments):
        monkeypatch.setattr("tlsmc.results.store.open_run", lambda path: run)
        return printed_by("tails", "run.h5", *arguments)

    return command


def test_json_holds_every_point_worst_first(printed_tails, run, found):
    data = _strictly(printed_tails(run, "--json"))
    assert data["complete"] is True
    assert data["sensitivity"] == []
    assert list(data["curves"]) == list(found)
    for name, tails in found.items():
        curve, entry, worst = run[name], data["curves"][name], tails.worst_first()
        assert len(entry["points"]) == len(worst) == tails.index.size
        for point, place in zip(entry["points"], worst, strict=True):
            for (axis, values), k in zip(curve.gridded.axes.items(), place, strict=True):
                assert point[axis] == values[k]
            assert point["meaning"] == tails.meaning(place)
            assert point["effective_defects"] == tails.effective[place]
            if np.isfinite(tails.index[place]):
                assert point["tail_index"] == tails.index[place]
        for part, place in zip(entry["largest"], worst, strict=False):
            contributors = largest_contributors(curve, place)
            assert [(d["sample"], d["index"]) for d in part["defects"]] == [(c.sample, c.index) for c in contributors]
            for defect, contributor in zip(part["defects"], contributors, strict=True):
                assert {name: defect[name] for name in contributor.columns} == contributor.columns


@pytest.mark.parametrize("arguments", [(), ("--all",)])
def test_the_table_lists_the_worst(printed_tails, run, found, arguments):
    text = printed_tails(run, *arguments)
    for name, tails in found.items():
        section = text.partition(f"\n{name}: heaviest tails first")[2].partition("\n\n")[0]
        lines = section.splitlines()
        listed = tails.index.size if arguments else min(3, tails.index.size)
        assert len([line for line in lines if "defect " in line and " of sample " in line]) == NAMED
        assert len(lines) == 2 + listed + NAMED
        worst = tails.worst_first()[0]
        assert tails.meaning(worst) in lines[2]
        assert lines[2].endswith(tails.rests_on(worst))


def test_odd_runs_print_too(printed_tails):
    part, _ = _unfinished("odd")
    assert "unfinished: 50.0% of the blocks" in printed_tails(part)
    assert _strictly(printed_tails(part, "--json"))["complete"] is False
    cold, single = _run("odd", defects=500, chi=0.01, T=(0.01,)), _run("odd", defects=1)
    assert "nothing" in printed_tails(cold)
    assert "undecided" in printed_tails(single)
    for odd in (cold, single):
        _strictly(printed_tails(odd, "--json"))
    literal = _kondo("literal", 2 * BATCH, "odd")
    text = printed_tails(literal, "--sensitivity")
    assert "infinite mean" in text
    assert text.splitlines()[-1].split()[3] == "-"
    _strictly(printed_tails(literal, "--sensitivity", "--json"))


def test_pictures_of_any_run(printed_tails, run, found, tmp_path):
    files = _strictly(printed_tails(run, "--plot", "--json", "--sensitivity", "-o", str(tmp_path)))["files"]
    assert files == [str(tmp_path / "run-tails.png"), str(tmp_path / "run-tails.svg")]
    assert "which parameter" in (tmp_path / "run-tails.svg").read_text()
    assert printed_tails(run, "--plot", "-o", str(tmp_path)).splitlines() == files
    text = (tmp_path / "run-tails.svg").read_text()
    assert "which parameter" not in text
    for words in ("finite variance", "infinite variance", "top 0.01 %", "attenuation, resonant", "temperature T"):
        assert words in text
    slopes = sensitivities(_spec(defects=2 * BATCH))
    odd = [_run("odd", defects=1), _unfinished("odd")[0], _kondo("literal", 2 * BATCH, "odd")]
    for k, other in enumerate(odd):
        figure = tails_figure(other, run_tails(other), slopes if k else [])
        (path,) = save_figure(figure, tmp_path / f"odd{k}", ("png",))
        assert path.read_bytes().startswith(b"\x89PNG")
    (again,) = save_figure(tails_figure(run, found), tmp_path / "again", ("svg",))
    assert again.read_bytes() == (tmp_path / "run-tails.svg").read_bytes()
