"""How much an average rests on its largest contributions, and which defects make them.

Two questions are kept apart.  Statistical: does the sampled mean converge, and is its error an error (tail index)?
Physical: do typical defects make the average, or a few in a tail that nobody measured (shares, sensitivities)?  An
average can have a perfect error bar and still be set by a cut-off.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.observables.program import contributions
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results.curve import Curve, curve_names
from tlsmc.results.defects import first_points, joined, numbered_columns
from tlsmc.results.run import Run
from tlsmc.spec.spec import GriddedObservable, Spec
from tlsmc.statistics.largest import effective_number, sample_batch_position, share_of_top
from tlsmc.statistics.tail_index import listed_tail_index, meaning

#: Parts of the defects whose share of the sum is given.
FRACTIONS = (1e-4, 1e-2, 1e-1)
#: Defects that are drawn again, in whole batches of the first sample, for the shares.
SHARE_DEFECTS = 32 * BATCH
#: Defects named at each grid point.
NAMED = 5
#: Parts whose scatter gives the error of a share.
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Contributor:
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
    """Tail diagnostics of one component on its grid; arrays have the shape of the curve.

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
    contributors: NDArray[np.int64] = field(repr=False)

    def meaning(self, place: tuple[int, ...]) -> str:
        """What the tail index says of mean and variance at one grid point."""
        return meaning(float(self.index_low[place]), float(self.index_high[place]))

    def rests_on(self, place: tuple[int, ...]) -> str:
        """Which part of the defects carries more than half of the sum at one grid point."""
        if not np.isfinite(self.shares[place]).all():
            return "nothing"
        for fraction, share in zip(FRACTIONS, self.shares[place], strict=True):
            if share > 0.5:
                return f"the top {100 * fraction:g} %"
        return "typical defects"

    def worst_first(self) -> list[tuple[int, ...]]:
        """Grid points, heaviest tail first."""
        order = np.argsort(-np.nan_to_num(self.index, nan=np.inf), axis=None, kind="stable")
        return [tuple(map(int, place)) for place in zip(*np.unravel_index(order, self.index.shape), strict=True)]


def run_tails(run: Run) -> dict[str, CurveTails]:
    """Tail diagnostics of every component of every observable; sums of components are judged by their parts.

    Parameters
    ----------
    run
        A run, complete or not.

    Returns
    -------
    dict of CurveTails
        By the name of the curve: tail index, shares of the largest contributions, effective number of defects.

    Examples
    --------
    >>> tails = tlsmc.diagnostics.run_tails(tlsmc.open_run("small.h5"))["attenuation.resonant"]
    >>> tails.rests_on(tails.worst_first()[0])
    'the top 10 %'
    """
    found = {}
    columns = first_columns(run.spec, SHARE_DEFECTS)
    for gridded in run.spec.observables:
        shares, errors = _shares(run.spec, gridded, columns)
        for name, component in curve_names(gridded).items():
            if component in gridded.observable.COMPONENTS:
                found[name] = _curve_tails(run[name], shares, errors, len(next(iter(columns.values()))))
    return found


def _curve_tails(curve: Curve, shares: Array, share_errors: Array, drawn: int) -> CurveTails:
    """Tail diagnostics of one component, given the shares of all components of its observable."""
    (part,) = curve.parts
    values, numbers = (listed[0] for listed in curve.largest)
    tail = listed_tail_index(values, curve.defects)
    total = curve.block_totals.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        largest = np.where(total > 0.0, values[..., 0] / total, np.nan)
    return CurveTails(
        name=curve.name,
        index=tail.index,
        index_error=tail.error,
        index_low=tail.low,
        index_high=tail.high,
        shares=shares[part],
        share_errors=share_errors[part],
        largest=largest,
        effective=effective_number(total, curve.squares),
        defects=curve.defects,
        share_defects=drawn,
        contributors=numbers[..., :NAMED],
    )


def _shares(spec: Spec, gridded: GriddedObservable, columns: dict[str, Array]) -> tuple[Array, Array]:
    """Share of the sum of the top :data:`FRACTIONS` for each component, and its error from four parts."""
    program = gridded.observable.program(spec.population)
    points = gridded.points.T[:, :, None]
    shape = (program.components, *gridded.grid, len(FRACTIONS))
    shares, quarters = np.empty(shape), np.full((_PARTS, *shape), np.nan)
    for i, T in enumerate(gridded.T):
        for part, found in enumerate(contributions(program, columns, float(T), points)):
            values = np.maximum(np.atleast_2d(found), 0.0)
            shares[part, i] = _top(values)
            if values.shape[1] >= _PARTS:
                for k, quarter in enumerate(np.array_split(values, _PARTS, axis=1)):
                    quarters[k, part, i] = _top(quarter)
    errors = quarters.std(axis=0, ddof=1) / np.sqrt(_PARTS)
    whole = (program.components, *gridded.shape, len(FRACTIONS))
    return shares.reshape(whole), errors.reshape(whole)


def _top(values: Array) -> Array:
    """Shares of the top fractions of the last axis."""
    count = values.shape[-1]
    keep = max(1, int(np.ceil(max(FRACTIONS) * count)))
    top = np.partition(values, count - keep, axis=-1)[..., count - keep :]
    return share_of_top(top, values.sum(axis=-1), count, FRACTIONS)


def first_columns(spec: Spec, most: int) -> dict[str, Array]:
    """Columns of the first defects of the first samples, at least ``most`` of them if the run has as many."""
    return joined([spec.population.columns(points) for points in first_points(spec, most)])


def largest_contributors(curve: Curve, place: tuple[int, ...]) -> list[Contributor]:
    """Defects with the largest contributions at one grid point, largest first."""
    values, numbers = (part[(0, *place)][:NAMED] for part in curve.largest)
    known = np.isfinite(values)
    columns = numbered_columns(curve.spec, numbers[known])
    defects = np.transpose(sample_batch_position(numbers[known])).tolist()
    total = float(curve.block_totals.sum(axis=0)[place])
    shares = values[known] / total if total > 0.0 else np.full(len(defects), np.nan)
    return [
        Contributor(sample, batch, position, share, {name: float(column[i]) for name, column in columns.items()})
        for i, ((sample, batch, position), share) in enumerate(zip(defects, shares.tolist(), strict=True))
    ]
