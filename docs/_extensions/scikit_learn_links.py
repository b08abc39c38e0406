"""References to scikit-learn, which inherited docstrings bring along, as links to its site; nothing is fetched."""

from docutils import nodes

SITE = "https://scikit-learn.org/stable"
LABELS = {
    "accuracy_score": "modules/model_evaluation.html#accuracy-score",
    "df_output_transform": "auto_examples/miscellaneous/plot_set_output.html",
    "metadata_routing": "metadata_routing.html",
    "r2_score": "modules/model_evaluation.html#r2-score-the-coefficient-of-determination",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": "auto_examples/miscellaneous/plot_set_output.html",
}


def _address(kind, target):
    if kind == "term":
        return f"glossary.html#term-{target}"
    if kind == "ref":
        return LABELS.get(target)
    return f"modules/generated/{target}.html" if target.startswith("sklearn.") else None


def _resolve(app, env, node, content):
    address = _address(node["reftype"], node["reftarget"])
    return nodes.reference("", "", content, refuri=f"{SITE}/{address}", internal=False) if address else None


def setup(app):
    """Ask here for what no page of ours has."""
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
