"""Quantities with units in, natural units out."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

from tlsmc.errors import SpecError
from tlsmc.units import HBAR_OVER_KB, KINDS, OUTPUT_UNITS, has_unit, natural, text, to_hertz

# From the SI's exact constants, written out: h = 6.62607015e-34, e = 1.602176634e-19, k_B = 1.380649e-23.
HBAR, KB, CHARGE, PLANCK = 6.62607015e-34 / (2.0 * math.pi), 1.380649e-23, 1.602176634e-19, 6.62607015e-34

TABLE = [
    ("20 mK", "energy", 0.020),
    ("20mK", "energy", 0.020),
    ("1 K", "energy", 1.0),
    ("300 kelvin", "energy", 300.0),
    ("1.7 ueV", "energy", 1.7e-6 * CHARGE / KB),
    ("1.7 \N{MICRO SIGN}eV", "energy", 1.7e-6 * CHARGE / KB),
    ("1.7 \N{GREEK SMALL LETTER MU}eV", "energy", 1.7e-6 * CHARGE / KB),
    ("5 eV", "energy", 5.0 * CHARGE / KB),
    ("1e-23 J", "energy", 1e-23 / KB),
    ("2.5e-16 erg", "energy", 2.5e-23 / KB),
    ("400 MHz", "energy", 400e6 * PLANCK / KB),
    ("100 MHz", "frequency", 100e6 * PLANCK / KB),
    ("1e8 1/s", "frequency", 100e6 * PLANCK / KB),
    ("1e8 s^-1", "frequency", 100e6 * PLANCK / KB),
    ("6e9 rpm", "frequency", 100e6 * PLANCK / KB),
    ("1e8 turn/s", "frequency", 100e6 * PLANCK / KB),
    ("3.6e10 degree/s", "frequency", 100e6 * PLANCK / KB),
    ("6.283185307179586 rad/s", "frequency", PLANCK / KB),
    ("1 krad/s", "frequency", 1000.0 * HBAR / KB),
    ("2 mK", "frequency", 0.002),
    ("1 ueV", "frequency", 1e-6 * CHARGE / KB),
    ("3e22 cm^-3", "density", 3e22),
    ("3e22 cm**-3", "density", 3e22),
    ("3e22 1/cm^3", "density", 3e22),
    ("3e28 m^-3", "density", 3e22),
    ("30 nm^-3", "density", 3e22),
    ("3 ns", "time", 3e-9 * KB / HBAR),
    ("5 1/K", "time", 5.0),
    ("2 K^-1", "time", 2.0),
    ("0.03", "number", 0.03),
    ("3e-2", "number", 0.03),
    (0.03, "number", 0.03),
    (3, "energy", 3.0),
    (1e-300, "frequency", 1e-300),
]


@pytest.mark.parametrize(("value", "kind", "expected"), TABLE, ids=lambda v: str(v))
def test_values(value, kind, expected):
    # The constants of scipy and those of the unit library are both the exact ones of the SI.
    assert natural(value, kind) == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_the_constants_are_those_of_the_si():
    assert pytest.approx(HBAR / KB, rel=1e-14) == HBAR_OVER_KB
    assert constants.k == KB
    assert to_hertz(natural("123 MHz", "frequency")) == pytest.approx(123e6, rel=1e-14)


WRONG_DIMENSION = [
    ("5", "energy"),
    ("5 m", "energy"),
    ("5 s", "energy"),
    ("5 K^2", "energy"),
    ("5 1/K", "energy"),
    ("5 cm^-1", "energy"),
    ("5 ns", "frequency"),
    ("5 cm^-3", "frequency"),
    ("5 cm^-2", "density"),
    ("5 K", "density"),
    ("5 mol", "density"),
    ("5 K", "time"),
    ("5 Hz", "time"),
    ("5 mK", "number"),
]


@pytest.mark.parametrize(("value", "kind"), WRONG_DIMENSION)
def test_wrong_dimensions_are_refused_with_an_example(value, kind):
    what, example, _ = KINDS[kind]
    with pytest.raises(SpecError) as caught:
        natural(value, kind)
    message = str(caught.value)
    assert message.startswith(f"{value!r} has the wrong dimension for {what}; ")
    assert example in message


NO_QUANTITY = [
    "",
    " ",
    "K",
    "mK 20",
    "twenty mK",
    "20 mKelvinn",
    "0x10 K",
    "1_0 K",
    "1e K",
    "--1 K",
    "1 K; import os",
    "2**8 K",
    "(1) K",
    "1 K^99999",
    "9" * 400 + "e999999999 K",
    "nan K",
    "inf K",
    "1e400 K",
    "1 __class__",
    "1 K^0",
    "1 dimensionless",
    "1\0K",
    "1 K" + "*K" * 3000,
    True,
    False,
    None,
    [],
    {},
    [1.0],
    float("nan"),
    float("inf"),
    -float("inf"),
    10**400,
    b"1 K",
    1j,
]


@pytest.mark.parametrize("value", NO_QUANTITY, ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize("kind", ["energy", "frequency", "density", "time"])
def test_what_is_no_quantity_is_refused_in_one_line(value, kind):
    with pytest.raises(SpecError) as caught:
        natural(value, kind)
    assert "\n" not in str(caught.value)
    assert KINDS[kind][1] in str(caught.value) or "finite" in str(caught.value)


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from(sorted(KINDS)))
def test_any_text_is_a_finite_number_or_refused(value, kind):
    try:
        result = natural(value, kind)
    except SpecError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert math.isfinite(result)


@settings(deadline=None)
@given(
    st.from_regex(
        r"[0-9]{1,3}(\.[0-9]{1,3})?(e-?[0-9]{1,3})? ?[a-zA-Z]{1,4}([\^/*]-?[0-9a-zA-Z]{1,2}){0,3}", fullmatch=True
    ),
    st.sampled_from(sorted(KINDS)),
)
def test_anything_that_looks_like_a_quantity_is_a_finite_number_or_refused(value, kind):
    try:
        assert math.isfinite(natural(value, kind))
    except SpecError as error:
        assert "\n" not in str(error)  # noqa: PT017


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(KINDS)), st.booleans())
def test_text_turns_back_into_the_same_bits(value, kind, in_kelvin):
    entry = text(value, kind, in_kelvin)
    assert natural(entry, kind) == value
    assert has_unit(entry) == (in_kelvin and kind != "number")


def test_output_units():
    # One natural unit of each is what it says in SI, from the same constants.
    expected = {"": 1.0, "energy": 1.0, "rate": KB / HBAR, "time": HBAR / KB, "heat capacity density": KB}
    for kind, value in expected.items():
        assert OUTPUT_UNITS[kind][0] == pytest.approx(value, rel=1e-14)
    # n a^2 omega of 1 K^2 per cm^3: k_B x 1 K per hbar/k_B.
    assert OUTPUT_UNITS["power density"][0] == pytest.approx(KB * KB / HBAR, rel=1e-14)
