"""Exact averages: closed forms against quadrature, and both against sampled defects."""

import numpy as np
import pytest
from scipy import stats

from tests.observables.examples import (
    ALL,
    CASE_IDS,
    CASES,
    STEPS,
    label,
    name_of,
    other_axes,
    paper,
    populations,
    scaled,
    variants,
)
from tests.seeds import rng
from tlsmc.observables.program import contributions, grid_of
from tlsmc.populations.sampling.streams import open_interval
from tlsmc.spec.registry import OBSERVABLES

T = np.array([0.01, 0.2, 2.5])
OMEGA = [0.002, 0.05, 0.5, 2.0]

#: Chance that one of these tests fails although all is well, shared among all comparisons of a test.
FALSE_ALARM = 1e-4


@pytest.mark.parametrize(("chi", "p_min"), [(0.003, 1e-12), (0.3, 1e-3), (1.0, 1e-12)])
@pytest.mark.parametrize("name", [n for n in OBSERVABLES.names() if "tunnelling" in OBSERVABLES.find(n).MODELS])
def test_closed_forms_are_the_integrals_of_the_formula(name, chi, p_min):
    for observable in variants(name, chi=chi):
        _assert_closed_is_quadrature(observable, paper(p_min, E_star=1.7))


@pytest.mark.parametrize(("observable", "population"), CASES, ids=CASE_IDS)
def test_exact_is_the_integral_of_the_formula_for_every_population(observable, population):
    _assert_closed_is_quadrature(observable, populations(observable)[population])


def _assert_closed_is_quadrature(observable, population):
    others = other_axes(observable, OMEGA)
    closed = observable.exact(population, T, *others)
    quadrature = observable.quadrature(population, T, *others)
    for k, component in enumerate(observable.COMPONENTS):
        if (name_of(observable), component) not in STEPS and not observable.refusal(component):
            np.testing.assert_allclose(closed[k], quadrature[k], rtol=1e-7, atol=0, err_msg=component)


@pytest.mark.parametrize("chi", [0.003, 0.3, 1.0])
def test_overdamped_fraction_is_the_area_under_the_step(chi):
    # At chi = 0.003 and T below E*/chi next to no defect is overdamped; nodes of quadrature would miss it.
    (observable,) = variants("linewidth", chi=chi)
    population = paper(1e-6, E_star=1.7)
    exact = observable.exact(population, T)[1]
    law = population.laws["p"]
    # Uniform u with p = sech^2 u, in as many cells as it takes; the midpoint rule of a smooth integrand.
    u = (np.arange(200_000) + 0.5) / 200_000
    share = np.minimum(2.0 * T[:, None] * np.arctanh(0.5 * chi * law.ppf(u)) / 1.7, 1.0)
    np.testing.assert_allclose(exact, share.mean(axis=1), rtol=1e-7, atol=0)
    # And the step itself, which the nodes of the quadrature resolve badly.
    rough = observable.quadrature(population, T)[1]
    np.testing.assert_allclose(exact, rough, rtol=0, atol=0.02)


@pytest.mark.parametrize(("observable", "population"), CASES, ids=CASE_IDS)
def test_sampling_agrees_with_exact(observable, population):
    made, count = populations(observable)[population], 100_000
    others, temperatures = other_axes(observable, [0.05, 0.5, 1.5]), np.array([0.1, 1.0])
    program, points = observable.program(made), observable.points(*others)
    exact = observable.exact(made, temperatures, *others).reshape(-1, len(temperatures), len(points))
    columns = made.columns(open_interval(rng(f"{label(observable)} {population}").random((made.dimensions, count))))
    scores, unused = [], 0
    for i, temperature in enumerate(temperatures):
        for j, point in enumerate(points):
            for k, part in enumerate(contributions(program, columns, float(temperature), point)):
                # A mean is Gaussian enough for such a test if it has a few hundred effective terms.
                effective = part.sum() ** 2 / (part**2).sum() if part.any() else 0.0
                if observable.refusal(observable.COMPONENTS[k]):
                    continue
                assert not np.isinf(exact[k, i, j])
                if np.isnan(exact[k, i, j]) or effective < 300.0:
                    unused += 1
                elif part.std() > 1e-12 * part.mean():
                    scores.append((part.mean() - exact[k, i, j]) / (part.std(ddof=1) / np.sqrt(count)))
                else:
                    assert part.mean() == pytest.approx(exact[k, i, j], rel=1e-10)
    assert unused <= exact.size // 2
    if scores:
        # Two-sided, and divided among the scores and the cases.
        bound = stats.norm.isf(0.5 * FALSE_ALARM / (len(scores) * len(CASES)))
        assert np.abs(scores).max() < bound


#: Observables without a dimension: their averages do not know the unit of energy.
DIMENSIONLESS = [
    observable
    for observable in ALL
    if name_of(observable)
    in (
        "attenuation",
        "dephasing",
        "heat_capacity",
        "linewidth",
        "kondo_attenuation",
        "kondo_dephasing",
        "kondo_heat_capacity",
        "loss_tangent",
        "timed_heat_capacity",
    )
]


@pytest.mark.parametrize("observable", DIMENSIONLESS, ids=label)
def test_averages_do_not_depend_on_the_unit_of_energy(observable):
    others, scale = other_axes(observable, OMEGA), 3.0e-4
    here = observable.exact(scaled(observable, 1.0), T, *others)
    changed = [axis / scale if "time" in observable.AXES else scale * axis for axis in others]
    there = observable.exact(scaled(observable, scale), scale * T, *changed)
    np.testing.assert_allclose(there, here, rtol=1e-9, atol=0)


def test_printed_forms_stand_in_the_ratios_that_follow_from_their_derivation():
    (first, *_) = variants("attenuation", chi=0.03)
    forms = {form.equation: form for form in first.printed(paper(1e-12), *grid_of(T, np.array(OMEGA)))}
    exact = first.exact(paper(1e-12), T, np.array(OMEGA))
    np.testing.assert_allclose(forms["Eq. 15"].values, exact[0], rtol=1e-6)
    # The average of Eq. 12 has 4 cosh^3 y where Eq. 16 has 2 cosh^3 y.
    np.testing.assert_allclose(forms["Eq. 16"].values, 2.0 * exact[1], rtol=1e-6)


@pytest.mark.parametrize(("drive", "resonant", "relaxation"), [("sigma_z", 1.0, 4.0), ("asymmetry", 0.25, 1.0)])
def test_drives_differ_by_constant_factors(drive, resonant, relaxation):
    by_drive = {(o.drive, o.lineshape): o.exact(paper(), T, np.array(OMEGA)) for o in variants("attenuation")}
    for lineshape in ("resonant", "bloch"):
        ratio = by_drive[drive, lineshape] / by_drive["paper", lineshape]
        np.testing.assert_allclose(ratio[0], resonant, rtol=1e-12)
        np.testing.assert_allclose(ratio[1], relaxation, rtol=1e-12)
