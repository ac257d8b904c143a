"""One run file of several: parts of a run, and runs of one study with different seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tlsmc.arrays import Index
from tlsmc.errors import SpecError
from tlsmc.results import store
from tlsmc.results.provenance import other_program
from tlsmc.results.run import Run, empty_sums
from tlsmc.results.store.output import check_output, differences
from tlsmc.spec.spec import Spec
from tlsmc.statistics.largest import SAMPLE_STRIDE, Largest
from tlsmc.statistics.sums import RunSums


def merge(paths: Sequence[str | Path], output: str | Path, *, force: bool = False) -> Run:
    """Write a run file with all blocks of several others, which stay as they are.

    Parts of a run make up the run.  Runs with other seeds make up one with the samples of all, in the order of the
    seeds; it is the same run whatever the order of the files.  Either may be unfinished.

    Parameters
    ----------
    paths
        Two run files or more.
    output
        File to write.
    force
        Replace an existing file.

    Returns
    -------
    Run
        The run of all blocks.

    Raises
    ------
    SpecError
        Another study, version or kernel, a block that is in two of the files, or an output that exists.
    StoreError
        A file cannot be read or written.

    Examples
    --------
    >>> spec = tlsmc.load_spec("small.toml")
    >>> parts = [tlsmc.run(spec, f"part{k}.h5", part=f"{k}/2").path for k in (1, 2)]
    >>> tlsmc.merge(parts, "whole.h5").digest() == tlsmc.open_run("small.h5").digest()
    True
    """
    if len(paths) < 2:
        raise SpecError("merge: needs two run files at least; give their paths")
    output = Path(output)
    check_output(output, force)
    runs = [store.open_run(path) for path in paths]
    first = runs[0]
    for run in runs:
        differ = other_program(run.provenance, first.provenance, f"{first.path} with")
        if differ:
            raise SpecError(f"{run.path}: was made with {differ}; make both with the same")
        if study_of(run.spec).hash() != study_of(first.spec).hash():
            differ = differences(study_of(first.spec), study_of(run.spec)).replace(" there,", f" in {first.path},")
            raise SpecError(f"{run.path}: is another study: {differ}; merge runs that differ in their seeds only")
        if run.spec.store != first.spec.store:
            raise SpecError(f"{run.path}: stores {run.spec.store}, {first.path} {first.spec.store}; these do not mix")
    spec = _spec_of_all(runs)
    with store.locked(output):
        check_output(output, force)
        return _write(spec, runs, output)


def study_of(spec: Spec) -> Spec:
    """The spec without what runs of one study may differ in: title, seeds, and how many samples there are."""
    return replace(spec, title="", layout=replace(spec.layout, seed=0, samples=1, seeds=()))


def _spec_of_all(runs: list[Run]) -> Spec:
    samples: dict[int, int] = {}
    for seed, count in (pair for run in runs for pair in run.spec.layout.streams):
        samples[seed] = max(count, samples.get(seed, 0))
    seeds = tuple(sorted(samples.items()))
    layout = replace(runs[0].spec.layout, seed=seeds[0][0], samples=sum(samples.values()), seeds=seeds)
    return replace(runs[0].spec, layout=layout)


@dataclass(slots=True)
class _Target:
    """The run that is being put together, with the file that each of its blocks came from (-1: none yet)."""

    spec: Spec
    sums: RunSums
    shards: store.ShardFolder | None
    source: Index


def _write(spec: Spec, runs: list[Run], output: Path) -> Run:
    sums = empty_sums(spec)
    shards = store.new_shards(output, spec)
    target = _Target(spec, sums, shards, np.full(sums.done.shape, -1))
    for number in range(len(runs)):
        _add(target, runs, number)
    for number, run in enumerate(runs):
        _add_shards(target, run, number)
    made = replace(
        runs[0].provenance,
        started=min(run.provenance.started for run in runs),
        wall_seconds=round(sum(run.provenance.wall_seconds for run in runs), 3),
        part="",
    )
    checksums = None
    if shards is not None:
        shards.sync()
        checksums = shards.checksums
    store.replace_file(output, store.run_image(spec, sums, made, checksums))
    return Run(spec, sums, made, str(output), shards)


def _rows(target: _Target, run: Run) -> Index:
    """Samples in the target of the samples of a run."""
    seeds, samples = zip(*target.spec.layout.streams, strict=True)
    firsts = dict(zip(seeds, np.cumsum((0, *samples)), strict=False))
    origins = (run.spec.layout.origin(sample) for sample in range(run.spec.layout.samples))
    return np.array([firsts[seed] + sample for seed, sample in origins])


def _add(target: _Target, runs: list[Run], number: int) -> None:
    """Take in the blocks of one run; a block that is there already is refused."""
    run, sums = runs[number], target.sums
    rows = _rows(target, run)
    twice = np.argwhere(run.sums.done & sums.done[rows])
    if len(twice):
        sample, block = twice[0].tolist()
        other = runs[int(target.source[rows[sample], block])].path
        seed, sample = run.spec.layout.origin(sample)
        raise SpecError(
            f"{run.path}: block {block} of sample {sample} of seed {seed} is in {other} too ({len(twice)} blocks are); "
            "leave one of the two files out"
        )
    sample, block = np.nonzero(run.sums.done)
    place = (rows[sample], block)
    sums.done[place] = True
    target.source[place] = number
    sums.counts[place] = run.sums.counts[sample, block]
    for name, part in run.sums.observables.items():
        whole = sums.observables[name]
        whole.totals[place], whole.products[place] = part.totals[sample, block], part.products[sample, block]
        if part.largest.keep < whole.largest.keep and run.sums.counts.sum() > part.largest.keep:
            raise SpecError(
                f"{run.path}: has so few defects that its lists of the largest are short; run it anew, longer"
            )
        whole.largest.merge(_renumbered(part.largest, rows))


def _renumbered(largest: Largest, rows: Index) -> Largest:
    """The same list with other numbers for the samples."""
    sample, rest = np.divmod(largest.defects, SAMPLE_STRIDE)
    listed = largest.values > -np.inf
    moved = rows[np.where(listed, sample, 0)] * SAMPLE_STRIDE + rest
    return Largest(largest.values, np.where(listed, moved, largest.defects))


def _add_shards(target: _Target, run: Run, number: int) -> None:
    """Copy the shards of a run, checked on the way."""
    if target.shards is None or run.stored is None:
        return
    for sample, row in enumerate(_rows(target, run).tolist()):
        for block in np.flatnonzero(run.stored.checksums[sample] * (target.source[row] == number)).tolist():
            target.shards.checksums[row, block] = target.shards.write(row, block, *run.stored.read(sample, block))
