"""Whether there is room for a run, in memory and at the place of its file, and what it says when it ends early."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlsmc import store
from tlsmc.blocks import part_mask
from tlsmc.checkpoints import Collector
from tlsmc.continuing import differences
from tlsmc.errors import SpecError, StoreError
from tlsmc.recording import record_bytes
from tlsmc.spec import Spec
from tlsmc.statistics.largest import kept

#: Bytes that a run may store of its defects unless told otherwise.
BUDGET = 10e9


def check_output(path: Path, force: bool, spec: Spec | None = None) -> None:
    """Refuse an output file that exists (unless forced) or whose folder does not.

    With a ``spec``, a file of an unfinished run is met with what to do about it.
    """
    if not path.parent.is_dir():
        raise SpecError(f"-o {path}: the folder {path.parent} does not exist; make it or choose another")
    if path.is_dir():
        raise SpecError(f"-o {path}: is a folder; give the name of a file in it")
    if not path.exists() or force:
        return
    remedy = "choose another name, or give --force to replace it"
    try:
        there = store.read_run(path)
    except StoreError:
        raise SpecError(f"-o {path}: exists already; {remedy}") from None
    if spec is None or there.complete:
        raise SpecError(f"-o {path}: exists already; {remedy}")
    if there.spec.hash() != spec.hash():
        differ = differences(there.spec, spec)
        raise SpecError(f"-o {path}: exists already and is an unfinished run of another spec ({differ}); {remedy}")
    raise SpecError(
        f"-o {path}: is this very run, {share_done(there.spec, there.sums.done)} done; "
        f"`{resume_command(path)}` goes on with it, --force begins anew"
    )


def resume_command(path: Path) -> str:
    """What to type to go on with a run file."""
    return f"tlsmc resume {shlex.quote(str(path))}"


def share_done(spec: Spec, done: NDArray[np.bool_]) -> str:
    """Share of the defects that are done, in per cent."""
    return f"{(spec.layout.block_sizes * done).sum() / (spec.layout.samples * spec.layout.defects):.1%}"


def how_to_go_on(collector: Collector) -> str:
    """What is saved of a run that ends early, and the command that goes on with it."""
    if collector.path is None:
        return "nothing is saved without a run file"
    saved = share_done(collector.spec, collector.sums.done)
    return f"{saved} of the defects are saved in {collector.path}; `{resume_command(collector.path)}` goes on"


def storing(spec: Spec, path: Path, part: str = "") -> str:
    """What a run is going to store of its defects, and where; empty if nothing."""
    need = store.shard_bytes(spec, part_mask(spec, part))
    what = {"population": "the population", "contributions": "the population and all contributions"}
    found = [f"storing {what[spec.store]}: {need / 1e9:.3g} GB in {path}.d"] if spec.store in what else []
    if not spec.plan.empty and not part:
        found.append(f"recording trajectories: {record_bytes(spec) / 1e6:.3g} MB in {path}")
    return "\n".join(found)


def check_budget(spec: Spec, path: Path, blocks: NDArray[np.bool_], budget: float) -> None:
    """Refuse to store more of some blocks, a mask of shape (samples, blocks), than the budget or the disk has room for.

    Raises
    ------
    SpecError
        It is more than ``budget`` bytes.
    NoSpaceError
        It is more than is free on the disk.
    """
    need, recorded = store.shard_bytes(spec, blocks), record_bytes(spec)
    remedy = f"the budget is {budget / 1e9:.3g} GB; take fewer defects%s, or give --budget %.3g"
    if recorded > budget:
        raise SpecError(
            f"trajectories: would write {recorded / 1e9:.3g} GB to {path}, "
            + remedy % (", times or samples", recorded / 1e9 * 1.01 + 0.001)
        )
    if need > budget:
        raise SpecError(
            f"store = {spec.store!r}: would write {need / 1e9:.3g} GB beside {path}, "
            + remedy % ("", need / 1e9 * 1.01 + 0.001)
        )
    free = shutil.disk_usage(path.parent).free
    if need > free:
        raise store.NoSpaceError(
            f"{path}: storing {spec.store} needs {need / 1e9:.3g} GB, {free / 1e9:.3g} GB are free; "
            "free some, or store less"
        )


def check_memory(spec: Spec) -> None:
    """Refuse a run whose block sums do not fit the memory, counted twice: once to hold them, once to write them."""
    need = 0
    for study in spec.studies:
        components = len(study.observable.COMPONENTS)
        sums = spec.layout.samples * spec.layout.blocks * (components + components * (components + 1) // 2)
        places = components * int(np.prod(study.grid))
        listed = 2 * places * kept(places, spec.layout.samples * spec.layout.defects)
        need += 2 * 8 * (int(np.prod(study.grid)) * sums + listed)
    have = physical_memory()
    if need > have:
        raise SpecError(
            f"observables: the grids need {need / 1e9:.3g} GB for block sums, {have / 1e9:.3g} GB are there; "
            "take fewer points or samples"
        )


def physical_memory() -> int:
    """Bytes of memory in this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
