"""The fit file: everything that a fit gives, in one HDF5 file, sealed and replaced as a whole like a run file.

::

    /fit                     text of fixed length: JSON of everything but the arrays
    /arrays/NAME/...         points, curves, profiles, correlation, draws of the posterior

A valid checksum says that a file is whole, not who wrote it: what it holds is checked for types, shapes and numbers.
"""

import io
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy.stats import chi2 as chi2_law

from tlsmc.arrays import Array
from tlsmc.errors import StoreError
from tlsmc.fitting.result import Estimated, Fit, chi2_of_points
from tlsmc.results.store import replace_file, sealed_kind, untrusted
from tlsmc.results.store.sealed import HEADER, read_sealed, sealed

KIND = "fit file"
_POINTS = ("temperature", "second", "value", "error", "model", "band")
_CURVES = ("curve_temperature", "curve_second", "curve", "curve_band")
#: What other versions or processors may differ by, relative to a number.
_ROUNDING = 1e-6
_MOST_TEXT = 1 << 24
_NAME = re.compile(r"[\w.\- ]{1,80}")


def write_fit(fit: Fit, path: str | Path) -> None:
    """Make ``path`` hold a fit, or leave it as it was.

    Parameters
    ----------
    fit
        What :func:`tlsmc.fitting.fit` gave.
    path
        File to write, replaced if it is there.

    Raises
    ------
    StoreError
        The file cannot be written.

    Examples
    --------
    >>> tlsmc.fitting.write_fit(tlsmc.fitting.open_fit("wire.fit.h5"), "copy.fit.h5")
    """
    replace_file(Path(path), fit_image(fit))


