"""Where a quantity passes a value: the band and the splittings that still saturate, the temperature of a step.

"Saturated" is a rate within a tenth of its saturated value; the paper names no tolerance.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from tlsmc import closed_forms
from tlsmc.claims.paper import Paper
from tlsmc.observables.averages import kondo_average
from tlsmc.physics.kondo import cross_section_unitary
from tlsmc.populations.laws.uniform import Uniform

#: A rate counts as saturated above this share of its saturated value.
SATURATED = 0.9
#: Relative width of the law that stands for one T_K.
ONE = 1e-3
#: Decades of temperature over which a rate has to be saturated to be called so.
DECADES = 1.0


def crossing(function: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Argument between ``low`` and ``high``, all positive, where a monotonic function passes ``target``."""
    found = brentq(lambda v: function(math.exp(v)) - target, math.log(low), math.log(high), xtol=1e-13, rtol=1e-13)
    return math.exp(found)


def log_slope(function: Callable[[float], float], at: float) -> float:
    """Derivative d(function)/d ln(argument)."""
    step = 1e-4
    return (function(at * math.exp(step)) - function(at * math.exp(-step))) / (2.0 * step)


def band_rate(E_star: float, T: float) -> float:
    """Rate at T of a band up to E*, over its saturated value."""
    return float(closed_forms.dephasing(T / E_star))


def broadest_band(paper: Paper, saturated: float = SATURATED) -> float:
    """Largest E* whose rate is still ``saturated`` at T_min."""
    return crossing(lambda E_star: band_rate(E_star, paper.T_min), saturated, 1e-3 * paper.T_min, 1e3 * paper.T_min)


def one_kondo_rate(T_K: float, Delta_star: float, T: float) -> float:
    """tau_0/tau_phi at T of defects with one T_K and Delta uniform up to Delta* (Eq. 22, Eq. 21 capped at 1)."""
    laws = Uniform(low=(1.0 - ONE) * T_K, high=T_K), Uniform(high=Delta_star)
    return float(kondo_average(*laws, T, lambda T_K, Delta: cross_section_unitary(T_K / T, Delta / T)))


def broadest_splittings(paper: Paper, saturated: float = SATURATED) -> float:
    """Largest Delta* whose rate is still ``saturated`` at T_min, for one T_K = T_K*."""
    T_K, T = paper.T_K_star, paper.T_min
    start = math.sqrt(T * T_K)
    return crossing(lambda Delta: one_kondo_rate(T_K, Delta, T), saturated, 1e-2 * start, 1e2 * start)


def lowest_temperature(Delta_star: float, saturated: float = SATURATED) -> float:
    """Temperature down to which the rate is ``saturated``, in units of T_K = 1, for Delta* < 1."""
    start = Delta_star**2
    return crossing(lambda T: one_kondo_rate(1.0, Delta_star, T), saturated, 1e-2 * start, min(1e2 * start, 1.0))


def most_saturated(Delta_star: float, decades: float = DECADES) -> float:
    """Smallest rate in a window of so many ``decades`` over the largest, in the best of all windows; T_K = 1."""
    steps = 16
    T = 10.0 ** np.arange(-2.0, 1.0 + 0.5 / steps, 1.0 / steps)
    rates = np.array([one_kondo_rate(1.0, Delta_star, float(t)) for t in T])
    width = round(decades * steps) + 1
    windows = np.lib.stride_tricks.sliding_window_view(rates, width)
    return float((windows.min(axis=1) / windows.max(axis=1)).max())


def broadest_saturating(decades: float = DECADES) -> float:
    """Largest Delta*/T_K for which the rate is saturated over so many ``decades`` of temperature, for one T_K."""
    return crossing(lambda Delta: most_saturated(Delta, decades), SATURATED, 0.05, 5.0)


def step_temperature(paper: Paper) -> float:
    """Temperature of the step of C/T: where it is the geometric mean of its values on both sides."""
    size = paper.L / paper.chi * paper.smearing * math.pi / 8.0
    middle = (math.sqrt(1.0 + size) - 1.0) / size
    plateau = float(closed_forms.heat(1e6))
    x = crossing(lambda x: float(closed_forms.heat(x)) / plateau, middle, 1e-4, 1e4)
    return paper.E_star / x
