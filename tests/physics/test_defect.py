"""Eqs. 1 and 3: splitting, tunnelling fraction and couplings of one defect."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.physics.formulas import (
    PROPERTY,
    assert_accurate,
    log_uniform,
    mp,
    near,
)
from tlsmc.physics import defect

energies = st.floats(1e-12, 1e12)
ratios = st.floats(1e-15, 1e15)


def test_equation_1_exact():
    # Lambda/Delta over 30 decades: p from 1e-30 to 1 and q = 1 - p from 1 to 1e-30.
    Delta = log_uniform("Delta", 1e-12, 1e4, 300)
    Lambda = Delta * log_uniform("Lambda/Delta", 1e-15, 1e15, 300)
    pairs = [(mp.mpf(float(d)), mp.mpf(float(t))) for d, t in zip(Delta, Lambda, strict=True)]
    assert_accurate(defect.splitting(Delta, Lambda), [mp.sqrt(d * d + t * t) for d, t in pairs])
    assert_accurate(defect.tunnelling_fraction(Delta, Lambda), [t * t / (d * d + t * t) for d, t in pairs])
    assert_accurate(defect.asymmetry_fraction(Delta, Lambda), [d * d / (d * d + t * t) for d, t in pairs])


@given(E=energies, r=ratios)
@PROPERTY
def test_round_trip(E, r):
    # From (E, p) to (Delta, Lambda) and back, with both p and q = 1 - p small in turn.
    q, p = 1.0 / (1.0 + r), r / (1.0 + r)
    Delta, Lambda = defect.asymmetry(E, q), defect.tunnelling_amplitude(E, p)
    assert defect.splitting(Delta, Lambda) == near(E, rel=1e-15)
    assert defect.tunnelling_fraction(Delta, Lambda) == near(p, rel=2e-15)
    assert defect.asymmetry_fraction(Delta, Lambda) == near(q, rel=2e-15)


@given(E=energies, r=ratios)
@PROPERTY
def test_fractions_add_to_one(E, r):
    p, q = defect.tunnelling_fraction(E, r * E), defect.asymmetry_fraction(E, r * E)
    assert 0.0 < p <= 1.0
    assert 0.0 < q <= 1.0
    assert p + q == near(1.0, rel=5e-16)


@given(E=energies, r=ratios, power=st.integers(-60, 60))
@PROPERTY
def test_scaling_of_energies(E, r, power):
    scale = 2.0**power  # exact in floating point
    assert defect.splitting(scale * E, scale * (r * E)) == scale * defect.splitting(E, r * E)
    assert defect.tunnelling_fraction(scale * E, scale * (r * E)) == defect.tunnelling_fraction(E, r * E)
    assert defect.asymmetry(scale * E, 0.3) == scale * defect.asymmetry(E, 0.3)


@given(E=energies, r=ratios)
@PROPERTY
def test_signs_do_not_matter(E, r):
    for formula in (defect.splitting, defect.tunnelling_fraction, defect.asymmetry_fraction):
        assert formula(-E, r * E) == formula(E, -r * E) == formula(E, r * E)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_squares_outside_the_double_range(scale):
    assert defect.splitting(3e-9 * scale, 4e-9 * scale) == near(5e-9 * scale, rel=1e-15)
    assert defect.tunnelling_fraction(3e9 * scale, 4e9 * scale) == near(0.64, rel=1e-15)


@given(V=energies, r=ratios)
@PROPERTY
def test_couplings_conserve_the_potential(V, r):
    # Eq. 3 is a rotation of V sigma_z: the squares add up to V^2.
    inelastic, elastic = defect.electron_coupling(V, r / (1.0 + r), 1.0 / (1.0 + r))
    assert inelastic**2 + elastic**2 == near(V**2, rel=2e-15)
    assert inelastic / elastic == near(np.sqrt(r), rel=2e-15)


def test_couplings_from_the_eigenvectors():
    # V sigma_z between the eigenvectors of Eq. 1: diagonal V sqrt(1-p), off-diagonal V sqrt(p).
    Delta, Lambda, V = 0.8, 1.7, 2.3
    energies, states = np.linalg.eigh(0.5 * np.array([[Delta, Lambda], [Lambda, -Delta]]))
    matrix = states.T @ np.diag([V, -V]) @ states
    p, q = defect.tunnelling_fraction(Delta, Lambda), defect.asymmetry_fraction(Delta, Lambda)
    inelastic, elastic = defect.electron_coupling(V, p, q)
    assert energies[1] - energies[0] == near(defect.splitting(Delta, Lambda), rel=1e-14)
    assert abs(matrix[0, 1]) == near(inelastic, rel=1e-14)
    assert matrix[1, 1] == near(elastic, rel=1e-14)
