"""The fit file: everything that a fit gives, in one HDF5 file, sealed and replaced as a whole like a run file.

::

    /fit                     text of fixed length: JSON of everything but the arrays
    /arrays/NAME/...         points, curves, profiles, correlation, draws of the posterior
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tlsmc.errors import StoreError
from tlsmc.fitting.checking import check_form, check_numbers
from tlsmc.fitting.result import Fit
from tlsmc.results.store import replace_file, sealed_kind, untrusted
from tlsmc.results.store.sealed import HEADER, read_sealed, sealed

KIND = "fit file"
_MOST_TEXT = 1 << 24
_NAME = re.compile(r"[\w.\- ]{1,80}")


def write_fit(fit: Fit, path: str | Path) -> None:
    """Make ``path`` hold a fit, or leave it as it was."""
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
    """Whether a file says of itself that it is a fit file."""
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

    Raises
    ------
    StoreError
        The file is missing, damaged, of another version, or not what it claims to be.
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
            check_form(fit)
            return fit
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from None
    except (OSError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise StoreError(f"{path}: does not hold a fit ({reason}); fit again") from None


def verify_fit(path: str | Path) -> Fit:
    """Read a fit file and check that its numbers agree with each other; nothing is fitted anew.

    Raises
    ------
    StoreError
        Something is damaged, or cannot be; the message says what.
    """
    fit = open_fit(path)
    try:
        check_numbers(fit)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from None
    return fit


def _read_arrays(group: h5py.Group, place: str, arrays: dict[str, Any]) -> None:
    for name in group:
        if not _NAME.fullmatch(name):
            raise StoreError(f"{group.name}: has a member {name[:60]!r}; the file is not trustworthy")
        if group.get(name, getclass=True) is h5py.Group:
            _read_arrays(untrusted.child(group, name, h5py.Group), f"{place}{name}/", arrays)
        else:
            arrays[place + name] = untrusted.any_array(group, name, ("f8",))
