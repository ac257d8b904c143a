"""What was run: population and laws, material, observables and their grids, numbers and seeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from scipy import constants

from tlsmc.formatting import axis_title, coordinate, counted, engineering
from tlsmc.reporting.page.html import Markup, facts, joined, table
from tlsmc.results.run import Run
from tlsmc.spec.material import MATERIAL_KINDS
from tlsmc.units import to_seconds

_NUMBER = re.compile(r"-?\d[\d.e+-]*")
_SAMPLING = {"random": "random points", "sobol": "scrambled Sobol points"}
_COUNT = {"fixed": "fixed", "poisson": "Poisson, as in a real piece of metal"}
_MATERIAL = {
    "chi": "cross-section over its unitary limit, chi",
    "fermi_energy": "Fermi energy",
    "electron_density": "electron density n_e",
    "defect_density": "density of defects n_T",
    "dephasing_time": "tau_phi that fixes n_T (Eqs. 5, 6)",
    "drive_amplitude": "amplitude of the drive",
    "width": "width of a sample",
    "thickness": "thickness of a sample",
    "length": "length of a sample",
}


def size(run: Run) -> str:
    """How many defects the results are from."""
    samples = run.spec.layout.samples
    return counted(run.defects, "defect") + (f" in {counted(samples, 'sample')}" if samples > 1 else "")


def what_was_run(run: Run) -> Markup:
    """Tables of everything that was asked for."""
    resolved = run.spec.resolved()
    return joined([_numbers(run), _laws(run, resolved), _material(run), _observables(run, resolved)])


def _numbers(run: Run) -> Markup:
    spec, layout = run.spec, run.spec.layout
    drawn = f"{run.sums.counts[run.sums.done].sum():,}" if layout.count == "poisson" else ""
    rows = [
        ("Title", spec.title or "none"),
        ("Model", spec.model),
        ("Defects in each sample", f"{layout.defects:,}"),
        ("Samples", f"{layout.samples:,}"),
        ("Defects behind the results", f"{run.defects:,}"),
        ("Defects drawn", drawn),
        ("Sampling", _SAMPLING[layout.sampling]),
        ("Number of defects", _COUNT[layout.count]),
        ("Proposal", spec.proposal if spec.proposal != "none" else ""),
        (layout.seed_text.partition(" ")[0].capitalize(), layout.seed_text.partition(" ")[2]),
        ("Units", "kelvin, with k_B = ħ = 1" if spec.in_kelvin else "natural, k_B = ħ = 1"),
        ("E*", _energy(spec.population.E_star, spec.in_kelvin)),
    ]
    return facts("Population and numbers", rows)


def _energy(value: float, in_kelvin: bool) -> str:
    return engineering(value, "K") if in_kelvin else f"{value:.6g}"


def _laws(run: Run, resolved: dict[str, Any]) -> Markup:
    rows = []
    for name, entry in resolved["population"]["parameters"].items():
        given = ", ".join(f"{key} = {_setting(value)}" for key, value in entry.items() if key != "law")
        rows.append((name, str(entry.get("law", "of its own")), given))
    return table("Laws of the parameters", ("parameter", "law", "with"), rows, words=(1, 2))


def _setting(value: Any) -> str:
    """A value of a law, short if it is a table of a density."""
    if isinstance(value, list):
        return counted(len(value), "row")
    if isinstance(value, str):
        amount, _, unit = value.partition(" ")
        return f"{float(amount):.6g} {unit}" if _NUMBER.fullmatch(amount) else value
    return f"{value:.6g}"


def _material(run: Run) -> Markup:
    spec = run.spec
    rows = [(_MATERIAL[key], _amount(key, value, spec.in_kelvin)) for key, value in spec.material.given.items()]
    if spec.material.dephasing_time is not None:
        density = spec.metal.defect_density
        rows.append(("density of defects n_T that follows", f"{density:.4g} cm⁻³"))
    return facts("Material", rows) if rows else Markup()


def _amount(key: str, value: float, in_kelvin: bool) -> str:
    """An entry of the material in the unit that people use for it."""
    kind = MATERIAL_KINDS[key]
    if key == "fermi_energy" and in_kelvin:
        return f"{value * constants.k / constants.e:.4g} eV"
    if kind == "density":
        return f"{value:.4g} cm⁻³"
    if kind == "number" or not in_kelvin:
        return f"{value:.6g}"
    if kind == "length":
        return engineering(0.01 * value, "m")
    return engineering(to_seconds(value), "s") if kind == "time" else engineering(value, "K")


def _observables(run: Run, resolved: dict[str, Any]) -> Markup:
    kelvin, rows = run.spec.in_kelvin, []
    for gridded in run.spec.observables:
        entries = resolved["observables"][gridded.name].items()
        options = (f"{key} = {_setting(value)}" for key, value in entries if key not in (*gridded.axes, "declared"))
        grids = (_grid(axis, values, kelvin) for axis, values in gridded.axes.items())
        rows.append((gridded.name, "; ".join(grids), ", ".join(options) or "none"))
    return table("Observables", ("observable", "grid", "options"), rows, words=(1, 2))


def _grid(axis: str, values: Iterable[float], in_kelvin: bool) -> str:
    shown = [coordinate(axis, value, in_kelvin) for value in values]
    span = f"{axis_title(axis, in_kelvin)} = {shown[0]}"
    return span if len(shown) == 1 else f"{len(shown)} values of {span} ... {shown[-1]}"
