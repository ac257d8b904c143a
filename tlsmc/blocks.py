"""One block of a run, from its random stream to its sums: the unit that workers compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsmc.defects import Columns, block_batches, block_contributions, joined
from tlsmc.errors import SpecError, ValidityError
from tlsmc.kernels import BatchSums, Program, contributions, kernel
from tlsmc.spec import Spec, Study
from tlsmc.statistics.largest import defect_numbers, kept
from tlsmc.statistics.sums import ObservableSums, PairwiseSum, RunSums

Array = NDArray[np.float64]
Listed = tuple[NDArray[np.int64], Array, NDArray[np.int64]]
#: Called when a block begins, with its sample and number.
Begin = Callable[[int, int], None]
#: Stores the columns and contributions of a block of a sample; returns a checksum.
Keep = Callable[[int, int, Columns, Columns], int]


@dataclass(slots=True)
class BlockSums:
    """Sums of one block: per observable totals, products and the contributions worth listing.

    The latter are flat places on the (component, temperature, frequency) grid, values, and numbers of the defects.
    ``shard`` is the checksum of what was stored of every defect, 0 if nothing was.
    """

    sample: int
    block: int
    count: int
    observables: dict[str, tuple[Array, Array, Listed]]
    shard: int = 0


def empty_sums(spec: Spec) -> RunSums:
    """Block sums of a run that has not begun."""
    layout = spec.layout
    sums = RunSums.empty(layout.samples, layout.blocks)
    for study in spec.studies:
        components = len(study.observable.COMPONENTS)
        keep = kept(components * study.grid[0] * study.grid[1], layout.samples * layout.defects)
        sums.observables[study.name] = ObservableSums.empty(layout.samples, layout.blocks, components, study.grid, keep)
    return sums


def part_mask(spec: Spec, part: str) -> NDArray[np.bool_]:
    """Blocks, shape (samples, blocks), that belong to part "k/n" of a run; all of them if the part is empty.

    The n parts are even and share no block.

    Raises
    ------
    SpecError
        The part is not k/n with 1 <= k <= n.
    """
    mask = np.ones((spec.layout.samples, spec.layout.blocks), bool)
    if not part:
        return mask
    numbers = [int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0 for text in part.split("/")]
    if len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1]:
        raise SpecError(f"--part {part}: is not k/n with 1 <= k <= n; write for example --part 3/16")
    k, n = numbers
    positions = np.arange(mask.size).reshape(mask.shape)
    return (positions >= mask.size * (k - 1) // n) & (positions < mask.size * k // n)


def simulate_blocks(
    spec: Spec,
    group: NDArray[np.int64],
    floors: dict[str, Array] | None,
    keep: Keep | None = None,
    begin: Begin | None = None,
    kernel_name: str = "numpy",
) -> list[BlockSums]:
    """Simulate blocks given as rows (sample, block).

    ``floors`` are values that a contribution must exceed to be among the largest of the run; without them the first
    batch sets its own.  ``keep`` is given what the spec wants to have stored of every defect.
    """
    accumulate = kernel(kernel_name)
    floors = {} if floors is None else {name: floor.copy() for name, floor in floors.items()}
    results = []
    for sample, block in group.tolist():
        if begin is not None:
            begin(sample, block)
        results.append(_simulate(spec, sample, block, floors, accumulate))
        if keep is not None:
            results[-1].shard = _stored(spec, sample, block, keep)
    return results


def _stored(spec: Spec, sample: int, block: int, keep: Keep) -> int:
    """Hand over every defect of a block.  They are made a second time, so that the sums know nothing of it."""
    parts, values = [], []
    for _, columns in block_batches(spec, sample, block):
        parts.append(columns)
        if spec.store == "contributions":
            values.append({s.name: block_contributions(s, spec.population, columns) for s in spec.studies})
    return keep(sample, block, joined(parts), joined(values) if values else {})


def _simulate(
    spec: Spec, sample: int, block: int, floors: dict[str, Array], accumulate: Callable[..., BatchSums]
) -> BlockSums:
    programs = {study.name: study.observable.program(spec.population) for study in spec.studies}
    trees = {study.name: PairwiseSum() for study in spec.studies}
    listed: dict[str, list[Listed]] = {study.name: [] for study in spec.studies}
    count = 0
    for batch, columns in block_batches(spec, sample, block):
        count += len(next(iter(columns.values())))
        for study in spec.studies:
            program, rows = programs[study.name], study.observable.points(study.second_axis)
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
    rows = study.observable.points(study.second_axis)
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
                        f"omega = {study.second_axis[frequency]:.6g} of defect {defect} in batch {batch} of sample {sample} "
                        f"({made}); "
                        "narrow the laws of [population.parameters] to where the formula holds"
                    )
    raise ValidityError(f"{study.name}: the sum over a batch overflows; choose energies closer to 1 in natural units")
