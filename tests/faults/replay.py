"""What a disk may hold after a stop: replays the system calls that ``recorder.c`` has written down.

A record is one byte for the operation, three little-endian numbers a, b, size, and as many bytes: O open (a descriptor,
b & 1 create, b & 2 truncate, path), W write (a descriptor, data), S fsync, C close, R rename (from NUL to), U unlink,
M mkdir, P promise (text; written by the program under test itself: "what is there now must not be lost").
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field
from pathlib import Path

PAGE = 4096


@dataclass
class Operation:
    kind: str
    a: int = 0
    b: int = 0
    data: bytes = b""
    #: Path of the descriptor, filled in by :func:`read_log`.
    path: str = ""

    @property
    def site(self):
        """Which call of fsync this is, by what it is called on."""
        name = Path(self.path).name
        if name.endswith(".tmp"):
            return "shard" if Path(self.path).parent.name.endswith(".d") else "run file"
        return "folder of shards" if name.endswith(".d") else "folder"


def read_log(path, root):
    """Operations of a log, their paths relative to ``root``; the first fsync of a folder after a mkdir in it has a
    site of its own."""
    raw, at, names, operations = Path(path).read_bytes(), 0, {}, []
    while at < len(raw):
        kind, a, b, size = struct.unpack_from("<cIII", raw, at)
        data = raw[at + 13 : at + 13 + size]
        at += 13 + size
        operation = Operation(kind.decode(), a, b, data)
        assert operation.kind in "OWSCRUMP", operation
        if operation.kind == "O":
            names[a] = _relative(data, root)
        operation.path = names.get(a, "") if operation.kind in "OWSC" else _relative(data.split(b"\0")[0], root)
        operations.append(operation)
    return operations


def _relative(path, root):
    path = path.decode()
    return str(Path(path).relative_to(root)) if path.startswith(str(root)) else path


@dataclass
class File:
    durable: bytes = b""
    content: bytearray = field(default_factory=bytearray)


@dataclass
class Disk:
    """A disk with its cache: names and contents as processes see them, and as they are after a loss of power.

    ``waiting`` are the changes of names since the last fsync of the folder, by folder.  Any subset of them may
    survive, in their order.
    """

    names: dict = field(default_factory=dict)
    durable_names: dict = field(default_factory=dict)
    waiting: dict = field(default_factory=dict)
    descriptors: dict = field(default_factory=dict)
    promise: str = ""

    @classmethod
    def holding(cls, files):
        """A disk with some files, by relative path, all of them safe."""
        disk = cls()
        for path, content in files.items():
            file = "folder" if content is None else File(content, bytearray(content))
            disk.names[path] = disk.durable_names[path] = file
        return disk

    def apply(self, operation, root, part=None):
        """One operation; of a write only the first ``part`` bytes, if given."""
        kind, path = operation.kind, operation.path
        if kind == "O":
            if path not in self.names and operation.b & 1:
                self._change(path, (("set", path, File()),))
            file = self.names.get(path, "folder")
            if operation.b & 2 and isinstance(file, File):
                file.content.clear()
            self.descriptors[operation.a] = (path, file)
        elif kind == "W":
            self.descriptors[operation.a][1].content.extend(operation.data[:part])
        elif kind == "S":
            path, file = self.descriptors[operation.a]
            if isinstance(file, File):
                file.durable = bytes(file.content)
            else:
                for change in self.waiting.pop(path, []):
                    _change_names(self.durable_names, change)
        elif kind == "R":
            target = _relative(operation.data.split(b"\0")[1], root)
            self._change(path, (("remove", path, None), ("set", target, self.names[path])))
        elif kind == "U":
            self._change(path, (("remove", path, None),))
        elif kind == "M":
            self._change(path, (("set", path, "folder"),))
        elif kind == "P":
            self.promise = operation.data.decode()

    def _change(self, path, change):
        _change_names(self.names, change)
        self.waiting.setdefault(str(Path(path).parent), []).append(change)

    def now(self):
        """Files as processes see them: what a killed process leaves."""
        return {path: file if file == "folder" else bytes(file.content) for path, file in self.names.items()}

    def after_power_cut(self, rng, most=6):
        """Some of the states that a loss of power may leave: nothing unsafe kept, all names but no data, all subsets of
        names where they are few, and random ones."""
        changes = [(folder, i) for folder, waiting in self.waiting.items() for i in range(len(waiting))]
        if len(changes) <= 3:
            subsets = [set(s) for n in range(len(changes) + 1) for s in itertools.combinations(changes, n)]
        else:
            subsets = [set(), set(changes)] + [{change} for change in changes[-3:]]
            subsets += [{c for c in changes if rng.random() < 0.5} for _ in range(most)]
        for kept in subsets:
            names = dict(self.durable_names)
            for folder, waiting in self.waiting.items():
                for i, change in enumerate(waiting):
                    if (folder, i) in kept:
                        _change_names(names, change)
            for how in ("none", "all", "random"):
                yield {path: _survivor(file, how, rng) for path, file in names.items()}


def _change_names(names, change):
    for what, path, file in change:
        if what == "set":
            names[path] = file
        else:
            names.pop(path, None)


def _survivor(file, how, rng):
    """Content of a file after a loss of power: of what was not forced to disk, any page may be missing."""
    if file == "folder":
        return file
    durable, content = file.durable, bytes(file.content)
    if how == "none" or durable == content:
        return durable
    if how == "all":
        return content
    pages = bytearray()
    for start in range(0, int(rng.integers(0, len(content) + 1)), PAGE):
        new, old = content[start : start + PAGE], durable[start : start + PAGE]
        pages += new if rng.random() < 0.5 else old.ljust(len(new), b"\0")
    return bytes(pages)


def write_out(files, folder):
    """Make ``folder`` hold a state."""
    folder.mkdir(parents=True)
    for path, content in sorted(files.items()):
        if content == "folder":
            (folder / path).mkdir(exist_ok=True)
        # A file whose folder is lost is lost with it.
        elif (folder / path).parent.is_dir():
            (folder / path).write_bytes(content)
