"""The ensembles behind the claims, each the content of a spec.

Those of the paper's wire, glass and Kondo wire are in kelvin; those deep in a limit have E* = 1 or T_K* = 1.  "One T_K"
is a law narrow enough to be one.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from tlsmc.claims.paper import Paper
from tlsmc.claims.thresholds import ONE, broadest_band, broadest_splittings, step_temperature
from tlsmc.physics.measurement_time import fastest_rate
from tlsmc.units import natural, text

Content = dict[str, Any]

#: Smallest p of Eq. 2 in the ensembles: L = 14.5.
P_MIN = 1e-12
#: How deep in a limit a law is tested, and its square.
SHALLOW, DEEP = 30.0, 900.0
#: theta of the cold and of the hot limits of Eqs. 17 and 18, in units of E* = 1.
COLD, HOT = 0.05, 10.0
#: Omega of Eq. 18 where only its logarithm is left, and the pairs of theta between which it is measured.
STILL = 1e-6
PAIR, SHALLOW_PAIR = (0.03, 0.3), (0.1, 1.0)
#: Omega of the sharp lines, and Omega and theta where relaxation and where resonance is to dominate.
SHARP = 0.1
RELAXING, RESONANT = (10.0, 10.0), (0.3, 0.01)
#: The largest Delta that is none; Delta* below and above T_K = 1; T >> T_K; Delta*/T.
NONE, NARROW, WIDE = 1e-6, 0.5, 10.0
WARM, WARMER, SPREAD = 1e3, 1e6, 100.0
#: Frequencies of the sound in units of T_K* = 1.
SOUND = (1e-5, 1e-4)
#: Intensity of strong sound, in units of the critical one.
INTENSE = 100.0
#: Length of a long measurement.
DAY = natural("1 day", "time")


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Content of a spec without seed and number of defects, and the study of runs/ that it is a small part of.

    ``weight`` is its number of defects in units of that of the others.
    """

    content: Content
    preset: str = ""
    weight: int = 1


def shifted(paper: Paper) -> float:
    """Factor of E*, T and omega of the ensemble that has the same Omega and theta as the wire."""
    return paper.glass_E_star / paper.E_star


def wire_temperatures(paper: Paper) -> tuple[float, float, float]:
    """Temperatures of the attenuation: T << E*, T_min and T_max."""
    return paper.E_star / 4.0, paper.T_min, paper.T_max


def heat_temperatures(paper: Paper) -> dict[str, float]:
    """Temperatures of the specific heat, by what they are for."""
    E_star = paper.E_star
    return {
        "cold": E_star / 100.0,
        "cool": E_star / 10.0,
        "step": step_temperature(paper),
        "warm": 10.0 * E_star,
        "hot": 100.0 * E_star,
        "T_max": paper.T_max,
    }


def long_time(paper: Paper) -> float:
    """Time of measurement that makes ln(t/tau_min) the paper's L, at T = E*/20."""
    return math.exp(paper.L) / float(fastest_rate(paper.E_star / 20.0, paper.chi))


def relaxation_frequencies(paper: Paper, theta: float) -> dict[str, float]:
    """Omega far below and far above chi theta."""
    rate = paper.chi * theta
    return {"slowest": rate / DEEP, "slow": rate / SHALLOW, "fast": rate * SHALLOW, "fastest": rate * DEEP}


def slow_sound() -> tuple[float, ...]:
    """Omega = omega/E* of a band at theta = HOT that has the temperature T_K/SHALLOW and the sound of Kondo defects."""
    return tuple(0.5 * HOT * SHALLOW * omega for omega in SOUND)


def _made(
    population: Content, preset: str = "", chi: float | None = None, weight: int = 1, **observables: Any
) -> Ensemble:
    material = {} if chi is None else {"material": {"chi": chi}}
    return Ensemble({"population": population, "observables": observables} | material, preset, weight)


def _grid(T: Collection[float], omega: Collection[float] = (), kelvin: bool = True, **options: Any) -> Content:
    """Axes and options of an observable."""
    axes = {"temperature": T, "frequency": omega} if omega else {"temperature": T}
    texts = {name: [text(value, "energy", kelvin) for value in sorted(set(axis))] for name, axis in axes.items()}
    return texts | options


