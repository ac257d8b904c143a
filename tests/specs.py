"""Two specs, one in natural units and one with units, and what every spec must do."""

import copy
import json

import numpy as np

from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import Spec

BARE = {
    "title": "bare",
    "seed": 5,
    "population": {
        "model": "tunnelling",
        "defects": 1000,
        "parameters": {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": 1e-6}},
    },
    "material": {"chi": 0.3},
    "observables": {"attenuation": {"temperature": [0.1, 1.0], "frequency": [0.05, 0.5]}},
}
UNITS = {
    "title": "with units",
    "store": "population",
    "seed": 5,
    "population": {
        "model": "tunnelling",
        "defects": 1000,
        "samples": 3,
        "count": "poisson",
        "parameters": {
            "Delta": {"law": "exponential", "mean": "20 mK"},
            "Lambda": {"law": "log_uniform", "low": "1 uK", "high": "1 ueV"},
        },
    },
    "material": {"preset": "gold", "chi": 0.03, "dephasing_time": "3 ns", "drive_amplitude": "1 mK"},
    "observables": {
        "attenuation": {
            "temperature": {"start": "5 mK", "stop": "1 K", "points": 7},
            "frequency": {"start": "1 MHz", "stop": "1 GHz", "points": 4, "spacing": "linear"},
            "drive": "sigma_z",
            "lineshape": "bloch",
        },
        "heat_capacity": {"temperature": ["1 mK", "20 ueV", "1 K"], "electrons": "free-electron"},
        "dephasing": {"temperature": {"start": "3 mK", "stop": "1 K", "points": 5}, "thermal_weight": "none"},
    },
}

#: A run of two blocks with title, source, units and overrides.
SMALL = parse_spec(
    {
        "title": "a small run, with a \N{GREEK SMALL LETTER CHI}",
        "seed": 11,
        "population": {
            "model": "tunnelling",
            "defects": 300,
            "samples": 2,
            "parameters": {"E": {"law": "uniform", "high": "20 mK"}, "p": {"law": "tunnelling", "low": 1e-6}},
        },
        "material": {"chi": 0.3},
        "observables": {
            "attenuation": {"temperature": ["10 mK", "1 K"], "frequency": ["1 MHz", "100 MHz", "1 GHz"]},
            "heat_capacity": {"temperature": ["1 mK", "10 mK", "1 K"]},
        },
    },
    source="# a comment\ntitle = 1\n",
    overrides=("population.defects=300",),
)


def small(
    *, run_seed=1, chi=0.3, p_min=1e-3, T=(0.1, 1.0), omega=(0.1, 0.5), observables=None, **population
) -> dict[str, object]:
    """Content of a spec of 1000 defects in natural units; further settings go to its population."""
    grids = {"temperature": list(T), "frequency": list(omega)}
    if observables is None:
        without = {"temperature": list(T)}
        observables = {"attenuation": grids, "heat_capacity": without, "dephasing": without}
    return {
        "seed": run_seed,
        "population": {
            "model": "tunnelling",
            "defects": 1000,
            "parameters": {"E": {"law": "uniform", "high": 1.0}, "p": {"law": "tunnelling", "low": p_min}},
        }
        | population,
        "material": {"chi": chi},
        "observables": observables,
    }


def changed(path, value, base=BARE):
    """A copy of a spec with one entry changed, added, or removed (value ``...``)."""
    content = copy.deepcopy(base)
    table = content
    *outer, last = path.split("/")
    for name in outer:
        table = table[name]
    if value is ...:
        del table[last]
    else:
        table[last] = value
    return content


def assert_fixed_point(spec: Spec) -> None:
    resolved = spec.resolved()
    again = parse_spec(resolved)
    assert again == spec
    assert again.hash() == spec.hash()
    assert again.resolved() == resolved
    # Through JSON, as in the run file: the same to the last bit of every number.
    stored = parse_spec(json.loads(json.dumps(resolved)))
    assert stored == spec
    assert stored.hash() == spec.hash()
    for gridded in spec.observables:
        np.testing.assert_array_equal(stored.gridded(gridded.name).T, gridded.T)
        np.testing.assert_array_equal(stored.gridded(gridded.name).second_axis, gridded.second_axis)
