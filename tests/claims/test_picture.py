"""analysis/claims.py draws every claim that has a ratio."""

import importlib.util
import math

import pytest

from tests.library import ROOT
from tlsmc.reporting.figures import save_figure


@pytest.fixture(scope="module")
def script():
    place = importlib.util.spec_from_file_location("claims_picture", ROOT / "analysis" / "claims.py")
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def test_the_picture(audited, script, tmp_path):
    found = audited("paper")
    figure = script.draw(found)
    (ax,) = figure.axes
    rows = [c for c in found.claims if c.relation not in ("bound", "none") and math.isfinite(c.ratio)]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert [label.partition(":")[0] for label in labels] == [c.place for c in rows]
    outside = [c for c in rows if not script.ENDS[0] < c.ratio < script.ENDS[1]]
    titles = [title for title, claims in found.topics if any(c in rows for c in claims)]
    assert len(ax.texts) == len(outside) + len(titles)
    written = save_figure(figure, tmp_path / "claims")
    assert sorted(path.name for path in written) == ["claims.png", "claims.svg"]