def fit_image(fit: Fit) -> bytes:
    """The bytes of a fit file; equal content gives equal bytes."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("v110", "v110"), userblock_size=HEADER) as file:
        encoded = json.dumps(fit.plain()).encode()
        file.create_dataset("fit", data=np.array(encoded, dtype=f"S{len(encoded)}"))
        group = file.create_group("arrays")
        for name, array in sorted(fit.arrays.items()):
            group.create_dataset(name, data=np.asarray(array, dtype="f8"))
    return bytes(sealed(buffer, KIND))


def is_fit_file(path: str | Path) -> bool:
    """Whether a file says of itself that it is a fit file.

    Parameters
    ----------
    path
        The fit file.

    Returns
    -------
    bool
        False for a run file, and for what cannot be read.

    Examples
    --------
    >>> tlsmc.fitting.is_fit_file("wire.fit.h5"), tlsmc.fitting.is_fit_file("small.h5")
    (True, False)
    """
    return sealed_kind(path) == KIND


def base_of(path: str | Path) -> Path:
    """Beginning of the names of all files of a fit: ``out/gold`` of ``out/gold.fit.h5``, ``out/gold.html``, ..."""
    base = Path(path)
    name = base.name
    for ending in (".toml", ".html", ".h5", ".fit"):
        name = name.removesuffix(ending) or name
    return base.with_name(name) if name else base


def open_fit(path: str | Path) -> Fit:
    """Read a fit file.

    Parameters
    ----------
    path
        The fit file.

    Returns
    -------
    Fit
        The fit, as :func:`tlsmc.fitting.fit` gave it.

    Raises
    ------
    StoreError
        The file is missing, damaged, of another version, or not what it claims to be.

    Examples
    --------
    >>> tlsmc.fitting.open_fit("wire.fit.h5")["E_star"].status
    'determined'
    """
    path = Path(path)
    image = read_sealed(path, KIND)
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            untrusted.check_links(file)
            plain = json.loads(untrusted.string(file, "fit", _MOST_TEXT))
            arrays: dict[str, Any] = {}
            _read_arrays(untrusted.child(file, "arrays", h5py.Group), "", arrays)
            fit = Fit.of(plain, arrays, str(path))
            _check_arrays(fit)
            return fit
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from None
    except (OSError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise StoreError(f"{path}: does not hold a fit ({reason}); fit again") from None


def verify_fit(path: str | Path) -> Fit:
    """Read a fit file and check that its numbers agree with each other; nothing is fitted anew.

    Parameters
    ----------
    path
        The fit file.

    Returns
    -------
    Fit
        The fit.

    Raises
    ------
    StoreError
        Something is damaged, or cannot be; the message says what.

    Examples
    --------
    >>> tlsmc.fitting.verify_fit("wire.fit.h5").converged
    True
    """
    fit = open_fit(path)
    for fault in (*_faults_of_chi2(fit), *(fault for p in fit.parameters for fault in _faults_of(p, fit))):
        raise StoreError(f"{path}: {fault}; do not use it, fit again")
    return fit


def _read_arrays(group: h5py.Group, place: str, arrays: dict[str, Any]) -> None:
    for name in group:
        if not _NAME.fullmatch(name):
            raise StoreError(f"{group.name}: has a member {name[:60]!r}; the file is not trustworthy")
        if group.get(name, getclass=True) is h5py.Group:
            _read_arrays(untrusted.child(group, name, h5py.Group), f"{place}{name}/", arrays)
        else:
            arrays[place + name] = untrusted.any_array(group, name, ("f8",))


def _check_arrays(fit: Fit) -> None:
    """Refuse a fit that lacks an array, or has one of another shape than belongs there."""
    names = [p.name for p in fit.parameters]
    if len(set(names)) < len(names) or len({data.name for data in fit.sets}) < len(fit.sets) or not fit.sets:
        raise StoreError("parameters, sets: a name is there twice, or none is; the file is not trustworthy")
    for data in fit.sets:
        groups = ((_POINTS, data.points), (_CURVES, len(_array(fit, f"sets/{data.name}/curve"))))
        for members, length in groups:
            for member in members:
                _require(fit, f"sets/{data.name}/{member}", (length,))
        T, error = (fit.arrays[f"sets/{data.name}/{member}"] for member in ("temperature", "error"))
        if not (np.isfinite(T).all() and np.isfinite(error).all() and (T > 0.0).all() and (error > 0.0).all()):
            raise StoreError(f"sets/{data.name}: has a temperature or an error that cannot be")
    for name in names:
        if f"profiles/{name}/value" in fit.arrays:
            _require(fit, f"profiles/{name}/rise", _array(fit, f"profiles/{name}/value").shape)
    if fit.posterior is not None:
        _require(fit, "posterior", (len(_array(fit, "posterior")), len(names)))
        if any(len(fit.posterior.quantiles.get(name, ())) != 5 for name in names):
            raise StoreError("posterior: has no quantiles of a parameter; the file is not trustworthy")


def _array(fit: Fit, name: str) -> Array:
    found = fit.arrays.get(name)
    if found is None or not found.ndim:
        raise StoreError(f"arrays/{name}: is missing; the file is not trustworthy")
    return found


def _require(fit: Fit, name: str, shape: tuple[int, ...]) -> None:
    found = _array(fit, name)
    if found.shape != shape or not found.size:
        raise StoreError(f"arrays/{name}: has the shape {found.shape} where {shape} belongs")


def _faults_of_chi2(fit: Fit) -> Iterator[str]:
    good = fit.goodness
    for data in fit.sets:
        if not math.isclose(data.chi2, chi2_of_points(fit.arrays, data.name), rel_tol=_ROUNDING, abs_tol=_ROUNDING):
            yield f"{data.name}: its chi2 is not that of its points"
    if fit.volume is None and good.chi2 < (1.0 - _ROUNDING) * sum(data.chi2 for data in fit.sets):
        yield "chi2 is less than its parts"
    if good.dof > 0 and not math.isclose(good.p_value, chi2_law.sf(good.chi2, good.dof), rel_tol=_ROUNDING):
        yield "p is not that of chi2"


def _faults_of(parameter: Estimated, fit: Fit) -> Iterator[str]:
    ends = (parameter.low95, parameter.low68, parameter.value, parameter.high68, parameter.high95)
    known = [x for x in ends if x is not None]
    if not np.isfinite(known).all() or (np.diff(known) < -_ROUNDING * np.abs(known[:-1])).any():
        yield f"{parameter.name}: its value and its intervals are not in order"
    if parameter.error is not None and not parameter.error >= 0.0:
        yield f"{parameter.name}: has an error that cannot be"
    if not fit.converged and (parameter.error, *ends[:2], *ends[3:]) != (None,) * 5:
        yield f"{parameter.name}: has errors, and the fit did not converge"
    if fit.posterior is not None and (np.diff(fit.posterior.quantiles[parameter.name]) < 0.0).any():
        yield f"{parameter.name}: its quantiles are not in order"
