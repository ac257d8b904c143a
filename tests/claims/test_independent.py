"""Printed, exact and verdict of the rows against computations that share nothing with the package."""

import math

import pytest

from tests.claims import oracles as o
from tests.claims.papers import check, row

CLOSE = 0.05


def test_densities(case):
    found, paper = case
    chi, n_e = paper.chi, paper.electron_density
    ratio, free = o.ratio_of_densities(paper, chi), o.free_density(paper)
    states = ratio * n_e / paper.E_star
    printed = 3.0 * math.pi / (8.0 * chi) * o.hbar_over_tau(paper) / paper.fermi_energy
    check(row(found, "Eq. 5"), printed, ratio, "holds")
    check(row(found, "after 6", "eps_F = 5 eV"), 3e22, free, o.digits(3e22, free))
    restored = o.digits(3e-8 / chi, ratio, 1.0 / chi)
    own = o.digits(3e-8, ratio)
    order = ("holds", "holds up to a factor", "does not follow")
    verdict = "misprint" if order.index(restored) < order.index(own) else own
    check(row(found, "after 6", "n_T/n_e ~ 3e-8"), 3e-8, ratio, verdict)
    check(row(found, "after 6", "read as 3e-8/chi"), 3e-8, ratio * chi, o.digits(3e-8, ratio * chi))
    check(row(found, "after 6", "5e16/chi"), 5e16, states * chi, o.digits(5e16, states * chi))
    for value in {chi, 1.0}:
        exact = o.ratio_of_densities(paper, value) * n_e / paper.E_star / paper.glass_density
        claim = row(found, "after 18", "exceeds that of glasses", f"chi = {value:g}")
        check(claim, math.sqrt(1000.0), exact, o.inside(10.0, 100.0, exact))
    energy = o.hbar_over_tau(paper)
    check(row(found, "after 6", "> hbar/tau_phi"), paper.E_star, energy, o.bound(energy < paper.E_star))
    growth = o.brentq(lambda tau: (0.1 * tau) ** (2.0 / 3.0) - tau, 1e-6, 0.5, rtol=1e-14) ** -1.0
    check(row(found, "after 6", "density grows"), 0.1**-2, growth, "holds")


def test_saturation(case):
    found, paper = case
    T_min, T_max, E_star = paper.T_min, paper.T_max, paper.E_star
    broadest = o.largest_band(T_min)
    second = o.largest_band(3.0 * T_min) / (3.0 * T_min)
    check(row(found, "after 2", "takes E* <= T_min"), T_min, broadest, o.formula(T_min, broadest, second, CLOSE))
    glass = math.sqrt(paper.glass_low * paper.glass_high) / broadest
    check(row(found, "after 2", "three orders"), 1000.0, glass, o.digits(1000.0, glass))

    def flat(E):
        return o.band_rate(T_min / E) / o.band_rate(T_max / E)

    own, wide = flat(E_star), flat(T_max)
    check(row(found, "after 6", "is saturated"), 1.0, own, o.formula(1.0, own, flat(0.5 * E_star), CLOSE))
    check(row(found, "after 2", "depends on T"), 0.9, wide, o.bound(wide < 0.9))


def test_specific_heat(case):
    found, paper = case
    L, chi, E_star = paper.L, paper.chi, paper.E_star
    tiny = o.f(0.01)
    check(row(found, "Eq. 8", "f(x) = 1 at x << 1"), 1.0, tiny, "misprint")
    check(row(found, "Eq. 8", "x >> 1"), 1.0, math.pi**2 / 6.0, "holds up to a factor")
    check(row(found, "Eq. 8", "x^3/12"), 0.01**3 / 12.0, tiny, "holds")
    check(
        row(found, "Eq. 7"),
        1.5 * paper.electron_density * paper.T_min / paper.fermi_energy,
        0.5 * math.pi**2 * paper.electron_density * paper.T_min / paper.fermi_energy,
        "holds up to a factor",
    )
    eq_9 = o.hbar_over_tau(paper) / E_star
    exact = o.excess(paper, chi, chi, E_star, 1e-3 * E_star)
    assert exact == pytest.approx(math.pi / 8.0 * eq_9, rel=1e-9)
    check(row(found, "Eq. 9", "in units of L/chi", "follows from"), eq_9, math.pi / 4.0 * eq_9, "holds up to a factor")
    check(row(found, "Eq. 9", "tau_in), in units"), eq_9, exact, "holds up to a factor")
    check(row(found, "after 9", "0.1 L/chi"), 0.1, exact, o.digits(0.1, exact))
    hundred = exact * L / chi
    check(row(found, "after 9", "hundred times"), 100.0, hundred, o.digits(100.0, hundred))
    hot = o.excess(paper, L, chi, E_star, paper.T_max)
    check(row(found, "after 8", "negligible"), 1.0, hot, o.bound(hot < 1.0))
    check(row(found, "abstract", "dominate the electrons in C"), 1.0, hundred, o.bound(hundred > 1.0))


