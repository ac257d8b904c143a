"""Populations of defects: the laws of their parameters, the random streams, and what is drawn from them.

A file ``name.py`` that defines one subclass of :class:`~tlsmc.populations.base.Population` adds ``model = "name"`` to
the spec.
"""
