"""What a run offers: means with errors, exact values and printed forms, all derived from its block sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array, Index
from tlsmc.errors import CodeError, SpecError, suggestion
from tlsmc.observables.measurable import Printed
from tlsmc.results.defects import Columns, block_columns, block_contributions, joined
from tlsmc.results.provenance import Provenance
from tlsmc.spec.spec import GriddedObservable, Spec
from tlsmc.statistics.estimates import Estimate, block_estimate, moment_estimate
from tlsmc.statistics.largest import list_length
from tlsmc.statistics.sums import ObservableSums, RunSums
from tlsmc.units import AXIS_UNITS, OUTPUT_UNITS

if TYPE_CHECKING:
    import xarray


def empty_sums(spec: Spec) -> RunSums:
    """Block sums of a run that has not begun."""
    layout = spec.layout
    sums = RunSums.empty(layout.samples, layout.blocks)
    for gridded in spec.observables:
        components = len(gridded.observable.COMPONENTS)
        keep = list_length(components * gridded.grid[0] * gridded.grid[1], layout.samples * layout.defects)
        sums.observables[gridded.name] = ObservableSums.empty(
            layout.samples, layout.blocks, components, gridded.grid, keep
        )
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


class Stored(Protocol):
    """What a run has kept of every defect, block by block."""

    #: Checksum of what is kept of each block, 0 where there is nothing; shape (samples, blocks).
    checksums: NDArray[np.uint32]

    def read(self, sample: int, block: int) -> tuple[Columns, Columns]:
        """Population columns, and contributions by observable (empty if they are not kept)."""


@dataclass(frozen=True, slots=True)
class Record:
    """Arrays that a run has recorded under one name, and the names of their axes.

    An axis that has values of its own is an array too, of that name and with itself as its only axis.
    """

    arrays: dict[str, NDArray[Any]]
    axes: dict[str, tuple[str, ...]]

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]


@dataclass(frozen=True)
class Run:
    """A run, complete or not: ``run["attenuation"].mean``, ``run["attenuation.resonant"].error``, ...

    ``path`` is the file that it was read from or written to, empty if none; ``stored`` is what was kept of every
    defect, None if nothing was; ``records`` are the trajectories, ``run.records["telegraph"]["signal"]``.
    """

    spec: Spec
    sums: RunSums
    provenance: Provenance
    path: str = ""
    stored: Stored | None = None
    records: Mapping[str, Record] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all curves: observables, and their components and sums where there are several."""
        return tuple(name for gridded in self.spec.observables for name in curve_names(gridded))

    @cached_property
    def missing_code(self) -> str:
        """Why the code of a user that the spec names cannot be executed, empty if it can or there is none."""
        try:
            self.spec.executed()
        except CodeError as error:
            return str(error)
        return ""

    @property
    def version(self) -> str:
        """Version of the program that made it."""
        return self.provenance.version

    @property
    def complete(self) -> bool:
        """Whether every block is done."""
        return bool(self.sums.done.all())

    @cached_property
    def block_sizes(self) -> Array:
        """Nominal defects in each block, 0 where it is not done; shape (samples, blocks)."""
        layout = self.spec.layout
        ranges = np.array([layout.block_range(block) for block in range(layout.blocks)])
        return np.asarray((ranges[:, 1] - ranges[:, 0]) * self.sums.done, dtype=float)

    @property
    def defects(self) -> int:
        """Defects that the results average over, nominally."""
        return int(self.block_sizes.sum())

    @property
    def overdamped_fraction(self) -> float:
        """Largest overdamped fraction over the temperatures, NaN if no observable uses Gamma."""
        if "linewidth.overdamped" not in self.names:
            return float("nan")
        return float(self["linewidth.overdamped"].mean.max())

    @property
    def share_done(self) -> str:
        """Share of the defects that are done, in per cent."""
        return f"{self.defects / (self.spec.layout.samples * self.spec.layout.defects):.1%}"

    def __getitem__(self, name: str) -> Curve:
        for gridded in self.spec.observables:
            if name == gridded.name:
                # The sum of all mechanisms where there is one, else the leading component.
                return Curve(self, gridded, next(iter(gridded.observable.SUMS), gridded.observable.COMPONENTS[0]))
            for curve, component in curve_names(gridded).items():
                if name == curve:
                    return Curve(self, gridded, component)
        raise SpecError(f"the run has no curve {name!r}; {suggestion(name, self.names)}")

    def population(self, sample: int = 0) -> Columns:
        """Columns of every defect of a sample.

        Read from what was stored, made anew from the seed where nothing was: the same bits either way.

        Parameters
        ----------
        sample
            Number of the sample, from 0.

        Returns
        -------
        dict
            Parameters by name, each of shape (defects,), in the units of the spec's resolved form.

        Raises
        ------
        SpecError
            The run has no such sample.

        Examples
        --------
        >>> columns = tlsmc.open_run("small.h5").population(sample=3)
        >>> sorted(columns), columns["E"].shape
        (['Delta', 'E', 'Lambda', 'p', 'q'], (1000,))
        """
        self._check_block(sample, 0)
        blocks = range(self.spec.layout.blocks)
        return joined([self._kept(sample, block) or block_columns(self.spec, sample, block) for block in blocks])

    def contributions(self, name: str, sample: int = 0, block: int = 0) -> Array:
        """What each defect of a block contributes to an observable.

        Parameters
        ----------
        name
            Name of the observable.
        sample, block
            Numbers of the sample, and of the block in it, from 0.

        Returns
        -------
        ndarray
            Shape (components, temperatures, points, defects): the points are the combinations of all other axes.

        Raises
        ------
        SpecError
            The run has no such observable, sample or block.

        Examples
        --------
        >>> tlsmc.open_run("small.h5").contributions("attenuation").shape
        (2, 2, 2, 1000)
        """
        self._check_block(sample, block)
        gridded = self.spec.gridded(name)
        if self.spec.store == "contributions" and self.stored is not None and self.stored.checksums[sample, block]:
            return self.stored.read(sample, block)[1][name]
        return block_contributions(gridded, self.spec.population, block_columns(self.spec, sample, block))

    def _kept(self, sample: int, block: int) -> Columns | None:
        if self.stored is None or not self.stored.checksums[sample, block]:
            return None
        return self.stored.read(sample, block)[0]

    def _check_block(self, sample: int, block: int) -> None:
        for name, number, count in (
            ("sample", sample, self.spec.layout.samples),
            ("block", block, self.spec.layout.blocks),
        ):
            if not 0 <= number < count:
                raise SpecError(f"{name} {number}: the run has {count}, counted from 0; choose 0 ... {count - 1}")

    def digest(self) -> str:
        """One hash of all block sums.

        Returns
        -------
        str
            SHA-256; runs of equal digest are equal to the last bit.

        Examples
        --------
        >>> len(tlsmc.open_run("small.h5").digest())
        64
        """
        return self.sums.digest()


