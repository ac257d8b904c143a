"""``tlsmc trajectories`` and the figures of what is recorded: they say what the run says, or why they say nothing."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tlsmc
from tests.library import small_content
from tests.seeds import seed
from tlsmc import cli
from tlsmc.diagnostics.samples import sample_statistics
from tlsmc.diagnostics.telegraph import defect_pulls, spectrum_bands
from tlsmc.reporting import figures

TELEGRAPH = {"temperature": 0.2, "step": 30.0, "times": 32_768, "defects": 300, "keep": 3, "segment": 1024}
EVERYTHING = {
    "convergence": 6,
    "samples": True,
    "defects": {"random": 5, "largest": 2, "chosen": [3]},
    "telegraph": TELEGRAPH,
}


TWO = {
    "attenuation": {"temperature": [0.1, 1.0], "frequency": [0.1, 0.5]},
    "dephasing": {"temperature": [0.1, 1.0]},
}


def _spec(plan, **settings):
    content = small_content(seed=seed("trajectories"), p_min=1e-6, observables=TWO, **settings)
    return tlsmc.parse_spec(content | ({"trajectories": plan} if plan else {}))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Run files: everything recorded, nothing at all, too little to say anything, and one with units."""
    folder = tmp_path_factory.mktemp("trajectories")
    specs = {
        "whole": _spec(EVERYTHING, samples=30),
        "nothing": _spec({}),
        "little": _spec({"telegraph": TELEGRAPH | {"step": 1e-9, "times": 64, "segment": 16}}, samples=3),
        "kelvin": tlsmc.parse_spec(_in_kelvin()),
    }
    for name, spec in specs.items():
        tlsmc.run(spec, folder / f"{name}.h5", progress=False)
    return folder


def _in_kelvin():
    grid = {"temperature": ["20 mK", "0.1 K"], "frequency": ["100 MHz", "1 GHz"]}
    content = small_content(p_min=1e-6, samples=20, observables={"attenuation": grid})
    content["population"]["parameters"]["E"]["high"] = "0.5 K"
    noise = TELEGRAPH | {"temperature": "0.1 K", "step": "1 us"}
    return content | {"trajectories": EVERYTHING | {"telegraph": noise}}


@pytest.fixture
def call(call, monkeypatch, files):
    monkeypatch.chdir(files)
    return call


def test_everything_in_words(call, files):
    status, out, err = call("trajectories", "whole.h5")
    assert (status, err) == (0, "")
    run = tlsmc.open_run(files / "whole.h5")
    record = run.records["telegraph"]
    for words in (
        "Running means after so many defects",
        f"{run.defects:,}",
        f"Tracked: {len(run.records['defects']['why'])} defects (1 chosen, 5 random, ",
        "Telegraph noise of 300 defects at T = 0.2: 32,768 times, 30 apart",
        f"{(record['switches'] == 0.0).mean():.1%} of the defects never switched",
        f"the {defect_pulls(record, 'switches').defects} defects that are expected to switch 100 times or more",
        "independent bands from",
        "Spread over 30 samples of 1,000 defects",
    ):
        assert words in out
    for name in run.names:
        assert f" {name} " in out
    (line,) = (line for line in out.splitlines() if "number of switches" in line)
    assert f"{defect_pulls(record, 'switches').chi2:.4g}" in line.split()


def test_everything_as_json(call, files):
    status, out, err = call("trajectories", "whole.h5", "--json")
    assert (status, err) == (0, "")
    data, run = json.loads(out), tlsmc.open_run(files / "whole.h5")
    assert data["recorded"] == list(run.records)
    record, plan = run.records["telegraph"], run.spec.trajectories.telegraph
    for name in ("fraction", "switches"):
        assert data["telegraph"]["pulls"][name]["chi2"] == defect_pulls(record, name).chi2
    np.testing.assert_array_equal(data["telegraph"]["spectrum"]["ratio"], spectrum_bands(record, plan).ratio)
    assert data["telegraph"]["rates"]["fastest"] == record["rate"].max()
    found = sample_statistics(run["attenuation.resonant"])
    shown = data["samples"]["attenuation.resonant"]
    np.testing.assert_array_equal(shown["ratio"]["value"], found.ratio.mean)
    np.testing.assert_array_equal(shown["predicted"], found.predicted.ratio)
    last = data["convergence"]["dephasing"][0]
    place = list(run["dephasing"].gridded.axes["temperature"]).index(last["temperature"])
    assert last["mean"][-1] == run["dephasing"].mean[place]
    assert last["error"][-1] == pytest.approx(run["dephasing"].error[place], rel=1e-12)
    assert last["count"][-1] == run.defects


def test_largest_shares_are_the_largest(call, files):
    data = json.loads(call("trajectories", "whole.h5", "--json")[1])
    run = tlsmc.open_run(files / "whole.h5")
    assert data["defects"]["why"]["chosen"] == 1
    for name, shares in data["defects"]["largest_shares"].items():
        curve = run[name]
        largest = run.sums.observables[curve.gridded.name].largest.values
        kept = largest.reshape(len(curve.gridded.observable.COMPONENTS), -1, largest.shape[-1])[curve.parts[0], :, 0]
        totals = np.abs(curve.block_totals.sum(axis=0)).ravel()
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = np.nan_to_num(kept / totals).max()
        assert shares[0]["share"] == pytest.approx(expected, rel=1e-12)
        assert [s["share"] for s in shares] == sorted((s["share"] for s in shares), reverse=True)
        assert {"E", "p", "sample"} <= set(shares[0]["defect"])


