"""A fit in all commands: from CSV to the page, and report, plot, show, verify of a fit file."""

import json
import os
import shutil
import sys
from dataclasses import replace

import pytest

from tests.reporting.fits import hostile, lost_fit, make_fit, spec, with_posterior, write_data
from tests.reporting.pages import content as run_content
from tests.reporting.pages import read, section
from tlsmc.cli import EXIT_NO_SPACE, EXIT_SPEC, EXIT_STORE
from tlsmc.fitting import is_fit_file, open_fit, write_fit
from tlsmc.fitting.summary import report
from tlsmc.results.store import sealed as image
from tlsmc.spec.toml import document


@pytest.fixture
def fit_file(tmp_path):
    write_fit(make_fit(), tmp_path / "gold.fit.h5")
    return "gold.fit.h5"


@pytest.fixture
def spec_file(tmp_path):
    write_data(tmp_path)
    (tmp_path / "gold.toml").write_text(document(spec(rivals=[])), encoding="utf-8")
    return "gold.toml"


def files(folder):
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".csv")


# fit --report


@pytest.mark.usefixtures("own_folder")
def test_from_csv_to_the_page_in_one_command(call, spec_file, tmp_path):
    pytest.importorskip("matplotlib")
    status, out, err = call("fit", spec_file, "--report", "--json")
    assert (status, err) == (0, "")
    written = ["gold-fitted.fit.h5", "gold-fitted.toml", "gold-fitted.html"]
    assert json.loads(out)["files"] == written
    assert files(tmp_path) == sorted([*written, "gold.toml"])
    page = (tmp_path / "gold-fitted.html").read_text(encoding="utf-8")
    assert open_fit("gold-fitted.fit.h5").digest() in read(page).text
    assert str(tmp_path) not in page
    assert "gold-fitted.fit.h5" in section(read(page), "provenance").text
    # The page of the finished file is the same one, whichever command writes it.
    for name, arguments in {
        "b.html": ("fit", "gold-fitted.fit.h5", "--report", "-o", "b"),
        "c.html": ("report", "gold-fitted.fit.h5", "-o", "c.html"),
    }.items():
        assert call(*arguments)[0] == 0
        assert (tmp_path / name).read_text(encoding="utf-8") == page


@pytest.mark.usefixtures("own_folder")
def test_an_existing_page_is_refused_before_anything_is_computed(call, spec_file, fit_file, tmp_path, monkeypatch):
    monkeypatch.setattr("tlsmc.fitting.fit", lambda *_, **__: pytest.fail("it was computed"))
    (tmp_path / "gold-fitted.html").write_text("mine", encoding="utf-8")
    (tmp_path / "gold.html").write_text("mine", encoding="utf-8")
    for name, page in ((spec_file, "gold-fitted.html"), (fit_file, "gold.html")):
        status, out, err = call("fit", name, "--report")
        assert (status, out) == (EXIT_SPEC, "")
        assert err == f"error: {page}: exists already; choose another name with -o, or replace it with --force\n"
        assert (tmp_path / page).read_text(encoding="utf-8") == "mine"
    os.mkdir(tmp_path / "folder.html")
    status, _, err = call("fit", fit_file, "--report", "-o", "folder", "--force")
    assert (status, err) == (EXIT_SPEC, "error: folder.html: is a folder; choose another name with -o\n")
    status, _, err = call("fit", fit_file, "--report", "-o", "no/way")
    assert status == EXIT_STORE
    assert "is not a folder" in err


@pytest.mark.usefixtures("no_figures")
@pytest.mark.usefixtures("own_folder")
def test_force_replaces_the_page(call, fit_file, tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "gold.html").write_text("mine", encoding="utf-8")
    status, out, err = call("fit", fit_file, "--report", "--force")
    assert (status, err) == (0, "")
    assert out == f"{report(make_fit())}\n\ngold.html\n"
    assert read((tmp_path / "gold.html").read_text(encoding="utf-8")).all("h1")[0].text == "made up"


