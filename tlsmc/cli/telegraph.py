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
    defect_pulls,
    flicker_range,
    spectrum_bands,
    spectrum_exponent,
)
from tlsmc.formatting import coordinate, number, with_error
from tlsmc.results.run import Run
from tlsmc.units import OUTPUT_UNITS


def telegraph_data(run: Run) -> dict[str, Any]:
    """Everything that is printed, as plain data in natural units."""
    record, noise = run.records["telegraph"], run.spec.trajectories.telegraph
    assert noise is not None
    bands = spectrum_bands(record, noise)
    exponent = spectrum_exponent(bands, flicker_range(record, noise, run.spec.material.given["chi"]))
    count, chi2 = bands.z.size, float((bands.z**2).sum())
    test = {"bands": count, "chi2": chi2, "p_value": float(chdtrc(count, chi2)) if count else np.nan}
    return picked(noise, "defects times step temperature") | {
        "rates": {"slowest": record["rate"].min(), "fastest": record["rate"].max()},
        "frozen_fraction": float((record["switches"] == 0.0).mean()),
        "pulls": {name: asdict(defect_pulls(record, name)) for name in ("fraction", "switches")},
        "spectrum": test | picked(bands, "omega ratio dof z"),
        "exponent": None if exponent is None else asdict(exponent),
    }


def print_telegraph(data: dict[str, Any], in_kelvin: bool) -> None:
    """The noise, its single defects and its spectrum in words."""
    size, unit = OUTPUT_UNITS["rate"] if in_kelvin else (1.0, "")
    slow, fast = (f"{size * rate:.3g} {unit}".rstrip() for rate in data["rates"].values())
    step = coordinate("time", data["step"], in_kelvin)
    place = coordinate("temperature", data["temperature"], in_kelvin)
    print(f"\nTelegraph noise of {data['defects']:,} defects at T = {place}: {data['times']:,} times, {step} apart")
    print(f"  1/T1 from {slow} to {fast}; {data['frozen_fraction']:.1%} of the defects never switched")
    _print_pulls(data["pulls"])
    test = data["spectrum"]
    if not test["bands"]:
        print(
            f"  spectrum: no test; single switches add more than {SMALL_EXCESS:g} of 2/dof to the scatter of every "
            "bin, which is not chi^2 then; record more defects or times"
        )
    else:
        low, high = (coordinate("frequency", float(value), in_kelvin) for value in test["omega"][[0, -1]])
        print(
            f"  spectrum over its exact expectation: {test['bands']} independent bands from {low} to {high}, "
            f"chi2 = {test['chi2']:.1f}, p = {number(test['p_value'])}, largest |z| = {np.abs(test['z']).max():.1f}"
        )
    exponent = data["exponent"]
    if exponent is None:
        print(
            f"  exponent: none; less than {LEAST_DECADES:g} decade of the spectrum between ten times the slowest rate "
            "and a tenth of chi T can be judged"
        )
        return
    low, high = (coordinate("frequency", exponent[end], in_kelvin) for end in ("low", "high"))
    print(
        f"  S ~ 1/omega^a from {low} to {high}: a = {with_error(exponent['value'], exponent['error'])}, "
        f"and {exponent['exact']:.4f} of the exact spectrum there"
    )


def _print_pulls(found: dict[str, dict[str, Any]]) -> None:
    judged = found["switches"]["defects"]
    if not judged:
        print(f"  single defects: no test; none is expected to switch {FEWEST_SWITCHES:g} times")
        return
    print(f"  the {judged:,} defects that are expected to switch {FEWEST_SWITCHES:g} times or more:")
    words = {"fraction": "time in the upper level", "switches": "number of switches"}
    rows = [
        [words[name], number(p["chi2"]), str(p["defects"]), number(p["p_value"]), number(p["largest"])]
        for name, p in found.items()
    ]
    print_table(("pulls of", "chi2", "dof", "p", "max |z|"), rows, "    ")
