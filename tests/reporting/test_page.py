"""The page is valid, needs nothing else, and whatever is in a run or a fit stays text."""

import re
from itertools import pairwise

import pytest

from tests.reporting.fits import half_fit, hostile, lost_fit, make_fit, with_posterior, with_rivals
from tests.reporting.pages import HOSTILE, make_run, read, rows, section, table, with_blocks, without_figures, words_of
from tlsmc.errors import SpecError
from tlsmc.fitting import Fit
from tlsmc.formatting import counted
from tlsmc.reporting import report
from tlsmc.reporting.page.figure import inline
from tlsmc.reporting.page.html import Markup, element, escaped

pytest.importorskip("matplotlib")

SMALL = ("dephasing",)
MATERIAL = {"preset": "paper", "chi": 0.03, "dephasing_time": "3 ns", "drive_amplitude": "1 mK"}

KINDS = {
    "natural": lambda: [make_run()],
    "kelvin": lambda: [make_run(kelvin=True, defects=2_000, material=MATERIAL, only=("attenuation", "dephasing"))],
    "kondo": lambda: [make_run(model="kondo")],
    "sobol": lambda: [make_run(population={"sampling": "sobol"}, defects=2**15, only=SMALL)],
    "poisson": lambda: [make_run(population={"count": "poisson", "samples": 3}, defects=300, only=SMALL)],
    "one defect": lambda: [make_run(defects=1, only=("attenuation",))],
    "unfinished": lambda: [with_blocks(make_run(only=SMALL), 2)],
    "nothing done": lambda: [with_blocks(make_run(only=SMALL), 0)],
    "hostile": lambda: [make_run(title=HOSTILE, defects=1_000, only=SMALL)],
    "several": lambda: [make_run(title=title, defects=1_000, only=SMALL) for title in ("First", HOSTILE)],
    "fit": lambda: [with_rivals(with_posterior(make_fit()))],
    "lost fit": lambda: [lost_fit()],
    "hostile fit": lambda: [hostile(with_rivals(with_posterior(make_fit())))],
    "runs and fits": lambda: [make_fit(), make_run(title=HOSTILE, defects=1_000, only=SMALL), half_fit()],
}


@pytest.fixture(scope="module", params=KINDS)
def case(request):
    """Runs and fits, and the page on them."""
    subjects = KINDS[request.param]()
    return subjects, report(subjects)


@pytest.fixture(scope="module")
def tree(case):
    return read(case[1])


def test_the_page_is_a_page(case, tree):
    (html,) = tree.all("html")
    assert html.attributes["lang"] == "en"
    assert len(tree.all("title")) == 1 + len(tree.all("svg"))
    assert len(tree.all("h1")) == len(tree.all("main")) == 1
    charset, viewport = tree.all("meta")[:2]
    assert charset.attributes == {"charset": "utf-8"}
    assert "width=device-width" in viewport.attributes["content"]
    assert case[1].encode().decode() == case[1]


def test_headings_are_in_order(tree):
    levels = [int(node.tag[1]) for node in tree.walk() if re.fullmatch(r"h[1-6]", node.tag)]
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert all(node.text for node in tree.walk() if re.fullmatch(r"h[1-6]", node.tag))


