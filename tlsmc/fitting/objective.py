"""Residuals: data minus model over their errors, decorrelated where points share a sample, and priors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError
from tlsmc.fitting.curves import Ensemble, points_of
from tlsmc.fitting.model import Model
from tlsmc.measurements.backgrounds import AMPLITUDE, Coefficient
from tlsmc.measurements.dataset import DataSet
from tlsmc.observables.averages import relative_moments

#: Step of a derivative in a coordinate: an error of its square, far above the noise of the curves.
_STEP = 1e-4
#: What stands for a residual that cannot be computed: worse than any that can.
_WORST = 1e50
#: Fall of chi2 beyond a bound that counts, see :meth:`Objective.bound_pressure`.
PRESSED = 0.1
#: Coordinates as near to a bound as this, over the larger of 1 and the bound, are on it.
_AT = 1e-6


@dataclass(frozen=True)
class Noise:
    """Errors of all points: ``error`` of each by itself, and ``root``, Cholesky's lower factor where they share."""

    error: Array
    root: Array | None = None

    @property
    def spread(self) -> Array:
        """Standard error of each point, with what it shares."""
        return self.error if self.root is None else np.asarray(np.sqrt((self.root**2).sum(axis=1)))

    def of(self, which: NDArray[np.bool_]) -> Noise:
        """The errors of some of the points."""
        if self.root is None:
            return Noise(self.error[which])
        return Noise(self.error[which], cholesky((self.root @ self.root.T)[np.ix_(which, which)], lower=True))

    def whitened(self, difference: Array) -> Array:
        """Independent residuals of unit variance."""
        if self.root is None:
            return np.asarray(difference / self.error)
        return np.asarray(solve_triangular(self.root, difference, lower=True, check_finite=False))


@dataclass(frozen=True)
class Objective:
    """The residual vector of a model at coordinates u, shape (points + priors,), and its derivatives."""

    model: Model
    noise: Noise

    @property
    def data(self) -> Array:
        """All measured values."""
        return np.concatenate([data.value for data in self.model.sets])

    def residuals(self, u: Array) -> Array:
        """Whitened differences, then those from the priors."""
        priors = [
            (x - p.prior.centre) / p.prior.width for p, x in zip(self.model.parameters, u, strict=True) if p.prior
        ]
        try:
            difference = self.data - np.concatenate(self.model.predict(u))
        except (ValidityError, FloatingPointError):
            difference = np.full(self.model.points, np.nan)
        if not np.isfinite(difference).all():
            return np.full(self.model.points + len(priors), _WORST)
        return np.concatenate([self.noise.whitened(difference), priors])

    def chi2(self, u: Array) -> float:
        """Sum of squares of the residuals."""
        found = self.residuals(u)
        return float(found @ found)

    def jacobian(self, u: Array, without: int | None = None) -> Array:
        """Derivatives of the residuals by the coordinates (but for one), by central differences within the bounds."""
        log = np.array([p.log for p in self.model.parameters])
        sizes = np.where(log, 1.0, np.maximum(np.abs(u), self.scales))
        return derivatives(self.residuals, u, sizes, self.model.bounds, without)

    def possible(self, u: Array) -> bool:
        """Whether the curves can be computed at coordinates ``u``."""
        return self.chi2(u) < _WORST**2

    def bound_pressure(self, u: Array) -> Array:
        """How much chi2 would fall, over the size of each coordinate, if it went on beyond the bound that it is on.

        0 for coordinates that are on no bound, and for those whose bound does not hold them.
        """
        low, high = self.model.bounds
        near = [np.isfinite(end) & (np.abs(u - end) <= _AT * np.maximum(1.0, np.abs(end))) for end in (low, high)]
        if not np.any(near):
            return np.zeros_like(u)
        slope = 2.0 * self.scales * (self.residuals(u) @ self.jacobian(u))
        return np.maximum(np.where(near[0], slope, 0.0), np.where(near[1], -slope, 0.0))

    @cached_property
    def scales(self) -> Array:
        """Size of each coordinate: 1 for a logarithm, what the data are worth for a coefficient of a background."""
        found = []
        for p in self.model.parameters:
            own = next((d for d in self.model.sets if d.name == p.set_name), None)
            about = AMPLITUDE if own is None else own.coefficients[p.place.partition(".")[2]]
            found.append(1.0 if p.log or own is None or not about.linear else self._worth(own, about))
        return np.array(found)

    def _worth(self, data: DataSet, about: Coefficient) -> float:
        """Coefficient of a background that is as large as the data."""
        values = self.model.values(self.model.start)
        power = values[f"{data.name}.exponent"] if about.at_one_kelvin else about.power
        return float(np.median(np.abs(data.additive[0])) / np.median(data.temperature) ** power) or 1.0


