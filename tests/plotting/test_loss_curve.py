"""LossCurveDisplay: the training of a network, epoch by epoch."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.plotting import LossCurveDisplay

plt = pytest.importorskip("matplotlib.pyplot")


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


@pytest.mark.parametrize(("class_weight", "name"), [(None, "loss"), ("balanced", "loss, with class weights")])
def test_loss_curve_display_says_whether_class_weights_are_in_it(class_weight, name, multiclass):
    network = DeepMLPClassifier((5,), class_weight=class_weight, learning_rate_init=0.01, max_iter=15, random_state=0)
    assert LossCurveDisplay.from_estimator(network.fit(*multiclass)).ax_.get_ylabel() == name
