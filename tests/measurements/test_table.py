"""Tables as instruments write them."""

import numpy as np
import pytest

from tlsmc.errors import SpecError
from tlsmc.measurements.table import MISSING, cell_number, read_text

NUMBERS = [[1.5, 2e9, 0.25], [20.0, 3e9, -1.5]]


def _numbers(path, **options):
    text = read_text(path, **options)
    rows = range(len(text.rows))
    return text, [[cell_number(text, row, k, MISSING) for k in range(len(text.names))] for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        "T [mK],f [GHz],y\n1.5,2e9,0.25\n20.0,3e9,-1.5\n",
        "T (mK);f (GHz);y\n1,5;2e9;0,25\n20,0;3e9;-1,5\n",
        "T/mK\tf/GHz\ty\r\n1.5\t2e9\t0.25\r\n20.0\t3e9\t-1.5\r\n",
        "T\tf\ty\nmK\tGHz\t1\n1,5\t2E9\t0,25\n20\t3E9\t-1,5\n",
        "# T [mK], f [GHz], y\n# measured at night\n1.5,2e9,.25\n20.,3e9,-1.5\n",
        "\ufeff% lock-in 3\n\nT[mK]  f[GHz]   y\n 1.5   2D9  0.25\n20.0   3d+9  -1.5\n\n",
        '"T [mK]","f [GHz]","y"\n"1.5","2e9","0.25"\n"20.0","3e9","-1.5"\n',
        "T [mK] f [GHz] y\n".replace(" [", "[") + "1,5 2e9 0,25\n20,0 3e9 -1,5\n",
    ],
    ids=[
        "comma",
        "decimal comma",
        "tab and slash",
        "row of units",
        "commented",
        "spaces",
        "quoted",
        "spaces and commas",
    ],
)
def test_dialects(tmp_path, content):
    path = tmp_path / "data.csv"
    path.write_text(content, encoding="utf-8", newline="")
    text, numbers = _numbers(path)
    assert numbers == NUMBERS
    assert text.names == ("T", "f", "y")
    assert [unit.replace("1", "") for unit in text.units] == ["mK", "GHz", ""]


def test_latin_text_and_names_with_slashes(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes("C/T;1/Q;1/tau_phi [1/ns];x [\u00b5W]\n1;2;3;4\n".encode("latin-1"))
    text = read_text(path)
    assert text.names == ("C/T", "1/Q", "1/tau_phi", "x")
    assert text.units == ("", "", "1/ns", "\u00b5W")


def test_missing_values(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b,c\n1,,3\n4,n/a,9.91e37\n7,--,OL\n")
    assert _numbers(path)[1] == [[1.0, None, 3.0], [4.0, None, None], [7.0, None, None]]


def test_columns_by_name_and_number(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("f,F,value\n1,2,3\n")
    text = read_text(path)
    assert [text.column(key) for key in ("f", "F", "VALUE", 1, 3)] == [0, 1, 2, 0, 2]
    for key, piece in ((4, "no column 4"), ("g", "no column 'g'"), (0, "no column 0")):
        with pytest.raises(SpecError, match=piece):
            text.column(key)


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ("", ["no data"]),
        ("a,b\nc,d\n", ["no row of numbers"]),
        ("a,b\n1,2\n3\n4,5\n", ["row 3", "1 columns", "has 2"]),
        ("a,b\n1,2\n# x\n3,five\n", ["row 4", "column 'b'", "'five'", "not a number"]),
        ("a,b\n1,nan\n", ["row 2", "column 'b'", "'nan'", "not finite", "missing"]),
        ("a,b\n1,-inf\n", ["row 2", "not finite"]),
        ("a,b\n1,1_000\n", ["row 2", "'1_000'"]),
        ("a\0b\n", ["not a text"]),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(tmp_path, content, pieces):
    path = tmp_path / "data.csv"
    path.write_text(content)
    with pytest.raises(SpecError) as caught:
        _numbers(path)
    for piece in ["data.csv", *pieces]:
        assert piece in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SpecError, match="No such file"):
        read_text(tmp_path / "no.csv")


def test_separator_and_decimal_can_be_said(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a;b\n1,234;2\n")
    assert _numbers(path, decimal=",")[1] == [[1.234, 2.0]]
    path.write_text("1 2\n3 4\n")
    text, numbers = _numbers(path, separator="space")
    assert (text.names, numbers) == (("1", "2"), np.array([[1.0, 2.0], [3.0, 4.0]]).tolist())
