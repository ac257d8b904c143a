"""The entries of ``[material]``: metals, densities, the size of a sample."""

from __future__ import annotations

import numpy as np

from tlsmc.errors import SpecError
from tlsmc.observables.base import Metal
from tlsmc.physics.electrons import density_ratio, inelastic_time
from tlsmc.populations.base import Population
from tlsmc.spec.table import Table

#: Physical kind of each entry of ``[material]``.
MATERIAL_KINDS = {
    "chi": "number",
    "fermi_energy": "energy",
    "electron_density": "density",
    "defect_density": "density",
    "dephasing_time": "time",
    "drive_amplitude": "energy",
    "width": "length",
    "thickness": "length",
    "length": "length",
}

#: Entries of ``[material]`` that together are the volume of a sample.
GEOMETRY = ("width", "thickness", "length")


def metal_of(material: dict[str, float], population: Population) -> Metal:
    """The :attr:`Spec.metal` of a material with defects of a population."""
    given = {key: value for key, value in material.items() if key not in GEOMETRY}
    tau_phi = given.pop("dephasing_time", None)
    if tau_phi is not None:
        tau_in = inelastic_time(population.E_star, tau_phi)
        # For defects whose cross-section follows from themselves, tau_phi is the time at saturation.
        chi = given["chi"] if population.CHI is None else population.CHI
        ratio = density_ratio(chi, given["fermi_energy"], tau_in)
        given["defect_density"] = float(ratio * given["electron_density"])
    return Metal(**given)


def volume_defects(material: dict[str, float], population: Population) -> float | None:
    """N = n_T V L of a sample with the width, thickness and length of a material, None if it has none."""
    sizes = [material[key] for key in GEOMETRY if key in material]
    if not sizes:
        return None
    n_T = metal_of(material, population).defect_density
    assert n_T is not None
    assert len(sizes) == len(GEOMETRY)
    return float(n_T * np.prod(sizes) * population.defects_per_n_T)


#: Electron densities (cm^-3) and Fermi energies of metals, from Ashcroft and Mermin, Solid State Physics (1976),
#: Table 2.1; "paper" are the round numbers of the paper's own estimates for gold.
PRESETS = {
    "paper": {"electron_density": "3e22 cm^-3", "fermi_energy": "5 eV"},
    "gold": {"electron_density": "5.90e22 cm^-3", "fermi_energy": "5.53 eV"},
    "silver": {"electron_density": "5.86e22 cm^-3", "fermi_energy": "5.49 eV"},
    "copper": {"electron_density": "8.47e22 cm^-3", "fermi_energy": "7.00 eV"},
    "aluminium": {"electron_density": "18.1e22 cm^-3", "fermi_energy": "11.7 eV"},
}


def _read_material(table: Table, fixed_chi: float | None) -> tuple[tuple[str, float], ...]:
    preset = table.raw("preset", None)
    if preset is not None:
        defaults = PRESETS[table.choice("preset", PRESETS)]
        table.content = defaults | {k: v for k, v in table.content.items() if k != "preset"}
    values = {key: table.positive(key, kind) for key, kind in MATERIAL_KINDS.items()}
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
    return tuple((key, value) for key, value in values.items() if value is not None)


def _check_geometry(table: Table, values: dict[str, float | None]) -> None:
    given = [key for key in GEOMETRY if values[key] is not None]
    for key in GEOMETRY:
        if given and values[key] is None:
            raise SpecError(f"{table.at(key)}: is missing, {' and '.join(given)} given; a volume needs all of them")
    if given and values["defect_density"] is None and values["dephasing_time"] is None:
        raise SpecError(
            f"{table.at('defect_density')}: is missing; give it or dephasing_time, or no volume: N = n_T V L follows"
        )