def test_ids_are_unique_and_every_reference_has_one(tree):
    ids = [node.attributes["id"] for node in tree.walk() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    assert not any(re.search(r"\s", name) for name in ids)
    wanted = set()
    for node in tree.walk():
        wanted |= {node.attributes["href"][1:]} if node.tag in ("a", "use") else set()
        wanted |= set(node.attributes.get("aria-labelledby", "").split())
        for value in node.attributes.values():
            wanted |= set(re.findall(r"url\(#([^)]*)\)", value or ""))
    assert wanted <= set(ids)
    assert len(wanted) > 10


def test_it_needs_nothing_from_elsewhere_and_runs_nothing(case, tree):
    for node in tree.walk():
        for key, value in node.attributes.items():
            assert not key.startswith("on")
            if key.rpartition(":")[2] in ("src", "href", "srcset", "action", "data", "poster"):
                assert value.startswith(("#", "data:")), (node.tag, key, value)
            assert "url(" not in (value or "").replace("url(#", "")
    assert not tree.all("script", "iframe", "object", "embed", "base", "form", "img")
    styles = " ".join(style.text for style in tree.all("style"))
    assert "@import" not in styles
    assert "url(" not in styles.replace("url(#", "")
    assert "default-src 'none'" in tree.all("meta")[2].attributes["content"]


def test_every_figure_has_a_text_alternative(tree):
    figures = tree.all("svg")
    assert len(figures) == len(tree.all("figure")) == len(tree.all("figcaption"))
    for svg in figures:
        assert svg.attributes["role"] == "img"
        title, description = svg.all("title")[0], svg.all("desc")[0]
        assert svg.attributes["aria-labelledby"] == f"{title.attributes['id']} {description.attributes['id']}"
        assert len(title.text) > 5
        assert len(description.text) > 20


def test_tables_have_captions_and_named_rows_and_columns(tree):
    for found in tree.all("table"):
        (caption,) = found.all("caption")
        assert caption.text
        assert all(cell.attributes["scope"] in ("row", "col") for cell in found.all("th"))
        width = {len(row.all("th", "td")) for row in found.all("tr")}
        assert len(width) == 1, caption.text
        assert all(row.all("th") for row in found.all("tr"))
    containers = [node for node in tree.all("div") if node.attributes.get("class") == "scroll"]
    assert len(containers) == len(tree.all("table"))
    assert all(node.attributes["tabindex"] == "0" and node.attributes["aria-label"] for node in containers)


def test_titles_are_texts(case, tree):
    titles = [subject.title if isinstance(subject, Fit) else subject.spec.title for subject in case[0]]
    fitting = [re.sub("[\x01\x7f]", "\N{REPLACEMENT CHARACTER}", title) for title in titles]
    heading = "h1" if len(titles) == 1 else "h2"
    assert [node.text for node in tree.all(heading)][: len(titles)] == fitting
    (contents,) = tree.all("nav")
    assert all(title in contents.text for title in fitting) or len(titles) == 1
    several = "Report on 2 runs" if len(titles) == 2 else "Report on 1 run and 2 fits"
    assert tree.all("title")[0].text == (fitting[0] if len(titles) == 1 else several)


def test_the_same_run_gives_the_same_page():
    subjects = [make_run(only=SMALL), with_posterior(make_fit())]
    with without_figures():
        assert report(subjects) == report(subjects)


def test_several_runs_have_a_chapter_each():
    runs = [make_run(title=title, defects=500, only=("dephasing", "heat_capacity")) for title in ("First", "Second")]
    tree = words_of(*runs)
    chapters = [section(tree, f"run-{k}") for k in (1, 2)]
    for run, chapter in zip(runs, chapters, strict=True):
        assert chapter.all("h2")[0].text == run.spec.title
        assert run.digest() in chapter.text
        names = [heading.text.partition(":")[0] for heading in chapter.all("h4")]
        assert names == list(run.names)
    (contents,) = tree.all("nav")
    assert [link.text for link in contents.all("a")].count("Provenance") == 2


def test_a_report_on_nothing_is_refused():
    with pytest.raises(SpecError, match="has no run"):
        report([])


def test_one_defect_is_one():
    tree = read(report([make_run(defects=1, only=SMALL)]))
    text = "\n".join(node.text for node in tree.all("p", "li", "td", "th", "caption", "text", "summary"))
    assert "1 defect, seed" in text
    assert "Complete: the only block is done." in text
    for wrong in ("1 defects", "1 samples", "1 blocks", "1 rows"):
        assert not re.search(rf"(?<![\d,.]){wrong}", text), wrong


def test_an_unfinished_run_says_so_first():
    run = make_run(only=SMALL)
    assert run.sums.done.size == 5
    tree = words_of(with_blocks(run, 2))
    (header,) = tree.all("header")
    assert "Unfinished: 2 of 5 blocks are done" in header.text
    assert "Incomplete: 41.0% of the defects" in section(tree, "validity").text
    assert "Unfinished" not in words_of(run).text
    nothing = words_of(with_blocks(run, 0))
    for place in ("tails", "convergence"):
        assert section(nothing, place).text.endswith("No block is done yet.")


def test_what_was_run_is_told_in_units():
    run = make_run(kelvin=True, defects=500, material=MATERIAL, only=SMALL)
    tree = words_of(run)
    told = dict(rows(table(tree, "Material")))
    assert told["Fermi energy"] == "5 eV"
    assert told["tau_phi that fixes n_T (Eqs. 5, 6)"] == "3 ns"
    assert told["density of defects n_T that follows"] == f"{run.spec.metal.defect_density:.4g} cm⁻³"
    assert rows(table(tree, "Laws"))[0] == ["E", "uniform", "low = 0 K, high = 1 K"]
    numbers = dict(rows(table(tree, "Population")))
    assert (numbers["Defects in each sample"], numbers["E*"]) == ("500", "1 K")
    assert numbers["Seed"] == str(run.spec.layout.seed)
    assert "3 values of T = 10 mK ... 1 K" in table(tree, "Observables").text


def test_markup_escapes_what_is_not_marked():
    assert escaped("<a & 'b'>\x00") == "&lt;a &amp; &#x27;b&#x27;&gt;\N{REPLACEMENT CHARACTER}"
    assert escaped(Markup("<b>")) == "<b>"
    assert element("p", "<", Markup("<br>"), class_='"') == '<p class="&quot;">&lt;<br></p>'
    assert [counted(n, "defect") for n in (0, 1, 2_000)] == ["0 defects", "1 defect", "2,000 defects"]


def test_figures_keep_what_they_show():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 50">'
        "<metadata>http://elsewhere</metadata><defs><style>*{}</style></defs>"
        '<g id="a"><g><path id="m" d="M 1.23456 2"/>'
        '</g><use xlink:href="#m" x="1.0001" clip-path="url(#c)" style="s: 1"/><g id="c" style="s: 1"/></g>'
        "<text> <tspan>a</tspan> b</text></svg>"
    )
    inner = inline(svg, "f", "<T>", "D")
    assert inner.startswith('<svg viewBox="0 0 100 50" role="img" aria-labelledby="f-title f-desc"')
    assert '<title id="f-title">&lt;T&gt;</title><desc id="f-desc">D</desc>' in inner
    assert '<style>.f-s0 { s: 1 }</style><path id="f-0" d="M 1.23 2" />' in inner
    assert '<use href="#f-0" x="1" clip-path="url(#f-1)" class="f-s0" /><g id="f-1" class="f-s0" />' in inner
    assert "<text> <tspan>a</tspan> b</text>" in inner
    assert "elsewhere" not in inner


def test_pictures_of_points_keep_their_pixels():
    pixels = "data:image/png;base64,iVBORw0KGgo="
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 50">'
        f'<defs><path id="m" d="M 1 2"/></defs><use xlink:href="#m"/><image id="i" xlink:href="{pixels}"/></svg>'
    )
    inner = inline(svg, "f", "T", "D")
    assert f'<use href="#f-0" /><image href="{pixels}" />' in inner
