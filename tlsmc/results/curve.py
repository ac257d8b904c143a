"""A curve of a run: its mean with errors, exact values and printed forms, all derived from the block sums."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlsmc.arrays import Array, Index
from tlsmc.errors import CodeError
from tlsmc.observables.measurable import Printed
from tlsmc.spec.spec import GriddedObservable, Spec
from tlsmc.statistics.estimates import Estimate, block_estimate, moment_estimate
from tlsmc.statistics.sums import RunSums
from tlsmc.units import AXIS_UNITS, OUTPUT_UNITS

if TYPE_CHECKING:
    import xarray


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

    spec: Spec
    sums: RunSums
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
        totals = self.sums.observables[self.gridded.name].totals[self.sums.done]
        return np.asarray(totals[:, self.parts].sum(axis=1)).reshape(-1, *self.gridded.shape)

    @property
    def finished_sizes(self) -> Array:
        """Nominal defects of each finished block."""
        return np.asarray(self.spec.layout.block_sizes * self.sums.done, float)[self.sums.done]

    @property
    def defects(self) -> int:
        """Defects that the curve averages over, nominally."""
        return int(self.finished_sizes.sum())

    @property
    def largest(self) -> tuple[Array, Index]:
        """The largest contributions to each of its components, and the numbers of their defects.

        Both have shape (components, *shape of the grid, rank), in descending order; -inf where there are fewer.
        """
        listed = self.sums.observables[self.gridded.name].largest
        shape, parts = (len(self.gridded.observable.COMPONENTS), *self.gridded.shape, listed.keep), list(self.parts)
        return listed.values.reshape(shape)[parts], listed.defects.reshape(shape)[parts]

    @cached_property
    def squares(self) -> Array:
        """Sum of squares of the contributions."""
        products = self.sums.observables[self.gridded.name].products[self.sums.done].sum(axis=0)
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
        layout = self.spec.layout
        if not self.defects:
            nothing = np.full(self.gridded.shape, np.nan)
            return Estimate(nothing, nothing)
        total = self.block_totals.sum(axis=0)
        if self.refusal:
            mean = total / self.defects
            return Estimate(mean, np.full_like(mean, np.nan))
        if layout.sampling == "sobol":
            return block_estimate(self.block_totals, self.finished_sizes)
        return moment_estimate(total, self.squares, self.defects, layout.count == "poisson")

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
            return np.asarray(self.gridded.exact(self.spec.population)[list(self.parts)].sum(axis=0))
        except CodeError:
            return np.full_like(self.mean, np.nan)

    @cached_property
    def printed(self) -> tuple[Printed, ...]:
        """The paper's own formulas for this curve, on its grid."""
        try:
            forms = self.gridded.printed(self.spec.population)
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
        spec = self.spec
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

        kelvin = self.spec.in_kelvin
        coordinates = {
            axis: (axis, np.array(values), {"units": AXIS_UNITS[axis] if kelvin else "1"})
            for axis, values in self.gridded.axes.items()
        }
        arrays = {"mean": self.mean, "error": self.error, "exact": self.exact}
        variables = {key: (self.axes, value) for key, value in arrays.items()}
        return xarray.Dataset(variables, coordinates, attrs={"name": self.name, "label": self.label})
