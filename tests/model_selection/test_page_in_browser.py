"""The page of a real report in a real browser: readable on small and large screens, light and dark."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.tree import DecisionTreeClassifier

from skdeep.model_selection import bias_variance_report

plt = pytest.importorskip("matplotlib.pyplot")
pytest.importorskip("jinja2")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# What the browser laid out: the width of page and window, and where figures and their texts are. The page stands in a
# frame, because no window is narrower than 500 pixels.
PROBE = """<script>
const box = element => { const r = element.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
const boxes = (part, selector) => [...part.querySelectorAll(selector)].map(box);
const texts = [...document.querySelectorAll("svg")].map(svg => boxes(svg, "text"));
const width = document.documentElement.scrollWidth;
const layout = {width, window: innerWidth, figures: boxes(document, "svg"), texts};
parent.document.body.dataset.layout = JSON.stringify(layout);
</script></body>"""
FRAME = '<!DOCTYPE html><body><iframe style="border: 0; height: 2600px; width: {}px" srcdoc="{}"></iframe></body>'


@pytest.fixture(scope="session")
def page():
    """Of a tree that is too small: bias, variance, a test part and a learning curve."""
    X, y = load_digits(return_X_y=True)
    tree = DecisionTreeClassifier(max_depth=6, random_state=0)
    rows = {"X_test": X[1300:], "y_test": y[1300:]}
    return bias_variance_report(tree, X[:1300], y[:1300], random_state=0, **rows).to_html()


@pytest.fixture(scope="session")
def browser():
    """The path of a Chromium, from the system or from Playwright."""
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    found += [str(path) for path in sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux/chrome"))]
    if not found:
        pytest.skip("needs a browser: none of " + ", ".join(BROWSERS) + " is installed.")
    return found[0]


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page in a window of some width, and returns what the browser writes."""

    def run(page, width, *options):
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        quiet = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        quiet += " --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars"
        profile, size = f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},2600"
        command = [browser, *quiet.split(), profile, size, *options, path.as_uri()]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=120).stdout

    return run


def layout(opened, page, width):
    framed = FRAME.format(width, html.escape(page.replace("</body>", PROBE)))
    dump = opened(framed, width + 100, "--dump-dom")
    return json.loads(html.unescape(re.search('data-layout="(.*?)"', dump)[1]))


@pytest.mark.parametrize("width", [400, 1400])
def test_a_browser_shows_all_of_the_page_at_any_width(width, opened, page):
    """No sideways scrolling, no text of a figure cut off or over another, and none too small to read."""
    seen = layout(opened, page, width)
    assert seen["width"] <= seen["window"] == width
    for texts in seen["texts"]:
        left, top, right, bottom = np.array(texts).T
        assert left.min() >= 0
        assert right.max() <= width
        across = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
        down = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
        np.fill_diagonal(across, 0)
        assert not np.any((across > 1) & (down > 4))  # a box of text is higher than its letters
        assert np.min(bottom - top) >= 11


def test_figures_stand_side_by_side_on_a_wide_page_only(opened, page):
    (wide, beside), (narrow, below) = (layout(opened, page, width)["figures"] for width in (1400, 400))
    assert wide[2] <= beside[0]
    assert wide[1] == beside[1]
    assert narrow[3] <= below[1]
    assert narrow[0] == below[0]


@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_is_light_or_dark_as_the_reader_prefers(width, opened, page, tmp_path):
    """Paper and letters change places, in the figures too; some of the page is in colour."""
    pictures = []
    for scheme in ("--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0"):
        opened(page, width, scheme, f"--screenshot={tmp_path / 'page.png'}")
        pictures.append(plt.imread(tmp_path / "page.png")[..., :3])
    light, dark = pictures
    assert light.shape[1] == dark.shape[1] == width
    assert np.median(light) > 0.95
    assert np.median(dark) < 0.15
    assert light.min() < 0.2
    assert dark.max() > 0.8
    assert np.ptp(light, axis=2).max() > 0.5
