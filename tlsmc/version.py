"""The version of the package, on the lowest floor so that every other one can write it into files."""

VERSION = "0.1.0"
