"""Random streams: which defects a run has, whatever it is cut into."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.seeds import rng, seed
from tlsmc.errors import SpecError
from tlsmc.populations.sampling.streams import BATCH, MAX_BLOCKS, MAX_SCRAMBLES, Layout, Source, open_interval

#: Chance that a test here fails although all is well, for one base seed.
FALSE_ALARM = 1e-5


def _all_batches(layout, sample=0, dimensions=2):
    return dict(itertools.chain.from_iterable(layout.batches(sample, b, dimensions) for b in range(layout.blocks)))


@given(
    st.one_of(st.integers(1, 10**12), st.integers(0, 28).map(lambda k: BATCH * 2**k + 1)),
    st.sampled_from(["random", "sobol"]),
)
@settings(max_examples=300, deadline=None)
def test_blocks_cover_every_defect_once(defects, sampling):
    layout = Layout(1, 1, defects, sampling)
    assert 1 <= layout.blocks <= (MAX_BLOCKS if sampling == "random" else MAX_SCRAMBLES)
    batches, remainder = divmod(layout.block_defects, BATCH)
    assert remainder == 0
    assert batches & (batches - 1) == 0
    ranges = [layout.block_range(block) for block in range(layout.blocks)]
    assert ranges[0][0] == 0
    assert ranges[-1][1] == defects
    assert all(first < last for first, last in ranges)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(ranges))


@given(st.integers(1, 40_000), st.sampled_from([("random", "fixed"), ("random", "poisson"), ("sobol", "fixed")]))
@settings(max_examples=25, deadline=None)
def test_batches_of_all_blocks_are_the_batches_of_the_sample(defects, kinds):
    layout = Layout(7, 2, defects, *kinds)
    batches = _all_batches(layout, sample=1)
    assert sorted(batches) == list(range(math.ceil(defects / BATCH)))
    if kinds[1] == "fixed":
        assert sum(points.shape[1] for points in batches.values()) == defects
    for points in batches.values():
        assert points.shape[0] == 2
        assert points.flags.c_contiguous
        assert bool(((points > 0.0) & (points < 1.0)).all())


@pytest.mark.parametrize("count", ["fixed", "poisson"])
def test_a_longer_run_begins_with_the_same_defects(count):
    # 300 batches make blocks of two, 600 blocks of four: the batches know nothing of it.
    short, longer, longest = (Layout(3, 1, n * BATCH, count=count) for n in (200, 300, 600))
    assert [layout.block_defects // BATCH for layout in (short, longer, longest)] == [1, 2, 4]
    for batch in (0, 1, 2, 3, 5, 123):
        points = [
            dict(layout.batches(0, batch * BATCH // layout.block_defects, 2))[batch]
            for layout in (short, longer, longest)
        ]
        np.testing.assert_array_equal(points[0], points[1])
        np.testing.assert_array_equal(points[0], points[2])


@given(st.integers(1, 2 * BATCH + 50), st.integers(1, 2 * BATCH + 50), st.sampled_from(["fixed", "poisson"]))
@settings(max_examples=40, deadline=None)
def test_a_batch_that_is_cut_short_holds_the_first_defects_of_the_whole(one, other, count):
    one, other = sorted((one, other))
    short, longer = (_all_batches(Layout(9, 1, n, count=count)) for n in (one, other))
    for batch, points in short.items():
        np.testing.assert_array_equal(points, longer[batch][:, : points.shape[1]])


def test_samples_of_several_seeds_are_those_of_each_seed():
    merged = Layout(3, 5, 2 * BATCH, seeds=((3, 2), (8, 3)))
    assert [merged.origin(sample) for sample in range(5)] == [(3, 0), (3, 1), (8, 0), (8, 1), (8, 2)]
    for sample, (own_seed, own_sample) in enumerate(merged.origin(s) for s in range(5)):
        alone = _all_batches(Layout(own_seed, 3, 2 * BATCH), own_sample)
        for batch, points in _all_batches(merged, sample).items():
            np.testing.assert_array_equal(points, alone[batch])
    # One seed is a run like any other.
    assert Layout(3, 2, 10, seeds=((3, 2),)) == Layout(3, 2, 10)


@pytest.mark.parametrize(
    ("first", "samples", "seeds"),
    [(3, 5, ((3, 2), (8, 2))), (8, 2, ((8, 1), (3, 1))), (4, 2, ((3, 1), (8, 1))), (3, 2, ((3, 1), (3, 1)))],
)
def test_seeds_that_do_not_fit_are_refused(first, samples, seeds):
    with pytest.raises(SpecError, match="seeds"):
        Layout(first, samples, 10, seeds=seeds)


def test_seeds_samples_and_batches_are_different_streams():
    streams = []
    for s, sample in itertools.product((0, 1, 2**32, 2**63 - 1), (0, 1, 2)):
        streams += [points[:, :50] for points in _all_batches(Layout(s, 3, 3 * BATCH), sample).values()]
    values = np.concatenate([points.ravel() for points in streams])
    # No number at all occurs in two of them.
    assert len(np.unique(values)) == len(values) == 36 * 100


def test_a_stream_can_be_had_by_its_numbers_alone():
    points = dict(Layout(42, 5, 10 * BATCH).batches(3, 6, 2))[6]
    key = np.random.SeedSequence(42).generate_state(2, np.uint64)
    expected = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 6, 3])).random((BATCH, 2))
    np.testing.assert_array_equal(points, expected.T)


def test_one_source_gives_what_a_new_one_would():
    # Whatever was drawn before: an odd number, 32-bit numbers, another seed.
    layout = Layout(3, 5, BATCH + 7, seeds=((3, 2), (8, 3)))
    source = Source(layout)
    for sample, part in ((4, 1), (0, 0), (1, 1), (4, 1)):
        rng = source.stream(sample, part)
        expected = Source(layout).stream(sample, part).random(5)
        np.testing.assert_array_equal(rng.random(5), expected)
        rng.integers(0, 2**20, 3, dtype=np.uint32)


def test_points_are_uniform_and_coordinates_independent():
    points = np.concatenate(list(_all_batches(Layout(seed("uniform"), 1, 20 * BATCH)).values()), axis=1)
    cells, _ = np.histogramdd(points.T, bins=16, range=[(0.0, 1.0)] * 2)
    assert stats.chisquare(cells.ravel()).pvalue > FALSE_ALARM


def test_poisson_counts_have_the_mean_and_the_variance_of_a_poisson_law():
    # One defect short of two batches, and samples with few defects: the sum over batches is what counts.
    for defects, samples in ((2 * BATCH - 1, 200), (3, 2000)):
        layout = Layout(seed(f"poisson {defects}"), samples, defects, count="poisson")
        counts = np.array([sum(p.shape[1] for p in _all_batches(layout, s).values()) for s in range(samples)])
        quantile = stats.norm.isf(0.25 * FALSE_ALARM)
        assert abs(counts.mean() - defects) < quantile * np.sqrt(defects / samples)
        # Variance of a variance: (kurtosis - 1) with kurtosis 3 + 1/mean.
        spread = defects * np.sqrt((2.0 + 1.0 / defects) / samples)
        assert abs(counts.var(ddof=1) - defects) < (quantile + 1.0) * spread
        if defects == 3:
            expected = stats.poisson.pmf(np.arange(9), 3) * samples
            observed = np.array([(counts == n).sum() for n in range(9)])
            rest = samples - np.array([observed.sum(), expected.sum()])
            assert stats.chisquare([*observed, rest[0]], [*expected, rest[1]]).pvalue > FALSE_ALARM


def test_poisson_sobol_is_refused():
    with pytest.raises(SpecError, match=r'sobol.*set count = "fixed"'):
        Layout(1, 1, 10, "sobol", "poisson")


def test_sobol_blocks_are_balanced_and_different_scrambles():
    layout = Layout(seed("sobol"), 2, 64 * BATCH, "sobol")
    assert layout.blocks == MAX_SCRAMBLES
    blocks = [np.concatenate([p for _, p in layout.batches(s, b, 2)], axis=1) for s in (0, 1) for b in (0, 1, 31)]
    for points in blocks:
        # One point in each of the equal cells of either coordinate, and in every elementary square.
        assert points.shape == (2, 2 * BATCH)
        for row in points:
            np.testing.assert_array_equal(np.bincount((row * 2 * BATCH).astype(int)), np.ones(2 * BATCH))
        cells, _ = np.histogramdd(points.T, bins=64, range=[(0.0, 1.0)] * 2)
        assert bool((cells == 2).all())
    for one, other in itertools.combinations(blocks, 2):
        assert np.intersect1d(one[0], other[0]).size < 10


def test_sobol_points_have_all_the_bits_of_a_double():
    ((_, points),) = Layout(seed("bits"), 1, BATCH, "sobol").batches(0, 0, 2)
    for bits in (30, 45, 51):
        assert bool((points * 2.0**bits % 1.0 != 0.0).any())
    # Points with the usual 30 bits average to 1/2 - 2^-31, a bias that every scramble has; most scrambles of 4096
    # points integrate a square far better than to 2^-31 = 4.7e-10.
    errors = []
    for replicate in range(100):
        ((_, points),) = Layout(seed("bias") + replicate, 1, BATCH, "sobol").batches(0, 0, 2)
        errors.append(float(np.mean(points[0] ** 2)) - 1.0 / 3.0)
    assert np.median(np.abs(errors)) < 1e-11


def test_a_scramble_is_unbiased_and_independent_of_the_others():
    # Means of u0 u1 over blocks of 4096: an independent scramble gives an unbiased mean however few points it has.
    means = []
    for replicate in range(200):
        layout = Layout(seed("unbiased") + replicate, 1, 2 * BATCH, "sobol")
        means.append([float(np.mean(p[0] * p[1])) for b in range(2) for _, p in layout.batches(0, b, 2)])
    deviations = np.array(means) - 0.25
    # Far smaller than the 3.4e-3 of random points, and zero on average.
    assert deviations.std() < 3e-4
    assert stats.ttest_1samp(deviations.ravel(), 0.0).pvalue > FALSE_ALARM
    assert stats.spearmanr(*deviations.T).pvalue > FALSE_ALARM


def test_a_short_last_scramble_is_unbiased_too():
    # 100 points, no power of two: no balance, but each point is uniform.  Warnings are errors here.
    means = []
    for replicate in range(400):
        layout = Layout(seed("short scramble") + replicate, 1, 100, "sobol")
        means.append(next(float(p[0].mean()) for _, p in layout.batches(0, 0, 2)))
    assert stats.ttest_1samp(means, 0.5).pvalue > FALSE_ALARM


def test_zero_moves_into_the_open_interval():
    points = open_interval(np.array([[0.0, 0.5], [1.0 - 2.0**-53, 0.0]]))
    assert points.tolist() == [[2.0**-54, 0.5], [1.0 - 2.0**-53, 2.0**-54]]


def test_pieces_of_a_run_do_not_depend_on_what_was_drawn_before():
    layout = Layout(seed("order"), 1, 6 * BATCH)
    forwards = [dict(layout.batches(0, b, 2))[b] for b in range(6)]
    order = rng("order of blocks").permutation(6)
    for b in order:
        np.testing.assert_array_equal(dict(layout.batches(0, int(b), 2))[int(b)], forwards[b])