@pytest.mark.usefixtures("own_folder")
def test_without_matplotlib_nothing_is_computed(call, spec_file, tmp_path, monkeypatch):
    for name in [
        n for n in sys.modules if n.partition(".")[0] == "matplotlib" or n.startswith("tlsmc.reporting.figures.")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for option in ("--report", "--plot"):
        assert call("fit", spec_file, option) == (EXIT_SPEC, "", "error: plot needs matplotlib; install tlsmc[plot]\n")
    assert files(tmp_path) == ["gold.toml"]


@pytest.mark.usefixtures("no_figures")
@pytest.mark.usefixtures("own_folder")
def test_a_page_that_cannot_be_written_leaves_nothing(call, fit_file, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image, "_write_through", full)
    status, out, err = call("fit", fit_file, "--report")
    assert (status, out, err.count("\n")) == (EXIT_NO_SPACE, "", 1)
    assert files(tmp_path) == [fit_file]


@pytest.mark.usefixtures("no_figures")
@pytest.mark.usefixtures("own_folder")
def test_a_fit_that_did_not_converge_has_a_page(call, tmp_path):
    pytest.importorskip("matplotlib")
    write_fit(lost_fit(), tmp_path / "lost.fit.h5")
    status, out, err = call("fit", "lost.fit.h5", "--report")
    assert (status, out.splitlines()[-1]) == (0, "lost.html")
    assert err == "warning: the fit did not converge; give bounds, priors or fewer free parameters\n"
    (header,) = read((tmp_path / "lost.html").read_text(encoding="utf-8")).all("header")
    assert "The fit did not converge" in header.text


# report


@pytest.mark.usefixtures("no_figures")
@pytest.mark.usefixtures("own_folder")
def test_report_takes_runs_and_fits(call, fit_file, tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "run.toml").write_text(document(run_content(defects=500, only=("dephasing",))), encoding="utf-8")
    assert call("run", "run.toml")[0] == 0
    status, out, err = call("report", fit_file)
    assert (status, out, err) == (0, "gold.html\n", "")
    for order, ids in (((fit_file, "run.h5"), ("fit-1", "run-2")), (("run.h5", fit_file), ("run-1", "fit-2"))):
        status, _, err = call("report", *order, "-o", "both.html", "--force")
        assert (status, err) == (0, "")
        tree = read((tmp_path / "both.html").read_text(encoding="utf-8"))
        assert [heading.attributes["id"] for heading in tree.all("h2")] == list(ids)
    status, _, err = call("report", "run.h5", fit_file, "-o", fit_file, "--force")
    assert (status, err) == (2, f"error: -o {fit_file}: is a fit file of this report; choose another name\n")
    assert is_fit_file(fit_file)


# plot, show, verify


@pytest.mark.usefixtures("own_folder")
def test_plot_draws_what_fit_draws(call, fit_file, tmp_path):
    pytest.importorskip("matplotlib")
    status, out, err = call("plot", fit_file, "--format", "svg")
    assert (status, out, err) == (0, "gold-data.svg\ngold-profiles.svg\n", "")
    first = (tmp_path / "gold-data.svg").read_bytes()
    os.mkdir(tmp_path / "out")
    status, out, _ = call("plot", fit_file, "-o", "out", "--json")
    names = [f"out/gold-{kind}.{ending}" for kind in ("data", "profiles") for ending in ("png", "svg")]
    assert (status, json.loads(out)) == (0, {"files": names})
    assert (tmp_path / "out" / "gold-data.svg").read_bytes() == first
    status, out, _ = call("fit", fit_file, "--plot", "--json")
    assert json.loads(out)["files"] == [name.removeprefix("out/") for name in names]
    assert (tmp_path / "gold-data.svg").read_bytes() == first


def test_texts_in_figures_are_no_formulas(tmp_path):
    pytest.importorskip("matplotlib")
    from tlsmc.reporting.figures import plot_fit

    written = plot_fit(hostile(with_posterior(make_fit())), tmp_path / "evil", ("svg",))
    assert [p.name for p in written] == ["evil-data.svg", "evil-profiles.svg", "evil-posterior.svg"]
    assert "$\\frac$" in written[0].read_text(encoding="utf-8")


def test_many_data_sets_take_several_rows():
    pytest.importorskip("matplotlib")
    from tlsmc.reporting.figures import fit_figures

    found = make_fit()
    one = found.sets[0]
    sets = tuple(replace(one, name=f"tau{k}") for k in range(5))
    pieces = {name.partition("tau/")[2]: array for name, array in found.arrays.items() if name.startswith("sets/tau/")}
    arrays = {f"sets/tau{k}/{name}": array for k in range(5) for name, array in pieces.items()}
    figure = fit_figures(replace(found, sets=sets, arrays=arrays))["data"]
    shown = [ax for ax in figure.axes if ax.axison]
    assert len(shown) == 10
    places = [ax.get_position() for ax in shown]
    assert [len({round(at, 2) for at in side}) for side in zip(*((p.x0, p.y0) for p in places), strict=True)] == [3, 4]
    # The panels below have the temperatures of those above.
    assert all(shown[k].get_xlim() == shown[k + 1].get_xlim() for k in (0, 8))


@pytest.mark.usefixtures("own_folder")
def test_show_prints_the_fit(call, fit_file):
    assert call("show", fit_file) == (0, f"{report(make_fit())}\n", "")
    assert call("show", fit_file, "--json") == call("fit", fit_file, "--json")


@pytest.mark.usefixtures("own_folder")
def test_verify(call, fit_file, tmp_path):
    status, out, err = call("verify", fit_file)
    assert (status, err) == (0, "")
    assert out.startswith(f"{fit_file}: sound; ")
    assert "2 data sets" in out
    status, out, _ = call("verify", fit_file, "--json")
    expected = {"file": fit_file, "sound": True, "converged": True, "digest": make_fit().digest()}
    assert (status, json.loads(out)) == (0, expected)
    write_fit(lost_fit(), tmp_path / "lost.fit.h5")
    assert "the fit did not converge" in call("verify", "lost.fit.h5")[1]
    damaged = bytearray((tmp_path / fit_file).read_bytes())
    damaged[-100] ^= 1
    (tmp_path / fit_file).write_bytes(bytes(damaged))
    status, out, err = call("verify", fit_file)
    assert (status, out) == (EXIT_STORE, "")
    assert "is damaged" in err


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("show", "--all"), "--all"),
        (("show", "--curve", "dephasing"), "--curve"),
        (("plot", "--curve", "dephasing"), "--curve"),
        (("plot", "--telegraph"), "--telegraph"),
        (("verify", "--blocks", "0"), "--blocks"),
    ],
)
@pytest.mark.usefixtures("own_folder")
def test_options_that_are_for_runs(call, fit_file, tmp_path, arguments, option):
    status, out, err = call(arguments[0], fit_file, *arguments[1:])
    assert (status, out) == (EXIT_SPEC, "")
    assert err == f"error: {option}: is for a run, and {fit_file} is a fit file; leave it out\n"
    assert files(tmp_path) == [fit_file]


@pytest.mark.usefixtures("own_folder")
def test_commands_for_runs_say_what_they_were_given(call, fit_file):
    for command in ("compare", "digest", "export", "status", "tails"):
        status, out, err = call(command, fit_file)
        assert (status, out) == (EXIT_STORE, "")
        assert "is a fit file, not a run file" in err


@pytest.mark.usefixtures("own_folder")
def test_a_run_is_verified_as_before(call, run_file):
    shutil.copy(run_file, "run.h5")
    for options, blocks in (((), 3), (("--blocks", "1"), 1), (("--blocks", "0"), 0)):
        status, out, _ = call("verify", "run.h5", "--json", *options)
        assert (status, len(json.loads(out)["blocks"])) == (0, blocks)
