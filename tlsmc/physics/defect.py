"""One tunnelling defect: H = (Delta/2) sigma_z + (Lambda/2) sigma_x and its coupling (Eqs. 1 and 3)."""

from typing import Any, TypeAlias

import numpy as np

#: A float in a compiled loop, an array elsewhere: every formula is written once for both.
Real: TypeAlias = Any


def splitting(Delta: Real, Lambda: Real) -> Real:
    """Energy splitting E = sqrt(Delta^2 + Lambda^2) of the two levels (Eq. 1)."""
    return np.hypot(Delta, Lambda)


def tunnelling_fraction(Delta: Real, Lambda: Real) -> Real:
    """Tunnelling fraction p = (Lambda/E)^2, 0 < p <= 1 (after Eq. 1)."""
    return (Lambda / np.hypot(Delta, Lambda)) ** 2


def asymmetry_fraction(Delta: Real, Lambda: Real) -> Real:
    """Asymmetry fraction q = (Delta/E)^2 = 1 - p, free of the cancellation of 1 - p (after Eq. 1)."""
    return (Delta / np.hypot(Delta, Lambda)) ** 2


def asymmetry(E: Real, q: Real) -> Real:
    """Asymmetry Delta = E sqrt(1 - p) (Eq. 1 solved for Delta)."""
    return E * np.sqrt(q)


def tunnelling_amplitude(E: Real, p: Real) -> Real:
    """Tunnelling amplitude Lambda = E sqrt(p) (Eq. 1 solved for Lambda)."""
    return E * np.sqrt(p)


def electron_coupling(V: Real, p: Real, q: Real) -> tuple[Real, Real]:
    """Couplings V sqrt(p) to sigma_x (inelastic) and V sqrt(1 - p) to sigma_z (elastic) (Eq. 3).

    Parameters
    ----------
    V
        Difference of the scattering potential between the two positions.
    """
    return V * np.sqrt(p), V * np.sqrt(q)
