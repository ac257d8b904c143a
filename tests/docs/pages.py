"""The README and the pages of the manual, taken apart."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "tlsmc" / "manual"

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
#: What is made from the code, with its name.
MARKED = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page in Markdown."""

    path: Path

    @property
    def name(self):
        """Its place in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self):
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self):
        """Text on one line, without what is made from the code."""
        return " ".join(self.by_hand.split())

    @cached_property
    def by_hand(self):
        """Text without blocks of code and without what is made from the code."""
        return _FENCE.sub("", MARKED.sub("", self.text))

    def blocks(self, language):
        """Contents of the blocks of code in a language, in order."""
        return [content for kind, content in _FENCE.findall(self.text) if kind == language]

    @property
    def languages(self):
        return {kind for kind, _ in _FENCE.findall(self.text)}

    @property
    def inline(self):
        """Everything that stands in marks of code within the text."""
        return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", self.by_hand)]

    @property
    def links(self):
        """What it links to, pictures too."""
        return re.findall(r"\]\(([^)\s]+)\)", self.text)

    def table(self, header):
        """Rows of the table that begins with a header, as dictionaries."""
        lines = self.text.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(f"| {header} |"))
        names, _, *rows = map(_cells, takewhile(lambda line: line.startswith("|"), lines[start:]))
        return [dict(zip(names, row, strict=True)) for row in rows]


def _cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))]


def code(cell):
    """What stands in marks of code in a cell."""
    return re.findall(r"`([^`]*)`", cell)


README = Page(ROOT / "README.md")
TOPICS = {path.stem.partition("-")[2]: Page(path) for path in sorted(MANUAL.glob("*.md"))}
PAGES = (README, *TOPICS.values())

#: Files that the page on extensions asks the reader to write, and their contents.
EXAMPLES = {
    block.partition("\n")[0].removeprefix("# "): block.partition("\n")[2]
    for block in TOPICS["extending"].blocks("python")
}

#: A spec with no more than it must have.
LEAST = """
seed = 1
[population]
model = "tunnelling"
defects = 10
[population.parameters]
E = { law = "uniform", high = 1.0 }
p = { law = "tunnelling" }
[observables.heat_capacity]
temperature = { start = 0.1, stop = 1.0, points = 3 }
"""


def content():
    """The spec :data:`LEAST`, to be changed."""
    return tomllib.loads(LEAST)
