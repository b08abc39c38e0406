"""The page of a report: everything in it, well-formed, nothing to fetch."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from skdeep.model_selection import Advice, BiasVarianceReport, Gap, LearningCurve, _page

plt = pytest.importorskip("matplotlib.pyplot")
pytest.importorskip("jinja2")


@pytest.fixture
def report():
    """All rungs, all verdicts, a learning curve."""
    errors = {"target": 0.01, "train": 0.022, "train-dev": 0.045, "dev": 0.083, "test": 0.081}
    gaps = [
        ("avoidable bias", "target", "train", "low", None),
        ("variance", "train", "train-dev", "cannot tell yet", 1200),
        ("data mismatch", "train-dev", "dev", "high", None),
        ("overfit to dev", "dev", "test", "low", None),
    ]
    return BiasVarianceReport(
        estimator_name="Pipeline(StandardScaler, DeepMLPClassifier)",
        error_name="1 - accuracy",
        is_share=True,
        errors=errors,
        error_intervals={name: around(error) for name, error in errors.items() if name != "target"},
        gaps=tuple(
            Gap(name, lower, upper, errors[upper] - errors[lower], around(errors[upper] - errors[lower]), verdict, rows)
            for name, lower, upper, verdict, rows in gaps
        ),
        baseline_error=0.5,
        tolerance=0.05,
        threshold=0.025,
        confidence=0.95,
        n_rows={"train": 900, "train-dev": 300, "dev": 300, "test": 300},
        dev_source="your own rows",
        diagnosis=("data mismatch", "cannot tell yet"),
        advice=(
            Advice("data mismatch", "Make the training data like the dev data", "It is good on its own rows.", {}),
            Advice("high variance", "Regularise more", "It closes the gap.", {"mlp__alpha": 10.0, "mlp__max_iter": 99}),
        ),
        learning_curve=learning_curve((100, 400, 900)),
        warnings=("A class is rare: the majority rule has an error of 2.3 %.",),
        failures={"fold 3": "ValueError: no"},
        n_duplicates={"dev": 7, "test": 0},
        n_test_looks=2,
    )


def around(value, half=0.008):
    return (value - half, value + half)


def learning_curve(sizes):
    """A power law, measured without noise."""
    errors = [0.05 + size**-0.5 for size in (*sizes, 2 * sizes[-1])]
    return LearningCurve(
        sizes=sizes,
        errors=tuple(errors[:-1]),
        train_errors=(0.02,) * len(sizes),
        intervals=tuple(map(around, errors[:-1])),
        limit=0.05,
        scale=1.0,
        exponent=0.5,
        doubled=errors[-1],
        doubled_interval=around(errors[-1]),
        gain=errors[-2] - errors[-1],
        gain_interval=around(errors[-2] - errors[-1]),
        is_share=True,
    )


def parsed(page):
    """The page as a tree: it is well-formed XML as well."""
    return ET.fromstring(page)


def words(element):
    return " ".join("".join(element.itertext()).split())


def test_the_page_is_well_formed_and_has_a_title_a_language_and_a_heading(report):
    root = parsed(_page.render_page(report))
    assert root.get("lang") == "en"
    assert root.find("head/title").text == words(root.find(".//h1")) == f"Bias and variance of {report.estimator_name}"


def test_the_page_says_what_the_report_says(report):
    """Summary, diagnosis, warnings and the sentence on the learning curve."""
    text = words(parsed(_page.render_page(report)).find("body"))
    for sentence in (report.summary, *report.diagnosis, *report.warnings, str(report.learning_curve)):
        assert sentence in text
    assert "fold 3 failed: ValueError: no" in text
    assert "7 of the dev rows are equal to training rows" in text
    assert "looked at 2 times" in text
    assert "The threshold is 2.5 points, 5 % of the error of a constant prediction (50.0 %)." in text


def test_the_tables_have_a_row_for_each_rung_and_gap(report):
    """Each cell belongs to a header of its row and one of its column."""
    errors, gaps = parsed(_page.render_page(report)).iter("table")
    rows = [[words(cell) for cell in row] for table in (errors, gaps) for row in table.find("tbody")]
    assert rows[0] == ["target", "1.0 %", ""]
    assert rows[3] == ["dev", "8.3 % (7.5 to 9.1)", "300"]
    assert rows[6] == [
        "variance",
        "+2.3 points (+1.5 to +3.1)",
        "cannot tell yet; about 1200 train-dev rows would settle it",
    ]
    assert len(rows) == len(report.errors) + len(report.gaps)
    scopes = [header.get("scope") for table in (errors, gaps) for header in table.iter("th")]
    assert scopes == ["col"] * 3 + ["row"] * 5 + ["col"] * 3 + ["row"] * 4


def test_the_advice_is_an_ordered_list_with_parameters_as_code(report):
    first, second = parsed(_page.render_page(report)).find(".//ol")
    assert words(first).startswith("Make the training data like the dev data data mismatch")
    assert first.find("code") is None
    assert words(second.find("code")) == "set_params(mlp__alpha=10.0, mlp__max_iter=99)"


def test_the_figures_are_described_for_those_who_do_not_see_them(report):
    ladder, curve = parsed(_page.render_page(report)).iter("svg")
    assert ladder.get("role") == curve.get("role") == "img"
    assert "dev 8.3 %" in ladder.get("aria-label")
    assert "data mismatch +3.8 points (high)" in ladder.get("aria-label")
    assert str(report.learning_curve) in curve.get("aria-label")


def test_a_healthy_report_without_a_curve_has_one_figure_and_no_advice(report):
    healthy = {"advice": (), "warnings": (), "diagnosis": (), "failures": {}, "n_duplicates": {}, "n_test_looks": None}
    root = parsed(_page.render_page(replace(report, learning_curve=None, **healthy)))
    assert len(list(root.iter("svg"))) == 1
    assert not list(root.iter("li"))


def test_text_of_the_user_is_escaped(report):
    """Wherever it stands, the figures included."""
    evil = '<script>alert("1")</script> & $x'
    names = dict.fromkeys(("estimator_name", "error_name", "dev_source"), evil)
    advice = (Advice(evil, evil, evil, {evil: evil}),)
    page = _page.render_page(replace(report, **names, warnings=(evil,), failures={evil: evil}, advice=advice))
    assert "<script" not in page
    assert words(parsed(page).find("body")).count(evil) >= 10


def test_the_page_fetches_nothing(report):
    """No address, no import, no link to another file; what the figures refer to is on the page."""
    page = _page.render_page(report)
    assert not re.search(r"https?:|src=|@import|<link|//", page)
    ids = re.findall(r' id="(.*?)"', page)
    assert set(re.findall(r'href="(.*?)"', page)) | set(re.findall(r"url\((.*?)\)", page)) == {
        f"#{name}" for name in ids
    }
    assert len(ids) == len(set(ids))


def test_equal_reports_give_equal_pages_whatever_the_style(report):
    """No date, no random ids, no settings of the user; and none of the user's are changed."""
    page, figures = _page.render_page(report), plt.get_fignums()
    with plt.style.context("dark_background"):
        before = dict(plt.rcParams)
        assert _page.render_page(report) == page
        assert dict(plt.rcParams) == before
    assert plt.get_fignums() == figures


