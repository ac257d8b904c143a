"""Constant density: P(E) of Eq. 2 with low = 0 and high = E*."""

from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import Law, quantity, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform(Law):
    """Density constant from low to high; E* is ``high``.

    With low = 0 this is P(E)/n_T = Theta(E* - E)/E*, and ``high`` is E*.

    Source: Aleiner et al., Phys. Rev. B 63, 201401 (2001), Eq. 2.
    """

    low: float = quantity(default=0.0)
    high: float = quantity()

    def __post_init__(self) -> None:
        require_range(self.low, self.high)

    def ppf(self, u: Array) -> Array:
        return np.minimum(self.low + (self.high - self.low) * u, self.high)

    def complement_ppf(self, u: Array) -> Array:
        return (1.0 - self.high) + (self.high - self.low) * (1.0 - u)

    def pdf(self, x: Array) -> Array:
        inside = (np.asarray(x) >= self.low) & (np.asarray(x) <= self.high)
        return np.where(inside, 1.0 / (self.high - self.low), 0.0)

    def cdf(self, x: Array) -> Array:
        return (np.clip(x, self.low, self.high) - self.low) / (self.high - self.low)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def characteristic(self) -> float:
        return self.high

    @property
    def expectation(self) -> float:
        return 0.5 * (self.low + self.high)
