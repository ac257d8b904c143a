"""Public names that are imported when they are asked for: `import tlsmc` must not wait for scipy and h5py."""

import importlib
from collections.abc import Callable
from typing import Any


def lazy(
    package: str, names: dict[str, str], rooms: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a package whose public names live elsewhere.

    Parameters
    ----------
    package
        ``__name__`` of the package.
    names
        For each module the names that it gives, separated by blanks.
    rooms
        Packages below this one that are public too.
    """
    home = {name: module for module, given in names.items() for name in given.split()}

    def resolve(name: str) -> Any:
        if name in rooms:
            return importlib.import_module(f"{package}.{name}")
        if name in home:
            return getattr(importlib.import_module(home[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    public = sorted([*home, *rooms])
    return resolve, lambda: public, public
