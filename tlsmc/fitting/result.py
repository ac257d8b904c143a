"""What a fit gives: plain data for tables, JSON, files and figures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from tlsmc.arrays import Array
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
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

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
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("arrays", "path")}
        for name in ("goodness", "posterior"):
            found[name] = None if found[name] is None else asdict(found[name])
        for name in ("parameters", "sets", "rivals", "held"):
            found[name] = [asdict(entry) for entry in found[name]]
        return found

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
        found = {"held": []} | plain
        found["goodness"] = Goodness(**found["goodness"])
        if found["posterior"] is not None:
            quantiles = {name: tuple(values) for name, values in found["posterior"]["quantiles"].items()}
            found["posterior"] = Posterior(**{**found["posterior"], "quantiles": quantiles})
        for name, kind in (("parameters", Estimated), ("sets", Fitted), ("rivals", Rival), ("held", Estimated)):
            found[name] = tuple(kind(**entry) for entry in found[name])
        found["correlated"] = tuple((a, b, float(c)) for a, b, c in found["correlated"])
        for name in ("sentences", "others", "overrides", "options"):
            found[name] = tuple(found.get(name, ()))
        return cls(**found, arrays=arrays, path=path)
