"""``tlsmc compare``."""

from tests.library import CURVES


def test_compare(call, run_file):
    status, out, err = call("compare", run_file)
    assert (status, err) == (0, "")
    tables = out.partition("\nSampled over printed")
    for name in CURVES:
        assert f" {name}  " in tables[0]
    for equation in ("Eq. 15", "Eq. 16", "Eq. 17", "Eq. 18", "Eq. 4", "Eq. 8"):
        assert equation in tables[2]
    assert "exactly twice the average of Eq. 12" in tables[2]


def test_compare_json(parsed, run_file):
    data = parsed("compare", run_file)
    assert data["complete"] is True
    assert list(data["observables"]) == CURVES
    for result in data["observables"].values():
        keys = {"points", "chi2", "dof", "p_value", "max_abs_z", "verdict", "reason", "printed"}
        assert keys <= set(result)
        assert result["verdict"] in ("agrees", "differs", "refused")
        assert isinstance(result["reason"], str)
        assert 0.0 <= result["p_value"] <= 1.0
    printed = {name: result["printed"] for name, result in data["observables"].items()}
    assert printed["attenuation.total"] is None
    leading = {name: printed[name]["equation"] for name in printed if printed[name]}
    assert leading == {
        "attenuation.resonant": "Eq. 15",
        "attenuation.relaxation": "Eq. 16",
        "dephasing": "Eq. 4",
        "heat_capacity": "Eq. 8",
    }
    for form in filter(None, printed.values()):
        assert form["ratio_error"] is None or form["ratio_error"] >= 0.0