def test_the_step_of_the_specific_heat(case):
    found, paper = case
    E_star = paper.E_star

    def total(T, L=paper.L):
        return 1.0 + o.excess(paper, L, paper.chi, E_star, T)

    def middle(L):
        goal = 0.5 * math.log(total(1e-4 * E_star, L))
        return math.exp(o.brentq(lambda v: math.log(total(math.exp(v) * E_star, L)) - goal, -5.0, 3.0, rtol=1e-13))

    cold, warm = total(E_star / 100.0) / total(E_star / 10.0), total(10.0 * E_star) / total(100.0 * E_star)
    check(row(found, "after 9", "constant at T << E*"), 1.0, cold, o.formula(1.0, cold, 1.0, CLOSE))
    check(row(found, "after 9", "constant at T >> E*"), 1.0, warm, o.formula(1.0, warm, 1.0, CLOSE))
    exact, second = middle(paper.L), middle(0.5 * paper.L)
    check(row(found, "after 9", "dramatically"), 1.0, exact, o.formula(1.0, exact, second, CLOSE))


def test_the_logarithm_of_the_measurement_time(case):
    found, paper = case
    chi, E_star = paper.chi, paper.E_star
    T = E_star / 20.0
    tau_min = math.tanh(1.0) / (2.0 * chi * T)
    long = o.logarithm(paper, chi, E_star, T, math.exp(paper.L) * tau_min)
    short = o.logarithm(paper, chi, E_star, T, math.exp(0.5 * paper.L) * tau_min)
    verdict = o.formula(paper.L, long, short / (0.5 * paper.L), CLOSE)
    # The cut-off of p in the ensemble takes some 1e-5 of L.
    check(row(found, "after 8", "L = ln("), paper.L, long, verdict, rtol=1e-4)
    day = 86400.0 / o.HBAR
    own = o.logarithm(paper, chi, E_star, paper.T_min, day)
    check(row(found, "after 8", "L = 20-40"), math.sqrt(800.0), own, o.inside(20.0, 40.0, own), rtol=1e-4)
    corner = o.logarithm(paper, 1.0, paper.T_min, paper.T_min / 20.0, day)
    value = o.excess(paper, corner, 1.0, paper.T_min, 1e-3 * paper.T_min)
    check(row(found, "abstract", "wherever the rate saturates"), 1.0, value, o.bound(value > 1.0))
    measured = o.excess(paper, long, chi, E_star, 1e-3 * E_star)
    check(row(found, "after 9", "L that is measured"), 100.0, measured, o.digits(100.0, measured), rtol=1e-4)


def test_attenuation(case):
    found, paper = case
    chi, Omega, theta = paper.chi, paper.omega / paper.E_star, 2.0 * paper.T_min / paper.E_star
    resonant, relaxation = (o.attenuation(chi, Omega, theta, line) for line in ("resonant", "relaxation"))
    check(row(found, "Eq. 15"), resonant, resonant, "holds")
    check(row(found, "Eq. 16"), 2.0 * relaxation, relaxation, "misprint")
    check(row(found, "Eq. 14"), resonant + 2.0 * relaxation, resonant + relaxation, "misprint")
    check(row(found, "Eq. 12", "sigma_z"), relaxation, 4.0 * relaxation, "holds up to a factor")
    check(row(found, "Eq. 12", "in Eq. 1"), relaxation, relaxation, "holds")
    Gamma = 0.5 * chi
    lorentzian = Gamma / math.pi / (0.95**2 + Gamma**2)
    bloch = lorentzian - Gamma / math.pi / (1.05**2 + Gamma**2)
    check(row(found, "after 10"), lorentzian, bloch, "does not follow")
    assert row(found, "Eq. 10", "sigma_z").verdict == "holds"
    other = row(found, "Eq. 10", "in Eq. 1")
    assert other.exact == pytest.approx(0.25 * other.printed, rel=1e-12)


