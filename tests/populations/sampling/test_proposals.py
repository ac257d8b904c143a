"""The resonant proposal: unbiased, bounded weights, and an error that does not grow as chi falls."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from tests.observables.examples import paper, variants
from tests.seeds import rng
from tlsmc.errors import SpecError
from tlsmc.observables.kernels import numpy_tiles
from tlsmc.populations.base import WEIGHT
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.power import Power
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.sampling.proposals import ResonantProposal
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.registry import MODELS

OMEGA, T = np.geomspace(2e-3, 0.9, 6), np.array([0.1, 1.0, 10.0])
#: Over all checks of this file together.
FALSE_ALARM = 1e-4


def _proposal(chi, p_min=1e-8):
    return ResonantProposal.of(paper(p_min), chi, OMEGA, T)


@pytest.mark.slow
def test_weights_are_the_ratio_of_the_densities():
    """The mixture integrates to one: its density is that of the population over the weight."""
    proposal = _proposal(0.3, p_min=1e-3)
    L = proposal.p_law.log_range

    def mixture(ln_E, u):
        E, p = np.exp(ln_E), np.cosh(u) ** -2
        return float(E / L / proposal.weights(np.array([E]), np.array([p]))[0])

    edges = np.log([1e-12, 1e-6, 1e-3, *OMEGA, 1.0])
    total = sum(integrate.dblquad(mixture, 0.0, L, a, b, epsrel=1e-5)[0] for a, b in itertools.pairwise(edges))
    assert total == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("chi", [0.3, 1e-2, 1e-4])
def test_weights_average_to_one_and_are_bounded(chi):
    columns = _proposal(chi).columns(rng(f"weights {chi}").random((3, 200_000)))
    weight = columns[WEIGHT]
    assert weight.min() > 0.0
    assert weight.max() <= 1.0 / 0.4 + 1e-12
    z = (weight.mean() - 1.0) / weight.std() * np.sqrt(weight.size)
    assert abs(z) < stats.norm.isf(FALSE_ALARM / 40)
    np.testing.assert_allclose(columns["Lambda"] ** 2 + columns["Delta"] ** 2, columns["E"] ** 2, rtol=1e-12)
    np.testing.assert_allclose(columns["p"] + columns["q"], 1.0, atol=1e-12)


@pytest.mark.parametrize("chi", [0.3, 1e-2, 1e-4])
def test_averages_are_those_of_the_population(chi):
    (attenuation,) = (o for o in variants("attenuation", chi=chi) if o.drive == "paper" and o.lineshape == "resonant")
    for observable, others in ((attenuation, (OMEGA,)), (variants("heat_capacity")[0], ())):
        mean, error, exact = _sampled(observable, chi, others, 160_000)
        z = (mean - exact) / error
        # Neighbouring points share their defects; Bonferroni over them, the observables and chi.
        assert np.abs(z).max() < stats.norm.isf(FALSE_ALARM / 40 / z.size)


def _sampled(observable, chi, others, defects):
    population = paper(1e-8)
    program = observable.program(population)
    columns = _proposal(chi).columns(rng(f"averages {chi}").random((3, defects)))
    points = observable.points(*others)
    shape = (program.components, len(T), len(points))
    sums = numpy_tiles.accumulate(program, columns, T, points, np.full(shape, np.inf))
    mean = sums.totals[0] / defects
    squares = sums.products[0, [program.pairs.index((k, k)) for k in range(program.components)]] / defects
    return mean, np.sqrt((squares - mean**2) / defects), observable.exact(population, T, *others).reshape(shape)


def test_error_does_not_grow_as_chi_falls():
    """Plain sampling needs a hundred times more defects at chi = 1e-3 than at 0.1; the proposal less than ten."""
    worst = []
    for chi in (0.1, 1e-3, 1e-5):
        (attenuation,) = (
            o for o in variants("attenuation", chi=chi) if o.drive == "paper" and o.lineshape == "resonant"
        )
        _, error, exact = _sampled(attenuation, chi, (OMEGA,), 80_000)
        worst.append((error[0] / exact[0]).max())
    assert worst[1] < 3.0 * worst[0]
    assert worst[2] < 3.0 * worst[0]


@pytest.mark.parametrize(
    "laws",
    [
        {"E": Exponential(mean=1.0), "p": TunnellingFraction(low=1e-6)},
        {"E": Uniform(low=0.0, high=1.0), "p": Power(low=1e-3, high=1.0, exponent=-0.5)},
        {"Delta": Uniform(low=0.0, high=1.0), "Lambda": Uniform(low=0.0, high=1.0)},
    ],
)
def test_other_populations_are_refused(laws):
    with pytest.raises(SpecError, match="needs parameters E"):
        ResonantProposal.of(MODELS.find("tunnelling")(laws), 0.1, OMEGA, T)


def test_spec_without_resonances_is_refused():
    content = {
        "seed": 1,
        "population": {
            "model": "tunnelling",
            "defects": 10,
            "proposal": "resonant",
            "parameters": {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling"}},
        },
        "observables": {"heat_capacity": {"temperature": [1.0]}},
    }
    with pytest.raises(SpecError, match=r"population\.proposal: .*needs chi and an observable with frequencies"):
        parse_spec(content)
