"""Monte Carlo ensembles of tunnelling two-level systems (TLS) in metals.

>>> spec = tlsmc.load_spec("small.toml")
>>> run = tlsmc.run(spec, "first.h5")
>>> print(run["dephasing"].mean.round(2), run["dephasing"].exact.round(2))
[0.26 0.95] [0.25 0.95]

Energies, temperatures and frequencies are in one unit (k_B = hbar = 1): kelvin in a spec with units, its own scale in a
spec without.  In the examples `tlsmc` and numpy as `np` are imported; `small.toml` is a spec of 16 samples of 1000
defects and `small.h5` its run, `wire.toml` a spec with a section [fit] and `wire.fit.h5` its fit.
"""

from typing import TYPE_CHECKING

from tlsmc.lazy import lazy
from tlsmc.version import VERSION

if TYPE_CHECKING:
    from tlsmc import closed_forms as closed_forms
    from tlsmc import diagnostics as diagnostics
    from tlsmc import fitting as fitting
    from tlsmc import reporting as reporting
    from tlsmc.claims import audit as audit
    from tlsmc.errors import SpecError as SpecError
    from tlsmc.errors import StoreError as StoreError
    from tlsmc.errors import TlsmcError as TlsmcError
    from tlsmc.errors import ValidityError as ValidityError
    from tlsmc.errors import WorkerError as WorkerError
    from tlsmc.observables.averages import kondo_average as kondo_average
    from tlsmc.observables.averages import kondo_mean as kondo_mean
    from tlsmc.results.citation import citation as citation
    from tlsmc.results.curve import Curve as Curve
    from tlsmc.results.run import Run as Run
    from tlsmc.results.store import open_run as open_run
    from tlsmc.simulation.merge import merge as merge
    from tlsmc.simulation.run import resume as resume
    from tlsmc.simulation.run import run as run
    from tlsmc.simulation.verify import verify as verify
    from tlsmc.spec.reader import load_spec as load_spec
    from tlsmc.spec.reader import parse_spec as parse_spec
    from tlsmc.spec.spec import Spec as Spec

__version__ = VERSION

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "tlsmc.claims": "audit",
        "tlsmc.errors": "SpecError StoreError TlsmcError ValidityError WorkerError",
        "tlsmc.observables.averages": "kondo_average kondo_mean",
        "tlsmc.results.citation": "citation",
        "tlsmc.results.curve": "Curve",
        "tlsmc.results.run": "Run",
        "tlsmc.results.store": "open_run",
        "tlsmc.simulation.merge": "merge",
        "tlsmc.simulation.run": "resume run",
        "tlsmc.simulation.verify": "verify",
        "tlsmc.spec.reader": "load_spec parse_spec",
        "tlsmc.spec.spec": "Spec",
    },
    rooms=("closed_forms", "diagnostics", "fitting", "reporting"),
)
