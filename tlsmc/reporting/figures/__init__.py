"""Figures of a run: curves with error bands, exact values, the paper's printed forms, and pulls; figures of a fit.

matplotlib is imported when a figure is asked for, not before: it is optional, and slow to import.
"""

from typing import TYPE_CHECKING, Any

from tlsmc.errors import SpecError
from tlsmc.lazy import lazy

if TYPE_CHECKING:
    from tlsmc.reporting.figures.convergence import convergence_figure as convergence_figure
    from tlsmc.reporting.figures.curves import curve_figure as curve_figure
    from tlsmc.reporting.figures.curves import overview as overview
    from tlsmc.reporting.figures.curves import plot_run as plot_run
    from tlsmc.reporting.figures.fit import fit_figures as fit_figures
    from tlsmc.reporting.figures.fit import plot_fit as plot_fit
    from tlsmc.reporting.figures.recorded import defects_figure as defects_figure
    from tlsmc.reporting.figures.recorded import samples_figure as samples_figure
    from tlsmc.reporting.figures.style import save_figure as save_figure
    from tlsmc.reporting.figures.style import svg_text as svg_text
    from tlsmc.reporting.figures.tails import tails_figure as tails_figure
    from tlsmc.reporting.figures.telegraph import telegraph_figure as telegraph_figure

_resolved, __dir__, __all__ = lazy(
    __name__,
    {
        "tlsmc.reporting.figures.convergence": "convergence_figure",
        "tlsmc.reporting.figures.curves": "curve_figure overview plot_run",
        "tlsmc.reporting.figures.fit": "fit_figures plot_fit",
        "tlsmc.reporting.figures.recorded": "defects_figure samples_figure",
        "tlsmc.reporting.figures.style": "save_figure svg_text",
        "tlsmc.reporting.figures.tails": "tails_figure",
        "tlsmc.reporting.figures.telegraph": "telegraph_figure",
    },
)


def __getattr__(name: str) -> Any:
    try:
        return _resolved(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise SpecError("plot needs matplotlib; install tlsmc[plot]") from None


def require_matplotlib() -> None:
    """Refuse early what cannot be drawn later."""
    __getattr__("save_figure")
