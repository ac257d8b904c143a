"""The file on disk: a checked image, replaced as a whole.

A library that appends to a live HDF5 file can lose completed data when the process is killed, so none ever writes to
disk here.  The image of the whole file is built in memory, gets a header with its length and SHA-256 in the user block
that HDF5 leaves free, goes to ``FILE.tmp``, is forced to disk and renamed over ``FILE``.
"""

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from tlsmc.errors import NoSpaceError, StoreError

#: Length of the header, the smallest user block that HDF5 allows.
HEADER = 512
#: Version of the layout inside the file.
SCHEMA = 1

_PATTERN = re.compile(rb"tlsmc ([a-z ]{1,20})\nschema (\d{1,6})\nlength (\d{1,18})\nsha256 ([0-9a-f]{64})\n")


def sealed(buffer: io.BytesIO, kind: str = "run file") -> memoryview:
    """An image whose first :data:`HEADER` bytes, free until now, certify the rest.

    It is the buffer's own memory: there is no room for copies of a large run.
    """
    image = buffer.getbuffer()
    content = image[HEADER:]
    image[:HEADER] = _header(kind, SCHEMA, len(content), hashlib.sha256(content).hexdigest())
    return image


def sealed_kind(path: str | Path) -> str:
    """What the header of a file says that it is, "run file" say; "" if it says nothing, or there is no such file."""
    if not Path(path).is_file():
        return ""
    try:
        with open(path, "rb") as file:
            match = _PATTERN.match(file.read(HEADER))
    except OSError:
        return ""
    return match[1].decode() if match else ""


def read_sealed(path: Path, kind: str = "run file") -> bytes:
    """The image at ``path``, checked against its header.

    Raises
    ------
    StoreError
        No such file, another format or schema, or any bit of it is not what was written.
    """
    try:
        # Not to wait for the other end of a pipe that someone calls a run file.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StoreError(f"{path}: cannot be read (it is not a file); give the path of a {kind}")
            header = file.read(HEADER)
            length, digest = _promised(path, header, kind, os.fstat(descriptor).st_size - HEADER)
            content = file.read()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); give the path of a {kind}") from None
    except MemoryError:
        raise StoreError(f"{path}: does not fit the memory; read it on a larger machine") from None
    intact = hashlib.sha256(content).hexdigest() == digest and header == _header(kind, SCHEMA, length, digest)
    if len(content) != length or not intact:
        raise StoreError(f"{path}: is damaged (its SHA-256 differs from its header's); restore a copy, or run again")
    return b"".join((header, content))


def _promised(path: Path, header: bytes, kind: str, found: int) -> tuple[int, str]:
    """Length and SHA-256 that the header promises of the ``found`` bytes after it."""
    match = _PATTERN.match(header)
    if match is None:
        raise StoreError(f"{path}: is not a {kind}, or its header is damaged; restore a copy, or run the spec again")
    if match[1].decode() != kind:
        raise StoreError(f"{path}: is a {match[1].decode()}, not a {kind}; give the path of a {kind}")
    schema, length = int(match[2]), int(match[3])
    if schema != SCHEMA:
        raise StoreError(f"{path}: has schema {schema}, this version reads {SCHEMA}; use the version that wrote it")
    if found != length:
        raise StoreError(f"{path}: has {found} bytes where {length} were written; restore a copy, or run again")
    return length, match[4].decode()


def replace_file(path: Path, image: bytes | memoryview) -> None:
    """Make ``path`` hold ``image``, or leave it as it was: no other state survives a stop at any moment."""
    place_file(path, image)
    sync_folder(path.parent)


def place_file(path: Path, image: bytes | memoryview) -> None:
    """As :func:`replace_file`, but a loss of power may undo it until :func:`sync_folder` has been called."""
    temporary = leftover(path)
    try:
        _write_through(temporary, image)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise explained(path, error) from None


def leftover(path: Path) -> Path:
    """What a stop in the middle of writing ``path`` leaves behind."""
    return path.with_name(path.name + ".tmp")


def explained(path: Path, error: OSError) -> StoreError:
    """The error for the user when ``path`` could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoSpaceError(f"{path}: no space left to write ({error.strerror}); free some, then resume")
    return StoreError(f"{path}: cannot be written ({error.strerror}); check the folder and its permissions")


def _header(kind: str, schema: int, length: int, digest: str) -> bytes:
    return f"tlsmc {kind}\nschema {schema}\nlength {length}\nsha256 {digest}\n".encode().ljust(HEADER, b"\n")


def _write_through(path: Path, content: bytes | memoryview) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise explained(folder, error) from None


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
            raise explained(path, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StoreError(f"{path}: another process is writing it; wait for it, or choose another file") from None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                return descriptor
        os.close(descriptor)
