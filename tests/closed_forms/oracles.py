"""Independent evaluations of Eqs. 15 and 16: as printed, in two dimensions, and closed in p at high precision."""

import mpmath as mp
import numpy as np


def _cuts(kappa, p_min):
    return [p_min, *[q for q in (kappa, 30 * kappa) if p_min < q < 1], mp.mpf(1)]


def printed_F_res(chi, Omega, theta, p_min=0.0, sign=-1):
    """Eq. 15 as printed, both integrals by mpmath; sign = +1 gives the counter-rotating partner."""
    with mp.workdps(25):
        chi, Omega, theta, p_min = map(mp.mpf, (chi, Omega, theta, p_min))

        def inner(x):
            d, t = x + sign * Omega, mp.tanh(x / theta)
            if d == 0:
                return mp.mpf(0)  # an end point of the quadrature, of no weight

            def f(p):
                return 0 if p == 1 else chi * x * p / mp.sqrt(1 - p) / (4 * d**2 + (chi * x * p / t) ** 2)

            return mp.quad(f, _cuts(2 * abs(d) * t / (chi * x), p_min), maxdegree=5)

        cuts = [0, *[q for q in (Omega - chi * Omega / 2, Omega, Omega + chi * Omega / 2) if 0 < q < 1], 1]
        return float(mp.quad(inner, cuts, maxdegree=5))


def printed_F_rel(chi, Omega, theta, p_min=0.0):
    """Eq. 16 as printed, both integrals by mpmath."""
    with mp.workdps(25):
        chi, Omega, theta, p_min = map(mp.mpf, (chi, Omega, theta, p_min))

        def inner(y):
            def f(p):
                return mp.sqrt(1 - p) * Omega * mp.sinh(y) / ((Omega * mp.tanh(y)) ** 2 + (chi * p * y * theta) ** 2)

            p_part = mp.quad(f, _cuts(Omega * mp.tanh(y) / (chi * theta * y), p_min), maxdegree=5)
            return chi * theta * y / (2 * mp.cosh(y) ** 3) * p_part

        return float(mp.quad(inner, [0, *[q for q in (1, 3, 8) if q < 1 / theta], min(1 / theta, 25)], maxdegree=5))


def panels(edges, order=40):
    """Nodes and weights of a Gauss-Legendre rule between each two of some edges."""
    x, w = np.polynomial.legendre.leggauss(order)
    edges = np.asarray(edges, dtype=float)
    width = np.diff(edges)[:, None]
    return (edges[:-1, None] + width * (x + 1) / 2).ravel(), (width * w / 2).ravel()


def depth(p_min):
    """The u of p_min = sech^2 u, artanh sqrt(1 - p_min) without the difference from 1."""
    return np.log((1.0 + np.sqrt(1.0 - p_min)) / np.sqrt(p_min))


def _graded(length, floor):
    """Nodes and weights on [0, length] by panels that shrink threefold towards 0, down to ``floor``."""
    return panels(length * np.append(3.0 ** -np.arange(np.ceil(np.log(length / floor) / np.log(3))), 0)[::-1], 16)


def _p_rule(p_min, floor):
    """Nodes p, sqrt(1-p) and weights on [p_min, 1]: graded in p - p_min below the middle, smooth in sqrt(1-p) above."""
    low, dlow = _graded((1 - p_min) / 2, floor)
    r, dr = _graded(np.sqrt((1 - p_min) / 2), 0.1)
    p = np.concatenate([p_min + low, 1 - r**2])
    return p, np.concatenate([np.sqrt(1 - p_min - low), r]), np.concatenate([dlow, 2 * r * dr])