def test_the_rate_of_a_defect_from_the_cross_section(case):
    found, paper = case
    chi, E, T = paper.chi, 0.5 * paper.E_star, paper.T_min
    # Golden rule: chi = (pi nu V)^2 for one spin's density of states nu, 1/T1 = 4 pi (nu V)^2 p E coth(E/2T).
    nu_V = math.sqrt(chi) / math.pi
    exact = 4.0 * math.pi * nu_V**2 * E / math.tanh(0.5 * E / T)
    check(row(found, "Eq. 11", "same chi"), chi * E / math.tanh(0.5 * E / T), exact, "holds up to a factor")


def test_limits_of_the_attenuation(case):
    found, paper = case
    chi = paper.chi

    def limit(claim, line, printed, deep, shallow):
        exact, other = (o.attenuation(chi, *point, line) for point in (deep, shallow))
        verdict = o.formula(printed(*deep), exact, other / printed(*shallow), CLOSE)
        check(claim, printed(*deep), exact, verdict)
        return claim.verdict

    for theta, words, least in ((0.05, "theta << 1", 1.0), (10.0, "theta >> 1", 0.1)):
        slow = row(found, "Eq. 17", "Omega << chi theta", words)
        points = [(chi * theta / depth, theta) for depth in (900.0, 30.0)]
        assert limit(slow, "relaxation", lambda Omega, theta, least=least: least, *points) == "holds up to a factor"
        fast = row(found, "Eq. 17", "Omega >> chi theta", words)
        points = [(chi * theta * depth, theta) for depth in (900.0, 30.0)]
        printed = [lambda Omega, theta: chi * min(theta, 1.0) / Omega][0]
        assert limit(fast, "relaxation", printed, *points) == "holds up to a factor"
    far = row(found, "Eq. 18", "Omega >> 1")
    assert limit(far, "resonant", lambda Omega, theta: chi / Omega**2, (900.0, 0.05), (30.0, 0.05)) != "holds"
    broad = row(found, "Eq. 18", "chi theta >> 1")
    points = (0.1, 900.0 / chi), (0.1, 30.0 / chi)
    assert limit(broad, "resonant", lambda Omega, theta: chi / (chi * theta) ** 2, *points) == "does not follow"


def test_the_logarithm_of_the_resonant_attenuation(case):
    found, paper = case
    chi = paper.chi

    def slope(line, first, last):
        values = [o.attenuation(chi, 1e-6, theta, line) for theta in (first, last)]
        return (values[0] - values[1]) / math.log(last / first)

    for words, line in (("the paper's line", "resonant"), ("Bloch", "bloch")):
        exact, other = slope(line, 0.03, 0.3), slope(line, 0.1, 1.0)
        claim = row(found, "Eq. 18", "-chi ln", words)
        check(claim, chi, exact, o.formula(chi, exact, other / chi, CLOSE), rtol=1e-4)
        assert claim.verdict == {"resonant": "holds up to a factor", "bloch": "does not follow"}[line]


def test_against_glasses(case):
    found, paper = case
    E, glass = paper.E_star, math.sqrt(paper.glass_low * paper.glass_high)
    states = o.ratio_of_densities(paper, paper.chi) * paper.electron_density / E / paper.glass_density

    def ratio(T, line):
        narrow, wide = (o.attenuation(paper.chi, paper.omega / top, 2.0 * T / top, line) for top in (E, glass))
        return states * narrow / wide

    claims = [c for c in found.claims if c.place == "after 18" and "resonant powers" in c.statement]
    for claim, T, further in zip(claims, (E / 4.0, paper.T_max), (E / 8.0, 4.0 * paper.T_max), strict=True):
        exact, second = (ratio(at, "resonant") for at in (T, further))
        check(claim, states, exact, o.formula(states, exact, second / states, CLOSE))
    cold, hot = ratio(E / 4.0, "relaxation"), ratio(paper.T_max, "relaxation")
    second = ratio(E / 8.0, "relaxation") / states
    check(row(found, "after 18", "T < E*"), states, cold, o.formula(states, cold, second, CLOSE))
    printed = states * E / paper.T_max
    second = ratio(2.0 * paper.T_max, "relaxation") / (0.5 * printed)
    check(row(found, "after 18", "T > E*"), printed, hot, o.formula(printed, hot, second, CLOSE))
    share = E / paper.T_max
    expected = o.inside(10.0 * share, 100.0 * share, hot)
    check(row(found, "after 18", "10-100 min"), math.sqrt(1000.0) * share, hot, expected)
