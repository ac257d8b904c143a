"""A joint law of T_K and Delta of the user's own: a function in a Python file, named and hashed but never stored.

Reading a spec or a run file does not execute the function, drawing defects does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import CodeError, SpecError, ValidityError
from tlsmc.populations.fields import FieldInfo
from tlsmc.populations.laws.base import Law, quantity, require, require_positive
from tlsmc.populations.user_code import UserCode, reason

Function = Callable[[Array], Any]

_PROBE = (np.arange(1.0, 9.0)[:, None] * np.array([0.618034, 0.754878]) % 1.0).T


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint(Law):
    """Law P(T_K/T_K*, Delta/Delta*) of Eq. 19 as a map of the unit square.

    ``function`` is "FILE:NAME", a file relative to ``folder`` and a function in it.  It gets points of shape (2, n),
    uniform on the open unit square, and returns T_K/T_K* and Delta/Delta* of the n defects, shape (2, n), finite and
    above 0.  It must be a function of the points alone, without a random generator of its own, and its file must
    stand by itself: the SHA-256 of the file is what identifies the law.

    ``T_K`` and ``Delta`` are the scales T_K* and Delta*.  With a ``sha256`` the file is not read before the first
    defects are drawn, and refused then if it has another hash.

    Raises
    ------
    SpecError
        The file cannot be read or has changed, or the function is missing, fails, or returns anything else.

    Source: Aleiner et al., Phys. Rev. B 63, 201401 (2001), Eq. 19.
    """

    function: str = FieldInfo(kind="text").field()
    T_K: float = quantity()
    Delta: float = quantity()
    sha256: str = FieldInfo(kind="text").field(default="")
    folder: str = field(default=".", compare=False, repr=False)
    live: Function | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        code = UserCode.named(self.function, self.folder, self.sha256)
        require_positive("T_K", self.T_K)
        require_positive("Delta", self.Delta)
        object.__setattr__(self, "sha256", code.sha256)

    @classmethod
    def of(cls, function: Function, *, T_K: float, Delta: float) -> Joint:
        """The joint law of a Python function, which must be at the top level of a file so that a name identifies it."""
        name = getattr(function, "__qualname__", repr(function))
        plain = isinstance(function, FunctionType) and name.isidentifier() and not function.__closure__
        require(plain, f"joint law {name}: is not a function at the top level of a file; define it there with def")
        file = Path(inspect.getsourcefile(function) or "")
        require(file.is_file(), f"joint law {name}: has no source file; define it in one, so that it can be repeated")
        return cls(function=f"{file.name}:{name}", T_K=T_K, Delta=Delta, folder=str(file.parent), live=function)

    def sample(self, points: Array) -> Array:
        """T_K and Delta, shape (2, n), at ``points`` of the unit square, shape (2, n)."""
        place = f"joint law {self.function}"
        function = self.live or _loaded(self.folder, self.function, self.sha256)
        _probe(function, place)
        return np.asarray(_called(function, place, points) * np.array([[self.T_K], [self.Delta]]))

    def ppf(self, u: Array) -> Array:
        raise self._has_none("quantile")

    def pdf(self, x: Array) -> Array:
        raise self._has_none("density")

    def cdf(self, x: Array) -> Array:
        raise self._has_none("density")

    @property
    def support(self) -> tuple[float, float]:
        raise self._has_none("support")

    @property
    def expectation(self) -> float:
        return np.nan

    @property
    def characteristic(self) -> float:
        return self.T_K

    def _has_none(self, what: str) -> ValidityError:
        return ValidityError(f"joint law {self.function}: no {what} is known, it can only be sampled")


@lru_cache(maxsize=16)
def _loaded(folder: str, reference: str, sha256: str) -> Function:
    """The function, read once: a file that is changed during a run does not stop it."""
    try:
        function: Function = UserCode.named(reference, folder, sha256).load()
    except CodeError as error:
        raise CodeError(f"joint law {error}") from error
    return function


@lru_cache(maxsize=16)
def _probe(function: Function, place: str) -> None:
    """Refuse a function that does not repeat itself."""
    first, second = (_called(function, place, _PROBE) for _ in range(2))
    same = np.array_equal(first, second)
    require(same, f"{place}: gives other values when called again; use the points as the only source of randomness")


def _called(function: Function, place: str, points: Array) -> Array:
    """What the function returns, checked; the points are a copy, which it may spoil."""
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(function(points.copy()), dtype=np.float64)
    except Exception as error:
        raise SpecError(f"{place}: {reason(error)}; mend the function") from error
    shape = values.shape
    require(shape == points.shape, f"{place}: returned the shape {shape} for points {points.shape}; return T_K, Delta")
    bad = np.argwhere(~(np.isfinite(values) & (values > 0.0)))
    if len(bad):
        row, column = (int(i) for i in bad[0])
        name, at = ("T_K", "Delta")[row], tuple(points[:, column].tolist())
        raise SpecError(f"{place}: {name} = {float(values[row, column])} at {at}; T_K and Delta must be finite and > 0")
    return values
