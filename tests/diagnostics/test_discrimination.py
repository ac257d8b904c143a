"""What would decide: separations against simulated experiments, numbers of points, shapes, units, words."""

import json
import math
import tomllib

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

import tlsmc
from tests.library import ROOT
from tests.seeds import rng
from tlsmc.cli.discriminate import volume_of
from tlsmc.diagnostics.discrimination import (
    LEVELS,
    Contrast,
    Experiment,
    best_contrast,
    best_design,
    chi2,
    discriminate,
)
from tlsmc.diagnostics.hypotheses import observable_of
from tlsmc.errors import SpecError
from tlsmc.observables.averages import Points, relative_moments, second_moments
from tlsmc.observables.program import contributions
from tlsmc.observables.quantities import COMPARED

#: Each of the statistical checks below is beyond this many standard errors by chance once in 1.7 million cases.
FAR = 5.0

TUNNELLING = """
seed = 3
[population]
model = "tunnelling"
defects = 4_000
[population.parameters]
E = { law = "uniform", high = "20 mK" }
p = { law = "tunnelling", low = 1e-3 }
[material]
preset = "paper"
chi = 0.3
dephasing_time = "3 ns"
[observables.attenuation]
temperature = { start = "5 mK", stop = "200 mK", points = 3 }
frequency = { start = "50 MHz", stop = "600 MHz", points = 3 }
[observables.heat_capacity]
temperature = { start = "5 mK", stop = "200 mK", points = 3 }
[observables.dephasing]
temperature = { start = "5 mK", stop = "200 mK", points = 3 }
"""

KONDO = """
seed = 3
[population]
model = "kondo"
defects = 2_000
[population.parameters]
T_K = { law = "uniform", high = "1 K" }
Delta = { law = "uniform", high = "0.2 K" }
[material]
preset = "paper"
dephasing_time = "3 ns"
[observables.kondo_heat_capacity]
heat = "emery-kivelson"
temperature = { start = "50 mK", stop = "500 mK", points = 3 }
[observables.kondo_dephasing]
temperature = { start = "50 mK", stop = "500 mK", points = 3 }
[observables.kondo_attenuation]
temperature = { start = "50 mK", stop = "500 mK", points = 3 }
frequency = { start = "50 MHz", stop = "2 GHz", points = 3 }
"""


