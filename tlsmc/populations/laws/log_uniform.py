"""Density proportional to 1/x: a constant density of the logarithm."""

import math
from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import Law, quantity, require, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class LogUniform(Law):
    """Density 1/(x ln(high/low)) from low > 0 to high; E* is ``high``.

    It is the standard law of the tunnelling amplitude Lambda.

    Source: Anderson, Halperin and Varma, Phil. Mag. 25, 1 (1972): the tunnelling exponent is evenly spread.
    """

    low: float = quantity()
    high: float = quantity()

    def __post_init__(self) -> None:
        require_range(self.low, self.high)
        require(self.low > 0.0, f"low = {self.low} must be above 0; 1/x cannot be normalised down to 0, raise low")
        require(
            math.isfinite(self.high / self.low),
            f"high/low = {self.high}/{self.low} exceeds double precision; raise low",
        )

    @property
    def log_range(self) -> float:
        """ln(high/low)."""
        return math.log(self.high / self.low)

    def ppf(self, u: Array) -> Array:
        # A power keeps the last digits that exp(u ln(high/low)) loses over many decades.
        return np.clip(self.low * np.power(self.high / self.low, u), self.low, self.high)

    def complement_ppf(self, u: Array) -> Array:
        return (1.0 - self.high) - self.high * np.expm1(-(1.0 - u) * self.log_range)

    def pdf(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        inside = (x >= self.low) & (x <= self.high)
        return np.where(inside, 1.0 / (self.log_range * np.where(inside, x, self.high)), 0.0)

    def cdf(self, x: Array) -> Array:
        return np.minimum(np.log(np.clip(x, self.low, self.high) / self.low) / self.log_range, 1.0)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def characteristic(self) -> float:
        return self.high

    @property
    def expectation(self) -> float:
        return (self.high - self.low) / self.log_range
