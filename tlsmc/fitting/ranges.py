"""Whether the data lie where the curves are known to be right."""

from __future__ import annotations

import numpy as np

from tlsmc.errors import SpecError
from tlsmc.fitting.curves import observable_for, second_axis
from tlsmc.fitting.model import Model
from tlsmc.measurements.dataset import DataSet

#: Ranges of omega/E* and 2T/E* in which the closed forms are tested.
OMEGA, THETA = (1e-6, 1e3), (1e-4, 1e3)


def check_ranges(model: Model) -> None:
    """Refuse data that lie outside the range of the curves for every value that the parameters may have."""
    values = model.values(model.start)
    ensemble = model.ensemble_at(values)
    E_star = ensemble.population.E_star
    low, high = _band(model, E_star)
    for data in model.sets:
        _overlap(data, "2T/E*", 2.0 * data.temperature, low, high, THETA)
        observable = observable_for(data, ensemble)
        if "frequency" in observable.AXES:
            _overlap(data, "omega/E*", second_axis(data, ensemble), low, high, OMEGA)
        if getattr(observable, "heat", "") == "paper" and not (data.temperature < high).any():
            raise SpecError(
                f"fit.data.{data.name}: all temperatures are above T_K* <= {high:g}, where the paper's specific heat "
                'says nothing; use options = { heat = "emery-kivelson" }'
            )


def _band(model: Model, E_star: float) -> tuple[float, float]:
    """Smallest and largest E* that the bounds allow."""
    for parameter in model.parameters:
        if parameter.place.startswith("population.") and parameter.start == E_star:
            return parameter.low, parameter.high
    return E_star, E_star


def _overlap(
    data: DataSet, what: str, scale: np.ndarray, low: float, high: float, allowed: tuple[float, float]
) -> None:
    inside = (scale / low >= allowed[0]) & (scale / high <= allowed[1])
    if not inside.any():
        worst = float(scale[0])
        raise SpecError(
            f"fit.data.{data.name}: {what} = {worst / high:.3g} ... {worst / low:.3g} does not overlap "
            f"{allowed[0]:g} ... {allowed[1]:g}, where the curves are known; check the unit, or the bounds of E*"
        )