def spec(text=TUNNELLING, **settings):
    """A spec with entries changed: ``material_chi=0.1``."""
    content = tomllib.loads(text)
    for key, value in settings.items():
        place = content
        *folders, last = key.split("__")
        for folder in folders:
            place = place.setdefault(folder, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return tlsmc.parse_spec(content)


def only(name, text=TUNNELLING, **settings):
    """A spec with the grid of one quantity alone, so that no other can be asked."""
    model = tomllib.loads(text)["population"]["model"]
    names = {quantity.observables[model][0] for quantity in COMPARED.values() if quantity.comparison != name}
    return spec(text, **settings, **{f"observables__{other}": None for other in names})


def by_name(ranking):
    return {found.quantity: found for found in ranking.found}


# Spread from sample to sample.


def parts_of(made, name):
    observable, (_, component) = observable_of(made, COMPARED[name]), COMPARED[name].observables[made.model]
    return [observable.COMPONENTS.index(c) for c in observable.SUMS.get(component, (component,))]


def exact_means(made, name, T, omega):
    """Exact average contributions at the points (T[k], omega[k])."""
    observable, parts = observable_of(made, COMPARED[name]), parts_of(made, name)
    points = np.transpose((T, omega)[: len(observable.AXES)])[:, :, None]
    return np.array([observable.exact(made.population, *point)[parts].sum() for point in points])


def simulated(made, name, T, omega, samples, label):
    """Relative deviations at all points (T[k], omega[k]) of simulated samples with a Poisson number of defects."""
    generator = rng(label)
    observable, population, N = observable_of(made, COMPARED[name]), made.population, made.layout.defects
    parts, program = parts_of(made, name), observable.program(population)
    means = exact_means(made, name, T, omega)
    others = len(observable.AXES) - 1
    found = np.empty((samples, len(T)))
    for sample in range(samples):
        columns = population.columns(generator.random((population.dimensions, generator.poisson(N))))
        for k, (t, w) in enumerate(zip(T, omega, strict=True)):
            made_of = contributions(program, columns, float(t), observable.points(*[np.array([w])] * others)[0])
            found[sample, k] = sum(made_of[part].sum() for part in parts) / (N * means[k]) - 1.0
    return found


def measured(made, name, T, omega):
    """Logarithm of the exact average of a quantity at the points, but for a constant in that of the attenuation."""
    means = exact_means(made, name, T, omega)
    if name == "attenuation":
        return np.log(means * omega / made.population.E_star)
    if name == "heat capacity":
        return np.log(made.metal.defect_density * means)
    derived = observable_of(made, COMPARED[name]).derived(made.population, made.metal, T)
    return np.log(next(one for one in derived if one.name == "tau_phi").of(means))


@pytest.mark.parametrize(
    ("text", "name", "change"),
    [
        (TUNNELLING, "attenuation", {"material__chi": 0.2}),
        (TUNNELLING, "heat capacity", {"population__parameters__E": {"law": "uniform", "high": "21 mK"}}),
        (TUNNELLING, "dephasing", {"population__parameters__E": {"law": "uniform", "high": "23 mK"}}),
        (KONDO, "heat capacity", {"population__parameters__Delta": {"law": "uniform", "high": "0.3 K"}}),
        (KONDO, "dephasing", {"population__parameters__Delta": {"law": "uniform", "high": "0.3 K"}}),
        (KONDO, "attenuation", {"population__parameters__T_K": {"law": "uniform", "high": "2 K"}}),
    ],
)
def test_simulated_experiments_differ_by_the_predicted_separation(text, name, change):
    """Mean and variance of the best linear statistic for either hypothesis: 6 checks in each of 6 cases, 2e-5."""
    specs, samples = (only(name, text), only(name, text, **change)), 250
    experiment = Experiment(precision=0.02, points=4)
    found = by_name(discriminate(*specs, experiment))[name]
    places = list(found.design.places)
    T, omega, d = found.T[places], found.omega[places], found.difference[places]
    generator = rng(f"noise of {name}")
    expected = [measured(made, name, T, omega) for made in specs]
    data = []
    for k, made in enumerate(specs):
        deviations = simulated(made, name, T, omega, samples, f"{made.model} {name} {k}")
        # To first order in the deviations, of which tau_phi has the opposite.
        noise = experiment.precision * generator.standard_normal(deviations.shape)
        data.append(expected[k] + (-deviations if name == "dephasing" else deviations) + noise)
    for k in (0, 1):
        S = found.spread[k][np.ix_(places, places)] + experiment.precision**2 * np.eye(len(places))
        inverse = np.linalg.inv(S)
        if found.shape_only:
            one = inverse.sum(axis=1)
            inverse -= np.outer(one, one) / one.sum()
        separation = math.sqrt(found.design.chi2[-1][k])
        # Of data of this hypothesis: a standard Gaussian.  Of data of the other one: as far off as predicted.
        own, other = ((y - expected[k]) @ inverse @ d / separation for y in (data[k], data[1 - k]))
        assert abs(own.mean()) * math.sqrt(samples) < FAR
        assert abs((own**2).mean() - 1.0) < FAR * (own**2).std() / math.sqrt(samples)
        far = (-1.0 if k == 0 else 1.0) * separation
        assert abs(other.mean() - far) < FAR * other.std() / math.sqrt(samples)


def test_the_likelihood_ratio_decides_as_often_as_predicted():
    """One mean and one share of wrong decisions for either hypothesis: 4 checks, 2.4e-6."""
    change = {"population__parameters__E": {"law": "uniform", "high": "20.4 mK"}}
    # The logarithm of a mean is a Gaussian variable about the logarithm of its expectation for many defects only.
    specs = [only("heat capacity", population__defects=40_000, **more) for more in ({}, change)]
    experiment = Experiment(precision=0.02, points=2, shape_only=())
    found = by_name(discriminate(*specs, experiment))["heat capacity"]
    places, samples = list(found.design.places), 400
    d, n = found.difference[places], len(places)
    S = found.spread[:, places][:, :, places] + experiment.precision**2 * np.eye(n)
    inverse, logdet = np.linalg.inv(S), np.linalg.slogdet(S)[1]
    assert 1.5 < found.design.separations[-1] < 4.0
    for k, sign in enumerate((1.0, -1.0)):
        y = simulated(specs[k], "heat capacity", found.T[places], found.omega[places], samples, f"likelihood {k}")
        y = np.log1p(y) + experiment.precision * rng(f"likelihood noise {k}").standard_normal(y.shape)
        # Residuals from the true hypothesis and from the other one.
        own, other = y, y + sign * d
        if k == 1:
            own, other = other - sign * d, own + sign * d
        ratio = 0.5 * (
            np.einsum("si,ij,sj->s", other, inverse[1 - k], other)
            - np.einsum("si,ij,sj->s", own, inverse[k], own)
            + logdet[1 - k]
            - logdet[k]
        )
        divergence = 0.5 * (
            found.design.chi2[-1][1 - k] + np.trace(inverse[1 - k] @ S[k]) - n + logdet[1 - k] - logdet[k]
        )
        error = ratio.std() / math.sqrt(samples)
        assert abs(ratio.mean() - divergence) < FAR * error
        wrong = norm.cdf(-0.5 * math.sqrt(found.design.chi2[-1].mean()))
        # The covariances differ a little, which moves the share by less than the 0.005 that is allowed besides.
        assert abs((ratio < 0.0).mean() - wrong) < FAR * math.sqrt(wrong * (1.0 - wrong) / samples) + 0.005


@pytest.mark.parametrize("text", [TUNNELLING, KONDO])
def test_second_moments_are_those_of_the_finer_quadrature(text):
    made = spec(text)
    T = np.array([0.05, 0.1, 0.2])
    for quantity in COMPARED.values():
        observable = observable_of(made, quantity)
        axes = (T, np.array([0.003, 0.01, 0.015]))[: len(observable.AXES)]
        means, products = relative_moments([Points.grid(observable, (0,), *axes)], made.population)
        exact = observable.exact(made.population, *axes)[0].ravel()
        np.testing.assert_allclose(means, exact, rtol=1e-3)
        squares = second_moments(observable, made.population, *axes)[0].ravel()
        np.testing.assert_allclose(np.diag(products), squares / exact**2, rtol=3e-3)
        np.testing.assert_allclose(products, products.T, rtol=1e-12)


def test_products_of_two_lines_are_those_of_drawn_defects():
    """9 x 8 / 2 correlated averages of products, each with its error: 2e-5."""
    made = spec(population__parameters__p={"law": "tunnelling", "low": 0.05})
    observable = observable_of(made, COMPARED["attenuation"])
    T, omega = np.array([0.005, 0.02, 0.1]), np.array([0.005, 0.01, 0.018])
    means, products = relative_moments([Points.grid(observable, (0, 1), T, omega)], made.population)
    columns = made.population.columns(rng("two lines").random((2, 400_000)))
    program, rows = observable.program(made.population), observable.points(omega)
    c = np.array([sum(contributions(program, columns, float(t), row)) for t in T for row in rows]) / means[:, None]
    for i in range(9):
        for j in range(i):
            drawn = c[i] * c[j]
            assert abs(drawn.mean() - products[i, j]) < FAR * drawn.std() / math.sqrt(drawn.size)


# Numbers of points.


def test_repetitions_are_the_least_that_reach_the_level():
    contrast = Contrast((0,), 0.1, 0.03**2, (1e-4, 2e-4))
    for level in LEVELS:
        n = contrast.repetitions(level)
        # Without any measurement the noise is infinite.
        reached = [0.1 / math.sqrt(0.03**2 / max(k, 1e-300) + 2e-4) for k in (n, n - 1)]
        assert reached[0] >= level > reached[1]
        count = contrast.samples(level)
        assert math.sqrt(count) * contrast.separation >= level > math.sqrt(count - 1) * contrast.separation
    assert [contrast.repetitions(level) for level in LEVELS] == [1, 5]
    assert contrast.limit == pytest.approx(0.1 / math.sqrt(2e-4))
    assert contrast.repetitions(1.0001 * contrast.limit) is None


def test_without_any_difference_nothing_suffices():
    contrast = Contrast((0,), 0.0, 1e-3, (0.0, 0.0))
    assert (contrast.repetitions(3.0), contrast.samples(3.0), contrast.separation) == (None, None, 0.0)


def random_problem(label, size=6):
    generator = rng(label)
    roots = generator.normal(size=(2, size, size)) * 0.02
    return generator.normal(size=size) * 0.2, roots @ np.swapaxes(roots, 1, 2)


@pytest.mark.parametrize("shape_only", [False, True])
def test_the_best_contrast_is_the_best_of_all(shape_only):
    d, spread = random_problem("contrast")
    best = best_contrast(d, spread, 0.03, shape_only)
    pairs = [(i, j) for i in range(6) for j in range(i)] if shape_only else [(i,) for i in range(6)]
    values = chi2(d, spread, 0.03, np.array(pairs), shape_only).min(axis=0)
    assert tuple(sorted(best.places, reverse=True)) == pairs[int(np.argmax(values))]
    assert best.separation**2 == pytest.approx(values.max(), rel=1e-9)


@pytest.mark.parametrize("shape_only", [False, True])
def test_each_point_of_a_design_is_the_best_next_one(shape_only):
    d, spread = random_problem("design")
    design = best_design(d, spread, 0.03, 6, shape_only)
    assert len(design.places) == 6
    assert (np.diff(design.chi2, axis=0) > -1e-9).all()
    for n in range(1 + shape_only, 7):
        trials = np.array([[*design.places[: n - 1], place] for place in range(6)])
        values = chi2(d, spread, 0.03, trials, shape_only)
        assert design.chi2[n - 1].min() == pytest.approx(values.min(axis=0).max(), rel=1e-9)
    if shape_only:
        assert set(design.places[:2]) == set(best_contrast(d, spread, 0.03, True).places)
        assert design.separations[0] == 0.0


def test_chi2_of_a_shape_is_the_least_over_all_amplitudes():
    d, spread = random_problem("amplitude")
    places = np.arange(6)[None, :]
    shape = chi2(d, spread, 0.03, places, True)
    for k in (0, 1):
        free = minimize_scalar(lambda offset, k=k: chi2(d - offset, spread[k : k + 1], 0.03, places, False)[0, 0])
        assert shape[k, 0] == pytest.approx(free.fun, rel=1e-9)
    np.testing.assert_allclose(chi2(d + 7.0, spread, 0.03, places, True), shape, rtol=1e-9)


# Hypotheses.


def test_identical_specs_cannot_be_told_apart():
    ranking = discriminate(spec(), spec())
    assert len(ranking.found) == 3
    for found in ranking.found:
        assert found.same
        assert (found.difference == 0.0).all()
        assert (found.design.chi2 == 0.0).all()


def test_a_free_amplitude_removes_a_pure_rescaling():
    density = {"material__dephasing_time": None, "material__defect_density": "1e18 cm^-3"}
    a = spec(**density, material__drive_amplitude="1 mK")
    b = spec(**density | {"material__defect_density": "7e18 cm^-3"}, material__drive_amplitude="3 mK")
    every = tuple(COMPARED)
    free = by_name(discriminate(a, b, Experiment(shape_only=every)))
    known = by_name(discriminate(a, b, Experiment(shape_only=())))
    for name, factor in (("attenuation", 63.0), ("heat capacity", 7.0)):
        assert free[name].same
        assert free[name].design.chi2.max() < 1e-18
        assert not known[name].same
        np.testing.assert_allclose(known[name].difference, -math.log(factor), rtol=1e-12)


def test_the_scale_of_the_specs_is_used_where_both_have_it():
    bare = spec(material__dephasing_time=None)
    found = by_name(discriminate(bare, bare))
    assert [found[name].scale for name in COMPARED] == [quantity.bare for quantity in COMPARED.values()]
    assert by_name(discriminate(spec(), spec()))["heat capacity"].scale == "C_T"
    ranking = discriminate(spec(), bare)
    assert list(by_name(ranking)) == ["attenuation"]
    assert "only spec B lacks the scale of C_T" in ranking.refused["heat capacity"]


def test_measured_time_has_its_share_of_the_spread():
    """tau_phi goes as tau_in^(1/3) where E* tau_in << 1, and then has a third of the spread of the rate."""
    broad = {"population__parameters__E": {"law": "uniform", "high": "1e-5 mK"}, "material__dephasing_time": "3 ns"}
    a, experiment = spec(**broad), Experiment(temperature=(1e-8, 1e-8), shape_only=())
    found = by_name(discriminate(a, a, experiment))["dephasing"]
    observable = observable_of(a, COMPARED["dephasing"])
    products = relative_moments([Points.grid(observable, (0,), np.array([1e-8]))], a.population)[1]
    assert found.spread[0, 0, 0] == pytest.approx(products[0, 0] / 9.0 / a.layout.defects, rel=1e-3)


def test_kondo_and_tunnelling_have_all_three_in_common():
    ranking = discriminate(spec(), spec(KONDO))
    assert set(by_name(ranking)) == set(COMPARED)
    for found in ranking.found:
        assert found.T.min() == pytest.approx(0.05)
        assert found.T.max() == pytest.approx(0.2)
    merits = [found.merit for found in ranking.found]
    assert merits == sorted(merits, reverse=True)


def test_an_observable_that_only_one_spec_has_is_asked_of_both():
    lacking = spec(observables__heat_capacity=None)
    assert "heat capacity" in by_name(discriminate(spec(), lacking))


def test_a_small_sample_limits_what_can_be_told():
    change = {"population__parameters__E": {"law": "uniform", "high": "22 mK"}}
    large, small = (
        by_name(discriminate(*(only("heat capacity", population__defects=n, **more) for more in ({}, change))))[
            "heat capacity"
        ].best
        for n in (10**9, 40)
    )
    assert large.repetitions(5.0) is not None
    assert small.repetitions(5.0) is None
    assert small.limit < 5.0
    assert small.samples(5.0) > 1


def test_a_volume_gives_the_number_of_defects():
    volume = 8e-16
    a, b = discriminate(spec(), spec(), Experiment(volume=volume)).found[0].defects
    made = spec()
    assert a == b == pytest.approx(made.metal.defect_density * volume * made.population.defects_per_n_T)
    with pytest.raises(SpecError, match=r"--volume: needs n_T"):
        discriminate(spec(material__dephasing_time=None), spec(), Experiment(volume=volume))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": 0.0}, r"--precision 0\.0: is outside \(0, 1\)"),
        ({"precision": 1.0}, r"--precision 1\.0"),
        ({"precision": math.nan}, r"--precision nan"),
        ({"points": 0}, r"--points 0: is outside 1"),
        ({"points": 101}, r"--points 101"),
        ({"volume": 0.0}, r"--volume 0\.0: is not positive"),
        ({"temperature": (0.2, 0.1)}, r"--temperature: 0\.2 \.\.\. 0\.1 is not a range"),
        ({"frequency": (0.0, 0.1)}, r"--frequency"),
    ],
)
def test_impossible_experiments_are_refused(settings, message):
    with pytest.raises(SpecError, match=message):
        Experiment(**settings)


