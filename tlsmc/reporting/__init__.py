"""What people look at: figures of runs and fits, and one HTML page on them, which needs no network and no scripts."""

from typing import TYPE_CHECKING

from tlsmc.lazy import lazy

if TYPE_CHECKING:
    from tlsmc.reporting.figures import convergence_figure as convergence_figure
    from tlsmc.reporting.figures import curve_figure as curve_figure
    from tlsmc.reporting.figures import fit_figures as fit_figures
    from tlsmc.reporting.figures import overview as overview
    from tlsmc.reporting.figures import plot_convergence as plot_convergence
    from tlsmc.reporting.figures import plot_defects as plot_defects
    from tlsmc.reporting.figures import plot_fit as plot_fit
    from tlsmc.reporting.figures import plot_run as plot_run
    from tlsmc.reporting.figures import plot_samples as plot_samples
    from tlsmc.reporting.figures import plot_tails as plot_tails
    from tlsmc.reporting.figures import plot_telegraph as plot_telegraph
    from tlsmc.reporting.figures import save_figure as save_figure
    from tlsmc.reporting.figures import tails_figure as tails_figure
    from tlsmc.reporting.page.document import report as report

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "tlsmc.reporting.figures": "convergence_figure curve_figure fit_figures overview plot_convergence plot_defects "
        "plot_fit plot_run plot_samples plot_tails plot_telegraph save_figure tails_figure",
        "tlsmc.reporting.page.document": "report",
    },
)
