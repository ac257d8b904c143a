"""Figures: files are made, valid and reproducible, whatever the run is like; what they show is what the run says."""

import sys

import numpy as np
import pytest

import tlsmc
from tests.reporting import pages
from tests.reporting.pages import svg_texts, with_blocks
from tlsmc.reporting import figures
from tlsmc.reporting.figures import overview, plot_run, save_figure

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
MATERIAL = {
    "chi": 0.03,
    "fermi_energy": "5 eV",
    "electron_density": "3e22 cm^-3",
    "dephasing_time": "3 ns",
    "drive_amplitude": "1 mK",
}


def make_run(defects=20_000, temperature=(0.01, 0.1, 1.0), frequency=(0.001, 0.1), kelvin=False, **changes):
    """A run of E* = 1, in kelvin with its material or in natural units."""
    shown = {"title": "A title with <brackets> & more", "seed": 3} | ({"material": MATERIAL} if kelvin else {})
    settings = {"temperature": temperature, "frequency": frequency} | shown | changes
    return pages.make_run("figures", defects=defects, kelvin=kelvin, **settings)


@pytest.fixture(scope="module")
def run():
    return make_run()


@pytest.fixture(scope="module")
def metal_run():
    return make_run(2_000, kelvin=True)


def test_every_curve_has_its_files(run, tmp_path):
    names = ("attenuation.resonant", "heat_capacity", "linewidth.overdamped")
    written = plot_run(run, tmp_path / "natural", names=names)
    assert [p.name for p in written] == [f"natural-{name}.{kind}" for name in names for kind in ("png", "svg")]
    assert set(tmp_path.iterdir()) == set(written)
    for path in written:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(PNG_HEAD)
        else:
            texts = svg_texts(path)
            assert run.spec.title in texts
            assert f"20,000 defects  ·  seed 3  ·  digest {run.digest()[:12]}" in texts
            assert not any("Hz" in text or "mK" in text for text in texts)


def test_measurable_quantities_have_figures_in_their_units(metal_run, tmp_path):
    written = plot_run(metal_run, tmp_path / "gold", ("svg",), ("attenuation.total", "dephasing"))
    quantities = {"attenuation.total": ("W",), "dephasing": ("1_over_tau_in", "tau_phi")}
    assert [p.name for p in written] == [
        f"gold-{name}{end}.svg" for name, made in quantities.items() for end in ("", *(f"-{q}" for q in made))
    ]
    power = svg_texts(tmp_path / "gold-attenuation.total-W.svg")
    assert "exact" in power
    assert "10 mK" in power
    assert "pull" not in power
    assert "pull" in svg_texts(tmp_path / "gold-attenuation.total.svg")


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    for kind in ("svg", "pdf"):
        first, second = (plot_run(run, tmp_path / name, (kind,), ("dephasing",))[0].read_bytes() for name in ("a", "b"))
        assert first == second
        assert b"<dc:date>" not in first


def test_a_figure_saved_twice_is_the_same_at_any_date(metal_run, tmp_path, monkeypatch):
    figure = overview(metal_run)
    (first,) = save_figure(figure, tmp_path / "a", ("svg",))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (second,) = save_figure(figure, tmp_path / "b", ("svg",))
    assert first.read_bytes() == second.read_bytes()


def test_overview_prefers_what_the_material_makes_measurable(metal_run, run):
    panels = overview(metal_run).axes
    assert [ax.get_title(loc="left") for ax in panels] == [
        "resonant attenuation",
        "relaxation attenuation",
        "specific heat",
        "dephasing",
    ]
    assert panels[2].get_ylabel() == "$C_T/C_e$"
    assert [ax.get_ylabel() for ax in overview(run).axes][2:] == ["$C_T/n_T$", "rate/saturated"]


@pytest.mark.parametrize(("done", "says"), [(2, "unfinished: 40 % of blocks"), (0, "0 defects")])
def test_an_unfinished_run_says_so(run, tmp_path, done, says):
    assert run.sums.done.size == 5
    unfinished = with_blocks(run, done)
    for path in plot_run(unfinished, tmp_path / "part", ("svg",), ("attenuation.resonant", "heat_capacity")):
        assert any(says in text for text in svg_texts(path))
        assert "exact" in svg_texts(path)
    assert len(overview(unfinished).axes) == 4


@pytest.mark.parametrize(
    ("temperature", "frequency", "columns"),
    [((0.1,), (0.01,), 1), ((0.1,), (0.01, 0.1), 1), ((0.1, 0.2), (0.01,), 1), ((0.1, 0.2), (0.01, 0.1), 2)],
)
def test_an_axis_of_one_point_has_no_panels(tmp_path, temperature, frequency, columns):
    small = make_run(500, temperature, frequency)
    (path,) = plot_run(small, tmp_path / "p", ("svg",), ("attenuation.relaxation",))
    labels = {"temperature T (natural units)", "angular frequency ω (natural units)"}
    assert len(labels & set(svg_texts(path))) == columns
    plot_run(small, tmp_path / "p", ("png",), ("dephasing",))


