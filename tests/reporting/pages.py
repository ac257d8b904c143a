"""Runs of every kind that a report has to cope with, and a strict reader of its pages."""

import contextlib
import dataclasses
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest

import tlsmc
from tests.seeds import seed
from tlsmc.reporting import figures, report

#: Elements that have no end tag.
VOID = {"meta", "link", "br", "hr", "img", "input", "base", "col"}
#: A title that would do harm if it were taken for HTML, with characters that a page cannot hold.
HOSTILE = "</title><script>alert(1)</script>\" onload='x' & <b> \x01\x7f"


def content(
    label="report",
    model="tunnelling",
    defects=20_000,
    kelvin=False,
    only=(),
    temperature=(0.01, 0.1, 1.0),
    frequency=(0.001, 0.1),
    **changes,
):
    """A spec with every observable of a model on a small grid, or with only some."""

    def quantity(value):
        return f"{value} K" if kelvin else value

    grid = {"temperature": [quantity(T) for T in temperature]}
    frequencies = {"frequency": [quantity(w) for w in frequency]}
    if model == "kondo":
        parameters = {
            "T_K": {"law": "uniform", "high": quantity(1.0)},
            "Delta": {"law": "uniform", "high": quantity(0.2)},
        }
        observables = {
            "kondo_dephasing": grid,
            "kondo_heat_capacity": {"temperature": grid["temperature"][:2]},
            "kondo_attenuation": grid | frequencies,
        }
    else:
        parameters = {"E": {"law": "uniform", "high": quantity(1.0)}, "p": {"law": "tunnelling", "low": 1e-6}}
        observables = {"attenuation": grid | frequencies, "dephasing": grid, "heat_capacity": grid}
    if only:
        observables = {name: observables[name] for name in only}
    population = {"model": model, "defects": defects, "parameters": parameters}
    made = {"title": "A run", "seed": seed(label), "population": population, "observables": observables}
    if model == "tunnelling":
        made["material"] = {"chi": 0.03}
    population |= changes.pop("population", {})
    return made | changes


def make_run(label="report", **settings):
    """A run in memory of such a spec."""
    return tlsmc.run(tlsmc.parse_spec(content(label, **settings)), progress=False)


def with_blocks(run, done):
    """The same run with only some blocks done."""
    mask = np.zeros_like(run.sums.done)
    mask.flat[:done] = True
    return dataclasses.replace(run, sums=dataclasses.replace(run.sums, done=run.sums.done & mask))


@contextlib.contextmanager
def without_figures():
    """Within it the figures of pages are empty: to draw them takes most of the time, and a page says all in words."""
    empty = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"></svg>'
    with pytest.MonkeyPatch.context() as patch:
        for name in ("overview", "curve_figure", "convergence_figure", "tails_figure"):
            patch.setattr(figures, name, lambda *_: None)
        patch.setattr(figures, "fit_figures", lambda fit: {"data": None})
        patch.setattr(figures, "svg_text", lambda figure: empty)
        yield


def words_of(*subjects):
    """The tree of the page on runs and fits, with empty figures."""
    with without_figures():
        return read(report(subjects))


@dataclasses.dataclass
class Node:
    """An element with its attributes and what is in it: elements and texts."""

    tag: str
    attributes: dict
    children: list

    def walk(self):
        """This element and all below it, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def all(self, *tags):
        """All elements of these kinds below this one."""
        return [node for node in self.walk() if node.tag in tags and node is not self]

    @property
    def text(self):
        """The text, as a reader sees it."""
        parts = (child.text if isinstance(child, Node) else child for child in self.children)
        return " ".join("".join(parts).split())


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Node("document", {}, [])
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        node = Node(tag, dict(attrs), [])
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attrs):
        assert any(node.tag == "svg" for node in self.open), f"<{tag}/> closes nothing outside of an SVG"
        self.open[-1].children.append(Node(tag, dict(attrs), []))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> where </{self.open[-1].tag}> is due"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def read(page):
    """The tree of a page whose tags are balanced."""
    assert page.startswith("<!DOCTYPE html>\n<html")
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def rows(table):
    """Cells of a table below its header, as texts."""
    (body,) = table.all("tbody")
    return [[cell.text for cell in row.all("th", "td")] for row in body.all("tr")]


def table(tree, caption):
    """The table whose caption begins like this."""
    (found,) = (t for t in tree.all("table") if t.all("caption")[0].text.startswith(caption))
    return found


def section(tree, place):
    """The section whose heading has this id."""
    (found,) = (s for s in tree.all("section") if s.attributes["aria-labelledby"] == place)
    return found


def bracketed(text):
    """Mean and error of 0.9864(65) or 1.234(5)e-06, to the digits that it has; NaN for what is not there."""
    if text == "-":
        return np.nan, np.nan
    mean, error, exponent = re.fullmatch(r"(-?[\d.]+(?:e[+-]\d+)?)(?:\((\d+)\))?(e[+-]\d+)?", text).groups()
    digits = len(mean.partition(".")[2])
    factor = float(f"1{exponent or ''}")
    return float(mean) * factor, float(error) * 10.0**-digits * factor if error else np.nan


def svg_texts(path):
    """All texts of an SVG, which also shows that texts are texts."""
    root = ET.fromstring(path.read_bytes())
    assert root.tag.endswith("svg")
    return ["".join(node.itertext()).strip() for node in root.iter() if node.tag.endswith("}text")]
