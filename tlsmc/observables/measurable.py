"""What averages are compared with and what a metal makes of them: printed formulas and measurable quantities."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tlsmc.arrays import Array
from tlsmc.physics.electrons import ELECTRON_HEATS, inelastic_rate
from tlsmc.populations.base import Population


@dataclass(frozen=True, slots=True)
class Metal:
    """Densities and energies that turn dimensionless results into measurable ones; ``None`` where not given.

    Densities per cm^3, energies in the natural unit of the run.
    """

    chi: float | None = None
    fermi_energy: float | None = None
    electron_density: float | None = None
    defect_density: float | None = None
    drive_amplitude: float | None = None

    def inelastic_rate(self, chi: float | None) -> float | None:
        """1/tau_in of Eq. 4 off defects of cross-section ``chi``, None if something is not given."""
        n_T, n_e, fermi_energy = self.defect_density, self.electron_density, self.fermi_energy
        if chi is None or n_T is None or n_e is None or fermi_energy is None:
            return None
        return float(inelastic_rate(chi, n_T, n_e, fermi_energy))


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed formula of the paper on a grid, NaN where it makes no claim."""

    component: str
    equation: str
    values: Array
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A measurable quantity that follows from a component and the material: ``function(scale * mean)``.

    ``unit`` is a key of :data:`tlsmc.units.OUTPUT_UNITS`.  ``scale`` is None where the material lacks one of the
    entries in ``needs``, fields of :class:`Metal`.
    """

    name: str
    component: str
    unit: str
    function: Callable[[Array], Array]
    scale: float | None = 1.0
    needs: tuple[str, ...] = ()

    def of(self, mean: Array) -> Array:
        """The quantity of an average contribution; NaN where there is no scale."""
        return self.function((np.nan if self.scale is None else self.scale) * mean)


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
