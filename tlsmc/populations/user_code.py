"""A user's own code in a spec: a name in a Python file beside it, identified by the checksum of the file.

:meth:`UserCode.load` is the only place of the package where a file of a user is executed.
"""

from __future__ import annotations

import copyreg
import dataclasses
import hashlib
import linecache
import re
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from types import ModuleType
from typing import Any

from tlsmc.errors import CodeError, SpecError


@dataclass(frozen=True, slots=True)
class UserCode:
    """What is called NAME in a file of the user, ``function`` = "FILE:NAME"; ``folder`` is where FILE is sought.

    ``sha256`` identifies the file.  Its ``source``, where it has been read, travels with this to other processes.
    """

    function: str
    sha256: str
    folder: str = field(compare=False)
    source: bytes = field(default=b"", compare=False, repr=False)

    @classmethod
    def named(cls, function: str, folder: str | Path, sha256: str = "") -> UserCode:
        """The code that a spec names; the file is read, but not executed, unless there is a checksum.

        Raises
        ------
        CodeError
            The file cannot be read.
        SpecError
            ``function`` is not FILE:NAME with a file in or below the folder.
        """
        file, _, name = function.rpartition(":")
        if not file or not name.isidentifier():
            raise SpecError(f"function = {function!r} is not FILE:NAME; write for example 'my_law.py:sample'")
        # Its rules include those of all other systems.
        path = PureWindowsPath(file)
        if path.anchor or ".." in path.parts:
            raise SpecError(
                f"function = {function!r} is not beside the spec; put the file there, and give its name only"
            )
        made = cls(function, sha256, str(Path(folder).absolute()))
        if sha256:
            return made
        source = made._read()
        return cls(function, hashlib.sha256(source).hexdigest(), made.folder, source)

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.function.rpartition(":")[0]

    def load(self) -> Any:
        """What the name stands for.  The file is executed if it is the one that was meant, once in a process.

        Raises
        ------
        CodeError
            The file cannot be read, is another one, fails, or does not define the name.
        """
        source = self.source or self._read()
        if hashlib.sha256(source).hexdigest() != self.sha256:
            raise CodeError(
                f"{self.function}: the file has changed (SHA-256 not {self.sha256[:12]}...); restore it, or run anew"
            )
        if (self.file, self.sha256) not in _MODULES:
            _MODULES[self.file, self.sha256] = self._executed(source)
        module = _MODULES[self.file, self.sha256]
        name = self.function.rpartition(":")[2]
        found = vars(module).get(name)
        if not callable(found):
            raise CodeError(f"{self.function}: {self.file} defines no function {name!r}; check the name")
        if isinstance(found, type) and found not in _ORIGIN:
            _ORIGIN[found] = UserCode(self.function, self.sha256, self.folder, source)
            # Elsewhere the class is made anew, not imported.
            copyreg.pickle(found, _packed)
        return found

    def _executed(self, source: bytes) -> ModuleType:
        # Dataclasses look for their module by its name, and the compiler of formulas for their text.
        module = ModuleType(f"tlsmc_user_{self.sha256[:16]}")
        place = f"{Path(self.folder) / self.file}#{self.sha256[:8]}"
        linecache.cache[place] = len(source), None, source.decode(errors="replace").splitlines(True), place
        sys.modules[module.__name__] = module
        try:
            exec(compile(source, place, "exec"), vars(module))
        except Exception as error:
            raise CodeError(f"{self.function}: {reason(error)}; mend the file") from error
        return module

    def _read(self) -> bytes:
        path = Path(self.folder) / self.file
        # Not a device or a pipe, which may never end.
        if not path.is_file():
            raise CodeError(f"{str(path)!r} is not a file; put it beside the spec or the run file that needs it")
        try:
            return path.read_bytes()
        except OSError as error:
            raise CodeError(f"{str(path)!r} cannot be read ({error.strerror}); check its permissions") from None


#: Files that were executed, by name and checksum.
_MODULES: dict[tuple[str, str], ModuleType] = {}
_ORIGIN: dict[type, UserCode] = {}


def _packed(made: Any) -> tuple[Any, ...]:
    """An instance of a user's dataclass for another process."""
    values = {field.name: getattr(made, field.name) for field in dataclasses.fields(made) if field.init}
    return _unpacked, (_ORIGIN[type(made)], values)


def _unpacked(code: UserCode, values: dict[str, Any]) -> Any:
    return code.load()(**values)


def code_of(kind: type) -> UserCode | None:
    """Where a class comes from, None if not from a file of the user."""
    return _ORIGIN.get(kind)


def user_fault(error: Exception) -> CodeError | None:
    """What went wrong in a function of a user, in one line that names it; None if the error is none of theirs."""
    places = [(user_file(frame.filename), frame.name) for frame in traceback.extract_tb(error.__traceback__)]
    own = [f"{file}: {name}" for file, name in places if file]
    return CodeError(f"{own[-1]} failed with {reason(error)}; mend the file") if own else None


def user_file(place: str) -> str:
    """Name of the file of a user that a place of code is in, empty if it is in no such file."""
    found = re.fullmatch(r"(.*)#[0-9a-f]{8}", place)
    return Path(found[1]).name if found else ""


def reason(error: Exception) -> str:
    """Kind and text of an error, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
