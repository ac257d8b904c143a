"""Printed, exact and verdict of the rows on Kondo defects against computations of their own."""

import math

import numpy as np
import pytest

from tests.claims import oracles as o
from tests.claims.papers import check, row

CLOSE = 0.05


def test_kondo_dephasing(case):
    found, paper = case
    T, T_K, Delta = paper.T_min, paper.T_K_star, math.sqrt(paper.T_min * paper.T_K_star)
    own = o.uniform_T_K(T_K, Delta, T)
    check(row(found, "Eq. 22", "capped"), own, own, "holds", rtol=2e-3)
    rates = [o.uniform_T_K(T_K, Delta, T * (paper.T_max / T) ** (k / 4.0)) for k in range(5)]
    narrow = [o.uniform_T_K(T_K, 0.1 * Delta, T * (paper.T_max / T) ** (k / 4.0)) for k in range(5)]
    exact, second = max(rates) / min(rates), max(narrow) / min(narrow)
    check(row(found, "after 23", "largest over smallest"), 1.0, exact, o.formula(1.0, exact, second, CLOSE), rtol=2e-3)
    # z (4 - z^3)/3 with z = sqrt(T T_K)/Delta* is Eq. 22 for one T_K and Delta* < T_K.
    z = o.brentq(lambda z: z * (4.0 - z**3) / 3.0 - 0.9, 0.0, 1.0, rtol=1e-14)
    check(row(found, "after 23", "takes Delta* <="), Delta, Delta / z, "holds up to a factor", rtol=1e-3)
    check(row(found, "after 23", "it begins at"), 1.0, z**2, "holds up to a factor", rtol=2e-3)
    assert row(found, "after 23", "only for Delta* < T_K*").verdict == "holds"
    for words in ("Eq. 20", "Eq. 21"):
        assert row(found, words).verdict == "does not follow"
    assert row(found, "Eq. 21").exact == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(
    ("words", "factor", "verdict"),
    [
        (("<< sqrt(T T_K*): 1",), 1.0, "holds"),
        (("one T_K", "0.5 T_K*"), 4.0 / 3.0, "holds up to a factor"),
        (("10 T_K*",), 8.0 / 3.0, "holds up to a factor"),
        (("Delta* << T: 1/ln",), 1.0, "holds"),
    ],
)
def test_regimes_of_eq_23(audited, words, factor, verdict):
    claim = row(audited("paper"), "Eq. 23", *words)
    assert claim.verdict == verdict
    assert claim.exact / claim.printed == pytest.approx(factor, rel=2e-3)


def test_a_uniform_law_of_T_K_at_low_temperatures(audited):
    claim = row(audited("paper"), "Eq. 23", "T_K uniform")
    T, Delta = 1.0 / 900.0, 0.5
    deep, shallow = (o.uniform_on_logs(Delta, at) for at in (T, 1.0 / 30.0))
    printed = math.sqrt(T) / Delta
    verdict = o.formula(printed, deep, shallow * Delta * math.sqrt(30.0), CLOSE)
    check(claim, printed, deep, verdict, rtol=2e-3)
    # 2/3 of 4/3 for the defects with T_K > Delta*, and of 8/3 for the others.
    share = Delta**1.5
    assert deep / printed == pytest.approx(8.0 / 9.0 * (1.0 + share), rel=0.02)


def test_the_missing_logarithm_of_eq_23(audited):
    claim = row(audited("paper"), "Eq. 23", "T >> T_K*, Delta* = 100 T")
    y = np.geomspace(1e-6, 100.0, 400_001)
    value = o.chi_capped(1e-6, y) * y
    exact = np.sum(0.5 * (value[1:] + value[:-1]) * np.diff(np.log(y))) / 100.0
    printed = 0.01 / math.log(1e8) ** 2
    assert claim.exact == pytest.approx(exact, rel=1e-3)
    assert claim.printed == pytest.approx(printed, rel=1e-9)
    # The leading logarithms of both, where the ratio would be a constant if Eq. 23 held.
    assert exact / printed == pytest.approx(2.0 * math.log(1e8) ** 2 / math.log(1e6) ** 3, rel=0.03)
    assert claim.verdict == "does not follow"


def test_kondo_response(case):
    found, paper = case
    omega = 1e-5
    T_K = np.exp(np.linspace(math.log(1e-9), 0.0, 200_001))

    def one(T):
        return float(o.kondo_F(1.0, omega, T))

    def uniform(T):
        value = o.kondo_F(T_K, omega, T) * T_K
        return float(np.sum(0.5 * (value[1:] + value[:-1]) * np.diff(np.log(T_K))))

    rows = [c for c in found.claims if c.place == "Eq. 24"]
    for claim, follows, T, second in zip(
        rows, (one, uniform, one), (1 / 900, 1 / 900, 900.0), (1 / 30, 1 / 30, 30.0), strict=True
    ):

        def printed(T):
            return 2.0 * omega / T / (math.log(T) ** 2 if T > 1.0 else 1.0)

        verdict = o.formula(printed(T), follows(T), follows(second) / printed(second), CLOSE)
        check(claim, printed(T), follows(T), verdict, rtol=1e-3)
    assert [c.verdict for c in rows] == ["holds up to a factor", "does not follow", "does not follow"]
    own = o.hbar_over_tau(paper) / paper.T_K_star
    check(row(found, "before 24", "Eq. 9 with chi = L = 1"), 0.02, own, o.digits(0.02, own))
    sound = row(found, "after 24")
    assert sound.exact / sound.printed == pytest.approx(2.0 / math.pi, rel=0.03)
    assert sound.verdict == "holds up to a factor"


def test_kondo_specific_heat(case):
    found, paper = case
    T, T_K, Delta = paper.T_min, paper.T_K_star, math.sqrt(paper.T_min * paper.T_K_star)
    # Delta*^2/T_K <= T holds from T_K = T on for Delta < sqrt(T T_K), which Delta* is at T_K*.
    t = np.exp(np.linspace(math.log(T), math.log(T_K), 200_001))
    share = np.minimum(np.sqrt(T * t) / Delta, 1.0)
    value = T / t * np.log(t / T) * share * t
    mean = np.sum(0.5 * (value[1:] + value[:-1]) * np.diff(np.log(t))) / T_K
    exact = o.ratio_of_densities(paper, 1.0) * mean / (0.5 * math.pi**2 * T / paper.fermi_energy)
    claim = row(found, "before 24", "the text's C")
    check(claim, 0.02, exact, o.digits(0.02, exact))
    check(row(found, "end", "effect on C"), 1.0, exact, o.bound(exact < 1.0))
    inside = np.sum(0.5 * ((share * t)[1:] + (share * t)[:-1]) * np.diff(np.log(t))) / T_K
    check(row(found, "Eq. 19"), 1.0 - inside, 1.0 - inside, "holds")
