"""``tlsmc export``."""

import csv
import io

import numpy as np

from tests.library import CURVES


def test_export(call, run_file, small_run):
    status, out, err = call("export", run_file)
    assert (status, err) == (0, "")
    assert out.splitlines() == [str(run_file.with_name(f"small.{name}.csv")) for name in CURVES]
    curve = small_run["attenuation.relaxation"]
    with run_file.with_name("small.attenuation.relaxation.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["temperature [K]", "nu [Hz]", "mean", "error", "exact", "Eq. 16", "Eq. 17"]
    for key in ("mean", "error", "exact"):
        np.testing.assert_array_equal([float(row[key]) for row in rows], getattr(curve, key).ravel())
    np.testing.assert_allclose([float(row["nu [Hz]"]) for row in rows], [1e8, 2e8, 4e8] * 2, rtol=1e-12)
    np.testing.assert_allclose([float(row["temperature [K]"]) for row in rows], [0.01] * 3 + [0.05] * 3, rtol=1e-12)


def test_export_json_and_another_folder(parsed, run_file, tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    data = parsed("export", run_file, "-o", folder, "--curve", "heat_capacity")
    assert data == {"files": [str(folder / "small.heat_capacity.csv")]}
    header = (folder / "small.heat_capacity.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert next(csv.reader(io.StringIO(header)))[-4:] == ["C_T [J/(K cm^3)]", "C_T error", "C_T/C_e", "C_T/C_e error"]
