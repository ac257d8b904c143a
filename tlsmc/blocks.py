"""One block of a run, from its random stream to its sums: the unit that workers compute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import ValidityError
from tlsmc.kernels import Program, accumulate, contributions
from tlsmc.spec import Spec, Study
from tlsmc.statistics.largest import defect_numbers, kept
from tlsmc.statistics.sums import PairwiseSum

Array = NDArray[np.float64]
Listed = tuple[NDArray[np.int64], Array, NDArray[np.int64]]


@dataclass(slots=True)
class BlockSums:
    """Sums of one block: per observable totals, products and the contributions worth listing.

    The latter are flat places on the (component, temperature, frequency) grid, values, and numbers of the defects.
    """

    sample: int
    block: int
    count: int
    observables: dict[str, tuple[Array, Array, Listed]]


def simulate_blocks(spec: Spec, group: NDArray[np.int64], floors: dict[str, Array] | None) -> list[BlockSums]:
    """Simulate blocks given as rows (sample, block).

    ``floors`` are values that a contribution must exceed to be among the largest of the run; without them the first
    batch sets its own.
    """
    floors = {} if floors is None else {name: floor.copy() for name, floor in floors.items()}
    return [_simulate(spec, int(sample), int(block), floors) for sample, block in group]


def _simulate(spec: Spec, sample: int, block: int, floors: dict[str, Array]) -> BlockSums:
    programs = {study.name: study.observable.program(spec.population) for study in spec.studies}
    trees = {study.name: PairwiseSum() for study in spec.studies}
    listed: dict[str, list[Listed]] = {study.name: [] for study in spec.studies}
    count = 0
    for batch, points in spec.layout.batches(sample, block, spec.population.dimensions):
        columns = spec.population.columns(points)
        count += points.shape[1]
        for study in spec.studies:
            program, rows = programs[study.name], study.observable.points(study.omega)
            shape = (program.components, *study.grid)
            full = study.name in floors
            if not full:
                keep = kept(int(np.prod(shape)), spec.layout.samples * spec.layout.defects)
                floors[study.name] = _first_floor(program, columns, study.T, rows, keep)
                # Later batches have higher numbers and lose ties; this one must list its own.
            floor = floors[study.name] if full else np.nextafter(floors[study.name], -np.inf)
            sums = accumulate(program, columns, study.T, rows, floor.reshape(shape))
            if not np.isfinite(sums.products).all():
                _name_culprit(study, program, columns, sample, batch)
            trees[study.name].add((sums.totals, sums.products))
            listed[study.name].append((sums.places, sums.values, defect_numbers(sample, batch, sums.defects)))
    observables = {}
    for name, tree in trees.items():
        totals, products = tree.result()
        parts = [np.concatenate(part) for part in zip(*listed[name], strict=True)]
        observables[name] = (totals, products, (parts[0], parts[1], parts[2]))
    return BlockSums(sample, block, count, observables)


def _first_floor(program: Program, columns: dict[str, Array], T: Array, rows: Array, keep: int) -> Array:
    """The last of the ``keep`` largest contributions of a batch at each place, flat; -inf where it has fewer."""
    count = len(next(iter(columns.values())))
    shape = (program.components, len(T), len(rows))
    floor = np.full(shape, -np.inf)
    if count > keep:
        with np.errstate(all="ignore"):
            for i, temperature in enumerate(T):
                parts = contributions(program, columns, float(temperature), rows.T[:, :, None])
                for k, part in enumerate(parts):
                    floor[k, i] = np.partition(np.atleast_2d(part), count - keep, axis=1)[:, count - keep]
    return floor.ravel()


def _name_culprit(study: Study, program: Program, columns: dict[str, Array], sample: int, batch: int) -> None:
    """Raise an error that names the first defect whose contribution is not finite or whose square overflows."""
    rows = study.observable.points(study.omega)
    with np.errstate(all="ignore"):
        for T in study.T:
            parts = contributions(program, columns, float(T), rows.T[:, :, None])
            for name, part in zip(study.observable.COMPONENTS, parts, strict=True):
                bad = np.argwhere(~np.isfinite(np.atleast_2d(part) ** 2))
                if len(bad):
                    frequency, defect = (int(i) for i in bad[0])
                    made = ", ".join(f"{key} = {column[defect]:.6g}" for key, column in columns.items())
                    value = np.atleast_2d(part)[frequency, defect]
                    raise ValidityError(
                        f"{study.name}.{name}: contribution {value} at T = {T:.6g}, "
                        f"omega = {study.omega[frequency]:.6g} of defect {defect} in batch {batch} of sample {sample} "
                        f"({made}); "
                        "narrow the laws of [population.parameters] to where the formula holds"
                    )
    raise ValidityError(f"{study.name}: the sum over a batch overflows; choose energies closer to 1 in natural units")
