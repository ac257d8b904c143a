"""The claims by other means: the paper's formulas and their averages as plain sums over grids, nothing of the package.

Energies in kelvin, with the SI constants; one defect's formulas are written anew from the paper.
"""

import math
from functools import cache

import numpy as np
from scipy import constants as si
from scipy.integrate import quad
from scipy.optimize import brentq

HBAR = si.hbar / si.k
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


def rule(edges):
    """Gauss-Legendre nodes and weights on all panels between edges."""
    edges = np.unique(edges)
    half = 0.5 * np.diff(edges)[:, None]
    middle = 0.5 * (edges[1:] + edges[:-1])[:, None]
    return (middle + half * NODES).ravel(), (half * WEIGHTS).ravel()


def geometric(low, high):
    """Edges with a ratio of at most 1.6."""
    return np.geomspace(low, high, 2 + int(math.log(high / low) / math.log(1.6)))


def formula(printed, exact, second, tolerance):
    """Verdict on a formula from two ratios exact/printed."""
    ratio = exact / printed
    if math.isclose(ratio, 1.0, rel_tol=0.0, abs_tol=tolerance):
        return "holds"
    low, high = sorted((abs(ratio), abs(second)))
    return "holds up to a factor" if high <= 1.25 * low else "does not follow"


def digits(printed, exact, scale=1.0):
    """Verdict on a number of one significant digit."""
    power = math.floor(math.log10(exact / scale))
    if math.isclose(round(exact / scale / 10.0**power) * 10.0**power, printed / scale, rel_tol=1e-9):
        return "holds"
    return "holds up to a factor" if abs(math.log10(exact / printed)) <= 1.0 else "does not follow"


def inside(low, high, exact):
    """Verdict on a range."""
    if low <= exact <= high:
        return "holds"
    return "holds up to a factor" if low / 10.0 <= exact <= 10.0 * high else "does not follow"


def bound(holds):
    """Verdict on a bound."""
    return "holds" if holds else "does not follow"


def hbar_over_tau(paper):
    """hbar/tau_phi in K; the sets of numbers all have E* tau_phi > hbar."""
    tau = paper.dephasing_time * HBAR
    assert paper.E_star * si.k * tau > si.hbar
    return si.hbar / tau / si.k


@cache
def f(x):
    """Eq. 8's f with the exact integral."""
    return quad(lambda y: 2.0 * (y / math.cosh(y)) ** 2, 0.0, min(0.5 * x, 300.0), epsrel=1e-12, limit=200)[0]


def ratio_of_densities(paper, chi):
    """n_T/n_e by Eq. 4 with n_e = k_F^3/3 pi^2 and v_F = 2 eps_F/hbar k_F, in SI units."""
    k_F = (3.0 * math.pi**2 * paper.electron_density * 1e6) ** (1.0 / 3.0)
    v_F = 2.0 * paper.fermi_energy * si.k / (si.hbar * k_F)
    n_T = k_F**2 / (4.0 * math.pi * chi * v_F * paper.dephasing_time * HBAR)
    return n_T / (paper.electron_density * 1e6)


def free_density(paper):
    """n_e of free electrons with the Fermi energy, per cm^3."""
    k_F = math.sqrt(2.0 * si.m_e * paper.fermi_energy * si.k) / si.hbar
    return k_F**3 / (3.0 * math.pi**2) * 1e-6


def excess(paper, L, chi, E_star, T):
    """C_T/C_e at T with the free-electron C_e, in SI units."""
    C_T = ratio_of_densities(paper, chi) * T * L / E_star * f(E_star / T)
    return C_T / (0.5 * math.pi**2 * T / paper.fermi_energy)


@cache
def band_rate(t):
    """Rate at T = t E* over the saturated one."""
    return t * quad(lambda u: u / math.sinh(u) if u else 1.0, 0.0, min(1.0 / t, 500.0), epsrel=1e-12, limit=300)[0]


def largest_band(T):
    """E* whose rate is 0.9 at T."""
    return brentq(lambda E: band_rate(T / E) - 0.9, 0.1 * T, 10.0 * T, xtol=1e-14 * T, rtol=1e-12)


