"""The benchmark writes all its tables, and all contestants compute the same thing.  No time is judged."""

import importlib
import json
import math
import os
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import tlsmc
from tests.library import ROOT
from tests.seeds import seed
from tlsmc import closed_forms

TABLES = {
    "Inner loops, ns per (defect, T, omega)": 3,
    "Whole processes": 7,
    "Scaling with workers, whole processes, and other ratios": 5,
    "Time to a relative error of 0.1 at the worst point": 6,
    "Time of others over that of tlsmc, the better order of vegas": 3,
    "Cost of a whole process, numba, one worker": 2,
    "Peak memory of the process": 2,
    "Start-up, wall time": 3,
    "One residual vector of 1,000 points": 10,
}
GOALS = 10


@pytest.fixture(scope="module")
def parts():
    """Modules of the benchmark by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "analysis"))
        names = ("compiled_bound", "kernels", "problem", "rivals", "timing")
        yield {name: importlib.import_module(f"benchmarking.{name}") for name in names}


@pytest.fixture(scope="module")
def has_c(parts):
    return parts["compiled_bound"].compiler() is not None


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of a quick benchmark."""
    folder = tmp_path_factory.mktemp("benchmark")
    words = [sys.executable, str(ROOT / "analysis" / "benchmark.py"), "--quick", "-o", str(folder)]
    # The package that is tested here, whether it is installed or not.
    places = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": places})
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def content(written):
    return json.loads((written / "benchmark.json").read_text(encoding="utf-8"))


def numbers(value):
    """All numbers in nested lists and tables."""
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    # None stands for a number that is not finite.
    return [] if isinstance(value, str | bool) else [math.nan if value is None else value]


@pytest.mark.slow
def test_every_ratio_is_there_and_finite(content, has_c):
    assert len(content["goals"]) == GOALS
    for goal in content["goals"]:
        if goal["what"].endswith("C loop") and not has_c:
            assert goal["missing"]
            continue
        found = goal["measured"]
        assert all(math.isfinite(number) for number in numbers(found)), goal
        assert found["low"] <= found["median"] <= found["high"]
        assert goal["at_most"] or found["low"] > 0.0
        reached = found["median"] <= goal["bound"] if goal["at_most"] else found["median"] >= goal["bound"]
        assert goal["reached"] is reached


@pytest.mark.slow
def test_every_table_is_there_and_finite(content, has_c):
    rows = {table["title"]: len(table["rows"]) for table in content["tables"]}
    assert rows == TABLES | ({} if has_c else {"Inner loops, ns per (defect, T, omega)": 2})
    for table in content["tables"]:
        assert all(math.isfinite(number) for number in numbers(table["rows"])), table["title"]
        assert {len(row) for row in table["rows"]} == {len(table["columns"])}


@pytest.mark.slow
def test_markdown_has_all_of_it(written, content):
    text = (written / "benchmark.md").read_text(encoding="utf-8")
    for goal in content["goals"]:
        assert f"| {goal['what']} |" in text
    for table in content["tables"]:
        assert f"## {table['title']}\n" in text
    for name, value in content["machine"].items():
        assert f"| {name} | {value} |" in text


@pytest.mark.slow
def test_pictures(written):
    assert (written / "benchmark.png").read_bytes().startswith(b"\x89PNG")
    assert ElementTree.parse(written / "benchmark.svg").getroot().tag.endswith("svg")


@pytest.mark.slow
def test_loops_agree(content, has_c):
    found = content["data"]["kernels"]["agreement"]
    names = {"kernel numpy", "kernel numba", *(["C"] if has_c else [])}
    assert found.keys() == names | {f"{name}, listed" for name in names}
    # Sums of 4096 positive terms in other orders, and exponentials of a fast library: a few ulp each.
    assert max(found[name] for name in names) < 1e-11
    assert all(found[f"{name}, listed"] == 0.0 for name in names)


def test_c_lists_the_same_defects(parts, has_c, tmp_path):
    if not has_c:
        pytest.skip("no C compiler")
    work = parts["kernels"].Work.of(tmp_path, 3, 5000)
    pack = work.packs[0]
    loops = parts["kernels"].loops(parts["compiled_bound"].Bound.build())
    floor = np.ones((2, 3, 3))
    lists = {}
    for name, loop in loops.items():
        sums = work.sums(loop, pack, floor)
        order = np.lexsort((sums.defects, sums.places))
        lists[name] = sums.places[order], sums.defects[order], sums.values[order]
    assert len(lists["C"][0]) > 100
    for name in ("kernel numpy", "kernel numba"):
        np.testing.assert_array_equal(lists["C"][0], lists[name][0])
        np.testing.assert_array_equal(lists["C"][1], lists[name][1])
        np.testing.assert_allclose(lists["C"][2], lists[name][2], rtol=1e-12)


