"""Where a run comes from, and what to type to have it again."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlsmc.errors import TlsmcError
from tlsmc.reporting.page.html import Markup, element, facts, joined, paragraph
from tlsmc.results.run import Run
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import Spec
from tlsmc.spec.toml import apply_setting, document, parse_setting


@dataclass(frozen=True, slots=True)
class Recipe:
    """Text of a spec and the settings on top of it that make a run; ``verbatim`` if the text is the user's own."""

    text: str
    settings: tuple[str, ...]
    verbatim: bool


def provenance(run: Run) -> Markup:
    """Versions, machine, time, hashes, and the command that repeats the run."""
    made = run.provenance
    rows = [
        ("File", element("code", Path(run.path).name) if run.path else "kept in memory only"),
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
        ("Spec hash", element("code", run.spec.hash())),
        ("Digest of all block sums", element("code", run.digest())),
    ]
    return joined([facts("Provenance", rows), *_repeat(run)])


def _repeat(run: Run) -> Iterator[Markup]:
    made = recipe(run.spec)
    base = Path(run.path).stem or "run"
    whose = "the spec as it was written" if made.verbatim else "the spec with nothing left out"
    yield paragraph(
        "To repeat it: put the text below into ",
        element("code", f"{base}.toml"),
        ", and beside it the files that it names, if any; then",
    )
    yield element("pre", element("code", command(run, made.settings)))
    yield paragraph(
        "The same versions give the same digest, whatever the number of workers."
        if run.complete
        else "The same versions give the same digest once both runs are complete."
    )
    summary = element("summary", f"{base}.toml, {whose}")
    yield element("details", summary, element("pre", element("code", made.text)))


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