def test_one_defect_has_no_bands_and_no_pulls(tmp_path):
    lonely = make_run(1)
    assert np.isnan(lonely["dephasing"].error).all()
    for path in plot_run(lonely, tmp_path / "one", ("svg",), ("attenuation.relaxation", "linewidth.mean")):
        texts = svg_texts(path)
        assert "sampled" in texts
        assert "pull" not in texts


def test_pulls_and_carried_exact_values(run, metal_run):
    from tlsmc.diagnostics.comparison import compare_curve
    from tlsmc.reporting.figures.series import curve_series, quantity_series

    curve = run["attenuation.resonant"]
    # A pull is drawn where a z-score may be given, here not at points that few defects decide.
    expected = compare_curve(curve).z
    assert 0 < np.isnan(expected).sum() < expected.size
    np.testing.assert_array_equal(curve_series(curve).pulls, expected)
    heat = metal_run["heat_capacity"]
    ratio = quantity_series(heat, "C_T/C_e")
    # Linear in the mean: the ratio of exact to sampled is that of the curve.
    np.testing.assert_allclose(ratio.exact / ratio.mean, heat.exact / heat.mean, rtol=1e-12)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("F_res", r"$F_{\mathrm{res}}$"),
        ("C_T/C_e", "$C_T/C_e$"),
        ("1/tau_in", r"$1/\tau_{\mathrm{in}}$"),
        ("tau_phi", r"$\tau_{\varphi}$"),
        ("<Gamma>/E*", r"$\langle \Gamma\rangle/E^{*}$"),
        ("overdamped fraction", "overdamped fraction"),
        ("rate/saturated", "rate/saturated"),
    ],
)
def test_labels_in_mathematical_type(label, shown):
    from tlsmc.reporting.figures.series import symbol

    assert symbol(label) == shown


@pytest.mark.parametrize(
    ("unit", "shown"), [("J/(K cm^3)", "J K⁻¹ cm⁻³"), ("W/cm^3", "W cm⁻³"), ("1/s", "s⁻¹"), ("K", "K"), ("", "")]
)
def test_units_as_products(unit, shown):
    from tlsmc.reporting.figures.series import unit_text

    assert unit_text(unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(0.0196, "K", "20 mK"), (1.0, "K", "1 K"), (9.77e6, "Hz", "9.8 MHz"), (9.99e8, "Hz", "1 GHz"), (0.05, "", "0.05")],
)
def test_values_take_the_prefix_that_suits(value, unit, shown):
    from tlsmc.reporting.figures.series import Axis

    assert Axis("quantity", "x", unit, np.array([value])).value_label(0) == shown


def test_an_observable_stands_for_its_curves(run):
    from tlsmc.reporting.figures.curves import selected

    parts = ("attenuation.resonant", "attenuation.relaxation", "attenuation.total")
    assert selected(run, ("attenuation", "attenuation.total")) == parts
    assert selected(run, None) == run.names


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"formats": ("jpeg",)}, "format 'jpeg' is not known; choose of png, svg, pdf"),
        ({"names": ("dephasin",)}, "no curve 'dephasin'"),
        ({"base": "missing/run"}, "cannot be written"),
    ],
)
def test_refusals(run, tmp_path, arguments, says):
    base = tmp_path / arguments.pop("base", "run")
    with pytest.raises(tlsmc.SpecError, match=says):
        plot_run(run, base, **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", [lambda run: figures.overview(run), lambda run: figures.plot_run(run, "never")])
def test_without_matplotlib_the_remedy_is_named(run, monkeypatch, call):
    for name in [
        n for n in sys.modules if n.partition(".")[0] == "matplotlib" or n.startswith("tlsmc.reporting.figures.")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(tlsmc.SpecError, match=r"^plot needs matplotlib; install tlsmc\[plot\]$"):
        call(run)


def test_titles_are_no_formulas_and_stay_within_the_figure(tmp_path):
    odd = make_run(100, title="$\\no formula$ " + 40 * "very " + "long")
    (path,) = plot_run(odd, tmp_path / "x", ("svg",), ("dephasing",))
    assert any(text.startswith("$\\no formula$ very") and text.endswith("very …") for text in svg_texts(path))


def test_the_style_is_not_left_behind(run, tmp_path, monkeypatch):
    import matplotlib

    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    before = matplotlib.rcParams.copy()  # dict() would resolve the backend, and so import pyplot
    plot_run(run, tmp_path / "x", ("svg",), ("dephasing",))
    assert matplotlib.rcParams.copy() == before
    assert "matplotlib.pyplot" not in sys.modules
