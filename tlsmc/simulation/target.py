"""Running until an error is small enough: the spec's number of defects becomes the most that are drawn."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tlsmc.errors import SpecError
from tlsmc.populations.sampling.streams import BATCH
from tlsmc.results.run import Run
from tlsmc.simulation.run import resume, run
from tlsmc.spec.spec import Spec

#: Defects of the first attempt: enough blocks to judge an error by.
_FIRST = 16 * BATCH
#: An attempt is made as large as the last error asks for, with a margin, and within these factors of the last one.
_MARGIN, _LEAST, _MOST = 1.1, 1.5, 8.0


def run_to_target(
    spec: Spec,
    path: str | Path,
    target: float,
    *,
    quantile: float = 1.0,
    curves: tuple[str, ...] = (),
    force: bool = False,
    **options: Any,
) -> Run:
    """Draw defects until the relative standard error of the answers is at most ``target``.

    Parameters
    ----------
    spec
        What to run; its ``defects`` are the limit.
    path
        Run file.
    target
        Relative standard error to reach, above 0.
    quantile
        Share of all grid points that must reach it: 1 is the worst point, 0.95 leaves out the worst twentieth.
    curves
        Names of the curves that count; by default all but the monitor of linewidths.
    force, options
        As of :func:`tlsmc.simulation.run.run`.

    The sizes of the attempts follow from the results, so the same spec and target give the same bits.

    Raises
    ------
    SpecError
        The target or the quantile is out of range, or there is no such curve.
    """
    if not 0.0 < target < 1.0:
        raise SpecError(f"--target-error {target}: is outside (0, 1); give a relative error such as 1e-2")
    if not 0.0 < quantile <= 1.0:
        raise SpecError(f"--target-quantile {quantile}: is outside (0, 1]; 1 is the worst point")
    limit = spec.layout.defects
    done = run(_sized(spec, min(_FIRST, limit)), path, force=force, **options)
    while True:
        defects, error = done.spec.layout.defects, relative_error(done, quantile, curves)
        if error <= target or defects >= limit:
            return done
        wanted = _MARGIN * (error / target) ** 2 if math.isfinite(error) else _MOST
        size = min(limit, math.ceil(defects * min(_MOST, max(_LEAST, wanted))))
        if spec.layout.sampling == "sobol":
            # Sobol points are not extended but laid anew: their scrambles are as long as the sample allows.
            done = run(_sized(spec, size), path, force=True, **options)
        else:
            done = resume(path, defects=size, **{k: v for k, v in options.items() if k != "kernel"})


def relative_error(done: Run, quantile: float = 1.0, curves: tuple[str, ...] = ()) -> float:
    """Relative standard error that a share of all grid points of the curves keeps to; infinite without errors."""
    names = curves or tuple(name for name in done.names if not done[name].gridded.observable.IS_MONITOR)
    parts = []
    for name in names:
        curve = done[name]
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append(np.ravel(curve.error / np.abs(curve.mean)))
    errors = np.concatenate(parts) if parts else np.array([np.inf])
    return float(np.quantile(np.where(np.isfinite(errors), errors, np.inf), quantile, method="higher"))


def _sized(spec: Spec, defects: int) -> Spec:
    return replace(spec, layout=replace(spec.layout, defects=defects))
