"""What an observable has to offer: a per-defect formula in two steps, and what it is compared with."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.observables.program import Program, contributions, identity
from tlsmc.populations.base import Population
from tlsmc.populations.fields import FieldInfo

if TYPE_CHECKING:
    from tlsmc.observables.program import Constants, State


def material(name: str) -> Any:
    """A field that is read from ``[material]`` of a spec rather than from the observable's own table."""
    return FieldInfo(material=name).field()


def choice(default: str, options: Iterable[str]) -> Any:
    """A field that takes one of several names, the paper's choice by default."""
    return FieldInfo(options=tuple(options)).field(default=default)


def quantity_option(kind: str, default: float | None = None) -> Any:
    """A field that takes a number or a quantity of a ``kind`` of :data:`tlsmc.units.KINDS`.

    The spec must give it if there is no default; inside it is in natural units.
    """
    info = FieldInfo(kind=kind)
    return info.field() if default is None else info.field(default=default)


@dataclass(frozen=True, slots=True)
class Metal:
    """Densities and energies that turn dimensionless results into measurable ones; ``None`` where not given.

    Densities per cm^3, energies in the natural unit of the run.
    """

    chi: float | None = None
    fermi_energy: float | None = None
    electron_density: float | None = None
    defect_density: float | None = None
    drive_amplitude: float | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed formula of the paper on a grid, NaN where it makes no claim."""

    component: str
    equation: str
    values: Array
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A measurable quantity ``function(mean)`` that follows from a component and the material."""

    name: str
    component: str
    unit: str
    function: Callable[[Array], Array]


class Observable(ABC):
    """Average over a population of a per-defect contribution on a grid.

    A subclass is a frozen dataclass in a file of this folder; the file name is the name in a spec, the fields are
    the options.  The formula is two static functions of plain floats or arrays, so that every kernel can use them:

    ``at_temperature(columns, T, constants) -> state``
        What depends on the defect and on T.  ``columns`` has the population columns named in ``COLUMNS``.
    ``at_frequency(state, point, constants) -> contributions``
        One contribution per entry of ``COMPONENTS``, at ``point`` = one row of :meth:`points`.

    The mean of a contribution over the defects is the component's value: normalisation belongs to the formula.
    """

    __slots__ = ()

    #: Models of population that the formula is for.
    MODELS: ClassVar[tuple[str, ...]] = ("tunnelling",)
    #: Axes of the grid: temperature, and frequency or time where the observable depends on it.
    AXES: ClassVar[tuple[str, ...]] = ("temperature",)
    #: Population columns that :meth:`at_temperature` receives, in order.
    COLUMNS: ClassVar[tuple[str, ...]]
    #: Names of the contributions; a single one carries the observable's own name.
    COMPONENTS: ClassVar[tuple[str, ...]]
    #: Sums of components, by name.
    SUMS: ClassVar[dict[str, tuple[str, ...]]] = {}
    #: Components to which a defect may contribute with either sign.
    SIGNED: ClassVar[tuple[str, ...]] = ()
    #: Symbol and meaning of each component and sum, for tables and axis labels.
    LABELS: ClassVar[dict[str, str]]

    @abstractmethod
    def constants(self, population: Population) -> Constants:
        """Numbers that both steps of the formula receive."""

    @property
    @abstractmethod
    def at_temperature(self) -> Callable[[State, float, Constants], State]:
        """First step of the formula."""

    @property
    def at_frequency(self) -> Callable[[State, Any, Constants], State]:
        """Second step of the formula, at a frequency or a time; without such an axis the state is the contribution."""
        return identity

    def points(self, omega: Array) -> Array:
        """Rows handed to :meth:`at_frequency`, shape (len(omega), k); by default the frequency or time alone."""
        return omega[:, None]

    def scales(self, temperature: Array) -> Array:
        """Temperatures whose thermal factors the formula has on a grid of ``temperature``."""
        return temperature

    def program(self, population: Population) -> Program:
        """The formula with its constants, ready for a kernel."""
        return Program(
            columns=self.COLUMNS,
            components=len(self.COMPONENTS),
            at_temperature=self.at_temperature,
            at_frequency=self.at_frequency,
            constants=self.constants(population),
        )

    def exact(self, population: Population, temperature: Array, omega: Array) -> Array:
        """Exact averages, shape (components, temperatures, frequencies or times): the law's density times the formula.

        By quadrature over the population's own nodes; an observable with a closed form overrides this and calls
        it for the populations that the closed form does not cover.
        """
        program = self.program(population)
        points, scales = self.points(omega), self.scales(temperature)
        values = np.empty((len(self.COMPONENTS), len(temperature), len(omega)))
        resonant = "frequency" in self.AXES
        if not resonant:
            columns, weights = population.grouped_nodes(scales)
        for j, frequency in enumerate(omega):
            if resonant:
                columns, weights = population.grouped_nodes(scales, float(frequency))
            for i, T in enumerate(temperature):
                parts = contributions(program, columns, float(T), points[j])
                values[:, i, j] = [(weights * part).sum() for part in parts]
        return values

    def parts(self, component: str) -> tuple[int, ...]:
        """Positions in ``COMPONENTS`` of what adds up to a component or a sum."""
        return tuple(self.COMPONENTS.index(name) for name in self.SUMS.get(component, (component,)))

    def has_seams(self, component: str) -> bool:
        """Whether a component or sum is not smooth where parameters of a defect pass values that depend on T.

        Quadrature then needs nodes for each temperature by itself.
        """
        return False

    def refusal(self, component: str) -> str:
        """Why no error and no z-score can be given for a component, empty if there is no reason."""
        return ""

    def printed(self, population: Population, temperature: Array, omega: Array) -> tuple[Printed, ...]:
        """Formulas of the paper for the same quantities, as printed, the leading one of a component first."""
        return ()

    def derived(self, population: Population, metal: Metal, temperature: Array, omega: Array) -> tuple[Derived, ...]:
        """Measurable quantities that the material makes of the components."""
        return ()


