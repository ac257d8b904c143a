"""``tlsmc merge``: one run file of several."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from tlsmc.cli.output import print_json, summary


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Put together the parts of a run, or runs of one study with different seeds."
    parser.add_argument("files", nargs="+", help="run files")
    parser.add_argument("-o", "--output", required=True, help="run file to write")
    parser.add_argument("--force", action="store_true", help="replace an existing run file")


def run(options: Namespace) -> None:
    """Merge, and say what the whole is or lacks."""
    from tlsmc.results.store.output import resume_command
    from tlsmc.simulation.merge import merge

    result = merge(options.files, options.output, force=options.force)
    if options.json:
        print_json(summary(result))
        return
    layout = result.spec.layout
    print(f"{result.path}: {layout.samples} x {layout.defects:,} defects from {len(options.files)} files")
    if result.complete:
        print(f"digest {result.digest()}")
    else:
        command = resume_command(Path(result.path))
        print(f"{result.sums.done.mean():.1%} of the blocks are there; `{command}` computes the rest")
