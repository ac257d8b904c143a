"""Monte Carlo ensembles of tunnelling two-level systems (TLS) in metals.

>>> import tlsmc
>>> spec = tlsmc.load_spec("runs/quickstart.toml")    # doctest: +SKIP
>>> run = tlsmc.run(spec, "quickstart.h5")            # doctest: +SKIP
>>> run["attenuation.relaxation"].mean                # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tlsmc.errors import SpecError, StoreError, TlsmcError, ValidityError, WorkerError
from tlsmc.version import VERSION

if TYPE_CHECKING:
    from tlsmc.claims import audit
    from tlsmc.results.run import Run
    from tlsmc.results.store import open_run
    from tlsmc.simulation.merge import merge
    from tlsmc.simulation.run import resume, run
    from tlsmc.simulation.verify import verify
    from tlsmc.spec.reader import load_spec, parse_spec
    from tlsmc.spec.spec import Spec

__version__ = VERSION

# Resolved on first use: `import tlsmc` and `tlsmc --help` must not wait for scipy and h5py.
_LAZY = {
    "load_spec": "tlsmc.spec.reader",
    "parse_spec": "tlsmc.spec.reader",
    "Spec": "tlsmc.spec.spec",
    "run": "tlsmc.simulation.run",
    "resume": "tlsmc.simulation.run",
    "merge": "tlsmc.simulation.merge",
    "verify": "tlsmc.simulation.verify",
    "audit": "tlsmc.claims",
    "open_run": "tlsmc.results.store",
    "Run": "tlsmc.results.run",
}

__all__ = [
    "Run",
    "Spec",
    "SpecError",
    "StoreError",
    "TlsmcError",
    "ValidityError",
    "WorkerError",
    "audit",
    "closed_forms",
    "load_spec",
    "merge",
    "open_run",
    "parse_spec",
    "resume",
    "run",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "closed_forms":
        return importlib.import_module("tlsmc.closed_forms")
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'tlsmc' has no attribute {name!r}")