def test_integrand_is_the_formula_of_the_project(parts, tmp_path):
    problem = parts["problem"]
    spec = problem.loaded(tmp_path, problem.spec_text(2, 1000))
    run = tlsmc.run(spec, progress=False)
    contributions = run.contributions("attenuation").sum(axis=0)
    columns = run.population()
    x = np.stack([columns["E"], 1.0 - np.arctanh(np.sqrt(columns["q"])) / problem.DEPTH], axis=1)
    # p = 1 to within rounding has lost its depth.
    kept = columns["p"] < 0.9
    T, omega = problem.grid(2)
    for i in range(2):
        for j in range(2):
            values = problem.integrand(0.03, T[i], omega[j])(x[kept])
            # The depth is found from q, which is 1 to within rounding where p is small.
            deep = columns["p"][kept] > 1e-4
            np.testing.assert_allclose(values[deep], contributions[i, j][kept][deep], rtol=1e-10)


@pytest.mark.parametrize("order", [1, -1])
def test_vegas_agrees_with_the_exact_value(parts, order):
    problem = parts["problem"]
    T, omega = np.geomspace(0.2, 5.0, 3)[::order], np.array([0.1, 0.6])
    answer = parts["rivals"].by_vegas(0.3, T, omega, 1e-3, 1_000_000, seed(f"vegas {order}"))
    assert answer.missed(1e-3) == 0
    assert answer.evaluations > 0
    # 12 points: a false alarm in 200,000 runs.
    assert np.abs((answer.mean - problem.exact(0.3, T, omega)) / answer.error).max() < 5.0


@pytest.mark.parametrize(("frequencies", "factor"), [((2.0, 3.0), 1.0), ((0.1, 0.6), 10.0)])
def test_cubature_agrees_with_the_exact_value(parts, frequencies, factor):
    # Above the band all is smooth and its error is honest; inside, it does not see the narrowest lines.
    T, omega = np.array([0.5, 5.0]), np.array(frequencies)
    answer = parts["rivals"].by_cubature(0.3, T, omega, 1e-5, 2_000_000)
    assert answer.missed(1e-5) == 0
    truth = parts["problem"].exact(0.3, T, omega)
    assert (np.abs(answer.mean - truth) <= factor * answer.error + 1e-10 * truth).all()


def test_plain_script_agrees_with_the_exact_value():
    script = ROOT / "analysis" / "benchmarking" / "plain_script.py"
    words = [sys.executable, str(script), "100000", "2"]
    plain, hoisted = (
        subprocess.run([*words, *more], capture_output=True, text=True, check=True).stdout
        for more in ((), ("hoisted",))
    )
    assert plain == hoisted
    for line, Omega, theta in zip(plain.splitlines(), (0.01, 0.9), (0.2, 20.0), strict=True):
        *means, error_res, error_rel = (float(word) for word in line.split())
        exact = [float(F(0.03, Omega, theta, p_min=1e-12)) for F in (closed_forms.F_res, closed_forms.F_rel)]
        # Its seed is fixed: it passes or fails for good.
        np.testing.assert_array_less(np.abs(np.subtract(means, exact)), 4.0 * np.array([error_res, error_rel]))


def test_repetitions_alternate(parts):
    order = []
    contestants = {name: lambda name=name: order.append(name) or float(len(order)) for name in "ab"}
    found = parts["timing"].alternating(contestants, 3)
    assert order == list("abbaab")
    assert found == {"a": [1.0, 4.0, 5.0], "b": [2.0, 3.0, 6.0]}
    spread = parts["timing"].ratio(found["b"], found["a"])
    assert (spread.median, spread.low, spread.high, spread.count) == (1.2, 0.75, 2.0, 3)


def test_memory_of_a_child_is_its_own(parts):
    big = np.ones(40_000_000)  # 320 MB in this process
    assert parts["timing"].child(sys.executable, "-c", "pass").peak < 100e6
    assert parts["timing"].child(sys.executable, "-c", "x = b'1' * 200_000_000").peak > 200e6
    assert big[0] == 1.0


def test_child_that_fails_says_why(parts):
    with pytest.raises(RuntimeError, match=r"status 3: no\W"):
        parts["timing"].child(sys.executable, "-c", "import sys; print('no', file=sys.stderr); sys.exit(3)")
