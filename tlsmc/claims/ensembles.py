"""The ensembles of the audit, run when a claim first asks for one, and what is read off them."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tlsmc.arrays import AnyArray, Array
from tlsmc.claims.base import Sampled
from tlsmc.claims.paper import Paper, kelvin
from tlsmc.claims.specs import ENSEMBLES
from tlsmc.diagnostics.comparison import comparable_points
from tlsmc.diagnostics.tails import first_columns, run_tails
from tlsmc.errors import SpecError
from tlsmc.results.curve import Curve
from tlsmc.results.run import Run
from tlsmc.simulation.run import run
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import Spec
from tlsmc.statistics.estimates import jackknife
from tlsmc.units import to_hertz, to_seconds

#: Pieces that every ensemble is drawn in: their scatter gives the errors of what is derived.
SAMPLES = 64
#: Defects in each ensemble, by default and at least.
DEFECTS, FEWEST_DEFECTS = 2_000_000, 8_192
SEED = 20010305


@dataclass(frozen=True, slots=True)
class Place:
    """A curve of an ensemble at a temperature and, where it depends on one, a frequency or a time."""

    curve: str
    T: float
    omega_or_time: float | None = None


@dataclass(frozen=True)
class Ensembles:
    """All ensembles of one audit: what they depend on, and the specs and runs made so far."""

    paper: Paper
    defects: int = DEFECTS
    seed: int = SEED
    jobs: int = 1
    specs: dict[str, Spec] = field(default_factory=dict, repr=False)
    runs: dict[str, Run] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.defects < FEWEST_DEFECTS:
            what = f"--defects {self.defects}: is below {FEWEST_DEFECTS}"
            raise SpecError(f"{what}, too few for errors that can be trusted")

    def spec(self, name: str) -> Spec:
        """What :meth:`run` runs; each ensemble has a seed of its own, so that all are independent."""
        if name not in self.specs:
            ensemble = ENSEMBLES[name](self.paper)
            sequence = np.random.SeedSequence(self.seed, spawn_key=(zlib.crc32(name.encode()),))
            size = {"defects": -(-self.defects * ensemble.weight // SAMPLES), "samples": SAMPLES}
            about = {"title": f"claims: {name}", "seed": int(sequence.generate_state(1, np.uint64)[0] >> 2)}
            population = ensemble.content["population"] | size
            self.specs[name] = parse_spec(ensemble.content | about | {"population": population})
        return self.specs[name]

    def run(self, name: str) -> Run:
        """The run of an ensemble, in memory."""
        if name not in self.runs:
            self.runs[name] = run(self.spec(name), jobs=self.jobs, progress=False)
        return self.runs[name]

    def at(self, name: str, place: Place) -> Sampled:
        """A curve at one place, with an error only where it may be trusted."""
        curve, index = self._found(name, place)
        usable, reason = comparable_points(curve)
        error = curve.estimate.error[index] if usable[index] else np.nan
        if curve.estimate.error[index] == 0.0:
            reason = "every defect contributes the same"
        why = "" if np.isfinite(error) else f"no error: {reason or 'none can be given'}"
        return Sampled(float(curve.estimate.mean[index]), float(error), self._where(name, place), why)

    def derived(self, name: str, places: tuple[Place, ...], function: Callable[[Array], float]) -> Sampled:
        """A function of curves at several places of one ensemble, its error by jackknife over the blocks."""
        found = [self._found(name, place) for place in places]
        totals = np.stack([curve.block_totals.T[index[::-1]] for curve, index in found], axis=1)
        value, error = jackknife(totals, found[0][0].finished_sizes, function)
        reasons = [comparable_points(curve)[1] for curve, index in found if not comparable_points(curve)[0][index]]
        why = f"no error: {reasons[0]}" if reasons else ""
        where = "; ".join(dict.fromkeys(self._where(name, place) for place in places))
        return Sampled(float(value), np.nan if reasons else float(error), where, why)

    def ratio(self, name: str, above: Place, below: Place) -> Sampled:
        """Ratio of two places of one ensemble."""
        return self.derived(name, (above, below), lambda means: float(means[0] / means[1]))

    def exact(self, name: str, place: Place) -> float:
        """The exact average at a place, by closed form where there is one."""
        curve, index = self._found(name, place)
        return float(curve.exact[index])

    def quadrature(self, name: str, place: Place) -> float:
        """The exact average at a place, by quadrature of the formula of one defect over the laws."""
        curve, index = self._found(name, place)
        (part,) = curve.parts
        point = (values[[i]] for values, i in zip(curve.gridded.values, index, strict=True))
        return float(curve.gridded.observable.quadrature(curve.spec.population, *point)[part].item())

    def columns(self, name: str, most: int = 1_000_000) -> dict[str, Array]:
        """Parameters of the explicit defects of an ensemble, of the first ``most`` if it is larger."""
        return first_columns(self.spec(name), min(self.defects, most))

    def mean(self, name: str, values: AnyArray, weights: AnyArray | None = None) -> Sampled:
        """Mean over explicit defects, or a ratio of the sums of values and weights."""
        below = np.ones_like(values) if weights is None else weights
        ratio = values.sum() / below.sum()
        residual = (values - ratio * below) / below.mean()
        error = residual.std() / np.sqrt(len(values))
        return Sampled(float(ratio), float(error), f"{name}, every defect")

    def tail_index(self, name: str, place: Place) -> Sampled:
        """Index of the tail of the contributions at a place, with its error."""
        curve, index = self._found(name, place)
        tail = run_tails(self.run(name))[curve.name]
        return Sampled(float(tail.index[index]), float(tail.index_error[index]), self._where(name, place))

    def largest(self, name: str, place: Place) -> Sampled:
        """The largest contribution at a place, which has no error."""
        curve, index = self._found(name, place)
        largest = float(curve.largest[0][(0, *index)].max())
        return Sampled(largest, np.nan, self._where(name, place), "no error: the largest of a sample is no average")

    def _found(self, name: str, place: Place) -> tuple[Curve, tuple[int, ...]]:
        curve = self.run(name)[place.curve]
        wanted = (place.T, place.omega_or_time)
        return curve, tuple(_position(*pair) for pair in zip(curve.gridded.values, wanted, strict=False))

    def _where(self, name: str, place: Place) -> str:
        curve, index = self._found(name, place)
        in_kelvin, axes = curve.spec.in_kelvin, curve.gridded.axes
        words = [f"T = {kelvin(place.T)}" if in_kelvin else f"T = {place.T:.4g}"]
        if "frequency" in axes:
            value = axes["frequency"][index[1]]
            words.append(f"nu = {1e-6 * to_hertz(value):.4g} MHz" if in_kelvin else f"omega = {value:.4g}")
        if "time" in axes:
            words.append(f"t = {to_seconds(axes['time'][index[1]]):.4g} s")
        return f"{name}, {', '.join(words)}"


def _position(values: Array, wanted: float | None) -> int:
    if wanted is None:
        return 0
    place = int(np.argmin(np.abs(values - wanted)))
    if abs(values[place] - wanted) > 1e-9 * abs(wanted):
        raise SpecError(f"{wanted!r} is not on the grid {values.tolist()}; give one of its values")
    return place
