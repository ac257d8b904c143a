"""Telegraph noise in time: every defect switches between its levels, and the signals of all add up.

At times one ``step`` apart a defect is a Markov chain: with a = 1 - exp(-step/T1) it leaves the lower level with
probability a n1 per step and the upper one with a (1 - n1), which is the exact solution of the rate equations of
:func:`tlsmc.physics.switching.switching_rates` whatever the step.  So the numbers of steps between two switches are
geometric, and a defect costs time by its switches only: none if it is frozen, half a switch per step at most.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError
from tlsmc.physics.linewidth import linewidth, relaxation_rate
from tlsmc.physics.switching import telegraph_amplitude, telegraph_variance, upper_occupation
from tlsmc.physics.thermal import population_difference, thermal_susceptibility
from tlsmc.statistics.sums import PairwiseSum

Columns = Mapping[str, Array]

#: Defects whose signals are added up exactly; groups are added over the binary tree of their positions.
GROUP = 32
# Last part of the spawn key of a defect's stream, the bytes "TELE".  No population has a key of three parts.
_TELEGRAPH = 0x54454C45
# Defects whose decays are in memory at once for an autocovariance.
_SLICE = 2048


class Check(NamedTuple):
    """A quantity of every defect as simulated, its exact expectation and its exact standard deviation.

    The deviations are near normal where a defect switches many times.  A frozen defect has a fraction of 0 or 1.
    """

    value: Array
    exact: Array
    error: Array


@dataclass(frozen=True, slots=True)
class TelegraphSums:
    """What a simulation of n defects at N times leaves.

    ``signal`` (N,) is the sum of v sigma_z; ``fraction`` the part of the N times that each defect was in its upper
    level, and ``switches`` how often it changed; ``states`` (kept defects, N/8 rounded up) has the upper level as 1
    in the order of :func:`numpy.packbits`.
    """

    signal: Array
    fraction: Check
    switches: Check
    states: NDArray[np.uint8]


def defect_stream(seed: int, sample: int, number: int) -> np.random.Generator:
    """Stream of the telegraph noise of defect ``number`` of a sample: no other part of a run draws from it."""
    sequence = np.random.SeedSequence(seed, spawn_key=(sample, number, _TELEGRAPH))
    return np.random.Generator(np.random.PCG64(sequence))


def rates(columns: Columns, chi: float, T: float) -> Array:
    """Rate 1/T1 = chi p E coth(E/2T) of every defect (Eq. 12)."""
    E = columns["E"]
    return np.asarray(relaxation_rate(linewidth(E, columns["p"], population_difference(E, T), chi)), dtype=np.float64)


def variances(columns: Columns, couplings: Array, T: float) -> Array:
    """Variance v^2 (1-p) sech^2(E/2T) of every defect's signal."""
    susceptibility = thermal_susceptibility(columns["E"], T)
    return np.asarray(telegraph_variance(couplings, columns["q"], susceptibility), dtype=np.float64)


def mean_signal(columns: Columns, couplings: Array, T: float) -> float:
    """Expectation -sum v sqrt(1-p) tanh(E/2T) of the signal."""
    amplitude = telegraph_amplitude(couplings, columns["q"])
    return -float(np.sum(amplitude * population_difference(columns["E"], T)))


def autocovariance(variance: Array, rate: Array, step: float, lags: int) -> Array:
    """Autocovariance sum_i variance_i exp(-k step/T1_i) of the signal at the lags k = 0 ... ``lags`` - 1.

    For :func:`tlsmc.statistics.spectra.welch_expectation`.
    """
    # k = width i + j makes a matrix product of it, with sqrt(lags) exponentials per defect.
    width = int(np.ceil(np.sqrt(lags)))
    total = np.zeros((width, width))
    for start in range(0, rate.size, _SLICE):
        part = slice(start, start + _SLICE)
        fine = np.exp(-np.outer(np.arange(width), rate[part] * step))
        coarse = np.exp(-np.outer(width * np.arange(width), rate[part] * step))
        total += (coarse * variance[part]) @ fine.T
    return total.ravel()[:lags]


def expected_fraction(E: Array, T: float, rate: Array, step: float, times: int) -> tuple[Array, Array]:
    """Expectation n1 of the fraction of ``times`` in the upper level, and its standard deviation.

    The variance is n1 (1 - n1) sum_jk lambda^|j-k| / times^2, lambda = exp(-step/T1).
    """
    upper = np.asarray(upper_occupation(E, T), dtype=np.float64)
    pairs = 2.0 * _weighted_decays(times, rate * step) - times
    return upper, np.sqrt(0.25 * thermal_susceptibility(E, T) * pairs) / times


