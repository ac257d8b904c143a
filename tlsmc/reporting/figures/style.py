"""How figures look and how they are written."""

import io
import math
import textwrap
import warnings
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend_handler import HandlerTuple
from numpy.typing import NDArray

from tlsmc.errors import SpecError
from tlsmc.formatting import counted
from tlsmc.results.run import Run

_LEFT = 0.01
#: Width of a letter of the title in inches.
_TITLE_LETTER = 0.102
INK, GREY, PALE = "#222222", "#6b6b6b", "#e4e4e4"

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    # Verdana has the widths of DejaVu Sans, for readers of an SVG who have no DejaVu.
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": 9.5,
    **dict.fromkeys(("font.size", "axes.labelsize"), 9.0),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize"), 8.0),
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), INK),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), GREY),
    **dict.fromkeys(("legend.frameon", "axes.spines.top", "axes.spines.right"), False),
    **dict.fromkeys(("axes.grid", "axes.axisbelow"), True),
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.7),
    **dict.fromkeys(("xtick.minor.width", "ytick.minor.width"), 0.5),
    "lines.solid_capstyle": "round",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "tlsmc",
    "pdf.fonttype": 42,
}

_SVG_FONTS = b"font-family: 'DejaVu Sans', 'Verdana', sans-serif;"

#: What each format would write of date and program, left out: equal figures are equal files.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


def styled() -> AbstractContextManager[None]:
    """The style, within a ``with`` block."""
    return matplotlib.rc_context(_STYLE)


def save_figure(figure: Figure, base: str | Path, formats: Iterable[str] = ("png", "svg")) -> list[Path]:
    """Write a figure; equal figures give equal bytes.

    Parameters
    ----------
    figure
        A figure of matplotlib.
    base
        Folder and beginning of the file names: ``out/gold`` gives ``out/gold.png``, ...
    formats
        Of "png", "svg" and "pdf".

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    SpecError
        A format is unknown, or a file cannot be written.

    Examples
    --------
    >>> run = tlsmc.open_run("small.h5")
    >>> [path.name for path in tlsmc.reporting.save_figure(tlsmc.reporting.overview(run), "gold", ["svg"])]
    ['gold.svg']
    """
    paths = {name: Path(f"{base}.{name}") for name in formats}
    for name in paths:
        if name not in _METADATA:
            raise SpecError(f"format {name!r} is not known; choose of {', '.join(_METADATA)}")
    for name, path in paths.items():
        try:
            path.write_bytes(rendered(figure, name))
        except OSError as error:
            raise SpecError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    return list(paths.values())


def svg_text(figure: Figure) -> str:
    """A figure as the text of an SVG file."""
    return rendered(figure, "svg").decode()


def rendered(figure: Figure, name: str) -> bytes:
    """The file of a figure in one format."""
    image = io.BytesIO()
    with styled(), warnings.catch_warnings():
        if name == "svg":
            # Its texts are texts: whoever looks at it has other fonts.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure.savefig(image, format=name, dpi=150, metadata=_METADATA[name])
    content = image.getvalue()
    if name == "svg":
        # Formulas are set in one font only; readers without it would see another kind of letters.
        content = content.replace(b"font-family: 'DejaVu Sans';", _SVG_FONTS)
    return content


def panels(
    count: int, columns: int, size: tuple[float, float], more: float, **shared: Any
) -> tuple[Figure, NDArray[Any]]:
    """A figure of ``count`` panels and their grid; ``size`` is that of the figure for each row, and ``more`` of all."""
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(size[0], size[1] * rows + more), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **shared)
    for ax in grid.flat[count:]:
        ax.set_visible(False)
    return figure, grid


def curve_words(name: str) -> str:
    """Name of a curve in words."""
    return name.replace("_", " ").replace(".", ", ")


def instead(ax: Axes, words: str, height: float = 0.5) -> None:
    """Say within a panel why it is empty."""
    ax.text(0.5, height, words, transform=ax.transAxes, color=GREY, ha="center", va="center")


def provenance_line(run: Run) -> str:
    """How large the run is, and what identifies it."""
    layout = run.spec.layout
    parts = [counted(run.defects, "defect") + (f" in {layout.samples} samples" if layout.samples > 1 else "")]
    parts += [layout.seed_text, f"digest {run.digest()[:12]}"]
    if not run.complete:
        # Rounded down: an unfinished run is never at 100 %.
        parts.append(f"unfinished: {int(100.0 * run.sums.done.mean())} % of blocks")
    return "  ·  ".join(parts)


def frame(figure: Figure, run: Run, subtitle: str, legend: Sequence[tuple[Any, str]], note: str = "") -> Figure:
    """Title at the top, legend of line kinds, provenance and a note at the bottom; lays out the panels in between."""
    inch = 1.0 / figure.get_figheight()
    footer = "\n".join(line for line in (provenance_line(run), note) if line)
    heading(figure, run.spec.title or "Run", subtitle, footer)
    bottom = (0.36 if note else 0.22) * inch
    # At most three entries fit a row of a narrow figure.
    columns = len(legend) if figure.get_figwidth() > 7.0 or len(legend) < 4 else 2
    handles, labels = zip(*legend, strict=True)
    style: dict[str, Any] = {"loc": "lower center", "ncols": columns, "handlelength": 2.6, "columnspacing": 2.2}
    style["handler_map"] = {tuple: HandlerTuple(ndivide=1, pad=0.0)}
    figure.legend(handles, labels, bbox_to_anchor=(0.5, bottom), **style).set_in_layout(False)
    return settle(figure, bottom + (0.10 + 0.18 * math.ceil(len(legend) / columns)) * inch)


def printable(text: str) -> str:
    """A text without control characters, which would make an SVG that nothing reads."""
    return "".join(c if c.isprintable() else " " for c in text)


def heading(figure: Figure, title: str, subtitle: str, footer: str) -> None:
    """Title and subtitle at the top, small print at the bottom."""
    inch = 1.0 / figure.get_figheight()
    short = textwrap.shorten(printable(title), int(figure.get_figwidth() / _TITLE_LETTER), placeholder=" …")
    figure.text(_LEFT, 1.0 - 0.10 * inch, short, fontsize=11.0, fontweight="bold", va="top", parse_math=False)
    figure.text(_LEFT, 1.0 - 0.33 * inch, subtitle, color=GREY, va="top")
    figure.text(_LEFT, 0.07 * inch, footer, fontsize=7.0, color=GREY, va="bottom", linespacing=1.3)


def settle(figure: Figure, bottom: float) -> Figure:
    """Lay out the panels between the heading and ``bottom``, a share of the height."""
    inch = 1.0 / figure.get_figheight()
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(rect=(0.003, bottom, 0.99, 1.0 - 0.55 * inch - bottom))
    # Once for all formats: laying out takes as long as drawing.
    engine.execute(figure)
    figure.set_layout_engine("none")
    # The order in which the layout is solved depends on addresses in memory, and the last bits with it.
    for ax in figure.axes:
        left, low, width, height = (round(side, 6) for side in ax.get_position(original=True).bounds)
        ax.set_position((left, low, width, height))
    return figure