def test_lines_and_text_of_the_figures_take_the_colour_of_the_page(report):
    """The colours that are fixed are those of the verdicts, and a grey that shows on white and on black."""
    colours = set(
        re.findall(
            r"(?:fill|stroke): ([^;\"]+)", "".join(re.findall("<svg.*?</svg>", _page.render_page(report), re.DOTALL))
        )
    )
    assert colours == {"currentColor", "none", "#d5601a", "#2d84c4", "#8a8a8a", "#888888"}


def test_a_fragment_is_the_page_without_its_frame(report):
    """For notebooks: in their colours, and without styles that reach beyond it."""
    fragment = _page.render_fragment(report)
    assert parsed(fragment).get("class") == "skdeep-report"
    assert fragment in _page.render_page(report)
    selectors = re.findall(r"^([^\s].*?)\s*\{", re.search("<style>(.*?)</style>", fragment, re.DOTALL)[1], re.MULTILINE)
    assert selectors
    assert all(selector.startswith(".skdeep-report") for rule in selectors for selector in rule.split(", "))


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_without_jinja2_or_matplotlib_the_page_says_what_to_install(package, report, monkeypatch):
    """And a notebook shows the text instead."""
    monkeypatch.setattr(_page, "find_spec", lambda name: None if name == package else name)
    with pytest.raises(ImportError, match=rf"to_html needs {package}: pip install 'skdeep\[report\]'"):
        _page.render_page(report)
    assert _page.render_fragment(report) is None
