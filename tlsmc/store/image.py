"""The file on disk: a checked image, replaced as a whole.

A library that appends to a live HDF5 file can lose completed data when the process is killed, so none ever writes to
disk here.  The image of the whole file is built in memory, gets a header with its length and SHA-256 in the user block
that HDF5 leaves free, goes to ``FILE.tmp``, is forced to disk and renamed over ``FILE``.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from tlsmc.errors import StoreError

#: Length of the header, the smallest user block that HDF5 allows.
HEADER = 512
#: Version of the layout inside the file.
SCHEMA = 1

_PATTERN = re.compile(rb"tlsmc run file\nschema (\d{1,6})\nlength (\d{1,18})\nsha256 ([0-9a-f]{64})\n")


class NoSpaceError(StoreError):
    """The disk is full, or a limit on the size of files is reached."""


def sealed(body: bytes) -> bytes:
    """An image whose first :data:`HEADER` bytes, free until now, certify the rest."""
    content = memoryview(body)[HEADER:]
    return _header(SCHEMA, len(content), hashlib.sha256(content).hexdigest()) + bytes(content)


def read_sealed(path: Path) -> bytes:
    """The image at ``path``, checked against its header.

    Raises
    ------
    StoreError
        No such file, another format or schema, or any bit of it is not what was written.
    """
    try:
        image = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); give the path of a run file") from None
    match = _PATTERN.match(image[:HEADER])
    if match is None:
        raise StoreError(f"{path}: is not a run file, or its header is damaged; restore a copy, or run the spec again")
    schema, length, digest = int(match[1]), int(match[2]), match[3].decode()
    if schema != SCHEMA:
        raise StoreError(f"{path}: has schema {schema}, this version reads {SCHEMA}; use the version that wrote it")
    content = memoryview(image)[HEADER:]
    if len(content) != length:
        raise StoreError(f"{path}: has {len(content)} bytes where {length} were written; restore a copy, or run again")
    intact = hashlib.sha256(content).hexdigest() == digest and image[:HEADER] == _header(schema, length, digest)
    if not intact:
        raise StoreError(f"{path}: is damaged (its SHA-256 differs from its header's); restore a copy, or run again")
    return image


def replace_file(path: Path, image: bytes) -> None:
    """Make ``path`` hold ``image``, or leave it as it was: no other state survives a stop at any moment."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        _write_through(temporary, image)
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _explained(path, error) from None


def _explained(path: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoSpaceError(f"{path}: no space left to write ({error.strerror}); free some, then resume")
    return StoreError(f"{path}: cannot be written ({error.strerror}); check the folder and its permissions")


def _header(schema: int, length: int, digest: str) -> bytes:
    return f"tlsmc run file\nschema {schema}\nlength {length}\nsha256 {digest}\n".encode().ljust(HEADER, b"\n")


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the right to write ``path``; a second writer is refused at once."""
    lock = path.with_name(path.name + ".lock")
    descriptor = _acquire(path, lock)
    try:
        yield
    finally:
        # Removed while held: whoever opened it before notices that it is no longer the file of that name.
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _acquire(path: Path, lock: Path) -> int:
    while True:
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise _explained(path, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StoreError(f"{path}: another process is writing it; wait for it, or choose another file") from None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                return descriptor
        os.close(descriptor)