def exact_at_each_temperature(
    observable: Observable, population: Population, temperature: Array, omega: Array
) -> Array:
    """What :meth:`Observable.exact` returns, with nodes for one temperature at a time.

    For formulas that are not smooth where parameters of a defect pass values that depend on T.  NaN for a population
    that has no nodes.
    """
    program, points = observable.program(population), observable.points(omega)
    values = np.full((len(observable.COMPONENTS), len(temperature), len(omega)), np.nan)
    for i, T in enumerate(temperature):
        try:
            columns, weights = population.nodes(float(T))
        except ValidityError:
            return values
        for j, point in enumerate(points):
            parts = contributions(program, columns, float(T), point)
            values[:, i, j] = [(weights * part).sum() for part in parts]
    return values


def check_chi(chi: float | None) -> None:
    """Refuse a missing chi or one outside (0, 1], the unitary limit."""
    if chi is None:
        raise SpecError("chi is not given; add chi = 0.03 (say) to [material]")
    if not 0.0 < chi <= 1.0:
        raise SpecError(f"chi = {chi!r} is outside (0, 1]: it is a cross-section in units of the unitary limit")


def check_choice(name: str, value: str, options: Iterable[str]) -> None:
    """Refuse a ``value`` that is not one of ``options``."""
    known = tuple(options)
    if value not in known:
        raise SpecError(f"{name} = {value!r} is not known; choose one of {', '.join(known)}")


def check_above(name: str, value: float, low: float, *, included: bool = False) -> None:
    """Refuse a ``value`` that is not finite or not above ``low``, or equal to it unless that is ``included``."""
    if not (math.isfinite(value) and (value > low or (included and value == low))):
        bound = f"below {low:g}" if included else f"not above {low:g}"
        raise SpecError(f"{name} = {value!r} is {bound} or not finite; give a larger number")