def product_rule_F_res(chi, Omega, theta, p_min=0.0, sign=-1):
    """Eq. 15 as printed, by a product rule in (x, p) in double precision: a few 1e-12."""
    p, root, dp = _p_rule(p_min, 1e-16)
    parts = []
    if Omega < 1:
        d, dx = _graded(1 - Omega, 1e-17 * chi * Omega)
        parts.append((Omega + d, d, dx))
    top = min(Omega, 1.0)
    d, dx = _graded(top / 2, 1e-17 * chi * top)
    parts.append((top - d, Omega - top + d, dx))
    x, dx = _graded(top / 2, 1e-9 * top)
    parts.append((x, Omega - x, dx))
    total = 0.0
    for x, distance, dx in parts:
        d = (distance if sign < 0 else x + Omega)[:, None]
        x = x[:, None]
        f = chi * x * p / root / (4 * d**2 + (chi * x * p / np.tanh(x / theta)) ** 2)
        total += float(dx @ f @ dp)
    return total


def product_rule_F_rel(chi, Omega, theta, p_min=0.0):
    """Eq. 16 as printed, by a product rule in (y, p) in double precision: a few 1e-13."""
    p, root, dp = _p_rule(p_min, 1e-16)
    y, dy = _graded(min(1 / theta, 25.0), 0.01)
    y = y[:, None]
    f = root * Omega * np.sinh(y) / ((Omega * np.tanh(y)) ** 2 + (chi * p * y * theta) ** 2)
    return float(dy @ (chi * theta * y / (2 * np.cosh(y) ** 3) * f) @ dp)


def _log_panels(f, low, high):
    """The integral of f from low to high > low > 0, in the logarithm, panels of three units."""
    n = max(1, int(mp.ceil(mp.log(high / low) / 3)))
    cuts = [mp.log(low) + i * mp.log(high / low) / n for i in range(n + 1)]
    return mp.quad(lambda u: f(mp.exp(u)) * mp.exp(u), cuts, method="gauss-legendre")


def closed_F_res(chi, Omega, theta, p_min=0.0, lineshape="resonant"):
    """Eq. 15 with the p integral in its complex closed form, by mpmath with 40 digits."""
    with mp.workdps(40):
        chi, Omega, theta, p_min = map(mp.mpf, (chi, Omega, theta, p_min))
        s = mp.sqrt(1 - p_min)

        def g(kappa):
            w = mp.sqrt(1 + 1j * kappa)
            return (mp.atanh(s / w) / w).real

        def f(x, d):
            t = mp.tanh(x / theta)
            rate = 2 * t / (chi * x)
            return t * rate * (g(d * rate) - (g((x + Omega) * rate) if lineshape == "bloch" else 0))

        top, gap = min(Omega, mp.mpf(1)), max(Omega - 1, mp.mpf(0))
        floor = mp.mpf(10) ** -16 * min(top, chi * top / (2 * mp.tanh(top / theta)))
        start, middle = mp.mpf(10) ** -9 * top, min(Omega / 2, mp.mpf(1))
        total = _log_panels(lambda x: f(x, Omega - x), start, middle)
        total += start / 2 * f(start, Omega - start)  # linear in x there
        if middle < 1:
            total += _log_panels(lambda d: f(Omega - d, d), max(gap, floor), Omega / 2)
        if Omega < 1:
            total += _log_panels(lambda d: f(Omega + d, d), floor, 1 - Omega)
        return float(total)


def closed_F_rel(chi, Omega, theta, p_min=0.0):
    """Eq. 16 as printed with the p integral in its complex closed form, by mpmath with 40 digits."""
    with mp.workdps(40):
        chi, Omega, theta, p_min = map(mp.mpf, (chi, Omega, theta, p_min))

        def f(y):
            w = mp.sqrt(1 - 1j * Omega * mp.tanh(y) / (chi * theta * y))
            return mp.sech(y) ** 2 * (w * mp.atanh(mp.sqrt(1 - p_min) / w)).imag

        end = min(1 / theta, mp.mpf(40))
        n = int(mp.ceil(end / 2))
        return float(mp.quad(f, [end * i / n for i in range(n + 1)], method="gauss-legendre"))
