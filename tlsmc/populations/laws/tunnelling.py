"""Eq. 2's law of the tunnelling fraction p: density proportional to 1/(p sqrt(1-p)), p >= low."""

import math
from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import Law, number, require, require_number

# 1 - p of a p that rounds to 1 is at most half the spacing of doubles below 1.
_LEAST_GAP = 2.0**-54


@dataclass(frozen=True, slots=True)
class Tunnelling(Law):
    """Density proportional to 1/(p sqrt(1-p)) from low to 1, for the p of Eq. 2; E* is 1.

    It is the law of p for defects with Delta and ln Lambda uniform.

    With p = sech^2(u) the law is uniform in u on (0, L), L = artanh sqrt(1 - low); L is also the number
    of defects per p-weighted density n_T, because Eq. 2 diverges logarithmically as low -> 0.

    Source: Aleiner et al., Phys. Rev. B 63, 201401 (2001), Eq. 2.
    """

    low: float = number(default=1e-12)

    def __post_init__(self) -> None:
        require_number("low", self.low)
        require(
            0.0 < self.low < 1.0,
            f"low = {self.low} is outside (0, 1); Eq. 2 diverges at p = 0, choose a cut-off such as 1e-12",
        )

    @property
    def log_range(self) -> float:
        """L = artanh sqrt(1 - low), which is (1/2) ln(4/low) for small ``low``."""
        return math.log1p(math.sqrt(1.0 - self.low)) - 0.5 * math.log(self.low)

    def ppf(self, u: Array) -> Array:
        # p grows as u falls from L to 0.
        return np.clip((1.0 / np.cosh(self.log_range * (1.0 - u))) ** 2, self.low, 1.0)

    def complement_ppf(self, u: Array) -> Array:
        return np.tanh(self.log_range * (1.0 - u)) ** 2

    def pdf(self, x: Array) -> Array:
        """Density of p; it diverges at p = 1, where the value half a rounding below stands for it.

        A draw can round to 1, and a finite value keeps the ratio of two such densities right.
        """
        x = np.asarray(x, dtype=float)
        inside = (x >= self.low) & (x <= 1.0)
        safe = np.where(inside, x, 0.5)
        density = 0.5 / (self.log_range * safe * np.sqrt(np.maximum(1.0 - safe, _LEAST_GAP)))
        return np.where(inside, density, 0.0)

    def cdf(self, x: Array) -> Array:
        clipped = np.clip(x, self.low, 1.0)
        depth = np.log1p(np.sqrt(1.0 - clipped)) - 0.5 * np.log(clipped)
        return np.clip(1.0 - depth / self.log_range, 0.0, 1.0)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, 1.0

    @property
    def characteristic(self) -> float:
        return 1.0

    @property
    def expectation(self) -> float:
        return math.sqrt(1.0 - self.low) / self.log_range
