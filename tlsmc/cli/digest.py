"""``tlsmc digest``: one hash of all block sums."""

from argparse import ArgumentParser, Namespace

from tlsmc.cli.output import print_json


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="run file")


def run(options: Namespace) -> None:
    """Print the digest."""
    from tlsmc.results.store import open_run

    result = open_run(options.file)
    if options.json:
        print_json({"digest": result.digest(), "complete": result.complete})
    else:
        print(result.digest())
