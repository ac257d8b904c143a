"""Sweeps: one spec with a ``[sweep]`` that stands for several runs.

``product`` varies each setting independently of the others, ``points`` lists settings point by point.  Keys are dotted
places in the spec, values what would stand there, a whole table included.
"""

import itertools
import math
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.spec.reader import parse_spec
from tlsmc.spec.spec import Spec
from tlsmc.spec.table import Table, shown
from tlsmc.spec.toml import apply_setting, parse_setting, read_toml, written

_MOST_POINTS = 1000


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One run of a sweep and the settings that make it."""

    settings: dict[str, Any]
    spec: Spec

    @property
    def label(self) -> str:
        """The settings in one line."""
        return ", ".join(
            f"{key.rpartition('parameters.')[2].removeprefix('observables.')} = {written(value)}"
            for key, value in self.settings.items()
        )


def is_sweep(path: str | Path) -> bool:
    """Whether a spec has a ``[sweep]``."""
    content, _ = read_toml(path)
    return "sweep" in content


def load_sweep(path: str | Path, overrides: tuple[str, ...] = ()) -> list[SweepPoint]:
    """All runs of a sweep, in the order of the file."""
    content, source = read_toml(path)
    for setting in overrides:
        apply_setting(content, *parse_setting(setting))
    sweep = Table(content.pop("sweep", None), "sweep")
    found = []
    for settings in _points(sweep):
        changed = deepcopy(content)
        texts = (*overrides, *(f"{key}={written(value)}" for key, value in settings.items()))
        try:
            for key, value in settings.items():
                apply_setting(changed, key, deepcopy(value))
            found.append(SweepPoint(settings, parse_spec(changed, Path(path).parent, source, texts)))
        except SpecError as error:
            raise SpecError(f"sweep, at {shown(settings)}: {error}") from None
    return found


def _points(sweep: Table) -> list[dict[str, Any]]:
    product, points = sweep.raw("product", None), sweep.raw("points", None)
    sweep.finish()
    if (product is None) == (points is None):
        raise SpecError("sweep: needs either product (key = list of values) or points (list of tables); give one")
    if product is not None:
        return _product(Table(product, "sweep.product").content)
    if not isinstance(points, list) or not points or not all(isinstance(p, dict) and p for p in points):
        raise SpecError("sweep.points: is not a list of tables; write [[sweep.points]] and key = value lines")
    _check_number(len(points))
    return points


def _product(lists: dict[str, Any]) -> list[dict[str, Any]]:
    if not lists:
        raise SpecError("sweep.product: is empty; add a key with a list of values")
    for key, values in lists.items():
        if isinstance(values, dict):
            raise SpecError(f"sweep.product.{key}: is a table; put the whole dotted key in quotes")
        if not isinstance(values, list) or not values:
            raise SpecError(f"sweep.product.{key}: {shown(values)} is not a list of values; write [a, b, ...]")
    _check_number(math.prod(map(len, lists.values())))
    return [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]


def _check_number(points: int) -> None:
    if points > _MOST_POINTS:
        raise SpecError(f"sweep: has {points} points, at most {_MOST_POINTS} are run; split it")
