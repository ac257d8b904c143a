"""Integrals over p that close at each splitting, against the quadrature over E and p of the formulas themselves."""

import math

import numpy as np
import pytest

from tlsmc import closed_forms
from tlsmc.observables.attenuation import Attenuation
from tlsmc.observables.loss_tangent import LossTangent
from tlsmc.populations.laws.log_normal import LogNormal
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.quadrature.nodes import energy_nodes
from tlsmc.populations.tunnelling import Tunnelling

T = np.array([0.003, 0.1, 2.0])
BANDS = {"log-normal": LogNormal(median=0.02, sigma=0.6), "shifted": Uniform(low=0.01, high=0.05)}


@pytest.mark.parametrize("omega", [1e-4, 0.03])
@pytest.mark.parametrize("chi", [1e-3, 0.3])
@pytest.mark.parametrize("p_min", [1e-9, 0.2])
@pytest.mark.parametrize("band", BANDS)
class TestAgainstQuadrature:
    """The same nodes in E, and nodes in p that resolve 1e-11."""

    def population(self, band, p_min):
        return Tunnelling({"E": BANDS[band], "p": TunnellingFraction(low=p_min)})

    def nodes(self, population, omega):
        return *energy_nodes(population.laws["E"], T, omega, 12), population.E_star

    @pytest.mark.parametrize("lineshape", ["resonant", "bloch"])
    @pytest.mark.parametrize("drive", ["paper", "asymmetry"])
    def test_attenuation(self, band, p_min, chi, omega, lineshape, drive):
        population = self.population(band, p_min)
        exact = Attenuation(chi=chi, lineshape=lineshape, drive=drive).exact(population, T, np.array([omega]))[..., 0]
        nodes, at = self.nodes(population, omega), (chi, T[:, None], omega)
        resonant = closed_forms.band_resonant(*nodes, *at, lineshape, drive, p_min)
        relaxation = closed_forms.band_relaxation(*nodes, *at, drive, p_min)
        np.testing.assert_allclose(np.stack([resonant, relaxation]), exact, rtol=1e-10)

    @pytest.mark.parametrize("intensity", [0.0, 5.0])
    def test_loss(self, band, p_min, chi, omega, intensity):
        population = self.population(band, p_min)
        exact = LossTangent(chi=chi, intensity=intensity).exact(population, T, np.array([omega]))[0, :, 0]
        found = closed_forms.band_loss(*self.nodes(population, omega), chi, T[:, None], omega, intensity, p_min)
        np.testing.assert_allclose(found, exact, rtol=1e-10)


def test_the_flat_band_is_eqs_15_and_16():
    """With E uniform the sums are the closed forms of the paper's population."""
    E_star, chi, omega, p_min = 0.05, 0.02, 0.002, 1e-8
    nodes = *energy_nodes(Uniform(high=E_star), T, omega, 14), E_star
    dimensionless = chi, omega / E_star, 2.0 * T / E_star
    found = closed_forms.band_resonant(*nodes, chi, T[:, None], omega, "resonant", "paper", p_min)
    np.testing.assert_allclose(found, closed_forms.F_res(*dimensionless, p_min=p_min), rtol=1e-9)
    found = closed_forms.band_relaxation(*nodes, chi, T[:, None], omega, "paper", p_min)
    np.testing.assert_allclose(found, closed_forms.F_rel(*dimensionless, p_min=p_min), rtol=1e-9)


def test_sharp_lines_saturate_as_a_square_root():
    E_star, omega = 10.0, 0.01
    nodes = *energy_nodes(Uniform(high=E_star), 0.01, omega, 14), E_star
    found = closed_forms.band_loss(*nodes, 1e-6, np.array([[0.01]]), omega, 8.0, 1e-12)
    assert found[0] == pytest.approx(math.tanh(0.5) / 3.0, rel=1e-4)
