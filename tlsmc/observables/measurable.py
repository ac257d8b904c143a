"""Measurable quantities that several observables have in common."""

from __future__ import annotations

from tlsmc.arrays import Array
from tlsmc.observables.base import Derived, Metal
from tlsmc.physics.electrons import ELECTRON_HEATS
from tlsmc.populations.base import Population


def heat_quantities(component: str, electrons: str, metal: Metal, temperature: Array) -> tuple[Derived, ...]:
    """C_T of a component C_T/n_T in units of k_B, and C_T/C_e if the material has electrons.

    ``electrons`` is a name of :data:`tlsmc.physics.electrons.ELECTRON_HEATS`.
    """
    n_e, fermi_energy, scale = metal.electron_density, metal.fermi_energy, (metal.defect_density, ("defect_density",))
    heat = Derived("C_T", component, "heat capacity density", lambda C: C, *scale)
    if n_e is None or fermi_energy is None:
        return (heat,)
    C_e = ELECTRON_HEATS[electrons](temperature, n_e, fermi_energy)
    return heat, Derived("C_T/C_e", component, "", lambda C: C / C_e, *scale)


def dissipated_power(component: str, population: Population, metal: Metal, omega: Array) -> tuple[Derived, ...]:
    """W = (n_T a^2/2) (omega/E*) F of a component F (Eq. 14)."""
    n_T, a = metal.defect_density, metal.drive_amplitude
    scale = None if n_T is None or a is None else 0.5 * n_T * a * a
    Omega = omega / population.E_star
    return (
        Derived("W", component, "power density", lambda F: F * Omega, scale, ("defect_density", "drive_amplitude")),
    )


#: What the rate of electrons needs to know of the material, besides the cross-section of a defect.
ELECTRONS = ("defect_density", "electron_density", "fermi_energy")
