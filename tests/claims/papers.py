"""The paper's numbers and two other sets of them, and how rows are found."""

import pytest

from tlsmc.claims import Paper
from tlsmc.units import natural

#: Defects in each ensemble of an audit in a test.
DEFECTS = 32_768

OTHERS = {
    "wide": Paper(
        fermi_energy=natural("5.53 eV", "energy"),
        electron_density=5.9e22,
        dephasing_time=natural("1 ns", "time"),
        E_star=0.05,
        chi=0.1,
        L=24.0,
        T_min=0.03,
        T_max=2.0,
        T_K_star=3.0,
        omega=natural("300 MHz", "frequency"),
    ),
    "strong": Paper(
        fermi_energy=natural("11.7 eV", "energy"),
        electron_density=18.1e22,
        dephasing_time=natural("10 ns", "time"),
        E_star=0.01,
        chi=0.3,
        L=36.0,
        T_min=0.02,
        T_max=0.5,
        glass_density=3e16,
        glass_low=5.0,
        T_K_star=0.4,
        omega=natural("50 MHz", "frequency"),
    ),
}


def row(found, place, *words):
    """The one row of an audit with this place and all words in its statement."""
    rows = [c for c in found.claims if c.place == place and all(word in c.statement for word in words)]
    assert len(rows) == 1, (place, words, [c.statement for c in rows])
    return rows[0]


def check(claim, printed, exact, verdict, rtol=1e-6):
    """A row has these numbers and this verdict."""
    assert claim.printed == pytest.approx(printed, rel=rtol)
    assert claim.exact == pytest.approx(exact, rel=rtol)
    assert claim.verdict == verdict
