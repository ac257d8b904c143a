"""The rules that turn numbers into verdicts."""

import math

import pytest

from tlsmc.claims.base import (
    DISPUTED,
    FAILS,
    HOLDS,
    MISPRINT,
    OPEN,
    UP_TO_A_FACTOR,
    Sampled,
    bound,
    claim,
    formula,
    number,
    undecided,
    within,
)


@pytest.mark.parametrize(
    ("value", "exact", "elsewhere", "tolerance", "verdict"),
    [
        (2.0, 2.0, math.nan, 1e-6, HOLDS),
        (2.0, 2.0 * (1 + 9e-7), math.nan, 1e-6, HOLDS),
        (2.0, 2.0 * (1 + 2e-6), math.nan, 1e-6, FAILS),
        (2.0, 2.0 * (1 + 2e-6), 1.0, 1e-6, UP_TO_A_FACTOR),
        (2.0, 2.09, 1.3, 0.05, HOLDS),
        (2.0, 1.0, 0.5, 1e-6, UP_TO_A_FACTOR),
        (2.0, 1.0, 0.6, 1e-6, UP_TO_A_FACTOR),
        (2.0, 1.0, 0.65, 1e-6, FAILS),
        (2.0, 1.0, 0.35, 1e-6, FAILS),
        (2.0, 1e-4, 5e-5, 0.05, UP_TO_A_FACTOR),
        (2.0, 1e-4, 0.0, 0.05, FAILS),
        (2.0, math.inf, 1.0, 0.05, FAILS),
        (math.inf, 2.0, 1.0, 0.05, FAILS),
    ],
)
def test_formulas(value, exact, elsewhere, tolerance, verdict):
    reading = formula(value, exact=exact, elsewhere=elsewhere, tolerance=tolerance)
    assert reading.verdict == verdict


@pytest.mark.parametrize(
    ("digits", "scale", "exact", "verdict"),
    [
        ("3e-8", 1.0, 3.4e-8, HOLDS),
        ("3e-8", 1.0, 2.6e-8, HOLDS),
        ("3e-8", 1.0, 3.6e-8, UP_TO_A_FACTOR),
        ("3e-8", 1.0, 2.9e-7, UP_TO_A_FACTOR),
        ("3e-8", 1.0, 3.1e-7, FAILS),
        ("3e-8", 1.0, 2.9e-9, FAILS),
        ("3e-8", 100.0, 3e-6, HOLDS),
        ("1e2", 1.0, 127.0, HOLDS),
        ("1e2", 1.0, 50.0, UP_TO_A_FACTOR),
        ("0.1", 1.0, 0.127, HOLDS),
        ("0.02", 1.0, 0.0249, HOLDS),
        ("0.02", 1.0, 0.0026, UP_TO_A_FACTOR),
        ("1.0", 1.0, 1.04, HOLDS),
        ("1.0", 1.0, 1.06, UP_TO_A_FACTOR),
    ],
)
def test_numbers_in_digits(digits, scale, exact, verdict):
    reading = number(digits, scale=scale, exact=exact)
    assert reading.printed == float(digits) * scale
    assert reading.verdict == verdict


@pytest.mark.parametrize(
    ("exact", "verdict"),
    [(20.0, HOLDS), (40.0, HOLDS), (16.0, UP_TO_A_FACTOR), (399.0, UP_TO_A_FACTOR), (401.0, FAILS)],
)
def test_ranges(exact, verdict):
    assert within(20.0, 40.0, exact=exact).verdict == verdict


@pytest.mark.parametrize(
    ("above", "exact", "verdict"),
    [
        (True, 1.1, HOLDS),
        (True, 0.9, FAILS),
        (True, 1.0, FAILS),
        (False, 0.9, HOLDS),
        (False, 1.1, FAILS),
        (False, 1.0, FAILS),
        (False, math.inf, FAILS),
    ],
)
def test_bounds(above, exact, verdict):
    assert bound(1.0, above=above, exact=exact).verdict == verdict


def test_a_misprint_is_what_a_named_correction_makes_better():
    right = formula(1.0, exact=1.0)
    assert formula(2.0, exact=1.0, elsewhere=0.5, corrected=right).verdict == MISPRINT
    assert formula(1.0, exact=1.0, corrected=right).verdict == HOLDS
    no_better = formula(3.0, exact=1.0, elsewhere=1.0 / 3.0)
    assert formula(2.0, exact=1.0, elsewhere=0.5, corrected=no_better).verdict == UP_TO_A_FACTOR
    factor = number("3", scale=10.0, exact=52.0)
    assert number("3", exact=52.0, corrected=factor).verdict == MISPRINT


def test_a_sample_that_disagrees_leaves_no_verdict():
    reading = formula(1.0, exact=1.0)
    assert claim("here", "x", reading, Sampled(1.049, 0.01, "run")).verdict == HOLDS
    assert claim("here", "x", reading, Sampled(1.051, 0.01, "run")).verdict == DISPUTED
    assert claim("here", "x", reading, Sampled(0.9, math.nan, "run", "no error: none")).verdict == HOLDS
    assert claim("here", "x", reading, Sampled(1.0 + 1e-9, 0.0, "run")).verdict == HOLDS


def test_the_ratio_is_of_the_sample_where_there_is_one():
    reading = formula(2.0, exact=1.0, elsewhere=0.5)
    sampled = claim("here", "x", reading, Sampled(1.02, 0.01, "run"))
    assert (sampled.ratio, sampled.ratio_error) == (0.51, 0.005)
    without = claim("here", "x", reading, "no sampled column: nothing to sample")
    assert (without.ratio, without.missing) == (0.5, "no sampled column: nothing to sample")
    assert undecided("here", "x", "why").verdict == OPEN


def test_arithmetic_of_samples():
    one, other = Sampled(2.0, 0.02, "one"), Sampled(4.0, 0.08, "other", "why")
    assert (one.times(-3.0).value, one.times(-3.0).error) == (-6.0, pytest.approx(0.06))
    ratio = one.over(other)
    assert (ratio.value, ratio.error) == (0.5, pytest.approx(0.5 * math.hypot(0.01, 0.02)))
    assert (ratio.run, ratio.why) == ("one; over other", "why")
    inverse = one.dividing(6.0)
    assert (inverse.value, inverse.error) == (3.0, pytest.approx(0.03))


def test_a_crossing_is_found_from_a_value_near_it():
    # The curve ln(place) + 1, sampled at 2 where it should pass 1.7: the crossing is at e^0.7.
    near = Sampled(math.log(2.0) + 1.0, 0.01, "run").inverted(1.7, 1.0, 2.0)
    assert near.value == pytest.approx(math.exp(0.7))
    assert near.error == pytest.approx(0.01 * math.exp(0.7))
