"""``tlsmc claims``: the table, the JSON, and that the runs named in it give its numbers."""

import contextlib
import io
import json
import re

import pytest

import tlsmc
import tlsmc.claims
from tests.claims.papers import DEFECTS
from tests.seeds import seed
from tlsmc.claims.base import OPEN, VERDICTS
from tlsmc.claims.ensembles import DEFECTS as BY_DEFAULT
from tlsmc.claims.ensembles import FEWEST_DEFECTS, SEED
from tlsmc.cli import EXIT_SPEC, main, parser

COLUMNS = ("printed", "exact", "sampled", "error", "ratio", "ratio_error")


@pytest.fixture(scope="module")
def printed(audited):
    """Outputs of the command with and without --json, of the audit that other tests have made with these arguments."""

    def made(defects, *, seed, jobs):
        assert (defects, seed, jobs) == (DEFECTS, given, 2)
        return audited("paper")

    given = seed("claims paper")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tlsmc.claims, "audit", made)
        outputs = []
        for more in (["--json"], []):
            size = ["--defects", str(DEFECTS), "--seed", str(given), "--jobs", "2"]
            with contextlib.redirect_stdout(io.StringIO()) as output:
                assert main(["claims", *size, *more]) == 0
            outputs.append(output.getvalue())
    return outputs


@pytest.fixture(scope="module")
def data(printed):
    return json.loads(printed[0], parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_every_equation_has_a_row(data):
    places = " ".join(row["place"] for row in data["claims"])
    for equation in range(1, 25):
        assert f"Eq. {equation} " in places + " ", equation
    assert "abstract" in places


def test_every_row_has_all_columns_or_says_why_not(data):
    for row in data["claims"]:
        assert row["verdict"] in VERDICTS
        assert row["statement"]
        absent = [column for column in COLUMNS if row[column] is None]
        # An infinite average is no number in JSON; the remark says that it is one.
        if absent and "infinite" not in row["remark"] + row["missing"] and "diverges" not in row["remark"]:
            assert row["missing"].startswith("no "), row
        if row["verdict"] == OPEN:
            assert absent == list(COLUMNS)
            continue
        assert row["printed"] is not None
        assert (row["sampled"] is None) == (not row["run"])
        if row["sampled"] is None:
            assert row["missing"].startswith("no sampled column: ")
        elif row["error"] is None:
            assert row["missing"].startswith("no error: ")


def test_counts(data):
    for verdict, count in data["verdicts"].items():
        assert count == sum(row["verdict"] == verdict for row in data["claims"])
    assert sum(data["verdicts"].values()) == len(data["claims"])
    assert data["verdicts"]["sampling disagrees"] == 0


def test_a_row_names_a_run_that_gives_its_number(data):
    for row in data["claims"]:
        for part in filter(None, row["run"].split("; ")):
            assert part.removeprefix("over ").partition(",")[0] in data["runs"]
    (row,) = (row for row in data["claims"] if row["place"] == "Eq. 16")
    name, _, point = row["run"].partition(", ")
    assert point == "T = 40 mK, nu = 100 MHz"
    spec = tlsmc.parse_spec(data["runs"][name]["spec"])
    curve = tlsmc.run(spec, progress=False)["attenuation.relaxation"]
    assert curve.mean[1, 0] == row["sampled"]
    assert curve.error[1, 0] == row["error"]


def test_presets_of_runs_are_studies_that_exist(data):
    from tests.library import ROOT

    for entry in data["runs"].values():
        assert not entry["preset"] or (ROOT / "runs" / f"{entry['preset']}.toml").is_file()


def test_the_table(data, printed):
    lines = printed[1].splitlines()
    assert max(map(len, lines)) <= 120
    text = "\n".join(lines)
    rows = re.findall(rf"^  (\S.*?) .* ({'|'.join(VERDICTS)})$", text, flags=re.MULTILINE)
    assert [verdict for _, verdict in rows] == [row["verdict"] for row in data["claims"]]
    for topic in dict.fromkeys(row["topic"] for row in data["claims"]):
        assert f"\n{topic}\n" in text
    for name in data["runs"]:
        assert f"\n  {name} " in text
    assert f"{len(rows)} rows: " in text


def test_defaults_are_those_of_the_function():
    options = parser().parse_args(["claims"])
    assert (options.defects, options.seed) == (BY_DEFAULT, SEED)


@pytest.mark.parametrize(
    ("option", "value", "bound"),
    [
        ("--defects", str(FEWEST_DEFECTS - 1), str(FEWEST_DEFECTS)),
        ("--seed", "-1", "0 ..."),
        ("--jobs", "0", "below 1"),
    ],
)
def test_refusals(capsys, option, value, bound):
    assert main(["claims", option, value]) == EXIT_SPEC
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert output.err.startswith(f"error: {option} {value}: ")
    assert bound in output.err


def test_the_function_has_a_name_of_its_own():
    # `tlsmc.claims` is the package.
    assert tlsmc.audit is tlsmc.claims.audit
