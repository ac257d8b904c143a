"""Units of data: their spellings, what they mean, what a value belongs to, and units of what is fitted."""

import math

import numpy as np
import pytest

from tests.fitting.synthetic import content
from tests.measurements.files import GOOD, ROWS, read, refused
from tlsmc.errors import SpecError
from tlsmc.fitting.problem import parse_fit
from tlsmc.measurements.backgrounds import BACKGROUNDS
from tlsmc.measurements.conversion import axis_factor, value_factor
from tlsmc.observables.quantities import QUANTITIES
from tlsmc.units import HBAR_OVER_KB, unit_registry

SOUND = "T [mK],f [GHz],attenuation [dB/cm],Err. [dB/cm]\n10,1,3,0.1\n20,1,3,0.2\n"
HEAT = "J/(K*cm^3)"


@pytest.mark.parametrize(
    "unit",
    [
        "\u00b5J/(K cm\u00b3)",
        "\u03bcJ K\u207b\u00b9 cm\u207b\u00b3",
        "\u00b5J\u00b7K\u207b\u00b9\u00b7cm\u207b\u00b3",
        "uJ/(K.cm3)",
        "uJ/K/cm^3",
        "uJ K^-1 cm^-3",
        "uJ*K^-1*cm^-3",
        "MicroJoule/(Kelvin cm**3)",
        "J/(K m^3)",
    ],
)
def test_spellings_of_a_unit(unit):
    assert value_factor(unit, QUANTITIES["C"]) == pytest.approx(1e-6 * value_factor(HEAT, QUANTITIES["C"]))


def test_spellings_of_units_of_axes():
    for unit in ("K", "Kelvin", "KELVIN", "\u212a", "\u00b0K"):
        assert axis_factor(unit, "energy") == 1.0
    for unit in ("kHz", "KHZ", "khz", "KiloHertz", "1/ms", "ms^-1", "ms\u207b\u00b9"):
        assert axis_factor(unit, "frequency") == pytest.approx(2e3 * math.pi * HBAR_OVER_KB)
    for unit in ("rad/ms", "rad ms^-1", "radian/msec"):
        assert axis_factor(unit, "frequency") == pytest.approx(1e3 * HBAR_OVER_KB)
    for unit in ("((((1/s))", "9**9**9", "1/s^123", "K^(1/0)", "lambda: 1", "s" * 49):
        with pytest.raises(SpecError, match="is not a unit"):
            value_factor(unit, QUANTITIES["1/tau_phi"])
    assert axis_factor("MK", "energy") == pytest.approx(1e9 * axis_factor("mK", "energy"))


@pytest.mark.parametrize("unit", ["dB/cm", "dBm", "degC", "1/", "K-", "^2", "()", "a b c", "1/0", "K^K", "2 s"])
@pytest.mark.parametrize("what", ["temperature", "frequency", "value", "error"])
def test_odd_units_are_refused_in_one_line(tmp_path, unit, what):
    heads = {"temperature": "T [mK]", "frequency": "f [GHz]", "value": "W [W/cm^3]", "error": "err [W/cm^3]"}
    heads[what] = f"{heads[what].partition(' ')[0]} [{unit}]"
    message = refused(tmp_path, ",".join(heads.values()) + "\n10,1,3,0.1\n20,1,3,0.2\n", "W")
    assert message.startswith(f"fit.data.d.units.{what}: ")
    assert f"d.csv, column {heads[what]!r}: {unit!r}" in message


def test_an_attenuation_per_length_is_W_in_an_arbitrary_unit(tmp_path):
    for unit in ("dB/cm", "1/m", "Np/m"):
        for quantity in ("F", "W"):
            message = refused(tmp_path, SOUND.replace("dB/cm", unit), quantity)
            assert "column 'attenuation [" in message
            assert message.endswith('write quantity = "W" and units = { value = "arb." }')
        found = read(tmp_path, SOUND.replace("dB/cm", unit), "W", units={"value": "arb."})
        assert (found.amplitude, found.factor, found.error.tolist()) == (True, 1.0, [0.1, 0.2])


def test_rates_and_frequencies(tmp_path):
    factors = [read(tmp_path, GOOD.replace("1/ns", unit)).factor for unit in ("1/s", "Hz", "rad/s")]
    assert factors == [pytest.approx(HBAR_OVER_KB)] * 3
    text = "T [mK],f [Hz],F,err\n10,1e8,3,0.1\n"
    ordinary = read(tmp_path, text, "F").other_axis
    angular = read(tmp_path, text.replace("f [Hz]", "omega [rad/s]"), "F").other_axis
    np.testing.assert_allclose(ordinary, 2.0 * math.pi * angular)
    message = refused(tmp_path, text.replace("f [Hz]", "omega [Hz]"), "F")
    assert "units.frequency" in message
    assert "omega/(2 pi); write rad/s" in message


def test_errors_in_per_cent(tmp_path):
    np.testing.assert_allclose(read(tmp_path, GOOD.replace("error", "error [%]")).error, [3e-5, 3.1e-5, 3.3e-5])
    text = "T [mK],f [GHz],1/Q [%],error [%]\n10,1,3,0.1\n"
    assert read(tmp_path, text, "1/Q").error.tolist() == [0.1]
    np.testing.assert_allclose(read(tmp_path, text.replace("1/Q [%]", "1/Q"), "1/Q").error, [3e-3])


def test_errors_in_other_units(tmp_path):
    np.testing.assert_allclose(read(tmp_path, GOOD.replace("error", "error [1/us]")).error, 1e-5)
    found = read(tmp_path, GOOD, units={"value": "arb.", "error": "arb. units"})
    assert (found.error.tolist(), found.amplitude) == ([0.01] * 3, True)


