"""Judging a run, or two specs: how far numbers can be trusted, and on what they depend."""

from typing import TYPE_CHECKING

from tlsmc.lazy import lazy

if TYPE_CHECKING:
    from tlsmc.diagnostics.comparison import compare as compare
    from tlsmc.diagnostics.discrimination import Experiment as Experiment
    from tlsmc.diagnostics.discrimination import discriminate as discriminate
    from tlsmc.diagnostics.reweighting import reweight as reweight
    from tlsmc.diagnostics.samples import sample_statistics as sample_statistics
    from tlsmc.diagnostics.sensitivity import sensitivities as sensitivities
    from tlsmc.diagnostics.tails import run_tails as run_tails
    from tlsmc.diagnostics.telegraph import defect_pulls as defect_pulls
    from tlsmc.diagnostics.telegraph import spectrum_bands as spectrum_bands
    from tlsmc.diagnostics.telegraph import spectrum_exponent as spectrum_exponent
    from tlsmc.results.convergence import convergence as convergence

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "tlsmc.diagnostics.comparison": "compare",
        "tlsmc.diagnostics.discrimination": "Experiment discriminate",
        "tlsmc.diagnostics.reweighting": "reweight",
        "tlsmc.diagnostics.samples": "sample_statistics",
        "tlsmc.diagnostics.sensitivity": "sensitivities",
        "tlsmc.diagnostics.tails": "run_tails",
        "tlsmc.diagnostics.telegraph": "defect_pulls spectrum_bands spectrum_exponent",
        "tlsmc.results.convergence": "convergence",
    },
)
