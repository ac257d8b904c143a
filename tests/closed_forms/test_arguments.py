"""What the closed forms refuse, and how they say so."""

import numpy as np
import pytest

from tlsmc import closed_forms as cf
from tlsmc.errors import ValidityError

THREE = [cf.F_res, cf.F_rel, cf.F_rel_printed, cf.F_res_asymptotic, cf.F_rel_asymptotic]


def refused(*words):
    """A single line that has all of ``words`` in this order."""
    return pytest.raises(ValidityError, match=r"\A[^\n]*" + r"[^\n]*".join(words) + r"[^\n]*\Z")


@pytest.mark.parametrize("function", THREE)
@pytest.mark.parametrize("bad", [0.0, -0.1, 1.5, np.nan, np.inf, [0.1, 2.0]])
def test_chi(function, bad):
    with refused("chi = ", r"in \(0, 1\]", ": ", "coupling"):
        function(bad, 1.0, 1.0)


@pytest.mark.parametrize("function", THREE)
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf, [0.1, -2.0]])
def test_frequency_and_temperature(function, bad):
    with refused("Omega = ", "positive", "omega/E"):
        function(0.1, bad, 1.0)
    with refused("theta = ", "positive", "2T/E"):
        function(0.1, 1.0, bad)


def test_the_value_in_the_message_is_the_offending_one():
    with refused("chi = 2.0 "):
        cf.F_res([0.1, 2.0], 1.0, 1.0)


@pytest.mark.parametrize("bad", [-1e-9, 1.0, np.nan])
def test_cut_off(bad):
    for function in (cf.F_res, cf.F_rel, cf.F_rel_printed):
        with refused("p_min = ", r"in \[0, 1\)"):
            function(0.1, 1.0, 1.0, p_min=bad)
    with refused("p_min = "):
        cf.F_res_sharp(1.0, 1.0, p_min=bad)


def test_one_cut_off_at_a_time():
    with refused("p_min", r"\(2,\)", "one number"):
        cf.F_res(0.1, 1.0, 1.0, p_min=[0.1, 0.2])


def test_names():
    with refused("lineshape = 'lorentz'", "resonant, bloch"):
        cf.F_res(0.1, 1.0, 1.0, lineshape="lorentz")
    for function in (cf.F_res, cf.F_rel):
        with refused("drive = 'strain'", "paper, sigma_z, asymmetry"):
            function(0.1, 1.0, 1.0, drive="strain")
    with refused("drive = 'strain'"):
        cf.F_res_sharp(1.0, 1.0, drive="strain")
    with refused("thermal_weight = 'sech'", "golden-rule, none, fermi-level"):
        cf.dephasing(1.0, thermal_weight="sech")


@pytest.mark.parametrize("function", [cf.heat, cf.heat_asymptotic, cf.dephasing])
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf, "warm", 1j])
def test_one_argument(function, bad):
    with refused(" = "):
        function(bad)


def test_numbers_only():
    with refused("theta = 'cold'", "real number"):
        cf.F_res(0.1, 1.0, "cold")


@pytest.mark.parametrize("bad", [0.0, 1e-11, np.nan])
def test_accuracy(bad):
    for function in (cf.F_res, cf.F_rel):
        with refused("accuracy = ", "below 1e-10", "give 1e-10"):
            function(0.1, 1.0, 1.0, accuracy=bad)
