"""Files as instruments write them: encodings, ends of lines, headers, footers, and the headings of columns."""

import numpy as np
import pytest

from tests.measurements.files import GOOD, ROWS, read, refused
from tlsmc.measurements.headings import matches, split
from tlsmc.observables.quantities import QUANTITIES
from tlsmc.units import HBAR_OVER_KB


def _is_good(found):
    np.testing.assert_allclose(found.temperature, [0.01, 0.02, 0.04])
    assert found.value.tolist() == [0.3, 0.31, 0.33]
    np.testing.assert_allclose(found.error, 0.01)
    assert found.factor == pytest.approx(1e9 * HBAR_OVER_KB)


# The file


@pytest.mark.parametrize(
    "encoded",
    [
        GOOD.replace("\n", "\r").encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-le"),
        GOOD.encode("utf-16-be"),
        GOOD.replace("error", "\u00b1").encode("latin-1"),
        GOOD.replace("T [mK]", "T\u00a0[mK]").encode(),
    ],
    ids=["CR", "CRLF", "UTF-16", "little", "big", "latin", "space"],
)
def test_encodings_and_ends_of_lines(tmp_path, encoded):
    _is_good(read(tmp_path, encoded))


def test_half_a_sign_of_utf_16_is_no_text(tmp_path):
    assert "NUL" in refused(tmp_path, GOOD.encode("utf-16-le")[:-1] + b"\0\0")


LABVIEW = (
    "LabVIEW Measurement\t\nSeparator\tTab\nX_Columns\tOne\n***End_of_Header***\t\n\t\nChannels\t2\t\t\n"
    "X0\t0.0E+0\t0.0E+0\t\nDelta_X\t1.0\t1.0\t\n***End_of_Header***\t\t\t\nT [mK]\tRate [1/ns]\terr\tComment\n"
)
QUANTUM_DESIGN = "[Header]\nTITLE,wire\nINFO,5,6\n[Data]\nComment,"


@pytest.mark.parametrize(
    "text",
    [
        LABVIEW + ROWS.replace(",", "\t"),
        LABVIEW + ROWS.replace(",", "\t").replace("\n", "\t\n"),
        QUANTUM_DESIGN + GOOD.replace("\n", "\n,").removesuffix(","),
        "Wire 3\nPower,5\nDate,2024\n" + GOOD,
        GOOD.replace("0.01\n", "0.01,\n"),
        GOOD.replace("\n", ",\n"),
        "wire 3,,\n" + GOOD,
        "T,value,error\nwire 3,,\nmK,1/ns,1/ns\n" + ROWS,
    ],
    ids=["LabVIEW", "LabVIEW comments", "Quantum Design", "labels", "ends", "all ends", "title", "three rows"],
)
def test_what_stands_around_a_table(tmp_path, text):
    _is_good(read(tmp_path, text))


def test_blocks_of_labview_are_not_lost(tmp_path):
    block = LABVIEW + ROWS.replace(",", "\t")
    assert "d.csv, row 17: has another header of LabVIEW" in refused(tmp_path, block + block)


def test_lines_to_be_skipped(tmp_path):
    _is_good(read(tmp_path, "a,b,c\n\n1,2,3\n# T\n" + GOOD, skip=4))


def test_a_footer_is_listed_as_missing(tmp_path):
    for footer in ("Total,,", "Total", "Total,9,9"):
        message = refused(tmp_path, GOOD + footer + "\n")
        assert "row 5" in message
        assert 'missing = ["Total"]' in message
        found = read(tmp_path, GOOD + footer + "\n", missing=["Total"])
        _is_good(found)
    assert found.skipped == 1


# The headings