def derivatives(
    function: Callable[[Array], Array], u: Array, sizes: Array, bounds: tuple[Array, Array], without: int | None = None
) -> Array:
    """Derivatives of a vector by the coordinates (but for one) of the given sizes, central ones within the bounds."""
    columns = []
    for k in (k for k in range(len(u)) if k != without):
        up, down, step = u.copy(), u.copy(), _STEP * sizes[k]
        up[k], down[k] = min(u[k] + step, bounds[1][k]), max(u[k] - step, bounds[0][k])
        columns.append((function(up) - function(down)) / (up[k] - down[k]))
    return np.stack(columns, axis=1)


def plain_noise(model: Model) -> Noise:
    """The errors as the files have them, relative ones taken from the data."""
    return Noise(np.concatenate([data.error for data in model.sets]))


def noise_at(model: Model, u: Array, volume: float | None) -> Noise:
    """The errors at coordinates ``u``: relative ones of the model's values, and what one finite sample adds."""
    curves = model.predict(u)
    pairs = zip(model.sets, curves, strict=True)
    errors = np.concatenate([d.relative * np.abs(values) if d.relative else d.error for d, values in pairs])
    if volume is None or not model.defects:
        return Noise(errors)
    total = sample_covariance(model, u, volume) + np.diag(errors**2)
    return Noise(errors, cholesky(total, lower=True))


def sample_covariance(model: Model, u: Array, volume: float) -> Array:
    """Covariance of all points, shape (points, points), in the units of the data, of a sample of ``volume`` in cm^3.

    A piece of volume V has a Poisson number of defects, N = n_T V L on average.  What is measured is a sum over them of
    a contribution c_a at each point a, so that Cov(y_a, y_b) = s_a s_b <c_a c_b>/N with y = s <c>.  (With exactly N
    defects it would be <c_a c_b> - <c_a><c_b>.)  The moments are exact, by quadrature over the population.
    """
    values = model.values(u)
    ensemble = model.ensemble_at(values)
    number = ensemble.material["defect_density"] * volume * ensemble.population.defects_per_n_T
    moments = relative_moments([points_of(data, ensemble) for data in model.sets], ensemble.population)[1]
    # Each point is a function of its mean contribution; sharing of the error is linear in it.
    slopes = np.concatenate([_slope(model, data, ensemble, values) for data in model.sets])
    return np.asarray(slopes[:, None] * slopes[None, :] * moments / number)


def _slope(model: Model, data: DataSet, ensemble: Ensemble, values: dict[str, float]) -> Array:
    """Derivative of the prediction by the mean contribution, times the mean: the moments are relative to it."""
    plain = model.predict_set(data, ensemble, values)
    amplitude = model.own(data, values).get("amplitude", 1.0)
    more, less = (model.of_defects(data, ensemble, amplitude * (1.0 + sign * _STEP)) for sign in (1.0, -1.0))
    part = (more - less) / (2.0 * _STEP)
    if data.quantity.per_T:
        part = part / data.temperature
    return np.asarray(-part * plain**2 if data.quantity.inverse else part)
