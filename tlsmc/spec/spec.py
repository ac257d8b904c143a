"""A run as plain data: what to sample, of which metal, which observables on which grids.

A spec is read from TOML, is immutable, and is the only input of a run.  :meth:`Spec.resolved` gives it back with
every default filled in and every quantity in natural units; reading that gives an equal spec.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import SpecError
from tlsmc.observables.base import Observable
from tlsmc.observables.measurable import Derived, Metal, Printed
from tlsmc.observables.program import grid_of
from tlsmc.populations.base import Population
from tlsmc.populations.sampling.proposals import ResonantProposal
from tlsmc.populations.sampling.streams import Layout
from tlsmc.spec.law import law_entry
from tlsmc.spec.material import GEOMETRY, MATERIAL_KINDS, Material
from tlsmc.spec.observable import observable_entry
from tlsmc.spec.trajectories import Trajectories
from tlsmc.spec.user import Deferred, made
from tlsmc.units import AXIS_KINDS, text

#: What a run may keep of every defect: nothing, its parameters, or its contributions at every grid point too.
STORES = ("none", "population", "contributions")


@dataclass(frozen=True)
class GriddedObservable:
    """One observable on its grid: ``axes`` has the values of each of its :attr:`Observable.AXES`, temperature first."""

    name: str
    observable: Observable
    axes: dict[str, tuple[float, ...]]

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of values of the axes."""
        return tuple(map(len, self.axes.values()))

    @property
    def grid(self) -> tuple[int, int]:
        """Numbers of temperatures and of points, combinations of values of all other axes: the shape of sums."""
        return self.shape[0], math.prod(self.shape[1:])

    @property
    def values(self) -> tuple[Array, ...]:
        """Values of each axis as an array."""
        return tuple(map(np.array, self.axes.values()))

    @property
    def T(self) -> Array:
        """Temperatures as an array."""
        return self.values[0]

    @property
    def points(self) -> Array:
        """Rows of the second step of the formula, shape (points, k); see :meth:`Observable.points`."""
        return self.observable.points(*self.values[1:])

    @property
    def stored_axes(self) -> dict[str, Array]:
        """Values of the axes that arrays in files have: where there is temperature alone, a frequency of 0 too."""
        axes = dict(zip(self.axes, self.values, strict=True))
        return axes if len(axes) > 1 else axes | {"frequency": np.zeros(1)}

    def exact(self, population: Population) -> Array:
        """Exact averages, shape (components, *shape); see :meth:`Observable.exact`."""
        return self.observable.exact(population, *self.values)

    def printed(self, population: Population) -> tuple[Printed, ...]:
        """Formulas of the paper on the grid; see :meth:`Observable.printed`."""
        return self.observable.printed(population, *grid_of(*self.values))

    def derived(self, population: Population, metal: Metal) -> tuple[Derived, ...]:
        """Measurable quantities on the grid; see :meth:`Observable.derived`."""
        return self.observable.derived(population, metal, *grid_of(*self.values))