@pytest.mark.parametrize(
    "heading",
    [
        "T [mK]  Rate [1/ns]  Err.",
        "T (mK) 1/tau_phi (1/ns) d1/tau_phi",
        "# T [mK], Rate [1/ns], err",
        "T (mK), Rate (1/ns), err",
        "Sample Temp [mK]  Dephasing rate [1/ns]  Err",
        '"Sample Temp" rate err\nmK 1/ns 1/ns',
        "# Temp. rate error\n# mK 1/ns 1/ns",
    ],
)
def test_headings_of_a_table_of_spaces(tmp_path, heading):
    _is_good(read(tmp_path, f"{heading}\n{ROWS.replace(',', ' ')}"))


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("Rate/(1/ns)", "Rate", "1/ns"),
        ("Rate / [1/ns]", "Rate", "1/ns"),
        ("1/tau_phi [1/ns]", "1/tau_phi", "1/ns"),
        ("C/T (mJ/(mol K^2))", "C/T", "mJ/(mol K^2)"),
        ("C / J K^-1 cm^-3", "C", "J K^-1 cm^-3"),
        ("Sample Temp (Kelvin)", "Sample Temp", "Kelvin"),
        ("T in mK", "T", "mK"),
        ("dC/T", "dC/T", ""),
        ("C/T_err", "C/T_err", ""),
        ("1/\u03c4\u03c6", "1/\u03c4\u03c6", ""),
        ("R/R0", "R/R0", ""),
        ("[mK]", "", "mK"),
    ],
)
def test_names_and_units(heading, name, unit):
    assert split(heading) == (name, unit)


@pytest.mark.parametrize(
    ("what", "quantity", "yes", "no"),
    [
        ("temperature", "C", ["T", "T_K", "Temp.", "Temperatur", "Sample Temp", "TEMPERATURE"], ["t", "T_c", "T_err"]),
        ("frequency", "F", ["f", "nu", "\N{GREEK SMALL LETTER NU}", "Freq.", "f_GHz"], ["F", "f_s", "T"]),
        ("value", "F", ["F", "Attenuation", "value"], ["f", "C"]),
        ("value", "W", ["W", "attenuation"], ["w"]),
        ("value", "C", ["C", "Heat capacity", "Specific Heat", "C_p", "Samp HC"], ["c", "C/T", "Addenda HC"]),
        ("value", "1/tau_phi", ["Dephasing rate", "1/\u03c4\u03c6", "1/\u03c4_\u03d5", "rate"], ["tau_phi"]),
        ("error", "C", ["C_err", "dC", "sigma_C", "\N{GREEK SMALL LETTER SIGMA}", "Error", "Err.", "\u00b1"], ["DC"]),
        ("error", "C", ["C err", "\u0394C", "Samp HC Err", "heat capacity error", "std dev"], ["T_err", "dT", "c_err"]),
        ("error", "1/tau_phi", ["d1/tau_phi", "\u0394(1/\u03c4\u03c6)", "rate_err"], ["dtau_phi", "dC"]),
    ],
)
def test_names_of_columns(what, quantity, yes, no):
    assert [name for name in yes if not matches(what, name, QUANTITIES[quantity])] == []
    assert [name for name in no if matches(what, name, QUANTITIES[quantity])] == []


def test_the_error_of_a_column_that_the_spec_names(tmp_path):
    text = GOOD.replace("value", "Lock-in X").replace("error", "Lock-in X err")
    _is_good(read(tmp_path, text, columns={"value": "Lock-in X"}))


def test_a_heading_may_be_copied_from_the_file(tmp_path):
    text = GOOD.replace("T [mK]", "Puck Temp (milliKelvin)")
    for name in ("Puck Temp (milliKelvin)", "puck temp (millikelvin)", "Puck Temp", "puck temp", 1):
        _is_good(read(tmp_path, text, columns={"temperature": name}))


def test_two_columns_for_one_thing_are_listed(tmp_path):
    text = GOOD.replace("T [mK]", "Sample Temp [mK]").replace("error", "Temp [K]")
    message = refused(tmp_path, text, error=1.0)
    assert message.startswith("fit.data.d.columns.temperature: ")
    assert "d.csv has the columns 'Sample Temp [mK]' and 'Temp [K]'" in message
