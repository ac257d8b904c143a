"""Measurable quantities that several observables have in common."""

from __future__ import annotations

from tlsmc.arrays import Array
from tlsmc.observables.base import Derived, Metal
from tlsmc.physics.electrons import ELECTRON_HEATS
from tlsmc.populations.base import Population


def heat_quantities(component: str, electrons: str, metal: Metal, temperature: Array) -> tuple[Derived, ...]:
    """C_T and C_T/C_e of a component C_T/n_T in units of k_B, as far as the material is known.

    ``electrons`` is a name of :data:`tlsmc.physics.electrons.ELECTRON_HEATS`.
    """
    n_T, n_e, fermi_energy = metal.defect_density, metal.electron_density, metal.fermi_energy
    if n_T is None:
        return ()
    heat = Derived("C_T", component, "heat capacity density", lambda c: n_T * c)
    if n_e is None or fermi_energy is None:
        return (heat,)
    C_e = ELECTRON_HEATS[electrons](temperature, n_e, fermi_energy)
    return heat, Derived("C_T/C_e", component, "", lambda c: n_T * c / C_e)


def dissipated_power(component: str, population: Population, metal: Metal, omega: Array) -> tuple[Derived, ...]:
    """W = (n_T a^2/2) (omega/E*) F of a component F (Eq. 14), if n_T and the amplitude a are known."""
    n_T, a = metal.defect_density, metal.drive_amplitude
    if n_T is None or a is None:
        return ()
    power = 0.5 * n_T * a * a * omega / population.E_star
    return (Derived("W", component, "power density", lambda F: power * F),)
