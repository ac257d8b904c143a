"""The ensembles behind the claims, each the content of a spec.

Those of the paper's wire, glass and Kondo wire are in kelvin; those deep in a limit have E* = 1 or T_K* = 1.  "One T_K"
is a law narrow enough to be one.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
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


def ensembles(paper: Paper) -> dict[str, Callable[[], Ensemble]]:
    """Makers of all ensembles, by name."""
    return {name: functools.partial(maker, paper) for name, maker in _MAKERS.items()}


def _kelvin(values: Sequence[float], kind: str = "energy") -> list[str | float]:
    return [text(value, kind, True) for value in sorted(set(values))]


def _bare(values: Sequence[float]) -> list[float]:
    return sorted(set(values))


def _band(high: float, p_min: float = P_MIN, kelvin: bool = True) -> Content:
    return {
        "model": "tunnelling",
        "parameters": {
            "E": {"law": "uniform", "high": text(high, "energy", kelvin)},
            "p": {"law": "tunnelling", "low": p_min},
        },
    }


def _sound(paper: Paper, high: float, scale: float = 1.0, p_min: float = P_MIN, **options: str) -> Content:
    """A band up to ``high``, its attenuation at the temperatures of the wire and at its frequency, times ``scale``."""
    grid = {
        "temperature": _kelvin([scale * T for T in wire_temperatures(paper)]),
        "frequency": _kelvin([scale * paper.omega]),
    }
    return {
        "population": _band(high, p_min) | {"proposal": "resonant"},
        "material": {"chi": paper.chi},
        "observables": {"attenuation": grid | options},
    }


def _rate(paper: Paper, high: float, weight: str = "golden-rule") -> Ensemble:
    grid = {"temperature": _kelvin([paper.T_min, paper.T_max]), "thermal_weight": weight}
    return Ensemble({"population": _band(high), "observables": {"dephasing": grid}}, "gold_wire")


def _heat(paper: Paper) -> Ensemble:
    grid = {"temperature": _kelvin(list(heat_temperatures(paper).values()))}
    return Ensemble({"population": _band(paper.E_star), "observables": {"heat_capacity": grid}}, "gold_wire")


def _timed(paper: Paper) -> Ensemble:
    T = (paper.E_star / 20.0, paper.T_min)
    t = (long_time(paper), DAY)
    slowest = max(float(fastest_rate(T_, paper.chi)) * t_ for T_, t_ in zip(T, t, strict=True))
    grid = {"temperature": _kelvin(T), "time": _kelvin(t, "time")}
    content = {"population": _band(paper.E_star, 1e-4 / slowest), "material": {"chi": paper.chi}}
    return Ensemble(content | {"observables": {"timed_heat_capacity": grid}}, "measurement_time")


def _loss(paper: Paper, intensity: float) -> Ensemble:
    grid = {"temperature": _kelvin([paper.E_star / 4.0]), "frequency": _kelvin([paper.omega]), "intensity": intensity}
    content = {"population": _band(paper.E_star) | {"proposal": "resonant"}, "material": {"chi": paper.chi}}
    return Ensemble(content | {"observables": {"loss_tangent": grid}}, "resonator")


def _histogram(paper: Paper, drive: str) -> Ensemble:
    grid = {"temperature": _kelvin(wire_temperatures(paper)), "frequency": _kelvin([paper.omega]), "drive": drive}
    return Ensemble({"population": _band(paper.E_star), "observables": {"resonant_histogram": grid}}, "gold_wire")


def _rectangle(paper: Paper) -> Ensemble:
    high, low = text(paper.E_star, "energy", True), text(1e-3 * paper.E_star, "energy", True)
    laws = {"Delta": {"law": "uniform", "high": high}, "Lambda": {"law": "log_uniform", "low": low, "high": high}}
    grid = {"temperature": _kelvin([paper.T_min])}
    population = {"model": "tunnelling", "parameters": laws}
    return Ensemble({"population": population, "observables": {"dephasing": grid}}, "tail_cutoffs")


def _limit(chi: float, thetas: Sequence[float], Omegas: Sequence[float], **population: str) -> Ensemble:
    return _shaped(chi, thetas, Omegas, "resonant", **population)


def _shaped(
    chi: float, thetas: Sequence[float], Omegas: Sequence[float], lineshape: str, **population: str
) -> Ensemble:
    grid = {"temperature": _bare([0.5 * theta for theta in thetas]), "frequency": _bare(Omegas), "lineshape": lineshape}
    content = {"population": _band(1.0, kelvin=False) | population, "material": {"chi": chi}}
    return Ensemble(content | {"observables": {"attenuation": grid}})


def _sharp() -> Ensemble:
    T = [0.5 * SHARP * depth for depth in (1 / DEEP, 1 / SHALLOW, SHALLOW, DEEP)]
    grid = {"temperature": T, "frequency": [SHARP]}
    return Ensemble({"population": _band(1.0, kelvin=False), "observables": {"resonant_histogram": grid}})


def _far(paper: Paper) -> Ensemble:
    return _limit(paper.chi, (COLD, SHALLOW / paper.chi, DEEP / paper.chi), (SHARP, SHALLOW, DEEP))


def _pair(paper: Paper, lineshape: str) -> Ensemble:
    """The average rests on one defect in 1/(chi theta): more of them."""
    return dataclasses.replace(_shaped(paper.chi, PAIR, (STILL,), lineshape), weight=4)


def _kondo_laws(T_K: tuple[float, float], Delta: float, kelvin: bool) -> Content:
    low, high, wide = (text(value, "energy", kelvin) for value in (*T_K, Delta))
    laws = {"T_K": {"law": "uniform", "low": low, "high": high}, "Delta": {"law": "uniform", "high": wide}}
    return {"model": "kondo", "parameters": laws}


def _kondo_wire(paper: Paper) -> Ensemble:
    between = [paper.T_min * (paper.T_max / paper.T_min) ** (k / 4.0) for k in range(5)]
    observables = {
        "kondo_dephasing": {"temperature": _kelvin(between)},
        "kondo_heat_capacity": {"temperature": _kelvin([paper.T_min])},
        "kondo_attenuation": {"temperature": _kelvin([paper.T_min]), "frequency": _kelvin([paper.omega])},
    }
    population = _kondo_laws((0.0, paper.T_K_star), paper.Delta_star, True)
    return Ensemble({"population": population, "observables": observables}, "kondo_gold")


def _literal(paper: Paper) -> Ensemble:
    grid = {"temperature": _kelvin([0.5 * paper.T_K_star]), "cross_section": "literal"}
    population = _kondo_laws((0.0, paper.T_K_star), paper.Delta_star, True)
    return Ensemble({"population": population, "observables": {"kondo_dephasing": grid}}, "tail_pareto_kondo")


def _kondo_edge(paper: Paper) -> Ensemble:
    T_K, Delta = paper.T_K_star, broadest_splittings(paper)
    grid = {"temperature": _kelvin([paper.T_min])}
    population = _kondo_laws(((1.0 - ONE) * T_K, T_K), Delta, True)
    return Ensemble({"population": population, "observables": {"kondo_dephasing": grid}}, "kondo_gold")


def _kondo_limit(low: float, Delta: float, T: Sequence[float]) -> Ensemble:
    observables = {"kondo_dephasing": {"temperature": _bare(T)}}
    return Ensemble({"population": _kondo_laws((low, 1.0), Delta, False), "observables": observables})


def _kondo_sound(low: float) -> Ensemble:
    T = (1 / DEEP, 1 / SHALLOW, SHALLOW, DEEP)
    observables = {"kondo_attenuation": {"temperature": _bare(T), "frequency": _bare(SOUND)}}
    return Ensemble({"population": _kondo_laws((low, 1.0), NONE, False), "observables": observables})


_COOL = (1 / DEEP, 1 / SHALLOW)
_MAKERS: dict[str, Callable[[Paper], Ensemble]] = {
    "wire": lambda paper: Ensemble(_sound(paper, paper.E_star), "gold_wire"),
    "wire-sigma_z": lambda paper: Ensemble(_sound(paper, paper.E_star, drive="sigma_z"), "gold_wire"),
    "wire-asymmetry": lambda paper: Ensemble(_sound(paper, paper.E_star, drive="asymmetry"), "gold_wire"),
    "wire-cut": lambda paper: Ensemble(_sound(paper, paper.E_star, p_min=math.sqrt(P_MIN)), "tail_p_min"),
    "wire-shifted": lambda paper: Ensemble(_sound(paper, paper.glass_E_star, shifted(paper)), "gold_wire"),
    "glass": lambda paper: Ensemble(_sound(paper, paper.glass_E_star), "metallic_glass"),
    "loss": lambda paper: _loss(paper, 0.0),
    "loss-intense": lambda paper: _loss(paper, INTENSE),
    "rectangle": _rectangle,
    "rate": lambda paper: _rate(paper, paper.E_star, "none"),
    "rate-thermal": lambda paper: _rate(paper, paper.E_star),
    "rate-edge": lambda paper: _rate(paper, broadest_band(paper)),
    "rate-broad": lambda paper: _rate(paper, paper.T_max),
    "heat": _heat,
    "heat-timed": _timed,
    "lines": lambda paper: _histogram(paper, "paper"),
    "lines-asymmetry": lambda paper: _histogram(paper, "asymmetry"),
    "sharp": lambda paper: _sharp(),
    "cold": lambda paper: _limit(paper.chi, (COLD,), list(relaxation_frequencies(paper, COLD).values())),
    "hot": lambda paper: _limit(paper.chi, (HOT,), [*relaxation_frequencies(paper, HOT).values(), *slow_sound()]),
    "still": lambda paper: _pair(paper, "resonant"),
    "still-bloch": lambda paper: _pair(paper, "bloch"),
    "far": _far,
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
