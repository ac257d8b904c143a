"""The run file: block sums, spec and provenance in one HDF5 file that is whole at any moment."""

from tlsmc.store.image import NoSpaceError, locked, replace_file
from tlsmc.store.runfile import open_run, read_run, run_image

__all__ = ["NoSpaceError", "locked", "open_run", "read_run", "replace_file", "run_image"]
