"""Making a run larger: its spec, and which sums and shards of the smaller run are those of the larger one."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlsmc.errors import SpecError
from tlsmc.populations.sampling.streams import MAX_SCRAMBLES
from tlsmc.results.defects import joined
from tlsmc.results.run import Run, empty_sums
from tlsmc.results.store import ShardFolder, new_shards
from tlsmc.spec.spec import Spec
from tlsmc.statistics.sums import RunSums


def extended(spec: Spec, defects: int | None, samples: int | None) -> Spec:
    """The spec of a run with more defects in each sample, or more samples, in total.

    Raises
    ------
    SpecError
        There would be fewer, or Sobol points would have to be regrouped.
    """
    old = spec.layout
    for name, now, asked in (("defects", old.defects, defects), ("samples", old.samples, samples)):
        if asked is not None and asked < now:
            raise SpecError(f"--{name} {asked}: the run has {now} already; give the total, at least that")
    changes = {"population.defects": (old.defects, defects), "population.samples": (old.samples, samples)}
    settings = tuple(f"{key}={new}" for key, (now, new) in changes.items() if new not in (None, now))
    if not settings:
        return spec
    samples = samples or old.samples
    *first, (seed, count) = old.streams
    # The samples of the last seed go on.
    seeds = (*first, (seed, count + samples - old.samples)) if first else ()
    layout = replace(old, defects=defects or old.defects, samples=samples, seeds=seeds)
    if old.sampling == "sobol" and layout.block_defects != old.block_defects:
        raise SpecError(
            f"--defects {layout.defects}: would make scrambles of {layout.block_defects} Sobol points from those of "
            f"{old.block_defects}, which are other points; stay below {MAX_SCRAMBLES * old.block_defects + 1}, "
            "or begin a new run"
        )
    return replace(spec, layout=layout, overrides=spec.overrides + settings)


def carried_over(run: Run, spec: Spec) -> RunSums:
    """The block sums of the larger run ``spec`` as far as they follow from those of ``run``.

    A new block is done if it consists of whole old ones that are; sums over halves add up to the very bits of the
    sum over the whole (see :class:`tlsmc.statistics.sums.PairwiseSum`).  All defects seen so far are among those of
    the larger run, so the lists of the largest contributions stay what they are.
    """
    old, new = run.spec.layout, spec.layout
    sums = empty_sums(spec)
    if not _widened(run.sums, sums):
        return sums
    ratio = new.block_defects // old.block_defects
    usable = old.blocks if new.defects == old.defects else old.defects // old.block_defects // ratio * ratio
    target = (slice(0, old.samples), slice(0, usable // ratio))
    source = run.sums.done[:, :usable]
    done = source.reshape(old.samples, -1, ratio).all(axis=2)
    sums.done[target] = done
    sums.counts[target] = np.where(done, run.sums.counts[:, :usable].reshape(*done.shape, ratio).sum(axis=2), 0)
    for name, small in run.sums.observables.items():
        large = sums.observables[name]
        for wider, narrow in ((large.totals, small.totals), (large.products, small.products)):
            wider[target] = _joined_blocks(narrow[:, :usable], ratio)
            wider[~sums.done] = 0.0
    return sums


def _joined_blocks(blocks: NDArray[np.float64], ratio: int) -> NDArray[np.float64]:
    """Sums over every ``ratio`` = 2^k blocks along axis 1, by halves."""
    for _ in range(int(math.log2(ratio))):
        blocks = blocks[:, 0::2] + blocks[:, 1::2]
    return blocks


def _widened(old: RunSums, new: RunSums) -> bool:
    """Put the old lists into the new ones; False if these have more room than there is known to fill them.

    Lists are shorter than usual in runs of few defects only.  They then hold every defect, unless a Poisson number
    was larger than its mean.
    """
    for name, sums in new.observables.items():
        short = old.observables[name].largest
        if short.keep < sums.largest.keep and old.counts.sum() > short.keep:
            return False
        sums.largest = short.widened(sums.largest.keep)
    return True


def carried_shards(run: Run, spec: Spec, sums: RunSums) -> ShardFolder | None:
    """Shards of the larger run ``spec``, made of those of ``run``; blocks that have none are no longer done."""
    shards = new_shards(Path(run.path), spec)
    if shards is None:
        return None
    if run.stored is None:
        sums.done[:] = False
        return shards
    ratio = spec.layout.block_defects // run.spec.layout.block_defects
    for sample, block in np.argwhere(sums.done).tolist():
        halves = range(ratio * block, min(ratio * (block + 1), run.spec.layout.blocks))
        if ratio == 1:
            shards.checksums[sample, block] = run.stored.checksums[sample, block]
        elif all(run.stored.checksums[sample, half] for half in halves):
            parts = [run.stored.read(sample, half) for half in halves]
            columns, values = (joined([part[kind] for part in parts]) if parts[0][kind] else {} for kind in (0, 1))
            shards.checksums[sample, block] = shards.write(sample, block, columns, values)
    lost = (shards.checksums == 0) | shards.missing()
    sums.done &= ~lost
    shards.checksums[lost] = 0
    return shards
