"""The integrals over the tunnelling fraction p that close.

With s = sqrt(1 - p) and s_m = sqrt(1 - p_min) both closed forms of the attenuation need

    g(kappa) = int_0^s_m p / (p^2 + kappa^2) ds           = Re[artanh(s_m/w)/w],        w = sqrt(1 + i kappa),
    h(kappa) = int_0^s_m kappa s^2 / (p^2 + kappa^2) ds   = Im[w* artanh(s_m/w*)].

In w = a + i b and artanh(s_m/w) = A - i C these are g = (a A - b C)/|w|^2 and h = a C - b A. What cancels for
kappa -> 0 and p_min -> 0 is rewritten: a - 1 = b^2/(a + 1), 1 - s_m = p_min/(1 + s_m), 1 - s_m^2 = p_min.
For kappa > 8 the two terms of g and h cancel among themselves; there the integrands are expanded in p/kappa.
Real arithmetic throughout: it is three times faster than numpy's complex functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tlsmc.arrays import Array
from tlsmc.closed_forms._gauss import unit_rule

_LARGE = 8.0  # from here on the expansion: 64^-10 < 1e-18, and below it the closed form loses less than 1e-14
_TERMS = 11


@dataclass(frozen=True, slots=True)
class PIntegrals:
    """g, its differences, and h for one cut-off: the moments of p that the expansions need are made once."""

    p_min: float
    s: float
    g_moments: tuple[float, ...]
    h_moments: tuple[float, ...]

    @classmethod
    @lru_cache(maxsize=64)
    def above(cls, p_min: float) -> PIntegrals:
        """The integrals from p_min to 1."""
        s_m = float(np.sqrt(1 - p_min))
        nodes, weights = unit_rule(1, 32)  # exact for the polynomials below, whose degree is at most 4 * _TERMS
        s, ds = s_m * nodes, s_m * weights
        p = (1 - s) * (1 + s)
        g = tuple(float((-1) ** k * (p ** (2 * k + 1)) @ ds) for k in range(_TERMS))
        h = tuple(float((-1) ** k * (s**2 * p ** (2 * k)) @ ds) for k in range(_TERMS))
        return cls(p_min, s_m, g, h)

    def g(self, kappa: Array) -> Array:
        """g(kappa), any shape; for p_min = 0 it is ln(4/kappa)/2 for kappa << 1 and 2/(3 kappa^2) for kappa >> 1."""
        return _piecewise(self._g_closed, self._g_expanded, kappa)

    def h(self, kappa: Array) -> Array:
        """h(kappa), any shape; for p_min = 0 it is pi/4 for kappa << 1 and 1/(3 kappa) for kappa >> 1."""
        return _piecewise(self._h_closed, self._h_expanded, kappa)

    def g_difference(self, near: Array, step: Array) -> Array:
        """g(near) - g(near + step) for step > 0, without the cancellation of the two when step << near."""
        return _piecewise(self._difference_closed, self._difference_expanded, near, step)

    def _root(self, kappa: Array) -> tuple[Array, Array, Array]:
        """|w|^2, a = Re w and b = Im w."""
        r = np.sqrt(1 + kappa * kappa)
        a = np.sqrt((r + 1) / 2)
        return r, a, kappa / (2 * a)

    def _excess(self, a: Array, b: Array) -> Array:
        """Re(w - s_m)."""
        return b * b / (a + 1) + self.p_min / (1 + self.s)

    def _artanh(self, kappa: Array, r: Array, a: Array, b: Array) -> tuple[Array, Array]:
        """A and C of artanh(s_m/w) = A - i C."""
        distance = self._excess(a, b) ** 2 + b * b
        real = 0.25 * np.log1p(4 * self.s * a / distance)
        imaginary = 0.5 * np.arctan2(2 * self.s * b, kappa * kappa / (r + 1) + self.p_min)
        return real, imaginary

    def _g_closed(self, kappa: Array) -> Array:
        r, a, b = self._root(kappa)
        A, C = self._artanh(kappa, r, a, b)
        return (a * A - b * C) / r

    def _h_closed(self, kappa: Array) -> Array:
        r, a, b = self._root(kappa)
        A, C = self._artanh(kappa, r, a, b)
        return a * C - b * A

    def _g_expanded(self, kappa: Array) -> Array:
        q = 1 / (kappa * kappa)
        return q * _horner(self.g_moments, q)

    def _h_expanded(self, kappa: Array) -> Array:
        return _horner(self.h_moments, 1 / (kappa * kappa)) / kappa

    def _difference_closed(self, near: Array, step: Array) -> Array:
        """The real part of [(w2 - w1) artanh(s/w1) + w1 artanh(z)]/(w1 w2), z = s (w2 - w1)/(w1 w2 - s^2).

        The two terms add up, w2 - w1 = i step/(w1 + w2) is exact, and w1 w2 - s^2 = (w1 - s)(w2 + s) + s (w2 - w1).
        """
        s = self.s
        r1, a1, b1 = self._root(near)
        _, a2, b2 = self._root(near + step)
        A, C = self._artanh(near, r1, a1, b1)
        sum_a, sum_b = a1 + a2, b1 + b2
        scale = step / (sum_a * sum_a + sum_b * sum_b)
        da, db = scale * sum_b, scale * sum_a
        e1, e2 = self._excess(a1, b1), self._excess(a2, b2)
        # (w1 - s)(w2 + s) and (w1 + s)(w2 - s) are the denominator of z minus and plus its numerator.
        minus_re, minus_im = e1 * (a2 + s) - b1 * b2, e1 * b2 + b1 * (a2 + s)
        plus_re, plus_im = e2 * (a1 + s) - b1 * b2, e2 * b1 + b2 * (a1 + s)
        minus = minus_re * minus_re + minus_im * minus_im
        num_re, num_im = s * da, s * db
        den_re, den_im = minus_re + num_re, minus_im + num_im
        z_re = 0.25 * np.log1p(4 * (num_re * den_re + num_im * den_im) / minus)
        z_im = 0.5 * np.arctan2(2 * (num_im * den_re - num_re * den_im), minus_re * plus_re + minus_im * plus_im)
        re = da * A + db * C + a1 * z_re - b1 * z_im
        im = db * A - da * C + a1 * z_im + b1 * z_re
        prod_re, prod_im = a1 * a2 - b1 * b2, a1 * b2 + b1 * a2
        return (re * prod_re + im * prod_im) / (prod_re * prod_re + prod_im * prod_im)

    def _difference_expanded(self, near: Array, step: Array) -> Array:
        far = near + step
        q1, q2 = 1 / (near * near), 1 / (far * far)
        value, slope = np.zeros_like(near), np.zeros_like(near)
        for moment in reversed((0.0, *self.g_moments)):
            slope = slope * q2 + value
            value = value * q1 + moment
        return slope * step * (near + far) * q1 * q2


def _horner(coefficients: tuple[float, ...], q: Array) -> Array:
    value = np.full_like(q, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value *= q
        value += coefficient
    return value


def _piecewise(closed: Callable[..., Array], expanded: Callable[..., Array], kappa: Array, *others: Array) -> Array:
    result = np.empty_like(kappa)
    large = kappa > _LARGE
    for where, form in ((~large, closed), (large, expanded)):
        result[where] = form(kappa[where], *(other[where] for other in others))
    return result
