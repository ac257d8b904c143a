"""What every law promises, tried on every law of the folder."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from tests.populations.laws.examples import BAD, GOOD, build, good_laws
from tests.seeds import rng
from tlsmc.errors import SpecError
from tlsmc.populations.fields import described
from tlsmc.populations.laws.base import Law
from tlsmc.spec.registry import LAWS

EXAMPLES = good_laws()
every_law = pytest.mark.parametrize("label", EXAMPLES)
# No deadline: a busy machine is not a failure.
examples = settings(max_examples=50, deadline=None, derandomize=True)

# Probabilities from the far lower to the far upper tail.
LOWER = np.array([1e-300, 1e-200, 1e-100, 1e-50, 1e-30, 1e-16, 1e-12, 1e-9, 1e-6, 1e-3])
PROBES = np.concatenate([LOWER, np.linspace(0.01, 0.99, 99), 1.0 - LOWER[:4:-1], [1.0 - 2.0**-53]])
PROBES = np.unique(PROBES[PROBES < 1.0])

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def masses(law: Law, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrals of the density between ``edges``, by Gauss quadrature in ln x, split at the kinks."""
    kinks = [kink for kink in law.kinks if edges[0] < kink < edges[-1]]
    cuts = np.log(np.unique(np.concatenate([edges, kinks])))
    middle, half = 0.5 * (cuts[1:] + cuts[:-1]), 0.5 * np.diff(cuts)
    x = np.exp(middle[:, None] + half[:, None] * _NODES)
    pieces = half * ((law.pdf(x) * x) @ _WEIGHTS)
    return np.add.reduceat(pieces, np.searchsorted(cuts, np.log(edges[:-1])))


@every_law
def test_quantiles_are_finite_inside_the_support_and_increase(label: str) -> None:
    law = EXAMPLES[label]
    x = law.ppf(PROBES)
    low, high = law.support
    assert x.dtype == np.float64
    assert np.isfinite(x).all()
    assert ((x >= low) & (x <= high)).all()
    assert (np.diff(x) >= 0.0).all()
    # No step is lost in the bulk, where neighbours differ by a percent of probability.
    assert (np.diff(law.ppf(np.linspace(0.01, 0.99, 99))) > 0.0).all()


@every_law
def test_support_is_where_the_probability_is(label: str) -> None:
    law = EXAMPLES[label]
    low, high = law.support
    assert 0.0 <= low < high
    ends = np.array([low, high])
    np.testing.assert_array_equal(law.cdf(ends), [0.0, 1.0])
    outside = np.array([-1.0, np.nextafter(low, -1.0), np.nextafter(high, np.inf)])
    np.testing.assert_array_equal(law.pdf(outside)[outside != np.inf], 0.0)
    np.testing.assert_array_equal(law.cdf(outside), [0.0, 0.0, 1.0])
    assert all(low < kink < high for kink in law.kinks)
    assert list(law.kinks) == sorted(law.kinks)


@every_law
@examples
@given(pair=st.tuples(*2 * [st.floats(1e-300, 1.0 - 2.0**-53)]))
def test_quantile_is_monotone(label: str, pair: tuple[float, float]) -> None:
    law = EXAMPLES[label]
    lower, upper = law.ppf(np.array(sorted(pair)))
    assert lower <= upper * (1.0 + 4.0 * np.finfo(float).eps)


@every_law
@examples
@given(u=st.floats(1e-300, 1.0 - 2.0**-53))
def test_cdf_inverts_the_quantile(label: str, u: float) -> None:
    law = EXAMPLES[label]
    x = law.ppf(np.array([u]))
    # The exact quantile lies within a few roundings of x: where the density is steep (p near 1) these
    # are all that separates cdf(ppf(u)) from u.
    slack = 4.0 * np.spacing(x)
    assert law.cdf(x - slack)[0] - 1e-12 <= u <= law.cdf(x + slack)[0] + 1e-12


@every_law
def test_cdf_of_quantile_is_the_probability_in_the_bulk(label: str) -> None:
    law = EXAMPLES[label]
    u = np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(law.cdf(law.ppf(u)), u, rtol=0.0, atol=1e-12)


@every_law
def test_density_is_normalised_and_the_derivative_of_the_cdf(label: str) -> None:
    law = EXAMPLES[label]
    # At 1 - 1e-3 the rounding of p near 1 is still harmless for 1/sqrt(1-p).
    inner = np.concatenate(
        [np.geomspace(1e-6, 0.01, 41), np.linspace(0.02, 0.98, 97), 1 - np.geomspace(0.01, 1e-3, 11)]
    )
    edges = law.ppf(inner)
    integrals = masses(law, edges)
    np.testing.assert_allclose(integrals, np.diff(inner), rtol=0.0, atol=1e-11)
    np.testing.assert_allclose(integrals.sum() + 1e-6 + 1e-3, 1.0, rtol=0.0, atol=1e-10)
    np.testing.assert_allclose(integrals, np.diff(law.cdf(edges)), rtol=0.0, atol=1e-11)


@every_law
def test_sample_follows_the_density(label: str) -> None:
    """Kolmogorov-Smirnov on a grid, against the integrated density; false-alarm rate 1e-4 over all laws."""
    law, size = EXAMPLES[label], 20_000
    draws = np.sort(law.ppf(rng(f"sample follows the density {label}").random(size)))
    edges = law.ppf(np.linspace(0.001, 0.999, 500))
    expected = np.cumsum(np.concatenate([[0.001], masses(law, edges)]))
    found = np.searchsorted(draws, edges, side="right") / size
    # The largest distance on a grid is at most that over all x, so the quoted rate is an upper bound.
    assert np.abs(found - expected).max() < stats.kstwo.isf(1e-4 / len(EXAMPLES), size)


