"""``tlsmc report``: one page on runs and fits."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from tlsmc.cli.output import is_fit_file, open_subject, output_base, print_json
from tlsmc.errors import SpecError


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Write one page on runs and fits, one or several: what was done, results, how far they can be trusted, "
        "figures, and how to repeat it.  The page is one file that needs nothing else."
    )
    parser.add_argument("files", nargs="+", help="run files and fit files, in any order")
    parser.add_argument("-o", "--output", help="page to write (default: the first file's name with .html, beside it)")
    parser.add_argument("--force", action="store_true", help="replace an existing page")


def run(options: Namespace) -> None:
    """Write the page, as a whole or not at all."""
    from tlsmc.reporting import report
    from tlsmc.results.store import replace_file
    from tlsmc.results.store.output import check_output

    beside = output_base(options.files[0], None)
    path = Path(options.output) if options.output else beside.with_name(f"{beside.name}.html")
    for name in options.files:
        if path.exists() and Path(name).exists() and path.samefile(name):
            kind = "fit" if is_fit_file(name) else "run"
            raise SpecError(f"-o {path}: is a {kind} file of this report; choose another name")
    check_output(path, options.force)
    content = report([open_subject(name) for name in options.files])
    replace_file(path, content.encode())
    print_json({"file": str(path)}) if options.json else print(path)
