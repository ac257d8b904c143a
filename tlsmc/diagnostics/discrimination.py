"""Which measurement tells two hypotheses apart, and with how many points.

Beyond the paper.  What is measured at a grid point is the logarithm of a quantity, with an independent relative error
sigma at every point and one sample-to-sample deviation for all points of a sample, both Gaussian:

    y = ln A or ln B,   covariance  S = sigma^2 1 + V_A or V_B,

V from the second moments of the population (:mod:`tlsmc.observables.averages`).  With d = ln A - ln B, the answers of
one hypothesis lie chi^2 = d^T S^-1 d from those of the other, in units of the latter's deviations.  If only the shape
is known, ln A and ln B have an unknown constant in common to all points: chi^2 is the least over it,
d^T S^-1 d - (1^T S^-1 d)^2/(1^T S^-1 1).  S differs between the hypotheses: the smaller chi^2 counts.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.diagnostics.hypotheses import axis_of, defects_of, observable_of, predict, scale_of
from tlsmc.errors import SpecError
from tlsmc.observables.quantities import COMPARED, MeasuredQuantity
from tlsmc.spec.spec import Spec

Places = tuple[int, ...]

#: Significances, in standard deviations, that numbers of points are given for.
LEVELS = (3.0, 5.0)
#: Logarithms that differ by no more than this are the same.
SAME = 1e-6
#: Most points of a design.
MOST_POINTS = 100
#: Temperatures and frequencies of the grid on which points are sought.
_TEMPERATURES, _RESONANT_TEMPERATURES, _FREQUENCIES = 16, 12, 7


@dataclass(frozen=True, slots=True)
class Experiment:
    """What an experimenter can do.

    Ranges are in natural units, None for the overlap of the specs' grids; ``precision`` is the relative error of a
    point; ``volume`` that of a sample, None for as many defects as the specs have; ``shape_only`` names the
    quantities whose amplitude is unknown.
    """

    precision: float = 0.03
    points: int = 5
    temperature: tuple[float, float] | None = None
    frequency: tuple[float, float] | None = None
    volume: float | None = None
    shape_only: tuple[str, ...] = ("attenuation",)

    def __post_init__(self) -> None:
        if not 0.0 < self.precision < 1.0:
            raise SpecError(f"--precision {self.precision!r}: is outside (0, 1); 0.03 is 3 % of the value")
        if not 1 <= self.points <= MOST_POINTS:
            raise SpecError(f"--points {self.points}: is outside 1 ... {MOST_POINTS}; choose a number inside")
        if self.volume is not None and not 0.0 < self.volume < math.inf:
            raise SpecError(f"--volume {self.volume!r}: is not positive and finite; give the volume of a sample")
        for axis in ("temperature", "frequency"):
            given = getattr(self, axis)
            if given is not None and not 0.0 < given[0] <= given[1] < math.inf:
                raise SpecError(f"--{axis}: {given[0]!r} ... {given[1]!r} is not a range above 0; give low and high")


@dataclass(frozen=True, slots=True)
class Contrast:
    """One point, or two points where only the difference of their logarithms counts.

    ``difference`` is d of the point or between the two, ``noise`` the variance that one measurement of each gives it,
    and ``spread`` that from sample to sample if A or B holds.
    """

    places: Places
    difference: float
    noise: float
    spread: tuple[float, float]

    @property
    def separations(self) -> tuple[float, float]:
        """|d| over the standard deviation under A, by which A is excluded if B holds, and over that under B."""
        first, second = (abs(self.difference) / math.sqrt(self.noise + v) for v in self.spread)
        return first, second

    @property
    def separation(self) -> float:
        """The smaller separation."""
        return min(self.separations)

    @property
    def limit(self) -> float:
        """Separation that no number of repetitions on one sample exceeds."""
        worst = max(self.spread)
        return abs(self.difference) / math.sqrt(worst) if worst > 0.0 else math.inf

    def repetitions(self, level: float) -> int | None:
        """How often the point, or both of the pair, must be measured on one sample for ``level``; None for never."""
        left = (self.difference / level) ** 2 - max(self.spread)
        return max(1, math.ceil(self.noise / left * (1.0 - 1e-12))) if left > 0.0 else None

    def samples(self, level: float) -> int | None:
        """How many samples, each measured once, reach ``level``; None for never."""
        variance = self.noise + max(self.spread)
        square = self.difference**2
        return max(1, math.ceil(level**2 * variance / square * (1.0 - 1e-12))) if square > 0.0 else None


@dataclass(frozen=True, slots=True)
class Design:
    """Points chosen one after the other, each for the largest chi^2 so far, and that chi^2 under A and under B."""

    places: Places
    chi2: Array

    @property
    def separations(self) -> Array:
        """Square root of the smaller chi^2 after each point."""
        return np.asarray(np.sqrt(self.chi2.min(axis=1)))


@dataclass(frozen=True, slots=True)
class Discrimination:
    """How one quantity tells the hypotheses apart.

    ``difference`` = ln A - ln B and ``spread``, the covariance from sample to sample of A and of B, are those of the
    points in the rows of ``T`` and ``omega``; ``lost`` points have no positive exact value in both.  ``scale`` is the
    unit of the quantity, ``shape_only`` whether its amplitude is unknown, ``defects`` those of one sample.
    """

    quantity: str
    shape_only: bool
    scale: str
    defects: tuple[float, float]
    axes: tuple[str, ...]
    T: Array
    omega: Array
    difference: Array
    spread: Array
    lost: int
    best: Contrast
    design: Design

    @property
    def same(self) -> bool:
        """Whether the curves do not differ at all, but perhaps for an amplitude that is not known."""
        return abs(self.best.difference) <= SAME

    @property
    def merit(self) -> float:
        """Separation for each single measurement, by which quantities are ranked."""
        return self.best.separation / math.sqrt(len(self.best.places))

    def where(self, place: int) -> tuple[float, ...]:
        """Coordinates of a point on the quantity's axes."""
        return (float(self.T[place]), float(self.omega[place]))[: len(self.axes)]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Quantities that both hypotheses predict, the best first, and why others cannot be asked."""

    found: tuple[Discrimination, ...]
    refused: dict[str, str]


def discriminate(a: Spec, b: Spec, experiment: Experiment | None = None) -> Ranking:
    """How each quantity that both specs predict tells them apart, by exact averages: nothing is drawn.

    Parameters
    ----------
    a, b
        Specs of the two hypotheses.
    experiment
        Ranges, relative error of a point, number of points and volume of a sample; see :class:`Experiment`.

    Returns
    -------
    Ranking
        Quantities, the best first, with the point where they differ most and a design of several points.

    Raises
    ------
    SpecError
        No quantity can be asked of both; the message says why.

    Examples
    --------
    >>> a, b = (tlsmc.load_spec("small.toml", (f"population.parameters.E.high={high}",)) for high in (1.0, 0.5))
    >>> ranking = tlsmc.diagnostics.discriminate(a, b)
    >>> round(ranking.found[0].best.separation, 1)  # standard deviations
    7.4
    """
    experiment = experiment or Experiment()
    if a.in_kelvin != b.in_kelvin:
        raise SpecError(f"only spec {'A' if a.in_kelvin else 'B'} has units; give both specs units, or neither")
    found, refused = [], {}
    for name, quantity in COMPARED.items():
        try:
            found.append(_examined((a, b), quantity, experiment))
        except SpecError as error:
            refused[name] = str(error)
    if not found:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
        raise SpecError(f"no quantity can be asked of both specs ({reasons})")
    return Ranking(tuple(sorted(found, key=lambda one: -one.merit)), refused)


def _examined(specs: tuple[Spec, Spec], quantity: MeasuredQuantity, experiment: Experiment) -> Discrimination:
    shape_only = quantity.comparison in experiment.shape_only
    T, omega, axes = _grid(specs, quantity, experiment)
    scale = scale_of(specs, quantity, shape_only)
    defects = defects_of(specs[0], experiment.volume), defects_of(specs[1], experiment.volume)
    first, second = (
        predict(spec, quantity, scale, (T, omega)[: len(axes)], number)
        for spec, number in zip(specs, defects, strict=True)
    )
    d = first[0] - second[0]
    good = np.flatnonzero(np.isfinite(d))
    if len(good) <= shape_only:
        raise SpecError(f"both have a positive exact value at {len(good)} of {d.size} points; change the range")
    spread = np.stack([covariance[np.ix_(good, good)] for _, covariance in (first, second)])
    difference, lost = d[good], d.size - len(good)
    T, omega = (np.ravel(values)[good] for values in np.meshgrid(T, omega, indexing="ij"))
    best = best_contrast(difference, spread, experiment.precision, shape_only)
    design = best_design(difference, spread, experiment.precision, experiment.points, shape_only)
    name = quantity.comparison
    return Discrimination(name, shape_only, scale, defects, axes, T, omega, difference, spread, lost, best, design)


def _grid(
    specs: tuple[Spec, Spec], quantity: MeasuredQuantity, experiment: Experiment
) -> tuple[Array, Array, tuple[str, ...]]:
    axes = observable_of(specs[0], quantity).AXES
    observable_of(specs[1], quantity)
    resonant = "frequency" in axes
    temperatures = _RESONANT_TEMPERATURES if resonant else _TEMPERATURES
    T = axis_of(specs, quantity, "temperature", experiment.temperature, temperatures)
    omega = axis_of(specs, quantity, "frequency", experiment.frequency, _FREQUENCIES) if resonant else np.zeros(1)
    return T, omega, axes


def best_contrast(difference: Array, spread: Array, precision: float, shape_only: bool) -> Contrast:
    """The point, or pair of points, with the largest of the smaller separations."""
    variances = np.diagonal(spread, axis1=1, axis2=2)
    d, v, noise = difference, variances, precision**2
    if shape_only:
        d = difference[:, None] - difference
        v = np.clip(variances[:, :, None] + variances[:, None, :] - 2.0 * spread, 0.0, None)
        noise = 2.0 * precision**2
    with np.errstate(invalid="ignore"):
        separation = (np.abs(d) / np.sqrt(noise + v)).min(axis=0)
    places = tuple(int(i) for i in np.unravel_index(np.argmax(separation), separation.shape))
    if shape_only and places[0] == places[1]:
        places = (0, len(difference) - 1)
    value = float(d[places])
    return Contrast(places, value, noise, (float(v[0][places]), float(v[1][places])))


def best_design(difference: Array, spread: Array, precision: float, points: int, shape_only: bool) -> Design:
    """Up to ``points`` points for one sample; a point may be measured again."""
    everywhere = np.arange(len(difference))
    chosen: Places = ()
    found: list[Array] = []
    if shape_only:
        # One point tells nothing of a shape.
        chosen = best_contrast(difference, spread, precision, True).places[:1]
        found.append(np.zeros(len(spread)))
    while len(chosen) < points:
        trials = np.column_stack([np.broadcast_to(chosen, (len(everywhere), len(chosen))), everywhere]).astype(int)
        values = chi2(difference, spread, precision, trials, shape_only)
        place = int(np.argmax(values.min(axis=0)))
        chosen += (place,)
        found.append(values[:, place])
    return Design(chosen, np.array(found))


def chi2(difference: Array, spread: Array, precision: float, places: NDArray[np.int_], shape_only: bool) -> Array:
    """Expected chi^2, shape (hypotheses, trials), of one measurement at each of ``places``, shape (trials, points)."""
    S = spread[:, places[:, :, None], places[:, None, :]] + precision**2 * np.eye(places.shape[1])
    d = difference[places]
    # A difference from the first point changes no shape, and makes that of a pure amplitude exactly zero.
    right = np.stack([d - d[:, :1] if shape_only else d, np.ones_like(d)], axis=-1)
    solved = np.linalg.solve(S, np.broadcast_to(right, (*S.shape[:2], *right.shape[1:])))
    (dd, d1), (_, one) = np.moveaxis(np.swapaxes(right, 1, 2) @ solved, (-2, -1), (0, 1))
    return np.asarray(np.clip(dd - d1**2 / one if shape_only else dd, 0.0, None))
