"""The pages under docs/: every public name has one, links lead to files, scripts print what stands below them."""

import contextlib
import doctest
import importlib
import io
import re
from pathlib import Path

import pytest

import skdeep
from skdeep._documentation_link import documentation_site

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = {"_build", "api", "auto_examples"}
PAGES = sorted(page for page in DOCS.rglob("*.md") if not MADE & set(page.relative_to(DOCS).parts))
MODULES = ["neural_network", "model_selection", "inspection", "augmentation", "plotting", "onnx", "core"]
# They need clusters and packages that are absent here; tests/model_selection/test_clusters.py and
# tests/test_neighbours.py do what their scripts do.
TESTED_ELSEWHERE = {"clusters", "neighbours"}
#: What a page may need that need not be here.
EXTRAS = {"matplotlib", "onnxruntime", "rich", "skl2onnx", "sklearn.callback"}
# In [text](target), {doc}`text <target>`, {doc}`target`, ":link: target" and "{include} target".
LINKS = [
    r"\]\(([^)\s]+)\)",
    r"{doc}`[^`<]*<([^>]+)>`",
    r"{doc}`([^`<]+)`",
    r"^:link: (\S+)",
    r"^```{include} (\S+)",
]
# A script, and what it prints if a block of text follows.
SCRIPT = re.compile(r"^```python\n((?!>>>).*?)^```\n(?:\n```text\n(.*?)^```)?", flags=re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(not PAGES, reason="the pages are not here")


def name_of(page):
    return page.relative_to(DOCS).with_suffix("").as_posix()


def read(page):
    return page.read_text(encoding="utf-8")


def without_code(text):
    return re.sub(r"^```python.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def listed_in_the_api():
    """The names that api.md gives pages: of each the module and the name in it."""
    module = ""
    for line in read(DOCS / "api.md").splitlines():
        if line.startswith(".. currentmodule::"):
            module = line.split()[-1]
        elif re.fullmatch(r"   [A-Za-z]\w*", line):
            yield module, line.strip()


def exists(page, link):
    """Whether there is what a page, or an image of the gallery, will be made of."""
    path, _, _ = link.partition("#")
    if example := re.fullmatch(r"/?auto_examples/(?:images/sphx_glr_)?(\w+?)(?:_\d{3}\.png|\.rst)?", path):
        return example[1] == "index" or (ROOT / "examples" / f"{example[1]}.py").exists()
    file = DOCS / path[1:] if path.startswith("/") else page.parent / path
    return file.exists() or file.with_name(f"{file.name}.md").exists()


@pytest.mark.parametrize("name", skdeep.__all__)
def test_every_name_of_the_package_is_in_the_api_reference(name):
    assert re.search(rf"\bskdeep\.{name}\b", read(DOCS / "api.md"))


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_of_a_module_is_in_the_api_reference(module):
    """With a page of its own; a table with an entry; what another module has as well, with a reference to it."""
    home = f"skdeep.{module}"
    section = read(DOCS / "api.md").split(f"\n## {home}\n")[1].split("\n## ")[0]
    entries = re.findall(r"\.\. data:: (\w+)", section) + re.findall(r"`~skdeep\.\w+\.(\w+)`", section)
    listed = {name for listing, name in listed_in_the_api() if listing == home}
    assert set(importlib.import_module(home).__all__) - listed - set(entries) == set()


def test_the_api_reference_lists_nothing_that_is_not_there():
    assert [name for home, name in listed_in_the_api() if name not in importlib.import_module(home).__all__] == []


def test_the_html_representation_of_what_is_ours_links_to_a_page_that_the_site_has():
    """The site has api/<module>.<name>.html for every name that api.md lists."""
    pages = {f"{documentation_site()}/api/{home}.{name}.html": (home, name) for home, name in listed_in_the_api()}
    linked = {}
    for page, (home, name) in pages.items():
        kind = getattr(importlib.import_module(home), name)
        if hasattr(kind, "_doc_link_module"):
            linked[page] = kind._get_doc_link(object.__new__(kind))
    assert len(linked) == 8
    assert all(page == link for page, link in linked.items())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_to_files(page):
    text = without_code(read(page))
    links = [link for pattern in LINKS for link in re.findall(pattern, text, flags=re.MULTILINE)]
    assert [link for link in links if "://" not in link and not link.startswith("#") and not exists(page, link)] == []


def run(script, names):
    """Or skip what needs a package, or a scikit-learn, that is not here."""
    try:
        exec(script, names)
    except ModuleNotFoundError as error:
        if error.name in EXTRAS:
            pytest.skip(f"needs {error.name}")
        raise


WITH_SCRIPTS = [page for page in PAGES if SCRIPT.search(read(page)) and name_of(page) not in TESTED_ELSEWHERE]


@pytest.mark.deep
@pytest.mark.parametrize("page", WITH_SCRIPTS, ids=name_of)
def test_the_scripts_of_a_page_print_what_stands_below_them(page):
    """In words: numbers differ from machine to machine. Later scripts of a page go on from the earlier ones."""
    names, flags = {}, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for script, expected in SCRIPT.findall(read(page)):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            run(compile(script, str(page), "exec"), names)
        if expected:
            want, got = (re.sub(r"[-+]?\d+(\.\d+)?", "0", text) for text in (expected, out.getvalue()))
            assert doctest.OutputChecker().check_output(want, got, flags), out.getvalue()
