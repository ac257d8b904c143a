"""Taking in finished blocks, and writing them to the run file so rarely that it costs little."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tlsmc.results import store
from tlsmc.results.provenance import Provenance
from tlsmc.results.run import Record, Run
from tlsmc.results.store.output import resume_command
from tlsmc.simulation.blocks import BlockSums
from tlsmc.spec.spec import Spec
from tlsmc.statistics.largest import Listed
from tlsmc.statistics.sums import RunSums

#: A checkpoint follows the last one after ``PAUSE`` seconds at the earliest, and only if all of them together then take
#: no more than ``SHARE`` of the time since the start.
PAUSE, SHARE = 1.0, 0.05


@dataclass(slots=True)
class Collector:
    """Block sums of a run as they come in, and the file that they go to."""

    spec: Spec
    sums: RunSums
    before: Provenance
    path: Path | None = None
    shards: store.ShardFolder | None = None
    defects: int = 0
    unsaved: bool = False
    begin: float = field(default_factory=lambda: time.monotonic())
    last: float = field(default_factory=lambda: time.monotonic())
    cost: float = 0.0
    spent: float = 0.0
    pending: dict[str, list[Listed]] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)

    def take(self, blocks: BlockSums) -> int:
        """Add finished blocks; returns the nominal number of defects in them."""
        places = (blocks.rows[:, 0], blocks.rows[:, 1])
        for name, observable in blocks.observables.items():
            sums = self.sums.observables[name]
            sums.totals[places], sums.products[places] = observable.totals, observable.products
            self.pending.setdefault(name, []).append(observable.listed)
        if self.shards is not None:
            self.shards.checksums[places] = blocks.shards
        self.sums.counts[places] = blocks.counts
        self.sums.done[places] = True
        for name, sums in self.sums.observables.items():
            # Merging costs more than waiting: each time, the lists are worth as much as all that came before.
            full = (sums.largest.values[:, -1] > -np.inf).all()
            if not full or sum(len(listed.values) for listed in self.pending[name]) > sums.largest.values.size:
                self._merge(name)
        defects = int(self.spec.layout.block_sizes[blocks.rows[:, 1]].sum())
        self.defects += defects
        self.unsaved = True
        return defects

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        if self.path is None:
            return False
        now = time.monotonic()
        return now - self.last > PAUSE and self.spent + self.cost <= SHARE * (now - self.begin)

    def checkpoint(self) -> None:
        """Write the file as it stands: the shards first, so that it never lists one that is not there."""
        self.settle()
        assert self.path is not None
        begin = time.monotonic()
        checksums = None
        if self.shards is not None:
            self.shards.sync()
            checksums = self.shards.checksums
        image = store.run_image(self.spec, self.sums, self.provenance(), checksums, self.records)
        store.replace_file(self.path, image)
        self.unsaved = False
        self.last = time.monotonic()
        self.cost = self.last - begin
        self.spent += self.cost

    def settle(self) -> None:
        """Bring the lists of the largest contributions up to date."""
        for name in self.pending:
            self._merge(name)

    def _merge(self, name: str) -> None:
        if self.pending.get(name):
            self.sums.observables[name].largest.absorb(*Listed.joined(self.pending[name]))
            self.pending[name] = []

    def provenance(self) -> Provenance:
        """Provenance up to now."""
        seconds = time.monotonic() - self.begin
        return replace(
            self.before,
            wall_seconds=round(self.before.wall_seconds + seconds, 3),
            rate=round(self.defects / seconds, 1) if self.defects else self.before.rate,
        )

    def result(self) -> Run:
        """The run as it stands."""
        return Run(self.spec, self.sums, self.provenance(), str(self.path or ""), self.shards, self.records)

    @property
    def remedy(self) -> str:
        """What is saved of a run that ends early, and the command that goes on with it."""
        if self.path is None:
            return "nothing is saved without a run file"
        saved = f"{self.result().share_done} of the defects are saved in {self.path}"
        return f"{saved}; `{resume_command(self.path)}` goes on"
