"""What a population model has to offer.

A model is one file of this folder with one class derived from :class:`Population`, created from the laws of its
parameters.  The file name is the name of the model in a spec.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Self

from numpy.typing import ArrayLike

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.populations.laws.base import Law

#: Column with the statistical weight of each defect, where they were not drawn from the population itself.
WEIGHT = "weight"


class Population(ABC):
    """Defects with independent random parameters, one law for each.

    A model is a dataclass whose only field, ``laws``, maps the names of its parameters to their laws.
    """

    __slots__ = ()

    #: Law of every parameter by its name, in the order of the unit-cube coordinates.
    laws: Mapping[str, Law]
    #: Sets of parameters that the model accepts; the order is that of the unit-cube coordinates.
    PARAMETERS: ClassVar[tuple[tuple[str, ...], ...]]
    #: Physical kind of each parameter, see :data:`tlsmc.units.KINDS`.
    KINDS: ClassVar[Mapping[str, str]]
    #: Names of the columns that describe a defect.
    COLUMNS: ClassVar[tuple[str, ...]]
    #: Parameters whose law is that of a whole defect, and the class of it.
    JOINT: ClassVar[Mapping[str, type[Law]]] = {}
    #: Cross-section of a defect at saturation in units of the unitary limit, None where the material gives chi.
    CHI: ClassVar[float | None] = None
    #: Number of unit-cube coordinates of one defect.
    dimensions: ClassVar[int]

    def with_laws(self, laws: Mapping[str, Law]) -> Self:
        """The same model with other laws."""
        model: Callable[..., Self] = type(self)
        return model(laws)

    @abstractmethod
    def columns(self, points: Array) -> dict[str, Array]:
        """Defects at unit-cube ``points`` of shape (dimensions, n): a contiguous array of n for every column."""

    @abstractmethod
    def nodes(
        self, temperatures: ArrayLike | None = None, omega: float | None = None, order: int = 12
    ) -> tuple[dict[str, Array], Array]:
        """Columns and weights of a deterministic population: sum(w f) is the average of f over the laws.

        Parameters
        ----------
        temperatures
            One or more temperatures at which f is to be averaged, None if f does not depend on any.
        omega
            Angular frequency at which f may have a resonance, None if it has none.
        order
            Gauss-Legendre points of a panel.  A higher order gives an estimate of the error.
        """

    def grouped_nodes(
        self, temperatures: ArrayLike | None = None, omega: float | None = None, order: int = 12
    ) -> tuple[dict[str, Array], Array]:
        """Like :meth:`nodes`, with columns that broadcast to the shape of the weights rather than have it.

        A formula evaluated on such columns does not repeat what several nodes share.
        """
        return self.nodes(temperatures, omega, order)

    def nodes_of_range(self, temperatures: Array, omega: float | None, order: int) -> tuple[dict[str, Array], Array]:
        """Like :meth:`grouped_nodes`, for a smooth function at any temperature between the given ones."""
        return self.grouped_nodes(temperatures, omega, order)

    @property
    @abstractmethod
    def E_star(self) -> float:
        """Energy that scales frequency and temperature: Omega = omega/E*, theta = 2T/E*."""

    @property
    @abstractmethod
    def defects_per_n_T(self) -> float:
        """L = N/(n_T V), the number of defects for each of the density n_T that scatters electrons."""

    @property
    @abstractmethod
    def is_paper(self) -> bool:
        """Whether the laws are those behind the closed forms of the paper."""

    @property
    def band(self) -> Law | None:
        """Law of the splittings E if p has that of Eq. 2 whatever E is: then averages over p close; else None."""
        return None

    @property
    def landmarks(self) -> tuple[float, ...]:
        """Temperatures at which an average may not be smooth: the edges of the laws of energies, above 0 and finite."""
        laws = [law for name, law in self.laws.items() if self.KINDS[name] == "energy"]
        edges = {edge for law in laws for edge in (*law.support, *law.kinks)}
        return tuple(sorted(edge for edge in edges if 0.0 < edge < math.inf))

    @property
    def p_min(self) -> float:
        """Cut-off of the tunnelling fraction in Eq. 2.

        Raises
        ------
        ValidityError
            The population is not one with this cut-off.
        """
        raise ValidityError('p_min is the cut-off of p with law = "tunnelling"; this population has none')

    @property
    def Delta_star(self) -> float:
        """Energy Delta* that scales the splittings in Eq. 19.

        Raises
        ------
        ValidityError
            The population is not one of Kondo defects.
        """
        raise ValidityError('Delta_star is the scale of Delta with model = "kondo"; this population has none')


def ordered_laws(laws: Mapping[str, Law], accepted: tuple[tuple[str, ...], ...]) -> dict[str, Law]:
    """Copy of ``laws`` in the order of the accepted set of parameters that they are.

    Raises
    ------
    SpecError
        The parameters are none of the accepted sets; the message names what is missing or too much.
    """
    given = set(laws)
    nearest = max(accepted, key=lambda names: len(given & set(names)) - len(set(names) - given))
    missing, extra = [name for name in nearest if name not in given], sorted(given - set(nearest))
    if missing or extra:
        faults = [f"lack {', '.join(missing)}"] * bool(missing) + [f"have {', '.join(extra)} too much"] * bool(extra)
        choices = " or ".join("{" + ", ".join(names) + "}" for names in accepted)
        raise SpecError(f"parameters {{{', '.join(sorted(given))}}} {' and '.join(faults)}; give laws for {choices}")
    return {name: laws[name] for name in nearest}
