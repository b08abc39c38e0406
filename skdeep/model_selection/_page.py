"""A report as HTML in one piece: words, tables and figures, with nothing to fetch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from typing import Any

NEEDED = ("jinja2", "matplotlib")
WIDTH = 4.6  # inches: letters of 10 points are readable where a page is 400 pixels wide
INK = "#123456"  # drawn with, then replaced by the colour of the text around the figure
STYLE = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    "grid.color": "#888888",
    "svg.fonttype": "none",  # text stays text: in the reader's own font, found by a search
}


def render_page(report: Any) -> str:
    """The report as a whole page, light or dark as the reader prefers.

    Parameters
    ----------
    report : BiasVarianceReport
        What to show.

    Returns
    -------
    str
        HTML; the same for the same report.

    Raises
    ------
    ImportError
        Without Jinja2 or matplotlib.
    """
    for package in NEEDED:
        if find_spec(package) is None:
            raise ImportError(f"to_html needs {package}: pip install 'skdeep[report]'.")
    return _render("page.html", report)


def render_fragment(report: Any) -> str | None:
    """The report as part of a page, such as a notebook, in the colours of that page.

    Parameters
    ----------
    report : BiasVarianceReport
        What to show.

    Returns
    -------
    str or None
        HTML; None where Jinja2 or matplotlib is not installed: a notebook then shows the text.
    """
    return _render("fragment.html", report) if all(map(find_spec, NEEDED)) else None


def _render(template: str, report: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("skdeep.model_selection"),
        autoescape=True,  # names of classes and metrics are the user's
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["repr"] = repr
    confidence = f"{100 * report.confidence:.3g} %"
    return environment.get_template(template).render(
        report=report, confidence=confidence, figures=list(_figures(report))
    )


def _figures(report: Any) -> Iterator[dict[str, Any]]:
    """The ladder, and the learning curve if there is one: each with what it shows in words."""
    svgs = _draw(report)
    errors = ", ".join(f"{name} {report.format_error(error)}" for name, error in report.errors.items())
    gaps = ", ".join(f"{gap.name} {report.format_gap(gap.value)} ({gap.verdict})" for gap in report.gaps)
    caption = f"The errors with their {100 * report.confidence:.3g} % intervals, and the gaps between them."
    yield {"label": f"Ladder of errors: {errors}; {gaps}", "caption": caption, **svgs[0]}
    if report.learning_curve is not None:
        sentence = str(report.learning_curve)
        yield {"label": f"Learning curve. {sentence}", "caption": sentence, **svgs[1]}


def _draw(report: Any) -> list[dict[str, Any]]:
    """One figure for each panel, so that they can stand side by side or below one another."""
    from matplotlib.figure import Figure
    from matplotlib.style import context

    with context(["default", STYLE]):  # the user's own settings do not reach the page
        ladder_height = 1.4 + 0.25 * (len(report.errors) + len(report.gaps))
        heights = [ladder_height] if report.learning_curve is None else [ladder_height, ladder_height]
        figures = [Figure(figsize=(WIDTH, height), layout="constrained") for height in heights]
        display = import_module("skdeep.plotting").BiasVarianceDisplay
        display.from_report(report, ax=[figure.add_subplot() for figure in figures])
        return [_inline_svg(figure, name) for figure, name in zip(figures, ("ladder", "curve"), strict=False)]


def _inline_svg(figure: Any, name: str) -> dict[str, Any]:
    """What stands inside an svg element: nothing that reaches the page around it, and ids of its own."""
    from markupsafe import Markup
    from matplotlib import rc_context

    buffer, nothing = StringIO(), dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.hashsalt": f"skdeep-{name}"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    _, start, content = re.split(r"(<svg [^>]*>)", buffer.getvalue(), maxsplit=1)
    content = re.sub(r"<style.*?</style>", "", content.removesuffix("\n").removesuffix("</svg>"), flags=re.DOTALL)
    used = set(re.findall(r"#(\w+)", content))
    content = re.sub(r' id="(.*?)"', lambda match: match[0] if match[1] in used else "", content)
    content = content.replace("xlink:href", "href").replace(INK, "currentColor")
    view_box = re.search('viewBox="(.*?)"', start)
    return {"view_box": view_box[1] if view_box else "", "content": Markup(content)}
