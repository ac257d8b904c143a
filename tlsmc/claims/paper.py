"""The numbers that the paper's claims start from, and what follows from them at once.

Energies, temperatures and angular frequencies in kelvin, times in 1/K, densities per cm^3 (k_B = hbar = 1).
"""

import math
from dataclasses import dataclass

from tlsmc.errors import SpecError
from tlsmc.formatting import engineering
from tlsmc.physics.electrons import density_ratio, inelastic_time
from tlsmc.units import natural


def kelvin(T: float) -> str:
    """A temperature as the paper writes it."""
    return engineering(T, "K")


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper's own numbers by default; every claim is computed from these, and may be from others.

    ``E_star`` is that of its estimates for a gold wire, ``T_min`` and ``T_max`` the range in which tau_phi saturates,
    ``glass_*`` the density of states and the band (its low and high estimate) of a metallic glass.  ``omega`` is not
    the paper's, which gives no frequency: 100 MHz.
    """

    fermi_energy: float = natural("5 eV", "energy")
    electron_density: float = natural("3e22 cm^-3", "density")
    dephasing_time: float = natural("3 ns", "time")
    E_star: float = natural("20 mK", "energy")
    chi: float = 0.03
    L: float = 30.0
    T_min: float = natural("40 mK", "energy")
    T_max: float = natural("1 K", "energy")
    glass_density: float = 1e16
    glass_low: float = natural("10 K", "energy")
    glass_high: float = natural("20 K", "energy")
    T_K_star: float = natural("1 K", "energy")
    omega: float = natural("100 MHz", "frequency")

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if not 0.0 < getattr(self, name) < math.inf:
                raise SpecError(f"{name} = {getattr(self, name)!r} is not above 0 and finite; give a positive number")
        if self.chi > 1.0:
            raise SpecError(f"chi = {self.chi!r} is above 1, the unitary limit; give one in (0, 1]")
        if not self.T_min < self.T_max:
            raise SpecError(f"T_min = {self.T_min!r} is not below T_max = {self.T_max!r}; exchange them")

    @property
    def tau_in(self) -> float:
        """Inelastic time behind the dephasing time (Eq. 6)."""
        return float(inelastic_time(self.E_star, self.dephasing_time))

    @property
    def smearing(self) -> float:
        """1/(E* tau_in), the small number of Eqs. 5 to 9."""
        return 1.0 / (self.E_star * self.tau_in)

    @property
    def density_of_states(self) -> float:
        """n_T/E* behind the dephasing time, per cm^3 and K (Eq. 5)."""
        ratio = float(density_ratio(self.chi, self.fermi_energy, self.tau_in))
        return ratio * self.electron_density / self.E_star

    @property
    def glass_E_star(self) -> float:
        """Middle of the estimates of a glass's band."""
        return math.sqrt(self.glass_low * self.glass_high)

    @property
    def theta(self) -> float:
        """2 T_min/E*."""
        return 2.0 * self.T_min / self.E_star

    @property
    def Delta_star(self) -> float:
        """sqrt(T_min T_K*), up to which Eq. 23 saturates down to T_min."""
        return math.sqrt(self.T_min * self.T_K_star)