# What a value belongs to


@pytest.mark.parametrize(
    ("quantity", "unit", "volume", "per_volume"),
    [
        ("C", "uJ/K", "3 mm^3", 1e-6 / 3e-3),
        ("C", "J/(mol K)", "10.2 cm\u00b3/mol", 1.0 / 10.2),
        ("C", "mJ/mol-K", "10.2 cm^3/mol", 1e-3 / 10.2),
        ("C", "J/(g K)", "0.052 cm^3/g", 1.0 / 0.052),
        ("C/T", "mJ/(mol K\u00b2)", "10.2 cm^3/mol", 1e-3 / 10.2),
        ("W", "uW", "3 mm^3", 1e-6 / 3e-3),
    ],
)
def test_values_of_a_sample_a_mole_or_a_gram(tmp_path, quantity, unit, volume, per_volume):
    text = f"T [mK],f [GHz],value ({unit}),err ({unit})\n10,1,3,0.1\n20,1,3,0.1\n"
    found = read(tmp_path, text, quantity, volume=volume, amplitude=True)
    base = {"C": HEAT, "C/T": "J/(K^2*cm^3)", "W": "W/cm^3"}[quantity]
    assert found.factor == pytest.approx(per_volume * value_factor(base, QUANTITIES[quantity]))
    assert (found.value.tolist(), found.error.tolist(), found.unit) == ([3.0, 3.0], [0.1, 0.1], unit)
    message = refused(tmp_path, text, quantity)
    assert f"column 'value ({unit})'" in message
    assert "give that volume as volume = " in message


@pytest.mark.parametrize(
    ("unit", "volume", "piece"),
    [
        ("J/K", 3.0, "d.volume: 3.0 is not a volume"),
        ("J/K", "3", "d.volume: '3' is not a volume"),
        ("J/K", "3 s", "d.volume: '3 s' is not a volume"),
        ("J/K", "0 mm^3", "d.volume: '0 mm^3' is not a positive number"),
        ("J/K", "3 cm^3/mol", "'J/K' over 'cm^3/mol' is not a unit of a heat capacity"),
        (HEAT, "3 mm^3", "leave it out"),
        ("arb.", "3 mm^3", "d.volume: says nothing where the values are in 'arb.'"),
    ],
)
def test_volumes_that_do_not_fit(tmp_path, unit, volume, piece):
    assert piece in refused(tmp_path, f"T [mK],value [{unit}],err\n{ROWS}", "C", volume=volume)


def test_a_volume_without_units(tmp_path):
    (tmp_path / "d.csv").write_text("T,value,error\n10,1,1\n20,1,1\n")
    data = {"file": "d.csv", "quantity": "C", "amplitude": True, "volume": 4.0}
    spec = content(data={"d": data}, parameters={"E_star": {}})
    spec["population"]["parameters"]["E"]["high"] = 10.0
    spec["material"] = {"chi": 0.1}
    assert parse_fit(spec, tmp_path).model.sets[0].factor == 0.25
    spec["fit"]["data"]["d"]["volume"] = "4 cm^3"
    with pytest.raises(SpecError, match=r"fit\.data\.d\.volume: '4 cm\^3' is not a volume; the spec has no units"):
        parse_fit(spec, tmp_path)


# Units of what is fitted

#: Power of T that each coefficient multiplies; that of a power law is its value at 1 K.
POWERS = {"offset": 0, "coefficient": 0, "A": 2 / 3, "B": 3, "gamma": 1, "beta": 3, "M": 0}
UNITS = {"W": "uW/cm^3", "1/tau_phi": "1/ns", "tau_phi": "ns", "C": "uJ/(K cm^3)", "C/T": "uJ/(K^2 cm^3)"}


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_coefficients_have_the_unit_of_what_they_add_to(tmp_path, quantity):
    unit = UNITS.get(quantity, "ppm")
    text = f"T [mK],f [GHz],value [{unit}],err\n" + "".join(f"{T},1,3,0.1\n" for T in range(10, 25))
    (tmp_path / "d.csv").write_text(text)
    data = {"file": "d.csv", "quantity": quantity, "background": list(BACKGROUNDS), "amplitude": True}
    parameters = parse_fit(content(data={"d": data}, parameters={}), tmp_path).model.parameters
    found = {p.name.removeprefix("d."): p.unit for p in parameters}
    one = unit_registry().Quantity
    # Backgrounds add to C for C/T, and to the rate for tau_phi.
    total = {"C/T": one(1.0, unit) * one(1.0, "K"), "tau_phi": 1.0 / one(1.0, unit)}.get(quantity, one(1.0, unit))
    for name, power in POWERS.items():
        ratio = one(1.0, found.pop(name).removesuffix(" at 1 K")) * one(1.0, "K") ** power / total
        assert all(abs(exponent) < 1e-9 for exponent in ratio.dimensionality.values()), name
        assert ratio.to_base_units().magnitude == pytest.approx(1.0), name
    assert found == {"amplitude": "", "T_M": "K", "exponent": ""}


def test_units_of_the_linear_heat(tmp_path):
    text = "T [mK],C/T [uJ/(K^2 cm^3)],err\n" + ROWS * 2
    (tmp_path / "d.csv").write_text(text)
    data = {"file": "d.csv", "quantity": "C/T", "background": "heat"}
    parameters = parse_fit(content(data={"d": data}, parameters={}), tmp_path).model.parameters
    assert [(p.name, p.unit) for p in parameters] == [
        ("d.gamma", "uJ/(K^2 cm^3)"),
        ("d.beta", "uJ/(K^2 cm^3) K^-2"),
    ]
