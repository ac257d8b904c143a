"""The version of the package, on the lowest floor so that every other one can write it into files."""

VERSION = "0.2.0"

#: Versions whose sums are the same bit by bit: one goes on with what another began.
SAME_BITS = ("0.1.0", VERSION)
