"""Means, errors and the joint test against distributions that are known exactly."""

import numpy as np
import pytest
from scipy import stats

from tests.seeds import rng
from tlsmc.statistics.estimates import block_estimate, hotelling, jackknife, moment_estimate

#: Chance that a test here fails although all is well, for one base seed.
FALSE_ALARM = 1e-5
REPEATS = 2000


def _uniform(p_values):
    assert stats.kstest(p_values, "uniform").pvalue > FALSE_ALARM


def test_moment_estimate_is_the_textbook_one():
    values = rng("textbook").standard_normal((50, 3)) + 4.0
    mean, error = moment_estimate(values.sum(axis=0), (values**2).sum(axis=0), 50, poisson=False)
    np.testing.assert_allclose(mean, values.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(error, values.std(axis=0, ddof=1) / np.sqrt(50), rtol=1e-12)


def test_moment_estimate_of_gaussian_numbers_follows_student():
    count = 10
    values = rng("student").normal(3.0, 2.0, (REPEATS, count))
    mean, error = moment_estimate(values.sum(axis=1), (values**2).sum(axis=1), count, poisson=False)
    _uniform(stats.t.cdf((mean - 3.0) / error, count - 1))


def test_poisson_count_adds_its_own_fluctuation():
    # Compound Poisson with terms uniform on (0, 1): variance of the sum = count E[x^2] = count/3, and not count/12.
    count, generator = 400, rng("poisson")
    sums, squares = np.empty(REPEATS), np.empty(REPEATS)
    for i in range(REPEATS):
        values = generator.random(generator.poisson(count))
        sums[i], squares[i] = values.sum(), (values**2).sum()
    mean, error = moment_estimate(sums, squares, count, poisson=True)
    # The sum is Gaussian up to a skewness of 0.06; its effect on the 2000 pulls is far below their own scatter.
    pulls = (mean - 0.5) / error
    low, high = stats.chi2.interval(1.0 - FALSE_ALARM, REPEATS - 1)
    assert low < pulls.var(ddof=1) * (REPEATS - 1) < high
    assert mean.std() == pytest.approx(np.sqrt(1 / 3 / count), rel=0.1)
    fixed = moment_estimate(sums, squares, count, poisson=False)
    # Half as large: the square root of (1/12)/(1/3).
    assert fixed.error.mean() == pytest.approx(0.5 * error.mean(), rel=0.02)


@pytest.mark.parametrize("poisson", [False, True])
def test_equal_contributions_have_no_error_beyond_their_number(poisson):
    mean, error = moment_estimate(np.array([0.7 * 100]), np.array([0.49 * 100]), 100, poisson)
    assert mean == pytest.approx([0.7])
    assert error == pytest.approx([0.07 if poisson else 0.0], abs=1e-9)


def test_one_contribution_has_no_error():
    mean, error = moment_estimate(np.array([2.0]), np.array([4.0]), 1, poisson=False)
    assert mean.tolist() == [2.0]
    assert np.isnan(error).all()


@pytest.mark.parametrize("blocks", [2, 5, 32])
def test_block_estimate_of_equal_gaussian_blocks_follows_student(blocks):
    # Sums of 16 unit Gaussians around 3.
    totals = rng(f"blocks {blocks}").normal(48.0, 4.0, (blocks, REPEATS))
    mean, error = block_estimate(totals, np.full(blocks, 16.0))
    _uniform(stats.t.cdf((mean - 3.0) / error, blocks - 1))


def test_block_estimate_weights_blocks_with_their_sizes():
    # 32 blocks, the last one short, as in a run: the error stays that of the mean to the accuracy of its own scatter.
    sizes = np.array([64.0] * 31 + [8.0])
    totals = rng("short block").normal(3.0 * sizes[:, None], np.sqrt(sizes)[:, None], (32, REPEATS))
    mean, error = block_estimate(totals, sizes)
    np.testing.assert_allclose(mean, totals.sum(axis=0) / sizes.sum())
    true_variance = 1.0 / sizes.sum()
    scatter = np.sqrt(2.0 / 31.0 / REPEATS) * stats.norm.isf(0.5 * FALSE_ALARM)
    # The estimate is exact on average but for O(largest share of one block).
    assert (error**2).mean() / true_variance == pytest.approx(1.0, abs=scatter + 2.0 / 32)
    assert mean.var() / true_variance == pytest.approx(
        1.0, abs=np.sqrt(2.0 / REPEATS) * stats.norm.isf(0.5 * FALSE_ALARM)
    )


def test_one_block_has_no_error():
    mean, error = block_estimate(np.array([[6.0, 9.0]]), np.array([3.0]))
    assert mean.tolist() == [2.0, 3.0]
    assert np.isnan(error).all()


def test_jackknife_of_a_mean_is_the_block_estimate():
    totals = rng("jackknife").normal(32.0, 4.0, (20, 2))
    sizes = np.full(20, 16.0)
    value, error = jackknife(totals, sizes, lambda m: m[0])
    mean, expected = block_estimate(totals[:, 0], sizes)
    assert value == pytest.approx(float(mean))
    assert error == pytest.approx(float(expected), rel=1e-12)


def test_jackknife_of_a_ratio_of_correlated_means():
    # x and y share most of their noise: the error of x/y is that of the rest, by the delta method.
    generator, blocks, repeats = rng("ratio"), 100, 400
    values, errors = np.empty(repeats), np.empty(repeats)
    for i in range(repeats):
        common = generator.normal(0.0, 1.0, blocks)
        x = 10.0 + common + 0.1 * generator.standard_normal(blocks)
        y = 5.0 + 0.5 * common + 0.05 * generator.standard_normal(blocks)
        values[i], errors[i] = jackknife(np.stack([x, y], axis=1), np.ones(blocks), lambda m: m[0] / m[1])
    # d(x/y) = (dx - 2 dy)/5, of variance (0.01 + 4 x 0.0025)/25/100.
    expected = np.sqrt((0.01 + 4.0 * 0.0025) / 25.0 / blocks)
    quantile = stats.norm.isf(0.5 * FALSE_ALARM)
    assert np.abs(values.mean() - 2.0) < quantile * expected / np.sqrt(repeats) + 1e-5
    assert (errors**2).mean() == pytest.approx(
        expected**2, rel=quantile * np.sqrt(2.0 / blocks / repeats) + 2.0 / blocks
    )
    z = (values - 2.0) / errors
    assert z.var() == pytest.approx(1.0, abs=quantile * np.sqrt(2.0 / repeats) + 2.0 / blocks)


def test_jackknife_of_one_block_has_no_error():
    value, error = jackknife(np.array([[4.0]]), np.array([2.0]), lambda m: m[0])
    assert value == 2.0
    assert np.isnan(error)


@pytest.mark.parametrize(("replicates", "k"), [(5, 1), (20, 3), (64, 8)])
def test_hotelling_p_values_are_uniform_for_correlated_gaussians(replicates, k):
    generator = rng(f"hotelling {replicates} {k}")
    mixing = generator.standard_normal((k, k)) * 10.0 ** generator.integers(-6, 7, k)
    draws = generator.standard_normal((1000, replicates, k)) @ mixing
    _uniform([hotelling(d).p_value for d in draws])


def test_hotelling_of_one_quantity_is_student():
    values = rng("one quantity").normal(0.3, 1.0, (12, 1))
    result = hotelling(values)
    assert result.dof == 1
    assert result.p_value == pytest.approx(float(stats.ttest_1samp(values[:, 0], 0.0).pvalue), rel=1e-10)


def test_hotelling_sees_a_shift_that_single_quantities_hide():
    # A shift against the correlation: each mean is off by 0.4 of its error, the difference by many of its own.
    generator = rng("shift")
    common = generator.standard_normal((100, 1))
    deviations = common + 0.02 * generator.standard_normal((100, 2)) + np.array([0.02, -0.02])
    assert stats.ttest_1samp(deviations, 0.0).pvalue.min() > 1e-4
    assert hotelling(deviations).p_value < 1e-6


def test_hotelling_leaves_out_what_is_a_combination_of_the_rest():
    generator = rng("combination")
    a, b = generator.standard_normal((2, 40))
    deviations = np.stack([a, b, a - 2.0 * b], axis=1)
    result = hotelling(deviations)
    assert result.dof == 2
    assert result.p_value == pytest.approx(hotelling(deviations[:, :2]).p_value, rel=1e-9)
