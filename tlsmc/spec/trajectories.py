"""What a run records besides its sums: the table ``[trajectories]`` of a spec."""

from dataclasses import dataclass
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.populations.laws.base import Law
from tlsmc.populations.sampling.streams import Layout
from tlsmc.spec.law import law_entry, read_law
from tlsmc.spec.table import Table, shown
from tlsmc.spec.user import UserFiles
from tlsmc.units import text

#: Most points of a convergence, tracked defects, and times of a signal.
_MOST_POINTS, _MOST_TRACKED, _MOST_TIMES = 1000, 100_000, 10**9
#: Fewest times of a signal: two segments of a spectrum.
_FEWEST_TIMES = 16


@dataclass(frozen=True, slots=True)
class TrackedDefects:
    """Defects whose contributions are recorded at every grid point.

    ``random`` of them are drawn from the first sample, ``largest`` are those with the largest share of a sum at any
    place, for each curve by itself, and ``chosen`` are positions in the first sample.
    """

    random: int = 0
    largest: int = 0
    chosen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TelegraphNoise:
    """Telegraph noise of the first ``defects`` of the first sample, at ``times`` times one ``step`` apart.

    The signal is the sum of v sigma_z; ``coupling`` is v or the law that each defect's v is drawn from.  The states of
    the first ``keep`` defects are recorded.  The spectrum is Welch's with segments of ``segment`` times.
    """

    temperature: float
    step: float
    times: int
    defects: int
    coupling: float | Law = 1.0
    keep: int = 0
    segment: int = 8


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Everything that is recorded: running means at so many numbers of defects, the samples' own means, and defects."""

    convergence: int = 0
    samples: bool = False
    defects: TrackedDefects | None = None
    telegraph: TelegraphNoise | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is recorded."""
        return self == Trajectories()

    def entries(self, in_kelvin: bool) -> dict[str, Any]:
        """The table that :func:`read_trajectories` reads as these, in natural units."""
        found: dict[str, Any] = {}
        if self.convergence:
            found["convergence"] = self.convergence
        if self.samples:
            found["samples"] = True
        if self.defects is not None:
            tracked = self.defects
            found["defects"] = {"random": tracked.random, "largest": tracked.largest, "chosen": list(tracked.chosen)}
        if self.telegraph is not None:
            noise = self.telegraph
            v = noise.coupling
            found["telegraph"] = {
                "temperature": text(noise.temperature, "energy", in_kelvin),
                "step": text(noise.step, "time", in_kelvin),
                "times": noise.times,
                "defects": noise.defects,
                "coupling": v if isinstance(v, float) else law_entry(v, "number", False),
                "keep": noise.keep,
                "segment": noise.segment,
            }
        return found


def read_trajectories(table: Table, layout: Layout, files: UserFiles) -> Trajectories:
    """What a run cut up by ``layout`` records; ``files`` says where those of laws are."""
    samples = table.raw("samples", False)
    if not isinstance(samples, bool):
        raise SpecError(
            f"{table.at('samples')}: {shown(samples)} is neither true nor false; write true or leave it out"
        )
    trajectories = Trajectories(
        convergence=table.integer("convergence", 0, _MOST_POINTS, 0),
        samples=samples,
        defects=_read_tracked(table.table("defects"), layout) if table.raw("defects", None) is not None else None,
        telegraph=(
            _read_telegraph(table.table("telegraph"), layout, files)
            if table.raw("telegraph", None) is not None
            else None
        ),
    )
    table.finish()
    return trajectories


def _read_tracked(table: Table, layout: Layout) -> TrackedDefects:
    chosen = table.raw("chosen", [])
    if not isinstance(chosen, list):
        raise SpecError(f"{table.at('chosen')}: {shown(chosen)} is not a list; write for example [0, 17]")
    if chosen and layout.count == "poisson":
        raise SpecError(f"{table.at('chosen')}: a Poisson sample has no fixed number of defects; use random instead")
    inner = Table({f"chosen[{i}]": value for i, value in enumerate(chosen)}, table.place)
    positions = tuple(inner.integer(key, 0, layout.defects - 1) for key in inner.content)
    tracked = TrackedDefects(
        random=table.integer("random", 0, min(_MOST_TRACKED, layout.defects), 0),
        largest=table.integer("largest", 0, 64, 0),
        chosen=tuple(sorted(set(positions))),
    )
    table.finish()
    if tracked == TrackedDefects():
        raise SpecError(f"{table.place}: tracks no defect; give random, largest or chosen")
    return tracked


def _read_telegraph(table: Table, layout: Layout, files: UserFiles) -> TelegraphNoise:
    times = table.integer("times", _FEWEST_TIMES, _MOST_TIMES)
    defects = table.integer("defects", 1, layout.defects)
    segment = table.integer("segment", 8, times, 1 << max(3, (times // 16).bit_length() - 1))
    if segment % 2:
        raise SpecError(f"{table.at('segment')}: {segment} is odd; choose an even number, best a power of two")
    noise = TelegraphNoise(
        temperature=table.positive("temperature", "energy"),
        step=table.positive("step", "time"),
        times=times,
        defects=defects,
        coupling=_read_coupling(table, files),
        keep=table.integer("keep", 0, defects, 0),
        segment=segment,
    )
    table.finish()
    return noise


def _read_coupling(table: Table, files: UserFiles) -> float | Law:
    if isinstance(table.raw("coupling", 1.0), dict):
        return read_law(table.table("coupling"), "number", files)
    return table.quantity("coupling", "number") if "coupling" in table.content else 1.0
