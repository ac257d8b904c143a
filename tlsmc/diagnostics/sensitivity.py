"""How an answer depends on each parameter of each law: logarithmic derivatives from common random numbers.

The same unit-cube points go through the laws with a parameter a little larger and a little smaller, so the difference
of the two averages has the noise of a difference, not of two averages.
"""

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tlsmc.arrays import Array, place_of_largest
from tlsmc.errors import SpecError
from tlsmc.observables.kernels.numpy_tiles import accumulate
from tlsmc.observables.program import Program
from tlsmc.populations.base import Population
from tlsmc.populations.fields import described
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results.curve import curve_names
from tlsmc.results.defects import first_points
from tlsmc.spec.spec import GriddedObservable, Spec

#: Step of the logarithm of a parameter, and smaller ones for laws that leave no room for it.  The noise of narrow lines
#: falls with the step, and the noise of 1e5 smooth contributions still hides the deviation of the quotient.
STEPS = (1e-2, 1e-4, 1e-6)
#: Defects used unless asked otherwise.
DEFECTS = 32 * BATCH


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """d ln<O>/d ln(parameter) of one curve on its grid; arrays have shape (temperatures, frequencies).

    ``error`` is the standard error, and in it the deviation of the difference quotient from the derivative for an
    answer that is a power of the parameter: 2e-5, or that times the cube of a derivative above 1.  Both arrays are
    NaN where the average vanishes, and where it is infinite.
    """

    curve: str
    parameter: str
    value: float
    derivative: Array
    error: Array

    @property
    def strongest(self) -> tuple[int, ...]:
        """Grid point where the curve depends most on the parameter, by the bound that the error leaves."""
        sure = np.maximum(np.nan_to_num(np.abs(self.derivative) - 2.0 * self.error), 0.0)
        return place_of_largest(sure)


def parameters(population: Population) -> list[tuple[str, str, float]]:
    """Law, field and value of every parameter that is a number and not zero, which has no logarithm."""
    found = []
    for name, law in population.laws.items():
        for law_field, info in described(law):
            value = getattr(law, law_field.name)
            if info.is_number and value != 0.0:
                found.append((name, law_field.name, float(value)))
    return found


def varied(population: Population, law: str, parameter: str, factor: float) -> Population:
    """The population with one parameter multiplied by ``factor``."""
    old = population.laws[law]
    changed = old.with_fields(**{parameter: getattr(old, parameter) * factor})
    return population.with_laws({**population.laws, law: changed})


def sensitivities(spec: Spec, defects: int = DEFECTS) -> list[Sensitivity]:
    """Logarithmic derivatives of every curve with respect to every parameter of every law, in one pass.

    Parameters
    ----------
    spec
        What to draw defects of.
    defects
        How many.

    Returns
    -------
    list of Sensitivity
        d ln<O>/d ln(parameter) on the grid of each curve, with its error.

    Raises
    ------
    SpecError
        Fewer than two batches of defects, whose scatter gives the error, or a law too narrow to be varied.

    Examples
    --------
    >>> found = tlsmc.diagnostics.sensitivities(tlsmc.load_spec("small.toml"), 8192)
    >>> sorted({one.parameter for one in found})
    ['E.high', 'p.low']
    """
    found, spec = [], spec.executed()
    given = parameters(spec.population)
    stencils = [_stencil(spec.population, law, name) for law, name, _ in given]
    populations = [spec.population, *(population for stencil in stencils for population in stencil.populations)]
    totals = _batch_totals(spec, populations, defects)
    for gridded in spec.observables:
        for curve, component in curve_names(gridded).items():
            kind = gridded.observable
            parts = list(kind.parts(component))
            sums = totals[gridded.name][:, :, parts].sum(axis=2)
            if any(kind.refusal(kind.COMPONENTS[part]) for part in parts):
                sums = np.full_like(sums, np.nan)
            for k, ((law, name, value), stencil) in enumerate(zip(given, stencils, strict=True)):
                three = np.stack([sums[:, 0], sums[:, 2 * k + 1], sums[:, 2 * k + 2]], axis=-1)
                derivative, error = _ratio(three @ stencil.weights, sums[:, 0])
                error = np.hypot(error, stencil.deviation * np.maximum(1.0, np.abs(derivative) ** 3))
                found.append(Sensitivity(curve, f"{law}.{name}", value, derivative, error))
    return found


class _Stencil(NamedTuple):
    """A difference quotient of second order: its weights of the middle and of two more populations.

    ``deviation`` is that from the derivative, in units of the third derivative.
    """

    populations: tuple[Population, Population]
    weights: Array
    deviation: float


#: Places of two more points, weights of the middle and of both, and the deviation, all in units of the step.
_QUOTIENTS = (
    (1.0, -1.0, (0.0, 0.5, -0.5), 1.0 / 6.0),
    (-1.0, -2.0, (1.5, -2.0, 0.5), 1.0 / 3.0),
    (1.0, 2.0, (-1.5, 2.0, -0.5), 1.0 / 3.0),
)


def _stencil(population: Population, law: str, parameter: str) -> _Stencil:
    """The quotient for one parameter: from both sides, or from one if it is at the end of its range, like p = 1."""
    for step, (first, second, weights, deviation) in itertools.product(STEPS, _QUOTIENTS):
        try:
            one = varied(population, law, parameter, math.exp(first * step))
            other = varied(population, law, parameter, math.exp(second * step))
        except SpecError:
            continue
        return _Stencil((one, other), np.array(weights) / step, deviation * step**2)
    raise SpecError(
        f"population.parameters.{law}: {parameter} cannot be varied by {STEPS[-1]:g} of itself within the law; widen it"
    )


def ranked(found: list[Sensitivity]) -> list[Sensitivity]:
    """Strongest dependence first."""
    return sorted(found, key=lambda s: -abs(float(np.nan_to_num(s.derivative[s.strongest]))))


def _batch_totals(spec: Spec, populations: list[Population], defects: int) -> dict[str, Array]:
    """Sums over each batch for each population, shape (batches, populations, components, *shape of the grid)."""
    rows: dict[str, list[list[Array]]] = {gridded.name: [] for gridded in spec.observables}
    drawn = 0
    programs = [[gridded.observable.program(p) for gridded in spec.observables] for p in populations]
    for points in first_points(spec, defects):
        columns = [population.columns(points) for population in populations]
        for i, gridded in enumerate(spec.observables):
            rows[gridded.name].append([_totals(gridded, programs[j][i], c) for j, c in enumerate(columns)])
        drawn += points.shape[1]
    if len(rows[spec.observables[0].name]) < 2:
        raise SpecError(
            f"sensitivities: {drawn} defects make one batch, errors need two; take {2 * BATCH} defects or more"
        )
    return {name: np.array(values) for name, values in rows.items()}


def _totals(gridded: GriddedObservable, program: Program, columns: dict[str, Array]) -> Array:
    never = np.full((program.components, *gridded.grid), np.inf)
    sums = accumulate(program, columns, gridded.T, gridded.points, never)
    return np.asarray(sums.totals[0]).reshape(-1, *gridded.shape)


def _ratio(difference: Array, value: Array) -> tuple[Array, Array]:
    """Ratio of two sums over batches (axis 0) and its standard error."""
    batches, total = len(value), value.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = difference.sum(axis=0) / total
        residual = difference - ratio * value
        error = np.sqrt(batches / (batches - 1) * (residual**2).sum(axis=0)) / np.abs(total)
    return ratio, error
