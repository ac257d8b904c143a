"""HTML from plain text: whatever is not marked as HTML already is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Sequence

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
    body = []
    for row in rows:
        cells = [
            element("th", cell, scope="row")
            if k < heads
            else (element("td", cell, class_="words") if k in words else element("td", cell))
            for k, cell in enumerate(row)
        ]
        body.append(element("tr", *cells))
    head = [
        element("th", cell, scope="col", **({"class_": "words"} if k in words else {})) for k, cell in enumerate(header)
    ]
    content = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)) if header else "",
        element("tbody", *body),
    )
    # A region that scrolls must be reachable with the keyboard, and then it needs a name.
    return element("div", content, class_="scroll", tabindex="0", role="region", aria_label=str(caption))


def facts(caption: str, rows: Iterable[tuple[str, str]]) -> Markup:
    """A table of names and what they are; those without a value are left out."""
    return element("div", table(caption, (), [row for row in rows if row[1]], words=(1,)), class_="facts")


def slug(name: str) -> str:
    """Name of a curve as part of an id."""
    return name.replace(".", "-")
