"""How Sphinx builds the site: `make docs`. Nothing is fetched, neither by the build nor by the pages."""

import sys
from importlib import metadata
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))

project = "skdeep"
author = "The skdeep developers"
project_copyright = author
release = version = metadata.version("skdeep")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "repository_links",
    "scikit_learn_links",
]
exclude_patterns = ["_build", "auto_examples/*.py", "auto_examples/*.ipynb"]
templates_path = ["_templates"]
default_role = "code"  # single backquotes in docstrings
suppress_warnings = ["config.cache"]  # sphinx_gallery_conf holds an object

myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings have the types
numpydoc_show_class_members = False  # the templates list them
toc_object_entries_show_parents = "hide"

highlight_options = {"python": {"stripnl": True}}  # the empty line that ends a doctest is not for readers

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "ignore_pattern": r"(demo|tune_madelon)\.py$",
    "within_subsection_order": "gallery_order.CourseOrder",
    "backreferences_dir": "auto_examples/backreferences",
    "doc_module": ("skdeep",),
    "inspect_global_variables": True,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "write_computation_times": False,
    "abort_on_example_error": True,
    "parallel": True,  # as many at once as sphinx-build has processes
}

smartquotes = False  # defaults can be copied

html_theme = "pydata_sphinx_theme"
html_title = "skdeep"
html_context = {"default_mode": "auto"}  # light or dark as the reader prefers
html_static_path = ["_static"]
html_css_files = ["skdeep.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "start", "coming_from")}  # pages without pages below them
html_copy_source = False
html_theme_options = {
    "logo": {"text": "skdeep"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
