"""``tlsmc resume``: go on with a run file, perhaps to more defects or samples than it was begun with."""

from argparse import ArgumentParser, Namespace

from tlsmc.cli.run import add_workers, print_outcome, workers


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="run file")
    parser.add_argument("--defects", type=int, help="defects in each sample, in total")
    parser.add_argument("--samples", type=int, help="samples, in total")
    parser.add_argument("--spec", help="refuse unless the file is a run of this spec")
    add_workers(parser)


def run(options: Namespace) -> None:
    """Compute what is missing."""
    from tlsmc.simulation.run import resume
    from tlsmc.spec.reader import load_spec

    spec = load_spec(options.spec) if options.spec else None
    sizes = {"defects": options.defects, "samples": options.samples}
    print_outcome(resume(options.file, spec=spec, **sizes, **workers(options)), options.json)
