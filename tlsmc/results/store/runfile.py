"""Layout of a run file inside HDF5, and its reader.

::

    /spec_source /spec_overrides /spec_resolved /spec_hash /provenance      texts of fixed length
    /sample /block                                                          dimension scales
    /done /counts                                       (sample, block)     finished blocks, defects in them
    /shards                                             (sample, block)     checksums of what was stored, if anything
    /NAME/temperature /NAME/AXIS /NAME/component ...                        dimension scales of an observable
    /NAME/totals        (sample, block, component, temperature, AXIS, ...)  sums of contributions
    /NAME/products      (sample, block, pair, temperature, AXIS, ...)       sums of products of two components
    /NAME/largest_values, largest_defects   (component, temperature, AXIS, ..., rank)
    /trajectories/RECORD/...                                                records of a finished run, if any

Attribute "axes" of an array of a record names its axes; those that have values of their own are arrays beside it.

AXIS is "frequency", "time" or whatever else an observable depends on, one after the other; an observable of temperature
alone has a frequency of 0.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, StoreError, ValidityError
from tlsmc.results.provenance import Provenance
from tlsmc.results.run import Record, Run, part_mask
from tlsmc.results.store import untrusted
from tlsmc.results.store.records import read_records, write_record
from tlsmc.results.store.sealed import HEADER, read_sealed, sealed
from tlsmc.results.store.shards import ShardFolder
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import GriddedObservable, Spec, content_hash
from tlsmc.statistics.largest import Largest
from tlsmc.statistics.sums import ObservableSums, RunSums
from tlsmc.units import AXIS_UNITS

_MOST_TEXT = 1 << 26
#: What reading the content of a sealed file may raise if a stranger has sealed it.
_NOT_A_RUN = (
    *(OSError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError),
    *(RuntimeError, RecursionError, MemoryError, SpecError, ValidityError),
)


def run_image(
    spec: Spec,
    sums: RunSums,
    provenance: Provenance,
    shards: NDArray[np.uint32] | None = None,
    records: Mapping[str, Record] | None = None,
) -> memoryview:
    """The bytes of a run file; equal content gives equal bytes."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("v110", "v110"), userblock_size=HEADER) as file:
        _write_text(file, "spec_source", spec.source)
        _write_text(file, "spec_overrides", json.dumps(spec.overrides))
        _write_text(file, "spec_resolved", json.dumps(spec.resolved()))
        _write_text(file, "spec_hash", spec.hash())
        _write_text(file, "provenance", json.dumps(asdict(provenance)))
        file.attrs["title"] = np.bytes_(spec.title.encode() or b"untitled")
        scales = {
            "sample": _scale(file, "sample", np.arange(spec.layout.samples)),
            "block": _scale(file, "block", np.arange(spec.layout.blocks)),
        }
        _write(file, "done", sums.done.astype(np.uint8), ("sample", "block"), scales)
        _write(file, "counts", sums.counts, ("sample", "block"), scales)
        if shards is not None:
            _write(file, "shards", shards, ("sample", "block"), scales)
        for gridded in spec.observables:
            _write_observable(
                file.create_group(gridded.name), gridded, sums.observables[gridded.name], scales, spec.in_kelvin
            )
        for name, record in (records or {}).items():
            write_record(file.require_group(f"trajectories/{name}"), record, spec.in_kelvin)
    return sealed(buffer)


def open_run(path: str | Path) -> Run:
    """Read a run file, complete or not; the file itself is closed again at once.

    Parameters
    ----------
    path
        The run file.

    Returns
    -------
    Run
        Sums with errors, exact values and printed forms.

    Raises
    ------
    StoreError
        The file is missing, damaged, of a later version, or not what it claims to be.

    Examples
    --------
    >>> tlsmc.open_run("small.h5").names[:2]
    ('attenuation.resonant', 'attenuation.relaxation')
    """
    path = Path(path)
    image = read_sealed(path)
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            untrusted.check_links(file)
            return _read(file, path)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from None
    except _NOT_A_RUN as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise StoreError(f"{path}: does not hold a run ({reason}); run the spec again") from None


def _read(file: h5py.File, path: Path) -> Run:
    resolved = json.loads(untrusted.string(file, "spec_resolved", _MOST_TEXT))
    source = untrusted.string(file, "spec_source", _MOST_TEXT)
    _refuse_paths(resolved)
    overrides = tuple(str(o) for o in json.loads(untrusted.string(file, "spec_overrides", _MOST_TEXT)))
    spec = parse_spec(resolved, path.parent, source, overrides, execute=False)
    if content_hash(resolved) != untrusted.string(file, "spec_hash", 64):
        raise StoreError("the spec and its hash differ; the file is not trustworthy")
    provenance = _read_provenance(untrusted.string(file, "provenance", _MOST_TEXT))
    part_mask(spec, provenance.part)
    shape = (spec.layout.samples, spec.layout.blocks)
    sums = RunSums(
        done=untrusted.array(file, "done", shape, "u1").astype(bool),
        counts=untrusted.array(file, "counts", shape, "i8"),
        observables={gridded.name: _read_observable(file, gridded, shape) for gridded in spec.observables},
    )
    stored = None
    if "shards" in file:
        stored = ShardFolder(path, spec, untrusted.array(file, "shards", shape, "u4"))
    return Run(spec, sums, provenance, str(path), stored, read_records(file))