def _band(high: float, p_min: float = P_MIN, kelvin: bool = True, **options: Any) -> Content:
    laws = {
        "E": {"law": "uniform", "high": text(high, "energy", kelvin)},
        "p": {"law": "tunnelling", "low": p_min},
    }
    return {"model": "tunnelling", "parameters": laws} | options


def _sound(
    paper: Paper, high: float, scale: float = 1.0, p_min: float = P_MIN, preset: str = "gold_wire", **options: Any
) -> Ensemble:
    """A band up to ``high``, its attenuation at the temperatures of the wire and at its frequency, times ``scale``."""
    grid = _grid([scale * T for T in wire_temperatures(paper)], [scale * paper.omega], **options)
    return _made(_band(high, p_min, proposal="resonant"), preset, paper.chi, attenuation=grid)


def _rate(paper: Paper, high: float, weight: str = "golden-rule") -> Ensemble:
    return _made(_band(high), "gold_wire", dephasing=_grid([paper.T_min, paper.T_max], thermal_weight=weight))


def _timed(paper: Paper) -> Ensemble:
    T = (paper.E_star / 20.0, paper.T_min)
    t = (long_time(paper), DAY)
    slowest = max(float(fastest_rate(T_, paper.chi)) * t_ for T_, t_ in zip(T, t, strict=True))
    grid = _grid(T, time=[text(value, "time", True) for value in sorted(t)])
    return _made(_band(paper.E_star, 1e-4 / slowest), "measurement_time", paper.chi, timed_heat_capacity=grid)


def _loss(paper: Paper, intensity: float) -> Ensemble:
    grid = _grid([paper.E_star / 4.0], [paper.omega], intensity=intensity)
    return _made(_band(paper.E_star, proposal="resonant"), "resonator", paper.chi, loss_tangent=grid)


def _histogram(paper: Paper, drive: str) -> Ensemble:
    grid = _grid(wire_temperatures(paper), [paper.omega], drive=drive)
    return _made(_band(paper.E_star), "gold_wire", resonant_histogram=grid)


def _rectangle(paper: Paper) -> Ensemble:
    high, low = text(paper.E_star, "energy", True), text(1e-3 * paper.E_star, "energy", True)
    laws = {"Delta": {"law": "uniform", "high": high}, "Lambda": {"law": "log_uniform", "low": low, "high": high}}
    return _made({"model": "tunnelling", "parameters": laws}, "tail_cutoffs", dephasing=_grid([paper.T_min]))


def _limit(
    chi: float,
    thetas: Collection[float],
    Omegas: Collection[float],
    lineshape: str = "resonant",
    weight: int = 1,
    **options: Any,
) -> Ensemble:
    grid = _grid([0.5 * theta for theta in thetas], Omegas, kelvin=False, lineshape=lineshape)
    return _made(_band(1.0, kelvin=False, **options), "", chi, weight, attenuation=grid)


def _kondo(
    T_K: tuple[float, float], Delta: float, preset: str = "", kelvin: bool = True, **observables: Any
) -> Ensemble:
    low, high, wide = (text(value, "energy", kelvin) for value in (*T_K, Delta))
    laws = {"T_K": {"law": "uniform", "low": low, "high": high}, "Delta": {"law": "uniform", "high": wide}}
    return _made({"model": "kondo", "parameters": laws}, preset, **observables)


def _kondo_wire(paper: Paper) -> Ensemble:
    return _kondo(
        (0.0, paper.T_K_star),
        paper.Delta_star,
        "kondo_gold",
        kondo_dephasing=_grid([paper.T_min * (paper.T_max / paper.T_min) ** (k / 4.0) for k in range(5)]),
        kondo_heat_capacity=_grid([paper.T_min]),
        kondo_attenuation=_grid([paper.T_min], [paper.omega]),
    )


def _literal(paper: Paper) -> Ensemble:
    grid = _grid([0.5 * paper.T_K_star], cross_section="literal")
    return _kondo((0.0, paper.T_K_star), paper.Delta_star, "tail_pareto_kondo", kondo_dephasing=grid)


def _kondo_edge(paper: Paper) -> Ensemble:
    T_K, grid = paper.T_K_star, _grid([paper.T_min])
    return _kondo(((1.0 - ONE) * T_K, T_K), broadest_splittings(paper), "kondo_gold", kondo_dephasing=grid)


