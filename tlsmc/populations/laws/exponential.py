"""Exponential density: the soft cut-off at E* in place of Eq. 2's sharp one."""

from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import Law, quantity, require_positive


@dataclass(frozen=True, slots=True)
class Exponential(Law):
    """Density exp(-x/mean)/mean; E* is ``mean``."""

    mean: float = quantity()

    def __post_init__(self) -> None:
        require_positive("mean", self.mean)

    def ppf(self, u: Array) -> Array:
        return -self.mean * np.log1p(-u)

    def pdf(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        return np.where(x >= 0.0, np.exp(-np.maximum(x, 0.0) / self.mean) / self.mean, 0.0)

    def cdf(self, x: Array) -> Array:
        return -np.expm1(-np.maximum(x, 0.0) / self.mean)

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, np.inf

    @property
    def characteristic(self) -> float:
        return self.mean

    @property
    def expectation(self) -> float:
        return self.mean
