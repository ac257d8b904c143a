"""The sampled columns: they agree with the exact ones, and every ensemble is independent of the others."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import norm

from tests.claims.papers import OTHERS
from tlsmc.claims import Paper
from tlsmc.claims.base import DISPUTED
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import kelvin
from tlsmc.errors import SpecError

pytestmark = pytest.mark.slow

#: A test of this module calls what is right wrong with this probability, split among all its checks.
FALSE_ALARM = 1e-3


@pytest.mark.parametrize("name", ["paper", *OTHERS])
def test_sampled_agrees_with_exact(audited, name):
    rows = [c for c in audited(name).claims if np.isfinite(c.exact) and np.isfinite(c.error)]
    assert len(rows) >= 65
    # Three audits share the false alarms.
    limit = norm.isf(0.5 * FALSE_ALARM / (3 * len(rows)))
    for claim in rows:
        rounding = 1e-12 * abs(claim.exact)
        assert abs(claim.sampled - claim.exact) <= limit * claim.error + rounding, claim
        assert claim.verdict != DISPUTED


@pytest.mark.parametrize("name", ["paper", *OTHERS])
def test_seeds_are_all_different(audited, name):
    specs = audited(name).specs
    assert len({spec.layout.seed for spec in specs.values()}) == len(specs) >= 30


def test_rows_are_told_apart_by_their_statements(audited):
    rows = [(c.place, c.statement) for c in audited("paper").claims]
    assert len(set(rows)) == len(rows)


def test_the_rows_are_the_same_for_all_numbers(audited):
    places = [[c.place for c in audited(name).claims] for name in ("paper", *OTHERS)]
    assert places[0] == places[1] == places[2]


def test_one_ensemble_is_run_once_and_at_its_own_size():
    ensembles = Ensembles(Paper(), 8192, seed=1)
    first = ensembles.run("still")
    assert ensembles.run("still") is first
    assert first.defects == 4 * 8192
    assert ensembles.run("rate").defects == 8192
    other = Ensembles(Paper(), 8192, seed=2)
    assert other.spec("rate").layout.seed != ensembles.spec("rate").layout.seed


def test_a_point_that_is_not_on_the_grid_is_refused():
    ensembles = Ensembles(Paper(), 8192)
    with pytest.raises(SpecError, match=r"0\.05 is not on the grid"):
        ensembles.at("rate", Place("dephasing", 0.05))


def test_a_jackknife_is_the_moment_estimate_where_there_is_one():
    ensembles = Ensembles(Paper(), 65_536, seed=3)
    place = Place("dephasing", Paper().T_min)
    direct = ensembles.at("rate", place)
    derived = ensembles.derived("rate", (place,), lambda means: 2.0 * float(means[0]))
    assert derived.value == pytest.approx(2.0 * direct.value, rel=1e-12)
    # The error of an error from 64 blocks is 9 %: five of them.
    assert derived.error == pytest.approx(2.0 * direct.error, rel=0.45)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("chi", 1.5, "unitary"), ("L", 0.0, "above 0"), ("T_min", 3.0, "T_max"), ("E_star", float("nan"), "finite")],
)
def test_numbers_that_cannot_be(name, value, words):
    with pytest.raises(SpecError, match=words):
        dataclasses.replace(Paper(), **{name: value})


def test_temperatures_in_words():
    assert [kelvin(T) for T in (0.04, 1.0, 14.1421356)] == ["40 mK", "1 K", "14.14 K"]
