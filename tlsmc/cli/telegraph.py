"""What ``tlsmc trajectories`` says of telegraph noise."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.special import chdtrc

from tlsmc.cli.output import picked, print_table
from tlsmc.diagnostics.telegraph import (
    FEWEST_SWITCHES,
    LEAST_DECADES,
    SMALL_EXCESS,
    Bands,
    Exponent,
    defect_pulls,
    flicker_range,
    spectrum_bands,
    spectrum_exponent,
)
from tlsmc.formatting import coordinate, number, with_error
from tlsmc.results.run import Record, Run
from tlsmc.spec.trajectories import TelegraphNoise
from tlsmc.units import OUTPUT_UNITS


def telegraph_data(run: Run) -> dict[str, Any]:
    """Everything that is printed, as plain data in natural units."""
    record, noise, bands, exponent = _parts(run)
    chi2 = {"bands": bands.z.size, "chi2": _chi2(bands), "p_value": _p_value(bands)}
    return picked(noise, "defects times step temperature") | {
        "rates": {"slowest": record["rate"].min(), "fastest": record["rate"].max()},
        "frozen_fraction": _frozen(record),
        "pulls": {name: asdict(defect_pulls(record, name)) for name in ("fraction", "switches")},
        "spectrum": chi2 | picked(bands, "omega ratio dof z"),
        "exponent": None if exponent is None else asdict(exponent),
    }


def print_telegraph(run: Run) -> None:
    """The noise, its single defects and its spectrum in words, or why there is nothing to say."""
    if "telegraph" not in run.records:
        return
    record, noise, bands, exponent = _parts(run)
    kelvin = run.spec.in_kelvin
    size, unit = OUTPUT_UNITS["rate"] if kelvin else (1.0, "")
    slow, fast = (f"{size * rate:.3g} {unit}".rstrip() for rate in (record["rate"].min(), record["rate"].max()))
    step = coordinate("time", noise.step, kelvin)
    place = f"T = {coordinate('temperature', noise.temperature, kelvin)}"
    print(f"\nTelegraph noise of {noise.defects:,} defects at {place}: {noise.times:,} times, {step} apart")
    print(f"  1/T1 from {slow} to {fast}; {_frozen(record):.1%} of the defects never switched")
    _print_pulls(record, noise)
    if not bands.z.size:
        print(
            f"  spectrum: no test; single switches add more than {SMALL_EXCESS:g} of 2/dof to the scatter of every "
            "bin, which is not chi^2 then; record more defects or times"
        )
    else:
        low, high = (coordinate("frequency", float(value), kelvin) for value in bands.omega[[0, -1]])
        print(
            f"  spectrum over its exact expectation: {bands.z.size} independent bands from {low} to {high}, "
            f"chi2 = {_chi2(bands):.1f}, p = {number(_p_value(bands))}, largest |z| = {np.abs(bands.z).max():.1f}"
        )
    _print_exponent(run, exponent)


def _parts(run: Run) -> tuple[Record, TelegraphNoise, Bands, Exponent | None]:
    record, noise = run.records["telegraph"], run.spec.trajectories.telegraph
    assert noise is not None
    bands = spectrum_bands(record, noise)
    exponent = spectrum_exponent(bands, flicker_range(record, noise, run.spec.material.given["chi"]))
    return record, noise, bands, exponent


def _frozen(record: Record) -> float:
    return float((record["switches"] == 0.0).mean())


def _chi2(bands: Bands) -> float:
    return float((bands.z**2).sum())


def _p_value(bands: Bands) -> float:
    return float(chdtrc(bands.z.size, _chi2(bands))) if bands.z.size else float("nan")


def _print_pulls(record: Record, noise: TelegraphNoise) -> None:
    found = {name: defect_pulls(record, name) for name in ("fraction", "switches")}
    judged = found["switches"].defects
    if not judged:
        print(f"  single defects: no test; none is expected to switch {FEWEST_SWITCHES:g} times")
        return
    print(f"  the {judged:,} defects that are expected to switch {FEWEST_SWITCHES:g} times or more:")
    words = {"fraction": "time in the upper level", "switches": "number of switches"}
    rows = [
        [words[name], number(p.chi2), str(p.defects), number(p.p_value), number(p.largest)] for name, p in found.items()
    ]
    print_table(("pulls of", "chi2", "dof", "p", "max |z|"), rows, "    ")


def _print_exponent(run: Run, exponent: Exponent | None) -> None:
    if exponent is None:
        print(
            f"  exponent: none; less than {LEAST_DECADES:g} decade of the spectrum between ten times the slowest rate "
            "and a tenth of chi T can be judged"
        )
        return
    low, high = (coordinate("frequency", value, run.spec.in_kelvin) for value in (exponent.low, exponent.high))
    print(
        f"  S ~ 1/omega^a from {low} to {high}: a = {with_error(exponent.value, exponent.error)}, "
        f"and {exponent.exact:.4f} of the exact spectrum there"
    )
