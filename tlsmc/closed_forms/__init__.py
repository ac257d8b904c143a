"""Exact integrals over the paper's populations, and the asymptotic forms that the paper prints.

Arguments are dimensionless (omega/E*, 2T/E*, E*/T), floats or arrays of any shape that broadcast; the result is of
float64 and has their common shape.  The examples assume ``import tlsmc``.

Source, where no other is named: Aleiner, Altshuler, Galperin, Shutenko, Phys. Rev. B 63, 201401 (2001).
"""

from tlsmc.closed_forms.asymptotics import F_rel_asymptotic, F_res_asymptotic, heat_asymptotic
from tlsmc.closed_forms.attenuation import F_rel, F_rel_printed, F_res, F_res_sharp
from tlsmc.closed_forms.band import band_loss, band_relaxation, band_resonant
from tlsmc.closed_forms.dephasing import dephasing, dephasing_spread
from tlsmc.closed_forms.heat import heat
from tlsmc.closed_forms.kondo import (
    kondo_attenuation_asymptotic,
    kondo_attenuation_limit,
    kondo_mean_asymptotic,
    kondo_mean_limit,
)
from tlsmc.closed_forms.measurement_time import heat_release, heat_release_law, time_logarithm, timed_heat
from tlsmc.closed_forms.resonator import frequency_shift, loss_tangent

__all__ = [
    "F_rel",
    "F_rel_asymptotic",
    "F_rel_printed",
    "F_res",
    "F_res_asymptotic",
    "F_res_sharp",
    "band_loss",
    "band_relaxation",
    "band_resonant",
    "dephasing",
    "dephasing_spread",
    "frequency_shift",
    "heat",
    "heat_asymptotic",
    "heat_release",
    "heat_release_law",
    "kondo_attenuation_asymptotic",
    "kondo_attenuation_limit",
    "kondo_mean_asymptotic",
    "kondo_mean_limit",
    "loss_tangent",
    "time_logarithm",
    "timed_heat",
]
