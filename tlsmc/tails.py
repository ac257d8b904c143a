"""How much an average hangs on its largest contributions, and which defects make them.

Two questions are kept apart.  Statistical: does the sampled mean converge, and is its error an error (tail index)?
Physical: do typical defects make the average, or a few in a tail that nobody measured (shares, sensitivities)?  An
average can have a perfect error bar and still be set by a cut-off.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tlsmc.kernels import contributions
from tlsmc.populations.streams import BATCH
from tlsmc.results import Curve, Run, curve_names
from tlsmc.spec import Spec
from tlsmc.statistics.concentration import effective_number, share_of_top
from tlsmc.statistics.largest import sample_batch_position
from tlsmc.statistics.tail_index import FEWEST, meaning, tail_index

Array = NDArray[np.float64]

#: Parts of the defects whose share of the sum is given.
FRACTIONS = (1e-4, 1e-2, 1e-1)
#: Defects that are drawn again, in whole batches of the first sample, for the shares.
SHARE_DEFECTS = 32 * BATCH
#: Defects named at each grid point.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Culprit:
    """One of the defects with the largest contributions."""

    sample: int
    batch: int
    position: int
    share: float
    columns: dict[str, float]

    @property
    def index(self) -> int:
        """Position in its sample, for a fixed number of defects."""
        return self.batch * BATCH + self.position


@dataclass(frozen=True, slots=True)
class CurveTails:
    """Tail diagnostics of one component on its grid; arrays have shape (temperatures, frequencies).

    ``index``, with standard error and 95 % interval, is that of a generalised Pareto law fitted to the largest
    contributions (below 1/2 the variance is finite, from 1 on even the mean is infinite); ``shares`` has one more axis
    for :data:`FRACTIONS`; ``largest`` is the largest contribution over the sum.
    """

    name: str
    index: Array
    index_error: Array
    index_low: Array
    index_high: Array
    shares: Array
    share_errors: Array
    largest: Array
    effective: Array
    defects: int
    share_defects: int
    culprits: NDArray[np.int64] = field(repr=False)

    def meaning(self, place: tuple[int, int]) -> str:
        """What the tail index says of mean and variance at one grid point."""
        return meaning(float(self.index_low[place]), float(self.index_high[place]))

    def rests_on(self, place: tuple[int, int]) -> str:
        """Which part of the defects carries more than half of the sum at one grid point."""
        for fraction, share in zip(FRACTIONS, self.shares[place], strict=True):
            if share > 0.5:
                return f"the top {100 * fraction:g} %"
        return "typical defects"

    def worst_first(self) -> list[tuple[int, int]]:
        """Grid points, heaviest tail first."""
        order = np.argsort(-np.nan_to_num(self.index, nan=np.inf), axis=None, kind="stable")
        return [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, self.index.shape), strict=True)]


def curve_tails(curve: Curve) -> CurveTails:
    """Tail diagnostics of a component; sums of components are judged by their parts."""
    (part,) = curve.parts
    run, grid = curve.run, curve.study.grid
    listed = run.sums.observables[curve.study.name].largest
    components = len(curve.study.observable.COMPONENTS)
    values = listed.values.reshape(components, *grid, listed.keep)[part]
    numbers = listed.defects.reshape(components, *grid, listed.keep)[part]
    total = curve.block_totals.sum(axis=0)
    index = _index(np.where(np.isfinite(values), values, 0.0), run.defects)
    shares, errors, drawn = _shares(curve, part)
    with np.errstate(invalid="ignore", divide="ignore"):
        largest = np.where(total > 0.0, values[..., 0] / total, np.nan)
    return CurveTails(
        name=curve.name,
        **index,
        shares=shares,
        share_errors=errors,
        largest=largest,
        effective=effective_number(total, curve.squares),
        defects=run.defects,
        share_defects=drawn,
        culprits=numbers[..., :NAMED],
    )


def run_tails(run: Run) -> dict[str, CurveTails]:
    """Tail diagnostics of every component of every observable."""
    found = {}
    for study in run.spec.studies:
        for name, component in curve_names(study).items():
            if component in study.observable.COMPONENTS:
                found[name] = curve_tails(run[name])
    return found


def _index(values: Array, defects: int) -> dict[str, Array]:
    names = ("index", "index_error", "index_low", "index_high")
    if values.shape[-1] < FEWEST:
        unknown = np.full(values.shape[:-1], np.nan)
        return dict(zip(names, (unknown, unknown, unknown - np.inf, unknown + np.inf), strict=True))
    fitted = tail_index(np.maximum(values, 0.0), max(defects, values.shape[-1]))
    return dict(zip(names, (fitted.index, fitted.error, fitted.low, fitted.high), strict=True))


def _shares(curve: Curve, part: int) -> tuple[Array, Array, int]:
    """Share of the sum of the top :data:`FRACTIONS`, its error from four parts, and the defects looked at."""
    spec, study = curve.run.spec, curve.study
    program = study.observable.program(spec.population)
    points = study.observable.points(study.omega).T[:, :, None]
    columns = first_columns(spec, SHARE_DEFECTS)
    count = len(next(iter(columns.values())))
    shape = (*study.grid, len(FRACTIONS))
    shares, quarters = np.empty(shape), np.empty((4, *shape))
    for i, T in enumerate(study.T):
        values = np.maximum(np.atleast_2d(contributions(program, columns, float(T), points)[part]), 0.0)
        shares[i] = _top(values)
        for k, quarter in enumerate(np.array_split(values, 4, axis=1)):
            quarters[k, i] = _top(quarter)
    return shares, quarters.std(axis=0, ddof=1) / 2.0, count


def _top(values: Array) -> Array:
    """Shares of the top fractions of the last axis."""
    count = values.shape[-1]
    keep = max(1, int(np.ceil(max(FRACTIONS) * count)))
    top = np.partition(values, count - keep, axis=-1)[..., count - keep :]
    return share_of_top(top, values.sum(axis=-1), count, FRACTIONS)


def first_columns(spec: Spec, most: int) -> dict[str, Array]:
    """Columns of the first defects of the first samples, at least ``most`` of them if the run has as many."""
    parts: list[dict[str, Array]] = []
    count = 0
    for sample in range(spec.layout.samples):
        for block in range(spec.layout.blocks):
            for _, points in spec.layout.batches(sample, block, spec.population.dimensions):
                parts.append(spec.population.columns(points))
                count += points.shape[1]
                if count >= most:
                    return joined(parts)
    return joined(parts)


def joined(parts: list[dict[str, Array]]) -> dict[str, Array]:
    """Columns of several batches one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def name_culprits(run: Run, numbers: NDArray[np.int64], values: Array, total: float) -> list[Culprit]:
    """Draw the defects of given numbers again from their streams."""
    spec, found = run.spec, []
    layout = spec.layout
    for number, value in zip(numbers.tolist(), values.tolist(), strict=True):
        if not np.isfinite(value):
            continue
        sample, batch, position = (int(part) for part in sample_batch_position(np.int64(number)))  # type: ignore[arg-type]
        block = batch * BATCH // layout.block_defects
        points = next(p for b, p in layout.batches(sample, block, spec.population.dimensions) if b == batch)
        columns = spec.population.columns(points[:, position : position + 1])
        made = {name: float(column[0]) for name, column in columns.items()}
        found.append(Culprit(sample, batch, position, value / total, made))
    return found


def curve_culprits(curve: Curve, place: tuple[int, int]) -> list[Culprit]:
    """Defects with the largest contributions at one grid point, largest first."""
    (part,) = curve.parts
    listed = curve.run.sums.observables[curve.study.name].largest
    components = len(curve.study.observable.COMPONENTS)
    row = np.ravel_multi_index((part, *place), (components, *curve.study.grid))
    total = float(curve.block_totals.sum(axis=0)[place])
    return name_culprits(curve.run, listed.defects[row, :NAMED], listed.values[row, :NAMED], total)
