"""In what two specs differ."""

from __future__ import annotations

from typing import Any

from tlsmc.errors import StoreError
from tlsmc.spec.spec import Spec


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
