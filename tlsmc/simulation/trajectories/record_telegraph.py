"""Telegraph noise of the first defects of a run: signal, spectrum, and every defect against its exact statistics."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlsmc.arrays import Array
from tlsmc.physics.switching import telegraph_spectrum
from tlsmc.populations.sampling.streams import open_interval
from tlsmc.results.defects import numbered_columns
from tlsmc.results.run import Record
from tlsmc.simulation.trajectories.recorded import first_numbers
from tlsmc.simulation.trajectories.telegraph import (
    GROUP,
    TelegraphSums,
    autocovariance,
    defect_stream,
    expected_switches,
    mean_signal,
    rates,
    simulate,
    variances,
)
from tlsmc.spec.spec import Spec
from tlsmc.spec.trajectories import TelegraphNoise
from tlsmc.statistics.spectra import switching_excess, welch, welch_dof, welch_expectation, welch_omega
from tlsmc.statistics.sums import PairwiseSum

#: Defects simulated by a worker at once: GROUP 2^k of them.
_CHUNK = 8 * GROUP
#: Spawn key of the couplings, the bytes "COUP".
_COUPLINGS = 0x434F5550


def telegraph_bytes(noise: TelegraphNoise) -> int:
    """Bytes that the record of a telegraph noise takes."""
    states = noise.keep * -(-noise.times // 8)
    return 8 * noise.times + states + 8 * 12 * noise.defects + 8 * 4 * (noise.segment // 2)


@dataclass(frozen=True, slots=True)
class _Common:
    """What every chunk of defects needs to know."""

    spec: Spec
    noise: TelegraphNoise
    chi: float


def record_telegraph(
    spec: Spec, noise: TelegraphNoise, mapper: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
) -> Record:
    """Signal (time), spectrum (omega) with its exact expectation, and the defects with what they did.

    ``fraction`` of the times in the upper level, number of ``switches``; each with ``_exact`` and ``_error``, the exact
    expectation and standard deviation.  ``states`` of the kept defects are packed bits, the upper level is 1.
    ``dof`` are the degrees of freedom of one bin, ``excess`` the relative variance of a bin beyond 2/dof.
    """
    common = _Common(spec, noise, spec.material.given["chi"])
    firsts = range(0, noise.defects, _CHUNK)
    parts: list[TelegraphSums] = mapper(functools.partial(_chunk, common), firsts)
    tree = PairwiseSum()
    for part in parts:
        tree.add((part.signal,))
    (signal,) = tree.result()
    columns, couplings = _population(common, 0, noise.defects)
    spectrum = _spectrum(common, signal, columns, couplings)
    defects = {name: columns[name] for name in ("E", "p", "q")} | {"coupling": couplings}
    defects["rate"] = rates(columns, common.chi, noise.temperature)
    for name in ("fraction", "switches"):
        for suffix, field in (("", "value"), ("_exact", "exact"), ("_error", "error")):
            defects[name + suffix] = np.concatenate([getattr(getattr(part, name), field) for part in parts])
    arrays = {"signal": signal, "states": np.concatenate([part.states for part in parts])} | spectrum | defects
    axes = {"signal": ("time",), "states": ("kept", "byte"), "mean": (), "dof": ()}
    axes |= {name: ("omega",) for name in spectrum if name not in axes}
    return Record(arrays, axes | dict.fromkeys(defects, ("defect",)))


def _population(common: _Common, first: int, last: int) -> tuple[dict[str, Array], Array]:
    """Columns and couplings of the defects first ... last - 1."""
    columns = numbered_columns(common.spec, first_numbers(common.spec, np.arange(first, last)))
    coupling = common.noise.coupling
    if isinstance(coupling, float):
        return columns, np.full(last - first, coupling)
    seed, sample = common.spec.layout.origin(0)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(sample, 0, _COUPLINGS)))
    return columns, coupling.ppf(open_interval(rng.random(last))[first:])


def _chunk(common: _Common, first: int) -> TelegraphSums:
    noise = common.noise
    last = min(first + _CHUNK, noise.defects)
    columns, couplings = _population(common, first, last)
    seed, sample = common.spec.layout.origin(0)
    return simulate(
        columns,
        couplings,
        common.chi,
        noise.temperature,
        noise.step,
        noise.times,
        (defect_stream(seed, sample, number) for number in range(first, last)),
        range(0, max(0, min(noise.keep, last) - first)),
    )


def _spectrum(common: _Common, signal: Array, columns: dict[str, Array], couplings: Array) -> dict[str, Any]:
    noise = common.noise
    T, step, segment = noise.temperature, noise.step, noise.segment
    rate, variance = rates(columns, common.chi, T), variances(columns, couplings, T)
    omega = welch_omega(segment, step)
    expected = welch_expectation(autocovariance(variance, rate, step, segment), step)
    mean = mean_signal(columns, couplings, T)
    switches, _ = expected_switches(columns["E"], T, rate, step, noise.times)
    return {
        "omega": omega,
        "spectrum": welch(signal - mean, step, segment),
        "spectrum_exact": expected,
        "excess": _excess(omega, variance, rate, switches),
        "dof": np.float64(welch_dof(noise.times, segment)),
        "mean": np.float64(mean),
    }


def _excess(omega: Array, variance: Array, rate: Array, switches: Array) -> Array:
    """:func:`switching_excess` of the defects that are expected to switch at all, a few frequencies at a time."""
    moving = switches > 0.0
    variance, rate, switches = variance[moving, None], rate[moving, None], switches[moving]
    if not moving.any():
        return np.full(omega.shape, np.inf)
    pieces = [
        switching_excess(telegraph_spectrum(part, variance, rate), switches)
        for part in np.array_split(omega, max(1, omega.size * switches.size // 4_000_000))
    ]
    return np.concatenate(pieces)
