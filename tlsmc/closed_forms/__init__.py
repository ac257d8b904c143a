"""Exact integrals over the paper's populations, and the asymptotic forms that the paper prints.

Plain functions of dimensionless arguments (omega/E*, 2T/E*, E*/T), which broadcast.
"""

from tlsmc.closed_forms.asymptotics import F_rel_asymptotic, F_res_asymptotic, heat_asymptotic
from tlsmc.closed_forms.attenuation import F_rel, F_rel_printed, F_res, F_res_sharp
from tlsmc.closed_forms.dephasing import dephasing
from tlsmc.closed_forms.heat import heat

__all__ = [
    "F_rel",
    "F_rel_asymptotic",
    "F_rel_printed",
    "F_res",
    "F_res_asymptotic",
    "F_res_sharp",
    "dephasing",
    "heat",
    "heat_asymptotic",
]
