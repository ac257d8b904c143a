"""``tlsmc verify``: whether a run file is sound, or a fit file."""

from argparse import ArgumentParser, Namespace

from tlsmc.cli.output import is_fit_file, print_json, refuse_for_fit
from tlsmc.errors import SpecError
from tlsmc.formatting import counted


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Check all sums and shards of a run file, and compute a few of its blocks anew; or check a fit file."
    )
    parser.add_argument("file", help="run file or fit file")
    parser.add_argument("--blocks", type=int, help="blocks to compute anew, drawn at random (default: 3)")


def run(options: Namespace) -> None:
    """Say that the file is sound; all else is an error."""
    if is_fit_file(options.file):
        refuse_for_fit(options, "blocks")
        _verify_fit(options)
        return
    from tlsmc.simulation.verify import verify

    blocks = {} if options.blocks is None else {"blocks": options.blocks}
    if min(blocks.values(), default=0) < 0:
        raise SpecError(f"--blocks {options.blocks}: is below 0; give the number of blocks to compute anew")
    checked = verify(options.file, **blocks)
    result = checked.run
    if options.json:
        data = {"file": result.path, "sound": True, "complete": result.complete, "digest": result.digest()}
        print_json(data | {"blocks": checked.recomputed, "shards": checked.shards, "same_bits": checked.same_bits})
        return
    print(f"{result.path}: sound; the sums of {int(result.sums.done.sum()):,} blocks are possible ones")
    if checked.shards:
        print(f"  {checked.shards:,} shards are as listed")
    if checked.recomputed:
        names = ", ".join(f"{sample}/{block}" for sample, block in checked.recomputed)
        agree = "bit for bit" if checked.same_bits else "to rounding (another version or processor made the file)"
        print(f"  computed anew (sample/block) {names}: the same {agree}")


def _verify_fit(options: Namespace) -> None:
    from tlsmc.fitting import verify_fit

    fit = verify_fit(options.file)
    if options.json:
        print_json({"file": fit.path, "sound": True, "converged": fit.converged, "digest": fit.digest()})
        return
    sets = counted(len(fit.sets), "data set")
    print(f"{fit.path}: sound; chi2 is that of the points of {sets}, and the numbers agree with each other")
    if not fit.converged:
        print("  the fit did not converge")
