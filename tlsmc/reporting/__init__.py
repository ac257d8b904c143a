"""One page on runs and fits, which needs no network and no scripts: tables, figures, and how to repeat it all."""

from tlsmc.reporting.page.document import report

__all__ = ["report"]
