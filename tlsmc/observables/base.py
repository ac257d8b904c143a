"""What an observable has to offer: a per-defect formula in two steps, and what it is compared with."""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, cast

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.observables.measurable import Derived, Metal, Printed
from tlsmc.observables.program import Constants, Formula, Program, combinations, contributions, grid_of
from tlsmc.populations.base import Population
from tlsmc.populations.fields import FieldInfo, described


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


class Observable(ABC):
    """Average over a population of a per-defect contribution on a grid of temperature and what else it depends on.

    A subclass is a frozen dataclass in a file of this folder; the file name is the name in a spec, the fields are
    the options.  It must have :attr:`COLUMNS`, :attr:`COMPONENTS`, :attr:`LABELS`, :meth:`constants` and
    :meth:`formula`; all else has a default.  The mean of a contribution over the defects is the component's value:
    normalisation belongs to the formula.

    Energies, temperatures and angular frequencies are in the natural unit of energy of the run (k_B = hbar = 1; kelvin
    in a run with units), times in its inverse; arrays are float64.  The methods that have ``*others`` get one argument
    for each axis after temperature, in the order of :attr:`AXES`; a subclass writes them out, as in
    ``def printed(self, population, temperature, omega)``, or leaves them out where it has temperature alone.
    """

    #: Models of population that the formula is for.
    MODELS: ClassVar[tuple[str, ...]] = ("tunnelling",)
    #: Axes of the grid, names of :data:`tlsmc.units.AXES`: temperature, and whatever else the observable depends on.
    AXES: ClassVar[tuple[str, ...]] = ("temperature",)
    #: Axis at whose values the formula has lines in the splitting E, which quadrature must resolve; empty if none.
    RESONANT_AXIS: ClassVar[str] = ""
    #: Population columns that the formula receives, in order.
    COLUMNS: ClassVar[tuple[str, ...]]
    #: Names of the contributions; a single one carries the observable's own name.
    COMPONENTS: ClassVar[tuple[str, ...]]
    #: Sums of components, by name.
    SUMS: ClassVar[dict[str, tuple[str, ...]]] = {}
    #: Components to which a defect may contribute with either sign.
    SIGNED: ClassVar[tuple[str, ...]] = ()
    #: Symbol and meaning of each component and sum, for tables and axis labels.
    LABELS: ClassVar[dict[str, str]]
    #: Observables that a run with this one reports too, at the same temperatures.
    MONITORS: ClassVar[tuple[str, ...]] = ()
    #: Whether it says how far the model holds rather than what is measured.
    IS_MONITOR: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse values of fields that are none of their options, and a chi out of its range."""
        for field, info in described(self):
            if info.options:
                check_choice(field.name, getattr(self, field.name), info.options)
            elif info.material == "chi":
                check_chi(getattr(self, field.name))

    @abstractmethod
    def constants(self, population: Population) -> Constants:
        """Numbers that both steps of the formula receive: a tuple of floats, of the same length for any population."""

    @abstractmethod
    def formula(self) -> Formula:
        """The two steps of the formula, plain functions at the top level of the file: (at_temperature, at_point).

        ``at_temperature(columns, T, constants) -> state``
            What depends on the defect and on the temperature alone, a tuple.  ``columns`` are the population columns
            named in :attr:`COLUMNS`, arrays of shape (defects,) or floats; numpy as a whole may be used.
        ``at_point(state, point, constants) -> contributions``
            A tuple of one contribution per entry of :attr:`COMPONENTS`.  ``point`` is one row of :meth:`points` as a
            tuple: (omega,) where frequency is the only other axis.  Its entries are floats, or arrays of shape
            (points, 1), which broadcast against the defects.  This step is compiled by numba, with the functions that
            it calls: it may do arithmetic on floats, call ufuncs (``np.exp``, ``np.sqrt``, ...) and plain functions
            that keep to this, take tuples apart and use numbers and functions of its module or of an enclosing
            function; no branches on values (``np.where`` instead), no arrays or other objects, no keyword arguments.
            :func:`~tlsmc.observables.program.identity` where there is temperature alone: the state is the
            contribution.
        """

    def points(self, *others: Any) -> Array:
        """Rows handed to the second step of the formula, one for each combination of values of the other axes.

        Parameters
        ----------
        *others
            Values of each axis after temperature, each of shape (values,).

        Returns
        -------
        Shape (points, k), the last axis fastest: by default the values themselves, k of them.  One row of a zero where
        there is temperature alone.
        """
        return combinations(*others)

    def scales(self, temperature: Array) -> Array:
        """Temperatures whose thermal factors the formula has on a grid of ``temperature``, shape (any,)."""
        return temperature

    def resonances(self, *others: Any) -> list[float | None]:
        """Splitting at which the formula has a line, for each row of :meth:`points`; None where it has none."""
        if not self.RESONANT_AXIS:
            return [None] * len(self.points(*others))
        return cast(list[float | None], combinations(*others)[:, self.AXES.index(self.RESONANT_AXIS) - 1].tolist())

    def program(self, population: Population) -> Program:
        """The formula with its constants, ready for a kernel."""
        return Program(self.COLUMNS, len(self.COMPONENTS), *self.formula(), self.constants(population))

    def closed_form(self, population: Population, temperature: Array, *others: Any) -> dict[str, Array]:
        """Exact averages of the components that have a closed form for this population, by name; others are left out.

        Parameters
        ----------
        population
            Any population of one of :attr:`MODELS`; :attr:`~tlsmc.populations.base.Population.is_paper` tells Eq. 2.
        temperature, *others
            Values of each axis, arrays that broadcast together: a grid, or scattered points.

        Returns
        -------
        Arrays of the shape that the axes broadcast to.  NaN is for what quadrature cannot give either.
        """
        return {}

    def exact(self, population: Population, temperature: Array, *others: Any) -> Array:
        """Exact averages, the law's density times the formula: by closed form where there is one, else by quadrature.

        Parameters
        ----------
        population
            The laws of the defects.
        temperature, *others
            Values of each axis, each of shape (values,).

        Returns
        -------
        Shape (components, temperatures, frequencies or times, ...), one axis for each of :attr:`AXES`; NaN where the
        population has no nodes.
        """
        known = self.closed_form(population, *grid_of(temperature, *others))
        shape = (len(temperature), *map(len, others))
        if all(name in known for name in self.COMPONENTS):
            return np.stack([np.broadcast_to(known[name], shape) for name in self.COMPONENTS])
        values = self.quadrature(population, temperature, *others)
        for name, value in known.items():
            values[self.COMPONENTS.index(name)] = value
        return values

    def averages(
        self, population: Population, components: tuple[str, ...], temperature: Array, *others: Any
    ) -> Array | None:
        """Averages of a sum of components to 1e-7, None where that takes quadrature.

        Fits ask for them thousands of times.  The axes are arrays that broadcast together, as in :meth:`closed_form`,
        which is asked unless something faster is known.
        """
        known = self.closed_form(population, temperature, *others)
        if not set(components) <= set(known):
            return None
        return np.asarray(sum(known[name] for name in components))

    def averaging(
        self, population: Population, components: tuple[str, ...], temperature: Array, *others: Any, order: int
    ) -> Callable[[Array], Array]:
        """What gives such averages at any temperatures, shape (n,), between those of ``temperature``.

        It returns shape (n, points), for points whose values of the other axes are ``others``, each of shape (points,):
        a single point where there is a resonance.  By quadrature with panels of ``order`` points, unless something
        faster is known.
        """
        program, chosen = self.program(population), [self.COMPONENTS.index(name) for name in components]
        rows = self.points(*others)
        if len(others) > 1:
            rows = np.concatenate([self.points(*point) for point in zip(*np.expand_dims(others, -1), strict=True)])
        shared = None
        if not any(map(self.has_seams, components)):
            line = float(others[self.AXES.index(self.RESONANT_AXIS) - 1][0]) if self.RESONANT_AXIS else None
            shared = population.nodes_of_range(self.scales(temperature), line, order)

        def average(temperatures: Array) -> Array:
            values = np.empty((len(temperatures), len(rows)))
            for i, T in enumerate(temperatures.tolist()):
                columns, weights = shared or population.grouped_nodes(T, order=order)
                for k, row in enumerate(rows):
                    parts = contributions(program, columns, T, row)
                    values[i, k] = sum(float((weights * parts[part]).sum()) for part in chosen)
            return values

        return average

    def quadrature(self, population: Population, temperature: Array, *others: Any) -> Array:
        """What :meth:`exact` returns, from the formula and the nodes of the population alone."""
        program, points = self.program(population), self.points(*others)
        values = np.full((len(self.COMPONENTS), len(temperature), len(points)), np.nan)
        try:
            for rows, places, columns, weights in self._nodes(population, temperature, others):
                for j, i in itertools.product(places, rows):
                    parts = contributions(program, columns, float(temperature[i]), points[j])
                    values[:, i, j] = [(weights * part).sum() for part in parts]
        except ValidityError:
            pass
        return values.reshape(len(values), len(temperature), *map(len, others))

    def _nodes(
        self, population: Population, temperature: Array, others: tuple[Array, ...]
    ) -> Iterator[tuple[Iterable[int], Iterable[int], dict[str, Array], Array]]:
        """Positions of temperatures and of points, and the nodes to average with there."""
        if any(map(self.has_seams, self.COMPONENTS)):
            for i in range(len(temperature)):
                nodes = population.nodes(self.scales(temperature[i : i + 1]))
                yield (i,), range(len(self.points(*others))), *nodes
            return
        lines = self.resonances(*others)
        for line in dict.fromkeys(lines):
            places = [j for j, other in enumerate(lines) if other == line]
            yield range(len(temperature)), places, *population.grouped_nodes(self.scales(temperature), line)

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

    def out_of_range(self, E_star: float, temperature: Array) -> str:
        """Why the formula says nothing at any of the temperatures if E* is no larger; empty if it says something."""
        return ""

    def printed(self, population: Population, temperature: Array, *others: Any) -> tuple[Printed, ...]:
        """Formulas of the paper for the same quantities, as printed, the leading one of a component first.

        The axes are arrays that broadcast together, as in :meth:`closed_form`, and so are the values.
        """
        return ()

    def derived(self, population: Population, metal: Metal, temperature: Array, *others: Any) -> tuple[Derived, ...]:
        """Measurable quantities that the material makes of the components, or would make if it had what they need.

        The axes are arrays that broadcast together, as in :meth:`closed_form`; the functions take averages of the
        shape that these broadcast to.
        """
        return ()


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