@cache
def attenuation(chi, Omega, theta, line):
    """F_rel from Eq. 12, or F_res from Eq. 10 with a line shape, by sums over E and u (p = sech^2 u)."""
    near = geometric(1e-14, max(Omega, 1.0))
    edges = np.concatenate([[0.0, 1.0], geometric(1e-12, 1.0), Omega - near, Omega + near])
    x, wx = rule(edges[(edges >= 0.0) & (edges <= 1.0)])
    u, wu = rule(np.arange(0.0, 24.5, 0.5))
    p, t = np.cosh(u) ** -2.0, np.tanh(x / theta)[:, None]
    x = x[:, None]
    Gamma = 0.5 * chi * p * x / t
    if line == "relaxation":
        rate = 2.0 * Gamma
        thermal = 1.0 / np.cosh(np.minimum(x / theta, 300.0)) ** 2
        value = Omega * np.tanh(u) ** 2 * thermal / (2.0 * theta) * rate / (Omega**2 + rate**2)
    else:
        value = p * t * Gamma / ((Omega - x) ** 2 + Gamma**2)
        if line == "bloch":
            value -= p * t * Gamma / ((Omega + x) ** 2 + Gamma**2)
    return float(wx @ value @ wu)


def timed(paper, chi, E_star, T, t):
    """L f after the time t (1/K), by sums over E and u."""
    x, wx = rule(np.concatenate([[0.0], geometric(1e-6, 1.0)]))
    u, wu = rule(np.arange(0.0, 60.5, 0.5))
    E = E_star * x[:, None]
    rate = chi * np.cosh(u) ** -2.0 * E / np.tanh(E / (2.0 * T))
    heat = (E / (2.0 * T)) ** 2 / np.cosh(np.minimum(E / (2.0 * T), 300.0)) ** 2
    return float(wx @ (heat * -np.expm1(-rate * t)) @ wu) * E_star / T


def logarithm(paper, chi, E_star, T, t):
    """L after the time t, what timed() has over f."""
    return timed(paper, chi, E_star, T, t) / f(E_star / T)


def chi_capped(x, y):
    """Eq. 21 capped at 1."""
    log = np.log(np.maximum(1.0, y) / x)
    with np.errstate(divide="ignore", invalid="ignore"):
        weak = (log * np.maximum(1.0, y * log)) ** -2.0
        strong = np.where(y * y <= x, 1.0, (x / y**2) ** 2)
    return np.minimum(np.where((x > 1.0) & (y < x), strong, np.where(log > 0.0, weak, 1.0)), 1.0)


def one_T_K(T_K, Delta, T, points=400_000):
    """Mean of Eq. 21 over Delta uniform, by the midpoint rule in Delta and below the smallest scale."""
    return float(chi_capped(T_K / T, (np.arange(points) + 0.5) / points * Delta / T).mean())


def uniform_T_K(T_K, Delta, T, points=1200):
    """Mean of Eq. 21 over both uniform."""
    middle = (np.arange(points) + 0.5) / points
    return float(chi_capped(middle[:, None] * T_K / T, middle[None, :] * Delta / T).mean())


def uniform_on_logs(Delta, T, points=2500):
    """Mean of Eq. 21 over T_K uniform up to 1 and Delta, by the trapezoidal rule in both logarithms."""
    x, y = np.geomspace(1e-7, 1.0 / T, points), np.geomspace(1e-7, Delta / T, points)
    value = chi_capped(x[:, None], y[None, :]) * x[:, None] * y[None, :]
    return float(np.trapezoid(np.trapezoid(value, np.log(y), axis=1), np.log(x))) * T * T / Delta


def kondo_F(T_K, omega, T, T_K_star=1.0):
    """F of Eq. 12 with p = 0, Delta << T and the text's rate, |ln| >= 1 in it."""
    log = np.log(T / T_K)
    rate = 2.0 * np.maximum(T / np.maximum(log * log, 1.0), T_K)
    return T_K_star * omega / (4.0 * T) * rate / (omega**2 + rate**2)
