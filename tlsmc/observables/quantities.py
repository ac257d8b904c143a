"""What a laboratory measures: one entry of :data:`QUANTITIES` is all that a new quantity takes.

Fits, data files and comparisons of hypotheses read this table, and nothing else says what a quantity is.
"""

from dataclasses import dataclass, field

from tlsmc.errors import SpecError, suggestion
from tlsmc.units import HBAR_OVER_KB, OUTPUT_UNITS


@dataclass(frozen=True, slots=True)
class Dimension:
    """What the values of a quantity are in words, their base unit, and natural units in one of it.

    ``per_volume`` is whether a value may be that of a sample, a mole or a gram instead, whose volume is then known.
    """

    words: str = "a pure number"
    unit: str = ""
    natural: float = 1.0
    per_volume: bool = False


_HEAT = 1.0 / OUTPUT_UNITS["heat capacity density"][0]
NUMBER = Dimension()
RATE = Dimension("a rate", "1/s", HBAR_OVER_KB)
TIME = Dimension("a time", "s", 1.0 / HBAR_OVER_KB)
HEAT_CAPACITY = Dimension("a heat capacity", "J/(K*cm^3)", _HEAT, True)
HEAT_CAPACITY_OVER_T = Dimension("a heat capacity over T", "J/(K^2*cm^3)", _HEAT, True)
POWER = Dimension("a power", "W/cm^3", 1.0 / OUTPUT_UNITS["power density"][0], True)


@dataclass(frozen=True, slots=True)
class MeasuredQuantity:
    """Something that is measured, and how the defects make it.

    Parameters
    ----------
    name
        What a spec calls it.
    meaning
        The same in a line of words.
    observables
        For each model of defects, the observable that predicts it and the component, or sum, that is meant.
    derived
        Name of the observable's derived quantity that it is; empty where it is the component itself.
    dimension
        What the values are.
    headings
        Headings of its column in data files, besides "value", "y" and its name.
    axis
        Further axis that data may have, "frequency" or "time".
    needs_axis
        Whether they must have it.
    timed
        ``observables`` where the length of each measurement is known; a quantity that has any grows as L of Eq. 8.
    of_rates
        Whether defects and backgrounds add up to a rate, one over the derived quantity.
    inverse
        Whether the value is one over what they add up to.
    per_T
        Whether the value is that over T.
    backgrounds
        Backgrounds that there are without any defects.
    comparison
        What ``tlsmc discriminate`` calls it; empty if two hypotheses are not asked for it.
    bare
        What is compared there where the material does not tell its scale.
    """

    name: str
    meaning: str
    observables: dict[str, tuple[str, str]]
    derived: str = ""
    dimension: Dimension = NUMBER
    headings: tuple[str, ...] = ()
    axis: str = "frequency"
    needs_axis: bool = False
    timed: dict[str, tuple[str, str]] = field(default_factory=dict)
    of_rates: bool = False
    inverse: bool = False
    per_T: bool = False
    backgrounds: tuple[str, ...] = ("power",)
    comparison: str = ""
    bare: str = ""

    @property
    def components(self) -> tuple[str, ...]:
        """The component that is meant of each of its observables."""
        return tuple(component for _, component in (*self.observables.values(), *self.timed.values()))


_SOUND = {"tunnelling": ("attenuation", "total"), "kondo": ("kondo_attenuation", "kondo_attenuation")}
_LOSS = {"tunnelling": ("loss_tangent", "loss")}
_HEATS = {"tunnelling": ("heat_capacity", "heat_capacity"), "kondo": ("kondo_heat_capacity", "heat_capacity")}
_TIMED = {"tunnelling": ("timed_heat_capacity", "timed_heat_capacity")}
_ELECTRONS = {"tunnelling": ("dephasing", "dephasing"), "kondo": ("kondo_dephasing", "kondo_dephasing")}

_LOSS_HEADINGS = ("loss", "loss tangent", "tan delta", "tan d", "dissipation", "dissipation factor")
_HEAT_HEADINGS = ("heat capacity", "specific heat", "Cp", "Cv")

_ALL = (
    MeasuredQuantity(
        "F",
        "attenuation of sound without the density of defects, W/(n_T a^2/2) over omega/E* (Eq. 14)",
        _SOUND,
        headings=("attenuation",),
        needs_axis=True,
    ),
    MeasuredQuantity(
        "W",
        "power that the defects of a unit of volume absorb (Eq. 14); in arbitrary units any attenuation coefficient",
        _SOUND,
        "W",
        POWER,
        ("attenuation", "alpha", "power", "power density", "absorbed power"),
        needs_axis=True,
        comparison="attenuation",
        bare="W/(n_T a^2/2)",
    ),
    MeasuredQuantity(
        "loss_tangent",
        "dielectric or mechanical loss tan(delta) over its value at T = 0 for weak fields",
        _LOSS,
        headings=_LOSS_HEADINGS,
        needs_axis=True,
    ),
    MeasuredQuantity(
        "1/Q",
        "the same as a resonator has it, one over the quality factor",
        _LOSS,
        headings=("Q^-1", "Q-1", "inverse Q", "internal friction"),
        needs_axis=True,
    ),
    MeasuredQuantity(
        "C",
        "heat capacity of the defects in a unit of volume (Eq. 8)",
        _HEATS,
        "C_T",
        HEAT_CAPACITY,
        (*_HEAT_HEADINGS, "HC", "samp HC", "sample HC", "sample heat capacity", "Wärmekapazität"),
        axis="time",
        timed=_TIMED,
        backgrounds=("heat",),
        comparison="heat capacity",
        bare="C_T/n_T",
    ),
    MeasuredQuantity(
        "C/T",
        "the same over T",
        _HEATS,
        "C_T",
        HEAT_CAPACITY_OVER_T,
        (*(f"{name}/T" for name in _HEAT_HEADINGS), "C over T", "samp HC/T", "sample HC/T"),
        axis="time",
        timed=_TIMED,
        per_T=True,
        backgrounds=("heat",),
    ),
    MeasuredQuantity(
        "1/tau_phi",
        "dephasing rate of electrons (Eqs. 4 and 6; 22 for Kondo defects)",
        _ELECTRONS,
        "tau_phi",
        RATE,
        (
            *("1/tau", "tau_phi^-1", "tau^-1", "rate", "dephasing rate", "decoherence rate", "phase breaking rate"),
            "Gamma_phi",
        ),
        of_rates=True,
        backgrounds=("dephasing",),
    ),
    MeasuredQuantity(
        "tau_phi",
        "dephasing time of electrons, one over that rate",
        _ELECTRONS,
        "tau_phi",
        TIME,
        ("tau", "dephasing time", "coherence time", "phase coherence time", "decoherence time"),
        of_rates=True,
        inverse=True,
        backgrounds=("dephasing",),
        comparison="dephasing",
        bare="saturated time",
    ),
)

#: Measured quantities by name.
QUANTITIES = {quantity.name: quantity for quantity in _ALL}
#: Those that two hypotheses can be asked for, by what ``tlsmc discriminate`` calls them.
COMPARED = {quantity.comparison: quantity for quantity in _ALL if quantity.comparison}


def quantity_named(name: str) -> MeasuredQuantity:
    """The quantity of a given name."""
    if name not in QUANTITIES:
        raise SpecError(f"{name!r} is not known; {suggestion(name, QUANTITIES, 'fitting')}")
    return QUANTITIES[name]
