"""BiasVarianceDisplay: the ladder of errors with its gaps, and the learning curve beside it."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdeep.plotting import BiasVarianceDisplay

plt = pytest.importorskip("matplotlib.pyplot")

GAP_NAMES = {"train": "avoidable bias", "train-dev": "variance", "dev": "variance", "test": "overfit to dev"}


def ladder(errors, half=0.01, verdict="low", **others):
    """A display of errors that are all known to `half`, with a gap between any two that follow each other."""
    pairs = zip(list(errors), list(errors)[1:], strict=False)
    gaps = [
        (
            "data mismatch" if lower == "train-dev" else GAP_NAMES[upper],
            lower,
            upper,
            gap,
            (gap - half, gap + half),
            verdict,
        )
        for lower, upper in pairs
        for gap in [errors[upper] - errors[lower]]
    ]
    intervals = {name: (error - half, error + half) for name, error in errors.items() if name != "target"}
    name = others.setdefault("error_name", "1 - accuracy")
    return BiasVarianceDisplay(errors=errors, intervals=intervals, gaps=gaps, is_share=name == "1 - accuracy", **others)


@pytest.fixture
def curve():
    """A power law, measured without noise."""

    def predict(n):
        return 0.05 + np.asarray(n, dtype=float) ** -0.5

    sizes = (100, 400, 900)
    errors = tuple(predict(sizes).tolist())
    return SimpleNamespace(
        sizes=sizes,
        errors=errors,
        intervals=tuple((error - 0.01, error + 0.01) for error in errors),
        train_errors=(0.01, 0.02, 0.03),
        predict=predict,
        doubled=float(predict(1800)),
        doubled_interval=(0.06, 0.09),
    )


def texts(ax):
    return [text.get_text() for text in ax.texts]


def overlaps(display):
    """Pairs of texts of the ladder that lie over one another."""
    renderer = display.figure_.canvas.get_renderer()
    display.figure_.draw(renderer)
    (ax,) = display.ax_
    labels = [*ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels(), ax.xaxis.label, ax.xaxis.offsetText]
    boxes = [label.get_window_extent(renderer).padded(-1) for label in labels if label.get_text()]
    return sum(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_the_ladder_has_a_row_for_each_rung_and_each_gap():
    """In the order of the ladder, each gap between its two rungs."""
    display = ladder({"target": 0.0, "train": 0.02, "train-dev": 0.05, "dev": 0.08, "test": 0.09}).plot()
    assert [label.get_text() for label in display.ax_[0].get_yticklabels()] == [
        *("target", "avoidable bias", "train", "variance", "train-dev", "data mismatch", "dev"),
        *("overfit to dev", "test"),
    ]
    assert [(line.get_label(), *line.get_xdata()) for line in display.points_] == list(display.errors.items())


def test_bars_reach_from_the_lower_to_the_upper_error():
    """To the left where the upper rung has the smaller error."""
    display = ladder({"target": 0.05, "train": 0.02, "dev": 0.08}).plot()
    ends = {bar.get_label(): bar.get_xdata() for bar in display.bars_}
    assert_allclose(ends["avoidable bias"], (0.05, 0.02))
    assert_allclose(ends["variance"], (0.02, 0.08))


def test_the_colour_of_a_bar_tells_its_verdict():
    colours = {
        verdict: ladder({"train": 0.02, "dev": 0.08}, verdict=verdict).plot().bars_[0].get_color()
        for verdict in ("high", "low", "cannot tell yet")
    }
    assert len(set(colours.values())) == 3


@pytest.mark.parametrize(
    ("name", "errors", "half", "written"),
    [
        ("1 - accuracy", (0.02, 0.08), 0.01, ["2.0 % (1.0 to 3.0)", "8.0 % (7.0 to 9.0)", "+6.0 points (5.0 to 7.0)"]),
        ("1 - accuracy", (2e-4, 1e-4), 1e-4, ["0.020 % (0.010 to 0.030)", "−0.010 points (−0.020 to 0.000)"]),  # noqa: RUF001
        ("1 - accuracy", (0.0, 0.0), 0.0, ["0.0 %", "+0.0 points"]),
        ("1 - R2", (0.1, 3.5), 0.1, ["0.10 (0.00 to 0.20)", "+3.40 (3.30 to 3.50)"]),
        ("log loss", (2.95, 3.08), 0.2, ["2.95 (2.75 to 3.15)", "+0.13 (−0.07 to 0.33)"]),  # noqa: RUF001
        ("RMSE", (12345.6, 23456.7), 100, ["12346 (12246 to 12446)", "+11111 (11011 to 11211)"]),
        ("RMSE", (1.5, np.inf), 0.1, ["1.50 (1.40 to 1.60)", "inf"]),
        ("RMSE", (1.5e-7, 4e-7), 1e-8, ["1.50e−07 (1.40e−07 to 1.60e−07)"]),  # noqa: RUF001
    ],
)
def test_numbers_are_written_beside_their_rows(name, errors, half, written):
    """In percent and points for shares; with as many digits as the errors need. An R² below 0 makes no share."""
    display = ladder(dict(zip(("train", "dev"), errors, strict=True)), half=half, error_name=name).plot()
    assert set(written) <= set(texts(display.ax_[0]))


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        *(("1 - accuracy", errors) for errors in [(0, 0.01, 0.62), (0.1, 0.05, 0.02), (0, 1e-4, 4e-4), (0, 0, 0)]),
        *(("mean absolute error of the price in $ over $", errors) for errors in [(0, 0.012, 0.02), (0, 12345, 34567)]),
        ("log loss", (2.9, 3.0, 3.1)),
    ],
)
@pytest.mark.parametrize("width", [4.6, 8])
def test_no_text_lies_over_another(width, name, errors):
    """Neither on a wide figure nor on the narrow ones of a page."""
    figure = plt.figure(figsize=(width, 3), layout="constrained")
    rungs = dict(zip(("target", "train", "dev"), errors, strict=True))
    assert overlaps(ladder(rungs, half=0.1 * max(errors), error_name=name).plot(ax=figure.add_subplot())) == 0


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_references_are_drawn_where_they_leave_the_errors_readable():
    """The threshold of gaps and the error of a constant prediction: here the first is near and the second is not."""
    display = ladder({"train": 0.02, "dev": 0.08}, threshold=0.03, baseline_error=0.9).plot()
    assert labels(display.ax_[0]) == ["low", "threshold"]
    display = ladder({"train": 0.02, "dev": 0.08}, threshold=0.5, baseline_error=0.1).plot()
    assert labels(display.ax_[0]) == ["low", "constant prediction"]


def test_a_target_that_varies_has_an_interval_and_one_that_is_given_has_none():
    """Equal ends are no interval."""
    one = BiasVarianceDisplay(
        errors={"target": 0.1, "train": 0.2}, intervals={"target": (0.1, 0.1)}, gaps=[], error_name="RMSE"
    )
    assert texts(one.plot().ax_[0]) == ["0.100", "0.200"]


def test_the_learning_curve_stands_beside_the_ladder(curve):
    """Measured errors, and the power law as far as twice the rows."""
    display = ladder({"train": 0.03, "dev": 0.08}, learning_curve=curve).plot()
    dev, train, law, doubled = display.lines_
    assert_allclose(dev.get_xydata(), np.transpose([curve.sizes, curve.errors]))
    assert_allclose(train.get_ydata(), curve.train_errors)
    assert_allclose(law.get_xdata()[[0, -1]], (100, 1800))
    assert_allclose(doubled.get_xydata(), [(1800, curve.doubled)])
    assert labels(display.ax_[1]) == ["dev", "train", "power law", "twice the rows"]
    assert [tick.get_text() for tick in display.ax_[1].get_xticklabels()] == ["100", "1800", "900"]


def test_sizes_far_apart_are_named_at_the_ends_alone(curve):
    """So that the last two names do not overlap."""
    curve.sizes = (100, 400, 1_000_000)
    display = ladder({"train": 0.03, "dev": 0.08}, learning_curve=curve).plot()
    assert [tick.get_text() for tick in display.ax_[1].get_xticklabels()] == ["100", "2000000"]


def test_a_dark_style_gets_light_ink():
    with plt.style.context("dark_background"):
        assert ladder({"train": 0.02, "dev": 0.08}).plot().points_[0].get_color() == "white"


def test_it_draws_into_given_axes_and_returns_itself(curve):
    """One without a learning curve, a pair with one."""
    figure, axes = plt.subplots(1, 2)
    display = ladder({"train": 0.02, "dev": 0.08})
    assert display.plot(ax=axes[0]) is display
    assert display.ax_.tolist() == [axes[0]]
    assert ladder({"train": 0.02, "dev": 0.08}, learning_curve=curve).plot(ax=axes).ax_.tolist() == axes.tolist()
    assert display.figure_ is figure
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(("with_curve", "n_axes"), [(False, 2), (True, 1), (True, 3)])
def test_another_number_of_axes_is_refused(with_curve, n_axes, curve):
    _, axes = plt.subplots(1, n_axes)
    display = ladder({"train": 0.02, "dev": 0.08}, learning_curve=curve if with_curve else None)
    with pytest.raises(ValueError, match=rf"ax must be {'a pair' if with_curve else 'one'}.*Got {n_axes}"):
        display.plot(ax=axes)


def test_from_report_reads_what_the_report_measured(curve):
    """And draws it."""
    gap = SimpleNamespace(
        name="variance", lower="train", upper="dev", value=0.06, interval=(0.04, 0.08), verdict="high"
    )
    report = SimpleNamespace(
        errors={"train": 0.02, "dev": 0.08},
        error_intervals={"train": (0.01, 0.03), "dev": (0.06, 0.1)},
        gaps=(gap,),
        error_name="1 - accuracy",
        is_share=True,
        baseline_error=0.5,
        threshold=0.025,
        learning_curve=curve,
    )
    display = BiasVarianceDisplay.from_report(report)
    assert display.gaps == [("variance", "train", "dev", 0.06, (0.04, 0.08), "high")]
    assert (display.threshold, display.baseline_error, display.learning_curve) == (0.025, 0.5, curve)
    assert display.is_share
    assert len(display.ax_) == 2
