"""On which parameter of which law an answer hangs: logarithmic derivatives from common random numbers.

The same unit-cube points go through the laws with a parameter a little larger and a little smaller, so the difference
of the two averages has the noise of a difference, not of two averages.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import SpecError
from tlsmc.kernels import Program, accumulate
from tlsmc.populations import Population
from tlsmc.populations.streams import BATCH
from tlsmc.results import curve_names
from tlsmc.spec import Spec, Study

Array = NDArray[np.float64]

#: Relative step of a parameter: the difference quotient deviates from the derivative by its square.
STEP = 1e-3
#: Defects used unless asked otherwise.
DEFECTS = 32 * BATCH


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """d ln<O>/d ln(parameter) of one curve on its grid, with standard errors; shape (temperatures, frequencies)."""

    curve: str
    parameter: str
    value: float
    derivative: Array
    error: Array

    @property
    def strongest(self) -> tuple[int, int]:
        """Grid point where the curve hangs most on the parameter, by the bound that the error leaves."""
        sure = np.maximum(np.abs(self.derivative) - 2.0 * self.error, 0.0)
        place = np.unravel_index(int(np.nanargmax(sure)), sure.shape)
        return int(place[0]), int(place[1])


def parameters(population: Population) -> list[tuple[str, str, float]]:
    """Law, field and value of every parameter that is a positive number."""
    found = []
    for name, law in population.laws.items():
        for law_field in fields(law):  # type: ignore[arg-type]
            value = getattr(law, law_field.name)
            if law_field.metadata.get("kind") in ("quantity", "number") and value not in (0.0,):
                found.append((name, law_field.name, float(value)))
    return found


def varied(population: Population, law: str, parameter: str, factor: float) -> Population:
    """The population with one parameter multiplied by ``factor``."""
    old = population.laws[law]
    changed = replace(old, **{parameter: getattr(old, parameter) * factor})  # type: ignore[type-var]
    return type(population)({**population.laws, law: changed})  # type: ignore[call-arg]


def sensitivities(spec: Spec, defects: int = DEFECTS) -> list[Sensitivity]:
    """Logarithmic derivatives of every curve with respect to every parameter of every law, in one pass.

    Raises
    ------
    SpecError
        Fewer than two batches of defects: their scatter gives the error.
    """
    found = []
    steps = [(*p, *_steps(spec.population, *p[:2])) for p in parameters(spec.population)]
    populations = [spec.population, *(population for step in steps for population in step[3:5])]
    totals = _batch_totals(spec, populations, defects)
    for study in spec.studies:
        for curve, component in curve_names(study).items():
            kind = study.observable
            parts = [kind.COMPONENTS.index(c) for c in kind.SUMS.get(component, (component,))]
            sums = totals[study.name][:, :, parts].sum(axis=2)
            for k, (law, name, value, _, _, width) in enumerate(steps):
                difference = (sums[:, 2 * k + 1] - sums[:, 2 * k + 2]) / width
                derivative, error = _ratio(difference, sums[:, 0])
                found.append(Sensitivity(curve, f"{law}.{name}", value, derivative, error))
    return found


def _steps(population: Population, law: str, parameter: str) -> tuple[Population, Population, float]:
    """Populations on both sides of a parameter and the relative distance between them.

    A parameter at the end of its range, such as the largest p = 1, is varied to one side only.
    """
    sides = []
    for factor in (1.0 + STEP, 1.0 - STEP):
        try:
            sides.append((varied(population, law, parameter, factor), factor))
        except SpecError:
            sides.append((population, 1.0))
    (above, high), (below, low) = sides
    return above, below, high - low


def ranked(found: list[Sensitivity]) -> list[Sensitivity]:
    """Strongest dependence first."""
    return sorted(found, key=lambda s: -abs(float(np.nan_to_num(s.derivative[s.strongest]))))


def _batch_totals(spec: Spec, populations: list[Population], defects: int) -> dict[str, Array]:
    """Sums over each batch for each population, shape (batches, populations, components, temperatures, frequencies)."""
    rows: dict[str, list[list[Array]]] = {study.name: [] for study in spec.studies}
    programs = [[study.observable.program(p) for study in spec.studies] for p in populations]
    drawn = 0
    for sample in range(spec.layout.samples):
        for block in range(spec.layout.blocks):
            for _, points in spec.layout.batches(sample, block, spec.population.dimensions):
                columns = [population.columns(points) for population in populations]
                for i, study in enumerate(spec.studies):
                    rows[study.name].append([_totals(study, programs[j][i], c) for j, c in enumerate(columns)])
                drawn += points.shape[1]
                if drawn >= defects:
                    return {name: np.array(values) for name, values in rows.items()}
    if len(rows[spec.studies[0].name]) < 2:
        raise SpecError(
            f"population.defects: {drawn} defects make one batch; sensitivities need two, {2 * BATCH} or more"
        )
    return {name: np.array(values) for name, values in rows.items()}


def _totals(study: Study, program: Program, columns: dict[str, Array]) -> Array:
    never = np.full((program.components, *study.grid), np.inf)
    return accumulate(program, columns, study.T, study.observable.points(study.omega), never).totals


def _ratio(difference: Array, value: Array) -> tuple[Array, Array]:
    """Ratio of two sums over batches (axis 0) and its standard error."""
    batches, total = len(value), value.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = difference.sum(axis=0) / total
        residual = difference - ratio * value
        error = np.sqrt(batches / (batches - 1) * (residual**2).sum(axis=0)) / np.abs(total)
    return ratio, error
