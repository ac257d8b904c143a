"""Populations of defects: the laws of their parameters, the random streams, and what is drawn from them.

The folder is the registry: a file ``name.py`` that defines one subclass of
:class:`~tlsmc.populations.base.Population` adds ``model = "name"`` to the spec.
"""

from __future__ import annotations

from tlsmc.populations.base import Population
from tlsmc.registry import class_in, names_in

__all__ = ["Population", "model_class", "model_names"]

_NOT_MODELS = ("base", "proposals", "joint", "kondo_nodes", "nodes", "streams")


def model_names() -> list[str]:
    """Names of all population models, sorted."""
    return names_in(__name__, _NOT_MODELS)


def model_class(name: str) -> type[Population]:
    """The population model ``name``; :class:`SpecError` names the nearest known one."""
    return class_in(__name__, name, _NOT_MODELS, Population, "model")
