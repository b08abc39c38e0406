"""Every example runs and draws, without a warning and without a window."""

import runpy
from pathlib import Path

import numpy as np
import pytest

plt = pytest.importorskip("matplotlib.pyplot")

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").rglob("plot_*.py"))


@pytest.fixture
def headless():
    before = plt.get_backend()
    plt.switch_backend("Agg")
    plt.close("all")  # what other tests in this process have left open
    yield
    plt.close("all")
    plt.switch_backend(before)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_the_example_runs_and_draws_labelled_axes(path, headless, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    axes = [ax for number in plt.get_fignums() for ax in plt.figure(number).axes]
    assert axes
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in axes)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_starts_with_a_title_for_the_gallery(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == '"""'
    assert lines[2] == "=" * len(lines[1])


@pytest.fixture
def tune_madelon():
    """The search of examples/tune_madelon.py with a grid of two."""
    script = runpy.run_path(str(EXAMPLES[0].parent / "tune_madelon.py"))
    script["main"].__globals__["GRID"] = [{"network__alpha": [1, 10], "network__max_iter": [3]}]
    return script["main"]


def test_the_search_on_madelon_reports_its_candidates(tune_madelon, tmp_path, monkeypatch, capsys):
    """On a table of the same kind, the best candidates and the accuracy on the validation rows."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 8)), np.arange(60) % 2
    np.savez(tmp_path / "small.npz", X=X, y=y, is_test=np.arange(60) >= 40)
    monkeypatch.setattr("sys.argv", ["tune_madelon.py", str(tmp_path / "small.npz")])
    assert tune_madelon() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["no", "cv", "cv", "best:"]


def test_the_search_on_madelon_needs_its_file(tune_madelon, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["tune_madelon.py", str(tmp_path / "none.npz")])
    assert tune_madelon() == 2
    assert "There is no file" in capsys.readouterr().err
