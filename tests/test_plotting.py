"""skdeep.plotting: every display holds its numbers, draws where it is told and returns itself."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.core import check_gradient
from skdeep.inspection import gradient_flow
from skdeep.plotting import GradientCheckDisplay, GradientFlowDisplay, LossCurveDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def result():
    """A gradient of two blocks, of which the second is wrong."""

    def fun(theta):
        return theta @ theta, 2 * theta * [1, 1, 1, 2]

    return check_gradient(fun, np.arange(1.0, 5.0), blocks={"first": slice(2), "second": slice(2, 4)})


def test_gradient_check_display_draws_the_error_of_each_block(result):
    """One point for each block at its error, those of one verdict together, beside both thresholds."""
    display = result.plot()
    assert isinstance(display, GradientCheckDisplay)
    drawn = {line.get_label(): line.get_xdata().tolist() for line in display.points_}
    assert drawn["wrong"] == [result.block_errors["second"]]
    assert drawn["correct"] == [max(result.block_errors["first"], 1e-12)]
    assert display.ax_.get_xscale() == "log"
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["first", "second"]


def test_a_display_draws_into_given_axes(result):
    """`plot(ax)` draws there, makes no figure of its own, and returns the display."""
    figure, ax = plt.subplots()
    display = GradientCheckDisplay(block_errors=result.block_errors, block_verdicts=result.block_verdicts)
    assert display.plot(ax=ax) is display
    assert (display.ax_, display.figure_) == (ax, figure)
    assert len(plt.get_fignums()) == 1


def test_a_hundred_blocks_stay_readable():
    """No more than some thirty names stand beside the axis."""
    names = [f"layer {layer}" for layer in range(100)]
    display = GradientCheckDisplay(
        block_errors=dict.fromkeys(names, 1e-9), block_verdicts=dict.fromkeys(names, "correct")
    ).plot()
    assert len(display.ax_.get_yticklabels()) <= 40


@pytest.mark.parametrize("depth", [3, 100])
def test_gradient_flow_display_draws_the_figures_of_the_report(depth, multiclass):
    """Spread, delta and gradient norm of every layer on logarithmic axes, with the verdicts as titles."""
    report = gradient_flow(DeepMLPClassifier((5,) * depth, activation="tanh", random_state=0), *multiclass)
    display = report.plot()
    assert isinstance(display, GradientFlowDisplay)
    for line, name in zip(display.lines_, ("spread", "delta", "weight_gradient"), strict=True):
        assert_allclose(line.get_ydata(), [getattr(layer, name) for layer in report.layers])
    assert [ax.get_yscale() for ax in display.ax_] == ["log", "log"]
    assert display.ax_[1].get_title() == f"gradient: {report.gradient_verdict}"
    assert len(display.ax_[0].get_xticks()) <= 16


def test_gradient_flow_display_takes_a_pair_of_axes(multiclass):
    """And says so if it gets another number."""
    report = gradient_flow(DeepMLPClassifier((5, 5), random_state=0), *multiclass)
    figure, axes = plt.subplots(2, 1)
    assert report.plot(ax=axes).figure_ is figure
    with pytest.raises(ValueError, match="pair of axes"):
        report.plot(ax=axes[0])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_loss_curve_display_marks_the_best_epoch(early_stopping, multiclass):
    """Both curves from epoch 1; the epoch whose weights were kept, or that of the lowest dev loss."""
    X, y = multiclass
    network = DeepMLPClassifier((5,), early_stopping=early_stopping, max_iter=8, random_state=0)
    display = LossCurveDisplay.from_estimator(network.fit(X, y, X_val=X, y_val=y), name="net")
    training, dev = display.lines_
    assert training.get_xdata()[0] == dev.get_xdata()[0] == 1
    assert_allclose(training.get_ydata(), network.loss_curve_)
    assert_allclose(dev.get_ydata(), network.validation_loss_curve_)
    assert display.best_epoch == np.argmin(network.validation_loss_curve_) + 1
    assert training.get_label().startswith("net: ")


def test_loss_curve_display_of_lbfgs_starts_at_zero(binary):
    """Its first value is the objective at the start, so both curves end at the same iteration."""
    X, y = binary
    network = DeepMLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y, X_val=X, y_val=y)
    training, dev = LossCurveDisplay.from_estimator(network).lines_
    assert training.get_xdata()[0] == 0
    assert training.get_xdata()[-1] == dev.get_xdata()[-1]


def test_loss_curve_display_of_a_pipeline_and_into_given_axes(binary):
    """Without dev rows there is one curve and no best epoch."""
    model = make_pipeline(StandardScaler(), DeepMLPClassifier((5,), max_iter=3, random_state=0)).fit(*binary)
    _, ax = plt.subplots()
    display = LossCurveDisplay.from_estimator(model, ax=ax)
    assert display.ax_ is ax
    assert len(display.lines_) == 1
    assert display.best_epoch is None


def test_loss_curve_display_refuses_another_estimator(binary):
    with pytest.raises(TypeError, match="DeepMLPClassifier"):
        LossCurveDisplay.from_estimator(LogisticRegression().fit(*binary))


def test_loss_curve_display_places_dev_rows_of_a_warm_start(multiclass):
    """They came with the second fit: both curves end at the same epoch."""
    X, y = multiclass
    network = DeepMLPClassifier((5,), warm_start=True, max_iter=4, random_state=0).fit(X, y)
    display = LossCurveDisplay.from_estimator(network.fit(X, y, X_val=X, y_val=y))
    training, dev = display.lines_
    assert training.get_xdata().tolist() == list(range(1, 9))
    assert dev.get_xdata().tolist() == list(range(5, 9))
    assert display.best_epoch == 5 + np.argmin(network.validation_loss_curve_)