@every_law
def test_same_stream_same_draws_in_any_tiles(label: str) -> None:
    law = EXAMPLES[label]
    draws = [law.ppf(rng(label).random(1001)) for _ in range(2)]
    np.testing.assert_array_equal(draws[0], draws[1])
    u = rng(label).random(1001)
    tiles = np.concatenate([law.ppf(u[:3]), law.ppf(u[3:500]), law.ppf(u[500:])])
    np.testing.assert_array_equal(tiles, draws[0])


@every_law
def test_methods_broadcast_and_leave_their_argument_alone(label: str) -> None:
    law = EXAMPLES[label]
    u = np.linspace(0.1, 0.9, 6).reshape(2, 3)
    u.flags.writeable = False
    x = law.ppf(u)
    x.flags.writeable = False
    for method, argument in ((law.ppf, u), (law.complement_ppf, u), (law.pdf, x), (law.cdf, x)):
        result = method(argument)
        assert result.shape == (2, 3)
        np.testing.assert_array_equal(result.ravel(), method(argument.ravel()))
        np.testing.assert_array_equal(method(argument[1, 2]), result[1, 2])


@every_law
def test_complement_agrees_with_the_quantile(label: str) -> None:
    law = EXAMPLES[label]
    x = law.ppf(PROBES)
    np.testing.assert_allclose(law.complement_ppf(PROBES), 1.0 - x, rtol=1e-13, atol=1e-14)


@every_law
def test_pickling_keeps_the_law(label: str) -> None:
    law = EXAMPLES[label]
    again = pickle.loads(pickle.dumps(law))
    assert again == law
    assert hash(again) == hash(law)
    np.testing.assert_array_equal(again.ppf(PROBES), law.ppf(PROBES))


@every_law
def test_law_is_frozen(label: str) -> None:
    law = EXAMPLES[label]
    for field in dataclasses.fields(law):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(law, field.name, getattr(law, field.name))


def numeric_fields(law: Law) -> list[str]:
    return [field.name for field, info in described(law) if info.is_number]


@pytest.mark.parametrize("name", LAWS.names())
def test_every_parameter_can_be_perturbed(name: str) -> None:
    u = np.linspace(0.05, 0.95, 19)
    effective = set()
    for parameters in GOOD[name]:
        law = build(name, parameters)
        assert dataclasses.replace(law) == law
        # Over many decades a quantile carries the roundings of its logarithm, up to about 30.
        rounding = 64.0 * np.spacing(law.ppf(u))
        for parameter in numeric_fields(law):
            value = getattr(law, parameter)
            steps = np.array([1e-5, 5e-6]) * (abs(value) or 1.0)
            others = [dataclasses.replace(law, **{parameter: value + step}) for step in steps]
            assert all(other != law for other in others)
            whole, half = (other.ppf(u) - law.ppf(u) for other in others)
            if np.abs(half).max() > 1e6 * rounding.max():
                effective.add(parameter)
            # Quantiles are smooth in a parameter: half the step, half the change. At a bound of 0 they
            # need not be.
            if value != 0.0:
                assert (np.abs(whole - 2.0 * half) <= 1e-3 * np.abs(half).max() + rounding).all(), parameter
    assert effective == set(numeric_fields(law))


def sum_of_means(law: Law, edges: NDArray[np.float64]) -> float:
    """Integral of x pdf(x) dx between the first and the last of ``edges``, by Gauss quadrature in ln x."""
    middle, half = 0.5 * np.log(edges[1:] * edges[:-1]), 0.5 * np.log(edges[1:] / edges[:-1])
    x = np.exp(middle[:, None] + half[:, None] * _NODES)
    return float(half @ ((law.pdf(x) * x**2) @ _WEIGHTS))


def mean_of_quantiles(law: Law) -> float:
    """Integral of ppf(u) du over (0, 1 - 1e-15) by Gauss quadrature, finer towards every kink."""
    decades = 10.0 ** -np.arange(1.0, 16.0)
    corners = np.concatenate([[0.0], law.cdf(np.array(law.kinks)), [1.0]])[:, None]
    knots = np.unique(np.concatenate([corners[:-1], corners + decades, corners - decades], axis=None))
    knots = knots[(knots >= 0.0) & (knots < 1.0)]
    middle, half = 0.5 * (knots[1:] + knots[:-1]), 0.5 * np.diff(knots)
    return float(half @ (law.ppf(middle[:, None] + half[:, None] * _NODES) @ _WEIGHTS))


@every_law
def test_expectation_against_quadrature(label: str) -> None:
    law = EXAMPLES[label]
    low, high = law.support
    start = max(low, law.characteristic * 1e-12)
    if np.isinf(law.expectation):
        # Truncated means grow without end: equal factors of the cut-off add no less each time.
        per_decade = [sum_of_means(law, np.geomspace(start * 10.0**k, start * 10.0 ** (k + 1), 5)) for k in range(20)]
        assert (np.diff(per_decade) > -1e-9 * np.array(per_decade[1:])).all()
        return
    found = sum_of_means(law, np.geomspace(start, start * 1e40, 161)) if np.isinf(high) else mean_of_quantiles(law)
    np.testing.assert_allclose(law.expectation, found, rtol=1e-9)


@every_law
def test_characteristic_value_is_positive_and_in_the_support(label: str) -> None:
    law = EXAMPLES[label]
    low, high = law.support
    assert 0.0 < law.characteristic < np.inf
    assert low <= law.characteristic <= high


@pytest.mark.parametrize(
    ("name", "parameters", "message"), [(name, *row) for name, rows in BAD.items() for row in rows]
)
def test_bad_parameters_are_refused(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        build(name, parameters)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value), "the message offers no remedy"
