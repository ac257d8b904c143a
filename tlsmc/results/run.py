"""What a run offers: means with errors, exact values and printed forms, all derived from its block sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import CodeError, SpecError, suggestion
from tlsmc.results.curve import Curve, curve_names
from tlsmc.results.defects import Columns, block_columns, block_contributions, joined
from tlsmc.results.provenance import Provenance
from tlsmc.spec.spec import Spec
from tlsmc.statistics.largest import list_length
from tlsmc.statistics.sums import ObservableSums, RunSums


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
        return np.asarray(self.spec.layout.block_sizes * self.sums.done, dtype=float)

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
                return Curve(
                    self.spec, self.sums, gridded, next(iter(gridded.observable.SUMS), gridded.observable.COMPONENTS[0])
                )
            for curve, component in curve_names(gridded).items():
                if name == curve:
                    return Curve(self.spec, self.sums, gridded, component)
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
