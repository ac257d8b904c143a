"""The defects of a run block by block, and what each of them contributes: made anew from the seed when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tlsmc.kernels import contributions
from tlsmc.populations import Population
from tlsmc.spec import Spec, Study

Array = NDArray[np.float64]
Columns = dict[str, Array]


def block_batches(spec: Spec, sample: int, block: int) -> Iterator[tuple[int, Columns]]:
    """Number and population columns of every batch of a block."""
    for batch, points in spec.layout.batches(sample, block, spec.sampler.dimensions):
        yield batch, spec.sampler.columns(points)


def block_columns(spec: Spec, sample: int, block: int) -> Columns:
    """Population columns of a block, each of shape (defects,)."""
    return joined([columns for _, columns in block_batches(spec, sample, block)])


def joined(parts: list[Columns]) -> Columns:
    """Columns, or any arrays that have the defect as their last axis, one after the other."""
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def block_contributions(study: Study, population: Population, columns: Mapping[str, Array]) -> Array:
    """What each defect contributes, shape (components, temperatures, frequencies, defects).

    One defect is in reach of memory at any grid, a whole block of many grid points may not be.
    """
    program, rows = study.observable.program(population), study.observable.points(study.second_axis)
    count = len(next(iter(columns.values())))
    values = np.empty((program.components, *study.grid, count))
    # A contribution that is not finite is an error where it is summed up, with the name of the defect.
    with np.errstate(all="ignore"):
        for i, T in enumerate(study.T):
            for k, part in enumerate(contributions(program, columns, float(T), rows.T[:, :, None])):
                values[k, i] = part
    return values