def test_hypotheses_without_anything_in_common_are_refused():
    hot = spec(
        **{f"observables__{name}__temperature": ["10 K"] for name in ("attenuation", "heat_capacity", "dephasing")}
    )
    with pytest.raises(SpecError, match=r"no quantity can be asked of both.*temperature do not overlap"):
        discriminate(spec(), hot)
    assert discriminate(spec(), hot, Experiment(temperature=(0.01, 0.1))).found
    natural = spec(
        population__parameters__E={"law": "uniform", "high": 1.0},
        material=None,
        observables={"heat_capacity": {"temperature": [0.1, 1.0]}},
    )
    with pytest.raises(SpecError, match="only spec A has units"):
        discriminate(spec(), natural)
    ranking = discriminate(natural, natural, Experiment(frequency=(0.1, 1.0)))
    assert "material.chi: is missing" in ranking.refused["attenuation"]


def test_an_average_that_is_infinite_is_refused():
    made = [only("dephasing", KONDO, observables__kondo_dephasing__cross_section=c) for c in ("literal", "unitary")]
    with pytest.raises(SpecError, match=r"dephasing: .*mean is infinite"):
        discriminate(*made)


def test_points_without_a_value_are_left_out():
    heat = {"observables__kondo_heat_capacity__heat": "paper"}
    narrow = {"population__parameters__T_K": {"law": "uniform", "high": "200 mK"}}
    made = only("heat capacity", KONDO, **heat), only("heat capacity", KONDO, **heat, **narrow)
    (found,) = discriminate(*made).found
    assert found.lost > 0
    assert found.T.max() < 0.2
    assert found.T.size + found.lost == 16