def _kondo_limit(low: float, Delta: float, T: Collection[float]) -> Ensemble:
    return _kondo((low, 1.0), Delta, kelvin=False, kondo_dephasing=_grid(T, kelvin=False))


def _kondo_sound(low: float) -> Ensemble:
    return _kondo((low, 1.0), NONE, kelvin=False, kondo_attenuation=_grid(_DEPTHS, SOUND, kelvin=False))


_DEPTHS = (1 / DEEP, 1 / SHALLOW, SHALLOW, DEEP)
_COOL = _DEPTHS[:2]
#: Makers of all ensembles.
ENSEMBLES: dict[str, Callable[[Paper], Ensemble]] = {
    "wire": lambda paper: _sound(paper, paper.E_star),
    "wire-sigma_z": lambda paper: _sound(paper, paper.E_star, drive="sigma_z"),
    "wire-asymmetry": lambda paper: _sound(paper, paper.E_star, drive="asymmetry"),
    "wire-cut": lambda paper: _sound(paper, paper.E_star, p_min=math.sqrt(P_MIN), preset="tail_p_min"),
    "wire-shifted": lambda paper: _sound(paper, paper.glass_E_star, shifted(paper)),
    "glass": lambda paper: _sound(paper, paper.glass_E_star, preset="metallic_glass"),
    "loss": lambda paper: _loss(paper, 0.0),
    "loss-intense": lambda paper: _loss(paper, INTENSE),
    "rectangle": _rectangle,
    "rate": lambda paper: _rate(paper, paper.E_star, "none"),
    "rate-thermal": lambda paper: _rate(paper, paper.E_star),
    "rate-edge": lambda paper: _rate(paper, broadest_band(paper)),
    "rate-broad": lambda paper: _rate(paper, paper.T_max),
    "heat": lambda paper: _made(
        _band(paper.E_star), "gold_wire", heat_capacity=_grid(heat_temperatures(paper).values())
    ),
    "heat-timed": _timed,
    "lines": lambda paper: _histogram(paper, "paper"),
    "lines-asymmetry": lambda paper: _histogram(paper, "asymmetry"),
    "sharp": lambda paper: _made(
        _band(1.0, kelvin=False),
        resonant_histogram=_grid([0.5 * SHARP * depth for depth in _DEPTHS], [SHARP], kelvin=False),
    ),
    "cold": lambda paper: _limit(paper.chi, (COLD,), relaxation_frequencies(paper, COLD).values()),
    "hot": lambda paper: _limit(paper.chi, (HOT,), [*relaxation_frequencies(paper, HOT).values(), *slow_sound()]),
    # The average of these two rests on one defect in 1/(chi theta): more of them.
    "still": lambda paper: _limit(paper.chi, PAIR, (STILL,), weight=4),
    "still-bloch": lambda paper: _limit(paper.chi, PAIR, (STILL,), "bloch", weight=4),
    "far": lambda paper: _limit(paper.chi, (COLD, SHALLOW / paper.chi, DEEP / paper.chi), (SHARP, SHALLOW, DEEP)),
    "relaxing": lambda paper: _limit(paper.chi, RELAXING[1:], RELAXING[:1]),
    "resonant": lambda paper: _limit(paper.chi, RESONANT[1:], RESONANT[:1], proposal="resonant"),
    "kondo": _kondo_wire,
    "kondo-literal": _literal,
    "kondo-edge": _kondo_edge,
    "kondo-one": lambda paper: _kondo_limit(1.0 - ONE, NONE, (*_COOL, WARM, WARMER)),
    "kondo-narrow": lambda paper: _kondo_limit(1.0 - ONE, NARROW, _COOL),
    "kondo-uniform": lambda paper: _kondo_limit(0.0, NARROW, _COOL),
    "kondo-wide": lambda paper: _kondo_limit(1.0 - ONE, WIDE, _COOL),
    "kondo-warm": lambda paper: _kondo_limit(1.0 - ONE, SPREAD * WARM, (WARM,)),
    "kondo-warmer": lambda paper: _kondo_limit(1.0 - ONE, SPREAD * WARMER, (WARMER,)),
    "sound-one": lambda paper: _kondo_sound(1.0 - ONE),
    "sound-uniform": lambda paper: _kondo_sound(0.0),
}
