"""What a laboratory measures, and which observable gives it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is measured, and the observable that predicts it for each model of defects.

    ``derived`` is the measurable quantity that both should have; without n_T and the like in either spec, the
    observable itself is compared, in the unit ``bare``.
    """

    name: str
    observables: dict[str, str]
    components: dict[str, str]
    derived: str
    bare: str


#: Measured quantities by name.
QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        Quantity(
            "attenuation",
            {"tunnelling": "attenuation", "kondo": "kondo_attenuation"},
            {"tunnelling": "total", "kondo": "kondo_attenuation"},
            "W",
            "W/(n_T a^2/2)",
        ),
        Quantity(
            "heat capacity",
            {"tunnelling": "heat_capacity", "kondo": "kondo_heat_capacity"},
            {"tunnelling": "heat_capacity", "kondo": "heat_capacity"},
            "C_T",
            "C_T/n_T",
        ),
        Quantity(
            "dephasing",
            {"tunnelling": "dephasing", "kondo": "kondo_dephasing"},
            {"tunnelling": "dephasing", "kondo": "kondo_dephasing"},
            "tau_phi",
            "saturated time",
        ),
    )
}