def _read_provenance(text: str) -> Provenance:
    found = json.loads(text)
    for field in fields(Provenance):
        value = found.get(field.name, field.default)
        plain = isinstance(value, str) if field.type is str else isinstance(value, int | float) and 0 <= value < 1e18
        if not plain:
            raise StoreError(f"provenance: {field.name} is {str(value)[:60]!r}; the file is not trustworthy")
    return Provenance(**found)


def _refuse_paths(resolved: Any) -> None:
    """A stored spec holds the tables themselves; a stranger's must not make us read files."""
    waiting = [resolved]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict) and "file" in entry:
            raise StoreError(f"spec_resolved: names the file {str(entry['file'])[:60]!r}, which is not read")
        if isinstance(entry, dict) and "function" in entry and "sha256" not in entry:
            raise StoreError("spec_resolved: names a function without the checksum of its file, which is not read")
        if isinstance(entry, dict | list):
            waiting += entry.values() if isinstance(entry, dict) else entry


def _read_observable(file: h5py.File, gridded: GriddedObservable, blocks: tuple[int, int]) -> ObservableSums:
    group = untrusted.child(file, gridded.name, h5py.Group)
    components = len(gridded.observable.COMPONENTS)
    shape = tuple(map(len, gridded.stored_axes.values()))
    stored = untrusted.child(group, "rank", h5py.Dataset)
    keep = int(stored.shape[0]) if len(stored.shape) == 1 else 0
    if not 0 < keep <= 1 << 16:
        raise StoreError(f"{group.name}/rank: has the size {stored.shape}; the file is not trustworthy")

    def sums(name: str, rows: int) -> Array:
        stored: Array = untrusted.array(group, name, (*blocks, rows, *shape), "f8")
        return stored.reshape(*blocks, rows, *gridded.grid)

    listed = (components, *shape, keep)
    return ObservableSums(
        totals=sums("totals", components),
        products=sums("products", components * (components + 1) // 2),
        largest=Largest(
            untrusted.array(group, "largest_values", listed, "f8").reshape(-1, keep),
            untrusted.array(group, "largest_defects", listed, "i8").reshape(-1, keep),
        ),
    )


def _write_observable(
    group: h5py.Group, gridded: GriddedObservable, sums: ObservableSums, outer: dict[str, h5py.Dataset], in_kelvin: bool
) -> None:
    names, keep = gridded.observable.COMPONENTS, sums.largest.keep
    pairs = [f"{a}*{b}" for i, a in enumerate(names) for b in names[i:]]
    axes = gridded.stored_axes
    scales = outer | {
        axis: _scale(group, axis, values, AXIS_UNITS[axis] if in_kelvin else "1") for axis, values in axes.items()
    }
    scales |= {
        "component": _scale(group, "component", np.array(names, dtype="S")),
        "pair": _scale(group, "pair", np.array(pairs, dtype="S")),
        "rank": _scale(group, "rank", np.arange(keep)),
    }
    shape = tuple(map(len, axes.values()))
    for name, array, rows in (("totals", sums.totals, "component"), ("products", sums.products, "pair")):
        _write(group, name, array.reshape(*array.shape[:3], *shape), ("sample", "block", rows, *axes), scales)
    for name, listed in (("largest_values", sums.largest.values), ("largest_defects", sums.largest.defects)):
        _write(group, name, listed.reshape(len(names), *shape, keep), ("component", *axes, "rank"), scales)


def _write_text(group: h5py.Group, name: str, text: str) -> None:
    encoded = text.encode()
    group.create_dataset(name, data=np.array(encoded, dtype=f"S{max(1, len(encoded))}"))


def _scale(group: h5py.Group, name: str, values: np.ndarray[Any, Any], unit: str = "") -> h5py.Dataset:
    data = group.create_dataset(name, data=values)
    data.make_scale(name)
    if unit:
        data.attrs["units"] = np.bytes_(unit)
    return data


def _write(
    group: h5py.Group, name: str, values: np.ndarray[Any, Any], axes: tuple[str, ...], scales: dict[str, h5py.Dataset]
) -> None:
    data = group.create_dataset(name, data=values)
    for position, axis in enumerate(axes):
        data.dims[position].attach_scale(scales[axis])
