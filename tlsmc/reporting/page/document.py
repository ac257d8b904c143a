"""The page on runs and fits, one or several, put together from its sections."""

from collections.abc import Sequence
from pathlib import Path

from tlsmc.diagnostics.comparison import Comparison, compare
from tlsmc.diagnostics.tails import CurveTails, run_tails
from tlsmc.errors import SpecError
from tlsmc.fitting import Fit
from tlsmc.formatting import counted
from tlsmc.reporting import figures as plotting
from tlsmc.reporting.page import fit_section, results_section, run_section
from tlsmc.reporting.page.figure import figure
from tlsmc.reporting.page.html import Markup, Section, element, items, joined, notice, page, paragraph
from tlsmc.results.run import Run

_GLANCE = (
    "Up to four curves of the run against temperature: sampled means with bands of one and two standard errors, the "
    "exact average, and what the paper prints. All numbers are in the tables below."
)
_VERDICTS = {
    "agrees": "compatible with the exact average",
    "differs": "different from the exact average",
    "refused": "without a comparison",
}


def report(subjects: Sequence[Run | Fit]) -> str:
    """One self-contained HTML page on one or several runs, complete or not, and fits.

    Parameters
    ----------
    subjects
        Runs and fits, in the order of their chapters.

    Returns
    -------
    str
        The page.

    Raises
    ------
    SpecError
        There is no run and no fit, or matplotlib is missing.

    Examples
    --------
    >>> tlsmc.reporting.report([tlsmc.fitting.open_fit("wire.fit.h5")]).startswith("<!DOCTYPE html>")
    True
    """
    if not subjects:
        raise SpecError("report: has no run and no fit; give one at least")
    if len(subjects) == 1:
        return page(_title(subjects[0]), *_parts(subjects[0], "", "f1"))
    chapters = []
    for k, subject in enumerate(subjects, start=1):
        place = f"{'fit' if isinstance(subject, Fit) else 'run'}-{k}"
        lead, opening, inner = _parts(subject, f"{place}-", f"f{k}")
        chapters.append(Section(place, _title(subject), joined([lead, opening]), inner))
    fits = sum(isinstance(subject, Fit) for subject in subjects)
    numbers = {"run": len(subjects) - fits, "fit": fits}
    what = " and ".join(counted(n, noun) for noun, n in numbers.items() if n)
    lead = paragraph(f"{what} of tlsmc, each with its results, how far they can be trusted, and how to repeat them.")
    return page(f"Report on {what}", lead, Markup(), chapters)


def _title(subject: Run | Fit) -> str:
    if isinstance(subject, Fit):
        return fit_section.title(subject)
    return subject.spec.title or Path(subject.path).stem or "Untitled run"


def _parts(subject: Run | Fit, above: str, name: str) -> tuple[Markup, Markup, tuple[Section, ...]]:
    """A run or a fit in brief, its first figure, and its sections.

    ``above`` begins the ids of the sections, and ``name`` those of figures.
    """
    return fit_section.sections(subject, name) if isinstance(subject, Fit) else _sections(subject, above, name)


def _sections(run: Run, above: str, name: str) -> tuple[Markup, Markup, tuple[Section, ...]]:
    glance = plotting.overview(run)  # first: without matplotlib it ends here
    opening = figure(glance, f"{name}-o", "The run at a glance", _GLANCE)
    results, tails = compare(run), run_tails(run) if run.defects else {}
    sections = (
        Section("studied", "What was run", run_section.what_was_run(run)),
        Section(
            "agreement", "Sampled against exact and printed", results_section.agreement(results, f"{above}results")
        ),
        Section("results", "Results", results_section.how_to_read(run), results_section.curves(run, results, name)),
        Section("tails", "Tails", results_section.tails(run, tails, name)),
        Section("validity", "Validity", results_section.validity(run, results, f"{above}results")),
        Section("convergence", "Convergence", results_section.convergence_of(run, name)),
        Section("provenance", "Provenance", run_section.provenance(run)),
    )
    done = f"{int(run.sums.done.sum()):,} of {counted(run.sums.done.size, 'block')}"
    unfinished = notice(f"Unfinished: {done} are done; all numbers are from those.")
    return joined(["" if run.complete else unfinished, _in_brief(run, results, tails)]), opening, sections


def _in_brief(run: Run, results: dict[str, Comparison], tails: dict[str, CurveTails]) -> Markup:
    """The run in a few lines."""
    verdicts = [result.verdict for result in results.values()]
    known = {words: verdicts.count(verdict) for verdict, words in _VERDICTS.items()}
    differ = [name for name, result in results.items() if result.verdict == "differs"]
    lines = [
        f"{run_section.size(run)}, {run.spec.layout.seed_text}, digest {run.digest()[:12]}.",
        f"{counted(len(verdicts), 'curve')}: {', '.join(f'{n} {words}' for words, n in known.items() if n)}.",
        f"Differing: {', '.join(differ)}." if differ else "",
        results_section.heaviest(tails),
        *(words for _, words in results_section.fractions_in_words(run)),
    ]
    return element("div", items(line for line in lines if line), class_="brief")
