"""What to cite: the paper, this program, and the file that a number came from."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tlsmc.version import VERSION

#: The paper behind the physics: entries of BibTeX.
PAPER = {
    "author": "Aleiner, I. L. and Altshuler, B. L. and Galperin, Y. M. and Shutenko, T. A.",
    "title": "Experimental tests for the relevance of two-level systems for electron dephasing",
    "journal": "Phys. Rev. B",
    "volume": "63",
    "pages": "201401",
    "year": "2001",
    "doi": "10.1103/PhysRevB.63.201401",
    "eprint": "cond-mat/0010228",
}
_ABOUT = "Monte Carlo ensembles of tunnelling two-level systems in metals"


class Citable(Protocol):
    """A run or a fit."""

    @property
    def path(self) -> str:
        """The file that holds it."""

    @property
    def version(self) -> str:
        """The version of the program that made it."""

    def digest(self) -> str:
        """One hash of its numbers."""


@dataclass(frozen=True, slots=True)
class Citation:
    """What :func:`citation` gives; ``print`` shows it as text and as BibTeX.

    ``version`` is that of the program; ``file`` (its name) and ``digest`` are those of a run or a fit, empty if none.
    """

    version: str
    file: str = ""
    digest: str = ""

    @property
    def paper(self) -> str:
        """The paper in one line."""
        names = [" ".join(reversed(name.split(", "))) for name in PAPER["author"].split(" and ")]
        place = "{journal} {volume}, {pages} ({year}), arXiv:{eprint}".format_map(PAPER)
        return f"{', '.join(names[:-1])} and {names[-1]}, {PAPER['title']}, {place}"

    @property
    def program(self) -> str:
        """The program in one line, with the digest of the file."""
        return ", ".join(filter(None, (f"tlsmc {self.version}", _ABOUT, self._made)))

    @property
    def bibtex(self) -> str:
        """Both as entries of BibTeX."""
        program = {"author": "{the tlsmc authors}", "title": f"tlsmc: {_ABOUT}", "version": self.version}
        if self._made:
            program["note"] = re.sub(r"([_%#&$])", r"\\\1", self._made)
        return f"{_entry('article', 'Aleiner2001', PAPER)}\n\n{_entry('misc', 'tlsmc', program)}"

    def __str__(self) -> str:
        return "\n\n".join([*(textwrap.fill(text, 120) for text in (self.paper, self.program)), self.bibtex])

    @property
    def _made(self) -> str:
        return ", ".join(filter(None, (self.file, self.digest and f"digest {self.digest}")))


def _entry(kind: str, key: str, content: dict[str, str]) -> str:
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in content.items())
    return f"@{kind}{{{key},\n{lines}}}"


def citation(result: Citable | None = None) -> Citation:
    """What to cite: the paper for the physics, the program by its version, and the digest of a result.

    Parameters
    ----------
    result
        A :class:`tlsmc.Run` or :class:`tlsmc.fitting.Fit`: its digest is cited, and the version that made it.

    Returns
    -------
    Citation
        ``paper``, ``program`` and ``bibtex`` are texts, and ``print`` shows all three.

    Examples
    --------
    >>> print(tlsmc.citation().paper.partition("dephasing, ")[2])
    Phys. Rev. B 63, 201401 (2001), arXiv:cond-mat/0010228
    """
    if result is None:
        return Citation(VERSION)
    return Citation(result.version, Path(result.path).name, result.digest())
