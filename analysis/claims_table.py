"""What the paper says and what the ensemble says, as the table of the manual: the claims that matter most.

    python analysis/claims_table.py [--defects N] [--jobs J]

``tlsmc claims`` prints all of them with the runs behind each.
"""

from __future__ import annotations

import argparse
import math
import os

from tlsmc.claims import Claim, audit
from tlsmc.claims.ensembles import DEFECTS
from tlsmc.formatting import number, with_error

#: Place and beginning of the statement of each claim that is shown.
SHOWN = (
    ("after 6", "n_T/n_e read as 3e-8/chi"),
    ("after 6", "n_T/E* ~ 5e16/chi"),
    ("after 2", "saturation down to T_min"),
    ("Eq. 8", "f(x) = 1 at x >> 1"),
    ("after 8", "L = ln(t_exp/tau_min)"),
    ("after 9", "C_T exceeds C_e by about hundred times"),
    ("after 9", "the same with the L that is measured"),
    ("Eq. 15", "F_res"),
    ("Eq. 16", "F_rel"),
    ("Eq. 12", "Debye relaxation, drive (Delta + a cos wt) sigma_z"),
    ("Eq. 18", "-chi ln Omega~ at Omega << chi theta << 1, the line of Bloch dynamics"),
    ("Eq. 18", "F_res = chi/Omega~^2 at Omega >> 1"),
    ("Eq. 22", "tau_0/tau_phi with Eq. 21 as printed"),
    ("Eq. 23", "one T_K, T >> T_K*, Delta* = 100 T"),
    ("before 24", "the correction is of the order of 2 %"),
    ("Eq. 24", "W = n_T a^2 (omega/T)(omega/T_K*) times 1 or ln^(-2); one T_K, T > T_K*"),
    ("abstract", "TLS dominate the electrons in C at low T"),
)


def markdown(claims: tuple[Claim, ...]) -> str:
    """The table of :data:`SHOWN`."""
    lines = ["| where | the paper says | printed | follows | ensemble | verdict |", "|---|---|---|---|---|---|"]
    for place, beginning in SHOWN:
        (claim,) = (c for c in claims if c.place == place and c.statement.startswith(beginning))
        sampled = "-" if math.isnan(claim.sampled) else with_error(claim.sampled, claim.error)
        statement = claim.statement.replace("*", r"\*").replace("|", r"\|")
        printed = claim.shown or number(claim.printed)
        follows = "infinite" if math.isinf(claim.exact) else number(claim.exact)
        cells = (place, statement, printed, follows, sampled, claim.verdict)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="The claims that matter most, as a table in Markdown.")
    parser.add_argument("--defects", type=int, default=DEFECTS, help="defects of each ensemble")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers")
    options = parser.parse_args()
    print(markdown(audit(options.defects, jobs=options.jobs).claims))


if __name__ == "__main__":
    main()
