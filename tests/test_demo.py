"""The demo: its report on the built-in and on a user's table, and one clear sentence for each thing wrong with it."""

import contextlib
import io
import os
import runpy
import subprocess
import sys
from itertools import islice, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo.py"


@pytest.fixture(scope="module")
def demo():
    if not DEMO.exists():
        pytest.skip("the examples are not here")
    pytest.importorskip("skrub", reason="the demo reads dates and text with skrub")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DEMO.parent)
        yield runpy.run_path(str(DEMO), run_name="demo")


@pytest.fixture
def one_candidate(demo, monkeypatch):
    """A search of one candidate, for claims about the table rather than the search."""
    monkeypatch.setitem(demo["main"].__globals__, "GRID", {"network__alpha": [1.0], "network__keep_prob": [1.0]})


@pytest.fixture
def table():
    """Mixed types and missing cells, with a class that most columns tell something about."""
    rng = np.random.default_rng(0)
    n = 120
    kind = np.arange(n) % 2
    frame = pd.DataFrame(
        {
            "size": kind + rng.normal(size=n),
            "count": rng.integers(0, 9, size=n),
            "colour": np.where(rng.random(n) < 0.3 + 0.4 * kind, "red", "blue"),
            "self": rng.random(n) < 0.5,
            "nothing": np.nan,
            "kind": np.where(kind, "ripe", "green"),
        }
    )
    frame.loc[3, "size"] = np.nan
    frame.loc[4, "size"] = np.inf
    frame.loc[5, "colour"] = None
    return frame


@pytest.fixture
def saved(tmp_path):
    def save(frame):
        path = tmp_path / "table.csv"
        frame.to_csv(path, index=False)
        return str(path)

    return save


@pytest.fixture
def refusal(demo, capsys):
    """Run the demo on arguments it must refuse; the sentence it says on stderr."""

    def run(*arguments):
        assert demo["main"](list(arguments)) != 0
        message = capsys.readouterr().err
        assert message.startswith("demo: ")
        assert message.count("\n") == 1
        return message

    return run


@pytest.fixture(scope="module")
def built_in(demo, tmp_path_factory):
    """What the demo prints on the built-in table, and the page that it writes."""
    page = tmp_path_factory.mktemp("demo") / "page.html"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert demo["main"](["--page", str(page)]) == 0
    return printed.getvalue(), page.read_text(encoding="utf-8")


def test_the_demo_ends_with_the_report_of_the_winner(built_in):
    """The split, every rung, every gap, and the note on the test part."""
    out = built_in[0]
    assert "455 for training and dev (5 folds), 114 for the test" in out
    note = out[out.index("Bias and variance of Pipeline(StandardScaler, DeepMLPClassifier)") :]
    assert all(f"  {rung} " in note for rung in ("target", "train", "dev", "test"))
    assert all(gap in note for gap in ("avoidable bias", "variance", "overfit to dev", "Twice the data"))
    assert "The test part was looked at" in note


def test_the_demo_writes_the_report_as_a_page_with_both_figures(built_in):
    """In one piece, with the same figures as the note."""
    out, page = built_in
    assert page.count("<svg") == 2
    assert "http:" not in page.replace("http://www.w3.org", "")
    dev_error = next(line.split()[1] for line in out.splitlines() if line.startswith("  dev "))
    assert f"{dev_error} %" in page


def test_lines_tell_of_the_search_and_a_table_ranks_the_candidates(demo, built_in):
    out = built_in[0]
    n = len(demo["GRID"]["network__alpha"]) * len(demo["GRID"]["network__keep_prob"])
    assert f"{5 * n} of {5 * n} fits together" in out
    assert "stack 1/" in out
    assert out.count("±") >= n


@pytest.mark.usefixtures("demo")
def test_the_demo_takes_a_table_of_mixed_types(table, saved, tmp_path):
    arguments = [sys.executable, str(DEMO), "--data", saved(table), "--target", "kind"]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        arguments,
        capture_output=True,
        cwd=tmp_path,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert "96 for training and dev (5 folds), 24 for the test" in done.stdout
    assert all(f"\n  {name} " in done.stdout for name in table)
    assert (tmp_path / "demo_report.html").exists()


@pytest.mark.usefixtures("one_candidate")
def test_dates_and_text_go_through_search_and_report(demo, table, saved, capsys):
    """Without a warning, for which the tests are set to fail, though a learning curve has few rows of them."""
    days = pd.to_timedelta(np.arange(len(table)) * 7 % 900, "D") + pd.Timestamp("2024-01-01")
    notes = [" ".join(words) for words in islice(product(["new", "old", "reddish"], repeat=5), 120)]
    notes[0] = notes[1]  # of few words, so that most components of the text are rounding errors
    path = saved(table.assign(size=3 * (table["kind"] == "ripe"), day=days.strftime("%d.%m.%Y"), note=notes))
    assert demo["main"](["--data", path, "--target", "kind", "--page", path + ".html"]) == 0
    out = capsys.readouterr().out
    assert "date, encoded as" in out
    assert "text of 119 values, encoded by StringEncoder" in out


