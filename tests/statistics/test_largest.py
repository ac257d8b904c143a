"""Lists of the largest contributions against sorting everything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsmc.statistics.largest import BATCH_STRIDE, SAMPLE_STRIDE, Largest, defect_numbers, sample_batch_position

PLACES = 3


def _brute_force(entries, keep):
    """(values, defects) per place, by sorting all (place, value, defect)."""
    values = np.full((PLACES, keep), -np.inf)
    defects = np.full((PLACES, keep), np.iinfo(np.int64).max)
    for place in range(PLACES):
        mine = sorted((e for e in entries if e[0] == place), key=lambda e: (-e[1], e[2]))[:keep]
        for rank, (_, value, defect) in enumerate(mine):
            values[place, rank], defects[place, rank] = value, defect
    return values, defects


def _absorb(largest, entries):
    places, values, defects = (np.array([e[i] for e in entries], dtype=t) for i, t in enumerate(("i8", "f8", "i8")))
    largest.absorb(places, values, defects)


def _assert_is(largest, entries):
    values, defects = _brute_force(entries, largest.keep)
    np.testing.assert_array_equal(largest.values, values)
    np.testing.assert_array_equal(largest.defects, defects)


# Few distinct values, so that most of them tie; each defect contributes once at each place.
_entries = st.lists(
    st.tuples(st.integers(0, PLACES - 1), st.sampled_from([0.0, -0.0, 1.0, 2.0, 2.5, 1e300]), st.integers(0, 60)),
    max_size=80,
    unique_by=lambda e: (e[0], e[2]),
)


@given(_entries, st.integers(1, 12), st.data())
@settings(max_examples=150, deadline=None)
def test_content_does_not_depend_on_order_or_grouping(entries, keep, data):
    shuffled = data.draw(st.permutations(entries))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(entries)), max_size=4)))
    largest = Largest.empty(PLACES, keep)
    for start, stop in zip([0, *cuts], [*cuts, len(entries)], strict=True):
        _absorb(largest, shuffled[start:stop])
    _assert_is(largest, entries)


@given(_entries, _entries, st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_merged_lists_are_the_list_of_all(first, second, keep):
    second = [(place, value, defect + 1000) for place, value, defect in second]
    lists = []
    for entries in (first, second):
        lists.append(Largest.empty(PLACES, keep))
        _absorb(lists[-1], entries)
    one, other = lists
    one.merge(other)
    _assert_is(one, first + second)


@given(_entries, st.integers(1, 12), st.data())
@settings(max_examples=150, deadline=None)
def test_floors_never_lose_an_element(entries, keep, data):
    # Groups arrive in any order; each skips what does not exceed the floor that it was given.
    ordered = sorted(entries, key=lambda e: e[2])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(entries)), max_size=4)))
    groups = [ordered[a:b] for a, b in zip([0, *cuts], [*cuts, len(entries)], strict=True) if a < b]
    largest = Largest.empty(PLACES, keep)
    for group in data.draw(st.permutations(groups)):
        floor = largest.threshold(group[0][2])
        _absorb(largest, [e for e in group if e[1] > floor[e[0]]])
    _assert_is(largest, entries)


def test_of_equal_contributions_the_lower_numbers_stay():
    largest = Largest.empty(1, 3)
    _absorb(largest, [(0, 1.0, n) for n in (9, 5, 7)])
    assert largest.threshold(10)[0] == 1.0  # a later defect must exceed it
    assert largest.threshold(8)[0] == np.nextafter(1.0, 0.0)  # an earlier one need only equal it
    _absorb(largest, [(0, 1.0, n) for n in (10, 6)])
    assert largest.defects.tolist() == [[5, 6, 7]]


def test_a_list_that_is_not_full_refuses_nothing():
    largest = Largest.empty(2, 4)
    assert np.isneginf(largest.threshold(0)).all()
    _absorb(largest, [(1, 3.0, 5)])
    assert np.isneginf(largest.threshold(10**6)).all()
    largest.absorb(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
    assert largest.values.tolist() == [[-np.inf] * 4, [3.0, -np.inf, -np.inf, -np.inf]]


@pytest.mark.parametrize("sample", [0, 1, 499_999])
@pytest.mark.parametrize("batch", [0, 1, 244_140_625])
def test_a_defect_has_one_number(sample, batch):
    # The ends of what a spec may ask for: 500,000 samples of 10^12 defects in batches of 4,096.
    positions = np.array([0, 1, BATCH_STRIDE - 1])
    numbers = defect_numbers(sample, batch, positions)
    assert bool((numbers >= 0).all())
    found = sample_batch_position(numbers)
    np.testing.assert_array_equal(found[0], np.full(3, sample))
    np.testing.assert_array_equal(found[1], np.full(3, batch))
    np.testing.assert_array_equal(found[2], positions)
    assert numbers.max() < (sample + 1) * SAMPLE_STRIDE
