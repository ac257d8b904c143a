"""The ways in which a run can be refused or fail.

Every message is one line that gives the place, the value, the bound and the remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TlsmcError(Exception):
    """Base of all errors that tlsmc raises on purpose."""


class SpecError(TlsmcError):
    """A run file, an option or an argument asks for something that cannot be."""

    def at(self, place: str) -> SpecError:
        """Return the same error with ``place`` (a dotted path in the spec) before it."""
        return type(self)(f"{place}: {self}")


class CodeError(SpecError):
    """A Python file of the user is needed, and is missing, another one than was meant, or fails."""


class StoreError(TlsmcError):
    """A file is missing, damaged, of another version, or cannot be written."""


class ValidityError(TlsmcError):
    """A formula was asked for a value outside the range where it means anything."""


class WorkerError(TlsmcError):
    """A worker process died; the message names the block that it was at."""


class ValidityWarning(UserWarning):
    """A run is possible, but an average in it may mean nothing."""


def suggestion(name: str, known: Iterable[str], page: str = "") -> str:
    """Remedy for a misspelt name: the nearest known one, else all of them; and the page of the manual on them."""
    more = f" (see tlsmc help {page})" if page else ""
    options = list(known)
    near = difflib.get_close_matches(str(name), options, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?{more}"
    return f"choose one of {', '.join(options)}{more}"


class NoSpaceError(StoreError):
    """The disk is full, or a limit on the size of files is reached."""
