"""The page in a browser: nothing missing, no complaint, and nothing wider than the screen of a telephone.

Without a Chromium (Debian's chromium-headless-shell or chromium) these tests are skipped.
"""

import http.server
import json
import os
import shutil
import subprocess
import threading
from functools import partial

import pytest

from tests.reporting.fits import hostile, make_fit, with_posterior, with_rivals
from tests.reporting.pages import HOSTILE, make_run, read
from tlsmc.reporting import report

pytest.importorskip("matplotlib")

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, _NAMES)), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(_NAMES)} is there"),
]

#: What a page says of itself, written where the browser prints it.
PROBE = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><title>probe</title>
<iframe src="page.html" style="width:%dpx;height:800px;border:0"></iframe><pre id="found"></pre><script>
window.onload = () => {
  const frame = document.querySelector("iframe"), page = frame.contentDocument, view = frame.contentWindow;
  const width = page.documentElement.clientWidth;
  const inside = (node) => !node.parentElement.closest(".scroll, figure > div, svg");
  const wide = [...page.body.querySelectorAll("*")].filter((node) => inside(node)
    && node.getBoundingClientRect().right > width + 0.5).map((node) => node.tagName + "." + node.className);
  const sizes = [...page.querySelectorAll("svg")].map((svg) => svg.getBoundingClientRect());
  const texts = [...page.querySelectorAll("svg text")].map((text) => text.getBoundingClientRect().width);
  const color = (query) => view.getComputedStyle(page.querySelector(query));
  document.getElementById("found").textContent = JSON.stringify({
    width: width, scroll: page.documentElement.scrollWidth, wide: wide,
    images: sizes.length, empty: sizes.filter((box) => box.width < 200 || box.height < 100).length,
    hidden: texts.filter((size) => size <= 0).length, broken: [...page.images].filter((i) => !i.naturalWidth).length,
    title: page.title, background: color("body").backgroundColor, ink: color("body").color,
    card: color("figure > div").backgroundColor, loaded: view.performance.getEntriesByType("resource").length,
  });
};
</script>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a page on two runs, one with a hostile title, and a fit with all there can be; and its probes."""
    place = tmp_path_factory.mktemp("browser")
    runs = [make_run(), make_run(title=HOSTILE, defects=1_000, only=("dephasing",))]
    fitted = hostile(with_rivals(with_posterior(make_fit())))
    (place / "page.html").write_text(report([*runs, fitted]), encoding="utf-8")
    for width in (360, 1280):
        (place / f"probe{width}.html").write_text(PROBE % width, encoding="utf-8")
    return place


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and remembers what was asked for."""

    asked: list[str]

    def log_message(self, *_):
        self.asked.append(self.path)


@pytest.fixture
def served(folder):
    """Address of the folder on this machine, and the paths asked for so far."""
    handler = type("Handler", (_Quiet,), {"asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()
        thread.join()


def browse(folder, *arguments):
    """Run the browser without a screen; returns what it printed and what it complained of."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    profile = [f"--user-data-dir={folder / 'profile'}", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage"]
    command = [
        BROWSER,
        "--headless",
        *sandbox,
        *profile,
        "--enable-logging=stderr",
        "--window-size=1400,1000",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def probe(folder, address, width, *arguments):
    """What the page is like on a screen of some width."""
    printed, complaints = browse(
        folder, *arguments, "--virtual-time-budget=20000", "--dump-dom", f"{address}/probe{width}.html"
    )
    assert complaints == []
    text = printed.partition('<pre id="found">')[2].partition("</pre>")[0]
    return json.loads(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_missing_or_wider_than_the_screen(folder, served, width):
    address, asked = served
    found = probe(folder, address, width)
    assert found["width"] in range(width - 20, width + 1)
    assert found["scroll"] <= found["width"]
    assert found["wide"] == []
    page = read((folder / "page.html").read_text(encoding="utf-8"))
    assert found["images"] == len(page.all("svg")) > 10
    assert (found["empty"], found["hidden"], found["broken"]) == (0, 0, 0)
    assert found["title"] == "Report on 2 runs and 1 fit"
    assert found["loaded"] == 0
    assert set(asked) == {f"/probe{width}.html", "/page.html"}


def test_dark_and_light(folder, served):
    address, _ = served
    light = probe(folder, address, 1280)
    dark = probe(folder, address, 1280, "--blink-settings=preferredColorScheme=0")
    assert light["background"] == "rgb(253, 253, 252)"
    assert dark["background"] == "rgb(22, 24, 26)"
    assert light["ink"] != dark["ink"]
    # Figures are drawn in dark colours: their card is light in both.
    assert light["card"] == dark["card"] == "rgb(255, 255, 255)"


def test_it_prints(folder):
    browse(folder, f"--print-to-pdf={folder / 'page.pdf'}", (folder / "page.html").as_uri())
    assert (folder / "page.pdf").read_bytes().startswith(b"%PDF-")
    assert (folder / "page.pdf").stat().st_size > 50_000


def test_the_probe_notices_a_page_that_is_too_wide(folder, served):
    page = (folder / "page.html").read_text(encoding="utf-8")
    bad = page.replace("<main>", '<main><p style="width:500px">wide</p><img alt="" src="missing.png">', 1)
    (folder / "bad.html").write_text(bad, encoding="utf-8")
    (folder / "probe361.html").write_text((PROBE % 360).replace("page.html", "bad.html"), encoding="utf-8")
    address, _ = served
    with pytest.raises(AssertionError, match="CONSOLE"):
        # The policy of the page refuses the picture, and the browser says so.
        probe(folder, address, 361)
    printed, _ = browse(folder, "--virtual-time-budget=20000", "--dump-dom", f"{address}/probe361.html")
    found = json.loads(printed.partition('<pre id="found">')[2].partition("</pre>")[0])
    assert found["scroll"] > found["width"]
    assert found["wide"] == ["P."]
    assert found["broken"] == 1
