"""What the page says of a fit is what the fit says, from its parameters to the command that repeats it."""

import re
import shlex
from dataclasses import replace

import numpy as np
import pytest

from tests.reporting.fits import EVIL, half_fit, hostile, lost_fit, make_fit, with_posterior, with_rivals, write_data
from tests.reporting.pages import HOSTILE, bracketed, make_run, read, rows, section, table, words_of
from tlsmc.cli import main
from tlsmc.fitting import open_fit
from tlsmc.fitting import summary as words
from tlsmc.formatting import number
from tlsmc.reporting import report
from tlsmc.reporting.page.fit_section import command, names

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def fitted():
    """A fit with everything that a page can show, and the tree of the page."""
    found = with_rivals(with_posterior(make_fit()))
    return found, read(report([found]))


@pytest.fixture(scope="module")
def half():
    found = half_fit()
    return found, words_of(found)


def bulleted(node):
    return [item.text for item in node.all("li")]


def brief(tree):
    """Lines of the fit in brief."""
    (found,) = (node for node in tree.all("div") if node.attributes.get("class") == "brief")
    return bulleted(found)


def test_parameters_are_those_of_the_fit(fitted):
    found, tree = fitted
    cells = rows(table(section(tree, "parameters"), "Free parameters"))
    assert [row[0] for row in cells] == [p.name for p in found.parameters] == ["E_star", "chi", "n_T"]
    for row, parameter, factor in zip(cells, found.parameters, (1e3, 1.0, 1.0), strict=True):
        value, error = bracketed(row[1])
        # Errors have two digits, and values go as far.
        assert error == pytest.approx(factor * parameter.error, rel=0.051)
        assert value == pytest.approx(factor * parameter.value, abs=0.051 * error)
        for cell, ends in ((row[2], ("low68", "high68")), (row[3], ("low95", "high95"))):
            expected = [factor * getattr(parameter, end) for end in ends]
            assert [float(x) for x in cell.split(" to ")] == pytest.approx(expected, rel=1e-3)
    assert [row[4:] for row in cells] == [["mK", "determined"], ["", "determined"], ["cm^-3", "determined"]]


@pytest.mark.parametrize("make", [make_fit, half_fit, lost_fit])
def test_the_page_has_the_words_of_the_text(make):
    found = make()
    cells = rows(table(section(words_of(found), "parameters"), "Free parameters"))
    assert [row[:5] for row in cells] == words.parameter_rows(found)[1:]
    text = words.report(found)
    for row in cells:
        assert re.search(r"\s+".join(map(re.escape, filter(None, row[:5]))), text)


def test_what_is_determined_is_in_brief(fitted, half):
    (line,) = (line for line in brief(fitted[1]) if line.startswith("Determined"))
    shown = words.parameter_rows(fitted[0])[1:]
    assert line == "Determined: " + ", ".join(f"{row[0]} = {row[1]} {row[4]}".rstrip() for row in shown) + "."
    assert fitted[0].parameters[0].status == "determined"
    assert not any("bounded" in line or line.startswith("Not") for line in brief(fitted[1]))
    (bounded,) = (line for line in brief(half[1]) if line.startswith("Only bounded"))
    limits = [row for row in words.parameter_rows(half[0])[1:] if row[1].startswith((">", "<"))]
    assert limits
    assert bounded == "Only bounded: " + ", ".join(f"{row[0]} {row[1]} {row[4]}".rstrip() for row in limits) + "."
    lost = tuple(replace(p, status="undetermined", value=None, error=None) for p in fitted[0].parameters)
    assert "Not determined: E_star, chi, n_T." in brief(words_of(replace(fitted[0], parameters=lost)))


def test_data_sets(fitted):
    found, tree = fitted
    cells = rows(table(section(tree, "fitted"), "Data sets"))
    expected = [[d.name, d.quantity, d.unit, "3 mK to 500 mK", str(d.points), "0", number(d.chi2)] for d in found.sets]
    assert cells == expected
    assert [row[0] for row in cells] == ["tau", "heat"]
    assert brief(tree)[0] == f"24 points in 2 data sets, digest {found.digest()[:12]}."


def test_what_is_fixed_has_its_unit_and_the_sample_its_volume(half, fitted):
    told = dict(rows(table(section(half[1], "fitted"), "The fit")))
    assert told["Sample"] == "all of one sample of 1e-12 cm^3: its defects are part of the errors"
    assert told["Free parameters"] == "E_star, n_T, L"
    assert told["Model"] == "tunnelling"
    assert rows(table(section(half[1], "fitted"), "Fixed parameters")) == [["t_exp", "2 s"]]
    assert "Sample" not in dict(rows(table(section(fitted[1], "fitted"), "The fit")))
    assert "Fixed parameters" not in section(fitted[1], "fitted").text


# Goodness, what is not determined, rivals, posterior