def curve_names(gridded: GriddedObservable) -> dict[str, str]:
    """Names of an observable's curves and the component that each is."""
    kind = gridded.observable
    if len(kind.COMPONENTS) == 1:
        return {gridded.name: kind.COMPONENTS[0]}
    return {f"{gridded.name}.{part}": part for part in (*kind.COMPONENTS, *kind.SUMS)}


@dataclass(frozen=True)
class Curve:
    """One component (or sum of components) of an observable on its grid.

    Arrays have one axis for each of the observable: (temperatures,), (temperatures, frequencies), and so on.
    """

    run: Run
    gridded: GriddedObservable
    component: str

    @property
    def name(self) -> str:
        """Name under which the run has the curve."""
        return next(name for name, part in curve_names(self.gridded).items() if part == self.component)

    @property
    def label(self) -> str:
        """Symbol of the quantity."""
        return self.gridded.observable.LABELS[self.component]

    @property
    def parts(self) -> tuple[int, ...]:
        """Positions of the components that add up to this curve."""
        return self.gridded.observable.parts(self.component)

    @property
    def refusal(self) -> str:
        """Why the curve has no error, empty if it has one."""
        kind = self.gridded.observable
        return next(filter(None, (kind.refusal(kind.COMPONENTS[part]) for part in self.parts)), "")

    @cached_property
    def block_totals(self) -> Array:
        """Sums over each finished block, shape (blocks, *shape of the grid)."""
        totals = self.run.sums.observables[self.gridded.name].totals[self.run.sums.done]
        return np.asarray(totals[:, self.parts].sum(axis=1)).reshape(-1, *self.gridded.shape)

    @property
    def finished_sizes(self) -> Array:
        """Nominal defects of each finished block."""
        return self.run.block_sizes[self.run.sums.done]

    @property
    def largest(self) -> tuple[Array, Index]:
        """The largest contributions to each of its components, and the numbers of their defects.

        Both have shape (components, *shape of the grid, rank), in descending order; -inf where there are fewer.
        """
        listed = self.run.sums.observables[self.gridded.name].largest
        shape, parts = (len(self.gridded.observable.COMPONENTS), *self.gridded.shape, listed.keep), list(self.parts)
        return listed.values.reshape(shape)[parts], listed.defects.reshape(shape)[parts]

    @cached_property
    def squares(self) -> Array:
        """Sum of squares of the contributions."""
        products = self.run.sums.observables[self.gridded.name].products[self.run.sums.done].sum(axis=0)
        components = len(self.gridded.observable.COMPONENTS)
        pairs = [(i, j) for i in range(components) for j in range(i, components)]
        terms = [
            (1.0 if i == j else 2.0) * product
            for (i, j), product in zip(pairs, products, strict=True)
            if i in self.parts and j in self.parts
        ]
        return np.asarray(np.sum(terms, axis=0)).reshape(self.gridded.shape)

    @cached_property
    def estimate(self) -> Estimate:
        """Mean and standard error.

        Random defects are independent, so their second moment gives the error.  Sobol points are not: only the
        scatter of independent scrambles does.
        """
        layout = self.run.spec.layout
        if not self.run.defects:
            nothing = np.full(self.gridded.shape, np.nan)
            return Estimate(nothing, nothing)
        total = self.block_totals.sum(axis=0)
        if self.refusal:
            mean = total / self.run.defects
            return Estimate(mean, np.full_like(mean, np.nan))
        if layout.sampling == "sobol":
            return block_estimate(self.block_totals, self.finished_sizes)
        return moment_estimate(total, self.squares, self.run.defects, layout.count == "poisson")

    @property
    def mean(self) -> Array:
        """Average over the population."""
        return self.estimate.mean

    @property
    def error(self) -> Array:
        """Standard error of :attr:`mean`; NaN where one defect or one scramble cannot tell."""
        return self.estimate.error

    @cached_property
    def exact(self) -> Array:
        """The same average by closed form or quadrature; NaN where there is none, or the code of a user is missing."""
        try:
            return np.asarray(self.gridded.exact(self.run.spec.population)[list(self.parts)].sum(axis=0))
        except CodeError:
            return np.full_like(self.mean, np.nan)

    @cached_property
    def printed(self) -> tuple[Printed, ...]:
        """The paper's own formulas for this curve, on its grid."""
        try:
            forms = self.gridded.printed(self.run.spec.population)
        except CodeError:
            return ()
        shape, own = self.gridded.shape, (form for form in forms if form.component == self.component)
        return tuple(replace(form, values=np.broadcast_to(form.values, shape)) for form in own)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes of the arrays."""
        return self.gridded.observable.AXES

    @cached_property
    def measurable(self) -> dict[str, tuple[str, Array, Array]]:
        """What the material makes of it: name -> (unit, value, error), in a run with units.

        The error is the standard error carried through the formula.
        """
        spec = self.run.spec
        if not spec.in_kelvin:
            return {}
        try:
            derived = self.gridded.derived(spec.population, spec.metal)
        except CodeError:
            return {}
        mean, error = self.estimate
        found = {}
        for quantity in (d for d in derived if d.component == self.component and d.scale is not None):
            factor, unit = OUTPUT_UNITS[quantity.unit]
            with np.errstate(divide="ignore", invalid="ignore"):
                value = factor * quantity.of(mean)
                spread = 0.5 * factor * np.abs(quantity.of(mean + error) - quantity.of(mean - error))
            found[quantity.name] = (unit, value, spread)
        return found

    def to_xarray(self) -> xarray.Dataset:
        """Mean, error and exact value with their coordinates (needs xarray).

        Returns
        -------
        xarray.Dataset
            Coordinates are in natural units: K, and 1/K for times, in a run with units.

        Examples
        --------
        >>> tlsmc.open_run("small.h5")["attenuation.total"].to_xarray()["mean"].dims
        ('temperature', 'frequency')
        """
        import xarray

        kelvin = self.run.spec.in_kelvin
        coordinates = {
            axis: (axis, np.array(values), {"units": AXIS_UNITS[axis] if kelvin else "1"})
            for axis, values in self.gridded.axes.items()
        }
        arrays = {"mean": self.mean, "error": self.error, "exact": self.exact}
        variables = {key: (self.axes, value) for key, value in arrays.items()}
        return xarray.Dataset(variables, coordinates, attrs={"name": self.name, "label": self.label})
