"""Observables of other laws from the defects of a run, by weights: the ratio of the two densities.

Guarded by the effective number of defects and the tail index of the weighted contributions, and refused where the
old population has no support for the new one.
"""

from dataclasses import dataclass, replace

import numpy as np

from tlsmc.arrays import Array
from tlsmc.diagnostics.comparison import VARIANCE_LIMIT
from tlsmc.errors import SpecError
from tlsmc.observables.program import contributions
from tlsmc.populations.laws.base import Law
from tlsmc.results.curve import curve_names
from tlsmc.results.defects import first_points
from tlsmc.spec.spec import Spec
from tlsmc.statistics.estimates import moment_estimate
from tlsmc.statistics.largest import effective_number
from tlsmc.statistics.tail_index import listed_tail_index

#: Largest weighted contributions that the tail index is fitted to.
_KEEP = 256
#: Quantiles of a new law at which the old one must have a density.
_PROBES = np.concatenate(
    [[1e-12, 1e-9, 1e-6, 1e-4], np.linspace(0.001, 0.999, 999), 1.0 - np.array([1e-4, 1e-6, 1e-9])]
)


@dataclass(frozen=True, slots=True)
class Reweighted:
    """One curve under the new laws; arrays have shape (temperatures, frequencies).

    ``error`` is NaN where the average is infinite, or the tail index of the weighted contributions leaves its variance
    infinite.  ``effective`` is the effective number of defects (sum w)^2 / sum w^2.
    """

    name: str
    mean: Array
    error: Array
    tail_index: Array
    effective: float
    defects: int


def reweight(old: Spec, new: Spec) -> dict[str, Reweighted]:
    """Observables of the spec ``new`` from the defects that the spec ``old`` draws, by weights.

    Parameters
    ----------
    old, new
        Specs that differ in the laws of the same parameters, and in nothing else.

    Returns
    -------
    dict of Reweighted
        By the name of the curve: mean, error, tail index and effective number of defects.

    Raises
    ------
    SpecError
        The specs differ in more than the laws of the same parameters, the new laws reach where the old have no
        defects, or Sobol points, whose errors weights would spoil.

    Examples
    --------
    >>> old, new = (tlsmc.load_spec("small.toml", (f"population.parameters.E.high={high}",)) for high in (1.0, 0.5))
    >>> print(tlsmc.diagnostics.reweight(old, new)["dephasing"].mean.round(2))
    [0.5  0.99]
    """
    old, new = old.executed(), new.executed()
    _check(old, new)
    if old.layout.sampling != "random":
        raise SpecError(f"population.sampling: {old.layout.sampling!r} gives no error for weights; run it with random")
    sums = _Sums(new)
    for points in first_points(old):
        columns = old.population.columns(points)
        sums.add(columns, _weights(old, new, columns))
    return sums.results(old.layout.samples * old.layout.defects, old.layout.count == "poisson")


def _check(old: Spec, new: Spec) -> None:
    if old.model != new.model or set(old.population.laws) != set(new.population.laws):
        raise SpecError("reweighting changes the laws of the same parameters; for other ones run the new spec")
    if replace(new, population=old.population, title=old.title, store=old.store) != old:
        raise SpecError("reweighting changes laws only; set population.parameters, or run the new spec")
    for name, law in new.population.laws.items():
        if law != old.population.laws[name]:
            _check_support(f"population.parameters.{name}", old.population.laws[name], law)


def _check_support(place: str, old: Law, new: Law) -> None:
    """Refuse a new law with defects where the old one has none."""
    (old_low, old_high), (low, high) = old.support, new.support
    probes = new.ppf(_PROBES)
    missing = (new.pdf(probes) > 0.0) & (old.pdf(probes) == 0.0)
    if low < old_low or high > old_high or missing.any():
        raise SpecError(
            f"{place}: the new law reaches over {low:.6g} ... {high:.6g}, the run has defects only in "
            f"{old_low:.6g} ... {old_high:.6g}; weights cannot make up for defects never drawn; run the new spec"
        )


def _weights(old: Spec, new: Spec, columns: dict[str, Array]) -> Array:
    """New over old density at each defect, in the sampled coordinates."""
    weights = np.ones(len(next(iter(columns.values()))))
    for name, law in new.population.laws.items():
        before = old.population.laws[name]
        if law != before:
            weights *= law.pdf(columns[name]) / before.pdf(columns[name])
    return weights


class _Sums:
    """Sums of weighted contributions, their squares and their largest, over all grids."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.weight, self.weight_squares = 0.0, 0.0
        self.programs = [gridded.observable.program(spec.population) for gridded in spec.observables]
        shapes = [(program.components, *s.grid) for program, s in zip(self.programs, spec.observables, strict=True)]
        self.totals = [np.zeros(shape) for shape in shapes]
        self.products = [np.zeros((shape[0], *shape)) for shape in shapes]
        self.largest = [np.zeros((*shape, _KEEP)) for shape in shapes]

    def add(self, columns: dict[str, Array], weights: Array) -> None:
        if not len(weights):  # a Poisson number of defects
            return
        self.weight += float(weights.sum())
        self.weight_squares += float(weights @ weights)
        keep = min(_KEEP, len(weights))
        for k, gridded in enumerate(self.spec.observables):
            points = gridded.points.T[:, :, None]
            for i, T in enumerate(gridded.T):
                parts = contributions(self.programs[k], columns, float(T), points)
                values = np.stack([np.atleast_2d(part) * weights for part in parts])
                self.totals[k][:, i] += values.sum(axis=-1)
                self.products[k][:, :, i] += np.vecdot(values[:, None], values[None, :])
                top = np.partition(values, -keep, axis=-1)[..., -keep:]
                both = np.concatenate([self.largest[k][:, i], top], axis=-1)
                self.largest[k][:, i] = np.partition(both, -_KEEP, axis=-1)[..., -_KEEP:]

    def results(self, count: int, poisson: bool) -> dict[str, Reweighted]:
        found = {}
        effective = float(effective_number(self.weight, self.weight_squares))
        for k, gridded in enumerate(self.spec.observables):
            kind = gridded.observable
            index = listed_tail_index(self.largest[k], count).index
            for name, component in curve_names(gridded).items():
                parts = list(kind.parts(component))
                total = self.totals[k][parts].sum(axis=0)
                squares = self.products[k][np.ix_(parts, parts)].sum(axis=(0, 1))
                mean, error = moment_estimate(total, squares, count, poisson)
                heavy = index[parts].max(axis=0)
                refused = any(kind.refusal(kind.COMPONENTS[part]) for part in parts)
                error = np.where((heavy >= VARIANCE_LIMIT) | refused, np.nan, error)
                mean, error, heavy = (values.reshape(gridded.shape) for values in (mean, error, heavy))
                found[name] = Reweighted(name, mean, error, heavy, effective, count)
        return found
