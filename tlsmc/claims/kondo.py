"""Eqs. 19 to 23: dephasing by Kondo defects."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterator

from scipy.integrate import quad

from tlsmc import closed_forms
from tlsmc.claims.base import CLOSE, Claim, bound, claim, formula, limiting_law
from tlsmc.claims.ensembles import Ensembles, Place
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.specs import DEEP, NARROW, NONE, SHALLOW, SPREAD, WARM, WARMER, WIDE
from tlsmc.claims.thresholds import (
    DECADES,
    SATURATED,
    broadest_saturating,
    broadest_splittings,
    log_slope,
    lowest_temperature,
    one_kondo_rate,
)
from tlsmc.observables.averages import kondo_mean

_RATE = "kondo_dephasing"


def distribution(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 19 with uniform laws: the share of the defects outside Delta^2/T_K < T < T_K."""
    T, T_K, Delta = paper.T_min, paper.T_K_star, paper.Delta_star

    def outside(T: float) -> float:
        full = min(max(Delta**2 / T, T), T_K)
        rising = quad(lambda t: math.sqrt(T * t) / Delta, T, full, epsrel=1e-12)[0] if full > T else 0.0
        return 1.0 - (rising + T_K - full) / T_K

    place = Place("kondo_heat_capacity.outside", T)
    yield claim(
        "Eq. 19",
        f"P(T_K, Delta), uniform: share of defects outside Delta^2/T_K < T < T_K at {kelvin(T)}",
        formula(outside(T), exact=ensembles.exact("kondo", place)),
        ensembles.at("kondo", place),
        remark="the text's specific heat of a defect is for those inside",
    )


def exceeding(c: float, X: float, Y: float) -> float:
    """Probability that chi~ of Eq. 21 as printed is above c > 1, for T_K/T uniform up to X and Delta/T up to Y.

    chi~ > c where l max(1, y l) < c^(-1/2): in a strip of T_K below max(T, Delta).
    """
    small = c**-0.5

    def strip(y: float) -> float:
        top = max(1.0, y)
        depth = min(small, math.sqrt(small / y) if y else small)
        if top > X:
            return max(X - top * math.exp(-depth), 0.0)
        # Not the difference of both ends: the strip is narrow.
        return -top * math.expm1(-depth)

    kinks = sorted({0.0, Y, *(k for k in (1.0, 1.0 / small, X) if k < Y)})
    pieces = itertools.pairwise(kinks)
    return sum(quad(strip, a, b, epsrel=1e-9)[0] for a, b in pieces) / (X * Y)


