"""What a fit gives: plain data for tables, JSON, files and figures."""

from __future__ import annotations

import hashlib
import json
import types
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import StoreError
from tlsmc.fitting.goodness import Goodness


@dataclass(frozen=True, slots=True)
class Estimated:
    """One parameter: best value, error from the curvature, and the intervals of its profile.

    ``status`` is "determined", "upper limit", "lower limit", "undetermined", "not converged", or "fixed" for one that
    was not varied.  What cannot be given is None: errors of a fit that did not converge, the open end of an interval, a
    value that is not determined.
    """

    name: str
    unit: str
    kind: str
    log: bool
    status: str
    value: float | None
    error: float | None
    low68: float | None = None
    high68: float | None = None
    low95: float | None = None
    high95: float | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """One data set: how many points it has, how many were skipped, and its part of chi2 (by its own errors)."""

    name: str
    quantity: str
    unit: str
    points: int
    skipped: int
    chi2: float


@dataclass(frozen=True, slots=True)
class Rival:
    """One model of the same data; ``reason`` says why it could not be fitted, or is empty.

    ``validation`` is the mean squared deviation, over the error, of temperatures left out and predicted.
    """

    name: str
    parameters: int = 0
    chi2: float | None = None
    p_value: float | None = None
    aicc: float | None = None
    bic: float | None = None
    validation: float | None = None
    values: dict[str, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Posterior:
    """A sampled posterior: quantiles of each parameter, and whether they can be believed.

    ``quantiles`` are those at 2.5, 16, 50, 84 and 97.5 %.
    """

    steps: int
    walkers: int
    acceptance: float
    autocorrelation: float
    effective: float
    converged: bool
    verdict: str
    quantiles: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Fit:
    """A finished fit.

    ``arrays`` hold, by name, the points and curves of each data set (``sets/NAME/value``), the profiles
    (``profiles/PARAMETER/value``), the correlation of the parameters, and the draws of a posterior.  ``fixed`` is what
    the spec holds, by its place there, and ``held`` the same with names and units.  ``source``, ``overrides`` and
    ``options`` are the text of the spec, the settings on top of it and the options that the fit was made with;
    ``libraries`` the versions behind the numbers; ``path`` the file that it was read from or written to, empty if none.
    """

    title: str
    version: str
    model: str
    in_kelvin: bool
    converged: bool
    message: str
    volume: float | None
    parameters: tuple[Estimated, ...]
    fixed: dict[str, float]
    goodness: Goodness
    sentences: tuple[str, ...]
    correlated: tuple[tuple[str, str, float], ...]
    starts: int
    reached: int
    others: tuple[dict[str, float], ...]
    sets: tuple[Fitted, ...]
    rivals: tuple[Rival, ...] = ()
    verdict: str = ""
    posterior: Posterior | None = None
    fitted_spec: str = ""
    source: str = ""
    overrides: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    held: tuple[Estimated, ...] = ()
    libraries: dict[str, str] = field(default_factory=dict)
    path: str = ""
    arrays: dict[str, Array] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Estimated:
        return {parameter.name: parameter for parameter in self.parameters}[name]

    def digest(self) -> str:
        """One hash of everything in the fit.

        Returns
        -------
        str
            SHA-256.

        Examples
        --------
        >>> len(tlsmc.fitting.open_fit("wire.fit.h5").digest())
        64
        """
        found = hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode())
        for name, array in sorted(self.arrays.items()):
            found.update(f"\n{name} {array.shape}\n".encode())
            found.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return found.hexdigest()

    def plain(self) -> dict[str, Any]:
        """Everything but the arrays and the place of the file, as JSON can hold it.

        Returns
        -------
        dict
            Texts, numbers, lists and dictionaries; :meth:`of` makes the fit of them again.

        Examples
        --------
        >>> [entry["name"] for entry in tlsmc.fitting.open_fit("wire.fit.h5").plain()["parameters"]]
        ['E_star', 'n_T']
        """
        found = asdict(replace(self, arrays={}))
        return {name: value for name, value in found.items() if name not in ("arrays", "path")}

    @classmethod
    def of(cls, plain: dict[str, Any], arrays: dict[str, Array], path: str = "") -> Fit:
        """The fit of which :meth:`plain` gave this.

        Parameters
        ----------
        plain, arrays
            What :meth:`plain` gave, and the arrays by name.
        path
            The file that it was read from, if any.

        Returns
        -------
        Fit
            An equal fit.

        Examples
        --------
        >>> fit = tlsmc.fitting.open_fit("wire.fit.h5")
        >>> tlsmc.fitting.Fit.of(fit.plain(), fit.arrays).digest() == fit.digest()
        True
        """
        hints, found = get_type_hints(cls), {}
        for name, value in plain.items():
            try:
                found[name] = _made(value, hints[name])
            except (TypeError, ValueError, LookupError, AttributeError):
                raise StoreError(f"{name[:60]}: is not what belongs there; the file is not trustworthy") from None
        return cls(**found, arrays=arrays, path=path)


def _made(value: Any, hint: Any) -> Any:
    """A value of an annotated type from what JSON has; whole numbers are numbers, and truth values are none."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # of None and something else
        return None if value is None else _made(value, inner[0])
    if origin is tuple and isinstance(value, list | tuple):
        kinds = (inner[0],) * len(value) if inner[-1] is Ellipsis else inner
        return tuple(map(_made, value, kinds)) if len(value) == len(kinds) else _made(value, None)
    if origin is dict:
        return {_made(key, inner[0]): _made(entry, inner[1]) for key, entry in value.items()}
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{name: _made(entry, hints[name]) for name, entry in value.items()})
    if not isinstance(value, int | float if hint is float else hint) or isinstance(value, bool) != (hint is bool):
        raise TypeError
    return value


def pulls(arrays: dict[str, Array], name: str) -> Array:
    """Residuals over errors at the points of a data set."""
    value, model, error = (arrays[f"sets/{name}/{key}"] for key in ("value", "model", "error"))
    return np.asarray((value - model) / error)


def chi2_of_points(arrays: dict[str, Array], name: str) -> float:
    """chi2 of a data set by the errors of its points."""
    return float((pulls(arrays, name) ** 2).sum())
