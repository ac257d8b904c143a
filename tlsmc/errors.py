"""The ways in which a run can be refused or fail.

Every message is one line that gives the place, the value, the bound and the remedy.
"""


class TlsmcError(Exception):
    """Base of all errors that tlsmc raises on purpose."""


class SpecError(TlsmcError):
    """A run file, an option or an argument asks for something that cannot be."""

    def at(self, place: str) -> "SpecError":
        """Return the same error with ``place`` (a dotted path in the spec) before it."""
        return type(self)(f"{place}: {self}")


class StoreError(TlsmcError):
    """A file is missing, damaged, of another version, or cannot be written."""


class ValidityError(TlsmcError):
    """A formula was asked for a value outside the range where it means anything."""


class WorkerError(TlsmcError):
    """A worker process died; the message names the block that it was at."""


class ValidityWarning(UserWarning):
    """A run is possible, but an average in it may mean nothing."""