def literal(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 21 as printed: its bound, its tail, its average."""
    T = 0.5 * paper.T_K_star
    X, Y = paper.T_K_star / T, paper.Delta_star / T
    place = Place(_RATE, T)
    first, last = 1e8, 1e12
    index = math.log(last / first) / math.log(exceeding(first, X, Y) / exceeding(last, X, Y))
    estimate = float(closed_forms.kondo_mean_asymptotic(X, Y))
    yield claim(
        "Eq. 20",
        "sigma_in = (4 pi/k_F^2) chi~ is at most unitary: largest chi~ of Eq. 21 as printed",
        bound(1.0, exact=math.inf),
        ensembles.largest("kondo-literal", place),
        remark=f"the third line of Eq. 21 diverges at T_K = max(T, Delta); chi~ > 1 has the probability "
        f"{exceeding(1.0, X, Y):.3g}",
    )
    yield claim(
        "Eq. 21",
        "an average of chi~ as printed exists: tail index k of chi~ below 1",
        bound(1.0, exact=index),
        ensembles.tail_index("kondo-literal", place),
        remark="exact: P(chi~ > c) ~ c^(-1/k), k = 2 at any smooth P(x, y)",
    )
    yield claim(
        "Eq. 22",
        "tau_0/tau_phi with Eq. 21 as printed",
        formula(estimate, exact=math.inf, tolerance=CLOSE),
        ensembles.at("kondo-literal", place),
        remark="printed: Eq. 23 at this point; the average is infinite, the sampled one grows with the ensemble",
    )


def average(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """Eq. 22 with Eq. 21 capped at the unitary limit."""
    T = paper.T_min
    printed = float(kondo_mean(paper.T_K_star / T, paper.Delta_star / T))
    place = Place(_RATE, T)
    yield claim(
        "Eq. 22",
        f"tau_0/tau_phi with Eq. 21 capped at its unitary limit, at {kelvin(T)}",
        formula(printed, exact=ensembles.exact("kondo", place)),
        ensembles.at("kondo", place),
        remark="uniform laws of T_K and Delta",
    )


def uniform(Delta: float, T: float) -> float:
    """Rate with T_K uniform up to 1."""
    return float(kondo_mean(1.0 / T, Delta / T))


#: Rate with one T_K = 1.
one = functools.partial(one_kondo_rate, 1.0)
_COLD = (1.0 / DEEP, 1.0 / SHALLOW)
_FEW, _MANY = f"Delta* = {NARROW:g} T_K*", f"Delta* = {WIDE:g} T_K*"
#: Regimes of Eq. 23: words, what follows, ensemble, Delta* and T at the deep and the shallow point, remark.
_REGIMES: tuple[tuple[str, Callable[[float, float], float], str, tuple[float, ...], tuple[float, ...], str], ...] = (
    ("one T_K, T << T_K*, Delta* << sqrt(T T_K*): 1", one, "kondo-one", (NONE, NONE), _COLD, ""),
    (f"one T_K, T << T_K*, {_FEW}: sqrt(T T_K*)/Delta*", one, "kondo-narrow", (NARROW, NARROW), _COLD, "4/3 of it"),
    (
        f"T_K uniform, T << T_K*, {_FEW}: sqrt(T T_K*)/Delta*",
        uniform,
        "kondo-uniform",
        (NARROW, NARROW),
        _COLD,
        "2/3 of 4/3, or of 8/3 for the defects with T_K < Delta*",
    ),
    (f"one T_K, T << T_K*, {_MANY}: sqrt(T T_K*)/Delta*", one, "kondo-wide", (WIDE, WIDE), _COLD, "8/3 of it"),
    ("one T_K, T >> T_K*, Delta* << T: 1/ln^2(T/T_K*)", one, "kondo-one", (NONE, NONE), (WARMER, WARM), ""),
    (
        f"one T_K, T >> T_K*, Delta* = {SPREAD:g} T: (T/Delta*)/ln^2(Delta*/T_K*)",
        one,
        "kondo-warmer",
        (SPREAD * WARMER, SPREAD * WARM),
        (WARMER, WARM),
        "misses a logarithm: (T/Delta*) 2/ln^3(T/T_K) follows",
    ),
)


def asymptotes(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The regimes of Eq. 23."""
    for words, follows, run, Deltas, temperatures, remark in _REGIMES:
        pairs = list(zip(Deltas, temperatures, strict=True))
        printed = [float(closed_forms.kondo_mean_asymptotic(1.0 / T, Delta / T)) for Delta, T in pairs]
        exact = [follows(Delta, T) for Delta, T in pairs]
        T = temperatures[0]
        yield claim(
            "Eq. 23",
            words,
            limiting_law(printed, exact),
            ensembles.at(run, Place(_RATE, T)),
            remark="; ".join(filter(None, (remark, f"T/T_K* = {T:.3g}"))),
        )


_WITHIN = f"within {100.0 - 100.0 * SATURATED:.3g} %"


def range_of_saturation(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """For which Delta*, and from which T on, the rate saturates."""
    lower, other = 0.1, 0.05
    yield claim(
        "after 23",
        f"saturation is possible only for Delta* < T_K*: largest Delta*/T_K* with {DECADES:g} decade of it",
        bound(1.0, exact=broadest_saturating()),
        "no sampled column: it would take one ensemble for each Delta*",
        remark=f"rate {_WITHIN}, one T_K",
    )
    yield claim(
        "after 23",
        f"it begins at T = Delta*^2/T_K*: lowest T of it over this, Delta* = {lower:g} T_K*",
        limiting_law((1.0, 1.0), [lowest_temperature(Delta) / Delta**2 for Delta in (lower, other)]),
        "no sampled column: the next row samples the same crossing, in Delta* at fixed T",
        remark=f"rate {_WITHIN}, one T_K",
    )


def needed_splittings(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """The Delta* that it takes to saturate down to T_min, for one T_K."""
    T_min, T_K = paper.T_min, paper.T_K_star
    broadest = broadest_splittings(paper)
    warmer = dataclasses.replace(paper, T_min=2.0 * T_min, T_max=2.0 * paper.T_max)
    slope = log_slope(lambda Delta: one_kondo_rate(T_K, Delta, T_min), broadest)
    yield claim(
        "after 23",
        f"saturation to {kelvin(T_min)} takes Delta* <= sqrt(T_min T_K*) = {kelvin(paper.Delta_star)}: the largest",
        limiting_law((paper.Delta_star, warmer.Delta_star), (broadest, broadest_splittings(warmer))),
        ensembles.at("kondo-edge", Place(_RATE, T_min)).inverted(SATURATED, slope, broadest),
        unit="K",
        remark=f"rate {_WITHIN}, one T_K = {kelvin(T_K)}",
    )


def variation(paper: Paper, ensembles: Ensembles) -> Iterator[Claim]:
    """How much the rate varies in the range in which it is said to saturate."""
    T_K, Delta = paper.T_K_star, paper.Delta_star
    T = ensembles.spec("kondo").gridded(_RATE).T
    exact, narrower = (kondo_mean(T_K / T, width / T) for width in (Delta, 0.1 * Delta))
    high, low = (Place(_RATE, float(T[k])) for k in (int(exact.argmax()), int(exact.argmin())))
    yield claim(
        "after 23",
        f"the rate saturates from {kelvin(paper.T_min)} to {kelvin(paper.T_max)}: largest over smallest",
        limiting_law((1.0, 1.0), [rates.max() / rates.min() for rates in (exact, narrower)]),
        ensembles.ratio("kondo", high, low),
        remark=f"T_K uniform up to {kelvin(T_K)}, Delta up to {kelvin(Delta)}; second point: a tenth of this Delta*",
    )


TOPIC = (
    "Eqs. 19-23: dephasing by Kondo defects",
    (distribution, literal, average, asymptotes, range_of_saturation, needed_splittings, variation),
)