@dataclass(frozen=True)
class Spec:
    """Everything that determines a run.

    The entries ``width``, ``thickness`` and ``length`` of ``material`` make the number of defects, see
    :meth:`Material.defects`, and a layout with another number is refused.

    ``store`` is what is kept of every defect besides the sums, see :data:`STORES`, and ``trajectories`` what is
    recorded of some; they change no sum and take no part in the hash.  ``source`` is the text that it was read from and
    ``overrides`` the settings changed on top of it; neither takes part in comparisons or in the hash.
    """

    title: str
    layout: Layout
    model: str
    population: Population
    material: Material
    observables: tuple[GriddedObservable, ...]
    in_kelvin: bool
    proposal: str = "none"
    store: str = "none"
    trajectories: Trajectories = field(default_factory=Trajectories)
    source: str = field(default="", compare=False)
    overrides: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.population, Deferred):
            return
        number, defects = self.material.defects(self.population), self.layout.defects
        # The last bits of L may depend on the machine.
        if number is not None and abs(max(number, 1.0) - defects) > 0.5 + 1e-9 * number:
            sizes = " x ".join(GEOMETRY)
            raise SpecError(
                f"population.defects: {defects} are not the {max(1, round(number))} of n_T L in the {sizes} of "
                "[material]; give one of the two, or change the piece of metal"
            )

    @cached_property
    def metal(self) -> Metal:
        """Densities and energies for measurable results; n_T follows from a dephasing time by Eqs. 5 and 6."""
        return self.material.metal(self.population)

    @cached_property
    def sampler(self) -> Population | ResonantProposal:
        """What defects are drawn from: the population, or a proposal whose weights make up for the difference."""
        if self.proposal == "none":
            return self.population
        resonant = [gridded for gridded in self.observables if gridded.observable.RESONANT_AXIS]
        chi = self.material.chi
        if not resonant or chi is None:
            raise SpecError('proposal = "resonant" needs chi and an observable with frequencies; set proposal = "none"')
        omega = np.unique([value for gridded in resonant for value in gridded.axes[gridded.observable.RESONANT_AXIS]])
        T = np.unique([value for gridded in resonant for value in gridded.axes["temperature"]])
        return ResonantProposal.of(self.population, chi, omega, T)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a run of this spec had better say before it starts, one line each."""
        return tuple(
            f"population.parameters.{name}: {law} has no mean; averages that grow with {name} do not converge"
            for name, law in self.population.laws.items()
            if law.expectation == np.inf
        )

    def gridded(self, name: str) -> GriddedObservable:
        """An observable of the spec on its grid.

        Parameters
        ----------
        name
            Name of the observable.

        Returns
        -------
        GriddedObservable
            The observable, and the values of its axes.

        Raises
        ------
        SpecError
            The spec has no such observable.

        Examples
        --------
        >>> tlsmc.load_spec("small.toml").gridded("attenuation").axes["frequency"]
        (0.05, 0.5)
        """
        for gridded in self.observables:
            if gridded.name == name:
                return gridded
        raise SpecError(f"the run has no observable {name!r}; it has {', '.join(s.name for s in self.observables)}")

    def executed(self) -> Spec:
        """The spec with laws and observables made by the code of a user where they were put off.

        Returns
        -------
        Spec
            The same spec if nothing was put off.

        Raises
        ------
        CodeError
            The user's file is missing, has changed, or fails.

        Examples
        --------
        >>> spec = tlsmc.load_spec("small.toml")
        >>> spec.executed() is spec
        True
        """
        things = (self.population, *(gridded.observable for gridded in self.observables))
        if not any(isinstance(thing, Deferred) for thing in things):
            return self
        observables = tuple(replace(gridded, observable=made(gridded.observable)) for gridded in self.observables)
        return replace(self, population=made(self.population), observables=observables)

    def resolved(self) -> dict[str, Any]:
        """The spec as a TOML-like dictionary with nothing left out, in natural units.

        Returns
        -------
        dict
            What :func:`tlsmc.parse_spec` makes an equal spec of.

        Examples
        --------
        >>> tlsmc.load_spec("small.toml").resolved()["population"]["count"]
        'fixed'
        """
        layout, kelvin = self.layout, self.in_kelvin
        laws = {name: law_entry(law, self.population.KINDS[name], kelvin) for name, law in self.population.laws.items()}
        entries = {}
        for gridded in self.observables:
            entry = observable_entry(gridded.observable, kelvin)
            for axis, values in gridded.axes.items():
                entry[axis] = [text(value, AXIS_KINDS[axis], kelvin) for value in values]
            entries[gridded.name] = entry
        return {
            "title": self.title,
            **({"seeds": [list(pair) for pair in layout.seeds]} if layout.seeds else {"seed": layout.seed}),
            "store": self.store,
            "population": {
                "model": self.model,
                "defects": layout.defects,
                "samples": layout.samples,
                "sampling": layout.sampling,
                "count": layout.count,
                "proposal": self.proposal,
                "parameters": laws,
            },
            "material": {key: text(value, MATERIAL_KINDS[key], kelvin) for key, value in self.material.given.items()},
            "observables": entries,
            **({} if self.trajectories.empty else {"trajectories": self.trajectories.entries(kelvin)}),
        }

    def hash(self) -> str:
        """Hash of everything that determines the sums of the run (not its title or what else it keeps).

        Returns
        -------
        str
            SHA-256.

        Examples
        --------
        >>> tlsmc.load_spec("small.toml").hash() == tlsmc.load_spec("small.toml", ("title='new'",)).hash()
        True
        """
        return content_hash(self.resolved())


#: Entries of a spec that change no sum.
_NO_NUMBERS = ("title", "store", "trajectories")


def content_hash(resolved: dict[str, Any]) -> str:
    """The :meth:`Spec.hash` of what :meth:`Spec.resolved` gave, perhaps in a version with fewer entries."""
    content = {key: value for key, value in resolved.items() if key not in _NO_NUMBERS} | {"title": ""}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