# The command.


@pytest.fixture
def command(tmp_path, call):
    """Run ``tlsmc discriminate`` on two texts; returns exit status, stdout and stderr."""

    def run(a, b, *arguments):
        paths = [tmp_path / "a.toml", tmp_path / "b.toml"]
        for path, text in zip(paths, (a, b), strict=True):
            path.write_text(text, encoding="utf-8")
        return call("discriminate", *paths, *arguments)

    return run


def test_the_command_says_what_decides(command):
    status, out, err = command(TUNNELLING, KONDO, "--temperature", "50 mK", "200 mK", "--points", "3")
    assert (status, err) == (0, "")
    assert "one sample has 4,000 (A) and 2,000 (B) defects" in out
    assert out.count(" tells them apart best: ") == 1
    assert " sigma per point at 3 %, 1 point is enough for 5 sigma" in out
    assert "attenuation (shape only) at" in out


def test_the_command_says_what_is_never_enough(command):
    other = TUNNELLING.replace('high = "20 mK"', 'high = "22 mK"')
    status, out, _ = command(TUNNELLING, other, "--volume", "10 nm x 10 nm x 1 nm", "--free-amplitude", "none")
    assert status == 0
    assert "5 sigma never: the spread of one sample limits it to " in out
    assert " samples measured once each are enough" in out
    assert "the specs give no scale for it, which is taken to be the same in both" in out


