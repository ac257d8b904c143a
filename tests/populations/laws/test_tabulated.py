"""Reading of a table, its errors, and the piecewise-linear law that comes of it."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.populations.laws.examples import BAND
from tlsmc.errors import SpecError
from tlsmc.populations.laws.tabulated import Tabulated


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def read(table: Path, content: str | bytes, unit: float = 1.0) -> Tabulated:
    table.write_bytes(content.encode() if isinstance(content, str) else content)
    return Tabulated(file=str(table), unit=unit)


@pytest.mark.parametrize(
    "content",
    [
        "0,1\n2,3\n",
        "value,density\n0,1\n2,3",
        '"E (mK)","P"\n"0","1"\n2,3\n',
        "# a comment\n\n  \nvalue,density # another\n 0 , 1 # first\n2.0e0,\t3\n",
        "\ufeffvalue,density\r\n0,1\r\n2,3\r\n",
    ],
)
def test_spellings_of_the_same_table(table: Path, content: str) -> None:
    law = read(table, content)
    np.testing.assert_array_equal(law.values, [0.0, 2.0])
    np.testing.assert_array_equal(law.density, [0.25, 0.75])
    np.testing.assert_array_equal(law.cumulative, [0.0, 1.0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("value,density\n1,2\nx,3\n", "line 3: value 'x' is not a number"),
        ("1,2\n2,\n", "line 2: density '' is not a number"),
        ("1,2\nvalue,density\n", "line 2: value 'value' is not a number"),
        ("a,b\nc,d\n1,2\n2,3\n", "line 2: value 'c' is not a number"),
        ("value,3\n1,2\n2,3\n", "line 1: value 'value' is not a number"),
        ("1,2\n2,nan\n", "line 2: density nan is not finite"),
        ("1,2\ninf,2\n", "line 2: value inf is not finite"),
        ("1,2\n2,1e400\n", "line 2: density 1e400 is not finite"),
        ("# c\n-1,2\n2,3\n", "line 2: value -1 is below 0"),
        ("1,2\n2,-0.5\n", "line 2: density -0.5 is below 0"),
        ("1,2\n\n1,3\n", "line 3: value 1 does not exceed the one before, 1.0"),
        ("1,2\n3,2\n2,3\n", "line 3: value 2 does not exceed the one before, 3.0"),
        ("1,2,3\n", "line 1: '1,2,3' has 3 columns"),
        ("1;2\n", "line 1: '1;2' has 1 columns"),
        ("1,0\n2,0\n3,0\n", "all 3 densities are 0"),
        ("1,2\n", "1 rows of numbers"),
        ("", "0 rows of numbers"),
        (b"1,2\n2,\xff\n", "byte 6 is not UTF-8 text"),
    ],
)
def test_error_names_file_line_and_value(table: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(table, content)
    assert str(caught.value).startswith(str(table))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value)


def test_density_is_linear_between_the_rows(table: Path) -> None:
    law = read(table, "1,0\n2,1\n4,0\n")
    np.testing.assert_allclose(law.pdf(np.array([1.0, 1.5, 2.0, 3.0, 4.0])), np.array([0, 0.5, 1, 0.5, 0]) / 1.5)
    np.testing.assert_allclose(law.cdf(np.array([1.5, 2.0, 3.0])), np.array([0.125, 0.5, 1.25]) / 1.5)
    assert law.support == (1.0, 4.0)
    assert law.kinks == (2.0,)
    np.testing.assert_allclose(law.expectation, 7.0 / 3.0)
    # The square-root tails at both ends, where the density vanishes.
    u = np.array([1e-30, 1e-300])
    np.testing.assert_allclose(law._locate(u)[1], np.sqrt(3.0 * u), rtol=1e-14)
    gap = np.array([2.0**-53, 1e-9])
    gap = 1.0 - (1.0 - gap)
    np.testing.assert_allclose(law._locate(1.0 - gap)[1], -np.sqrt(6.0 * gap), rtol=1e-14)


def test_no_draw_falls_into_a_gap_or_an_empty_end() -> None:
    law = Tabulated(file=BAND)
    assert law.support == (0.0, 20.0)
    u = np.linspace(1e-9, 1.0 - 1e-9, 100_001)
    x = law.ppf(u)
    assert not ((x > 8.0) & (x < 11.0)).any()
    np.testing.assert_allclose(law.cdf(np.array([8.0, 9.5, 11.0])), law.cdf(np.array(8.0)), rtol=1e-15)
    # The edge itself belongs to either side of the gap.
    edge = law.ppf(law.cdf(np.array([9.5])))[0]
    assert edge == pytest.approx(8.0, abs=1e-6) or edge == pytest.approx(11.0, abs=1e-6)


def test_unit_scales_the_values() -> None:
    plain, scaled = Tabulated(file=BAND), Tabulated(file=BAND, unit=1e-3)
    u = np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(scaled.ppf(u), 1e-3 * plain.ppf(u), rtol=1e-12)
    np.testing.assert_allclose(scaled.pdf(1e-3 * plain.values), 1e3 * plain.density, rtol=1e-14)
    assert dataclasses.replace(plain, unit=1e-3) == scaled != plain


@pytest.mark.parametrize("scale", ["e-300", "e300"])
def test_size_of_the_densities_does_not_matter(table: Path, scale: str) -> None:
    law = read(table, f"1,1{scale}\n2,3{scale}\n")
    np.testing.assert_allclose(law.density, [0.5, 1.5], rtol=1e-15)


def test_workers_do_not_need_the_file(table: Path) -> None:
    law = read(table, "1,1\n2,3\n")
    parcel = pickle.dumps(law)
    table.unlink()
    again = pickle.loads(parcel)
    assert again == law
    np.testing.assert_array_equal(again.values, law.values)
    np.testing.assert_array_equal(again.density, law.density)


def test_another_content_is_another_law(table: Path) -> None:
    first = read(table, "1,1\n2,3\n")
    second = read(table, "1,1\n2,4\n")
    assert first.table != second.table
    assert first != second


def test_arrays_cannot_be_changed() -> None:
    law = Tabulated(file=BAND)
    with pytest.raises(ValueError, match="read-only"):
        law.values[0] = 1.0
