"""From measured curves back to E*, chi and the density of defects."""

from tlsmc.fitting.file import is_fit_file, open_fit, verify_fit, write_fit
from tlsmc.fitting.problem import Problem, load_fit, parse_fit
from tlsmc.fitting.procedure import fit
from tlsmc.fitting.result import Fit

__all__ = ["Fit", "Problem", "fit", "is_fit_file", "load_fit", "open_fit", "parse_fit", "verify_fit", "write_fit"]
