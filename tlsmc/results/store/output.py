"""The output file of a run before it begins: whether it may be written, or go on with what is there."""

import shlex
from pathlib import Path
from typing import Any

from tlsmc.errors import SpecError, StoreError
from tlsmc.results import store
from tlsmc.spec.spec import Spec


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
        there = store.open_run(path)
    except StoreError:
        raise SpecError(f"-o {path}: exists already; {remedy}") from None
    if spec is None or there.complete:
        raise SpecError(f"-o {path}: exists already; {remedy}")
    if there.spec.hash() != spec.hash():
        differ = differences(there.spec, spec)
        raise SpecError(f"-o {path}: exists already and is an unfinished run of another spec ({differ}); {remedy}")
    raise SpecError(
        f"-o {path}: is this very run, {there.share_done} done; "
        f"`{resume_command(path)}` goes on with it, --force begins anew"
    )


def resume_command(path: Path) -> str:
    """What to type to go on with a run file."""
    return f"tlsmc resume {shlex.quote(str(path))}"


def check_same_spec(path: str, stored: Spec, asked: Spec) -> None:
    """Refuse another spec than the one of the file; the message says what differs."""
    if stored.hash() != asked.hash():
        raise StoreError(
            f"{path}: holds another run: {differences(stored, asked)}; give that spec, or write to another file"
        )


def differences(stored: Spec, asked: Spec) -> str:
    """The entries in which two specs differ, three of them at most."""
    there, here = (_flat(spec.resolved(), "") for spec in (stored, asked))
    keys = [k for k in {**there, **here} if k not in ("title", "store") and there.get(k) != here.get(k)]
    shown = [f"{key} = {_short(there.get(key))} there, {_short(here.get(key))} here" for key in keys[:3]]
    more = [f"{len(keys) - 3} more"] if len(keys) > 3 else []
    return ", ".join(shown + more)


def _flat(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {place: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= _flat(inner, f"{place}.{key}" if place else key)
    return found


def _short(value: Any) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
