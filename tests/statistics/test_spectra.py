"""Welch's estimate: its expectation, its degrees of freedom, and segments that it refuses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from tests.seeds import rng
from tlsmc.errors import ValidityError
from tlsmc.statistics import spectra

#: Chance that a test here fails although all is well.
ALARM = 1e-6


def test_welch_expectation_is_that_of_the_definition():
    # The mean of |sum_n w(n) x(n) exp(-i omega n step)|^2 step/sum w^2 from the covariance of x.
    segment, step = 16, 0.4
    decay = 3.0 * np.exp(-0.2 * np.arange(segment)) + 50.0  # and a frozen defect, which must not be seen
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(segment) / segment)
    lags = np.abs(np.subtract.outer(np.arange(segment), np.arange(segment)))
    phases = window * np.exp(-1j * np.outer(spectra.welch_omega(segment, step), step * np.arange(segment)))
    direct = step * np.einsum("jm,mn,jn->j", phases, decay[lags], phases.conj()).real / (window**2).sum()
    np.testing.assert_allclose(spectra.welch_expectation(decay, step), direct, rtol=1e-11)
    values = rng("one segment").standard_normal(segment)
    np.testing.assert_allclose(
        spectra.welch(values + 7.0, step, segment), step * np.abs(phases @ values) ** 2 / (window**2).sum(), rtol=1e-11
    )


@pytest.mark.parametrize("bins", [1, 8])
def test_degrees_of_freedom_of_white_noise(bins):
    times, segment, repeats = 512, 64, 3000
    noise = rng(f"white {bins}").standard_normal((repeats, times))
    means = np.array([spectra.welch(row, 1.0, segment)[5 : 5 + bins].mean() for row in noise])
    dof = spectra.welch_dof(times, segment, bins)
    # Variance of a sample variance of a chi^2 variable of dof: (2 + 12/dof)/repeats, relatively.
    z = (means.var() * dof / 2.0 - 1.0) / np.sqrt((2.0 + 12.0 / dof) / repeats)
    assert abs(z) < stats.norm.isf(0.5 * ALARM)


@pytest.mark.parametrize("bins", [1, 4])
def test_degrees_of_freedom_from_the_covariance_of_all_terms(bins):
    # The squared covariances of the Fourier coefficients of white noise, of all segments and bins.
    times, segment = 72, 16
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(segment) / segment)
    rows = []
    for start, j in itertools.product(range(0, times - segment + 1, segment // 2), range(2, 2 + bins)):
        rows.append(np.zeros(times, complex))
        rows[-1][start : start + segment] = window * np.exp(2j * np.pi * j * np.arange(segment) / segment)
    covariance = np.abs(np.array(rows) @ np.array(rows).conj().T) ** 2
    exact = 2.0 * len(rows) ** 2 * (window @ window) ** 2 / covariance.sum()
    assert spectra.welch_dof(times, segment, bins) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(("segment", "message"), [(6, "8 or more"), (33, "even"), (128, "longer than the signal")])
def test_segments_are_refused(segment, message):
    with pytest.raises(ValidityError, match=message):
        spectra.welch(np.zeros(100), 1.0, segment)
