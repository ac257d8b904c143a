"""Running means and errors: brute force over the defects agrees, the last is the curve's own, and they can be drawn."""

import dataclasses
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from scipy.stats import chi2

import tlsmc
from tests.reporting.pages import content, make_run, with_blocks
from tlsmc.cli import main
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.reporting.figures import convergence_figure, svg_text
from tlsmc.results.convergence import Convergence, block_numbers, convergence

ONLY = ("dephasing", "heat_capacity")


@pytest.fixture(scope="module")
def run():
    """Two samples of five blocks, the last of which is short."""
    return make_run("convergence", population={"samples": 2}, only=ONLY)


@pytest.mark.parametrize(
    ("blocks", "points", "expected"),
    [
        (0, 25, []),
        (1, 25, [1]),
        (3, 25, [1, 2, 3]),
        (1000, 4, [1, 10, 100, 1000]),
        (1000, 1, [1000]),
        (7, 2, [1, 7]),
    ],
)
def test_numbers_of_blocks(blocks, points, expected):
    assert block_numbers(blocks, points) == expected


def test_numbers_of_blocks_are_spaced_logarithmically():
    numbers = np.array(block_numbers(256, 25))
    assert len(numbers) <= 25
    assert (np.diff(numbers) > 0).all()
    late = numbers[numbers > 20]
    np.testing.assert_allclose(late[1:] / late[:-1], 256 ** (1 / 24), rtol=0.05)


@pytest.mark.parametrize("count", ["fixed", "poisson"])
def test_running_means_and_errors_by_brute_force(count):
    run = make_run("brute force", population={"samples": 2, "count": count}, defects=3 * BATCH + 100, only=ONLY)
    curve = run["heat_capacity"]
    found = convergence(curve)
    assert found.counts.tolist() == np.cumsum(2 * [BATCH, BATCH, BATCH, 100]).tolist()
    blocks = [run.contributions("heat_capacity", sample, block)[0, :, 0] for sample in (0, 1) for block in range(4)]
    for k, nominal in enumerate(found.counts):
        values = np.concatenate(blocks[: k + 1], axis=-1)
        np.testing.assert_allclose(found.mean[k], values.sum(axis=-1) / nominal, rtol=1e-12)
        spread = np.sqrt((values**2).sum(axis=-1)) / nominal
        if count == "fixed":
            spread = values.std(axis=-1, ddof=1) / np.sqrt(nominal)
        np.testing.assert_allclose(found.error[k], spread, rtol=1e-9)


@pytest.mark.parametrize("population", [{}, {"sampling": "sobol"}, {"count": "poisson", "samples": 3}])
def test_the_last_is_the_curve_itself(population):
    run = make_run("last", population=population)
    for name in run.names:
        curve, found = run[name], convergence(run[name], points=3)
        assert found.counts[-1] == run.defects
        np.testing.assert_array_equal(found.mean[-1], curve.mean)
        np.testing.assert_array_equal(found.error[-1], curve.error)
        assert found.mean.shape == found.error.shape == (len(found.counts), *curve.mean.shape)


def test_errors_of_sobol_points_are_the_scatter_of_scrambles():
    run = make_run("scrambles", population={"sampling": "sobol"}, defects=8 * BATCH, only=ONLY)
    curve, found = run["dephasing"], convergence(run["dephasing"])
    assert np.isnan(found.error[0]).all()
    means = curve.block_totals / curve.finished_sizes[:, None]
    for k, number in enumerate(block_numbers(len(means), 25)):
        if number > 1:
            expected = means[:number].std(axis=0, ddof=1) / np.sqrt(number)
            np.testing.assert_allclose(found.error[k], expected, rtol=1e-9)


