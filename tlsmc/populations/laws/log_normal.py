"""Log-normal density: a Gaussian of the logarithm."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import Law, number, quantity, require_positive, require_representable


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNormal(Law):
    """ln x is normal with mean ln(median) and standard deviation sigma; E* is ``median``."""

    median: float = quantity()
    sigma: float = number()

    def __post_init__(self) -> None:
        require_positive("median", self.median)
        require_positive("sigma", self.sigma)
        require_representable(self, f"sigma = {self.sigma} about median = {self.median}", "lower sigma")

    def _deviation(self, x: Array) -> Array:
        return np.log(x / self.median) / self.sigma

    def ppf(self, u: Array) -> Array:
        return np.asarray(self.median * np.exp(self.sigma * ndtri(u)))

    def pdf(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        safe = np.where(x > 0.0, x, self.median)
        density = np.exp(-0.5 * self._deviation(safe) ** 2) / (safe * self.sigma * math.sqrt(2.0 * math.pi))
        return np.where(x > 0.0, density, 0.0)

    def cdf(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        return np.where(x > 0.0, ndtr(self._deviation(np.where(x > 0.0, x, self.median))), 0.0)

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, np.inf

    @property
    def characteristic(self) -> float:
        return self.median

    @property
    def expectation(self) -> float:
        with np.errstate(over="ignore"):
            return float(self.median * np.exp(0.5 * np.float64(self.sigma) ** 2))
