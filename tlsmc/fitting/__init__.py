"""From measured curves back to E*, chi and the density of defects."""

from typing import TYPE_CHECKING

from tlsmc.lazy import lazy

if TYPE_CHECKING:
    from tlsmc.fitting.file import is_fit_file as is_fit_file
    from tlsmc.fitting.file import open_fit as open_fit
    from tlsmc.fitting.file import verify_fit as verify_fit
    from tlsmc.fitting.file import write_fit as write_fit
    from tlsmc.fitting.problem import Problem as Problem
    from tlsmc.fitting.problem import load_fit as load_fit
    from tlsmc.fitting.problem import parse_fit as parse_fit
    from tlsmc.fitting.procedure import fit as fit
    from tlsmc.fitting.result import Fit as Fit

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "tlsmc.fitting.file": "is_fit_file open_fit verify_fit write_fit",
        "tlsmc.fitting.problem": "Problem load_fit parse_fit",
        "tlsmc.fitting.procedure": "fit",
        "tlsmc.fitting.result": "Fit",
    },
)
