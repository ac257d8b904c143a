"""``tlsmc fit``: from measured curves back to E*, chi and the density of defects."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from tlsmc.cli.output import print_json
from tlsmc.errors import SpecError, StoreError
from tlsmc.fitting import Fit, is_fit_file, load_fit, open_fit, write_fit
from tlsmc.fitting import fit as fit_problem
from tlsmc.fitting.file import base_of
from tlsmc.fitting.summary import report
from tlsmc.results.store import replace_file, sealed_kind


def fit(options: argparse.Namespace) -> None:
    """Fit the data of a spec, write the fit file and the fitted spec, say what came out; or show a fit file."""
    if is_fit_file(options.spec):
        _show(options)
        return
    if sealed_kind(options.spec) == "run file":
        raise SpecError(f"{options.spec}: is a run file; give a spec with a section [fit], or a fit file")
    base = base_of(options.output or f"{Path(options.spec).stem}-fitted")
    # A run of the fitted spec writes FIT.h5 by itself.
    path, spec = (base.with_name(base.name + ending) for ending in (".fit.h5", ".toml"))
    _prepare(options, base, path, spec)
    found = fit_problem(load_fit(options.spec, tuple(options.set)), rivals=options.rivals, sample=options.sample)
    found = replace(found, path=str(path))
    files = [path]
    write_fit(found, path)
    if found.fitted_spec:
        replace_file(spec, found.fitted_spec.encode())
        files.append(spec)
    _tell(options, found, base, files)


def _prepare(options: argparse.Namespace, base: Path, *files: Path) -> None:
    """Refuse what could not be written, before anything is computed."""
    for file in (*files, *([_page(base)] if options.report else [])):
        if file.exists() and not options.force:
            raise SpecError(f"{file}: exists already; choose another name with -o, or replace it with --force")
        if file.exists() and Path(options.spec).exists() and file.samefile(options.spec):
            raise SpecError(f"{file}: is the spec itself; choose another name with -o")
        if file.is_dir():
            raise SpecError(f"{file}: is a folder; choose another name with -o")
    if not base.parent.is_dir():
        raise StoreError(f"-o {base.parent}: is not a folder; make it or choose another")
    if options.plot or options.report:
        from tlsmc.reporting.figures import require_matplotlib

        require_matplotlib()


def _page(base: Path) -> Path:
    return base.with_name(f"{base.name}.html")


def _show(options: argparse.Namespace) -> None:
    """What a fit file holds."""
    for name in ("set", "rivals", "sample"):
        if getattr(options, name):
            raise SpecError(f"--{name}: is for a spec, and {options.spec} is a finished fit; give the spec")
    base = base_of(options.output or options.spec)
    _prepare(options, base)
    _tell(options, open_fit(options.spec), base, [])


def _tell(options: argparse.Namespace, found: Fit, base: Path, files: list[Path]) -> None:
    if options.plot:
        from tlsmc.reporting.figures import plot_fit

        files = [*files, *plot_fit(found, base)]
    if options.report:
        from tlsmc.reporting import report as page_of

        replace_file(_page(base), page_of([found]).encode())
        files = [*files, _page(base)]
    print_fit(found, files, as_json=options.json)


def print_fit(found: Fit, files: list[Path], *, as_json: bool) -> None:
    """A fit in words and the files written, or as JSON."""
    if as_json:
        plain = {key: value for key, value in found.plain().items() if key not in ("source", "fitted_spec")}
        print_json({"files": [str(file) for file in files]} | plain)
    else:
        print(report(found))
        if files:
            print("\n" + "\n".join(str(file) for file in files))
        for spec in (file for file in files if file.suffix == ".toml"):
            print(f"  tlsmc run {spec}".ljust(32 + len(str(spec))) + "the ensemble that the fit describes")
    if not found.converged:
        print("warning: the fit did not converge; give bounds, priors or fewer free parameters", file=sys.stderr)
