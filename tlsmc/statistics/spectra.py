"""Power spectra of sampled signals by Welch's method: the estimate, its exact expectation and its error.

Spectra are S(omega), the integral of the autocovariance times exp(i omega t) over all t, as in
:mod:`tlsmc.physics.switching`.  Segments have a periodic Hann window and overlap by half.  No mean is subtracted: a
constant reaches the bins 0 and 1 of such a window only, and these are left out, as is the Nyquist frequency.
Source: P. D. Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967).
"""

import numpy as np

from tlsmc.arrays import Array
from tlsmc.errors import ValidityError

#: Bins at omega = 0 that the mean and the offsets of frozen defects reach.
FIRST_BIN = 2


def welch_omega(segment: int, step: float) -> Array:
    """Angular frequencies of the bins 2 ... segment/2 - 1 of segments of ``segment`` times."""
    _check(segment, segment)
    return np.asarray(2.0 * np.pi / (segment * step) * np.arange(FIRST_BIN, segment // 2), dtype=np.float64)


def welch(values: Array, step: float, segment: int) -> Array:
    """Welch's estimate of S at :func:`welch_omega`, from a signal at ``values.size`` times ``step`` apart.

    Raises :class:`ValidityError` for a segment that is odd, below 8 or longer than the signal.
    """
    # It takes longer to import than a short run does, and few runs have a signal.
    from scipy import signal

    _check(segment, values.size)
    _, density = signal.welch(values, 1.0 / step, "hann", nperseg=segment, noverlap=segment // 2, detrend=False)
    # A one-sided density per frequency is twice the even S, for d(omega)/(2 pi) is the frequency.
    return 0.5 * density[FIRST_BIN : segment // 2]


def welch_expectation(autocovariance: Array, step: float) -> Array:
    """Exact expectation of :func:`welch` from the autocovariance r(k) at the lags k = 0 ... segment - 1.

    E[S(omega_j)] = step sum_k r(|k|) W(|k|) exp(-2 pi i j k/segment)/W(0) with W(k) = sum_n w(n) w(n + k): leakage
    through the window and aliases are in it.
    """
    segment = autocovariance.size
    _check(segment, segment)
    products = np.fft.irfft(np.abs(np.fft.rfft(_window(segment), 2 * segment)) ** 2, 2 * segment)[:segment]
    terms = autocovariance * products / products[0]
    terms[1:] *= 2.0  # the lags -k
    return step * np.fft.rfft(terms).real[FIRST_BIN : segment // 2]


def welch_dof(times: int, segment: int, bins: int = 1) -> float:
    """Degrees of freedom of the mean of ``bins`` adjacent bins of :func:`welch` for a Gaussian signal.

    2 K B / sum_mb (1 - |m|/K)(1 - |b|/B) rho(m, b) for K segments and B bins, with
    rho = |sum_n w(n) w(n + m segment/2) exp(2 pi i b n/segment)|^2 / [sum_n w(n)^2]^2: about 1.9 per segment for one
    bin, and 1.0 per segment and bin for many.  The spectrum counts as flat over the bins; S dof/<S> is then chi^2 with
    dof degrees of freedom.  A sum of telegraph signals is Gaussian enough if :func:`switching_excess` << 2/dof.
    """
    _check(segment, times)
    half = segment // 2
    averages = times // half - 1
    window = _window(segment)
    shifted = np.zeros(segment)
    shifted[:half] = window[half:]
    offsets = np.abs(np.fft.fftfreq(segment, 1.0 / segment))
    taper = np.maximum(1.0 - offsets / bins, 0.0)
    same, next_one = ((np.abs(np.fft.fft(window * other)) ** 2 * taper).sum() for other in (window, shifted))
    overlap = same + 2.0 * (1.0 - 1.0 / averages) * next_one
    return float(2.0 * averages * bins * (window @ window) ** 2 / overlap)


def switching_excess(spectra: Array, switches: Array) -> Array:
    """Relative variance that single switches add to an estimate of sum_i S_i, beyond 2/dof: order of magnitude.

    2 sum_i S_i^2/n_i / (sum_i S_i)^2 with the expected numbers n_i of switches in the whole record, the shot noise of
    n_i/2 pulses.  It does not average out over segments or bins: where it is not << 2/dof, few switches make the
    spectrum and no chi^2 band holds.

    Parameters
    ----------
    spectra
        S_i of each defect, shape (defects, ...).
    switches
        n_i, shape (defects,); defects without any may be left out.
    """
    counts = np.asarray(switches, dtype=np.float64).reshape((-1,) + (1,) * (spectra.ndim - 1))
    return np.asarray(2.0 * (spectra**2 / counts).sum(axis=0) / spectra.sum(axis=0) ** 2, dtype=np.float64)


def _window(segment: int) -> Array:
    from scipy import signal

    return signal.get_window("hann", segment, fftbins=True)


def _check(segment: int, times: int) -> None:
    if segment < 8 or segment % 2:
        raise ValidityError(f"segment of {segment} times: must be even and 8 or more; choose a power of two")
    if segment > times:
        raise ValidityError(f"segment of {segment} times is longer than the signal of {times}; shorten it")
