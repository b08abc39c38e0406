"""The built site, where there is one: its links, what it loads, and every page in a real browser."""

import json
import re
import shutil
import subprocess
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(__file__).parents[1] / "docs" / "_build" / "html"
PAGES = sorted(page for page in SITE.rglob("*.html") if "_static" not in page.parts)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 300  # seconds for all pages
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    *("--allow-file-access-from-files", "--enable-logging=stderr", "--v=0"),
]
# What the theme is pleased to tell, and what scikit-learn 1.9 says of every fitted transformer that is shown as HTML.
NOISE = ("[PST]", "Expected copy-paste icon")
# Opens one page after the other in a frame, at two widths, and writes to the console what it sees.
VISITOR = """<!DOCTYPE html><body><iframe id="frame" style="border: 0; height: 2000px"></iframe><script>
const pages = PAGES;
const frame = document.getElementById("frame");
const colours = page => {
  const style = page.defaultView.getComputedStyle(page.body);
  return [style.backgroundColor, style.color];
};
const visit = () => {
  if (frame.contentDocument.location.href !== "about:blank") {
    const page = frame.contentDocument;
    const widths = [400, 1400].map(width => {
      frame.style.width = width + "px";
      return page.documentElement.scrollWidth;
    });
    console.log("SEEN " + JSON.stringify([page.location.href, widths, colours(page)]));
  }
  if (pages.length) frame.src = pages.pop();
  else console.log("DONE");
};
frame.addEventListener("load", visit);
frame.src = pages.pop();
</script></body>"""

pytestmark = pytest.mark.skipif(not PAGES, reason="needs the built site: make docs")


class Links(HTMLParser):
    """The places of a page that can be linked to, what it links to and what it loads."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.targets, self.loaded = set(), set(), set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids.add(values.get("id"))
        loads = tag in {"script", "img", "source", "iframe"} or values.get("rel") in {"stylesheet", "preload"}
        for link in filter(None, (values.get("href"), values.get("src"))):
            (self.loaded if loads else self.targets).add(link)


@pytest.fixture(scope="module")
def links():
    return {page: Links(page) for page in PAGES}


def broken(page, link, links):
    """Whether a link to a file or a place within the site leads nowhere."""
    parts = urlsplit(link)
    if parts.scheme:
        return False
    file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    place = unquote(parts.fragment)
    return not file.exists() or (place and file in links and place not in links[file].ids)


def test_every_link_within_the_site_leads_to_a_file_and_a_place(links):
    every = [(page, link) for page, own in links.items() for link in own.targets | own.loaded]
    assert len(every) > 1000
    assert [(page.name, link) for page, link in every if broken(page, link, links)] == []


def test_no_page_loads_anything_from_elsewhere(links):
    assert {link for own in links.values() for link in own.loaded if "//" in link} == set()


@pytest.fixture(scope="module", params=["light", "dark"])
def visited(request, tmp_path_factory):
    """What a browser that prefers light or dark has seen: the scheme, what each page looked like, and the console."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("needs a browser: none of " + ", ".join(BROWSERS) + " is installed.")
    folder = tmp_path_factory.mktemp("browser")
    visitor = folder / "visitor.html"
    visitor.write_text(VISITOR.replace("PAGES", json.dumps([page.as_uri() for page in PAGES])), encoding="utf-8")
    scheme = f"--blink-settings=preferredColorScheme={['dark', 'light'].index(request.param)}"
    command = [browser, *FLAGS, scheme, f"--user-data-dir={folder / 'profile'}", visitor.as_uri()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as process:
        timer = threading.Timer(PATIENCE, process.kill)  # a page that never loads is then missing
        timer.start()
        console = list(console_until_done(process.stderr))
        timer.cancel()
        process.kill()
    seen = [json.loads(line.removeprefix("SEEN ")) for line in console if line.startswith("SEEN ")]
    return request.param, seen, [line for line in console if not line.startswith("SEEN ")]


def console_until_done(stderr):
    for line in stderr:
        message = re.search(r':CONSOLE[:(]\d+\)?\] "(.*)", source:', line)
        if message and message[1] == "DONE":
            return
        if message and not message[1].startswith(NOISE):
            yield message[1].replace('\\"', '"')


def test_every_page_opens_without_a_message_on_the_console(visited):
    _, seen, messages = visited
    assert len(seen) == len(PAGES)
    assert messages == []


def test_no_page_scrolls_sideways_on_a_small_or_a_large_screen(visited):
    _, seen, _ = visited
    assert [(page, width) for page, width, _ in seen if width != [400, 1400]] == []


def test_every_page_is_light_or_dark_as_the_reader_prefers(visited):
    scheme, seen, _ = visited
    for page, _, colours in seen:
        paper, letters = (sum(map(int, re.findall(r"\d+", colour)[:3])) / 765 for colour in colours)
        assert (paper > 0.9 and letters < 0.3) if scheme == "light" else (paper < 0.2 and letters > 0.7), page
