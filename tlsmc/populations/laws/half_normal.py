"""Half of a Gaussian: the size of a quantity that is normally distributed about zero."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf, erfinv

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import Law, quantity, require_positive


@dataclass(frozen=True, slots=True)
class HalfNormal(Law):
    """Density sqrt(2/pi) exp(-x^2/(2 sigma^2))/sigma, x > 0; E* is ``sigma``."""

    sigma: float = quantity()

    def __post_init__(self) -> None:
        require_positive("sigma", self.sigma)

    def ppf(self, u: Array) -> Array:
        return np.asarray(self.sigma * math.sqrt(2.0) * erfinv(u))

    def pdf(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        shape = np.exp(-0.5 * (x / self.sigma) ** 2)
        return np.where(x >= 0.0, math.sqrt(2.0 / math.pi) / self.sigma * shape, 0.0)

    def cdf(self, x: Array) -> Array:
        return np.asarray(erf(np.maximum(x, 0.0) / (self.sigma * math.sqrt(2.0))))

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, np.inf

    @property
    def characteristic(self) -> float:
        return self.sigma

    @property
    def expectation(self) -> float:
        return self.sigma * math.sqrt(2.0 / math.pi)
