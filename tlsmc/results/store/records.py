"""Records of a run in its file: groups of named arrays, each with the names of its axes."""

import re
from typing import Any

import h5py
import numpy as np

from tlsmc.errors import StoreError
from tlsmc.results.run import Record
from tlsmc.results.store import untrusted
from tlsmc.units import AXIS_UNITS

_NAME = re.compile(r"[A-Za-z0-9_*]{1,60}")
#: Types of arrays that a record may hold.
_DTYPES = ("f8", "i8", "u1")
_ROOT = "trajectories"


def write_record(group: h5py.Group, record: Record, in_kelvin: bool) -> None:
    """Write the arrays of a record, those that are axes as dimension scales."""
    scales = {}
    for name, values in sorted(record.arrays.items(), key=lambda item: record.axes[item[0]] != (item[0],)):
        data = group.create_dataset(name, data=values)
        axes = record.axes[name]
        data.attrs["axes"] = np.bytes_(" ".join(axes) or "-")
        if axes == (name,):
            data.make_scale(name)
            scales[name] = data
            if name in AXIS_UNITS:
                data.attrs["units"] = np.bytes_(AXIS_UNITS[name] if in_kelvin else "1")
        else:
            for position, axis in enumerate(axes):
                if axis in scales:
                    data.dims[position].attach_scale(scales[axis])


def read_records(file: h5py.File) -> dict[str, Record]:
    """All records of a run file by name.

    Raises
    ------
    StoreError
        There is something that no record has.
    """
    if _ROOT not in file:
        return {}
    records: dict[str, Record] = {}
    waiting = [(untrusted.child(file, _ROOT, h5py.Group), "")]
    while waiting:
        group, path = waiting.pop()
        arrays: dict[str, Any] = {}
        axes: dict[str, tuple[str, ...]] = {}
        for name in group:
            if not _NAME.fullmatch(name):
                raise StoreError(f"{group.name}: has a member {name[:60]!r}; the file is not trustworthy")
            if group.get(name, getclass=True) is h5py.Group:
                waiting.append((untrusted.child(group, name, h5py.Group), f"{path}{name}/"))
                continue
            arrays[name] = untrusted.any_array(group, name, _DTYPES)
            axes[name] = _axes(group[name])
        if arrays:
            records[path.rstrip("/")] = Record(arrays, axes)
    return dict(sorted(records.items()))


def _axes(data: h5py.Dataset) -> tuple[str, ...]:
    text = data.attrs.get("axes")
    names = text.decode("ascii", "replace").split() if isinstance(text, bytes) else []
    names = [] if names == ["-"] else names
    if len(names) != data.ndim or not all(_NAME.fullmatch(name) for name in names):
        raise StoreError(f"{data.name}: does not name its axes; the file is not trustworthy")
    return tuple(names)
