"""Seeds of the statistical tests: fixed by default, swept with the variable TLSMC_TEST_SEED."""

import os
import zlib

import numpy as np


def base_seed() -> int:
    """The number that every statistical test derives its streams from."""
    return int(os.environ.get("TLSMC_TEST_SEED", "20010305"))


def seed(label: str) -> int:
    """A seed for one test, different for each ``label`` and each base seed."""
    sequence = np.random.SeedSequence(base_seed(), spawn_key=(zlib.crc32(label.encode()),))
    return int(sequence.generate_state(1, np.uint64)[0] >> 2)


def rng(label: str) -> np.random.Generator:
    """A generator for one test, different for each ``label`` and each base seed."""
    return np.random.default_rng(seed(label))