def test_only_finished_blocks_count(run):
    done = run.sums.done.copy()
    done[0, 1] = done[1, 0] = False
    partly = dataclasses.replace(run, sums=dataclasses.replace(run.sums, done=done))
    found = convergence(partly["dephasing"])
    sizes = run.block_sizes[done]
    assert found.counts.tolist() == np.cumsum(sizes).tolist()
    np.testing.assert_array_equal(found.mean[-1], partly["dephasing"].mean)
    nothing = convergence(with_blocks(run, 0)["dephasing"])
    assert nothing.counts.shape == (0,)
    assert nothing.mean.shape == nothing.error.shape == (0, 3)
    assert nothing.change.shape == (0, 3)


def test_one_defect_has_a_mean_and_no_error():
    found = convergence(make_run(defects=1, only=ONLY)["dephasing"])
    assert found.counts.tolist() == [1]
    assert np.isfinite(found.mean).all()
    assert np.isnan(found.error).all()
    assert np.isnan(found.change).all()


def test_changes_have_the_standard_errors_that_are_claimed():
    """Over 200 samples the squares of the change since a quarter of the defects follow chi^2; false alarm 1e-5."""
    spec = content("changes", defects=4 * BATCH, population={"samples": 200}, only=("heat_capacity",))
    spec["observables"]["heat_capacity"]["temperature"] = [0.3]
    run = tlsmc.run(tlsmc.parse_spec(spec), progress=False)
    squares = []
    for sample in range(200):
        done = np.zeros_like(run.sums.done)
        done[sample] = True
        one = dataclasses.replace(run, sums=dataclasses.replace(run.sums, done=done))
        squares.append(convergence(one["heat_capacity"]).change[0, 0] ** 2)
    assert 5e-6 < chi2.sf(np.sum(squares), 200) < 1.0 - 5e-6


def test_the_change_of_known_numbers():
    mean, error = np.array([[5.0, 1.0], [8.0, 1.0]]), np.array([[5.0, 1.0], [4.0, 1.0]])
    found = Convergence(np.array([1, 4]), mean, error)
    np.testing.assert_array_equal(found.change, [[1.0, np.nan], [np.nan, np.nan]])


# Pictures


def _texts(figure_text):
    return [
        "".join(node.itertext()).strip() for node in ET.fromstring(figure_text).iter() if node.tag.endswith("}text")
    ]


def test_a_panel_for_every_curve(run):
    texts = _texts(svg_text(convergence_figure(run)))
    titles = [text for text in texts if " at " in text and text.startswith(("dephasing", "heat capacity"))]
    assert len(titles) == 2
    assert texts.count("number of defects") == 2
    assert _texts(svg_text(convergence_figure(run, ("dephasing",)))).count("number of defects") == 1


def test_what_is_drawn_is_the_running_mean_over_the_exact_value(run):
    from tlsmc.reporting.figures.convergence import traces

    curve = run["dephasing"]
    found = convergence(curve)
    relative = curve.error / curve.exact
    shown = traces(curve, found)
    assert shown[1].place == (int(relative.argmax()),)
    for trace in shown:
        np.testing.assert_array_equal(trace.mean, found.mean[:, trace.place[0]] / curve.exact[trace.place])
        np.testing.assert_array_equal(trace.error, found.error[:, trace.place[0]] / curve.exact[trace.place])
    assert sorted(relative)[1] == relative[shown[0].place]


@pytest.mark.parametrize("done", [0, 1, 3])
def test_figures_of_unfinished_runs(run, done):
    pytest.importorskip("matplotlib")
    figure = convergence_figure(with_blocks(run, done))
    assert len([ax for ax in figure.axes if ax.get_visible()]) == 2


def test_figures_without_errors():
    pytest.importorskip("matplotlib")
    spec = content("literal", model="kondo", only=("kondo_dephasing",))
    spec["observables"]["kondo_dephasing"]["cross_section"] = "literal"
    (ax,) = convergence_figure(tlsmc.run(tlsmc.parse_spec(spec), progress=False)).axes
    assert ax.get_title(loc="left").startswith("kondo dephasing at 0.1")
    convergence_figure(make_run(defects=1))


def test_the_command(run_file, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    arguments = ["plot", str(run_file), "--convergence", "--curve", "dephasing", "--format", "svg", "-o", str(tmp_path)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'small-convergence.svg'}\n"
