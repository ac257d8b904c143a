"""``tlsmc fit``: from measured curves back to E*, chi and the density of defects."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlsmc.cli.output import is_fit_file, print_json
from tlsmc.errors import SpecError, StoreError

if TYPE_CHECKING:
    from tlsmc.fitting import Fit


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Fit the data that the [fit] of a spec names, or show what a fit file holds."
    parser.add_argument("spec", help="TOML file with a [fit], or a fit file")
    parser.add_argument(
        "-o", "--output", help="name of the files to write, FIT.fit.h5 and FIT.toml (default: SPEC-fitted)"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one entry of the spec")
    parser.add_argument("--rivals", action="store_true", help="compare with every other model of the same data")
    parser.add_argument("--sample", action="store_true", help="draw the posterior (needs emcee)")
    parser.add_argument("--plot", action="store_true", help="draw data, fit, residuals, profiles, posterior")
    parser.add_argument("--report", action="store_true", help="write one page on the fit, FIT.html")
    parser.add_argument("--force", action="store_true", help="replace existing files")


def run(options: Namespace) -> None:
    """Fit the data of a spec, write the fit file and the fitted spec, say what came out; or show a fit file."""
    from tlsmc.fitting import open_fit
    from tlsmc.fitting.file import base_of
    from tlsmc.results.store import sealed_kind

    if sealed_kind(options.spec) == "run file":
        raise SpecError(f"{options.spec}: is a run file; give a spec with a section [fit], or a fit file")
    finished = is_fit_file(options.spec)
    for name in ("set", "rivals", "sample") if finished else ():
        if getattr(options, name):
            raise SpecError(f"--{name}: is for a spec, and {options.spec} is a finished fit; give the spec")
    base = base_of(options.output or (options.spec if finished else f"{Path(options.spec).stem}-fitted"))
    page = base.with_name(f"{base.name}.html")
    # A run of the fitted spec writes FIT.h5 by itself.
    files = [] if finished else [base.with_name(base.name + ending) for ending in (".fit.h5", ".toml")]
    _check(options, base.parent, files + [page] * options.report)
    found = open_fit(options.spec) if finished else _fit(options, *files)
    files = files[: 2 if found.fitted_spec else 1]
    if options.plot:
        from tlsmc.reporting.figures import plot_fit

        files += plot_fit(found, base)
    if options.report:
        from tlsmc.reporting import report
        from tlsmc.results.store import replace_file

        replace_file(page, report([found]).encode())
        files.append(page)
    print_fit(found, files, as_json=options.json)


def _fit(options: Namespace, path: Path, spec: Path) -> Fit:
    from tlsmc.fitting import fit, load_fit, write_fit
    from tlsmc.results.store import replace_file

    found = fit(load_fit(options.spec, tuple(options.set)), rivals=options.rivals, sample=options.sample)
    found = replace(found, path=str(path))
    write_fit(found, path)
    if found.fitted_spec:
        replace_file(spec, found.fitted_spec.encode())
    return found


def _check(options: Namespace, folder: Path, files: list[Path]) -> None:
    """Refuse what could not be written, before anything is computed."""
    for file in files:
        if file.exists() and not options.force:
            raise SpecError(f"{file}: exists already; choose another name with -o, or replace it with --force")
        if file.exists() and Path(options.spec).exists() and file.samefile(options.spec):
            raise SpecError(f"{file}: is the spec itself; choose another name with -o")
        if file.is_dir():
            raise SpecError(f"{file}: is a folder; choose another name with -o")
    if not folder.is_dir():
        raise StoreError(f"-o {folder}: is not a folder; make it or choose another")
    if options.plot or options.report:
        from tlsmc.reporting.figures import require_matplotlib

        require_matplotlib()


def print_fit(found: Fit, files: list[Path], *, as_json: bool) -> None:
    """A fit in words and the files written, or as JSON."""
    if as_json:
        plain = {key: value for key, value in found.plain().items() if key not in ("source", "fitted_spec")}
        print_json({"files": [str(file) for file in files]} | plain)
    else:
        from tlsmc.fitting.summary import report

        print(report(found))
        if files:
            print("\n" + "\n".join(str(file) for file in files))
        for spec in (file for file in files if file.suffix == ".toml"):
            print(f"  tlsmc run {spec}".ljust(32 + len(str(spec))) + "the ensemble that the fit describes")
    if not found.converged:
        print("warning: the fit did not converge; give bounds, priors or fewer free parameters", file=sys.stderr)