def test_what_means_nothing_is_refused_in_words(call):
    _, out, _ = call("trajectories", "little.h5")
    for words in (
        "single defects: no test; none is expected to switch 100 times",
        "spectrum: no test; single switches add more than 0.1 of 2/dof",
        "exponent: none; less than 1 decade",
        "Samples: 3 are complete; a spread needs 8 or more",
    ):
        assert words in out
    data = json.loads(call("trajectories", "little.h5", "--json")[1])
    assert data["telegraph"]["exponent"] is None
    assert data["telegraph"]["pulls"]["switches"]["p_value"] is None
    assert data["samples"]["dephasing"]["ratio"]["value"] == [None, None]


def test_nothing_recorded(call):
    status, out, _ = call("trajectories", "nothing.h5")
    assert status == 0
    assert out.splitlines()[-1] == "nothing is recorded; add a table [trajectories] to the spec and run it"
    assert json.loads(call("trajectories", "nothing.h5", "--json")[1]) == {"complete": True, "recorded": []}


def test_units(call):
    _, out, _ = call("trajectories", "kelvin.h5")
    assert "at T = 100 mK: 32,768 times, 1 us apart" in out
    assert " 1/s; " in out
    assert "nu = 100 MHz" in out


# Figures


def _texts(path):
    root = ET.fromstring(path.read_bytes())
    return [" ".join("".join(node.itertext()).split()) for node in root.iter() if node.tag.endswith("}text")]


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("samples", "whole", ["sample / average", "median", "attenuation, resonant at T = 0.1, ω = 0.1"]),
        ("samples", "kelvin", ["temperature T (mK)", "100 MHz"]),
        (
            "defects",
            "whole",
            [
                "largest share of a sum somewhere",
                "attenuation, resonant at T = 1",
                "angular frequency ω (natural units)",
            ],
        ),
        ("defects", "kelvin", ["frequency \N{GREEK SMALL LETTER NU} (MHz)"]),
        ("telegraph", "whole", ["signal", "upper level", "spectrum", "1/f law of Eq. 2", "over exact"]),
        ("telegraph", "kelvin", ["time t (ms)", "frequency \N{GREEK SMALL LETTER NU} (Hz)"]),
        ("telegraph", "little", ["few switches make the spectrum: no band"]),
    ],
)
def test_figures(call, files, tmp_path, kind, name, says):
    pytest.importorskip("matplotlib")
    curve = () if kind == "telegraph" else ("--curve", "attenuation.resonant")
    status, out, err = call("plot", f"{name}.h5", f"--{kind}", "-o", tmp_path, "--format", "svg", *curve)
    assert (status, err) == (0, "")
    path = tmp_path / f"{name}-{kind}.svg"
    assert out.split() == [str(path)]
    texts = _texts(path)
    for words in says:
        assert any(words in text for text in texts), words
    assert path.stat().st_size < 1_000_000
    digest = tlsmc.open_run(files / f"{name}.h5").digest()
    assert any(digest[:12] in text for text in texts)


def test_figures_are_the_same_again_and_pixels_too(files, tmp_path):
    pytest.importorskip("matplotlib")
    run = tlsmc.open_run(files / "whole.h5")
    for draw in (lambda: figures.defects_figure(run, ("dephasing",)), lambda: figures.telegraph_figure(run)):
        png, svg = figures.save_figure(draw(), tmp_path / "first")
        assert png.read_bytes().startswith(b"\x89PNG")
        (again,) = figures.save_figure(draw(), tmp_path / "again", ("svg",))
        assert again.read_bytes() == svg.read_bytes()


def test_figures_of_all_curves_leave_out_the_monitor_of_linewidths(files):
    pytest.importorskip("matplotlib")
    from tlsmc.reporting.figures.recorded import defects_figure, samples_figure

    run = tlsmc.open_run(files / "whole.h5")
    curves = ["attenuation, resonant", "attenuation, relaxation", "attenuation, total", "dephasing"]
    titles = [ax.get_title(loc="left").partition(" at ")[0] for ax in samples_figure(run).axes]
    assert [title for title in titles if title] == curves
    titles = [ax.get_title(loc="left").partition(" at ")[0] for ax in defects_figure(run).axes]
    assert [title for title in titles if title] == [curves[0], curves[0], curves[1], curves[1], curves[3]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing.h5", "--samples"), "1 complete samples"),
        (("nothing.h5", "--defects"), "has tracked no defects"),
        (("nothing.h5", "--telegraph"), "has recorded no telegraph noise"),
        (("whole.h5", "--telegraph", "--curve", "dephasing"), "leave out --curve"),
        (("whole.h5", "--defects", "--curve", "attenuation.total"), "choose one of its parts"),
    ],
)
def test_figures_that_cannot_be(call, files, arguments, says):
    pytest.importorskip("matplotlib")
    status, out, err = call("plot", *arguments)
    assert (status, out) == (cli.EXIT_SPEC, "")
    assert err.startswith("error: ")
    assert says in err
    assert not list(files.glob("*.png"))


def test_one_picture_at_a_time(call):
    assert call("plot", "whole.h5", "--samples", "--defects")[0] == cli.EXIT_SPEC
