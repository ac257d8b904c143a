"""Figures of a run: curves with error bands, exact values, the paper's printed forms, and pulls; figures of a fit.

matplotlib is imported when a figure is asked for, not before: it is optional, and slow to import.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlsmc.errors import SpecError
from tlsmc.results.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tlsmc.diagnostics.sensitivity import Sensitivity
    from tlsmc.diagnostics.tails import CurveTails
    from tlsmc.fitting import Fit

__all__ = [
    "convergence_figure",
    "curve_figure",
    "fit_figures",
    "overview",
    "plot_convergence",
    "plot_defects",
    "plot_fit",
    "plot_run",
    "plot_samples",
    "plot_tails",
    "plot_telegraph",
    "require_matplotlib",
    "save_figure",
    "svg_text",
    "tails_figure",
]


def plot_run(
    run: Run, base: str | Path, formats: Iterable[str] = ("png", "svg"), names: Iterable[str] | None = None
) -> list[Path]:
    """Write one figure per curve, and one per measurable quantity that the material makes of it.

    Parameters
    ----------
    run
        A run, complete or not.
    base
        Folder and beginning of the file names: ``out/gold`` gives ``out/gold-heat_capacity.png``, ...
    formats
        Of "png", "svg" and "pdf".
    names
        Curves ("attenuation.resonant") or observables ("attenuation": all of its curves); all by default.

    Returns
    -------
    The files written, in order.

    Raises
    ------
    SpecError
        matplotlib is missing, a name or format is unknown, or a file cannot be written.
    """
    written: list[Path] = _module("curves").plot_run(run, Path(base), tuple(formats), names)
    return written


def plot_tails(
    run: Run,
    found: dict[str, CurveTails],
    slopes: list[Sensitivity],
    base: str | Path,
    formats: Iterable[str] = ("png", "svg"),
) -> list[Path]:
    """Write the figure of the tail diagnostics of a run, ``base-tails.png``, ...

    ``found`` is what :func:`tlsmc.diagnostics.tails.run_tails` returns, ``slopes`` the ranked sensitivities, empty for
    none.  Returns the files written.
    """
    written: list[Path] = _module("tails").plot_tails(run, found, slopes, Path(base), tuple(formats))
    return written


def plot_convergence(
    run: Run, base: str | Path, formats: Iterable[str] = ("png", "svg"), names: Iterable[str] | None = None
) -> list[Path]:
    """Write the figure of running means and errors over the number of defects, ``base-convergence.png``, ...

    Arguments, result and errors as of :func:`plot_run`.
    """
    written: list[Path] = _module("convergence").plot_convergence(run, Path(base), tuple(formats), names)
    return written


def plot_samples(
    run: Run, base: str | Path, formats: Iterable[str] = ("png", "svg"), names: Iterable[str] | None = None
) -> list[Path]:
    """Write the figure of how much samples differ, ``base-samples.png``, ...

    Arguments, result and errors as of :func:`plot_run`; a run of too few samples is an error too.
    """
    written: list[Path] = _module("samples").plot_samples(run, Path(base), tuple(formats), names)
    return written


def plot_defects(
    run: Run, base: str | Path, formats: Iterable[str] = ("png", "svg"), names: Iterable[str] | None = None
) -> list[Path]:
    """Write the figure of what tracked defects contribute, ``base-defects.png``, ...

    Arguments, result and errors as of :func:`plot_run`; a run that has tracked none is an error too.
    """
    written: list[Path] = _module("defects").plot_defects(run, Path(base), tuple(formats), names)
    return written


def plot_telegraph(
    run: Run, base: str | Path, formats: Iterable[str] = ("png", "svg"), names: Iterable[str] | None = None
) -> list[Path]:
    """Write the figure of telegraph noise and its spectrum, ``base-telegraph.png``, ...

    Arguments, result and errors as of :func:`plot_run`, but there are no ``names`` to choose from; a run that has
    recorded no such noise is an error too.
    """
    written: list[Path] = _module("telegraph").plot_telegraph(run, Path(base), tuple(formats), names)
    return written


def plot_fit(fit: Fit, base: str | Path, formats: Iterable[str] = ("png", "svg")) -> list[Path]:
    """Write the figures of a fit: ``base-data.png``, ``base-profiles.png`` and ``base-posterior.png`` if it was drawn.

    ``fit`` is what :func:`tlsmc.fitting.fit` returns.  Returns the files written.
    """
    written: list[Path] = _module("fit").plot_fit(fit, Path(base), tuple(formats))
    return written


def fit_figures(fit: Fit) -> dict[str, Figure]:
    """The figures of :func:`plot_fit` by name: "data", "profiles" of a fit that converged, "posterior" if drawn."""
    figures: dict[str, Figure] = _module("fit").fit_figures(fit)
    return figures


def curve_figure(run: Run, name: str) -> Figure:
    """The figure of one curve."""
    figure: Figure = _module("curves").curve_figure(run, name)
    return figure


def tails_figure(run: Run, found: dict[str, CurveTails], slopes: list[Sensitivity]) -> Figure:
    """The figure of :func:`plot_tails`."""
    figure: Figure = _module("tails").tails_figure(run, found, slopes)
    return figure


def convergence_figure(run: Run, names: Iterable[str] | None = None) -> Figure:
    """The figure of :func:`plot_convergence`."""
    figure: Figure = _module("convergence").convergence_figure(run, names)
    return figure


def svg_text(figure: Figure) -> str:
    """A figure as the text of an SVG file."""
    content: bytes = _module("style").rendered(figure, "svg")
    return content.decode()


def overview(run: Run) -> Figure:
    """One compact figure of the whole run: at most four panels against temperature."""
    figure: Figure = _module("composition").overview(run)
    return figure


def save_figure(figure: Figure, base: str | Path, formats: Iterable[str] = ("png", "svg")) -> list[Path]:
    """Write ``base.png``, ``base.svg``, ...; equal figures give equal bytes."""
    written: list[Path] = _module("style").save_figure(figure, Path(base), tuple(formats))
    return written


def require_matplotlib() -> None:
    """Refuse early what cannot be drawn later.

    Raises
    ------
    SpecError
        matplotlib is missing.
    """
    _module("style")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"tlsmc.reporting.figures.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise SpecError("plot needs matplotlib; install tlsmc[plot]") from None
