"""Figures within the page: SVG without what a page does not need, each with a name and a description in words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tlsmc.diagnostics.comparison import Comparison
from tlsmc.formatting import axis_title, coordinate, number
from tlsmc.reporting import figures as plotting
from tlsmc.reporting.page.html import Markup, element, fit
from tlsmc.results.curve import Curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")
#: Attributes whose numbers are places on the figure, in points.
_PLACES = frozenset({"d", "x", "y"})
#: A figure is not made smaller than this part of its size: its container scrolls instead.
_LEAST = 0.75


def figure(picture: Figure, name: str, title: str, description: str) -> Markup:
    """A figure with its caption; ``name`` makes its ids unique in the page."""
    content = inline(plotting.svg_text(picture), name, title, description)
    return element("figure", element("div", content), element("figcaption", title))


def inline(svg: str, name: str, title: str, description: str) -> Markup:
    """The text of an SVG file as an element of a page, with a text alternative."""
    root = _plain(ET.fromstring(fit(svg)))
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag in ("metadata", "style")]:
            parent.remove(child)
    _rename(root, name)
    _flatten(root)
    width = float(root.attrib["viewBox"].split()[2])
    alternative = [ET.Element("title", id=f"{name}-title"), ET.Element("desc", id=f"{name}-desc")]
    alternative[0].text, alternative[1].text = title, description
    root[:0] = [*alternative, _styles(root, name)]
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "style": f"max-width: {width:g}pt; min-width: {_LEAST * width:.0f}pt; "
        "stroke-linejoin: round; stroke-linecap: butt",
    }
    return Markup(ET.tostring(root, encoding="unicode"))


def _plain(node: ET.Element) -> ET.Element:
    """The same tree without namespaces, which a page does not have, and with places to a hundredth of a point."""
    node.tag = node.tag.rpartition("}")[2]
    attributes = {key.rpartition("}")[2]: value for key, value in node.attrib.items()}
    if attributes.get("transform", "").startswith("rotate(-0 "):
        del attributes["transform"]
    node.attrib = {key: _shortened(value) if key in _PLACES else value for key, value in attributes.items()}
    for child in node:
        _plain(child)
    return node


def _shortened(places: str) -> str:
    return _DECIMALS.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), " ".join(places.split()))


def _styles(root: ET.Element, name: str) -> ET.Element:
    """Put styles that many elements share in one place: most of a figure is equal markers."""
    often = Counter(node.attrib["style"] for node in root.iter() if "style" in node.attrib)
    shared = {style: f"{name}-s{k}" for k, (style, count) in enumerate(often.items()) if count > 1}
    for node in root.iter():
        if node.attrib.get("style") in shared:
            node.attrib["class"] = shared[node.attrib.pop("style")]
    element = ET.Element("style")
    element.text = " ".join(f".{key} {{ {style} }}" for style, key in shared.items())
    return element


def _flatten(node: ET.Element) -> None:
    """Take away groups that say nothing, and white space that nobody sees."""
    if node.tag == "text":
        return
    node.text = None if node.text is None else node.text.strip()
    children: list[ET.Element] = []
    for child in node:
        _flatten(child)
        child.tail = None
        if child.tag == "g" and not child.attrib:
            children += child
        elif len(child) or child.attrib or child.tag not in ("g", "defs"):
            children.append(child)
    node[:] = children


def _rename(root: ET.Element, name: str) -> None:
    """Short ids of the page's own for what something refers to, and none for the rest."""
    values = [(key, value) for node in root.iter() for key, value in node.attrib.items()]
    found = [
        old for key, value in values for old in ([value[1:]] if _refers(key, value) else _REFERENCE.findall(value))
    ]
    new = {old: f"{name}-{k}" for k, old in enumerate(dict.fromkeys(found))}
    for node in root.iter():
        if node.attrib.get("id") not in new:
            node.attrib.pop("id", None)
        for key, value in node.attrib.items():
            if key == "id":
                node.attrib[key] = new[value]
            elif _refers(key, value):
                node.attrib[key] = f"#{new[value[1:]]}"
            else:
                node.attrib[key] = _REFERENCE.sub(lambda match: f"url(#{new[match[1]]})", value)


def _refers(key: str, value: str) -> bool:
    """Whether an attribute names another element; a picture of points brings its pixels along instead."""
    return key == "href" and value.startswith("#")


def describe(curve: Curve, result: Comparison) -> str:
    """What the figure of a curve shows, in words."""
    kelvin, axes = curve.spec.in_kelvin, curve.gridded.axes
    ranges = []
    for axis, values in axes.items():
        low, high = (coordinate(axis, values[i], kelvin) for i in (0, -1))
        span = f"at {low}" if len(values) == 1 else f"from {low} to {high}"
        ranges.append(f"{axis_title(axis, kelvin)} {span}")
    sentences = [f"{curve.label} for {' and '.join(ranges)}"]
    mean = curve.mean[np.isfinite(curve.mean)]
    if mean.size:
        sentences.append(f"sampled means lie between {number(float(mean.min()))} and {number(float(mean.max()))}")
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(curve.error / curve.mean)
    if np.isfinite(relative).any():
        sentences.append(f"their relative errors are at most {relative[np.isfinite(relative)].max():.2g}")
    if np.isfinite(result.max_abs_z):
        sentences.append(f"they differ from the exact curve by at most {result.max_abs_z:.2g} errors")
    return ". ".join(sentence[0].upper() + sentence[1:] for sentence in sentences) + "."
