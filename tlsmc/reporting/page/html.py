"""HTML from plain text, whatever is not marked as HTML already is escaped; and the page around the sections."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tlsmc.version import VERSION

_UNFIT = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(value: str) -> Markup:
    """A plain text as HTML; what is HTML already stays as it is."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(fit(value)))


def fit(text: str) -> str:
    """A text with what neither HTML nor XML can hold replaced."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def joined(parts: Iterable[str]) -> Markup:
    """Several pieces one after the other."""
    return Markup("".join(map(escaped, parts)))


def element(name: str, *content: str, **attributes: str) -> Markup:
    """An element with its content; in names of attributes a final _ goes and any other is a hyphen."""
    given = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{escaped(value)}"' for key, value in attributes.items()
    )
    return Markup(f"<{name}{given}>{joined(content)}</{name}>")


def paragraph(*content: str) -> Markup:
    """A paragraph."""
    return element("p", *content)


def items(rows: Iterable[str]) -> Markup:
    """A list of points; nothing if there are none."""
    content = joined(element("li", row) for row in rows)
    return element("ul", content) if content else Markup()


def link(text: str, target: str) -> Markup:
    """A link to another place of the page."""
    return element("a", text, href=f"#{target}")


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], heads: int = 1, words: Collection[int] = ()
) -> Markup:
    """A table that scrolls by itself where it is too wide.

    The first ``heads`` cells of a row name it; columns whose numbers are in ``words`` hold text rather than numbers.
    """
    body, worded = [], {k: {"class_": "words"} for k in words}
    for row in rows:
        named = [element("th", cell, scope="row") for cell in row[:heads]]
        cells = (element("td", cell, **worded.get(k, {})) for k, cell in enumerate(row[heads:], heads))
        body.append(element("tr", *named, *cells))
    titles = (element("th", cell, scope="col", **worded.get(k, {})) for k, cell in enumerate(header))
    head = element("thead", element("tr", *titles)) if header else ""
    content = element("table", element("caption", caption), head, element("tbody", *body))
    # A region that scrolls must be reachable with the keyboard, and then it needs a name.
    return element("div", content, class_="scroll", tabindex="0", role="region", aria_label=str(caption))


def facts(caption: str, rows: Iterable[tuple[str, str]]) -> Markup:
    """A table of names and what they are; those without a value are left out."""
    return element("div", table(caption, (), [row for row in rows if row[1]], words=(1,)), class_="facts")


def code(text: str) -> Markup:
    """What is typed, or read letter by letter."""
    return element("code", text)


def to_repeat(name: str, files: str, command: str, promise: str, whose: str, text: str) -> Markup:
    """What to type to have the same again: the spec, the command, and what comes of it."""
    lead = paragraph("To repeat it: put the text below into ", code(f"{name}.toml"), f", and beside it {files}; then")
    return joined([lead, element("pre", code(command)), paragraph(promise), folded(f"{name}.toml, {whose}", text)])


def folded(summary: str, text: str) -> Markup:
    """A text that is shown when it is asked for."""
    return element("details", element("summary", summary), element("pre", code(text)))


def slug(name: str) -> str:
    """Name of a curve as part of an id."""
    return name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: a heading, HTML below it, and smaller sections.

    ``name`` is unique among its neighbours; the names of all that a section is in make up its id.
    """

    name: str
    title: str
    content: Markup
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
            element("nav", _contents(sections), aria_label="Contents"),
            element("main", opening, *map(_rendered, sections)),
            element("footer", paragraph(f"Made by tlsmc {VERSION}. This page needs no network and no scripts.")),
        ]
    )
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n{body}\n</body>\n</html>\n'


def _rendered(section: Section, above: str = "", level: int = 2) -> Markup:
    place = above + section.name
    parts = (_rendered(part, f"{place}-", level + 1) for part in section.parts)
    heading = element(f"h{level}", section.title, id=place)
    return Markup(f"\n{element('section', heading, section.content, *parts, aria_labelledby=place)}")


def _contents(sections: Sequence[Section], above: str = "", level: int = 2) -> Markup:
    if level > _LISTED:
        return Markup()
    return items(
        joined([link(s.title, above + s.name), _contents(s.parts, f"{above}{s.name}-", level + 1)]) for s in sections
    )


def notice(*content: str) -> Markup:
    """A paragraph that must not be missed."""
    return element("p", element("strong", *content), class_="unsure")
