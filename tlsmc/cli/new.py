"""``tlsmc new``: specs to start from."""

import contextlib
import tomllib
from argparse import ArgumentParser, Namespace
from importlib import resources
from pathlib import Path
from typing import Any

from tlsmc.cli.output import print_json
from tlsmc.errors import SpecError, StoreError, suggestion
from tlsmc.formatting import table


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("preset", nargs="?", help="name of a study, e.g. gold_wire")
    parser.add_argument("-o", "--output", help="file to write (default: stdout)")


def run(options: Namespace) -> None:
    """Write a preset, or list all of them."""
    presets = {file.stem: file for file in _folder().glob("*.toml")}
    contents = {name: tomllib.loads(presets[name].read_text(encoding="utf-8")) for name in sorted(presets)}
    titles = {name: str(content.get("title", "")) for name, content in contents.items()}
    if options.preset is None:
        if options.json:
            print_json(titles)
        else:
            print("\n".join(table(list(titles.items()), left=2, indent="")))
        return
    if options.preset not in presets:
        raise SpecError(f"new: {options.preset!r} is not known; {suggestion(options.preset, titles)}")
    text = presets[options.preset].read_text(encoding="utf-8")
    if options.output is None:
        print_json({"preset": options.preset, "text": text}) if options.json else print(text, end="")
        return
    try:
        with Path(options.output).open("x", encoding="utf-8") as file:
            file.write(text)
        _copy_data(contents[options.preset], Path(options.output).parent)
    except FileExistsError:
        raise SpecError(f"-o {options.output}: exists already; choose another name") from None
    except OSError as error:
        raise StoreError(f"-o {options.output}: cannot be written ({error.strerror}); choose another place") from None
    print_json({"file": options.output}) if options.json else print(f"tlsmc run {options.output}")


def _copy_data(content: dict[str, Any], folder: Path) -> None:
    """Copy the data that a study fits beside it; a file that is there already stays."""
    for entry in content.get("fit", {}).get("data", {}).values():
        name = Path(entry["file"]).name
        with contextlib.suppress(FileExistsError), (folder / name).open("xb") as file:
            file.write((_folder() / name).read_bytes())


def _folder() -> Path:
    """The studies of runs/: beside the package in a checkout, installed with it elsewhere."""
    package = Path(str(resources.files("tlsmc")))
    installed = package / "presets"
    return installed if installed.is_dir() else package.parent / "runs"
