"""What a run records besides its sums, once these are complete: one module per kind of trajectory.

Everything follows from the spec and the sums, so it has the same bits for any number of workers and after any
interruption.
"""

from collections.abc import Callable, Iterable
from typing import Any

from tlsmc.results.run import Record, Run
from tlsmc.simulation.trajectories.record_telegraph import record_telegraph, telegraph_bytes
from tlsmc.simulation.trajectories.recorded import record_convergence, record_defects, record_samples, tracked_bytes
from tlsmc.spec.spec import Spec

#: Applies a function to each of some arguments, perhaps in parallel; results in order.
Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]

__all__ = ["Mapper", "record", "record_bytes"]


def record(run: Run, mapper: Mapper) -> dict[str, Record]:
    """All records that the spec of a complete run asks for, by name."""
    wanted, records = run.spec.trajectories, dict[str, Record]()
    if wanted.convergence:
        records |= record_convergence(run, wanted.convergence)
    if wanted.samples:
        records |= record_samples(run)
    if wanted.defects is not None:
        records |= record_defects(run, wanted.defects)
    if wanted.telegraph is not None:
        records["telegraph"] = record_telegraph(run.spec, wanted.telegraph, mapper)
    return records


def record_bytes(spec: Spec) -> int:
    """Bytes that the records of a run take in its file, at most."""
    places = sum(len(s.observable.COMPONENTS) * s.grid[0] * s.grid[1] for s in spec.observables)
    wanted, need = spec.trajectories, 0
    need += 2 * 8 * wanted.convergence * places
    need += 8 * spec.layout.samples * places if wanted.samples else 0
    need += tracked_bytes(spec, wanted.defects) if wanted.defects is not None else 0
    need += telegraph_bytes(wanted.telegraph) if wanted.telegraph is not None else 0
    return need
