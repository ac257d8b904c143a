"""Backgrounds of a data set: what is measured besides the defects, in the units of the data and kelvin.

A background adds to the quantity of the defects; for tau_phi it adds to the rate, in one over the unit of the data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, suggestion


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One parameter of a background: where it starts and its bounds; ``power`` is the power of T that it multiplies.

    ``at_one_kelvin`` is whether another parameter is the exponent, so that the coefficient is the value at 1 K.
    ``linear`` is whether the curve is linear in it, ``log`` whether it is varied in its logarithm, ``own_unit`` its
    unit if that does not follow from the data.
    """

    name: str
    start: float = 0.0
    low: float = 0.0
    high: float = np.inf
    power: float = 0.0
    at_one_kelvin: bool = False
    linear: bool = True
    log: bool = False
    own_unit: str | None = None

    def unit(self, unit: str, per_T: bool) -> str:
        """Unit of the coefficient for a curve in ``unit``, which is that of the sum over T if ``per_T``."""
        if self.own_unit is not None:
            return self.own_unit
        exponent = Fraction(per_T - self.power).limit_denominator(9)
        size = f"({abs(exponent)})" if exponent.denominator > 1 else str(abs(exponent))
        kelvin = "" if not exponent else " K" if exponent == 1 else f" K^{'-' if exponent < 0 else ''}{size}"
        return f"{unit or ('1' if kelvin else '')}{kelvin}{' at 1 K' if self.at_one_kelvin else ''}".strip()


@dataclass(frozen=True, slots=True)
class Background:
    """A function of temperature and of its coefficients by name."""

    coefficients: tuple[Coefficient, ...]
    function: Callable[[Array, dict[str, float]], Array]


def constant(T: Array, c: dict[str, float]) -> Array:
    """The same value at every temperature."""
    return np.full_like(T, c["offset"])


def power_law(T: Array, c: dict[str, float]) -> Array:
    """A power of T: the coefficient, which is the value at 1 K, times T^exponent."""
    return np.asarray(c["coefficient"] * T ** c["exponent"])


def dephasing(T: Array, c: dict[str, float]) -> Array:
    """Collisions of electrons in a wire (Altshuler, Aronov, Khmelnitskii 1982) and phonons, A T^(2/3) + B T^3."""
    return np.asarray(c["A"] * T ** (2.0 / 3.0) + c["B"] * T**3)


def heat(T: Array, c: dict[str, float]) -> Array:
    """Electrons and phonons, gamma T + beta T^3."""
    return np.asarray(c["gamma"] * T + c["beta"] * T**3)


def magnetic(T: Array, c: dict[str, float]) -> Array:
    """Spin flips off dilute magnetic impurities of spin 1/2: M a/[a + ln^2(T/T_M)], a = pi^2 S(S+1) = 3 pi^2/4.

    Nagaoka's and Suhl's form, largest at the Kondo temperature T_M and hardly dependent on T far above it.
    Source: R. P. Peters, G. Bergmann, R. M. Mueller, Phys. Rev. Lett. 58, 1964 (1987).
    """
    a = 0.75 * np.pi**2
    return np.asarray(c["M"] * a / (a + np.log(T / c["T_M"]) ** 2))


#: What multiplies the curve of the defects, without any bounds as far as its logarithm goes.
AMPLITUDE = Coefficient("amplitude", 1.0, 1e-200, 1e200, log=True, own_unit="")
_EXPONENT = Coefficient("exponent", 1.0, -6.0, 6.0, linear=False, own_unit="")
_KONDO = Coefficient("T_M", 0.01, 1e-6, 10.0, linear=False, log=True, own_unit="K")

#: Backgrounds by their name in a spec.
BACKGROUNDS = {
    "constant": Background((Coefficient("offset", low=-np.inf),), constant),
    "power": Background((Coefficient("coefficient", at_one_kelvin=True), _EXPONENT), power_law),
    "dephasing": Background((Coefficient("A", power=2.0 / 3.0), Coefficient("B", power=3.0)), dephasing),
    "heat": Background((Coefficient("gamma", power=1.0), Coefficient("beta", power=3.0)), heat),
    "magnetic": Background((Coefficient("M"), _KONDO), magnetic),
}


def background(name: str) -> Background:
    """The background of a given name."""
    if name not in BACKGROUNDS:
        raise SpecError(f"{name!r} is not known; {suggestion(name, BACKGROUNDS, 'fitting')}")
    return BACKGROUNDS[name]


def evaluate(names: tuple[str, ...], T: Array, coefficients: dict[str, float]) -> Array:
    """Sum of some backgrounds at temperatures in K."""
    return sum((BACKGROUNDS[name].function(T, coefficients) for name in names), np.zeros_like(T))