def expected_switches(E: Array, T: float, rate: Array, step: float, times: int) -> tuple[Array, Array]:
    """Expectation (times - 1) s of the number of switches, s = 2 a n1 (1 - n1), and its standard deviation.

    With a = 1 - lambda and two switches m + 1 steps apart, the covariance of their indicators is
    s (a/2) (1 - 2 n1)^2 lambda^m.
    """
    loss = -np.expm1(-rate * step)
    single = 0.5 * loss * thermal_susceptibility(E, T)
    bunching = single * loss * population_difference(E, T) ** 2 * _weighted_decays(times - 2, rate * step)
    return (times - 1) * single, np.sqrt((times - 1) * single * (1.0 - single) + bunching)


def _weighted_decays(count: int, x: Array) -> Array:
    """sum_(j < count) (count - j) exp(-j x), to a relative 1e-11."""
    n = float(count)
    # The closed form cancels at small n x; the first term that the series leaves out is there (n x)^3/60.
    series = n * (n + 1.0) * (0.5 - x * (n - 1.0) / 6.0 + x * x * n * (n - 1.0) / 24.0)
    small = n * x < 1e-4
    x = np.where(small, 1.0, x)
    loss = -np.expm1(-x)
    closed = (n + np.exp(-x) * np.expm1(-n * x) / loss) / loss
    return np.where(small, series, closed)


def leaving_hazards(E: Array, T: float, rate: Array, step: float) -> tuple[Array, Array]:
    """Hazards h of leaving the lower and the upper level: the probability per step is 1 - exp(-h).

    The probabilities are a n1 and a (1 - n1), a = 1 - exp(-step/T1).  A hazard is what keeps 20 decades of rates:
    it may be 1e-300 or infinite.
    """
    loss = -np.expm1(-rate * step)
    upper = np.asarray(upper_occupation(E, T), dtype=np.float64)
    with np.errstate(divide="ignore"):
        return -np.log1p(-loss * upper), -np.log1p(-loss / (1.0 + np.exp(-E / T)))


def switch_times(rng: np.random.Generator, first: float, second: float, times: int) -> NDArray[np.int64]:
    """Positions k, 0 < k < ``times``, at which the level differs from that at k - 1, in ascending order.

    ``first`` is the hazard of leaving the level of time 0 and ``second`` that of the other one, see
    :func:`leaving_hazards`.  Exact for ``times`` up to 1e15.  With the same stream a longer history begins with the
    shorter one.
    """
    # An exponential variable rounded up is geometric; the floor keeps a hazard of 0 finite.
    scales = 1.0 / max(first, 1e-300), 1.0 / max(second, 1e-300)
    pairs = times / sum(max(1.0, scale) for scale in scales)
    count = 1 + int(pairs + 2.0 * np.sqrt(pairs))
    parts = []
    last = 0.0
    while last < times:
        dwell = rng.standard_exponential(2 * count)
        dwell[0::2] *= scales[0]
        dwell[1::2] *= scales[1]
        np.ceil(dwell, out=dwell)
        np.clip(dwell, 1.0, times, out=dwell)
        dwell[0] += last
        np.cumsum(dwell, out=dwell)
        parts.append(dwell)
        last = float(dwell[-1])
        count = 1 + count // 8
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return whole[: np.searchsorted(whole, times)].astype(np.int64)


def time_upper(switches: NDArray[np.int64], upper: bool, times: int) -> int:
    """Number of times in the upper level, from :func:`switch_times` and whether it is ``upper`` at time 0."""
    initial = int(switches[0::2].sum() - switches[1::2].sum()) + (0 if switches.size % 2 else times)
    return initial if upper else times - initial


