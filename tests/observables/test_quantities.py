"""The table of measured quantities: its entries agree with the observables, and a new one is a single entry."""

import re

import numpy as np
import pytest

from tests.library import copied_package, run_python
from tlsmc.observables.measurable import Metal
from tlsmc.observables.quantities import COMPARED, QUANTITIES
from tlsmc.populations.kondo import Kondo
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.tunnelling import Tunnelling
from tlsmc.spec.registry import OBSERVABLES, of_material

POPULATIONS = {
    "tunnelling": Tunnelling({"E": Uniform(high=1.0), "p": TunnellingFraction()}),
    "kondo": Kondo({"T_K": Uniform(high=1.0), "Delta": Uniform(high=0.3)}),
}


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)
def test_entries_agree_with_the_observables(quantity):
    assert re.fullmatch(r"\S[^\n]{10,120}[^\n.]", quantity.meaning)
    for model, (name, component) in (*quantity.observables.items(), *quantity.timed.items()):
        observable = of_material(OBSERVABLES.find(name), {"chi": 0.1}, {})
        assert model in observable.MODELS
        assert component in (*observable.COMPONENTS, *observable.SUMS)
        assert set(observable.AXES) <= {"temperature", quantity.axis}
        axes = [np.array([0.1])] * len(observable.AXES)
        found = observable.derived(POPULATIONS[model], Metal(), *axes)
        assert not quantity.derived or [one.component for one in found if one.name == quantity.derived] == [component]
    if quantity.comparison:
        assert COMPARED[quantity.comparison] is quantity
        assert quantity.bare
        assert set(quantity.observables) == set(POPULATIONS)


#: The frequency shift of a resonator, which no entry has yet.
ENTRY = """
    MeasuredQuantity(
        "dv/v",
        "frequency shift of a resonator over its intrinsic loss",
        {"tunnelling": ("loss_tangent", "shift")},
        headings=("df/f",),
        needs_axis=True,
    ),
"""
SCRIPT = """
import numpy as np
from pathlib import Path
from tlsmc.fitting import fit, parse_fit
from tlsmc.spec.reader import parse_spec

T = np.geomspace(0.01, 0.3, 12)
laws = {"E": {"law": "uniform", "high": "1 K"}, "p": {"law": "tunnelling"}}
population = {"model": "tunnelling", "defects": 10, "parameters": laws}
grid = {"temperature": [f"{t!r} K" for t in T.tolist()], "frequency": ["1 GHz"]}
spec = {"seed": 1, "population": population, "material": {"chi": 0.1}, "observables": {"loss_tangent": grid}}
shift = next(g.exact(parse_spec(spec).population)[1, :, 0] for g in parse_spec(spec).observables
             if g.name == "loss_tangent")
# The column is found by its heading; what is measured is a hundredth of the shift.
rows = [f"{t},1,{0.01 * s},{1e-6}" for t, s in zip(T.tolist(), shift.tolist())]
Path("d.csv").write_text("\\n".join(["T [K],f [GHz],df/f,error", *rows]))
data = {"d": {"file": "d.csv", "quantity": "dv/v", "amplitude": True}}
found = fit(parse_fit(spec | {"fit": {"data": data, "parameters": {"chi": {"start": 0.05}}, "starts": 1}}))
assert found.converged, found.message
assert abs(found["d.amplitude"].value / 0.01 - 1.0) < 1e-3, found["d.amplitude"]
print("fitted", found.sets[0].quantity)
"""


def test_a_new_quantity_is_one_entry(tmp_path):
    folder = copied_package(tmp_path)
    table = folder / "tlsmc" / "observables" / "quantities.py"
    text = table.read_text(encoding="utf-8")
    assert "\n_ALL = (\n" in text
    table.write_text(text.replace("\n_ALL = (\n", f"\n_ALL = ({ENTRY}", 1), encoding="utf-8")
    assert run_python(SCRIPT, folder, tmp_path) == "fitted dv/v\n"
