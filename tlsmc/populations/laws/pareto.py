"""Pareto density: a power-law tail without an upper end."""

from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import Law, number, quantity, require_positive, require_representable


@dataclass(frozen=True, slots=True, kw_only=True)
class Pareto(Law):
    """Density proportional to x^(-index-1) from low on; E* is ``low``.

    The mean exists for index > 1, the variance for index > 2.
    """

    low: float = quantity()
    index: float = number()

    def __post_init__(self) -> None:
        require_positive("low", self.low)
        require_positive("index", self.index)
        require_representable(self, f"index = {self.index} above low = {self.low}", "raise index")

    def ppf(self, u: Array) -> Array:
        return self.low * np.exp(-np.log1p(-u) / self.index)

    def pdf(self, x: Array) -> Array:
        ratio = np.asarray(x, dtype=float) / self.low
        density = self.index / self.low * np.power(np.maximum(ratio, 1.0), -self.index - 1.0)
        return np.where(ratio >= 1.0, density, 0.0)

    def cdf(self, x: Array) -> Array:
        return -np.expm1(-self.index * np.log(np.maximum(x, self.low) / self.low))

    @property
    def support(self) -> tuple[float, float]:
        return self.low, np.inf

    @property
    def characteristic(self) -> float:
        return self.low

    @property
    def expectation(self) -> float:
        return self.low * self.index / (self.index - 1.0) if self.index > 1.0 else np.inf
