"""Sums over a binary tree, and the digest of a run's sums."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.seeds import rng
from tlsmc.statistics.sums import ObservableSums, PairwiseSum, RunSums


def _tree(terms):
    tree = PairwiseSum()
    for term in terms:
        tree.add(term)
    return tree.result()


def _numbers(count, label="sums"):
    return list(rng(f"{label} {count}").standard_normal(count) * 10.0 ** rng("scale").integers(-8, 9, count))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 31, 64, 1000])
def test_sum_agrees_with_the_correctly_rounded_one(count):
    terms = _numbers(count)
    (total,) = _tree([(np.array(x),) for x in terms])
    # An error of (depth of the tree) roundings, relative to the magnitudes.
    depth = math.ceil(math.log2(count)) if count > 1 else 0
    assert abs(float(total) - math.fsum(terms)) <= (depth + 1) * 2.0**-53 * math.fsum(map(abs, terms))


def test_error_grows_with_the_logarithm_of_the_number_of_terms():
    # Running sums of equal terms lose six digits here.
    (total,) = _tree([(np.float32(0.1),)] * 2**16)
    assert total == np.float32(0.1) * 2**16


@pytest.mark.parametrize("exponent", range(1, 9))
def test_halves_add_up_to_the_very_same_bits(exponent):
    terms = [(np.array([x, -2.0 * x]), np.array(x * x)) for x in _numbers(2**exponent)]
    middle = len(terms) // 2
    left, right = _tree(terms[:middle]), _tree(terms[middle:])
    for whole, a, b in zip(_tree(terms), left, right, strict=True):
        np.testing.assert_array_equal(whole, a + b)


@given(st.integers(1, 200), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_blocks_of_a_power_of_two_combine_to_the_same_bits(count, exponent):
    terms = [(np.array(x),) for x in _numbers(count)]
    size = 2**exponent
    blocks = [_tree(terms[start : start + size]) for start in range(0, count, size)]
    np.testing.assert_array_equal(_tree(blocks)[0], _tree(terms)[0])


def test_result_may_be_asked_for_at_any_time_and_terms_stay_as_they_are():
    terms = [(np.full(3, float(i)),) for i in range(10)]
    tree = PairwiseSum()
    for i, term in enumerate(terms):
        tree.add(term)
        np.testing.assert_array_equal(tree.result()[0], np.full(3, i * (i + 1) / 2))
    for i, term in enumerate(terms):
        np.testing.assert_array_equal(term[0], np.full(3, float(i)))


def _run_sums():
    sums = RunSums.empty(2, 3)
    sums.observables["b"] = ObservableSums.empty(2, 3, 2, (4, 5), 6)
    sums.observables["a"] = ObservableSums.empty(2, 3, 1, (4, 1), 6)
    return sums


def test_empty_sums_have_the_documented_shapes():
    sums = _run_sums()
    assert sums.done.shape == sums.counts.shape == (2, 3)
    assert sums.observables["b"].totals.shape == (2, 3, 2, 4, 5)
    assert sums.observables["b"].products.shape == (2, 3, 3, 4, 5)
    assert sums.observables["b"].largest.values.shape == (40, 6)
    names = [name for name, _ in sums.arrays()]
    assert names[:3] == ["done", "counts", "a/totals"]
    assert len(names) == len(set(names)) == 10


def test_digest_sees_every_array_and_only_the_content():
    reference = _run_sums().digest()
    assert _run_sums().digest() == reference
    for position in range(10):
        sums = _run_sums()
        name, array = list(sums.arrays())[position]
        array.flat[-1] = 1
        assert sums.digest() != reference, name
    # The order in which observables were added, and the memory order of their arrays, are no content.
    sums = _run_sums()
    sums.observables = dict(reversed(sums.observables.items()))
    sums.observables["b"].totals = np.asfortranarray(sums.observables["b"].totals)
    sums.counts = sums.counts.astype(">i8")
    assert sums.digest() == reference
    # A zero and a minus zero are different bits.
    sums.observables["a"].totals[0, 0, 0, 0, 0] = -0.0
    assert sums.digest() != reference
