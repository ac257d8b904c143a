"""The entries of ``[material]``: metals, densities, the size of a sample."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tlsmc.errors import SpecError
from tlsmc.observables.measurable import Metal
from tlsmc.physics.electrons import density_ratio, inelastic_time
from tlsmc.populations.base import Population
from tlsmc.populations.fields import FieldInfo, described
from tlsmc.spec.table import Table

#: Entries of ``[material]`` that together are the volume of a sample.
GEOMETRY = ("width", "thickness", "length")


def _entry(kind: str, meaning: str) -> Any:
    return FieldInfo(kind=kind, meaning=meaning).field(default=None)


@dataclass(frozen=True, slots=True)
class Material:
    """The metal around the defects and the size of a sample, in natural units; None where not given."""

    chi: float | None = _entry("number", "cross-section over its unitary limit, 0 < chi <= 1")
    fermi_energy: float | None = _entry("energy", "eps_F of the electrons")
    electron_density: float | None = _entry("density", "n_e of the electrons")
    defect_density: float | None = _entry("density", "n_T of the defects, weighted with p")
    dephasing_time: float | None = _entry("time", "tau_phi, in place of n_T, which follows from it by Eqs. 5 and 6")
    drive_amplitude: float | None = _entry("energy", "amplitude a of the field in W")
    width: float | None = _entry(
        "length", "of a sample; with the next two its volume V, and N = n_T V L defects follow"
    )
    thickness: float | None = _entry("length", "of a sample")
    length: float | None = _entry("length", "of a sample")

    @property
    def given(self) -> dict[str, float]:
        """The entries that are given."""
        values = {key: getattr(self, key) for key in MATERIAL_KINDS}
        return {key: value for key, value in values.items() if value is not None}

    @property
    def volume(self) -> float | None:
        """Volume of a sample in cm^3."""
        sizes = [value for key, value in self.given.items() if key in GEOMETRY]
        return float(np.prod(sizes)) if sizes else None

    def metal(self, population: Population) -> Metal:
        """Densities and energies for measurable results, with defects of a population."""
        n_T = self.defect_density
        if self.dephasing_time is not None:
            given, tau_in = self.given, inelastic_time(population.E_star, self.dephasing_time)
            # For defects whose cross-section follows from themselves, tau_phi is the time at saturation.
            chi = given["chi"] if population.CHI is None else population.CHI
            n_T = float(density_ratio(chi, given["fermi_energy"], tau_in) * given["electron_density"])
        return Metal(self.chi, self.fermi_energy, self.electron_density, n_T, self.drive_amplitude)

    def defects(self, population: Population) -> float | None:
        """N = n_T V L of a sample with this volume, None without one."""
        n_T = self.metal(population).defect_density
        if self.volume is None or n_T is None:
            return None
        return float(n_T * self.volume * population.defects_per_n_T)


#: Physical kind of each entry of ``[material]``.
MATERIAL_KINDS = {field.name: info.kind for field, info in described(Material)}

#: Electron densities (cm^-3) and Fermi energies of metals, from Ashcroft and Mermin, Solid State Physics (1976),
#: Table 2.1; "paper" are the round numbers of the paper's own estimates for gold.
PRESETS = {
    "paper": {"electron_density": "3e22 cm^-3", "fermi_energy": "5 eV"},
    "gold": {"electron_density": "5.90e22 cm^-3", "fermi_energy": "5.53 eV"},
    "silver": {"electron_density": "5.86e22 cm^-3", "fermi_energy": "5.49 eV"},
    "copper": {"electron_density": "8.47e22 cm^-3", "fermi_energy": "7.00 eV"},
    "aluminium": {"electron_density": "18.1e22 cm^-3", "fermi_energy": "11.7 eV"},
}


def read_material(table: Table, fixed_chi: float | None) -> Material:
    """The material of a spec, for a model of defects whose chi is ``fixed_chi`` if it follows from themselves."""
    preset = table.raw("preset", None)
    if preset is not None:
        defaults = PRESETS[table.choice("preset", PRESETS)]
        table.content = defaults | {k: v for k, v in table.content.items() if k != "preset"}
    values = {key: table.optional(key, kind) for key, kind in MATERIAL_KINDS.items()}
    table.finish()
    chi = values["chi"]
    if chi is not None and chi > 1.0:
        raise SpecError(f"{table.at('chi')}: {chi!r} is outside (0, 1]; it is a cross-section over its unitary limit")
    if values["dephasing_time"] is not None:
        if values["defect_density"] is not None:
            raise SpecError(f"{table.at('dephasing_time')}: defect_density is given too; give one, the other follows")
        for key in ("chi", "fermi_energy", "electron_density"):
            if values[key] is None and not (key == "chi" and fixed_chi):
                raise SpecError(f"{table.at(key)}: is missing; Eq. 5 needs it to turn dephasing_time into a density")
    _check_geometry(table, values)
    return Material(**values)


def _check_geometry(table: Table, values: dict[str, float | None]) -> None:
    given = [key for key in GEOMETRY if values[key] is not None]
    for key in GEOMETRY:
        if given and values[key] is None:
            raise SpecError(f"{table.at(key)}: is missing, {' and '.join(given)} given; a volume needs all of them")
    if given and values["defect_density"] is None and values["dephasing_time"] is None:
        raise SpecError(
            f"{table.at('defect_density')}: is missing; give it or dephasing_time, or no volume: N = n_T V L follows"
        )
