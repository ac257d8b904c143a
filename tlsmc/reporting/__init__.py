"""What people look at: figures of runs and fits, and one HTML page on them, which needs no network and no scripts."""

from typing import TYPE_CHECKING

from tlsmc.lazy import lazy

if TYPE_CHECKING:
    from tlsmc.reporting.figures import convergence_figure as convergence_figure
    from tlsmc.reporting.figures import curve_figure as curve_figure
    from tlsmc.reporting.figures import defects_figure as defects_figure
    from tlsmc.reporting.figures import fit_figures as fit_figures
    from tlsmc.reporting.figures import overview as overview
    from tlsmc.reporting.figures import plot_fit as plot_fit
    from tlsmc.reporting.figures import plot_run as plot_run
    from tlsmc.reporting.figures import samples_figure as samples_figure
    from tlsmc.reporting.figures import save_figure as save_figure
    from tlsmc.reporting.figures import tails_figure as tails_figure
    from tlsmc.reporting.figures import telegraph_figure as telegraph_figure
    from tlsmc.reporting.page.document import report as report

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "tlsmc.reporting.figures": "convergence_figure curve_figure defects_figure fit_figures overview "
        "plot_fit plot_run samples_figure save_figure tails_figure telegraph_figure",
        "tlsmc.reporting.page.document": "report",
    },
)
