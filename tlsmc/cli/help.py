"""``tlsmc help``: the pages of the manual, which is installed with the package."""

import contextlib
import io
import re
import sys
from argparse import ArgumentParser, Namespace
from importlib import resources

from tlsmc.cli import COMMANDS, parser
from tlsmc.cli.output import print_json
from tlsmc.errors import SpecError, suggestion
from tlsmc.formatting import table


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Print a page of the manual, or the options of a command; without a name, list the pages."
    parser.add_argument("topic", nargs="?", help="page or command, e.g. laws")


def run(options: Namespace) -> None:
    """Print one page, through a pager on a terminal, or list all of them."""
    pages = _pages()
    topic = options.topic
    if topic is None:
        titles = {name: text.partition("\n")[0].removeprefix("# ") for name, text in pages.items()}
        if options.json:
            print_json(titles)
        else:
            print("\n".join(table([(name, _plain(title)) for name, title in titles.items()], left=2, indent="")))
        return
    if topic not in pages and topic not in COMMANDS:
        raise SpecError(f"help: there is no page {topic!r}; {suggestion(topic, [*pages, *COMMANDS])}")
    text = pages[topic] if topic in pages else _usage(topic)
    if options.json:
        print_json({"topic": topic, "text": text})
    elif sys.stdout.isatty():
        import pydoc

        pydoc.pager(_plain(text))
    else:
        print(_plain(text), end="")


def _pages() -> dict[str, str]:
    """Pages by name, in the order of the numbers before their names."""
    files = (resources.files("tlsmc") / "manual").iterdir()
    texts = {file.name: file.read_text(encoding="utf-8") for file in files if file.name.endswith(".md")}
    return {name[3:-3]: text for name, text in sorted(texts.items())}


def _usage(command: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.suppress(SystemExit):
        parser([command]).parse_args([command, "--help"])
    return output.getvalue()


def _plain(markdown: str) -> str:
    """A page as a terminal shows it: no marks of generated parts, no links to other pages, no escapes."""
    text = re.sub(r"<!--.*?-->\n", "", markdown)
    return re.sub(r"\\([*<])", r"\1", re.sub(r"\[([^\]]+)\]\([\w-]+\.md\)", r"\1", text))
