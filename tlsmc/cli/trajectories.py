"""``tlsmc trajectories``: what a run has recorded, in words and numbers."""

from argparse import ArgumentParser, Namespace

from tlsmc.cli.output import print_heading, print_json


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="run file")


def run(options: Namespace) -> None:
    """Running means, samples, single defects and telegraph noise of a run, as far as they are recorded."""
    from tlsmc.cli import recorded
    from tlsmc.diagnostics.samples import sample_statistics
    from tlsmc.results.store import open_run

    result = open_run(options.file)
    # Samples are in the block sums, recorded or not.
    samples = [sample_statistics(result[name]) for name in result.names] if result.spec.layout.samples > 1 else []
    noise = {"telegraph": recorded.telegraph_data(result)} if "telegraph" in result.records else {}
    if options.json:
        print_json(recorded.recorded_data(result, samples) | noise)
        return
    print_heading(result)
    recorded.print_convergence(result)
    recorded.print_defects(result)
    if noise:
        recorded.print_telegraph(noise["telegraph"], result.spec.in_kelvin)
    if samples:
        recorded.print_samples(result, samples)
    if not result.records:
        print(
            "\nnothing is recorded yet: records are made when all blocks are done"
            if not result.spec.trajectories.empty
            else "\nnothing is recorded; add a table [trajectories] to the spec and run it"
        )
