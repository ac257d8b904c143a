"""Populations of defects: the laws of their parameters, the random streams, and what is drawn from them.

The folder is the registry: a file ``name.py`` that defines one subclass of
:class:`~tlsmc.populations.base.Population` adds ``model = "name"`` to the spec.  Its other files define none.
"""

from __future__ import annotations

import difflib
import inspect
import pkgutil
from importlib import import_module

from tlsmc.errors import SpecError
from tlsmc.populations.base import Population

__all__ = ["Population", "model_class", "model_names"]


def _models_in(name: str) -> list[type[Population]]:
    """Population models that the file ``name`` of this folder defines itself."""
    module = import_module(f"{__name__}.{name}")
    return [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Population) and member is not Population and member.__module__ == module.__name__
    ]


def model_names() -> list[str]:
    """Names of all population models, sorted."""
    files = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return sorted(name for name in files if _models_in(name))


def model_class(name: str) -> type[Population]:
    """Class of the population model ``name``.

    Raises
    ------
    SpecError
        No such model; the message gives the nearest name.
    TypeError
        The file defines more than one model, a mistake of its author.
    """
    known = model_names()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise SpecError(f"model = {name!r} is not known; {guess}The models are {', '.join(known)}")
    models = _models_in(name)
    if len(models) != 1:
        raise TypeError(f"{__name__}.{name} must define exactly one Population, it defines {len(models)}")
    return models[0]
