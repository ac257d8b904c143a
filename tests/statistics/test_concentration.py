import numpy as np
import pytest

from tests.seeds import rng
from tlsmc.errors import ValidityError
from tlsmc.statistics.largest import effective_number, share_of_top


def test_share_of_a_whole_sample():
    x = rng("share").uniform(size=(3, 100)) ** -2.0
    got = share_of_top(x, x.sum(axis=1), 100, [0.01, 0.07, 1.0])
    ordered = np.sort(x, axis=1)[:, ::-1]
    want = np.stack([ordered[:, :n].sum(axis=1) / x.sum(axis=1) for n in (1, 7, 100)], axis=1)
    np.testing.assert_allclose(got, want, rtol=1e-13)
    assert np.all(got[:, 2] <= 1.0)


def test_equal_parts_share_equally_and_a_part_of_one_counts_as_one():
    got = share_of_top(np.ones(10), 1000.0, 1000, [1e-9, 0.001, 0.0011, 0.01])
    np.testing.assert_allclose(got, [0.001, 0.001, 0.002, 0.01], rtol=1e-14)


def test_share_of_nothing_is_not_a_number():
    assert np.isnan(share_of_top(np.zeros((2, 5)), np.zeros(2), 100, 0.01)).all()


@pytest.mark.parametrize(
    ("x", "total", "fraction", "message"),
    [
        (np.ones(5), 100.0, 0.0, r"fraction 0\.0"),
        (np.ones(5), 100.0, 1.5, r"fraction 1\.5"),
        (np.ones(5), 100.0, np.nan, "fraction nan"),
        (np.ones(5), 100.0, 0.06, "are 6 contributions: only 5 are kept"),
        ([1.0, -1.0], 100.0, 0.01, r"contribution -1\.0"),
        ([1.0, np.nan], 100.0, 0.01, "contribution nan"),
        (np.ones(5), 4.9, 0.01, r"below 5\.0"),
        (np.ones(5), np.nan, 0.01, r"below 5\.0"),
    ],
)
def test_share_refusals(x, total, fraction, message):
    with pytest.raises(ValidityError, match=message):
        share_of_top(x, total, 100, fraction)


def test_effective_number():
    x = rng("effective").exponential(size=1000)
    assert effective_number(7 * 3.0, 7 * 9.0) == pytest.approx(7.0, rel=1e-15)
    assert effective_number(2.0, 4.0) == 1.0
    assert 1.0 < effective_number(x.sum(), (x**2).sum()) < 1000.0
    np.testing.assert_array_equal(effective_number([0.0, 3.0], [0.0, 9.0]), [0.0, 1.0])
    assert effective_number(1e200, 1e308) == pytest.approx(1e92, rel=1e-12)


@pytest.mark.parametrize(("total", "squares"), [(1.0, 0.0), (1.0, -1.0), (np.inf, 1.0), (1.0, np.nan)])
def test_effective_number_refusals(total, squares):
    with pytest.raises(ValidityError, match="sum of squares"):
        effective_number(total, squares)
