"""``tlsmc cite``: what to cite, as text and as BibTeX."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from tlsmc.cli.output import open_subject, picked, print_json
from tlsmc.results.citation import citation


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="run file or fit file, whose digest is cited too")


def run(options: Namespace) -> None:
    """Print the paper, the program and what made the file."""
    made = citation(open_subject(options.file) if options.file else None)
    print_json(asdict(made) | picked(made, "paper program bibtex")) if options.json else print(made)
