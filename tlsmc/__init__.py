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
    from tlsmc import closed_forms
    from tlsmc.claims import audit
    from tlsmc.ensemble import resume, run
    from tlsmc.merging import merge
    from tlsmc.results import Run
    from tlsmc.spec import Spec
    from tlsmc.specfile import load_spec, parse_spec
    from tlsmc.store import open_run
    from tlsmc.verifying import verify

__version__ = VERSION

# Resolved on first use: `import tlsmc` and `tlsmc --help` must not wait for scipy and h5py.
_LAZY = {
    "load_spec": "tlsmc.specfile",
    "parse_spec": "tlsmc.specfile",
    "Spec": "tlsmc.spec",
    "run": "tlsmc.ensemble",
    "resume": "tlsmc.ensemble",
    "merge": "tlsmc.merging",
    "verify": "tlsmc.verifying",
    "audit": "tlsmc.claims",
    "open_run": "tlsmc.store",
    "Run": "tlsmc.results",
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
