"""Tables of the README and the manual that are made from the code: what is between ``<!-- table: NAME -->`` and an end.

    python -m tests.docs.tables [--write]

prints which pages are not what the code says, or writes them.
"""

import argparse
import importlib
import inspect
import re
import sys
import textwrap
from dataclasses import MISSING
from types import SimpleNamespace

import tlsmc
from tests.docs.pages import MARKED, PAGES, TOPICS
from tlsmc.cli import parser
from tlsmc.measurements.backgrounds import BACKGROUNDS
from tlsmc.observables.quantities import QUANTITIES
from tlsmc.populations.fields import described
from tlsmc.results.curve import curve_names
from tlsmc.spec.material import PRESETS, Material
from tlsmc.spec.registry import LAWS, MODELS, OBSERVABLES
from tlsmc.units import KINDS


def filled(text):
    """A page with its tables made anew."""
    return MARKED.sub(lambda mark: f"{mark[1]}{TABLES.get(mark[2], str)()}\n{mark[3]}", text)


# Markdown


def table(header, rows):
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def code(*names):
    """Names in the marks of code."""
    return ", ".join(f"`{name}`" for name in names)


def wrapped(text):
    """A paragraph in lines that a terminal can show."""
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def escaped(text):
    """A text in which stars and angle brackets are no marks of Markdown, but for what is in marks of code."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"(\*|<(?=[\w/!?]))", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def prose(documented):
    """Summary and text of a docstring in Markdown, without the sections that only programs need."""
    text = re.split(r"\n\n(?:Source:|\w+\n---)", inspect.getdoc(documented))[0]
    text = re.sub(r":\w+:`~?([^`]*)`", r"``\1``", text).replace("``", "`")
    # A star or an angle bracket outside of code is a mark of Markdown.
    parts = text.split("`")
    parts[::2] = [re.sub(r"(\*|<(?=[\w/!?]))", r"\\\1", part) for part in parts[::2]]
    summary, _, rest = "`".join(parts).partition("\n\n")
    return re.sub(r"(?<!\.)\.$", "", " ".join(summary.split())), "\n\n".join(
        wrapped(" ".join(p.split())) for p in rest.split("\n\n")
    )


def _of_toml(value):
    return f'"{value}"' if isinstance(value, str) else "[]" if value == () else repr(value)


def _default(field):
    return "" if field.default is MISSING else f", {code(_of_toml(field.default))}"


# What a spec may hold


def kinds():
    rows = ((kind, code(f'"{example}"' if inside else example), inside) for kind, (_, example, inside) in KINDS.items())
    return table(("kind", "example", "inside, with units"), rows)


def laws():
    rows = []
    for name in LAWS.names():
        parameters = described(LAWS.find(name))
        kinds = ", ".join(f"{code(field.name)} {info.kind}" for field, info in parameters)
        defaults = code(*(f"{f.name} = {_of_toml(f.default)}" for f, _ in parameters if f.default is not MISSING))
        rows.append((code(name), kinds, defaults, prose(LAWS.find(name))[0]))
    return table(("law", "parameters", "default", "meaning"), rows)


def models():
    rows = []
    for name in MODELS.names():
        model = MODELS.find(name)
        sets = " or ".join(code(*names) for names in model.PARAMETERS)
        kinds = ", ".join(f"{code(key)} {kind}" for key, kind in model.KINDS.items())
        rows.append((code(name), sets, kinds, prose(model)[0]))
    return table(("model", "parameters", "kinds", "meaning"), rows)


def material():
    rows = [(code(field.name), info.kind, escaped(info.meaning)) for field, info in described(Material)]
    return table(("key", "kind", "meaning"), [(code("preset"), "name", "a metal, of the table below"), *rows])


def presets():
    keys = sorted({key for preset in PRESETS.values() for key in preset})
    rows = [(code(name), *(code(PRESETS[name][key]) for key in keys)) for name in sorted(PRESETS)]
    return table(("preset", *map(code, keys)), rows)


def observables():
    rows = []
    for name in OBSERVABLES.names():
        kind = OBSERVABLES.find(name)
        needs = code(*(info.material for _, info in described(kind) if info.material))
        curves = code(*curve_names(SimpleNamespace(name=name, observable=kind)))
        rows.append((code(name), code(*kind.MODELS), ", ".join(kind.AXES), needs, curves))
    return table(("observable", "model", "axes", "needs", "curves"), rows)


def observable_texts():
    return "\n\n".join(map(_observable_text, OBSERVABLES.names()))


def _observable_text(name):
    kind = OBSERVABLES.find(name)
    summary, text = prose(kind)
    options = [f"* option {_option(f, info)}" for f, info in described(kind) if not info.material]
    return "\n\n".join(filter(None, (f"## {code(name)}", wrapped(f"{summary}."), text, "\n".join(options))))


def _option(field, info):
    """An option: its values, the default first, or the kind of quantity that it is and its default, if any."""
    if info.options:
        values = (field.default, *(option for option in info.options if option != field.default))
        return f"{code(field.name)}: {code(*values)}"
    return f"{code(field.name)}: {info.kind}{_default(field)}"


# Fits


def quantities():
    rows = []
    for name, quantity in QUANTITIES.items():
        predicted = ", ".join(f"{code(kind)} ({model})" for model, (kind, _) in quantity.observables.items())
        unit = code(quantity.dimension.unit or "1")
        rows.append((code(name), escaped(quantity.meaning), unit, predicted, code(*quantity.headings)))
    header = ("quantity", "what it is", "unit, or one like it", "predicted by (for model)", "headings of its column")
    return table(header, rows)


def backgrounds():
    rows = (
        (code(name), code(*(c.name for c in background.coefficients)), prose(background.function)[0])
        for name, background in BACKGROUNDS.items()
    )
    return table(("background", "coefficients", "meaning"), rows)


# Commands


def commands():
    """All commands by name, with their parsers and what each is for in a few words."""
    (action,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    texts = {choice.dest: choice.help for choice in action._choices_actions}
    return {name: (command, texts[name]) for name, command in action.choices.items()}


def command_table():
    rows = [(code(_usage(name, command)), escaped(text)) for name, (command, text) in commands().items()]
    return table(("command", "does"), rows)


def _usage(name, command):
    words = ["tlsmc", name]
    for action in command._actions:
        if not action.option_strings:
            word = action.dest.upper()
            words.append({"?": f"[{word}]", "+": f"{word} ..."}.get(action.nargs, word))
    return " ".join(words)


def options():
    parts = []
    for name, (command, text) in commands().items():
        rows = [(_spelt(a), _said(a)) for a in command._actions if "--help" not in a.option_strings]
        heading = code(_usage(name, command))
        about = wrapped(" ".join((command.description or f"{text[0].upper()}{text[1:]}.").split()))
        parts.append(f"### {heading}\n\n{about}\n\n{table(('argument', 'meaning'), rows)}")
    return "\n\n".join(parts)


def _spelt(action):
    if not action.option_strings:
        return code(action.dest.upper())
    value = "" if action.nargs == 0 else f" {action.metavar or (action.dest.upper() if not action.choices else '')}"
    return ", ".join(code(f"{option}{value.rstrip()}") for option in action.option_strings)


def _said(action):
    chosen = f"{code(*action.choices)}; " if action.choices else ""
    return escaped(f"{chosen}{action.help}")


# Python


def names_of(module):
    """Public names of a module and what each is."""

    def rows():
        made = importlib.import_module(module)
        for name in made.__all__:
            value = getattr(made, name)
            yield code(f"{module}.{name}"), prose(value)[0]

    return lambda: table(("name", "what it is"), rows())


def pages():
    lines = []
    for topic, page in TOPICS.items():
        answers = page.text.partition("\n")[0].partition(": ")[2]
        lines.append(f"* [`{topic}`]({page.name}): {answers}")
    return "\n".join(lines)


TABLES = {
    "kinds": kinds,
    "laws": laws,
    "models": models,
    "material": material,
    "presets": presets,
    "observables": observables,
    "observable texts": observable_texts,
    "quantities": quantities,
    "backgrounds": backgrounds,
    "commands": command_table,
    "options": options,
    "pages": pages,
    "citation": lambda: f"```text\n{tlsmc.citation()}\n```",
    **{f"{room} names": names_of(f"tlsmc.{room}") for room in ("closed_forms", "diagnostics", "fitting", "reporting")},
    "public names": names_of("tlsmc"),
}


def main():
    options = argparse.ArgumentParser(description="Compare the tables of the pages with the code, or write them.")
    options.add_argument("--write", action="store_true", help="write what differs")
    write = options.parse_args().write
    stale = [page for page in PAGES if filled(page.text) != page.text]
    for page in stale:
        if write:
            page.path.write_text(filled(page.text), encoding="utf-8")
        print(f"{page.name}: {'written' if write else 'is not what the code says'}")
    return int(bool(stale) and not write)


if __name__ == "__main__":
    sys.exit(main())
