"""What two specs both predict: the measured quantities that they have in common, and the law of one sample's answer."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.observables.averages import Points, relative_moments
from tlsmc.observables.base import Observable
from tlsmc.observables.measurable import Derived
from tlsmc.observables.program import grid_of
from tlsmc.observables.quantities import MeasuredQuantity
from tlsmc.spec.registry import OBSERVABLES, of_material
from tlsmc.spec.spec import Spec

# Points of a panel: the spread is wanted to two digits.
_ORDER = 4
# Nodes must give the exact average to this accuracy for their spread to be believed.
_ACCURACY = 0.02


def observable_of(spec: Spec, quantity: MeasuredQuantity) -> Observable:
    """The observable that predicts a quantity: with the options of the spec where it has it, else with defaults.

    Raises
    ------
    SpecError
        The material lacks what it needs.
    """
    name, _ = quantity.observables[spec.model]
    for gridded in spec.observables:
        if gridded.name == name:
            return gridded.observable
    return of_material(OBSERVABLES.find(name), spec.material.given, {})


def axis_of(
    specs: tuple[Spec, Spec], quantity: MeasuredQuantity, axis: str, given: tuple[float, float] | None, most: int
) -> Array:
    """At most ``most`` values of an axis: in the range ``given``, or in that which both specs' grids have."""
    if given is None:
        ranges = [
            gridded.axes[axis]
            for spec in specs
            for gridded in spec.observables
            if gridded.name == quantity.observables[spec.model][0]
        ]
        if not ranges:
            raise SpecError(f"neither spec has a grid for it; give --{axis} LOW HIGH")
        given = max(values[0] for values in ranges), min(values[-1] for values in ranges)
        if given[0] > given[1]:
            raise SpecError(f"the specs' ranges of {axis} do not overlap; give --{axis} LOW HIGH")
    return np.geomspace(*given, most) if given[0] < given[1] else np.array(given[:1])


def scale_of(specs: tuple[Spec, Spec], quantity: MeasuredQuantity, shape_only: bool) -> str:
    """Unit in which both specs predict a quantity: the name of its derived form, or its bare one.

    Raises
    ------
    SpecError
        One spec has what the scale takes, n_T say, and the other lacks it, and the scale is compared.
    """
    found = [_derived(spec, quantity, [np.ones(1)] * len(observable_of(spec, quantity).AXES)).scale for spec in specs]
    known = [scale is not None for scale in found]
    if all(known):
        return quantity.derived
    if any(known) and not shape_only:
        raise SpecError(
            f"only spec {'B' if known[0] else 'A'} lacks the scale of {quantity.derived}; give it the same entries of "
            "[material], or compare shapes with --free-amplitude all"
        )
    return quantity.bare


def defects_of(spec: Spec, volume: float | None) -> float:
    """Mean number of defects of a sample of ``volume``, in cm^3 or natural units; the spec's own if None."""
    if volume is None:
        return float(spec.layout.defects)
    n_T = spec.metal.defect_density
    if n_T is None:
        raise SpecError("--volume: needs n_T; give defect_density or dephasing_time in [material] of both specs")
    return n_T * volume * spec.population.defects_per_n_T


def predict(
    spec: Spec, quantity: MeasuredQuantity, scale: str, axes: tuple[Array, ...], defects: float
) -> tuple[Array, Array]:
    """Logarithm of a quantity at every grid point, temperature first, and its covariance from sample to sample.

    NaN where there is no prediction.

    Raises
    ------
    SpecError
        There is no average, or none that is exact.
    """
    observable = observable_of(spec, quantity)
    _, component = quantity.observables[spec.model]
    parts = observable.parts(component)
    for part in parts:
        if reason := observable.refusal(observable.COMPONENTS[part]):
            raise SpecError(reason)
    mean = observable.exact(spec.population, *axes)[list(parts)].sum(axis=0)
    function = _function(spec, quantity, scale, grid_of(*axes))
    points = [Points.grid(observable, parts, *axes)]
    try:
        moments, products = relative_moments(points, spec.population, _ORDER)
    except ValidityError as error:
        raise SpecError(f"no exact averages for this population ({error})") from None
    step = 1e-4
    with np.errstate(all="ignore"):
        log = np.log(function(mean)).ravel()
        # Of the spread of the average, the logarithm of what is measured has this share.
        above, below = (np.log(function(mean * (1.0 + sign * step))).ravel() for sign in (1.0, -1.0))
        slope = (above - below) / (2.0 * step)
        good = np.isfinite(log) & (np.abs(moments / mean.ravel() - 1.0) < _ACCURACY)
    log = np.where(good, log, np.nan)
    return log, _definite(slope[:, None] * slope * products / defects, good)


def _derived(spec: Spec, quantity: MeasuredQuantity, grid: Sequence[Array]) -> Derived:
    """The quantity as the observable derives it on a grid, axes that broadcast together."""
    found = observable_of(spec, quantity).derived(spec.population, spec.metal, *grid)
    return next(one for one in found if one.name == quantity.derived)


def _function(spec: Spec, quantity: MeasuredQuantity, scale: str, grid: Sequence[Array]) -> Callable[[Array], Array]:
    """What makes the measured quantity of the average contribution."""
    derived = _derived(spec, quantity, grid)
    if scale == quantity.derived:
        return derived.of
    # Without a scale the regimes of Eq. 6 cannot be told: the time of saturated defects is meant.
    return (lambda rate: 1.0 / rate) if quantity.of_rates else derived.function


def _definite(covariance: Array, good: NDArray[np.bool_]) -> Array:
    """A covariance without the small negative eigenvalues of a quadrature, NaN where not ``good``."""
    found = np.full_like(covariance, np.nan)
    places = np.ix_(good, good)
    scale = np.sqrt(np.diag(covariance[places]))
    values, vectors = np.linalg.eigh(covariance[places] / np.outer(scale, scale))
    found[places] = np.outer(scale, scale) * ((vectors * np.clip(values, 0.0, None)) @ vectors.T)
    return found
