"""Random points of the unit cube, reproducible for every part of a run by itself.

A sample is cut into batches of :data:`BATCH` defects, the unit of randomness, and into blocks of 2^k batches, the
unit of work, of storage and of loss.  Batch b of sample s has a stream of its own, whatever the size of the blocks is:
the generator Philox, which is made for that, counts from (0, 0, b, s) with the key
``SeedSequence(seed).generate_state(2, uint64)``.  A batch that is cut short holds the first defects of the whole one,
so that a longer run begins with the very same defects.  Sobol points need long sequences instead: there a block is one
scramble, drawn from ``SeedSequence(seed, spawn_key=(s, block))``.

Source of the generator: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, Proc. SC11 (2011).
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError

#: Defects drawn from one stream.
BATCH = 4096
#: Blocks of a sample at most.
MAX_BLOCKS = 256
#: Independent scrambles that a Sobol run is cut into at most: their scatter is its error.
MAX_SCRAMBLES = 32

SAMPLINGS = ("random", "sobol")
COUNTS = ("fixed", "poisson")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a run of ``samples`` x ``defects`` is cut up, and its randomness.

    ``count`` is "fixed" or "poisson": in the latter each sample holds a Poisson number of defects of mean
    ``defects``, drawn batch by batch.  ``seeds`` is for samples of several seeds: pairs (seed, samples of it) in
    ascending order, whose first seed is ``seed`` and whose samples add up to ``samples``.
    """

    seed: int
    samples: int
    defects: int
    sampling: str = "random"
    count: str = "fixed"
    seeds: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.seeds:
            numbers, samples = zip(*self.seeds, strict=True)
            if list(numbers) != sorted({*numbers}) or numbers[0] != self.seed or min(samples) < 1:
                raise SpecError(f"seeds = {_shown(self.seeds)}: must ascend, with 1 sample of each at least; sort them")
            if sum(samples) != self.samples:
                raise SpecError(f"seeds have {sum(samples)} samples, the run has {self.samples}; make the two agree")
            if len(self.seeds) == 1:
                object.__setattr__(self, "seeds", ())
        if self.sampling == "sobol" and self.count == "poisson":
            raise SpecError('sampling = "sobol" needs a fixed number of defects; set count = "fixed"')

    @property
    def block_defects(self) -> int:
        """Nominal defects in a block: a power of two times :data:`BATCH`, at most MAX_BLOCKS blocks a sample."""
        most = MAX_BLOCKS if self.sampling == "random" else MAX_SCRAMBLES
        batches = math.ceil(self.defects / BATCH)
        return BATCH << max(0, math.ceil(math.log2(batches / most)))

    @property
    def blocks(self) -> int:
        """Blocks in a sample."""
        return math.ceil(self.defects / self.block_defects)

    @property
    def streams(self) -> tuple[tuple[int, int], ...]:
        """Pairs (seed, samples of it) whether there is one seed or there are several."""
        return self.seeds or ((self.seed, self.samples),)

    @property
    def seed_text(self) -> str:
        """The seed, or all of them, as people read it."""
        return ("seeds " if self.seeds else "seed ") + ", ".join(str(seed) for seed, _ in self.streams)

    def origin(self, sample: int) -> tuple[int, int]:
        """Seed of a sample, and its number among the samples of that seed."""
        for seed, samples in self.seeds:
            if sample < samples:
                return seed, sample
            sample -= samples
        return self.seed, sample

    def block_range(self, block: int) -> tuple[int, int]:
        """First nominal position of a block's defects in the sample, and the one after its last."""
        start = block * self.block_defects
        return start, min(start + self.block_defects, self.defects)

    @property
    def block_sizes(self) -> NDArray[np.int64]:
        """Nominal defects in every block of a sample, shape (blocks,)."""
        sizes = np.full(self.blocks, self.block_defects)
        sizes[-1] = self.defects - (self.blocks - 1) * self.block_defects
        return sizes

    def batches(self, sample: int, block: int, dimensions: int) -> Iterator[tuple[int, Array]]:
        """Number and points, shape (dimensions, n), of each batch of a block; see :class:`Source`."""
        return Source(self).batches(sample, block, dimensions)


