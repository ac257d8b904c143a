"""Observables, one file each.

A file ``name.py`` that defines one subclass of :class:`~tlsmc.observables.base.Observable` adds
``[observables.name]`` to the spec; files that define none are helpers.
"""
