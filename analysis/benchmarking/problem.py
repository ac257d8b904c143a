"""The problem that all contestants solve: attenuation of the population of Eq. 2, in units of E*."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tlsmc
from tlsmc import closed_forms
from tlsmc.spec.spec import Spec

Array = NDArray[np.float64]

#: Cut-off of p, and the grid: temperatures and angular frequencies in units of E*.
P_MIN = 1e-12
TEMPERATURES, FREQUENCIES = (0.1, 10.0), (0.01, 0.9)
#: Defects for each n_T, the length of the range of u in p = sech^2(u).
DEPTH = float(np.log1p(np.sqrt(1.0 - P_MIN)) - 0.5 * np.log(P_MIN))
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    name: str
    repetitions: int
    #: Defects and side of the grid of the whole processes; defects of one in-process measurement of the kernel.
    defects: int
    side: int
    kernel_defects: int
    kernel_pairs: int
    #: Defects on an 8 x 8 grid, and sides of the grid with ``grid_defects``.
    defect_ladder: tuple[int, ...]
    side_ladder: tuple[int, ...]
    grid_defects: int
    memory: tuple[int, ...]
    #: Time to an error: chi, targets, side of the grid, columns of it that vegas and cubature get, limits.
    chis: tuple[float, ...]
    targets: tuple[float, ...]
    error_side: int
    rival_columns: int
    defect_limit: int
    evaluation_limit: int


DEFAULT = Size(
    name="default",
    repetitions=3,
    defects=1_000_000,
    side=32,
    kernel_defects=65_536,
    kernel_pairs=11,
    defect_ladder=(10_000, 100_000, 1_000_000, 10_000_000),
    side_ladder=(4, 8, 16, 32, 64),
    grid_defects=100_000,
    memory=(100_000, 10_000_000),
    chis=(0.3, 0.03, 1e-3, 1e-4),
    targets=(1e-2, 1e-3),
    error_side=16,
    rival_columns=4,
    defect_limit=1_000_000,
    evaluation_limit=2_000_000,
)
FULL = replace(
    DEFAULT,
    name="full",
    repetitions=5,
    kernel_pairs=31,
    defect_ladder=(*DEFAULT.defect_ladder, 100_000_000, 1_000_000_000),
    memory=(100_000, 1_000_000_000),
    rival_columns=16,
    defect_limit=20_000_000,
    evaluation_limit=20_000_000,
)
QUICK = replace(
    DEFAULT,
    name="quick",
    repetitions=1,
    defects=8_192,
    side=4,
    kernel_defects=8_192,
    kernel_pairs=3,
    defect_ladder=(1_000,),
    side_ladder=(2,),
    grid_defects=4_096,
    memory=(1_000,),
    chis=(0.3,),
    targets=(0.1,),
    error_side=4,
    rival_columns=2,
    defect_limit=65_536,
    evaluation_limit=200_000,
)


def grid(side: int) -> tuple[Array, Array]:
    """Temperatures and angular frequencies of a square grid."""
    return np.geomspace(*TEMPERATURES, side), np.geomspace(*FREQUENCIES, side)


def spec_text(side: int, defects: int, chi: float = 0.03, seed: int = 1, sampling: str = "random") -> str:
    """A spec; ``sampling`` is "random", "proposal", "sobol" or "sobol + proposal"."""
    points = "sobol" if "sobol" in sampling else "random"
    proposal = "resonant" if "proposal" in sampling else "none"
    T, omega = ([float(value) for value in axis] for axis in grid(side))
    return f"""seed = {seed}

[population]
model = "tunnelling"
defects = {defects}
sampling = "{points}"
proposal = "{proposal}"

[population.parameters]
E = {{ law = "uniform", high = 1.0 }}
p = {{ law = "tunnelling", low = {P_MIN} }}

[material]
chi = {chi}

[observables.attenuation]
temperature = {T}
frequency = {omega}
"""


def write_spec(folder: Path, name: str, text: str) -> Path:
    """Write a spec to a file of the folder."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str) -> Spec:
    """The spec that a text is."""
    return tlsmc.load_spec(write_spec(folder, "spec", text))


def exact(chi: float, T: Array, omega: Array) -> Array:
    """F = F_res + F_rel, the averages of Eqs. 10 (broadened) and 12; shape (temperatures, frequencies)."""
    Omega, theta = omega[None, :], 2.0 * T[:, None]
    resonant = closed_forms.F_res(chi, Omega, theta, p_min=P_MIN)
    return np.asarray(resonant + closed_forms.F_rel(chi, Omega, theta, p_min=P_MIN))


def integrand(chi: float, T: float, omega: float) -> Callable[[Array], Array]:
    """F at one grid point as an integral over the unit square: of points (n, 2), with p = sech^2 [DEPTH (1 - x_2)].

    These are the coordinates that the project samples uniformly.
    """

    def values(x: Array) -> Array:
        E, u = x[:, 0], DEPTH * (1.0 - x[:, 1])
        e, d = np.exp(-E / T), np.exp(-2.0 * u)
        tanh = -np.expm1(-E / T) / (1.0 + e)
        p, q = 4.0 * d / (1.0 + d) ** 2, ((1.0 - d) / (1.0 + d)) ** 2
        Gamma = 0.5 * chi * p * E / tanh
        resonant = p * tanh * Gamma / ((omega - E) ** 2 + Gamma**2)
        rate = 2.0 * Gamma
        relaxation = q * e / (T * (1.0 + e) ** 2) * omega * rate / (omega**2 + rate**2)
        return np.asarray(DEPTH * (resonant + relaxation))

    return values