class Source:
    """Points of a run, for any number of blocks one after the other.

    It keeps one generator and sets it to the place of each batch, which costs a tenth of making a new one: a run may
    have very many samples of very few defects.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._keys = {seed: np.random.SeedSequence(seed).generate_state(2, np.uint64) for seed, _ in layout.streams}
        self._philox = np.random.Philox(0)
        self._rng = np.random.Generator(self._philox)
        self._fresh: Any = dict(self._philox.state)

    def batches(self, sample: int, block: int, dimensions: int) -> Iterator[tuple[int, Array]]:
        """Number and points, shape (dimensions, n), of each batch of a block.

        With a Poisson count a batch may hold more or fewer points than :data:`BATCH`.
        """
        layout = self._layout
        first, last = layout.block_range(block)
        if layout.sampling == "sobol":
            yield from self._sobol(sample, block, first, last, dimensions)
            return
        for start in range(first, last, BATCH):
            yield start // BATCH, self._random(sample, start // BATCH, dimensions)

    def batch(self, sample: int, number: int, dimensions: int) -> Array:
        """Points of one batch by itself, without those before it where there is a way."""
        if self._layout.sampling != "sobol":
            return self._random(sample, number, dimensions)
        block = number * BATCH // self._layout.block_defects
        return next(points for other, points in self.batches(sample, block, dimensions) if other == number)

    def _random(self, sample: int, batch: int, dimensions: int) -> Array:
        rng = self.stream(sample, batch)
        size = self._size(rng, min(BATCH, self._layout.defects - batch * BATCH))
        # The first numbers of a stream are the first defects, so that no more are drawn than are needed.
        return open_interval(np.ascontiguousarray(rng.random((size, dimensions)).T))

    def sizes(self, sample: int) -> NDArray[np.int64]:
        """Defects in each batch of a sample."""
        nominal = [min(BATCH, self._layout.defects - start) for start in range(0, self._layout.defects, BATCH)]
        if self._layout.count != "poisson":
            return np.array(nominal)
        return np.array([self._size(self.stream(sample, batch), size) for batch, size in enumerate(nominal)])

    def _size(self, rng: np.random.Generator, size: int) -> int:
        if self._layout.count != "poisson":
            return size
        # A Poisson number is thinned, which leaves a Poisson number that only grows with the size.
        return int(np.count_nonzero(rng.random(rng.poisson(BATCH)) * BATCH < size))

    def stream(self, sample: int, part: int) -> np.random.Generator:
        """The generator, set to the beginning of the stream of part ``part`` of a sample."""
        seed, sample = self._layout.origin(sample)
        self._fresh["state"] = {"counter": np.array([0, 0, part, sample], np.uint64), "key": self._keys[seed]}
        self._philox.state = self._fresh
        return self._rng

    def _sobol(self, sample: int, block: int, first: int, last: int, dimensions: int) -> Iterator[tuple[int, Array]]:
        # Only Sobol runs wait for scipy.stats.
        from scipy.stats import qmc

        # All bits of a double: the 30 of the default would bias smooth averages by more than their error.
        seed, number = self._layout.origin(sample)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number, block)))
        engine = qmc.Sobol(dimensions, bits=53, rng=rng)
        for start in range(first, last, BATCH):
            size = min(BATCH, last - start)
            with warnings.catch_warnings():
                # A last block that is no power of two long is still unbiased, only less balanced.
                warnings.filterwarnings("ignore", message="The balance properties of Sobol", category=UserWarning)
                points = engine.random(size)
            yield start // BATCH, open_interval(np.ascontiguousarray(points.T))


def _shown(seeds: tuple[tuple[int, int], ...]) -> str:
    text = str([list(pair) for pair in seeds])
    return text if len(text) <= 60 else f"{text[:57]}..."


def open_interval(points: Array) -> Array:
    """Move the points that are exactly 0 to the middle of the generator's smallest step, in place."""
    points[points == 0.0] = 2.0**-54
    return points
