"""TOML text in and out, and settings ``KEY=VALUE`` on top of it."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from tlsmc.errors import SpecError
from tlsmc.spec.table import shown


def read_toml(path: str | Path) -> tuple[dict[str, Any], str]:
    """Content and text of a TOML file."""
    try:
        source = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SpecError(f"{path}: cannot be read ({reason}); give the path of a TOML file") from None
    try:
        return tomllib.loads(source), source
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecError(f"{path}: is not TOML ({error}); mend that place") from None


def parse_setting(setting: str) -> tuple[str, Any]:
    """Key and value of ``KEY=VALUE``; a value that is not TOML is taken as a text."""
    key, separator, value = setting.partition("=")
    if not separator:
        raise SpecError(f"--set {shown(setting)}: is not KEY=VALUE; write for example population.defects=1000")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, KeyError):
        return key.strip(), value.strip()


def apply_setting(content: dict[str, Any], key: str, value: Any) -> None:
    """Put ``value`` at the dotted place ``key``, making the tables on the way."""
    names = key.split(".")
    if not all(names):
        raise SpecError(f"--set {shown(key)}: is not a dotted key; write for example population.defects")
    table = content
    for name in names[:-1]:
        inner = table.setdefault(name, {})
        if not isinstance(inner, dict):
            raise SpecError(f"--set {shown(key)}: {name} is not a table; check the key")
        table = inner
    table[names[-1]] = value


def written(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {written(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    # A text of JSON is one of TOML.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def document(content: dict[str, Any], place: str = "") -> str:
    """A dictionary as the text of a TOML file; what is three tables deep, a law or a grid, stands on one line."""
    inline = place.count(".") == 1
    plain = {key: value for key, value in content.items() if inline or not isinstance(value, dict)}
    lines = "".join(f"{_key(key)} = {written(value)}\n" for key, value in plain.items())
    for key, value in content.items():
        if key not in plain:
            inner = f"{place}.{_key(key)}" if place else _key(key)
            lines += f"\n[{inner}]\n{document(value, inner)}"
    return lines


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
