"""Density that is a power of the parameter between two bounds."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import exprel

from tlsmc.arrays import Array
from tlsmc.populations.laws.base import (
    Law,
    number,
    quantity,
    require,
    require_number,
    require_range,
    require_representable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Power(Law):
    """Density proportional to x^exponent from low to high; E* is ``high``.

    ``low`` may be 0 if exponent > -1.

    Everything is written with a = exponent + 1 and exprel(z) = (e^z - 1)/z, so that a -> 0, the law
    1/x, is an ordinary point.  Powers are taken relative to the end where the density of ln x is
    larger (``high`` for a > 0, else ``low``), which keeps steep laws from overflowing.
    """

    low: float = quantity(default=0.0)
    high: float = quantity()
    exponent: float = number()

    def __post_init__(self) -> None:
        require_range(self.low, self.high)
        require_number("exponent", self.exponent)
        require(
            self.low > 0.0 or self.exponent > -1.0,
            f"exponent = {self.exponent} must be above -1 when low = 0 (the integral diverges); raise low or exponent",
        )
        require(
            self.low == 0.0 or math.isfinite(self.high / self.low),
            f"high/low = {self.high}/{self.low} exceeds double precision; raise low",
        )
        if self.low == 0.0:
            require_representable(self, f"exponent = {self.exponent} with low = 0", "raise low or exponent")

    @property
    def _a(self) -> float:
        return self.exponent + 1.0

    @property
    def _log_range(self) -> float:
        return math.log(self.high / self.low) if self.low > 0.0 else math.inf

    @property
    def _anchor(self) -> float:
        return self.high if self._a > 0.0 else self.low

    def _integral(self, power: float) -> float:
        """Integral of (x/anchor)^power d(ln x) over the support."""
        if self.low == 0.0:
            return 1.0 / power
        direction = -1.0 if self._a > 0.0 else 1.0
        return float(self._log_range * exprel(direction * power * self._log_range))

    def _log_from_high(self, u: Array) -> Array:
        """ln(x/high) at the quantile: ln(u + (1-u) e^s)/a with s = -a ln(high/low)."""
        u = np.asarray(u, dtype=float)
        a, log_range = self._a, self._log_range
        if a == 0.0:
            return -(1.0 - u) * log_range
        growth = 1.0 / a if self.low == 0.0 else log_range * exprel(-a * log_range)
        small = -(1.0 - u) * a * growth
        near = np.abs(small) < 0.5
        far = np.logaddexp(np.log(u), np.log1p(-u) - a * log_range)
        return np.asarray(np.where(near, np.log1p(np.where(near, small, 0.0)), far) / a)

    def ppf(self, u: Array) -> Array:
        return np.clip(self.high * np.exp(self._log_from_high(u)), self.low, self.high)

    def complement_ppf(self, u: Array) -> Array:
        return (1.0 - self.high) - self.high * np.expm1(self._log_from_high(u))

    def pdf(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        inside = (x >= self.low) & (x <= self.high)
        # A negative exponent with low = 0 diverges at 0, and inf is the right answer there.
        with np.errstate(divide="ignore"):
            shape = np.power(np.where(inside, x, self.high) / self._anchor, self.exponent)
        return np.where(inside, shape / (self._anchor * self._integral(self._a)), 0.0)

    def cdf(self, x: Array) -> Array:
        x = np.clip(np.asarray(x, dtype=float), self.low, self.high)
        a = self._a
        if self.low == 0.0:
            return np.power(x / self.high, a)
        depth = np.log(x / self.low)
        share = depth * exprel(-abs(a) * depth) / (self._log_range * exprel(-abs(a) * self._log_range))
        return np.minimum(share * np.power(x / self.high, max(a, 0.0)), 1.0)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def characteristic(self) -> float:
        return self.high

    @property
    def expectation(self) -> float:
        return self._anchor * self._integral(self._a + 1.0) / self._integral(self._a)
