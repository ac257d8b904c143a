"""The picture of the README, from the run of the gold wire.

tlsmc run runs/gold_wire.toml && python analysis/readme_figure.py gold_wire.h5
"""

from __future__ import annotations

import argparse
from pathlib import Path

import tlsmc
from tlsmc.reporting.figures import overview, save_figure

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", help="run file of runs/gold_wire.toml")
    parser.add_argument(
        "-o", "--output", default=HERE / "figures" / "gold_wire.svg", type=Path, help="picture to write"
    )
    options = parser.parse_args()
    run = tlsmc.open_run(options.file)
    for path in save_figure(overview(run), options.output.with_suffix(""), [options.output.suffix.lstrip(".")]):
        print(path)


if __name__ == "__main__":
    main()
