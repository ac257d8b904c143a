"""Exact integrals over the paper's populations, and the asymptotic forms that the paper prints.

Arguments are dimensionless (omega/E*, 2T/E*, E*/T), floats or arrays of any shape that broadcast; the result is of
float64 and has their common shape.  The examples assume ``import tlsmc``.

Source, where no other is named: Aleiner, Altshuler, Galperin, Shutenko, Phys. Rev. B 63, 201401 (2001).
"""

from typing import TYPE_CHECKING

from tlsmc.lazy import lazy

if TYPE_CHECKING:
    from tlsmc.closed_forms.asymptotics import F_rel_asymptotic as F_rel_asymptotic
    from tlsmc.closed_forms.asymptotics import F_res_asymptotic as F_res_asymptotic
    from tlsmc.closed_forms.asymptotics import heat_asymptotic as heat_asymptotic
    from tlsmc.closed_forms.asymptotics import kondo_attenuation_asymptotic as kondo_attenuation_asymptotic
    from tlsmc.closed_forms.asymptotics import kondo_attenuation_limit as kondo_attenuation_limit
    from tlsmc.closed_forms.asymptotics import kondo_mean_asymptotic as kondo_mean_asymptotic
    from tlsmc.closed_forms.asymptotics import kondo_mean_limit as kondo_mean_limit
    from tlsmc.closed_forms.attenuation import F_rel as F_rel
    from tlsmc.closed_forms.attenuation import F_rel_printed as F_rel_printed
    from tlsmc.closed_forms.attenuation import F_res as F_res
    from tlsmc.closed_forms.attenuation import F_res_sharp as F_res_sharp
    from tlsmc.closed_forms.band import band_loss as band_loss
    from tlsmc.closed_forms.band import band_relaxation as band_relaxation
    from tlsmc.closed_forms.band import band_resonant as band_resonant
    from tlsmc.closed_forms.dephasing_rate import dephasing as dephasing
    from tlsmc.closed_forms.dephasing_rate import dephasing_spread as dephasing_spread
    from tlsmc.closed_forms.measurement_time import heat as heat
    from tlsmc.closed_forms.measurement_time import heat_release as heat_release
    from tlsmc.closed_forms.measurement_time import heat_release_law as heat_release_law
    from tlsmc.closed_forms.measurement_time import time_logarithm as time_logarithm
    from tlsmc.closed_forms.measurement_time import timed_heat as timed_heat
    from tlsmc.closed_forms.resonator import frequency_shift as frequency_shift
    from tlsmc.closed_forms.resonator import loss_tangent as loss_tangent

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "tlsmc.closed_forms.asymptotics": "F_rel_asymptotic F_res_asymptotic heat_asymptotic "
        "kondo_attenuation_asymptotic kondo_attenuation_limit kondo_mean_asymptotic kondo_mean_limit",
        "tlsmc.closed_forms.attenuation": "F_rel F_rel_printed F_res F_res_sharp",
        "tlsmc.closed_forms.band": "band_loss band_relaxation band_resonant",
        "tlsmc.closed_forms.dephasing_rate": "dephasing dephasing_spread",
        "tlsmc.closed_forms.measurement_time": "heat heat_release heat_release_law time_logarithm timed_heat",
        "tlsmc.closed_forms.resonator": "frequency_shift loss_tangent",
    },
)
