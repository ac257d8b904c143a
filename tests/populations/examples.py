"""Populations of Kondo defects with independent laws."""

from tests.seeds import rng
from tlsmc.populations.laws.exponential import Exponential
from tlsmc.populations.laws.log_normal import LogNormal
from tlsmc.populations.laws.pareto import Pareto
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.sampling.streams import open_interval

PAIRS = {
    "uniform": {"T_K": Uniform(high=1.0), "Delta": Uniform(high=0.2)},
    "exponential": {"T_K": Exponential(mean=1.0), "Delta": Exponential(mean=3.0)},
    "log-normal, pareto": {"T_K": LogNormal(median=1.0, sigma=1.5), "Delta": Pareto(low=0.1, index=2.5)},
}


def unit_points(label, count=2000):
    return open_interval(rng(label).random((2, count)))
