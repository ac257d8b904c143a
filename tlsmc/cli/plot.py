"""``tlsmc plot``: figures of a run or of a fit."""

from argparse import ArgumentParser, Namespace

from tlsmc.cli.output import open_subject, output_base, print_files, refuse_for_fit
from tlsmc.errors import SpecError

#: What is drawn instead of curves, if asked for.
_PICTURES = {
    "convergence": "running means over the number of defects",
    "samples": "histograms of the samples, and how much they differ",
    "defects": "what the tracked defects contribute",
    "telegraph": "the telegraph noise and its spectrum",
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="run file or fit file")
    parser.add_argument("--curve", action="append", help="only this curve, e.g. attenuation.resonant")
    parser.add_argument("-o", "--output", help="folder to write to (default: that of the file)")
    parser.add_argument("--format", action="append", choices=("png", "svg"), help="default: both")
    pictures = parser.add_mutually_exclusive_group()
    for name, what in _PICTURES.items():
        pictures.add_argument(f"--{name}", action="store_true", help=f"draw {what} instead")


def run(options: Namespace) -> None:
    """Draw every curve, what was asked for instead, or a fit: data, residuals, profiles and posterior."""
    from tlsmc.reporting import figures
    from tlsmc.results.run import Run

    subject = open_subject(options.file)
    formats = tuple(options.format or ("png", "svg"))
    if not isinstance(subject, Run):
        refuse_for_fit(options, "curve", *_PICTURES)
        base = output_base(options.file, options.output)
        print_files(figures.plot_fit(subject, base, formats), options.json)
        return
    base = output_base(options.file, options.output)
    names = [subject[name].name for name in options.curve] if options.curve else None
    kind = next((kind for kind in _PICTURES if getattr(options, kind)), None)
    if kind is None:
        files = figures.plot_run(subject, base, formats, names)
    elif kind == "telegraph" and names:
        raise SpecError("telegraph noise has no curves to choose from; leave out --curve")
    else:
        choice = () if kind == "telegraph" else (names,)
        files = figures.save_figure(getattr(figures, f"{kind}_figure")(subject, *choice), f"{base}-{kind}", formats)
    print_files(files, options.json)