@pytest.mark.parametrize(
    "classes",
    [
        pytest.param([0, 1], id="integers"),
        pytest.param([1.0, 2.0], id="whole floats"),
        pytest.param([True, False], id="booleans"),
    ],
)
@pytest.mark.usefixtures("one_candidate")
def test_rows_without_a_target_are_left_out_with_a_note(demo, table, saved, capsys, classes):
    table["kind"] = table["kind"].map(dict(zip(["ripe", "green"], classes, strict=True))).astype(object)
    table.loc[[7, 8], "kind"] = None
    assert demo["main"](["--data", saved(table), "--target", "kind", "--page", saved(table) + ".html"]) == 0
    out = capsys.readouterr().out
    assert "2 of 120 rows have no 'kind' and are left out" in out
    assert "118 rows" in out


def test_a_missing_file_is_named(refusal):
    assert "There is no file nowhere.csv." in refusal("--data", "nowhere.csv", "--target", "kind")


def test_a_folder_is_no_table(refusal, tmp_path):
    assert "cannot be read" in refusal("--data", str(tmp_path), "--target", "kind")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "cannot be read as a CSV file", id="empty"),
        pytest.param(b"a,b\n", "has a header but no rows", id="header only"),
        pytest.param(b"a,b\n1,2\n1,2,3,4\n", "cannot be read as a CSV file", id="ragged"),
        pytest.param(b"\xff\xfe\x00\x81,\n\x81", "cannot be read as a CSV file", id="binary"),
        pytest.param(b"kind\n1\n2\n", "no column beside the target", id="target only"),
        pytest.param(b"size kind\n1 2\n", "separated by commas, semicolons, tabs or |", id="blanks between columns"),
    ],
)
def test_an_unusable_file_is_refused(refusal, tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert words in refusal("--data", str(path), "--target", "kind")


def test_a_missing_column_is_answered_by_the_list_of_columns(refusal, table, saved):
    message = refusal("--data", saved(table), "--target", "kine")
    assert "no column 'kine'; its columns are: size, count, colour" in message


def test_a_long_list_of_columns_is_cut(refusal, saved):
    wide = pd.DataFrame(np.zeros((2, 60)), columns=[f"c{i}" for i in range(60)])
    assert "c39 and 20 more" in refusal("--data", saved(wide), "--target", "kind")


def test_a_single_class_is_refused(refusal, table, saved):
    assert "fewer than 2 classes: ['ripe']" in refusal("--data", saved(table.assign(kind="ripe")), "--target", "kind")


def test_a_class_with_too_few_rows_is_named(refusal, table, saved):
    table.loc[:3, "kind"] = "rotten"
    assert "'rotten' has only 4 rows" in refusal("--data", saved(table), "--target", "kind")


@pytest.mark.usefixtures("one_candidate")
def test_the_smallest_class_allowed_is_enough(demo, table, saved):
    table["kind"] = np.where(np.arange(len(table)) < demo["MIN_ROWS_PER_CLASS"], "rare", "common")
    assert demo["main"](["--data", saved(table), "--target", "kind", "--page", saved(table) + ".html"]) == 0


@pytest.mark.parametrize("odd", [0.5, np.inf])
def test_a_continuous_target_is_refused(refusal, table, saved, odd):
    table["kind"] = np.where(np.arange(len(table)) % 3, 1.0, odd)
    assert "continuous numbers" in refusal("--data", saved(table), "--target", "kind")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--data", "a.csv"], "--data needs --target"), (["--target", "kind"], "--target needs --data")],
)
def test_data_and_target_come_together(refusal, arguments, words):
    assert words in refusal(*arguments)


WITHOUT_EXTRA = """
import sys
sys.modules.update(dict.fromkeys(["pandas", "skrub"]))  # as if they were not installed
from demo import load_breast_cancer_table, main
assert len(load_breast_cancer_table()[1]) == 569
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.usefixtures("demo")
def test_only_a_table_of_ones_own_needs_the_extra(table, saved):
    """The refusal names it."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRA, "--data", saved(table), "--target", "kind"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(DEMO.parent)]), "PYTHONUTF8": "1"},
    )
    assert done.returncode == 2
    assert "pip install 'skdeep[demo]'" in done.stderr
    assert done.stderr.count("\n") == 1