@pytest.mark.parametrize(
    ("p", "says"),
    [(0.4, "the model describes"), (0.01, "the model hardly describes"), (1e-9, "the model does not describe")],
)
def test_goodness_in_words(fitted, p, says):
    found = replace(fitted[0], goodness=replace(fitted[0].goodness, p_value=p))
    good = found.goodness
    expected = f"χ² = {number(good.chi2)} for {good.dof} degrees of freedom, p = {number(p)}: {says} the data."
    tree = words_of(found)
    assert bulleted(section(tree, "goodness"))[0] == expected
    assert expected in brief(tree)
    assert bulleted(section(tree, "goodness"))[1].startswith(f"{good.runs} runs of one sign")


def test_what_is_not_determined(fitted, half):
    found, tree = half
    said = bulleted(section(tree, "undetermined"))
    assert said == [f"{line}." for lines in words.doubts(found).values() for line in lines]
    assert any(line.startswith("n_T is only bounded from below: above ") for line in said)
    assert any(line.startswith("n_T and L are correlated by -1.00") for line in said)
    assert "The data determine every parameter" in section(fitted[1], "undetermined").text
    assert "Other optima" not in section(fitted[1], "undetermined").text


def test_rivals(fitted):
    found, tree = fitted
    place = section(tree, "rivals")
    cells = rows(table(place, "Models of the same data"))
    assert cells == words.rival_rows(found)[1:]
    assert [row[0] for row in cells] == ["tunnelling", "none", "kondo"]
    assert cells[0][2:4] == [number(found.rivals[0].chi2), number(found.rivals[0].p_value)]
    assert bulleted(place) == [f"{found.verdict}.", "kondo: 1/tau_phi has no curve for those defects."]
    assert f"{found.verdict}." in brief(tree)
    assert "tunnelling is decisively preferred to none" in found.verdict
    assert [s for s in words_of(replace(found, rivals=(), verdict="")).all("section") if "Rivals" in s.text] == []


def test_posterior(fitted):
    found, tree = fitted
    place = section(tree, "posterior")
    assert words.posterior_line(found.posterior) in place.text
    cells = rows(table(place, "Quantiles"))
    for row, factor in zip(cells, (1e3, 1.0, 1.0), strict=True):
        q = [factor * x for x in found.posterior.quantiles[row[0]]]
        assert float(row[1]) == pytest.approx(q[2], rel=1e-3)
        shown = [float(x) for cell in row[2:4] for x in cell.split(" to ")]
        assert shown == pytest.approx([q[1], q[3], q[0], q[4]], rel=1e-3)
    pixels = [node.attributes["href"] for node in place.all("image")]
    # One picture of points for each pair of three parameters.
    assert len(pixels) == 3
    assert all(href.startswith("data:image/png;base64,") for href in pixels)
    short = words_of(with_posterior(found, converged=False))
    assert section(short, "posterior").all("table") == []
    assert "Posterior: not converged: 100 steps are only 2 autocorrelation times." in brief(short)


# Without convergence


def test_a_fit_that_did_not_converge_says_so_first_and_gives_no_errors():
    found = lost_fit()
    tree = read(report([found]))
    (header,) = tree.all("header")
    first = header.all("p")[0]
    assert first.attributes["class"] == "unsure"
    assert first.text == f"The fit did not converge: {found.message.rstrip('.')}; there are no errors."
    for row in rows(table(section(tree, "parameters"), "Free parameters")):
        assert row[1].endswith("(not converged)")
        assert (row[2], row[3], row[5]) == ("-", "-", "not converged")
    places = [found.attributes["aria-labelledby"] for found in tree.all("section")]
    assert places == ["fitted", "parameters", "goodness", "provenance"]
    told = "\n".join(node.text for node in tree.all("li", "p", "td", "text"))
    assert "describes" not in told
    assert not re.search(r"\d\(\d+\)", told)
    assert "tlsmc run" not in tree.text
    assert "did not converge" not in words_of(make_fit()).text


def test_figures_and_their_descriptions(fitted):
    found, tree = fitted
    titles = [figure.all("figcaption")[0].text for figure in tree.all("figure")]
    rise = "How far χ² rises along each parameter"
    assert titles == ["Data, fitted curves and residuals", rise, "Draws of the posterior"]
    described = tree.all("svg")[0].all("desc")[0].text
    for data in found.sets:
        value, model, error = (found.arrays[f"sets/{data.name}/{key}"] for key in ("value", "model", "error"))
        pulls = (value - model) / error
        assert f"{data.name}: 12 points of {data.quantity} at T = 3 mK to 500 mK" in described
        assert f"between {pulls.min():.2g} and {pulls.max():.2g}" in described
    described = tree.all("svg")[1].all("desc")[0].text
    for parameter in found.parameters:
        rise = found.arrays[f"profiles/{parameter.name}/rise"].max()
        assert f"{parameter.name} reaches {rise:.2g} above the minimum" in described
    shown = " ".join(text.text for text in tree.all("svg")[0].all("text"))
    for piece in ("tau", "heat", "1/tau_phi [1/s]", "residual / error", "made up"):
        assert piece in shown


