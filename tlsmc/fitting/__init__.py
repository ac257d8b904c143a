"""From measured curves back to E*, chi and the density of defects."""

from tlsmc.fitting.fitfile import is_fit_file, open_fit, verify_fit, write_fit
from tlsmc.fitting.outcome import Fit
from tlsmc.fitting.procedure import fit
from tlsmc.fitting.section import Problem, load_fit, parse_fit

__all__ = ["Fit", "Problem", "fit", "is_fit_file", "load_fit", "open_fit", "parse_fit", "verify_fit", "write_fit"]
