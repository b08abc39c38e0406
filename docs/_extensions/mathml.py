"""Formulas as MathML, which browsers draw by themselves: no JavaScript, and nothing to load."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)

# What the converter does not know, or gets wrong: it would put the index of an accented letter under the letter.
REPAIRS = {r"\\dots\b": r"\\ldots", r"(\\(?:bar|hat|tilde|vec)\s*(?:\{[^{}]*\}|\w))_": r"\1{}_"}


def _mathml(node, as_block):
    formula = node.astext()
    for pattern, repair in REPAIRS.items():
        formula = re.sub(pattern, repair, formula)
    if r"\\" in formula and r"\begin" not in formula:
        formula = rf"\begin{{aligned}}{formula}\end{{aligned}}"
    try:
        # The bars of a norm would stretch to the height of the whole line, and one with an index lie too low.
        return re.sub("<mo([^>]*)>‖", r'<mo\1 stretchy="false">‖', tex2mathml(formula, as_block))
    except MathError as error:
        LOGGER.warning("cannot turn a formula into MathML: %s", error, location=node)
        return f"<code>{formula}</code>"


def _visit_inline(writer, node):
    writer.body.append(_mathml(node, as_block=False))
    raise nodes.SkipNode


def _visit_block(writer, node):
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    writer.body.append(writer.starttag(node, "div", CLASS="math") + number + _mathml(node, as_block=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer that `html_math_renderer = "mathml"` asks for."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
