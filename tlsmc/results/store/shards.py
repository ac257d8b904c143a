"""What a run keeps of every defect: one immutable file for each block, in the folder ``FILE.d`` beside the run file.

::

    /columns/NAME            (defect,)                                     the population
    /contributions/NAME      (component, temperature, point, defect)   only if asked for

A shard is a sealed image like the run file, put in place whole.  Its name tells its defects, its content never
changes, and the run file lists its checksum, so that nothing else is ever read in its place.  The run file is written
only after the shards that it lists.
"""

import io
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import StoreError
from tlsmc.results.defects import Columns
from tlsmc.results.store import untrusted
from tlsmc.results.store.sealed import HEADER, explained, place_file, read_sealed, sealed, sync_folder
from tlsmc.spec.spec import Spec

# Header, groups and the headers of datasets, measured.
_OVERHEAD = 2200


@dataclass(slots=True)
class ShardFolder:
    """The shards of the run file ``path``, whose checksums are listed in ``checksums``, shape (samples, blocks)."""

    path: Path
    spec: Spec
    checksums: NDArray[np.uint32]

    @property
    def folder(self) -> Path:
        """Where the shards are."""
        return self.path.with_name(self.path.name + ".d")

    def shard(self, sample: int, block: int) -> Path:
        """File of a block: the name has the sample, its first defect and the one after its last."""
        first, last = self.spec.layout.block_range(block)
        return self.folder / f"{sample:06d}-{first:013d}-{last:013d}.h5"

    def prepare(self) -> None:
        """Make the folder, and remove what a stop in the middle of a write may have left in it."""
        try:
            self.folder.mkdir(exist_ok=True)
            for name in self.folder.glob("*.tmp"):
                name.unlink()
        except OSError as error:
            raise explained(self.folder, error) from None
        sync_folder(self.path.parent)

    def write(self, sample: int, block: int, columns: Columns, contributions: Columns) -> int:
        """Write the shard of a block; returns its checksum."""
        image = _image(columns, contributions)
        place_file(self.shard(sample, block), image)
        return zlib.crc32(image)

    def sync(self) -> None:
        """Make all shards written so far survive a loss of power."""
        sync_folder(self.folder)

    def read(self, sample: int, block: int) -> tuple[Columns, Columns]:
        """Population columns and contributions of a block, checked against seal and checksum.

        Raises
        ------
        StoreError
            The shard is missing, damaged or not the one that belongs to the run.
        """
        path = self.shard(sample, block)
        image = read_sealed(path, "shard")
        if zlib.crc32(image) != self.checksums[sample, block]:
            raise StoreError(f"{path}: is not the shard that the run file lists; remove it, then resume")
        observables = self.spec.observables if self.spec.store == "contributions" else ()
        try:
            with h5py.File(io.BytesIO(image), "r") as file:
                untrusted.check_links(file)
                group = untrusted.child(file, "columns", h5py.Group)
                count = untrusted.length(group, next(iter(self.spec.sampler.COLUMNS)))
                columns = {n: untrusted.array(group, n, (count,), "f8") for n in self.spec.sampler.COLUMNS}
                values = {}
                for gridded in observables:
                    shape = (len(gridded.observable.COMPONENTS), *gridded.grid, count)
                    values[gridded.name] = untrusted.array(file["contributions"], gridded.name, shape, "f8")
                return columns, values
        except StoreError as error:
            raise StoreError(f"{path}: {error}") from None
        except (OSError, ArithmeticError, LookupError, ValueError, TypeError, RuntimeError, MemoryError) as error:
            raise StoreError(f"{path}: does not hold a shard ({str(error)[:200]}); remove it, then resume") from None

    def missing(self) -> NDArray[np.bool_]:
        """Blocks whose shard is listed but not there, shape (samples, blocks)."""
        there = {entry.name for entry in os.scandir(self.folder)} if self.folder.is_dir() else set()
        lost = np.zeros(self.checksums.shape, bool)
        for sample, block in np.argwhere(self.checksums).tolist():
            lost[sample, block] = self.shard(sample, block).name not in there
        return lost

    def tidy(self) -> None:
        """Remove shards of shorter blocks that the run has outgrown."""
        listed = {self.shard(sample, block).name for sample, block in np.argwhere(self.checksums).tolist()}
        for path in self.folder.glob("*.h5"):
            if path.name not in listed:
                path.unlink(missing_ok=True)


def new_shards(path: Path, spec: Spec) -> ShardFolder | None:
    """The folder of the shards of a run at ``path``, with none listed yet; None if the spec stores none."""
    if spec.store == "none":
        return None
    shards = ShardFolder(path, spec, np.zeros((spec.layout.samples, spec.layout.blocks), np.uint32))
    shards.prepare()
    return shards


def shard_bytes(spec: Spec, blocks: NDArray[np.bool_]) -> int:
    """Size of the shards of some blocks, a mask of shape (samples, blocks), to within their headers."""
    if spec.store == "none":
        return 0
    numbers = len(spec.sampler.COLUMNS)
    if spec.store == "contributions":
        numbers += sum(len(s.observable.COMPONENTS) * int(np.prod(s.grid)) for s in spec.observables)
    return int((blocks * (8 * numbers * spec.layout.block_sizes + _OVERHEAD)).sum())


def _image(columns: Columns, contributions: Columns) -> memoryview:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("v110", "v110"), userblock_size=HEADER) as file:
        for name, members in (("columns", columns), ("contributions", contributions)):
            if members:
                group = file.create_group(name)
                for member, values in members.items():
                    group.create_dataset(member, data=values)
    return sealed(buffer, "shard")