def simulate(
    columns: Columns,
    couplings: Array,
    chi: float,
    T: float,
    step: float,
    times: int,
    streams: Iterable[np.random.Generator],
    keep: Sequence[int] = (),
) -> TelegraphSums:
    """Simulate defects with thermal start at the times 0, step, ..., (times - 1) step.

    A defect's history follows from its stream alone.  Signals are added over the binary tree of groups of
    :data:`GROUP` defects: chunks of GROUP 2^k defects whose signals are added in a
    :class:`tlsmc.statistics.sums.PairwiseSum` give the same bits as one chunk.  Within a group amplitudes are rounded
    to 2^-50 of their sum, which makes the additions exact.

    Parameters
    ----------
    columns
        E, p and q = 1 - p of the defects, each of shape (n,).
    couplings
        v, shape (n,): the signal of a defect is v sigma_z.
    chi, T
        Inelastic cross-section and temperature.
    step, times
        Step of time, in units of 1/energy, and number of times, 2 or more.
    streams
        One generator per defect, see :func:`defect_stream`; an iterator keeps only one of them in memory.
    keep
        Positions of the defects whose states are returned, in the order given.

    Raises
    ------
    ValidityError
        T, step or times out of range, or a coupling or a rate that is not finite.
    """
    _check_settings(T, step, times)
    E, rate = columns["E"], rates(columns, chi, T)
    amplitude = np.asarray(telegraph_amplitude(couplings, columns["q"]), dtype=np.float64)
    _check_defects(amplitude, rate)
    lower_hazard, upper_hazard = leaving_hazards(E, T, rate, step)
    occupation, deviation = expected_fraction(E, T, rate, step, times)
    fraction, switches = np.empty(E.size), np.empty(E.size)
    states = np.zeros((len(keep), -(-times // 8)), np.uint8)
    rows = {position: row for row, position in enumerate(keep)}
    tree, group = PairwiseSum(), np.zeros(times)
    rounded = _rounded(amplitude)
    for i, rng in zip(range(E.size), streams, strict=True):
        upper = bool(rng.random() < occupation[i])
        hazards = lower_hazard[i], upper_hazard[i]
        changes = switch_times(rng, hazards[upper], hazards[not upper], times)
        fraction[i], switches[i] = time_upper(changes, upper, times) / times, changes.size
        _add_changes(group, changes, rounded[i] if upper else -rounded[i])
        if i in rows:
            states[rows[i]] = _packed(changes, upper, times)
        if i % GROUP == GROUP - 1 or i == E.size - 1:
            tree.add((np.cumsum(group, out=group),))
            group = np.zeros(times)
    return TelegraphSums(
        signal=tree.result()[0],
        fraction=Check(fraction, occupation, deviation),
        switches=Check(switches, *expected_switches(E, T, rate, step, times)),
        states=states,
    )


def _check_settings(T: float, step: float, times: int) -> None:
    if not (T > 0.0 and np.isfinite(T)):
        raise ValidityError(f"temperature {T}: must be finite and > 0; frozen defects have no telegraph noise")
    if not (step > 0.0 and np.isfinite(step)):
        raise ValidityError(f"step {step}: must be finite and > 0; give the time between two values of the signal")
    if not 2 <= times <= 10**15:
        raise ValidityError(f"{times} times: must be 2 or more, and at most 1e15; change the number of times")


def _check_defects(amplitude: Array, rate: Array) -> None:
    if not amplitude.size:
        raise ValidityError("0 defects: a signal needs 1 or more; leave the chunk out")
    for name, values in (("v sqrt(1-p)", amplitude), ("rate 1/T1", rate)):
        bad = ~np.isfinite(values)
        if np.any(bad):
            raise ValidityError(f"{name} = {values[bad][0]} of defect {np.argmax(bad)}: must be finite; see its column")


def _rounded(amplitude: Array) -> Array:
    """Amplitudes in units, group by group, in which all sums of +-2 times any of them are exact."""
    rounded = np.empty_like(amplitude)
    for start in range(0, amplitude.size, GROUP):
        part = amplitude[start : start + GROUP]
        unit = np.spacing(4.0 * np.abs(part).sum())
        rounded[start : start + GROUP] = np.rint(part / unit) * unit
    return rounded


def _add_changes(group: Array, changes: NDArray[np.int64], initial: float) -> None:
    """Add the steps of a signal that begins with ``initial`` and changes sign at ``changes``."""
    group[0] += initial
    np.add.at(group, changes[0::2], -2.0 * initial)
    np.add.at(group, changes[1::2], 2.0 * initial)


def _packed(changes: NDArray[np.int64], upper: bool, times: int) -> NDArray[np.uint8]:
    toggles = np.zeros(times, np.uint8)
    toggles[0] = upper
    toggles[changes] ^= 1
    return np.packbits(np.bitwise_xor.accumulate(toggles))
