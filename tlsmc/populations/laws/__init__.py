"""Laws of one random parameter.

A file ``name.py`` with one subclass of :class:`~tlsmc.populations.laws.base.Law` adds ``law = "name"`` to the spec.
"""
