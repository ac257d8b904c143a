"""What was run: population, laws, material, grids, numbers; where it comes from, and what to type to have it again."""

import re
import shlex
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from scipy import constants

from tlsmc.errors import TlsmcError
from tlsmc.formatting import axis_title, coordinate, counted, engineering
from tlsmc.reporting.page.html import Markup, code, facts, joined, table, to_repeat
from tlsmc.results.run import Run
from tlsmc.spec.material import MATERIAL_KINDS
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import Spec
from tlsmc.spec.toml import apply_setting, document, parse_setting
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


class Recipe(NamedTuple):
    """Text of a spec and the settings on top of it that make a run; ``verbatim`` if the text is the user's own."""

    text: str
    settings: tuple[str, ...]
    verbatim: bool


def provenance(run: Run) -> Markup:
    """Versions, machine, time, hashes, and the command that repeats the run."""
    made, base, again = run.provenance, Path(run.path).stem or "run", recipe(run.spec)
    rows = [
        ("File", code(Path(run.path).name) if run.path else "kept in memory only"),
        ("tlsmc", made.version),
        ("Python", made.python),
        ("numpy", made.numpy),
        ("Kernel", made.kernel),
        ("Machine", made.machine),
        ("Started", made.started),
        ("Wall time", f"{made.wall_seconds:.1f} s"),
        ("Defects a second", f"{made.rate:,.0f}" if made.rate else ""),
        ("Part", made.part),
        ("Kept of every defect", run.spec.store),
        ("Spec hash", code(run.spec.hash())),
        ("Digest of all block sums", code(run.digest())),
    ]
    whose = "the spec as it was written" if again.verbatim else "the spec with nothing left out"
    when = ", whatever the number of workers" if run.complete else " once both runs are complete"
    promise = f"The same versions give the same digest{when}."
    typed = command(run, again.settings)
    repeated = to_repeat(base, "the files that it names, if any", typed, promise, whose, again.text)
    return joined([facts("Provenance", rows), repeated])


def command(run: Run, settings: tuple[str, ...]) -> str:
    """What to type to run it again from a file of its spec."""
    base, made = Path(run.path).stem or "run", run.provenance
    words = ["tlsmc", "run", f"{base}.toml", "-o", f"{base}.h5", "--kernel", made.kernel_name]
    words += ["--part", made.part] if made.part else []
    words += [word for setting in settings for word in ("--set", setting)]
    return shlex.join(words)


def recipe(spec: Spec) -> Recipe:
    """The spec as its author wrote it, with the settings that were given, where these make the run; else resolved.

    The latter holds the seeds of a merged run, one point of a sweep, the tables of laws and the checksum of a
    function.  The author's text is read only if it names no file, as it may be a stranger's.
    """
    resolved = Recipe(document(spec.resolved()), (), verbatim=False)
    if not spec.source.strip() or spec.layout.seeds:
        return resolved
    try:
        content = tomllib.loads(spec.source)
        for setting in spec.overrides:
            apply_setting(content, *parse_setting(setting))
        changed = _changed(content, spec)
        for setting in changed:
            apply_setting(content, *parse_setting(setting))
        if _names_file(content) or parse_spec(content).hash() != spec.hash():
            return resolved
    except (tomllib.TOMLDecodeError, TlsmcError, RecursionError):
        return resolved
    return Recipe(spec.source, (*spec.overrides, *changed), verbatim=True)


def _changed(content: dict[str, Any], spec: Spec) -> tuple[str, ...]:
    """Settings for what a run may have more of than its text says."""
    layout, population = spec.layout, content.get("population")
    given = population if isinstance(population, dict) else {}
    wanted = {"defects": layout.defects, "samples": layout.samples}
    return tuple(f"population.{key}={value}" for key, value in wanted.items() if given.get(key, 1) != value)


def _names_file(content: Any) -> bool:
    """Whether anything in the text is the name of a file or of a function in one."""
    if isinstance(content, dict):
        return not {"file", "function"}.isdisjoint(content) or any(map(_names_file, content.values()))
    return isinstance(content, list) and any(map(_names_file, content))
