"""The page on one or several runs, put together from its sections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tlsmc import plotting
from tlsmc.compare import Comparison, compare
from tlsmc.errors import SpecError
from tlsmc.reporting import agreement, provenance, quality, studied
from tlsmc.reporting.figures import figure
from tlsmc.reporting.markup import Markup, counted, element, items, joined, paragraph
from tlsmc.reporting.page import Section, notice, page
from tlsmc.results import Run
from tlsmc.tails import CurveTails, run_tails

_VERDICTS = {
    "agrees": "compatible with the exact average",
    "differs": "different from the exact average",
    "refused": "without a comparison",
}


def report(runs: Sequence[Run]) -> str:
    """One self-contained HTML page on one or several runs, complete or not.

    Raises
    ------
    SpecError
        There is no run, or matplotlib is missing.
    """
    if not runs:
        raise SpecError("report: has no run; give one at least")
    parts = [_sections(run, f"run-{k}-" if len(runs) > 1 else "", f"f{k}") for k, run in enumerate(runs, start=1)]
    if len(runs) == 1:
        (run,), ((lead, opening, sections),) = runs, parts
        return page(_title(run), lead, opening, sections)
    chapters = [
        Section(f"run-{k}", _title(run), joined([lead, opening]), inner)
        for k, (run, (lead, opening, inner)) in enumerate(zip(runs, parts, strict=True), start=1)
    ]
    lead = paragraph(
        f"{counted(len(runs), 'run')} of tlsmc, each with its results, how far they can be trusted, and "
        "how to repeat them."
    )
    return page(f"Report on {counted(len(runs), 'run')}", lead, Markup(), chapters)


def _title(run: Run) -> str:
    return run.spec.title or Path(run.path).stem or "Untitled run"


def _sections(run: Run, above: str, name: str) -> tuple[Markup, Markup, tuple[Section, ...]]:
    """A run in brief, its first figure, and its sections; ``above`` begins their ids and ``name`` those of figures."""
    opening = _overview(run, name)  # first: without matplotlib it ends here
    results, tails = compare(run), run_tails(run) if run.defects else {}
    sections = (
        Section("studied", "What was run", studied.studied(run)),
        Section("agreement", "Sampled against exact and printed", agreement.agreement(results, f"{above}results")),
        Section("results", "Results", agreement.how_to_read(run), agreement.curves(run, results, name)),
        Section("tails", "Tails", quality.tails(run, tails, name)),
        Section("validity", "Validity", quality.validity(run, results, f"{above}results")),
        Section("convergence", "Convergence", quality.settling(run, name)),
        Section("provenance", "Provenance", provenance.provenance(run)),
    )
    return joined([*_unfinished(run), _in_brief(run, results, tails)]), opening, sections


def _unfinished(run: Run) -> list[Markup]:
    if run.complete:
        return []
    done, blocks = int(run.sums.done.sum()), run.sums.done.size
    return [notice(f"Unfinished: {done:,} of {counted(blocks, 'block')} are done; all numbers are from those.")]


def _in_brief(run: Run, results: dict[str, Comparison], tails: dict[str, CurveTails]) -> Markup:
    """The run in a few lines."""
    verdicts = [result.verdict for result in results.values()]
    known = {words: verdicts.count(verdict) for verdict, words in _VERDICTS.items()}
    differ = [name for name, result in results.items() if result.verdict == "differs"]
    lines = [
        f"{studied.size(run)}, {run.spec.layout.seed_text}, digest {run.digest()[:12]}.",
        f"{counted(len(verdicts), 'curve')}: {', '.join(f'{n} {words}' for words, n in known.items() if n)}.",
        f"Differing: {', '.join(differ)}." if differ else "",
        quality.heaviest(tails),
        *(words for _, words in quality.fractions_in_words(run)),
    ]
    return element("div", items(line for line in lines if line), class_="brief")


def _overview(run: Run, name: str) -> Markup:
    svg = plotting.svg_text(plotting.overview(run))
    words = "Up to four curves of the run against temperature: sampled means with bands of one and two standard "
    words += "errors, the exact average, and what the paper prints. All numbers are in the tables below."
    return figure(svg, f"{name}-o", "The run at a glance", words)
