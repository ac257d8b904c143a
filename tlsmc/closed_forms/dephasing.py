"""The dephasing rate off a flat band of defects as a function of temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import spence

from tlsmc.closed_forms._arguments import choice, positive, unpacked
from tlsmc.closed_forms._gauss import unit_rule

_SMALL = 2.0  # below this E*/T the dilogarithm form cancels, and the integrand is smooth on the whole interval
_WEIGHTS = ("golden-rule", "none", "fermi-level")


def dephasing(T_over_Estar: ArrayLike, thermal_weight: str = "golden-rule") -> NDArray[np.float64]:
    """Dephasing rate over its saturated value for a flat density of splittings up to E*: <g(E/T)>.

    Parameters
    ----------
    T_over_Estar
        T/E* > 0, any shape, dimensionless.
    thermal_weight
        "golden-rule": g(u) = u/sinh(u), the thermally averaged rate off one defect, (pi^2/4) T/E* for T << E*;
        "none": g = 1, Eq. 4, no dependence on temperature;
        "fermi-level": g(u) = sech^2(u/2), an electron exactly at the Fermi level, 2 T/E* for T << E*.

    Relative accuracy 1e-12 or better. The paper argues this dependence in words; the integrals are elementary.

    Raises
    ------
    ValidityError
        T/E* is not positive and finite, or the weight is not known.
    """
    choice("thermal_weight", thermal_weight, _WEIGHTS)
    t = positive("T_over_Estar", T_over_Estar, "give the temperature in units of E*")
    if thermal_weight == "none":
        return unpacked(np.ones_like(t))
    if thermal_weight == "fermi-level":
        return unpacked(2 * t * np.tanh(1 / (2 * t)))
    return _golden_rule(t)


def _golden_rule(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """(1/X) int_0^X u/sinh(u) du, X = 1/t; the integral is pi^2/4 - 2 X artanh(e^-X) - Li2(e^-X) + Li2(-e^-X)."""
    X = np.asarray(1 / t)
    result = np.empty_like(X)
    small = X < _SMALL
    nodes, weights = unit_rule(1, 20)
    u = X[small][:, None] * nodes
    result[small] = (u / np.sinh(u)) @ weights
    X = X[~small]
    e = np.exp(-X)
    result[~small] = (np.pi**2 / 4 - 2 * X * np.arctanh(e) - spence(1 - e) + spence(1 + e)) / X
    return unpacked(result)
