"""One page on one or several runs, which needs no network and no scripts: tables, figures, and how to repeat it all."""

from tlsmc.reporting.report import report

__all__ = ["report"]
