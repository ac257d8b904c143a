"""``tlsmc claims``: the paper, audited."""

from __future__ import annotations

import math
import os
import textwrap
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlsmc.cli.output import print_json
from tlsmc.errors import SpecError
from tlsmc.formatting import engineering, number, with_error
from tlsmc.units import natural

if TYPE_CHECKING:
    from tlsmc.claims import Audit, Claim
    from tlsmc.observables.base import Observable
    from tlsmc.spec.spec import Spec

#: Width of the table, of its columns (place, statement, printed, exact, sampled, ratio), and of what is left of notes.
_WIDTH = 120
_COLUMNS = (9, 31, 10, 9, 14, 13)
#: Relative error below which it is not shown: what is printed and what follows have no more digits.
_FINEST = 1e-5
_INDENT = 2 + _COLUMNS[0] + 2


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--defects", type=int, default=2_000_000, metavar="N", help="defects in each ensemble (default: 2,000,000)"
    )
    parser.add_argument("--seed", type=int, default=20010305, help="seed of all randomness (default: 20010305)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers (default: all processors)")


def run(options: Namespace) -> None:
    """Every equation and every claim of the paper beside what follows from it and what the ensembles give."""
    from tlsmc.claims import audit

    if not 0 <= options.seed < 2**63:
        raise SpecError(f"--seed {options.seed}: is not in 0 ... 2^63 - 1; give another")
    found = audit(options.defects, seed=options.seed, jobs=options.jobs)
    print_json(_data(found)) if options.json else _print(found)


def _data(found: Audit) -> dict[str, Any]:
    from tlsmc.claims import RULES

    rows = [
        {"topic": title} | {key: value for key, value in asdict(row).items() if key != "shown"}
        for title, rows in found.topics
        for row in rows
    ]
    runs = {
        name: {"preset": found.presets[name], "settings": _settings(spec), "spec": spec.resolved()}
        for name, spec in found.specs.items()
    }
    return {"rules": list(RULES), "verdicts": _counts(found), "claims": rows, "runs": runs}


def _counts(found: Audit) -> dict[str, int]:
    from tlsmc.claims import VERDICTS

    return {verdict: sum(row.verdict == verdict for row in found.claims) for verdict in VERDICTS}


def _print(found: Audit) -> None:
    from tlsmc.claims import RULES, Paper

    # The numbers that all rows start from.
    paper = Paper()
    E_star, T_min, T_max, T_K_star = (
        engineering(value, "K") for value in (paper.E_star, paper.T_min, paper.T_max, paper.T_K_star)
    )
    tau = paper.dephasing_time / natural("1 ns", "time")
    energy = paper.fermi_energy / natural("1 eV", "energy")
    print(
        f"The paper's numbers: eps_F = {energy:g} eV, n_e = {paper.electron_density:g} cm^-3, tau_phi = {tau:g} ns, "
        f"E* = {E_star}, chi = {paper.chi:g},\nL = {paper.L:g}, T from {T_min} to {T_max}, T_K* = {T_K_star}"
    )
    for title, rows in found.topics:
        print(f"\n{title}")
        _print_cells(("", "", "printed", "exact", "sampled", "ratio", "verdict"))
        for row in rows:
            _print_row(row)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in _counts(found).items() if count)
    print(f"\n{len(found.claims)} rows: {counts}")
    print("\nVerdicts. The ratio is sampled/printed, or exact/printed where nothing is sampled.")
    for rule in RULES:
        _print_wrapped(rule, 2)
    print("\nRuns")
    width = max(map(len, found.specs))
    for name, spec in found.specs.items():
        study = f"; as runs/{found.presets[name]}.toml" if found.presets[name] else ""
        _print_wrapped(f"{name.ljust(width)}  {_settings(spec)}{study}", 2, width + 2)


def _print_row(row: Claim) -> None:
    unit = f" [{row.unit}]" if row.unit else ""
    ratio = _compact(row.ratio, row.ratio_error) if row.relation != "bound" else "-"
    first, *rest = textwrap.wrap(row.statement + unit, _COLUMNS[1])
    numbers = (row.shown or _shown(row.printed), _shown(row.exact), _compact(row.sampled, row.error), ratio)
    _print_cells((row.place, first, *numbers, row.verdict))
    for line in rest:
        print(" " * _INDENT + line)
    notes = [f"run: {row.run}" if row.run else "", row.missing, row.remark]
    _print_wrapped("; ".join(filter(None, notes)), _INDENT + 2)


def _print_cells(cells: tuple[str, ...]) -> None:
    sides = [str.ljust, str.ljust, str.rjust, str.rjust, str.rjust, str.rjust]
    aligned = [side(cell, width) for side, cell, width in zip(sides, cells[:-1], _COLUMNS, strict=True)]
    print(f"  {'  '.join(aligned)}  {cells[-1]}".rstrip())


def _print_wrapped(text: str, indent: int, hanging: int = 2) -> None:
    before, after = " " * indent, " " * (indent + hanging)
    # The names of runs are padded to one width, which wrapping must not undo.
    print(textwrap.fill(text, _WIDTH, initial_indent=before, subsequent_indent=after, replace_whitespace=False))


def _shown(value: float) -> str:
    return "infinite" if math.isinf(value) else number(value)


def _compact(value: float, error: float) -> str:
    return number(value) if error < _FINEST * abs(value) else with_error(value, error)


def _settings(spec: Spec) -> str:
    """Laws, size and options of a spec in one line."""
    layout = spec.layout
    laws = ", ".join(f"{name}: {law}" for name, law in spec.population.laws.items())
    material = "".join(f", {key} = {value:g}" for key, value in spec.material.given.items())
    proposal = f", proposal {spec.proposal}" if spec.proposal != "none" else ""
    observables = "; ".join(f"{gridded.name}{_options(gridded.observable)}" for gridded in spec.observables)
    size = f"{layout.samples} x {layout.defects:,} defects, {layout.seed_text}"
    return f"{laws}{material}{proposal}; {size}; {observables}"


def _options(observable: Observable) -> str:
    """The options of an observable that are not what they are by default."""
    from tlsmc.populations.fields import described

    entries = [(f, getattr(observable, f.name)) for f, _ in described(observable)]
    chosen = [f"{f.name} = {value}" for f, value in entries if f.name != "chi" and value != f.default]
    return f" ({', '.join(chosen)})" if chosen else ""
