"""Laws of one random parameter; the folder is the registry.

A file ``name.py`` with one subclass of :class:`~tlsmc.populations.laws.base.Law` adds ``law = "name"`` to the spec.
"""

from __future__ import annotations

from tlsmc.populations.laws.base import Law
from tlsmc.registry import class_in, names_in

__all__ = ["Law", "law_class", "law_names"]

_NOT_LAWS = ("base",)


def law_names() -> list[str]:
    """Names of all laws, sorted."""
    return names_in(__name__, _NOT_LAWS)


def law_class(name: str) -> type[Law]:
    """Class of the law ``name``, imported only now; :class:`SpecError` names the nearest known one."""
    return class_in(__name__, name, _NOT_LAWS, Law, "law")
