"""The paper, audited: every equation and every claim beside what follows from it and what the ensembles give."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tlsmc.claims import attenuation, conclusions, defect, density, heat, kondo, kondo_response, limits
from tlsmc.claims.base import RULES, VERDICTS, Claim
from tlsmc.claims.ensembles import DEFECTS, SEED, Ensembles
from tlsmc.claims.paper import Paper
from tlsmc.claims.specs import ENSEMBLES
from tlsmc.spec.spec import Spec

__all__ = ["RULES", "VERDICTS", "Audit", "Claim", "Paper", "audit"]

#: Topics in the order of the paper: heading, and what makes the rows.
TOPICS: tuple[tuple[str, tuple[Callable[[Paper, Ensembles], Iterator[Claim]], ...]], ...] = (
    *(topic.TOPIC for topic in (defect, density, heat, attenuation, limits)),
    limits.GLASSES,
    *(topic.TOPIC for topic in (kondo, kondo_response, conclusions)),
)


@dataclass(frozen=True, slots=True)
class Audit:
    """All rows by topic, and the spec of every ensemble that they name, with the study of runs/ that it is part of."""

    topics: tuple[tuple[str, tuple[Claim, ...]], ...]
    specs: dict[str, Spec]
    presets: dict[str, str]

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All rows, in the order of the paper."""
        return tuple(claim for _, rows in self.topics for claim in rows)


def audit(defects: int = DEFECTS, *, seed: int = SEED, jobs: int = 1, paper: Paper | None = None) -> Audit:
    """Compute every row of the audit of the paper anew.

    Parameters
    ----------
    defects
        Defects in each of the ensembles.
    seed
        Source of all randomness.
    jobs
        Workers; they change no number.
    paper
        The numbers to start from, by default the paper's own.

    Returns
    -------
    Audit
        The rows, and the specs of the ensembles behind them.

    Raises
    ------
    SpecError
        Fewer defects than errors can be estimated from.

    Examples
    --------
    >>> claims = tlsmc.audit(8192).claims
    >>> claims[0].place, claims[0].verdict
    ('Eq. 1', 'holds')
    """
    numbers = Paper() if paper is None else paper
    ensembles = Ensembles(numbers, defects, seed, jobs)
    topics = tuple(
        (title, tuple(claim for rows in makers for claim in rows(numbers, ensembles))) for title, makers in TOPICS
    )
    return Audit(topics, ensembles.specs, {name: ENSEMBLES[name](numbers).preset for name in ensembles.specs})
