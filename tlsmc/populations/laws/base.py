"""What a law of one random parameter has to offer.

A law is one file of this folder: a frozen dataclass derived from :class:`Law`, whose fields are the
parameters that a spec may set.  The file name is the name of the law in a spec.
"""

import dataclasses
import sys
from abc import ABC, abstractmethod
from numbers import Real
from typing import Any, Self, cast

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.populations.fields import FieldInfo


def quantity(**kwargs: Any) -> Any:
    """A field in the unit of the sampled quantity: ``"20 mK"`` in a spec, a float here."""
    return FieldInfo(kind="quantity").field(**kwargs)


def number(**kwargs: Any) -> Any:
    """A dimensionless field: an exponent, a logarithmic width."""
    return FieldInfo(kind="number").field(**kwargs)


def path(**kwargs: Any) -> Any:
    """A field that names a file of the user, relative to the spec."""
    return FieldInfo(kind="path").field(**kwargs)


def rows(**kwargs: Any) -> Any:
    """A field that holds a table of numbers, a tuple of rows."""
    return FieldInfo(kind="rows").field(**kwargs)


class Law(ABC):
    """Distribution of one positive parameter of a defect.

    A subclass is a frozen dataclass; its fields, made with :func:`quantity`, :func:`number`, :func:`path` or
    :func:`rows`, are what a spec gives, so no property here may bear the name of a likely parameter.  It refuses bad
    values with :class:`~tlsmc.errors.SpecError` in ``__post_init__``, and must have ``ppf``, ``pdf``, ``cdf``,
    ``support``, ``characteristic`` and ``expectation``.

    Values are in the natural unit of the parameter (kelvin, in a run with units), floats or float64 arrays; the methods
    take either and keep the shape.  A law is a function of its fields alone: no state, no random numbers of its own,
    because workers make it anew.  Quantiles and densities are consistent: ``cdf(ppf(u)) == u``, and ``pdf`` is the
    derivative of ``cdf``, to rounding.  No method warns, at infinity neither.
    """

    __slots__ = ()

    @abstractmethod
    def ppf(self, u: Array) -> Array:
        """Quantile at probability ``u`` in (0, 1), of any shape; increasing, finite and inside the support.

        That holds for ``u`` as small as 1e-300 and as near to 1 as doubles are.
        """

    @abstractmethod
    def pdf(self, x: Array) -> Array:
        """Normalised density per unit of the parameter at ``x``, of any shape; 0 outside the support and at infinity.

        It may be infinite at an end of the support.
        """

    @abstractmethod
    def cdf(self, x: Array) -> Array:
        """Probability of a value at or below ``x``, of any shape: 0 below the support, 1 above it and at infinity."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Smallest and largest possible value, 0 at least; the latter may be infinite.  The interval is closed."""

    @property
    @abstractmethod
    def characteristic(self) -> float:
        """The value that characterises the law and stands for E* in Omega and theta."""

    @property
    @abstractmethod
    def expectation(self) -> float:
        """Expectation value, ``inf`` where it does not exist."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """Interior points where the density or a derivative of it jumps, in increasing order."""
        return ()

    def complement_ppf(self, u: Array) -> Array:
        """``1 - ppf(u)``; a law that can end at 1 overrides this to avoid the cancellation."""
        return 1.0 - self.ppf(u)

    def with_fields(self, **changes: object) -> Self:
        """The same law with other values of some of its fields."""
        law: Any = self
        return cast("Self", dataclasses.replace(law, **changes))


def require(condition: bool, message: str) -> None:
    """Raise :class:`SpecError` with ``message`` unless ``condition`` holds."""
    if not condition:
        raise SpecError(message)


def require_number(name: str, value: float) -> None:
    """Refuse what is not a finite real number (True and False are none)."""
    is_real = isinstance(value, Real) and not isinstance(value, bool)
    require(is_real, f"{name} = {value!r} is not a number; give a number or a quantity")
    # The comparison, unlike math.isfinite, also stands an integer too large for a double.
    require(abs(value) <= sys.float_info.max, f"{name} = {value} is not finite; give a finite number")


def require_positive(name: str, value: float) -> None:
    """Refuse what is not a finite number above zero."""
    require_number(name, value)
    require(value > 0.0, f"{name} = {value} must be above 0; give a positive value")


def require_range(low: float, high: float) -> None:
    """Refuse bounds that are not 0 <= low < high < inf."""
    require_number("low", low)
    require_number("high", high)
    require(low >= 0.0, f"low = {low} must not be below 0; the parameters of a defect are positive")
    require(low < high, f"low = {low} must be below high = {high}; swap them or widen the range")


def require_representable(law: Law, cause: str, remedy: str) -> None:
    """Refuse a law so wide that one of its draws would underflow to 0 or overflow.

    Uniform random numbers are multiples of 2^-53, which bounds the quantiles that are ever drawn.
    """
    with np.errstate(all="ignore"):
        least, most = law.ppf(np.array([2.0**-53, 1.0 - 2.0**-53]))
    limits = np.finfo(np.float64)
    require(
        bool(least >= limits.tiny and most <= limits.max),
        f"{cause} spreads the values from {least:.3g} to {most:.3g}, more than double precision holds; {remedy}",
    )
