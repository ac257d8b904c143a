"""``tlsmc digest``: one hash of all block sums."""

from argparse import ArgumentParser, Namespace

from tlsmc.cli.output import print_json


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="run file")


def run(options: Namespace) -> None:
    """Print the digest."""
    from tlsmc.results.store import open_run

    result = open_run(options.file)
    found = {"digest": result.digest(), "complete": result.complete}
    print_json(found) if options.json else print(found["digest"])
