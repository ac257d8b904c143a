"""The page around the sections: headings in order, table of contents, style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsmc.reporting.page.html import Markup, element, escaped, joined, link
from tlsmc.version import VERSION

_EMPTY = Markup()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: a heading, HTML below it, and smaller sections.

    ``name`` is unique among its neighbours; the names of all that a section is in make up its id.
    """

    name: str
    title: str
    content: Markup = _EMPTY
    parts: tuple[Section, ...] = ()


#: Headings down to this level are in the table of contents.
_LISTED = 3
#: Nothing can be loaded and no script can run, whatever the texts of a run hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1f21; --soft: #5a5f66; --page: #fdfdfc; --line: #d9dadb; --shade: #f1f2f2;
  --link: #1f5aa6; --good: #1c6b36; --bad: #a32020; --unsure: #7a5200; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e4e5e6; --soft: #a2a7ad; --page: #16181a;
  --line: #3b3f44; --shade: #212427; --link: #86b6f0; --good: #79cf95; --bad: #f28b82; --unsure: #e0b35a; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1rem clamp(0.8rem, 3vw, 2rem) 3rem; max-width: 64rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  overflow-wrap: break-word; }
h1, h2, h3, h4 { line-height: 1.25; margin: 2em 0 0.5em; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin-top: 0.3em; } h2 { font-size: 1.3rem; } h3 { font-size: 1.1rem; } h4 { font-size: 1rem; }
h2 { border-bottom: 1px solid var(--line); padding-bottom: 0.2em; }
p, ul { max-width: 46rem; } ul { padding-left: 1.3rem; } li { margin: 0.2em 0; }
a { color: var(--link); } :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
nav ul { list-style: none; padding-left: 0; } nav ul ul { padding-left: 1.2rem; }
.lead, figcaption, footer, caption { color: var(--soft); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.3rem; }
th, td { padding: 0.22rem 0.7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top;
  white-space: nowrap; }
th { font-weight: 600; } thead th { background: var(--shade); } tbody th { font-weight: 500; }
tbody th:first-child, thead th:first-child, .words { text-align: left; }
.facts th, td.words { white-space: normal; } td.words { min-width: 6rem; max-width: 30rem; }
figure { margin: 1.2rem 0; } figcaption { font-size: 0.9rem; margin-top: 0.4rem; }
.facts td.words { min-width: 4rem; }
figure > div { overflow-x: auto; background: #ffffff; border: 1px solid var(--line); border-radius: 6px;
  padding: 0.5rem; }
figure svg { display: block; margin: 0 auto; width: 100%; height: auto; }
pre { background: var(--shade); border: 1px solid var(--line); border-radius: 6px; padding: 0.7rem; font-size: 0.85rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
summary { cursor: pointer; }
.good { color: var(--good); } .bad { color: var(--bad); } .unsure { color: var(--unsure); }
.good, .bad, .unsure { font-weight: 600; }
@media screen and (max-width: 48rem) {
  table { width: max-content; } .facts table { width: auto; } td.words { min-width: 0; max-width: 16rem; }
}
@media print {
  @page { margin: 1.5cm; }
  :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 10pt; }
  a { color: inherit; text-decoration: none; } .scroll, figure > div { overflow: visible; border: 0; padding: 0; }
  figure svg { min-width: 0 !important; } figure, tr, pre { break-inside: avoid; }
  h1, h2, h3, h4, caption { break-after: avoid; } table { font-size: 8.5pt; }
  th, td { white-space: normal; padding: 0.15rem 0.4rem; } td.words { min-width: 5rem; }
  summary { list-style: none; } details::details-content { content-visibility: visible; height: auto; }
}
"""


def page(title: str, lead: Markup, opening: Markup, sections: Sequence[Section]) -> str:
    """A whole HTML page: title and lead, table of contents, what opens the main part, and its sections."""
    head = joined(
        [
            Markup('<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'),
            Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'),
            Markup('<link rel="icon" href="data:,">\n'),
            Markup(f'<meta name="generator" content="tlsmc {VERSION}">\n'),
            element("title", title),
            Markup(f"\n<style>{_STYLE}</style>\n"),
        ]
    )
    body = joined(
        [
            element("header", element("h1", title), lead),
            element("nav", _contents(sections, "", 2), aria_label="Contents"),
            element("main", opening, *(_rendered(section, "", 2) for section in sections)),
            element("footer", element("p", f"Made by tlsmc {VERSION}. This page needs no network and no scripts.")),
        ]
    )
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n{body}\n</body>\n</html>\n'


def _rendered(section: Section, above: str, level: int) -> Markup:
    place = above + section.name
    parts = (_rendered(part, f"{place}-", level + 1) for part in section.parts)
    heading = element(f"h{level}", section.title, id=place)
    return Markup(f"\n{element('section', heading, section.content, *parts, aria_labelledby=place)}")


def _contents(sections: Sequence[Section], above: str, level: int) -> Markup:
    if level > _LISTED or not sections:
        return Markup()
    rows = []
    for section in sections:
        place = above + section.name
        inner = _contents(section.parts, f"{place}-", level + 1)
        rows.append(element("li", link(section.title, place), inner))
    return element("ul", *rows)


def notice(*content: str) -> Markup:
    """A paragraph that must not be missed."""
    return element("p", element("strong", *map(escaped, content)), class_="unsure")
