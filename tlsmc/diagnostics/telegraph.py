"""Telegraph noise of a run against its exact statistics: single defects, the spectrum of all, and its exponent.

Beyond the paper, from its population; what they are is said in
:mod:`tlsmc.simulation.trajectories.record_telegraph`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr, chdtrc, digamma, ndtri, polygamma

from tlsmc.arrays import Array
from tlsmc.results.run import Record
from tlsmc.spec.trajectories import TelegraphNoise
from tlsmc.statistics.spectra import FIRST_BIN, welch_dof

#: Switches that a defect is expected to make for its occupation and its switches to be near normal.
FEWEST_SWITCHES = 100.0
#: What single switches may add to the relative variance 2/dof of a band of a spectrum, as a part of it.
SMALL_EXCESS = 0.1
#: Decades of frequency and bands that an exponent needs.
LEAST_DECADES, FEWEST_BANDS = 1.0, 4
# A band is at most this part of its frequency wide.
_WIDTH = 0.15
# Bins further apart than this one are independent with a Hann window.
_GAP = 2
# Angle per step above which the aliases bend a spectrum.
_BENT = 0.25 * np.pi


@dataclass(frozen=True, slots=True)
class Pulls:
    """Sum over ``defects`` of the squares of (value - exact)/error, its probability if all is well, the largest one."""

    defects: int
    chi2: float
    p_value: float
    largest: float


@dataclass(frozen=True, slots=True)
class Bands:
    """Averages of a spectrum over its exact expectation, in bands that are independent of each other.

    ``omega`` is the middle of each, on a logarithmic scale, ``exact`` the expectation there, and ``ratio`` x ``dof`` is
    chi^2 with ``dof`` degrees of freedom.
    """

    omega: Array
    exact: Array
    ratio: Array
    dof: Array

    @property
    def z(self) -> Array:
        """What normal numbers have the probabilities of the ratios."""
        below, above = chdtr(self.dof, self.ratio * self.dof), chdtrc(self.dof, self.ratio * self.dof)
        return np.where(below < above, ndtri(below), -ndtri(above))

    @property
    def low(self) -> Array:
        """The ratio that is two standard deviations below 1, by the Gaussian measure of the logarithm."""
        return np.exp(self._bias - 2.0 * np.sqrt(self._variance))

    @property
    def high(self) -> Array:
        """The ratio that is two standard deviations above 1."""
        return np.exp(self._bias + 2.0 * np.sqrt(self._variance))

    @property
    def _bias(self) -> Array:
        return digamma(0.5 * self.dof) - np.log(0.5 * self.dof)

    @property
    def _variance(self) -> Array:
        return polygamma(1, 0.5 * self.dof)


@dataclass(frozen=True, slots=True)
class Exponent:
    """The power a of a spectrum 1/omega^a between two frequencies, with its error, and that of the exact spectrum."""

    value: float
    error: float
    exact: float
    low: float
    high: float


def often(record: Record) -> NDArray[np.bool_]:
    """Defects that are expected to switch often enough to be judged: :data:`FEWEST_SWITCHES` times."""
    return record["switches_exact"] >= FEWEST_SWITCHES


def defect_pulls(record: Record, name: str) -> Pulls:
    """Test of single defects that switch often, by the time in their upper level or the number of their switches.

    Parameters
    ----------
    record
        The telegraph noise of a run, ``run.records["telegraph"]``.
    name
        "fraction" or "switches".

    Returns
    -------
    Pulls
        chi^2 of (value - exact)/error, its probability, and the largest deviation.

    Examples
    --------
    >>> record = tlsmc.open_run("small.h5").records["telegraph"]
    >>> tlsmc.diagnostics.defect_pulls(record, "switches").p_value > 0.001
    True
    """
    chosen = often(record) & (record[f"{name}_error"] > 0.0)
    z = (record[name] - record[f"{name}_exact"])[chosen] / record[f"{name}_error"][chosen]
    chi2 = float((z**2).sum())
    count = int(z.size)
    p_value = float(chdtrc(count, chi2)) if count else float("nan")
    return Pulls(count, chi2, p_value, float(np.abs(z).max(initial=0.0)) if count else float("nan"))


def spectrum_bands(record: Record, noise: TelegraphNoise) -> Bands:
    """The spectrum over its expectation in bands of bins where it is Gaussian: see :data:`SMALL_EXCESS`.

    A band is a fourteenth to a seventh of its frequency wide, and narrower where single switches would decide its
    scatter otherwise; bins where they would even alone are left out.  Between two bands a Hann window leaves out two
    bins.

    Parameters
    ----------
    record, noise
        The telegraph noise of a run and how it was recorded, ``run.records["telegraph"]`` and
        ``run.spec.trajectories.telegraph``.

    Returns
    -------
    Bands
        Independent averages, with their degrees of freedom.

    Examples
    --------
    >>> run = tlsmc.open_run("small.h5")
    >>> bands = tlsmc.diagnostics.spectrum_bands(run.records["telegraph"], run.spec.trajectories.telegraph)
    >>> len(bands.ratio) == len(bands.omega)
    True
    """
    ratio, excess, omega = record["spectrum"] / record["spectrum_exact"], record["excess"], record["omega"]
    # Few widths, since the degrees of freedom of a band take a while.
    dofs: dict[int, float] = {}
    first, found = 0, []
    while first < omega.size:
        width = 1 << max(0, int(_WIDTH * (first + FIRST_BIN)).bit_length() - 1)
        while width:
            if width not in dofs:
                dofs[width] = welch_dof(noise.times, noise.segment, width)
            dof = dofs[width]
            part = slice(first, first + width)
            if first + width <= omega.size and excess[part].max() <= SMALL_EXCESS * 2.0 / dof:
                exact = float(np.exp(np.log(record["spectrum_exact"][part]).mean()))
                found.append((np.exp(np.log(omega[part]).mean()), exact, ratio[part].mean(), dof))
                break
            width //= 2
        first += width + _GAP if width else 1
    return Bands(*np.array(found, dtype=np.float64).reshape(-1, 4).T)


def flicker_range(record: Record, noise: TelegraphNoise, chi: float) -> tuple[float, float]:
    """Frequencies between which Eq. 2 makes 1/f noise: ten times the slowest rate, and a tenth of chi T.

    The aliases, too, bend a spectrum above pi/4 per step.
    """
    return 10.0 * float(record["rate"].min()), min(0.1 * chi * noise.temperature, _BENT / noise.step)


def spectrum_exponent(bands: Bands, between: tuple[float, float]) -> Exponent | None:
    """The exponent a of a spectrum 1/omega^a, fitted to its bands.

    Parameters
    ----------
    bands
        What :func:`spectrum_bands` gave.
    between
        Lowest and highest angular frequency.

    Returns
    -------
    Exponent or None
        With its error and the exponent of the exact spectrum; None if the bands do not make up :data:`LEAST_DECADES`.

    Examples
    --------
    >>> run = tlsmc.open_run("small.h5")
    >>> bands = tlsmc.diagnostics.spectrum_bands(run.records["telegraph"], run.spec.trajectories.telegraph)
    >>> found = tlsmc.diagnostics.spectrum_exponent(bands, (1e-3, 0.1))
    >>> print(f"{found.value:.2f} +- {found.error:.2f}, exactly {found.exact:.2f}")
    1.15 +- 0.02, exactly 1.15
    """
    straight = (bands.omega >= between[0]) & (bands.omega <= between[1])
    x = np.log(bands.omega[straight])
    if x.size < FEWEST_BANDS or np.ptp(x) < LEAST_DECADES * np.log(10.0):
        return None
    dof = bands.dof[straight]
    weights = 1.0 / polygamma(1, 0.5 * dof)
    centred = x - np.average(x, weights=weights)
    spread = float((weights * centred**2).sum())
    # The logarithm of chi^2/dof has its own mean and variance.
    logs = np.log(bands.ratio[straight]) - digamma(0.5 * dof) + np.log(0.5 * dof)
    difference = float((weights * centred * logs).sum()) / spread
    exact = -float((weights * centred * np.log(bands.exact[straight])).sum()) / spread
    return Exponent(exact - difference, spread**-0.5, exact, float(np.exp(x[0])), float(np.exp(x[-1])))
