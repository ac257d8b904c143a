"""The run file: block sums, spec and provenance in one HDF5 file that is whole at any moment."""

from tlsmc.errors import NoSpaceError
from tlsmc.results.store.runfile import open_run, run_image
from tlsmc.results.store.sealed import leftover, locked, replace_file, sealed_kind
from tlsmc.results.store.shards import ShardFolder, new_shards, shard_bytes

__all__ = [
    "NoSpaceError",
    "ShardFolder",
    "leftover",
    "locked",
    "new_shards",
    "open_run",
    "replace_file",
    "run_image",
    "sealed_kind",
    "shard_bytes",
]
