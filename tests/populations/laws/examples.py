"""Instances of every law for the contract tests: a new law adds its row to each of the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlsmc.populations.laws.base import Law
from tlsmc.spec.registry import LAWS

HERE = Path(__file__).parent
BAND = str(HERE / "band.csv")
FRACTION = str(HERE / "fraction.csv")

# Parameters of good instances.
GOOD: dict[str, list[dict[str, Any]]] = {
    "uniform": [{"high": 1.0}, {"low": 0.02, "high": 0.5}],
    "log_uniform": [{"low": 1e-9, "high": 1.0}, {"low": 0.3, "high": 0.4}],
    "tunnelling": [{}, {"low": 1e-3}, {"low": 0.9}, {"low": 1e-200}],
    "power": [
        {"high": 0.7, "exponent": 0.0},
        {"high": 1.0, "exponent": -0.5},
        {"high": 2.0, "exponent": 3.0},
        {"low": 1e-6, "high": 1.0, "exponent": -1.0},
        {"low": 1e-6, "high": 1.0, "exponent": -1.0 + 1e-9},
        {"low": 1e-6, "high": 1.0, "exponent": -2.5},
        {"low": 1e-12, "high": 1.0, "exponent": 60.0},
        {"low": 1e-12, "high": 1.0, "exponent": -60.0},
    ],
    "exponential": [{"mean": 0.02}],
    "half_normal": [{"sigma": 3.0}],
    "log_normal": [{"median": 0.02, "sigma": 0.5}, {"median": 5.0, "sigma": 3.0}],
    "pareto": [{"low": 0.1, "index": 0.8}, {"low": 1.0, "index": 1.0}, {"low": 2.0, "index": 2.5}],
    "tabulated": [{"file": BAND, "unit": 1e-3}, {"file": FRACTION}],
}

_NOT_NUMBERS = (float("nan"), float("inf"), -1.0)

# Parameters that must be refused, each with a piece of the message.
BAD: dict[str, list[tuple[dict[str, Any], str]]] = {
    "uniform": [
        ({"low": 0.02, "high": 0.01}, "low = 0.02 must be below high = 0.01; swap them or widen the range"),
        ({"low": 0.5, "high": 0.5}, "must be below"),
        ({"low": -0.1, "high": 0.5}, "low = -0.1"),
        ({"high": float("nan")}, "high = nan is not finite"),
        ({"high": float("inf")}, "high = inf is not finite"),
        ({"low": float("nan"), "high": 1.0}, "low = nan"),
        ({"high": "20 mK"}, "high = '20 mK' is not a number"),
        ({"high": True}, "high = True is not a number"),
        ({"high": 10**400}, "is not finite"),
    ],
    "log_uniform": [
        ({"low": 2.0, "high": 1.0}, "low = 2.0 must be below high = 1.0"),
        ({"low": 0.0, "high": 1.0}, "low = 0.0 must be above 0"),
        ({"low": 1e-200, "high": 1e200}, "raise low"),
    ],
    "tunnelling": [({"low": low}, f"low = {low}") for low in (0.0, 1.0, 2.0, *_NOT_NUMBERS)],
    "power": [
        ({"low": 2.0, "high": 1.0, "exponent": 0.0}, "low = 2.0 must be below high = 1.0"),
        ({"high": 1.0, "exponent": -1.0}, "exponent = -1.0 must be above -1 when low = 0"),
        ({"high": 1.0, "exponent": float("nan")}, "exponent = nan"),
        ({"high": 1.0, "exponent": float("inf")}, "exponent = inf"),
        ({"high": 1.0, "exponent": -0.99}, "exponent = -0.99 with low = 0 spreads"),
        ({"low": 1e-300, "high": 1e300, "exponent": 1.0}, "raise low"),
    ],
    "exponential": [({"mean": mean}, f"mean = {mean}") for mean in (0.0, *_NOT_NUMBERS)],
    "half_normal": [({"sigma": sigma}, f"sigma = {sigma}") for sigma in (0.0, *_NOT_NUMBERS)],
    "log_normal": [
        *(({"median": 1.0, "sigma": sigma}, f"sigma = {sigma}") for sigma in (0.0, 90.0, *_NOT_NUMBERS)),
        *(({"median": median, "sigma": 1.0}, f"median = {median}") for median in (0.0, *_NOT_NUMBERS)),
    ],
    "pareto": [
        *(({"low": 1.0, "index": index}, f"index = {index}") for index in (0.0, 0.05, *_NOT_NUMBERS)),
        *(({"low": low, "index": 1.0}, f"low = {low}") for low in (0.0, *_NOT_NUMBERS)),
    ],
    "tabulated": [
        ({"file": str(HERE / "missing.csv")}, "missing.csv' cannot be read: No such file"),
        ({"file": str(HERE)}, "cannot be read: Is a directory"),
        ({"file": "nul\0.csv"}, "cannot be read"),
        ({"file": BAND, "unit": 0.0}, "unit = 0.0 must be above 0"),
        ({"file": BAND, "unit": 1e308}, "choose another unit"),
        ({"file": BAND, "unit": 5e-324}, "choose another unit"),
    ],
}


def build(name: str, parameters: dict[str, Any]) -> Law:
    """The law ``name`` with ``parameters``."""
    return LAWS.find(name)(**parameters)


def good_laws() -> dict[str, Law]:
    """All good instances by a label that tells them apart."""
    return {
        f"{name}-{number}": build(name, parameters)
        for name, rows in GOOD.items()
        for number, parameters in enumerate(rows)
    }