def test_the_command_on_identical_specs(command):
    status, out, _ = command(TUNNELLING, TUNNELLING)
    assert status == 0
    assert "A and B cannot be told apart by any quantity here" in out
    assert "heat capacity: A and B cannot be told apart, their values are the same" in out
    assert "attenuation (shape only): A and B cannot be told apart, their shapes are the same" in out


def test_json_and_units(command):
    results = []
    for low, high, nu in (("50 mK", "0.2 K", "100 MHz"), ("0.05 K", "200 mK", "0.1 GHz")):
        status, out, err = command(
            TUNNELLING, KONDO, "--json", "--temperature", low, high, "--frequency", nu, "1 GHz", "--precision", "0.1"
        )
        assert (status, err) == (0, "")
        results.append(json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON")))
    first, second = results
    assert first["ranking"] == second["ranking"]
    entry = first["quantities"]["attenuation"]
    assert entry["shape_only"]
    assert len(entry["design"]["points"]) == 5
    for point in entry["best"]["points"]:
        assert 0.05 * (1 - 1e-9) <= point["temperature"] <= 0.2 * (1 + 1e-9)
        # 1 GHz is 0.04799 K.
        assert 0.004799 * (1 - 1e-3) <= point["frequency"] <= 0.04799 * (1 + 1e-3)
    assert entry["best"]["separation"] == pytest.approx(second["quantities"]["attenuation"]["best"]["separation"])
    assert entry["best"]["separation"] == min(entry["best"]["excludes_a"], entry["best"]["excludes_b"])
    assert [level["sigma"] for level in entry["best"]["needed"]] == [3.0, 5.0]
    assert entry["sentence"].startswith("attenuation (shape only) at ")


def test_volumes_as_people_write_them():
    for text in ("40 nm x 20 nm x 1 um", "8e-16 cm^3", "8e-22 m^3", "8e5 nm^3"):
        assert volume_of(text, True) == pytest.approx(8e-16, rel=1e-12)
    assert volume_of("2 x 3 x 4", False) == 24.0
    assert volume_of("24", False) == 24.0


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["--temperature", "1", "2", "3"], ["--temperature: has 3 values"]),
        (["--temperature", "10 GHzz"], ["--temperature", "10 GHzz"]),
        (["--temperature", "0.1", "0.2"], ["--temperature", "wrong dimension"]),
        (["--frequency", "1 nm"], ["--frequency", "wrong dimension"]),
        (["--volume", "1 cm"], ["--volume", "for a volume"]),
        (["--volume", "1 K^3"], ["--volume", "wrong dimension"]),
        (["--precision", "3"], ["--precision 3.0: is outside (0, 1)"]),
        (["--points", "0"], ["--points 0"]),
    ],
)
def test_errors_are_one_line(command, arguments, pieces):
    status, out, err = command(TUNNELLING, TUNNELLING, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    for piece in pieces:
        assert piece in err


def test_a_wrong_preset_pair_is_refused_and_a_sweep_too(call):
    status, _, err = call("discriminate", ROOT / "runs/tail_p_min.toml", ROOT / "runs/quickstart.toml")
    assert status == 2
    assert "[sweep]" in err
