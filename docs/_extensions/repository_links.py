"""Relative links of Markdown files that pages include: to the page that has the file, or to the file itself."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([\w./-]+)(#[\w-]+)?\)")
# Pages that hold a file of the repository, or stand for a folder.
PAGES = {
    "README.md": "index",
    "GUARANTEES.md": "guarantees",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "benchmarks": "measuring",
    "benchmarks/README.md": "measuring",
    "benchmarks/RESULTS.md": "benchmarks",
    "examples": "auto_examples/index",
}


def target(path):
    """What a page links to for a file or folder of the repository, given by its path there."""
    if path in PAGES:
        return f"/{PAGES[path]}.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs")
    if path.startswith("examples/plot_"):
        return f"/auto_examples/{Path(path).stem}.rst"
    return f"path:/../{path}"


def _rewrite(app, included, docname, content):
    folder = (Path(app.srcdir) / included).resolve().parent

    def rewritten(link):
        path = os.path.relpath(folder / link[1], ROOT)
        return f"]({target(path)}{link[2] or ''})" if (ROOT / path).exists() else link[0]

    content[0] = LINK.sub(rewritten, content[0])


def setup(app):
    """Rewrite the links when a file is included."""
    app.connect("include-read", _rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