def test_all_texts_stay_texts():
    found = hostile(with_rivals(with_posterior(make_fit())))
    page = report([found])
    tree = read(page)
    assert "<script" not in page
    shown = re.sub("[\x01\x7f]", "\N{REPLACEMENT CHARACTER}", " ".join(EVIL.split()))
    names = [row[0] for row in rows(table(section(tree, "parameters"), "Free parameters"))]
    assert names == [f"{p.name.removesuffix(EVIL)}{shown}" for p in found.parameters]
    assert [row[0] for row in rows(table(section(tree, "fitted"), "Data sets"))] == [f"tau{shown}", f"heat{shown}"]
    assert tree.all("h1")[0].text == " ".join(re.sub("[\x01\x7f]", "\N{REPLACEMENT CHARACTER}", HOSTILE).split())
    # Title, sets, parameters, verdict, rivals and reason, sentences, spec, fitted spec, libraries, ...
    assert tree.text.count("<script>alert(1)</script>") > 40
    titles = [text.text for text in tree.all("svg")[0].all("text")]
    assert any(title.startswith("tau</title><script>") and title.endswith("$\\frac$") for title in titles)


# Provenance


def test_provenance(fitted):
    found, tree = fitted
    told = dict(rows(table(section(tree, "provenance"), "Provenance")))
    assert told["Digest of the fit"] == found.digest()
    assert told["tlsmc"] == found.version
    assert (told["Python"], told["numpy"]) == (found.libraries["Python"], np.__version__)
    assert {"scipy", "Python", "numpy"} <= set(told)
    assert told["File"] == "kept in memory only"
    written = [node.text for node in section(tree, "provenance").all("pre")]
    plain = [" ".join(text.split()) for text in (found.source, found.fitted_spec)]
    assert written == ["tlsmc fit fit.toml -o fit-fitted", plain[0], "tlsmc run fit-fitted.toml", plain[1]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ("fit", "fit-fitted")),
        ("there/gold-fitted.fit.h5", ("gold", "gold-fitted")),
        ("gold.fit.h5", ("gold-spec", "gold")),
        ("gold.h5", ("gold-spec", "gold")),
    ],
)
def test_names_never_collide(path, expected):
    found = replace(make_fit(), path=path)
    assert names(found) == expected
    assert command(found).startswith(f"tlsmc fit {expected[0]}.toml -o {expected[1]}")


def test_the_command_of_the_page_gives_the_same_fit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_data(tmp_path)
    settings = ["--set", "fit.parameters.E_star.high=1 K", "--set", "fit.rivals=[]"]
    (tmp_path / "mine.toml").write_text(make_fit().source, encoding="utf-8")
    assert main(["fit", "mine.toml", "-o", "gold-fitted", *settings]) == 0
    first = open_fit("gold-fitted.fit.h5")
    again = tmp_path / "again"
    again.mkdir()
    write_data(again)
    monkeypatch.chdir(again)
    typed, text, run_it, fitted_text = section(words_of(first), "provenance").all("pre")
    assert shlex.split(typed.text)[:5] == ["tlsmc", "fit", "gold.toml", "-o", "gold-fitted"]
    (again / "gold.toml").write_text("".join(text.all("code")[0].children), encoding="utf-8")
    assert main(shlex.split(typed.text)[1:]) == 0
    assert open_fit("gold-fitted.fit.h5").digest() == first.digest()
    assert run_it.text == "tlsmc run gold-fitted.toml"
    assert (again / "gold-fitted.toml").read_text(encoding="utf-8") == "".join(fitted_text.all("code")[0].children)


def test_options_are_part_of_the_command():
    found = replace(make_fit(), options=("--rivals", "--sample"), overrides=('title="a b"',))
    assert command(found) == "tlsmc fit fit.toml -o fit-fitted --set 'title=\"a b\"' --rivals --sample"


# Several


def test_runs_and_fits_have_a_chapter_each_in_the_given_order():
    run, found = make_run(title="A run", defects=500, only=("dephasing",)), make_fit()
    tree = words_of(found, run, replace(found, title="", path="x/gold.fit.h5"))
    assert tree.all("h1")[0].text == "Report on 1 run and 2 fits"
    assert [heading.text for heading in tree.all("h2")] == ["made up", "A run", "gold"]
    for place in ("fit-1", "run-2", "fit-3"):
        assert section(tree, place)
        assert section(tree, f"{place}-provenance")
    assert found.digest() in section(tree, "fit-1").text
    assert run.digest() in section(tree, "run-2").text
    assert "1 run and 2 fits of tlsmc" in tree.all("header")[0].text
    assert words_of(found, found).all("h1")[0].text == "Report on 2 fits"
