"""Axes that records of an observable have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.spec import Study


def study_axes(study: Study) -> dict[str, NDArray[Any]]:
    """Names of the components, temperatures and values of the second axis, by the name of the axis."""
    second = study.observable.AXES[1] if len(study.observable.AXES) > 1 else "frequency"
    names = np.array(study.observable.COMPONENTS, dtype="S")
    return {"component": names, "temperature": study.T, second: study.second_axis}
