"""The dephasing rate off a flat band of defects: its mean, and how it differs between pieces of metal.

The paper argues the dependence on temperature in words; the integrals are elementary, and right to 1e-12.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import spence

from tlsmc.arrays import Array
from tlsmc.closed_forms._arguments import choice, cut_off, positive, unpacked
from tlsmc.closed_forms._gauss import unit_rule
from tlsmc.physics.thermal import THERMAL_WEIGHTS

_SMALL = 2.0  # below this E*/T the dilogarithms cancel, and the integrand is smooth on the whole interval


def dephasing(T_over_Estar: ArrayLike, thermal_weight: str = "golden-rule") -> Array:
    """Dephasing rate over its saturated value (Eq. 4) for a flat density of splittings up to E*: <g(E/T)>.

    Parameters
    ----------
    T_over_Estar
        T/E* > 0.
    thermal_weight
        "golden-rule": g(u) = u/sinh(u), the thermally averaged rate off one defect, (pi^2/4) T/E* for T << E*;
        "none": g = 1, Eq. 4, no dependence on temperature;
        "fermi-level": g(u) = sech^2(u/2), an electron exactly at the Fermi level, 2 T/E* for T << E*.

    Returns
    -------
    ndarray
        <g>, 0 to 1.

    Raises
    ------
    ValidityError
        T/E* is not positive and finite, or the weight is not known.

    Examples
    --------
    >>> print(tlsmc.closed_forms.dephasing([0.1, 1.0]).round(4))
    [0.2466 0.9481]
    """
    choice("thermal_weight", thermal_weight, THERMAL_WEIGHTS)
    t = positive("T_over_Estar", T_over_Estar, "give the temperature in units of E*")
    if thermal_weight == "none":
        return unpacked(np.ones_like(t))
    if thermal_weight == "fermi-level":
        return unpacked(2 * t * np.tanh(1 / (2 * t)))
    X = np.asarray(1 / t)
    result, small = _smooth(X, 1)
    X = X[~small]
    e = np.exp(-X)
    # int_0^X u/sinh(u) du = pi^2/4 - 2 X artanh(e^-X) - Li2(e^-X) + Li2(-e^-X).
    result[~small] = (np.pi**2 / 4 - 2 * X * np.arctanh(e) - spence(1 - e) + spence(1 + e)) / X
    return unpacked(result)


def dephasing_spread(
    T_over_Estar: ArrayLike, n_T_V: ArrayLike, thermal_weight: str = "golden-rule", p_min: float = 0.0
) -> Array:
    """var/mean^2 of 1/tau_phi over pieces of metal of volume V (beyond the paper): (2/3) <g^2>/(n_T V <g>^2).

    Each piece has a Poisson number of defects of Eq. 2, and a defect contributes p g(E/T) (Campbell's theorem).  The
    factor 2/3 is <p^2>/<p>^2 per n_T V = N/L; with a cut-off it is 1/s - s/3, s = sqrt(1 - p_min).  For T << E* only
    thermal defects count, and with the golden rule the result is (16/9 pi^2) E*/(T n_T V).

    Parameters
    ----------
    T_over_Estar
        T/E* > 0.
    n_T_V
        n_T V > 0, the number of defects over their L.
    thermal_weight
        As for :func:`dephasing`.
    p_min
        Lower limit of p, one number in [0, 1).

    Returns
    -------
    ndarray
        Relative variance.

    Raises
    ------
    ValidityError
        An argument is out of its range, or the weight is not known.

    Examples
    --------
    >>> print(tlsmc.closed_forms.dephasing_spread(0.5, [10.0, 40.0]).round(4))
    [0.0686 0.0172]
    """
    choice("thermal_weight", thermal_weight, THERMAL_WEIGHTS)
    t = positive("T_over_Estar", T_over_Estar, "give the temperature in units of E*")
    number = positive("n_T_V", n_T_V, "give the number of defects over their L")
    kept = np.sqrt(1.0 - cut_off(p_min))
    square = _mean_square(np.asarray(1.0 / t), thermal_weight)
    return unpacked((1.0 / kept - kept / 3.0) * square / (number * dephasing(t, thermal_weight) ** 2))


def _mean_square(X: Array, thermal_weight: str) -> Array:
    """<g^2> = (1/X) int_0^X g(u)^2 du with X = E*/T."""
    if thermal_weight == "none":
        return np.ones_like(X)
    if thermal_weight == "fermi-level":
        tanh = np.tanh(0.5 * X)
        return 2.0 * tanh * (1.0 - tanh * tanh / 3.0) / X
    result, small = _smooth(X, 2)
    # The integral is X^2 - X^2 coth X + 2 X ln(1 - e^-2X) + pi^2/6 - Li2(e^-2X).
    X = X[~small]
    e = np.exp(-2.0 * X)
    result[~small] = (np.pi**2 / 6.0 - spence(1.0 - e) + 2.0 * X * (np.log1p(-e) - X * e / (1.0 - e))) / X
    return result


def _smooth(X: Array, power: int) -> tuple[Array, NDArray[np.bool_]]:
    """(1/X) int_0^X (u/sinh u)^power du where X is small, by quadrature, and where that is."""
    result, small = np.empty_like(X), X < _SMALL
    nodes, weights = unit_rule(1, 20)
    u = X[small][:, None] * nodes
    result[small] = (u / np.sinh(u)) ** power @ weights
    return result, small
