"""Reading HDF5 from a stranger: nothing is opened before it is known to be plain data of the expected kind.

A valid checksum says that a file is whole, not that it is harmless.  Links are looked at before they are followed;
only hard links are.  External storage, virtual datasets, filters, object types and sizes beyond the file are refused.
"""

import math
from typing import Any

import h5py
import numpy as np

from tlsmc.errors import StoreError

#: Objects in a file at most: 32 observables have some 400.
_MOST_OBJECTS = 4096


def check_links(file: h5py.File) -> None:
    """Refuse links that lead anywhere but to an object of this file met for the first time, before any is followed."""
    seen, waiting = {_address(file)}, [file]
    while waiting:
        group = waiting.pop()
        for name in group:
            kind = group.get(name, getclass=True, getlink=True)
            place = f"{group.name.rstrip('/')}/{name}"
            if kind is not h5py.HardLink:
                raise StoreError(f"{place}: is a {kind.__name__}, which is not followed; the file is not trustworthy")
            member = group[name]
            address = _address(member)
            if address in seen or len(seen) >= _MOST_OBJECTS:
                fault = "leads back into the file" if address in seen else f"is one object more than {_MOST_OBJECTS}"
                raise StoreError(f"{place}: {fault}; the file is not trustworthy")
            seen.add(address)
            if isinstance(member, h5py.Group):
                waiting.append(member)


def _address(item: Any) -> tuple[int, ...]:
    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr


def child(group: h5py.Group, name: str, kind: type) -> Any:
    """Member of a group, only if it is a hard link to a ``kind`` (h5py.Group or h5py.Dataset)."""
    place = f"{group.name.rstrip('/')}/{name}"
    if name not in group:
        raise StoreError(f"{place}: is missing from the file; it was not written by this program")
    link = group.get(name, getlink=True)
    if not isinstance(link, h5py.HardLink):
        raise StoreError(f"{place}: is a {type(link).__name__}, which is not followed; the file is not trustworthy")
    found = group.get(name, getclass=True)
    if found is not kind:
        raise StoreError(f"{place}: is a {found.__name__}, not a {kind.__name__}; the file is not trustworthy")
    return group[name]


def array(group: h5py.Group, name: str, shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    """Content of a dataset of exactly this shape and type."""
    data = _plain(group, name)
    if data.shape != shape or data.dtype != np.dtype(dtype):
        found, wanted = f"{data.dtype} {data.shape}", f"{np.dtype(dtype)} {shape}"
        raise StoreError(f"{data.name}: holds {found} where {wanted} belongs; the file is not trustworthy")
    size = data.dtype.itemsize * math.prod(shape)
    if data.id.get_storage_size() != size:
        raise StoreError(f"{data.name}: has {size} bytes on paper only; the file is not trustworthy")
    result: np.ndarray[Any, Any] = data[()]
    return result


def any_array(group: h5py.Group, name: str, dtypes: tuple[str, ...]) -> np.ndarray[Any, Any]:
    """Content of a dataset of any shape and one of some types, or of short texts."""
    data = _plain(group, name)
    known = data.dtype in [np.dtype(kind) for kind in dtypes] or (data.dtype.kind == "S" and data.dtype.itemsize <= 64)
    if not known:
        raise StoreError(f"{data.name}: holds {data.dtype}; the file is not trustworthy")
    return array(group, name, data.shape, data.dtype.str)


def string(group: h5py.Group, name: str, most: int) -> str:
    """Content of a scalar dataset of fixed-length text."""
    data = _plain(group, name)
    if data.shape != () or data.dtype.kind != "S" or data.dtype.itemsize > most:
        raise StoreError(f"{data.name}: is not a text of at most {most} bytes; the file is not trustworthy")
    try:
        return bytes(data[()]).decode("utf-8")
    except UnicodeDecodeError:
        raise StoreError(f"{data.name}: is not UTF-8 text; the file is not trustworthy") from None


def _plain(group: h5py.Group, name: str) -> h5py.Dataset:
    data = child(group, name, h5py.Dataset)
    properties = data.id.get_create_plist()
    layout = properties.get_layout()
    if layout not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or properties.get_external_count():
        raise StoreError(f"{data.name}: is stored outside, in parts or virtually; the file is not trustworthy")
    if properties.get_nfilters():
        raise StoreError(f"{data.name}: needs a filter to be read; the file is not trustworthy")
    return data


def length(group: h5py.Group, name: str) -> int:
    """Number of elements of a plain one-dimensional dataset."""
    data = _plain(group, name)
    if len(data.shape) != 1:
        raise StoreError(f"{data.name}: has the shape {data.shape}; the file is not trustworthy")
    return int(data.shape[0])
